//! The frame of a plot: y labels and axis at the left, x labels within the axis line below, and the way from
//! fractions to cells and back.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{glyphs::Glyphs, paint};
use crate::svg::{Axis, Tick};

/// Widest y label; longer ones are cut by the area.
const WIDEST_LABEL: u16 = 8;
/// Rows for one y tick, columns for one x tick.
const ROWS_PER_TICK: u16 = 2;
const COLUMNS_PER_TICK: u16 = 10;
/// Most ticks of which the first and the last are shown in few rows.
const FINEST: usize = 8;

/// Area of a plot's points when its axes are drawn in `area`: without labels and axes where these would leave
/// nothing.
pub(crate) fn plot_area(area: Rect, y: &Axis) -> Rect {
    let below = u16::from(area.height >= 3);
    let widest = y_ticks(area.height - below, y).iter().map(|tick| paint::width(&tick.label)).max().unwrap_or(0);
    let left = widest.min(WIDEST_LABEL) + 1;
    let left = if area.width >= left + 4 { left } else { 0 };
    Rect::new(area.x + left, area.y, area.width - left, area.height - below)
}

/// Draws both axes around `plot`, which must come from [`plot_area`] of the same `area`.
pub(crate) fn draw(buf: &mut Buffer, area: Rect, plot: Rect, x: &Axis, y: &Axis, style: Style, glyphs: &Glyphs) {
    if plot.x > area.x {
        let axis = plot.x - 1;
        for row in plot.top()..plot.bottom() {
            paint::glyph(buf, area, axis, row, glyphs.vertical, style);
        }
        for tick in y_ticks(plot.height, y) {
            let Some(row) = row_of(plot, y, tick.value) else { continue };
            paint::glyph(buf, area, axis, row, glyphs.tick, style);
            paint::text_right(buf, area, axis, row, &tick.label, style);
        }
    }
    if plot.bottom() < area.bottom() {
        draw_x(buf, area, plot, x, style, glyphs);
    }
}

fn draw_x(buf: &mut Buffer, area: Rect, plot: Rect, x: &Axis, style: Style, glyphs: &Glyphs) {
    let row = plot.bottom();
    if plot.x > area.x {
        paint::glyph(buf, area, plot.x - 1, row, glyphs.corners[2], style);
    }
    paint::run(buf, area, plot.x, row, plot.width, glyphs.horizontal, style);
    let mut free_from = plot.x;
    for tick in x.ticks(usize::from((plot.width / COLUMNS_PER_TICK).max(2))) {
        let Some(column) = column_of(plot, x, tick.value) else { continue };
        let width = paint::width(&tick.label);
        let start =
            column.saturating_sub(width.saturating_sub(1) / 2).max(plot.x).min(plot.right().saturating_sub(width));
        if start >= free_from && start + width <= plot.right() {
            paint::text(buf, area, start, row, &tick.label, style);
            free_from = start + width + 1;
        }
    }
}

/// Ticks with a free row between any two: where values fall on rows as they may, some would else stand closer than
/// others.
fn y_ticks(height: u16, y: &Axis) -> Vec<Tick> {
    let plot = Rect::new(0, 0, 1, height);
    let apart = |ticks: &[Tick]| {
        let rows: Vec<u16> = ticks.iter().filter_map(|tick| row_of(plot, y, tick.value)).collect();
        rows.windows(2).all(|rows| rows[0].abs_diff(rows[1]) >= ROWS_PER_TICK)
    };
    let most = usize::from((height / ROWS_PER_TICK).clamp(1, 12));
    let found = (1..=most).rev().map(|most| y.ticks(most)).find(|ticks| apart(ticks)).unwrap_or_default();
    if found.len() > 1 {
        return found;
    }
    // In few rows the first and the last of finer ones, so that lengths can be told.
    let ends = |most: usize| {
        let mut ticks = y.ticks(most);
        let last = ticks.pop();
        ticks.into_iter().take(1).chain(last).collect::<Vec<Tick>>()
    };
    (2..=FINEST).map(ends).find(|ticks| ticks.len() > 1 && apart(ticks)).unwrap_or(found)
}

/// The column of `value`, if it is in view.
#[inline]
pub(crate) fn column_of(plot: Rect, x: &Axis, value: f64) -> Option<u16> {
    Some(plot.x + half_column_of(plot, x, value)? / 2)
}

/// The row of `value`, if it is in view; large values are at the top.
#[inline]
pub(crate) fn row_of(plot: Rect, y: &Axis, value: f64) -> Option<u16> {
    Some(plot.y + half_row_of(plot, y, value)? / 2)
}

/// The half of a column of the plot, counted from its left end, in which `value` is, if it is in view.
#[inline]
pub(crate) fn half_column_of(plot: Rect, x: &Axis, value: f64) -> Option<u16> {
    let fraction = in_view(x.fraction(value)?)?;
    (plot.width > 0).then(|| (2.0 * fraction * f64::from(plot.width - 1) + 1.0) as u16)
}

/// The half of a row of the plot, counted from its top, in which `value` is, if it is in view.
#[inline]
pub(crate) fn half_row_of(plot: Rect, y: &Axis, value: f64) -> Option<u16> {
    let fraction = in_view(y.fraction(value)?)?;
    (plot.height > 0).then(|| (2.0 * (1.0 - fraction) * f64::from(plot.height - 1) + 1.0) as u16)
}

/// The values at the centre of a cell, clamped to the plot.
pub(crate) fn values_at(plot: Rect, x: &Axis, y: &Axis, column: u16, row: u16) -> (f64, f64) {
    let share = |at: u16, start: u16, length: u16| {
        let last = f64::from(length.saturating_sub(1).max(1));
        (f64::from(at.saturating_sub(start)) / last).clamp(0.0, 1.0)
    };
    (x.value(share(column, plot.x, plot.width)), y.value(1.0 - share(row, plot.y, plot.height)))
}

/// Bounds included, with room for rounding.
#[inline]
fn in_view(fraction: f64) -> Option<f64> {
    (-1e-9..=1.0 + 1e-9).contains(&fraction).then(|| fraction.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::{Scale, UNICODE, testing};

    #[test]
    fn ticks_stand_at_their_values() {
        let (x, y) = (Axis::new(0.0, 40.0, Scale::Linear), Axis::new(70.0, 74.0, Scale::Linear));
        let area = Rect::new(0, 0, 30, 6);
        let mut buf = Buffer::empty(area);
        let plot = plot_area(area, &y);
        draw(&mut buf, area, plot, &x, &y, Style::new(), &UNICODE);
        assert_eq!(plot, Rect::new(3, 0, 27, 5));
        assert_eq!(testing::rows(&buf), ["74┤", "  │", "72┤", "  │", "70┤", "  └0────────────20──────────40"]);
        assert_eq!(column_of(plot, &x, 20.0), Some(16));
        assert_eq!(row_of(plot, &y, 74.1), None);
    }

    #[test]
    fn ticks_have_a_row_between_them() {
        for height in 1..40 {
            for high in 1..60 {
                let y = Axis::new(0.0, f64::from(high) / 100.0, Scale::Linear);
                let plot = Rect::new(0, 0, 1, height);
                let rows: Vec<u16> =
                    y_ticks(height, &y).iter().map(|tick| row_of(plot, &y, tick.value).unwrap()).collect();
                assert!(rows.windows(2).all(|rows| rows[0] >= rows[1] + ROWS_PER_TICK), "{height} {high} {rows:?}");
                assert!(height < 3 || rows.len() >= 2, "{height} {high} {rows:?}");
            }
        }
    }

    #[test]
    fn cells_and_values_are_inverse() {
        let (x, y) = (Axis::new(1.0, 100.0, Scale::Log), Axis::new(-1.0, 1.0, Scale::Linear));
        let plot = Rect::new(3, 2, 31, 9);
        for (column, row) in [(3, 2), (33, 10), (17, 6)] {
            let (a, b) = values_at(plot, &x, &y, column, row);
            assert_eq!((column_of(plot, &x, a), row_of(plot, &y, b)), (Some(column), Some(row)));
        }
    }
}
