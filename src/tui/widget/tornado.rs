//! Two-sided bars of a sensitivity analysis: what a step down and a step up of each knob does to one figure.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{look::Look, paint};

/// Effect of one knob.
#[derive(Clone, Copy, Debug, Default)]
pub struct Swing<'a> {
    /// Name of the knob.
    pub label: &'a str,
    /// Signed change of the figure when the knob goes down; NaN when there is none to tell.
    pub down: f64,
    /// Signed change when it goes up.
    pub up: f64,
    /// Text at the right end.
    pub text: &'a str,
}

/// Styles of a [`Tornado`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TornadoStyles {
    /// Labels and texts.
    pub words: Style,
    /// Bars of a step down.
    pub down: Style,
    /// Bars of a step up.
    pub up: Style,
    /// The line of no change.
    pub middle: Style,
}

/// One row a knob: a bar to the left for a fall, to the right for a rise; `▒` for the step down, `█` for the step up.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
/// # use splitscope::tui::widget::{Swing, Tornado};
/// let swings = [Swing { label: "link", down: 4.0, up: -2.0, text: "" }];
/// let area = Rect::new(0, 0, 14, 1);
/// let mut buffer = Buffer::empty(area);
/// Tornado::new(&swings).render(area, &mut buffer);
/// assert_eq!(buffer, Buffer::with_lines(["link   ██│▒▒▒▒"]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tornado<'a> {
    swings: &'a [Swing<'a>],
    look: Look<TornadoStyles>,
}

impl<'a> Tornado<'a> {
    /// Rows from the top down in the given order (usually the widest first).
    pub fn new(swings: &'a [Swing<'a>]) -> Self {
        Self { swings, look: Look::default() }
    }

    /// Sets styles and characters.
    #[must_use]
    pub const fn look(mut self, look: Look<TornadoStyles>) -> Self {
        self.look = look;
        self
    }

    fn render_row(&self, swing: &Swing<'_>, row: Rect, track: (u16, u16), scale: f64, buf: &mut Buffer) {
        let (start, half) = track;
        let label = paint::fit(swing.label, start.saturating_sub(row.x + 1), self.look.glyphs.ellipsis);
        paint::text(buf, row, row.x, row.y, &label, self.look.styles.words);
        let middle = start + half;
        let down = (swing.down, self.look.glyphs.fills[2], self.look.styles.down);
        let up = (swing.up, self.look.glyphs.fills[0], self.look.styles.up);
        // Both to the same side: the longer goes under the shorter.
        let order = if swing.down.abs() > swing.up.abs() { [down, up] } else { [up, down] };
        for (value, glyph, style) in order {
            if value.is_nan() {
                continue;
            }
            let cells = ((value.abs() / scale).min(1.0) * f64::from(half)).round() as u16;
            let x = if value < 0.0 { middle.saturating_sub(cells) } else { middle + 1 };
            paint::run(buf, row, x, row.y, cells, glyph, style);
            if value.abs() > scale * (1.0 + 1e-9) && cells > 0 {
                let (end, sign) = if value < 0.0 {
                    (x, self.look.glyphs.more_left)
                } else {
                    (middle + cells, self.look.glyphs.beyond)
                };
                paint::glyph(buf, row, end, row.y, sign, style);
            }
        }
        if half > 0 {
            paint::glyph(buf, row, middle, row.y, self.look.glyphs.vertical, self.look.styles.middle);
        }
        let text = paint::fit(swing.text, row.right().saturating_sub(start), self.look.glyphs.ellipsis);
        paint::text_right(buf, row, row.right(), row.y, &text, self.look.styles.words);
    }
}

impl Widget for &Tornado<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let labels = self.swings.iter().map(|swing| paint::width(swing.label)).max().unwrap_or(0);
        let texts = self.swings.iter().map(|swing| paint::width(swing.text)).max().unwrap_or(0);
        let reserved = if texts == 0 { 0 } else { texts + 1 };
        let label = (labels + 1).min(area.width / 2);
        let half = (area.width - label).saturating_sub(reserved + 1) / 2;
        let scale = self
            .swings
            .iter()
            .flat_map(|swing| [swing.down.abs(), swing.up.abs()])
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max);
        let scale = if scale > 0.0 { scale } else { 1.0 };
        for (swing, row) in self.swings.iter().zip(area.rows()) {
            self.render_row(swing, row, (area.x + label, half), scale, buf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::testing;

    #[test]
    fn bars_go_to_the_side_of_their_sign() {
        let swings = [
            Swing { label: "link Mbit/s", down: 4.0, up: -2.0, text: "-2.0 +4.0" },
            Swing { label: "sensors", down: -1.0, up: 1.0, text: "-1.0 +1.0" },
            Swing { label: "bits", down: 3.0, up: 1.0, text: "+1.0 +3.0" },
            Swing { label: "RAM", down: f64::NAN, up: 0.0, text: "none" },
        ];
        assert_eq!(
            testing::lines(&Tornado::new(&swings), 35, 4),
            [
                "link Mbit/s    ███│▒▒▒▒▒▒ -2.0 +4.0",
                "sensors         ▒▒│██     -1.0 +1.0",
                "bits              │██▒▒▒  +1.0 +3.0",
                "RAM               │            none",
            ]
        );
    }

    #[test]
    fn no_size_and_no_number_breaks_it() {
        let swings = [
            Swing { label: "称号 label", down: f64::NEG_INFINITY, up: f64::INFINITY, text: "far" },
            Swing { label: "", down: f64::NAN, up: 1e300, text: "" },
        ];
        testing::survives_all_sizes(&Tornado::new(&swings));
        testing::survives_all_sizes(&Tornado::new(&[]));
    }
}
