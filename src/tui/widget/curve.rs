//! Line curves over two axes, in braille dots or plain characters.
//!
//! Any number of samples: each dot column shows the lowest and highest of its samples, so spikes stay. Samples
//! that are not finite break the line. Curves are told apart by their names at the right end and by their line
//! pattern, colour only helps.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{frame, glyphs::Glyphs, look::Look, paint, raster::RasterColumns};
use crate::svg::Axis;

/// Line pattern of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// Line without gaps.
    #[default]
    Solid,
    /// Long dashes.
    Dashed,
    /// Every other dot.
    Dotted,
}

/// One curve.
#[derive(Clone, Copy, Debug, Default)]
pub struct CurveSeries<'a> {
    /// Written at the right end; may be empty.
    pub name: &'a str,
    /// Samples (x, y) with x not falling.
    pub points: &'a [(f64, f64)],
    /// Line pattern.
    pub dash: Dash,
    /// Style of line and name.
    pub style: Style,
}

/// Styles of a [`Curve`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurveStyles {
    /// Axes and their labels.
    pub axis: Style,
    /// The crosshair.
    pub cursor: Style,
}

/// A plot of one or more curves.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
/// # use splitscope::tui::widget::{Axis, Curve, Scale, CurveSeries};
/// let points = [(0.0, 0.0), (50.0, 1.0), (100.0, 0.5)];
/// let series = [CurveSeries { name: "loss", points: &points, ..CurveSeries::default() }];
/// let x = Axis::fit(points.map(|point| point.0), Scale::Linear);
/// let plot = Curve::new(&series, x, Axis::new(0.0, 1.0, Scale::Linear)).cursor(Some(50.0));
/// let area = Rect::new(0, 0, 30, 6);
/// let mut buffer = Buffer::empty(area);
/// plot.render(area, &mut buffer);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    series: &'a [CurveSeries<'a>],
    x: Axis,
    y: Axis,
    cursor: Option<f64>,
    look: Look<CurveStyles>,
}

impl<'a> Curve<'a> {
    /// Curves over two axes; later series are drawn over earlier ones.
    pub fn new(series: &'a [CurveSeries<'a>], x: Axis, y: Axis) -> Self {
        Self { series, x, y, cursor: None, look: Look::default() }
    }

    /// A vertical line at this x.
    #[must_use]
    pub const fn cursor(mut self, x: Option<f64>) -> Self {
        self.cursor = x;
        self
    }

    /// Sets styles and characters; a set without braille draws `*`, `+`, `.` for the three patterns.
    #[must_use]
    pub const fn look(mut self, look: Look<CurveStyles>) -> Self {
        self.look = look;
        self
    }

    /// The cells curves are drawn in when the plot is drawn in `area`: without axes and names.
    pub fn plot_area(&self, area: Rect) -> Rect {
        let names = self.name_width(area);
        frame::plot_area(Rect { width: area.width - names, ..area }, &self.y)
    }

    /// Cells kept free at the right for pattern and name; none where they would take over a third of the width.
    fn name_width(&self, area: Rect) -> u16 {
        let longest = self.series.iter().map(|series| paint::width(series.name)).max().unwrap_or(0);
        if longest == 0 { 0 } else { (longest + 2).min(area.width / 3) }
    }

    /// The dots of a series, of which a cell has so many.
    fn columns(&self, series: &CurveSeries<'_>, plot: Rect, cell: (usize, usize)) -> RasterColumns {
        let mut columns = RasterColumns::new((plot.width.into(), plot.height.into()), cell);
        columns.trace(series.points.iter().map(|(x, y)| Some((self.x.fraction(*x)?, self.y.fraction(*y)?))));
        columns
    }

    fn render_braille(
        &self,
        series: &CurveSeries<'_>,
        plot: Rect,
        cells: &mut [u8],
        buf: &mut Buffer,
    ) -> RasterColumns {
        let width = usize::from(plot.width);
        let columns = self.columns(series, plot, (2, 4));
        let mut touched = vec![false; cells.len()];
        for column in 0..columns.width() {
            let Some((top, bottom)) = columns.range(column) else { continue };
            if !series.dash.shows(column, bottom - top) {
                continue;
            }
            for dot in top..=bottom {
                let cell = (dot / 4) * width + column / 2;
                cells[cell] |= BRAILLE[column % 2][dot % 4];
                touched[cell] = true;
            }
        }
        for (index, position) in plot.positions().enumerate().filter(|(index, _)| touched[*index]) {
            let dots = char::from_u32(0x2800 + u32::from(cells[index])).expect("all 256 braille patterns exist");
            paint::glyph(buf, plot, position.x, position.y, dots, series.style);
        }
        columns
    }

    fn render_plain(&self, series: &CurveSeries<'_>, plot: Rect, buf: &mut Buffer) -> RasterColumns {
        let columns = self.columns(series, plot, (1, 1));
        for column in 0..columns.width() {
            let Some((top, bottom)) = columns.range(column) else { continue };
            for row in top..=bottom {
                paint::glyph(buf, plot, plot.x + column as u16, plot.y + row as u16, series.dash.plain(), series.style);
            }
        }
        columns
    }

    /// Marks the edge cells where samples lie beyond the view.
    fn render_outside(&self, style: Style, plot: Rect, columns: &RasterColumns, buf: &mut Buffer) {
        let per_cell = columns.width() / usize::from(plot.width).max(1);
        for column in 0..columns.width() {
            let x = plot.x + (column / per_cell.max(1)) as u16;
            if columns.above[column] {
                paint::glyph(buf, plot, x, plot.y, self.look.glyphs.above, style);
            }
            if columns.below[column] {
                paint::glyph(buf, plot, x, plot.bottom() - 1, self.look.glyphs.below, style);
            }
        }
    }

    /// Writes each name beside the end of its curve; names that would share a row move apart.
    fn render_names(&self, area: Rect, plot: Rect, buf: &mut Buffer) {
        let mut names: Vec<(u16, &CurveSeries<'_>)> = self
            .series
            .iter()
            .filter(|series| !series.name.is_empty())
            .filter_map(|series| Some((self.end_row(plot, series)?, series)))
            .collect();
        names.sort_by_key(|(row, _)| *row);
        let count = names.len() as u16;
        let mut next = plot.y;
        for (index, (row, series)) in names.into_iter().enumerate() {
            let below = count - 1 - index as u16;
            let row = row.min(plot.bottom().saturating_sub(1 + below)).max(next);
            let room = area.right().saturating_sub(plot.right() + 2);
            let name = paint::fit(series.name, room, self.look.glyphs.ellipsis);
            if row < plot.bottom() {
                paint::glyph(buf, area, plot.right(), row, series.dash.sample(self.look.glyphs), series.style);
                paint::text(buf, area, plot.right() + 1, row, &name, series.style);
            }
            next = row.saturating_add(1);
        }
    }

    /// Row where the visible part of a curve ends; one that is out of view ends at the nearer edge.
    fn end_row(&self, plot: Rect, series: &CurveSeries<'_>) -> Option<u16> {
        let visible = |(x, y): &(f64, f64)| {
            let at = self.x.fraction(*x)?;
            (-1e-9..=1.0 + 1e-9).contains(&at).then_some(self.y.fraction(*y)?)
        };
        let height = series.points.iter().rev().find_map(visible)?.clamp(0.0, 1.0);
        frame::row_of(plot, &self.y, self.y.value(height))
    }
}

impl Dash {
    /// Returns `true` if the pattern has ink in this dot column; a part that is not flat always has.
    const fn shows(self, column: usize, rise: usize) -> bool {
        match self {
            _ if rise > 0 => true,
            Self::Solid => true,
            Self::Dashed => column % 8 < 5,
            Self::Dotted => column.is_multiple_of(3),
        }
    }

    /// Character of the curve without braille.
    const fn plain(self) -> char {
        match self {
            Self::Solid => '*',
            Self::Dashed => '+',
            Self::Dotted => '.',
        }
    }

    /// Sample of the pattern in front of the name.
    const fn sample(self, glyphs: &Glyphs) -> char {
        match self {
            _ if !glyphs.braille => self.plain(),
            Self::Solid => '─',
            Self::Dashed => '╌',
            Self::Dotted => '┈',
        }
    }
}

/// Bits of a braille cell by dot column and dot row.
const BRAILLE: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl Widget for &Curve<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let plot = self.plot_area(area);
        let inner = Rect { width: plot.right() - area.x, ..area };
        frame::draw(buf, inner, plot, &self.x, &self.y, self.look.styles.axis, self.look.glyphs);
        if plot.is_empty() {
            return;
        }
        if let Some(column) = self.cursor.and_then(|x| frame::column_of(plot, &self.x, x)) {
            for row in plot.top()..plot.bottom() {
                paint::glyph(buf, plot, column, row, self.look.glyphs.limit_x, self.look.styles.cursor);
            }
        }
        let mut cells = vec![0; usize::from(plot.width) * usize::from(plot.height)];
        for series in self.series {
            let columns = if self.look.glyphs.braille {
                self.render_braille(series, plot, &mut cells, buf)
            } else {
                self.render_plain(series, plot, buf)
            };
            self.render_outside(series.style, plot, &columns, buf);
        }
        self.render_names(area, plot, buf);
    }
}

#[cfg(test)]
#[path = "curve_tests.rs"]
mod tests;
