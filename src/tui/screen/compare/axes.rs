//! All designs on parallel axes, one a row, with brushes: a brush on an axis keeps only the designs within it on all
//! others.
//!
//! ```text
//! ┌▸Axes ───────────────────────────────── 214 of 2 000 designs ──┐
//! │▸latency ms   ↓   2.1 ├···▂▅▇A▅▃[▂▂▁B▁·]·············─┤ 10.3    │
//! └───────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{chrome, view::View};
use crate::{
    explore::{CandidateId, Column, Session},
    quantity::number,
    tui::{
        command::UserCommand,
        hit::{HitMap, Region},
        model::brushes::{BRUSHED, BrushEnd, Brushes, parallel_axis},
        model::screen::ComparePane,
        widget::Axis,
    },
};

/// Cells before the lower end of an axis, and of a value at an end.
const NAMES: u16 = 20;
const VALUE: u16 = 8;

/// Rows that the pane makes use of, of so many.
pub(crate) fn rows(room: u16) -> u16 {
    let axes = BRUSHED.len() as u16;
    if room >= 2 * axes + 2 { 2 * axes + 2 } else { axes + 2 }
}

/// Draws the pane.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let kept: Vec<CandidateId> =
        session.order().iter().copied().filter(|id| ui.parallel.brushes.contain(session, *id)).collect();
    let keys = |command: UserCommand| ui.keys.key(command);
    let note = format!(
        "{} of {} designs  {}{} ends  {} keep",
        number::grouped(kept.len() as u64),
        number::grouped(session.order().len() as u64),
        keys(UserCommand::MoveBrush(BrushEnd::Lower, 1.0)),
        keys(UserCommand::MoveBrush(BrushEnd::Upper, -1.0)),
        keys(UserCommand::FilterByBrushes),
    );
    let inner = chrome::pane(buf, area, ("Axes", &note), ui.compare_pane == ComparePane::Axes, theme);
    let double = inner.height >= 2 * BRUSHED.len() as u16;
    for index in 0..BRUSHED.len() {
        let at = u16::try_from(index).unwrap_or(u16::MAX);
        let row = chrome::row(inner, if double { 2 * at } else { at });
        if !row.is_empty() {
            axis(view, index, &kept, row, buf, hits);
        }
    }
}

/// One axis: how many of the designs kept stand where, the brush, and the pinned designs.
fn axis(view: View<'_>, index: usize, kept: &[CandidateId], row: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let (column, glyphs) = (BRUSHED[index], theme.glyphs);
    let (name, unit) = (name(session, column), session.unit(column));
    let selected = ui.compare_pane == ComparePane::Axes && ui.parallel.selected == index;
    let (mark, style) = if selected { (glyphs.focus, theme.accent) } else { (' ', theme.text) };
    let better = match (column.descends() && column != Column::Macs, glyphs.braille) {
        (true, true) => "↑",
        (false, true) => "↓",
        (true, false) => "^",
        (false, false) => "v",
    };
    chrome::line(buf, row, &[(&format!("{mark}{name}"), style)], theme);
    chrome::put(buf, row.x + NAMES - 2, row.y, better.chars().next().unwrap_or(' '), theme.dim);
    let Some(axis) = parallel_axis(session, index) else {
        let cell = Rect { x: row.x + NAMES, width: row.width.saturating_sub(NAMES), ..row };
        chrome::line(buf, cell, &[("nothing measured yet with this number of sensors", theme.dim)], theme);
        return;
    };
    let track = Rect { x: row.x + NAMES + VALUE + 1, width: row.width.saturating_sub(NAMES + 2 * VALUE + 3), ..row };
    if track.width < 4 {
        return;
    }
    let end = |value: f64| unit.column(value);
    chrome::right(buf, Rect { x: row.x + NAMES, width: VALUE, ..row }, &end(axis.low()), theme.dim);
    let high = end(axis.high());
    chrome::line(buf, Rect { x: track.right() + 1, width: VALUE, ..row }, &[(&high, theme.dim)], theme);
    hits.add(Rect { x: track.x - 1, width: track.width + 2, ..row }, Region::Axis(index));

    let all = counts(session, column, &axis, session.order(), track.width);
    let counts = counts(session, column, &axis, kept, track.width);
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let brush = ui.parallel.brushes.range(index);
    let column_of = |value: f64| place(&axis, value, track);
    for (offset, (count, all)) in counts.iter().zip(&all).enumerate() {
        let x = track.x + offset as u16;
        let within = brush.is_none_or(|brush| (column_of(brush.low)..=column_of(brush.high)).contains(&x));
        let (glyph, style) = match (*count, *all) {
            (0, 0) => (glyphs.horizontal, theme.border),
            // Designs that a brush takes away leave a trace.
            (0, _) => (glyphs.infeasible, theme.dim),
            (count, _) => {
                (glyphs.level(f64::from(count) / f64::from(most)), if within { theme.front } else { theme.dim })
            }
        };
        chrome::put(buf, x, row.y, glyph, style);
    }
    if let Some(brush) = brush {
        for (value, bracket) in [(brush.low, '['), (brush.high, ']')] {
            chrome::put(buf, column_of(value), row.y, bracket, theme.selected);
        }
    }
    pins(view, column, &axis, track, buf);
}

/// The letters of the pinned designs at their values, over everything else: side by side where they share a cell, and
/// beyond the ends of the axis where they lie beyond its values.
fn pins(view: View<'_>, column: Column, axis: &Axis, track: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let mut taken: Vec<u16> = Vec::new();
    let mut beyond = [0_u16; 2];
    for compared in session.compared().iter().filter(|one| one.finetuned().is_none()) {
        let cost = &compared.evaluation;
        let value = match column {
            Column::Accuracy => compared.accuracy.ranked_by().unwrap_or(f64::NAN),
            Column::Latency => cost.latency.total_s(),
            Column::Energy => cost.energy_j,
            Column::Memory => cost.sensor_peak_bytes as f64,
            Column::Link => cost.link_bytes as f64,
            _ => compared.macs as f64,
        };
        let Some(at) = axis.fraction(value) else { continue };
        let style = theme.pins[compared.place % theme.pins.len()].add_modifier(ratatui::style::Modifier::BOLD);
        let (x, letter) = if (-1e-9..=1.0 + 1e-9).contains(&at) {
            let Some(x) = free(place(axis, value, track), &taken, track) else { continue };
            taken.push(x);
            (x, compared.pin)
        } else {
            let end = usize::from(at > 0.0);
            beyond[end] += 1;
            let several = [theme.glyphs.more_left, theme.glyphs.beyond][end];
            ([track.x - 1, track.right()][end], if beyond[end] > 1 { several } else { compared.pin })
        };
        chrome::put(buf, x, track.y, letter, style);
    }
}

/// The cell nearest to `x` that has no letter yet, of two as near the right one.
fn free(x: u16, taken: &[u16], track: Rect) -> Option<u16> {
    let cells = (track.x..track.right()).filter(|cell| !taken.contains(cell));
    cells.min_by_key(|&cell| (cell.abs_diff(x), cell < x))
}

fn place(axis: &Axis, value: f64, track: Rect) -> u16 {
    let share = axis.fraction(value).unwrap_or(0.0).clamp(0.0, 1.0);
    track.x + (share * f64::from(track.width - 1)).round() as u16
}

fn counts(session: &Session, column: Column, axis: &Axis, ids: &[CandidateId], cells: u16) -> Vec<u32> {
    let mut counts = vec![0; usize::from(cells)];
    let track = Rect { width: cells, height: 1, ..Rect::default() };
    for value in ids.iter().map(|id| session.figure(*id, column)).filter(|value| !value.is_nan()) {
        counts[usize::from(place(axis, value, track))] += 1;
    }
    counts
}

/// Name of an axis with its unit.
fn name(session: &Session, column: Column) -> String {
    let name = match column {
        Column::Link => "link",
        Column::Macs => "size",
        column => column.title(),
    };
    format!("{name} {}", session.unit(column).symbol)
}

/// The brushes as a filter of the table, in words of the filter's own units; `None` if nothing is brushed.
pub(crate) fn keep(session: &Session, brushes: &Brushes) -> Option<String> {
    let mut terms = Vec::new();
    for (index, column) in BRUSHED.iter().enumerate() {
        let Some(brush) = brushes.range(index) else { continue };
        // Link bytes are compared in the unit of the sensor memory; megabytes of MACs in millions.
        let size = match column {
            Column::Link => session.unit(Column::Memory).size,
            column => session.unit(*column).size,
        };
        let (name, digits) = (column.name(), 4);
        // Rounded outwards, so that what is at an end stays.
        let down = (brush.low / size * 10_f64.powi(digits)).floor() / 10_f64.powi(digits);
        let up = (brush.high / size * 10_f64.powi(digits)).ceil() / 10_f64.powi(digits);
        terms.push(format!("{name}>={down} {name}<={up}"));
    }
    (!terms.is_empty()).then(|| terms.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_at_one_value_stand_side_by_side() {
        let track = Rect::new(10, 0, 4, 1);
        assert_eq!(free(12, &[], track), Some(12));
        assert_eq!(free(12, &[12], track), Some(13));
        assert_eq!(free(13, &[13], track), Some(12));
        assert_eq!(free(13, &[10, 11, 12, 13], track), None);
    }

    #[test]
    fn the_pane_takes_one_row_or_two_an_axis() {
        assert_eq!(rows(12), BRUSHED.len() as u16 + 2);
        assert_eq!(rows(40), 2 * BRUSHED.len() as u16 + 2);
    }
}
