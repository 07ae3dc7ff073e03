//! One-line progress bar: label, bar, text.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{
    glyphs::{Glyphs, UNICODE},
    paint,
};

/// A bar of one row, filled to `ratio`.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
/// # use splitscope::tui::widget::Gauge;
/// let area = Rect::new(0, 0, 24, 1);
/// let mut buffer = Buffer::empty(area);
/// Gauge::new(0.5).label("epoch", 6).text("12/24").render(area, &mut buffer);
/// assert_eq!(buffer, Buffer::with_lines(["epoch ██████░░░░░░ 12/24"]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Gauge<'a> {
    ratio: f64,
    label: &'a str,
    label_width: u16,
    text: &'a str,
    bar: Style,
    rest: Style,
    words: Style,
    glyphs: &'static Glyphs,
}

impl<'a> Gauge<'a> {
    /// A bar filled to `ratio` (clamped to 0..=1, NaN counts as 0).
    pub const fn new(ratio: f64) -> Self {
        Self {
            ratio,
            label: "",
            label_width: 0,
            text: "",
            bar: Style::new(),
            rest: Style::new(),
            words: Style::new(),
            glyphs: &UNICODE,
        }
    }

    /// Text to the left in `cells` cells.
    #[must_use]
    pub const fn label(mut self, label: &'a str, cells: u16) -> Self {
        self.label = label;
        self.label_width = cells;
        self
    }

    /// Text to the right of the bar.
    #[must_use]
    pub const fn text(mut self, text: &'a str) -> Self {
        self.text = text;
        self
    }

    /// Styles of the filled part, of the rest, and of the words.
    #[must_use]
    pub const fn styles(mut self, bar: Style, rest: Style, words: Style) -> Self {
        self.bar = bar;
        self.rest = rest;
        self.words = words;
        self
    }

    /// Sets the characters.
    #[must_use]
    pub const fn glyphs(mut self, glyphs: &'static Glyphs) -> Self {
        self.glyphs = glyphs;
        self
    }
}

impl Widget for &Gauge<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let label = paint::fit(self.label, self.label_width.min(area.width), self.glyphs.ellipsis);
        paint::text(buf, area, area.x, area.y, &label, self.words);
        let start = area.x + self.label_width.min(area.width);
        let text_width = paint::width(self.text);
        let reserved = if text_width == 0 { 0 } else { text_width + 1 };
        let width = (area.right() - start).saturating_sub(reserved);
        let ratio = if self.ratio.is_nan() { 0.0 } else { self.ratio.clamp(0.0, 1.0) };
        let cells = ratio * f64::from(width);
        let full = cells.floor() as u16;
        paint::run(buf, area, start, area.y, full, self.glyphs.fills[0], self.bar);
        let mut done = full;
        let steps = self.glyphs.partial.len();
        let eighths = ((cells - f64::from(full)) * (steps + 1) as f64).floor() as usize;
        if eighths > 0 && full < width {
            paint::glyph(buf, area, start + full, area.y, self.glyphs.partial[eighths.min(steps) - 1], self.bar);
            done += 1;
        }
        paint::run(buf, area, start + done, area.y, width.saturating_sub(done), self.glyphs.empty, self.rest);
        let text_start = if width == 0 { start } else { start + width + 1 };
        paint::text(buf, area, text_start, area.y, self.text, self.words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::{ASCII, testing};

    #[test]
    fn fills_in_eighths_of_a_cell() {
        let gauge = |ratio| testing::lines(&Gauge::new(ratio).text("x"), 12, 1).remove(0);
        assert_eq!(gauge(0.0), "░░░░░░░░░░ x");
        assert_eq!(gauge(0.4), "████░░░░░░ x");
        assert_eq!(gauge(0.45), "████▌░░░░░ x");
        assert_eq!(gauge(1.0), "██████████ x");
        assert_eq!(gauge(f64::NAN), gauge(0.0));
        assert_eq!(gauge(7.0), gauge(1.0));
        let plain = Gauge::new(0.45).label("all", 4).text("45 %").glyphs(&ASCII);
        assert_eq!(testing::lines(&plain, 19, 1), ["all ####...... 45 %"]);
    }

    #[test]
    fn no_size_breaks_it() {
        testing::survives_all_sizes(&Gauge::new(0.7).label("label", 8).text("98 % of it"));
    }
}
