//! Offload paradigms: the selected design beside all on the sensors and all on the aggregator, as Table 1 of the paper
//! has them, in figures that follow the knobs.
//!
//! ```text
//! ┌▸Paradigms ─────────────────────────────────── #6 with 6 sensors ─┐
//! │                   all on sensors all on aggregator distributed S2.1│
//! │ communication       60 B ✓ (✓)    6.00 KiB ✗ (✗)   1.50 KiB ✓ (✓)  │
//! │ ...                                                                │
//! │ ✓ by these figures (in the paper)   ≠ they differ                  │
//! └────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{chrome, view::View};
use crate::{
    cost::{Paradigm, ParadigmCell, ParadigmFigures, paradigm_differences, paradigm_rows},
    quantity::number,
    record::Precision,
    tui::{
        command::{DesignFormat, UserCommand},
        hit::HitMap,
        model::screen::ComparePane,
        theme::Theme,
        widget::width,
    },
};

/// Cells of the names of rows, of a figure, and most of a paradigm.
const NAMES: u16 = 17;
const FIGURE: u16 = 12;
const WIDEST: u16 = 40;
/// Rows of the pane: borders, heading, figures, the meaning of the marks, differences.
pub(crate) const ROWS: u16 = 21;

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let all = session.paradigms().unwrap_or_default();
    // Figures without a precision are in int8.
    let in_float =
        |one: &ParadigmFigures| session.leak(&one.design).is_some_and(|leak| leak.precision == Precision::Float);
    let leaks = if all.iter().any(in_float) { ", leaks in float" } else { "" };
    let sensors = number::counted(session.knobs().sensors.into(), "sensor");
    let note = session.selected().map(|id| format!("{} with {sensors}{leaks}", session.candidate_name(id)));
    let focus = ui.compare_pane == ComparePane::Paradigms;
    let inner = chrome::pane(buf, area, ("Paradigms", &note.unwrap_or_default()), focus, theme);
    hits.button(area, UserCommand::FocusCompare(ComparePane::Paradigms));
    if all.is_empty() {
        let nothing = "no design of this space can be costed on this profile";
        return chrome::paragraphs(buf, inner, &[(nothing, theme.dim)], theme);
    }
    let column = (inner.width.saturating_sub(NAMES) / 3).min(WIDEST);
    let cell = |row: Rect, place: usize| {
        let x = row.x + NAMES + column * u16::try_from(place).unwrap_or(0);
        Rect { x, width: column, ..row }.intersection(row)
    };
    for (place, figures) in all.iter().enumerate() {
        let text = heading(view, figures);
        let area = cell(chrome::row(inner, 0), place);
        chrome::line(buf, area, &[("  ", theme.text), (&text, theme.accent)], theme);
    }
    let rows = paradigm_rows(&all);
    for (index, row) in rows.iter().enumerate() {
        let area = chrome::row(inner, 1 + u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(
            buf,
            Rect { width: NAMES.min(area.width), ..area },
            &[(&format!(" {}", row.indented()), theme.dim)],
            theme,
        );
        for (place, figure) in row.cells.iter().enumerate() {
            draw_cell(figure, cell(area, place), theme, buf);
        }
    }
    notes(view, &all, inner, 1 + u16::try_from(rows.len()).unwrap_or(u16::MAX), buf);
}

fn heading(view: View<'_>, figures: &ParadigmFigures) -> String {
    match figures.paradigm {
        Paradigm::Distributed => {
            format!("{}, {}", figures.paradigm.label(), view.session.space().boundary_name(figures.design.split))
        }
        paradigm => paradigm.label().to_owned(),
    }
}

/// A figure with the tick that it earns, that of the paper, and a mark where they differ. Words stand at the left.
fn draw_cell(figure: &ParadigmCell, cell: Rect, theme: &Theme, buf: &mut Buffer) {
    let Some(tick) = figure.tick else {
        let is_figure = width(&figure.text) <= FIGURE;
        if is_figure {
            chrome::right(buf, Rect { width: FIGURE.min(cell.width), ..cell }, &figure.text, theme.text);
        } else {
            chrome::line(buf, cell, &[(" ", theme.text), (&figure.text, theme.text)], theme);
        }
        return;
    };
    chrome::right(buf, Rect { width: FIGURE.min(cell.width), ..cell }, &figure.text, theme.text);
    let rest = Rect { x: cell.x + FIGURE, width: cell.width.saturating_sub(FIGURE), ..cell }.intersection(cell);
    let sign = |yes: bool| if yes { theme.glyphs.yes } else { theme.glyphs.no };
    let (own, style) = match tick.figures {
        Some(true) => (sign(true), theme.good),
        Some(false) => (sign(false), theme.bad),
        None => (' ', theme.text),
    };
    let differs = match (tick.differs(), theme.glyphs.braille) {
        (false, _) => "",
        (true, true) => " ≠",
        (true, false) => " !",
    };
    let paper = format!(" ({})", sign(tick.paper));
    chrome::line(buf, rest, &[(&format!(" {own}"), style), (&paper, theme.dim), (differs, theme.warn)], theme);
}

/// Meaning of the marks, and a sentence about each difference as far as there is room.
fn notes(view: View<'_>, all: &[ParadigmFigures], inner: Rect, first: u16, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let design = session.selected_design().map(|design| session.space().print_design(&design)).unwrap_or_default();
    let copy = ui.keys.key(UserCommand::Copy(DesignFormat::Text));
    let differences = paradigm_differences(all);
    let (yes, no) = (theme.glyphs.yes, theme.glyphs.no);
    let differ = if theme.glyphs.braille { "≠" } else { "!" };
    let room = usize::from(inner.height.saturating_sub(first + 1));
    let what = match differences.len() {
        0 => vec![": they agree".to_owned()],
        count if count > room => vec![
            format!("  {differ} they differ ({room} of {count}; all: splitscope paradigms --design {design}):"),
            format!(
                "  {differ} they differ ({room} of {count}; all: splitscope paradigms --design, {copy} copies it):"
            ),
            format!("  {differ} they differ ({room} of {count}):"),
        ],
        _ => vec![format!("  {differ} they differ:")],
    };
    let marks: Vec<String> =
        what.iter().map(|what| format!(" {yes} {no} by these figures (in the paper's Table 1){what}")).collect();
    let marks = marks.iter().find(|marks| width(marks) <= inner.width).or(marks.last()).map_or("", String::as_str);
    chrome::line(buf, chrome::row(inner, first), &[(marks, theme.dim)], theme);
    for (index, sentence) in differences.iter().take(room).enumerate() {
        let row = chrome::row(inner, first + 1 + u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(buf, row, &[(&format!(" {differ} {sentence}"), theme.warn)], theme);
    }
}
