//! Points with a mark each over two axes, with limit lines and one selected point.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{frame, glyphs::quarter, look::Look, paint};
use crate::svg::Axis;

/// Position of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlotPoint {
    /// Position; a point without one (NaN, or not positive on a log axis) is not drawn.
    pub x: f64,
    /// Position upwards.
    pub y: f64,
    /// Layer: of points that share a cell the one of the highest layer shows, and within a layer the first one.
    pub layer: u8,
}

/// Mark of a point. Its character carries the class, the style only helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointMark {
    /// A character that has a cell to itself.
    Glyph(char),
    /// Characters by the quarters of a cell in which there are points of the layer: see [`super::Glyphs`].
    Quarters(&'static [char; 16]),
}

impl PointMark {
    /// The character of a cell with points in these quarters.
    const fn character(self, quarters: u8) -> char {
        match self {
            Self::Glyph(character) => character,
            Self::Quarters(characters) => characters[(quarters & 15) as usize],
        }
    }
}

/// Points with a mark each. Only points that are seen are asked how they look: of many, few are.
pub trait PointSource {
    /// Number of points.
    fn count(&self) -> usize;

    /// Position of a point.
    fn plot_point(&self, index: usize) -> PlotPoint;

    /// Mark and style of a point.
    fn look(&self, index: usize) -> (PointMark, Style);
}

/// One point of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Position in the units of the axes.
    pub spot: PlotPoint,
    /// Character that marks the point.
    pub mark: PointMark,
    /// Its style.
    pub style: Style,
}

impl PointSource for [Mark] {
    fn count(&self) -> usize {
        self.len()
    }

    fn plot_point(&self, index: usize) -> PlotPoint {
        self[index].spot
    }

    fn look(&self, index: usize) -> (PointMark, Style) {
        (self[index].mark, self[index].style)
    }
}

/// Styles of a [`Scatter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScatterStyles {
    /// Axes and their labels.
    pub axis: Style,
    /// Limit lines.
    pub limit: Style,
    /// The selected point.
    pub selected: Style,
}

/// A scatter plot. Points of one layer share a cell by its quarters, as far as their marks have characters for it.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};
/// # use splitscope::tui::widget::{Axis, Mark, PlotPoint, PointMark, Scale, Scatter};
/// let mark = |x, y| Mark { spot: PlotPoint { x, y, layer: 0 }, mark: PointMark::Glyph('○'), style: Style::new() };
/// let points = [mark(10.0, 70.0), mark(20.0, 74.0)];
/// let (x, y) = (Axis::new(10.0, 30.0, Scale::Linear), Axis::new(70.0, 74.0, Scale::Linear));
/// let plot = Scatter::new(points.as_slice(), x, y).limit_x(25.0, "").selected(Some(1));
/// let area = Rect::new(0, 0, 14, 4);
/// let mut buffer = Buffer::empty(area);
/// (&plot).render(area, &mut buffer);
/// assert_eq!(buffer[(8, 0)].symbol(), "◆");
/// assert_eq!(plot.nearest(area, 7, 0, 3), Some(1));
/// ```
pub struct Scatter<'a, M: ?Sized> {
    points: &'a M,
    x: Axis,
    y: Axis,
    limit_x: Option<(f64, &'a str)>,
    limit_y: Option<(f64, &'a str)>,
    crosshair: Option<(f64, f64)>,
    selected: Option<usize>,
    look: Look<ScatterStyles>,
}

impl<'a, M: PointSource + ?Sized> Scatter<'a, M> {
    /// Points over two axes.
    pub fn new(points: &'a M, x: Axis, y: Axis) -> Self {
        Self { points, x, y, limit_x: None, limit_y: None, crosshair: None, selected: None, look: Look::default() }
    }

    /// A vertical line at `value`, with a short text beside it where there is room. Of a line out of view the text
    /// shows, with an arrow.
    #[must_use]
    pub const fn limit_x(mut self, value: f64, text: &'a str) -> Self {
        self.limit_x = Some((value, text));
        self
    }

    /// A horizontal line at `value`, with a short text at its right end. Of a line out of view the text shows, with an
    /// arrow.
    #[must_use]
    pub const fn limit_y(mut self, value: f64, text: &'a str) -> Self {
        self.limit_y = Some((value, text));
        self
    }

    /// Thin lines through a place, below everything else.
    #[must_use]
    pub const fn crosshair(mut self, place: Option<(f64, f64)>) -> Self {
        self.crosshair = place;
        self
    }

    /// The point drawn on top of all with the mark of the selected.
    #[must_use]
    pub const fn selected(mut self, index: Option<usize>) -> Self {
        self.selected = index;
        self
    }

    /// Sets styles and characters.
    #[must_use]
    pub const fn look(mut self, look: Look<ScatterStyles>) -> Self {
        self.look = look;
        self
    }

    /// The cells points are drawn in when the plot is drawn in `area`.
    pub fn plot_area(&self, area: Rect) -> Rect {
        frame::plot_area(area, &self.y)
    }

    /// The values (x, y) at a cell, clamped to the plot: for dragging a limit line.
    pub fn values_at(&self, area: Rect, column: u16, row: u16) -> (f64, f64) {
        frame::values_at(self.plot_area(area), &self.x, &self.y, column, row)
    }

    /// The point nearest to a cell, at most `reach` columns away (a row counts as two columns). Of equally near
    /// ones the one that is seen.
    pub fn nearest(&self, area: Rect, column: u16, row: u16, reach: u16) -> Option<usize> {
        let plot = self.plot_area(area);
        let distance = |spot: PlotPoint| {
            let (x, y) = self.cell(plot, spot)?;
            let far = u32::from(x.abs_diff(column)) + 2 * u32::from(y.abs_diff(row));
            (far <= u32::from(reach)).then_some(far)
        };
        (0..self.points.count())
            .filter_map(|index| {
                let spot = self.points.plot_point(index);
                Some((distance(spot)?, u8::MAX - spot.layer, index))
            })
            .min()
            .map(|(.., index)| index)
    }

    /// Returns whether a cell is on the vertical limit line (or beside it), and on the horizontal one; of a line out of
    /// view, on its text.
    pub fn limits_at(&self, area: Rect, column: u16, row: u16) -> (bool, bool) {
        let plot = self.plot_area(area);
        if !plot.contains((column, row).into()) {
            return (false, false);
        }
        let x = self.limit_x.and_then(|(value, _)| frame::column_of(plot, &self.x, value));
        let y = self.limit_y.and_then(|(value, _)| frame::row_of(plot, &self.y, value));
        let (cells, _) = self.cells(plot);
        let on = |text: Option<EdgeText>| text.is_some_and(|text| text.area.contains((column, row).into()));
        let beside = x.is_some_and(|x| x.abs_diff(column) <= 1);
        (beside || on(self.edge_text_x(plot, &cells)), y == Some(row) || on(self.edge_text_y(plot, &cells)))
    }

    /// Text of a vertical limit line to the left or to the right of the plot, in the first row that has the room.
    fn edge_text_x(&self, plot: Rect, cells: &[PlotCell]) -> Option<EdgeText> {
        let (value, text) = self.limit_x?;
        if text.is_empty() || plot.is_empty() || frame::column_of(plot, &self.x, value).is_some() {
            return None;
        }
        let glyphs = self.look.glyphs;
        let on_right = self.x.fraction(value)? > 1.0;
        let text = if on_right { format!("{text} {}", glyphs.beyond) } else { format!("{} {text}", glyphs.more_left) };
        let width = paint::width(&text).min(plot.width);
        let x = if on_right { plot.right() - width } else { plot.x };
        Some(EdgeText::in_free_row(text, Rect { x, width, ..plot }, plot, cells, false))
    }

    /// Text of a horizontal limit line above or below the plot, at the left end of the row nearest to it that has the
    /// room.
    fn edge_text_y(&self, plot: Rect, cells: &[PlotCell]) -> Option<EdgeText> {
        let (value, text) = self.limit_y?;
        if text.is_empty() || plot.is_empty() || frame::row_of(plot, &self.y, value).is_some() {
            return None;
        }
        let above = self.y.fraction(value)? > 1.0;
        let arrow = if above { self.look.glyphs.above } else { self.look.glyphs.below };
        let text = format!("{arrow} {text}");
        let width = paint::width(&text).min(plot.width);
        Some(EdgeText::in_free_row(text, Rect { width, ..plot }, plot, cells, !above))
    }

    #[inline]
    fn cell(&self, plot: Rect, spot: PlotPoint) -> Option<(u16, u16)> {
        Some((frame::column_of(plot, &self.x, spot.x)?, frame::row_of(plot, &self.y, spot.y)?))
    }

    /// The half column and the half row of a point, counted from the left upper corner of the plot.
    #[inline]
    fn halves(&self, plot: Rect, spot: PlotPoint) -> Option<(u16, u16)> {
        Some((frame::half_column_of(plot, &self.x, spot.x)?, frame::half_row_of(plot, &self.y, spot.y)?))
    }

    fn render_limits(&self, plot: Rect, buf: &mut Buffer) {
        let style = self.look.styles.limit;
        let row = self.limit_y.and_then(|(value, _)| frame::row_of(plot, &self.y, value));
        let column = self.limit_x.and_then(|(value, _)| frame::column_of(plot, &self.x, value));
        if let Some(row) = row {
            paint::run(buf, plot, plot.x, row, plot.width, self.look.glyphs.limit_y, style);
        }
        if let Some(column) = column {
            for row in plot.top()..plot.bottom() {
                paint::glyph(buf, plot, column, row, self.look.glyphs.limit_x, style);
            }
        }
    }

    /// The texts of the limits, over the points: beside the vertical line in the first row that has the room.
    fn render_words(&self, plot: Rect, cells: &[PlotCell], buf: &mut Buffer) {
        let style = self.look.styles.limit;
        let beyond = [self.edge_text_x(plot, cells), self.edge_text_y(plot, cells)];
        for EdgeText { area, text } in beyond.into_iter().flatten() {
            paint::text(buf, area, area.x, area.y, &text, style);
        }
        let row = self.limit_y.and_then(|(value, text)| Some((frame::row_of(plot, &self.y, value)?, text)));
        if let Some((row, text)) = row.filter(|(_, text)| !text.is_empty() && paint::width(text) + 2 < plot.width) {
            paint::text_right(buf, plot, plot.right(), row, &format!(" {text}"), style);
        }
        let column = self.limit_x.and_then(|(value, text)| Some((frame::column_of(plot, &self.x, value)?, text)));
        let Some((column, text)) = column.filter(|(_, text)| !text.is_empty()) else { return };
        let wide = paint::width(text);
        let right = (wide + 1 < plot.right() - column).then_some(column + 2);
        let Some(start) = right.or((wide < column - plot.x).then(|| column - 1 - wide)) else { return };
        let free = |row: &u16| (start..start + wide).all(|x| buf[(x, *row)].symbol() == " ");
        if let Some(row) = (plot.top()..plot.bottom()).find(free) {
            paint::text(buf, plot, start, row, text, style);
        }
    }

    fn render_crosshair(&self, plot: Rect, buf: &mut Buffer) {
        let Some((x, y)) = self.crosshair else { return };
        let (column, row) = (frame::column_of(plot, &self.x, x), frame::row_of(plot, &self.y, y));
        let (Some(column), Some(row)) = (column, row) else { return };
        paint::run(buf, plot, plot.x, row, plot.width, self.look.glyphs.horizontal, self.look.styles.axis);
        for row in plot.top()..plot.bottom() {
            paint::glyph(buf, plot, column, row, self.look.glyphs.vertical, self.look.styles.axis);
        }
    }

    /// The cells of the plot, row by row, and how many points have no place in it.
    fn cells(&self, plot: Rect) -> (Vec<PlotCell>, usize) {
        let mut cells = vec![PlotCell::default(); usize::from(plot.width) * usize::from(plot.height)];
        let mut outside = 0;
        for index in 0..self.points.count() {
            let spot = self.points.plot_point(index);
            let Some((x, y)) = self.halves(plot, spot) else {
                outside += 1;
                continue;
            };
            let cell = &mut cells[usize::from(y / 2) * usize::from(plot.width) + usize::from(x / 2)];
            if cell.quarters == 0 || spot.layer > cell.layer {
                *cell = PlotCell { first: index, layer: spot.layer, quarters: 0 };
            }
            if spot.layer == cell.layer {
                cell.quarters |= quarter(x % 2 == 1, y % 2 == 1);
            }
        }
        (cells, outside)
    }

    /// The points that show.
    fn render_points(&self, plot: Rect, cells: &[PlotCell], buf: &mut Buffer) {
        for (position, cell) in plot.positions().zip(cells).filter(|(_, cell)| cell.quarters > 0) {
            let (mark, style) = self.points.look(cell.first);
            paint::glyph(buf, plot, position.x, position.y, mark.character(cell.quarters), style);
        }
    }

    /// Draws the plot; how many points have no place in it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) -> usize {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return self.points.count();
        }
        let plot = self.plot_area(area);
        frame::draw(buf, area, plot, &self.x, &self.y, self.look.styles.axis, self.look.glyphs);
        self.render_crosshair(plot, buf);
        self.render_limits(plot, buf);
        let (cells, outside) = self.cells(plot);
        self.render_points(plot, &cells, buf);
        self.render_words(plot, &cells, buf);
        let selected = self.selected.filter(|index| *index < self.points.count());
        if let Some((x, y)) = selected.and_then(|index| self.cell(plot, self.points.plot_point(index))) {
            paint::glyph(buf, plot, x, y, self.look.glyphs.selected, self.look.styles.selected);
        }
        outside
    }
}

/// Points that share a cell: those of the highest layer show.
#[derive(Clone, Copy, Default)]
struct PlotCell {
    /// The first point of the layer.
    first: usize,
    layer: u8,
    /// Quarters of the cell in which there are points of the layer.
    quarters: u8,
}

/// Text of a limit line out of view, at the edge nearest to it.
struct EdgeText {
    area: Rect,
    text: String,
}

impl EdgeText {
    /// The text in the columns of `span`, in the first row of the plot without a point there, or the last one if
    /// `from_below`; where there is none, at the edge.
    fn in_free_row(text: String, span: Rect, plot: Rect, cells: &[PlotCell], from_below: bool) -> Self {
        let columns = usize::from(span.x - plot.x)..usize::from(span.right() - plot.x);
        let is_free = |row: &usize| {
            let begin = row * usize::from(plot.width);
            cells[begin + columns.start..begin + columns.end].iter().all(|cell| cell.quarters == 0)
        };
        let last = usize::from(plot.height) - 1;
        let row = if from_below {
            (0..=last).rev().find(is_free).unwrap_or(last)
        } else {
            (0..=last).find(is_free).unwrap_or(0)
        };
        Self { area: Rect { y: plot.y + row as u16, height: 1, ..span }, text }
    }
}

impl<M: PointSource + ?Sized> Widget for &Scatter<'_, M> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        self.draw(area, buf);
    }
}

#[cfg(test)]
mod tests;
