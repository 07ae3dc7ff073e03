//! One-line progress bar: label, bar, text.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{look::Look, paint};

/// Styles of a [`Gauge`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GaugeStyles {
    /// Filled part.
    pub bar: Style,
    /// Empty part.
    pub rest: Style,
    /// Label and text.
    pub words: Style,
}

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
    shaded: bool,
    look: Look<GaugeStyles>,
}

impl<'a> Gauge<'a> {
    /// A bar filled to `ratio` (clamped to 0..=1, NaN counts as 0).
    pub fn new(ratio: f64) -> Self {
        Self { ratio, label: "", label_width: 0, text: "", shaded: false, look: Look::default() }
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

    /// Shades the filled part, in whole cells: a value that was not measured.
    #[must_use]
    pub const fn shaded(mut self, shaded: bool) -> Self {
        self.shaded = shaded;
        self
    }

    /// Sets styles and characters.
    #[must_use]
    pub const fn look(mut self, look: Look<GaugeStyles>) -> Self {
        self.look = look;
        self
    }
}

impl Widget for &Gauge<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let label = paint::fit(self.label, self.label_width.min(area.width), self.look.glyphs.ellipsis);
        paint::text(buf, area, area.x, area.y, &label, self.look.styles.words);
        let start = area.x + self.label_width.min(area.width);
        let text_width = paint::width(self.text);
        let reserved = if text_width == 0 { 0 } else { text_width + 1 };
        let width = (area.right() - start).saturating_sub(reserved);
        let ratio = if self.ratio.is_nan() { 0.0 } else { self.ratio.clamp(0.0, 1.0) };
        let (fills, partial) = (self.look.glyphs.fills, self.look.glyphs.partial);
        let (fill, steps) = if self.shaded { (fills[2], 0) } else { (fills[0], partial.len()) };
        let cells = ratio * f64::from(width);
        let cells = if self.shaded { cells.round() } else { cells };
        let full = cells.floor() as u16;
        paint::run(buf, area, start, area.y, full, fill, self.look.styles.bar);
        let mut done = full;
        let eighths = ((cells - f64::from(full)) * (steps + 1) as f64).floor() as usize;
        if eighths > 0 && full < width {
            paint::glyph(buf, area, start + full, area.y, partial[eighths.min(steps) - 1], self.look.styles.bar);
            done += 1;
        }
        paint::run(
            buf,
            area,
            start + done,
            area.y,
            width.saturating_sub(done),
            self.look.glyphs.empty,
            self.look.styles.rest,
        );
        let text_start = if width == 0 { start } else { start + width + 1 };
        paint::text(buf, area, text_start, area.y, self.text, self.look.styles.words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::testing;

    #[test]
    fn fills_in_eighths_of_a_cell() {
        let gauge = |ratio| testing::lines(&Gauge::new(ratio).text("x"), 12, 1).remove(0);
        assert_eq!(gauge(0.0), "░░░░░░░░░░ x");
        assert_eq!(gauge(0.4), "████░░░░░░ x");
        assert_eq!(gauge(0.45), "████▌░░░░░ x");
        assert_eq!(gauge(1.0), "██████████ x");
        assert_eq!(gauge(f64::NAN), gauge(0.0));
        assert_eq!(gauge(7.0), gauge(1.0));
        let plain = Gauge::new(0.45).label("all", 4).text("45 %").look(Look::ascii());
        assert_eq!(testing::lines(&plain, 19, 1), ["all ####...... 45 %"]);
        let shaded = |gauge: Gauge<'_>| testing::lines(&gauge.shaded(true).text("x"), 12, 1).remove(0);
        assert_eq!(shaded(Gauge::new(0.46)), "▒▒▒▒▒░░░░░ x");
        assert_eq!(shaded(Gauge::new(0.46).look(Look::ascii())), "-----..... x");
    }

    #[test]
    fn no_size_breaks_it() {
        testing::survives_all_sizes(&Gauge::new(0.7).label("label", 8).text("98 % of it"));
    }
}
