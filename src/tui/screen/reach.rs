//! Best accuracy against the selected knob, the other knobs held: a view of the scatter's pane.
//!
//! ```text
//! ┌ Best int8 accuracy % over link Mbit/s ────── 93.1 now ┐
//! │ 94┤                     ....................           │
//! │   │             ________│                              │
//! │ 90┤     ________│       │                              │
//! │   └─────1───────────────25─────────────100─────        │
//! └ S1.2, S2.1 from 8.20 Mbit/s ──── dotted: lower ends ──┘
//! ```
//! Accuracies are those that designs are ranked by: of what was not measured the lower end of the interval. The line
//! stands at the present value; the foot names the split of the best design and where it changes.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{chrome, table, view::View};
use crate::{
    explore::{KnobRange, Session},
    quantity::{KnobScale, Metric},
    tui::{
        hit::{HitMap, Region},
        model::screen::Pane,
        widget::{Axis, Curve, CurveSeries, Dash, Scale, width},
    },
};

/// One step of the knob that can be drawn: its value in the range's unit, and the best accuracy in percent.
struct ReachPoint {
    at: f64,
    percent: f64,
    estimated: bool,
}

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    hits.add(area, Region::Pane(Pane::Scatter));
    let range = session.ranges().selected();
    let unit = range.unit.symbol;
    let gap = if unit.is_empty() { "" } else { " " };
    let title = format!("Best {} over {}{gap}{unit}", table::accuracy_in_title(session), range.info().short);
    let now = session.best_accuracy().map(|share| format!("{} now", Metric::Accuracy.info().unit.column(share).trim()));
    let inner = chrome::pane(buf, area, (&title, now.as_deref().unwrap_or("")), ui.pane == Pane::Scatter, theme);
    let points = points(session, range);
    if points.is_empty() {
        let words = if session.has_accuracies() { " no design fits at any step" } else { " no accuracy is known yet" };
        return chrome::paragraphs(buf, inner, &[(words, theme.dim)], theme);
    }
    let logarithmic = matches!(range.info().scale, KnobScale::Decades | KnobScale::Octaves);
    let scale = if logarithmic && points.iter().all(|point| point.at > 0.0) { Scale::Log } else { Scale::Linear };
    // Without a margin, which is half a row anyway: in few rows a tick beyond the best would be taken for its value.
    let y = Axis::fit(points.iter().map(|point| point.percent), Scale::Linear);
    let y = Axis::new(y.low().max(0.0), y.high().min(100.0), Scale::Linear);
    let x = Axis::fit(points.iter().map(|point| point.at), scale);
    let [measured, estimated] = lines(&points);
    let series = [
        CurveSeries { points: &estimated, dash: Dash::Dotted, style: theme.dim, ..CurveSeries::default() },
        CurveSeries { points: &measured, style: theme.front, ..CurveSeries::default() },
    ];
    let present = session.value(range.knob);
    let cursor = (!range.knob.is_unlimited(present)).then_some(present / range.unit.size);
    (&Curve::new(&series, x, y).cursor(cursor).look(theme.curve())).render(inner, buf);
    let note = if points.iter().any(|point| point.estimated) { "dotted: lower ends" } else { "" };
    let room = area.width.saturating_sub(width(note) + 9);
    let splits = splits(session, range, room, theme.glyphs.ellipsis);
    chrome::foot(buf, area, (&splits, note), theme);
}

/// The line between measured steps, and the one from and to predicted steps; each is broken where the other one goes.
fn lines(points: &[ReachPoint]) -> [Vec<(f64, f64)>; 2] {
    let line = |is_part: &dyn Fn(usize) -> bool| -> Vec<(f64, f64)> {
        let value =
            |(index, point): (usize, &ReachPoint)| (point.at, if is_part(index) { point.percent } else { f64::NAN });
        points.iter().enumerate().map(value).collect()
    };
    let last = points.len().saturating_sub(1);
    let around = |index: usize| &points[index.saturating_sub(1)..=(index + 1).min(last)];
    [
        line(&|index| !points[index].estimated),
        // The line between measured steps is drawn over this one where both go.
        line(&|index| around(index).iter().any(|point| point.estimated)),
    ]
}

/// The steps at which a design with an accuracy fits.
fn points(session: &Session, range: &KnobRange) -> Vec<ReachPoint> {
    let steps = range.steps.iter().zip(session.track(range.knob));
    let point = |(&step, stop): (&f64, &Option<_>)| {
        let stop: &crate::explore::TrackStop = stop.as_ref()?;
        let drawn = !range.knob.is_unlimited(step);
        drawn.then(|| ReachPoint {
            at: step / range.unit.size,
            percent: stop.accuracy * 100.0,
            estimated: stop.estimated,
        })
    };
    steps.filter_map(point).collect()
}

/// Split of the best design along the knob, and the values at which it changes, as many as there is room for.
fn splits(session: &Session, range: &KnobRange, room: u16, ellipsis: char) -> String {
    let mut words = String::new();
    let mut last = None;
    for (&step, stop) in range.steps.iter().zip(session.track(range.knob)) {
        let Some(split) = stop.as_ref().map(|stop| stop.split) else { continue };
        if last.replace(split) == Some(split) {
            continue;
        }
        let name = session.space().boundary_name(split);
        let more = if words.is_empty() {
            format!("split {name}")
        } else {
            format!(", {name} from {}", range.knob.format(step))
        };
        if width(&words) + width(&more) + 3 > room {
            words.push_str(", ");
            words.push(ellipsis);
            break;
        }
        words += &more;
    }
    words
}
