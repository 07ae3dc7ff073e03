//! Horizontal stacked bars on one scale, with a limit marker.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{look::Look, paint};

/// Character and style of one part of every bar. The character tells parts apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Fills the part's cells.
    pub glyph: char,
    /// Their style.
    pub style: Style,
}

/// One bar: a mark and label to the left, values drawn by the [`Part`]s in order, text to the right.
#[derive(Clone, Copy, Debug, Default)]
pub struct StackedBar<'a> {
    /// At most one cell is usual: `▸` selected, `A` a pin.
    pub mark: &'a str,
    /// Name of the row.
    pub label: &'a str,
    /// One value a part; an infinite one fills the track and ends with the "beyond" glyph.
    pub values: &'a [f64],
    /// Right-hand text.
    pub text: &'a str,
    /// Style of mark, label and text.
    pub style: Style,
}

/// A column of stacked bars, one row each.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};
/// # use splitscope::tui::widget::{StackedBar, Part, StackedBars, UNICODE};
/// let parts = [0, 1, 2].map(|i| Part { glyph: UNICODE.fills[i], style: Style::new() });
/// let bars = [StackedBar { mark: "▸", label: "17", values: &[4.0, 2.0, 1.0], text: "7.0", ..StackedBar::default() }];
/// let area = Rect::new(0, 0, 18, 1);
/// let mut buffer = Buffer::empty(area);
/// StackedBars::new(&bars, &parts).limit(9.0).max(10.0).render(area, &mut buffer);
/// assert_eq!(buffer, Buffer::with_lines(["▸17 ████▓▓▒  ┊ 7.0"]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StackedBars<'a> {
    bars: &'a [StackedBar<'a>],
    parts: &'a [Part],
    limit: Option<f64>,
    max: Option<f64>,
    label_width: Option<u16>,
    look: Look<Style>,
}

/// A limit further out than this many times the longest bar does not stretch the scale; it is then not drawn.
const FAR_LIMIT: f64 = 2.5;

impl<'a> StackedBars<'a> {
    /// Bars drawn from the top of the area down; those that do not fit are left out.
    pub fn new(bars: &'a [StackedBar<'a>], parts: &'a [Part]) -> Self {
        Self { bars, parts, limit: None, max: None, label_width: None, look: Look::default() }
    }

    /// Draws a marker in every row at this value.
    #[must_use]
    pub const fn limit(mut self, value: f64) -> Self {
        self.limit = Some(value);
        self
    }

    /// Value at the right end of the track. Without it the longest bar and the limit fit.
    #[must_use]
    pub const fn max(mut self, value: f64) -> Self {
        self.max = Some(value);
        self
    }

    /// Cells for the labels. Without it the longest label fits.
    #[must_use]
    pub const fn label_width(mut self, cells: u16) -> Self {
        self.label_width = Some(cells);
        self
    }

    /// Sets the style of the limit, and the characters.
    #[must_use]
    pub const fn look(mut self, look: Look<Style>) -> Self {
        self.look = look;
        self
    }

    /// Value at the right end of the track: what was set, else the longest finite bar, and the limit if it is near.
    pub fn scale(&self) -> f64 {
        if let Some(max) = self.max.filter(|max| max.is_finite() && *max > 0.0) {
            return max;
        }
        let longest = self.bars.iter().map(|bar| usable(bar.values).sum::<f64>()).fold(0.0, f64::max);
        let limit = self.limit.filter(|limit| limit.is_finite() && *limit > 0.0).unwrap_or(0.0);
        let scale = if longest == 0.0 || limit <= FAR_LIMIT * longest { longest.max(limit) } else { longest };
        if scale > 0.0 && scale.is_finite() { scale } else { 1.0 }
    }

    /// Columns where the track begins and how wide it is.
    fn track(&self, area: Rect) -> (u16, u16) {
        let labels = self.bars.iter().map(|bar| paint::width(bar.label)).max().unwrap_or(0);
        let label = 1 + self.label_width.unwrap_or(labels) + 1;
        let text = self.bars.iter().map(|bar| paint::width(bar.text)).max().unwrap_or(0) + 1;
        let start = label.min(area.width);
        (area.x + start, (area.width - start).saturating_sub(text))
    }

    fn render_bar(&self, bar: &StackedBar<'_>, row: Rect, (start, width): (u16, u16), scale: f64, buf: &mut Buffer) {
        let mark_end = paint::text(buf, row, row.x, row.y, bar.mark, bar.style).max(row.x + 1);
        let label = paint::fit(bar.label, start.saturating_sub(mark_end + 1), self.look.glyphs.ellipsis);
        paint::text(buf, row, mark_end, row.y, &label, bar.style);

        // Ends are rounded from running sums, so that the whole bar is as long as its total.
        let cell = |value: f64| ((value / scale).min(1.0) * f64::from(width)).round() as u16;
        let mut sum = 0.0;
        let mut from = 0;
        for (value, part) in bar.values.iter().zip(self.parts) {
            sum += if *value > 0.0 { *value } else { 0.0 };
            let to = cell(sum);
            paint::run(buf, row, start + from, row.y, to.saturating_sub(from), part.glyph, part.style);
            from = to;
        }
        if sum > scale * (1.0 + 1e-9) && width > 0 {
            let style = self.parts.last().map_or(bar.style, |part| part.style);
            paint::glyph(buf, row, start + width - 1, row.y, self.look.glyphs.beyond, style);
        }
        if let Some(limit) = self.limit.filter(|limit| *limit >= 0.0 && *limit <= scale)
            && width > 0
        {
            paint::glyph(
                buf,
                row,
                start + cell(limit).min(width - 1),
                row.y,
                self.look.glyphs.limit_x,
                self.look.styles,
            );
        }
        let text = paint::fit(bar.text, row.right().saturating_sub(start), self.look.glyphs.ellipsis);
        paint::text_right(buf, row, row.right(), row.y, &text, bar.style);
    }
}

/// The values that have a length.
fn usable(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().filter(|value| value.is_finite() && *value > 0.0)
}

impl Widget for &StackedBars<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let scale = self.scale();
        let track = self.track(area);
        for (bar, row) in self.bars.iter().zip(area.rows()) {
            self.render_bar(bar, row, track, scale, buf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::testing;

    fn parts() -> [Part; 3] {
        [0, 1, 2].map(|i| Part { glyph: crate::tui::widget::UNICODE.fills[i], style: Style::new() })
    }

    #[test]
    fn bars_share_one_scale_and_the_limit_crosses_them() {
        let bars = [
            StackedBar {
                mark: "▸", label: "#17", values: &[7.0, 7.0, 4.0], text: "18.0 ✓", ..StackedBar::default()
            },
            StackedBar { mark: "A", label: "#4", values: &[15.0, 6.0, 6.0], text: "27.0 ✗", ..StackedBar::default() },
        ];
        let parts = parts();
        let widget = StackedBars::new(&bars, &parts).limit(25.0);
        assert_eq!(
            testing::lines(&widget, 39, 3),
            ["▸#17 ███████▓▓▓▓▓▓▓▒▒▒▒       ┊  18.0 ✓", "A#4  ███████████████▓▓▓▓▓▓▒▒▒▒┊▒ 27.0 ✗", ""]
        );
    }

    #[test]
    fn an_endless_bar_says_it_goes_on_and_leaves_the_scale_alone() {
        let bars = [
            StackedBar { label: "a", values: &[2.0, f64::INFINITY, 1.0], text: "∞", ..StackedBar::default() },
            StackedBar { label: "b", values: &[2.0, 4.0, 4.0], text: "10", ..StackedBar::default() },
        ];
        let parts = parts();
        let widget = StackedBars::new(&bars, &parts);
        assert!((widget.scale() - 10.0).abs() < 1e-12);
        assert_eq!(testing::lines(&widget, 16, 2), [" a ██▓▓▓▓▓▓▓»  ∞", " b ██▓▓▓▓▒▒▒▒ 10"]);
    }

    #[test]
    fn a_far_limit_does_not_squeeze_the_bars() {
        let bars = [StackedBar { values: &[1.0], ..StackedBar::default() }];
        let parts = parts();
        assert!((StackedBars::new(&bars, &parts).limit(2.0).scale() - 2.0).abs() < 1e-12);
        assert!((StackedBars::new(&bars, &parts).limit(200.0).scale() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_size_and_no_number_breaks_it() {
        let bars = [
            StackedBar {
                mark: "▸", label: "one", values: &[f64::NAN, -1.0, 3.0], text: "3", ..StackedBar::default()
            },
            StackedBar {
                mark: "AB",
                label: "称号",
                values: &[f64::MAX, f64::MAX, 1.0, 4.0],
                text: "many",
                ..StackedBar::default()
            },
            StackedBar::default(),
        ];
        let parts = parts();
        for limit in [f64::NAN, f64::INFINITY, -2.0, 0.0, 3.0] {
            testing::survives_all_sizes(&StackedBars::new(&bars, &parts).limit(limit).max(limit));
            testing::survives_all_sizes(&StackedBars::new(&bars, &parts).limit(limit).label_width(150));
        }
        testing::survives_all_sizes(&StackedBars::new(&[], &[]));
    }
}
