//! Pinned designs side by side: figures with their differences to the baseline, what each survives, gene by gene.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::super::{chrome, view::View};
use super::lines::{ComparedFigures, ComparedText, ComparisonRow, lines};
use crate::{
    explore::{Command, Compared},
    quantity::number,
    tui::{
        command::{RowMove, UserCommand},
        hit::HitMap,
        model::screen::ComparePane,
        theme::Theme,
        widget::{Gauge, GaugeStyles, width},
    },
};

/// Cells of the names of rows.
const NAMES: u16 = 24;
/// Fewest cells of a design, and most.
const COLUMN: u16 = 26;
const WIDEST: u16 = 56;
/// Rows above the figures.
const HEAD: u16 = 2;

/// The designs shown and where they stand.
struct Grid<'a> {
    shown: &'a [Compared],
    /// Position of the first one among all pins.
    first: usize,
    /// Position of the baseline among all pins.
    base: usize,
    /// Cells of each.
    column: u16,
}

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let focus = ui.compare_pane == ComparePane::Pins;
    let pins = session.compared();
    let differ =
        if ui.differences_only { "only what differs from the baseline" } else { "differences to the baseline" };
    let inner = chrome::pane(buf, area, ("Compare", differ), focus && !pins.is_empty(), theme);
    if pins.is_empty() {
        return nothing(view, inner, buf);
    }
    let room = usize::from((inner.width.saturating_sub(NAMES) / COLUMN).max(1));
    // The selected pin is among those shown.
    let is_selected = |pin: &Compared| pin.finetuned().is_none() && session.selected_pin() == Some(pin.place);
    let at = pins.iter().position(is_selected).unwrap_or(ui.pin.min(pins.len() - 1));
    let first = chrome::scrolled(0, at, pins.len(), room);
    let shown = &pins[first..(first + room).min(pins.len())];
    let column = (inner.width.saturating_sub(NAMES) / u16::try_from(shown.len()).unwrap_or(1)).min(WIDEST);
    let base = pins.iter().position(|pin| Some(pin.candidate) == session.setup().baseline()).unwrap_or(0);
    headings(view, &Grid { shown, first, base, column }, inner, buf, hits);
    let mut lines = lines(session, &pins, theme.glyphs);
    if ui.differences_only {
        lines.retain(ComparisonRow::differs);
    }
    let body = Rect { y: inner.y + HEAD.min(inner.height), height: inner.height.saturating_sub(HEAD + 1), ..inner };
    let rows = usize::from(body.height);
    let top = ui.compare_first.min(lines.len().saturating_sub(rows));
    for (index, line) in lines.iter().skip(top).take(rows).enumerate() {
        let row = chrome::row(body, u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(
            buf,
            Rect { width: NAMES.min(row.width), ..row },
            &[(&format!(" {}", line.name), theme.dim)],
            theme,
        );
        for place in 0..shown.len() {
            let x = row.x + NAMES + column * u16::try_from(place).unwrap_or(0);
            let cell = Rect { x, width: column, ..row }.intersection(row);
            figure(line, first + place, base, cell, theme, buf);
        }
    }
    hits.page = rows;
    let below = lines.len().saturating_sub(top + rows);
    legend(view, pins.len() - shown.len(), below, chrome::row(inner, inner.height.saturating_sub(1)), buf);
}

/// Instructions while nothing is pinned.
fn nothing(view: View<'_>, inner: Rect, buf: &mut Buffer) {
    let View { theme, ui, .. } = view;
    let (pin, base) = (ui.keys.key(Command::Pin), ui.keys.key(Command::Baseline));
    let lines = [
        (format!("Nothing is pinned. {pin} pins the selected design; two or more are compared here:"), theme.text),
        (String::new(), theme.text),
        (
            format!(
                "accuracy, latency by part, energy, memory, each with its difference to a baseline ({base} sets it);"
            ),
            theme.dim,
        ),
        ("how slow the link and how small the memory may become before a design no longer fits;".to_owned(), theme.dim),
        ("what is left of its accuracy when a camera is lost; and its genes, one by one.".to_owned(), theme.dim),
    ];
    chrome::paragraphs(buf, inner, &lines.each_ref().map(|(text, style)| (text.as_str(), *style)), theme);
}

/// Meaning of the marks, and the number of rows and designs beyond the edges.
fn legend(view: View<'_>, aside: usize, below: usize, row: Rect, buf: &mut Buffer) {
    let View { theme, ui, .. } = view;
    let (star, differs) = marks(theme);
    let keys = |command: UserCommand| ui.keys.key(command);
    let mut hints = vec![format!("{star} best  {differs} differs")];
    if below > 0 {
        hints.push(format!(
            "{}: {}",
            number::counted(below as u64, "more row"),
            keys(UserCommand::Rows(RowMove::Down))
        ));
    }
    if aside > 0 {
        hints.push(format!(
            "{}: {}/{}",
            number::counted(aside as u64, "more design"),
            keys(UserCommand::Sideways(-1)),
            keys(UserCommand::Sideways(1))
        ));
    }
    hints.push(format!("{} baseline", keys(Command::Baseline.into())));
    hints.push(format!("{} differences", keys(UserCommand::ToggleDifferences)));
    // Whole ones only.
    let mut text = String::new();
    for hint in hints {
        let gap = if text.is_empty() { " " } else { "   " };
        if width(&text) + width(gap) + width(&hint) <= row.width {
            text = format!("{text}{gap}{hint}");
        }
    }
    chrome::line(buf, row, &[(&text, theme.dim)], theme);
}

fn headings(view: View<'_>, grid: &Grid<'_>, inner: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let Grid { shown, first, base, column } = *grid;
    let theme = view.theme;
    let row = chrome::row(inner, 0);
    for (place, pin) in shown.iter().enumerate() {
        let index = first + place;
        let role = match pin.finetuned() {
            Some(kind) => format!(" {kind}"),
            None if view.session.training().trains_one_design() => " trained alone".to_owned(),
            None if index == base => " (baseline)".to_owned(),
            None => String::new(),
        };
        let selected = pin.finetuned().is_none() && view.session.selected_pin() == Some(pin.place);
        let mark = if selected { theme.glyphs.focus } else { ' ' };
        let imported = view.session.space().imported_network(&pin.design.genome);
        let name = imported.map_or_else(|| format!("#{}", pin.candidate), |imported| imported.name.clone());
        let text = format!("{mark}{}  {name}{role}", pin.pin);
        let x = row.x + NAMES + column * u16::try_from(place).unwrap_or(0);
        let area = Rect { x, width: column, ..row }.intersection(row);
        chrome::line(buf, area, &[(&text, theme.pins[pin.place % theme.pins.len()])], theme);
        hits.button(Rect { height: inner.height, ..area }, Command::SelectPinned(pin.place));
    }
    let rule = chrome::row(inner, 1);
    for x in rule.x..rule.right() {
        chrome::put(buf, x, rule.y, theme.glyphs.horizontal, theme.border);
    }
}

/// Signs of the best one and of one that differs.
const fn marks(theme: &Theme) -> (&'static str, &'static str) {
    if theme.glyphs.braille { ("★", "≠") } else { ("*", "!=") }
}

/// A figure with its bar and its difference, or a word with a mark where it differs.
fn figure(line: &ComparisonRow, index: usize, base: usize, cell: Rect, theme: &Theme, buf: &mut Buffer) {
    let (star, differs) = marks(theme);
    let Some(figures) = &line.figures else {
        let ComparedText { point, beside } = &line.words[index];
        let mark = if *point == line.words[base].point { "" } else { differs };
        let beside = if beside.is_empty() { String::new() } else { format!("  {beside}") };
        let pieces = [
            ("   ", theme.text),
            (point.as_str(), theme.text),
            (&beside, theme.dim),
            (" ", theme.text),
            (mark, theme.warn),
        ];
        chrome::line(buf, cell, &pieces, theme);
        return;
    };
    let ComparedFigures { values, unit, more_is_better, .. } = figures;
    let (value, estimated) = (values[index], figures.is_estimated(index));
    let place = Rect { width: 8.min(cell.width), ..cell };
    chrome::right(buf, place, &line.words[index].point, if estimated { theme.dim } else { theme.text });
    let most = values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let bar = Rect { x: cell.x + 10, width: cell.width.saturating_sub(10 + 11), ..cell }.intersection(cell);
    // One design alone has nothing to be long beside.
    if value.is_finite() && most > 0.0 && values.len() > 1 {
        let style = if estimated { theme.dim } else { theme.sensor_text };
        Gauge::new(value / most)
            .shaded(estimated)
            .look(theme.look(GaugeStyles { bar: style, ..theme.gauge().styles }))
            .render(bar, buf);
    }
    let tail = Rect { x: bar.right() + 1, width: cell.right().saturating_sub(bar.right() + 1), ..cell };
    let delta = figures.ranked_by(index) - figures.ranked_by(base);
    let text = if index == base || delta.is_nan() { String::new() } else { unit.difference(delta) };
    let style = match text.starts_with(['+', '-']) {
        true if (delta > 0.0) == *more_is_better => theme.good,
        true => theme.bad,
        false => theme.dim,
    };
    let is_about = [index, base].iter().any(|&one| figures.is_estimated(one));
    let text = if is_about && !text.is_empty() { format!("{}{text}", theme.glyphs.about) } else { text };
    let star = if figures.is_best(index) { star } else { "" };
    chrome::line(buf, tail, &[(&format!("{text:>6} "), style), (star, theme.accent)], theme);
}
