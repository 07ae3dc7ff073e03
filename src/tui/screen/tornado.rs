//! The tornado chart: change of the selected design's latency by each knob.
//!
//! ```text
//! ┌ What each knob does to the latency of #77 ─────────────────── Esc close ┐
//! │ ░ a fifth less  █ a fifth more; ms each                                 │
//! │ beside it the best split if it moves                                    │
//! │ link bandwidth          ░░░░░░░░│█████     +1.24 →S2.1  -0.83           │
//! └─────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    chrome,
    popup_frame::{popup, selected_name},
    view::View,
};
use crate::{
    explore::{Column, DesignSwing, SwingEffect},
    quantity::{Metric, RelaxDirection, Unit},
    tui::{
        hit::HitMap,
        widget::{Swing, Tornado},
    },
};

/// Cells of the words of a swing, with changes of accuracy and without.
const CELLS_WITH_ACCURACY: usize = 40;
const CELLS: usize = 26;

/// Draws the popup.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let swings = session.tornado();
    let unit = session.unit(Column::Latency);
    let is_rated = swings.iter().any(changes_accuracy);
    let texts: Vec<String> = swings.iter().map(|swing| words(view, swing, is_rated)).collect();
    let rows: Vec<Swing> = swings
        .iter()
        .zip(&texts)
        .map(|(swing, text)| Swing {
            label: swing.knob.info().label,
            down: swing.down.change_s.unwrap_or(f64::NAN),
            up: swing.up.change_s.unwrap_or(f64::NAN),
            text,
        })
        .collect();
    let fills = theme.glyphs.fills;
    let title = format!("What each knob does to the latency of {}", selected_name(session));
    let inner = popup(view, area, rows.len() + 2, (&title, "Esc close"), buf, hits);
    let styles = theme.tornado().styles;
    let head = [
        (fills[2].to_string(), styles.down),
        (" a fifth less  ".to_owned(), theme.dim),
        (fills[0].to_string(), styles.up),
        (format!(" a fifth more; {} each", unit.symbol), theme.dim),
    ];
    let head: Vec<_> = head.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    chrome::line(buf, chrome::row(inner, 0), &head, theme);
    let beside = if is_rated {
        "beside it the best split if it moves, and the accuracy if it changes"
    } else {
        "beside it the best split if it moves"
    };
    chrome::line(buf, chrome::row(inner, 1), &[(beside, theme.dim)], theme);
    let plot = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    (&Tornado::new(&rows).look(theme.tornado())).render(plot.intersection(inner), buf);
}

/// Change of the accuracy in points, if its digits show one.
fn points(effect: &SwingEffect) -> Option<String> {
    let text = Metric::Accuracy.info().unit.difference(effect.accuracy_change?);
    text.starts_with(['+', '-']).then_some(text)
}

fn changes_accuracy(swing: &DesignSwing) -> bool {
    swing.effects().into_iter().any(|effect| points(effect).is_some())
}

/// Words beside a swing: the change of the latency with the best split if it moves, and, in a table with accuracies,
/// the change of the accuracy; down, then up.
fn words(view: View<'_>, swing: &DesignSwing, with_accuracy: bool) -> String {
    let View { session, theme, .. } = view;
    let unit = session.unit(Column::Latency);
    if !changes_accuracy(swing)
        && let Some(words) = no_effect(swing, session.value(swing.knob), unit)
    {
        let cells = if with_accuracy { CELLS_WITH_ACCURACY } else { CELLS };
        return format!("{words:<cells$}");
    }
    let arrow = if theme.glyphs.braille { '→' } else { '>' };
    // One change of accuracy that was not measured makes both doubtful.
    let is_estimated = swing.effects().into_iter().any(|effect| effect.is_estimated);
    let about = if is_estimated { theme.glyphs.about.to_string() } else { String::new() };
    let one = |effect: &SwingEffect| {
        let change = effect.change_s.map_or_else(|| "no fit".to_owned(), |seconds| unit.difference(seconds));
        let split = effect.split.map(|id| format!(" {arrow}{}", session.space().boundary_name(id)));
        let gain = points(effect).map(|text| format!("{about}{text}%")).unwrap_or_default();
        let accuracy = if with_accuracy { format!("{gain:>7}") } else { String::new() };
        format!("{change:>6}{:<7}{accuracy}", split.unwrap_or_default())
    };
    swing.effects().map(one).concat()
}

/// Value up to which a knob has no effect, if a fifth more or less changes nothing that the digits show; the value from
/// which the design fits where the present one does not suffice.
fn no_effect(swing: &DesignSwing, present: f64, unit: Unit) -> Option<String> {
    let is_nothing =
        |effect: &SwingEffect| effect.change_s.is_some_and(|seconds| !unit.difference(seconds).starts_with(['+', '-']));
    if !swing.effects().into_iter().all(is_nothing) {
        return None;
    }
    let knob = swing.knob.info();
    let (words, way) = match knob.relax {
        RelaxDirection::Up if swing.needed > present => ("fits", "from"),
        RelaxDirection::Up => ("no effect", "down to"),
        _ if swing.needed < present => ("fits", "up to"),
        RelaxDirection::Down => ("no effect", "up to"),
    };
    Some(match swing.needed {
        needed if needed.is_finite() && needed > 0.0 => {
            format!("{words} {way} {}", swing.knob.format_sufficing(needed))
        }
        _ => "no effect".to_owned(),
    })
}
