//! One knob as a row: label, a track that is also a histogram, a handle, the value.
//!
//! The histogram says what waits at each place of the track (for a knob: how many designs would fit if it stood
//! there), so the eye knows where moving helps before anything moves.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{look::Look, paint};

/// Styles of a [`Slider`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SliderStyles {
    /// Label of a row without focus.
    pub label: Style,
    /// Label and mark of the row with focus.
    pub focused: Style,
    /// The histogram.
    pub track: Style,
    /// Its shaded cells.
    pub shaded: Style,
    /// The handle.
    pub handle: Style,
    /// The value at the right end.
    pub value: Style,
}

/// A slider of one row.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
/// # use splitscope::tui::widget::Slider;
/// let histogram = [0.0, 0.1, 0.4, 0.8, 1.0, 1.0];
/// let slider = Slider::new("RAM KB", "256").histogram(&histogram).position(0.6).focused(true);
/// let area = Rect::new(0, 0, 25, 1);
/// let mut buffer = Buffer::empty(area);
/// slider.label_width(7).value_width(5).render(area, &mut buffer);
/// assert_eq!(buffer, Buffer::with_lines(["▸RAM KB  ··▁▁▃●▆▇▇▇   256"]));
/// // A drag: which position is column 12?
/// let track = slider.label_width(7).value_width(5).track(area);
/// assert_eq!(Slider::column_at(track, Slider::fraction_at(track, 12)), 12);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Slider<'a> {
    label: &'a str,
    value: &'a str,
    histogram: &'a [f64],
    shaded: &'a [bool],
    position: f64,
    choices: Option<u16>,
    focused: bool,
    locked: bool,
    label_width: u16,
    value_width: u16,
    look: Look<SliderStyles>,
}

/// A track narrower than this shows nothing useful; labels give way first.
const LEAST_TRACK: u16 = 6;

impl<'a> Slider<'a> {
    /// A slider with its handle at the left end and an empty histogram.
    pub fn new(label: &'a str, value: &'a str) -> Self {
        Self {
            label,
            value,
            histogram: &[],
            shaded: &[],
            position: 0.0,
            choices: None,
            focused: false,
            locked: false,
            label_width: 15,
            value_width: 8,
            look: Look::default(),
        }
    }

    /// Heights in 0..=1 over the track, any number of them: each cell shows the highest of those that fall on it.
    #[must_use]
    pub const fn histogram(mut self, values: &'a [f64]) -> Self {
        self.histogram = values;
        self
    }

    /// Values of the histogram that are shaded, as many as there are.
    #[must_use]
    pub const fn shaded(mut self, shaded: &'a [bool]) -> Self {
        self.shaded = shaded;
        self
    }

    /// Position of the handle, 0..=1; NaN draws none.
    #[must_use]
    pub const fn position(mut self, fraction: f64) -> Self {
        self.position = fraction;
        self
    }

    /// The knob has this many positions: the track gets one cell for each where they fit.
    #[must_use]
    pub const fn choices(mut self, count: u16) -> Self {
        self.choices = Some(count);
        self
    }

    /// Draws the focus mark.
    #[must_use]
    pub const fn focused(mut self, focused: bool) -> Self {
        self.focused = focused;
        self
    }

    /// Draws the handle of a locked knob.
    #[must_use]
    pub const fn locked(mut self, locked: bool) -> Self {
        self.locked = locked;
        self
    }

    /// Cells for the label (15 unless told), so that the tracks of a column of sliders line up.
    #[must_use]
    pub const fn label_width(mut self, cells: u16) -> Self {
        self.label_width = cells;
        self
    }

    /// Cells for the value (8 unless told).
    #[must_use]
    pub const fn value_width(mut self, cells: u16) -> Self {
        self.value_width = cells;
        self
    }

    /// Sets styles and characters.
    #[must_use]
    pub const fn look(mut self, look: Look<SliderStyles>) -> Self {
        self.look = look;
        self
    }

    /// Area of the track when the slider is drawn in `area`. Empty when there is no room for one.
    pub fn track(&self, area: Rect) -> Rect {
        let (label, value) = self.widths(area.width);
        let fixed = 1 + label + 1 + 1 + value;
        let mut width = area.width.saturating_sub(fixed);
        if let Some(choices) = self.choices {
            width = width.min(choices.max(1));
        }
        let x = area.x.saturating_add(1 + label + 1).min(area.right());
        Rect::new(x, area.y, width, area.height.min(1))
    }

    /// Cells of label and value in a row this wide: the label gives way first, down to nothing, then the track.
    fn widths(&self, width: u16) -> (u16, u16) {
        let value = self.value_width.max(paint::width(self.value)).min(width.saturating_sub(1));
        let label = self.label_width.min(width.saturating_sub(value + 3 + LEAST_TRACK));
        (label, value)
    }

    /// The fraction of the track at `column`: 0 at its first cell, 1 at its last, clamped beyond them.
    pub fn fraction_at(track: Rect, column: u16) -> f64 {
        if track.width < 2 {
            return 0.0;
        }
        f64::from(column.saturating_sub(track.x)).min(f64::from(track.width - 1)) / f64::from(track.width - 1)
    }

    /// The column of the track where `fraction` (clamped to 0..=1) is drawn.
    pub fn column_at(track: Rect, fraction: f64) -> u16 {
        let last = track.width.saturating_sub(1);
        track.x.saturating_add((fraction.clamp(0.0, 1.0) * f64::from(last)).round() as u16)
    }

    /// Height of cell `index` of `count`: the highest value that falls on it, and if that is shaded.
    fn height(&self, index: u16, count: u16) -> (f64, bool) {
        let (index, count, values) = (usize::from(index), usize::from(count), self.histogram.len());
        if values == 0 {
            return (0.0, false);
        }
        let first = index * values / count;
        let end = ((index + 1) * values / count).max(first + 1);
        let mut highest = (0.0, false);
        for (at, &value) in self.histogram[first..end].iter().enumerate() {
            if value > highest.0 {
                highest = (value, self.shaded.get(first + at).copied().unwrap_or(false));
            }
        }
        highest
    }
}

impl Widget for &Slider<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let (label_width, _) = self.widths(area.width);
        let styles = &self.look.styles;
        let label_style = if self.focused { styles.focused } else { styles.label };
        if self.focused {
            paint::glyph(buf, area, area.x, area.y, self.look.glyphs.focus, label_style);
        }
        let label = paint::fit(self.label, label_width, self.look.glyphs.ellipsis);
        paint::text(buf, area, area.x + 1, area.y, &label, label_style);

        let track = self.track(area);
        for i in 0..track.width {
            let (height, shaded) = self.height(i, track.width);
            let style = if shaded { styles.shaded } else { styles.track };
            paint::glyph(buf, area, track.x + i, track.y, self.look.glyphs.level(height), style);
        }
        if track.width > 0 && !self.position.is_nan() {
            let handle = if self.locked { self.look.glyphs.locked } else { self.look.glyphs.handle };
            paint::glyph(buf, area, Slider::column_at(track, self.position), track.y, handle, styles.handle);
        }
        let room = area.width.saturating_sub(1);
        let value = paint::fit(self.value, room, self.look.glyphs.ellipsis);
        paint::text_right(buf, area, area.right(), area.y, &value, styles.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::testing;
    use proptest::prelude::*;

    const RAMP: [f64; 9] = [0.0, 0.1, 0.25, 0.4, 0.5, 0.55, 0.7, 0.85, 1.0];

    #[test]
    fn label_track_handle_value() {
        let slider = Slider::new("sensor RAM KB", "256").histogram(&RAMP).position(0.5).value_width(6);
        assert_eq!(testing::lines(&slider, 33, 1), [" sensor RAM KB   ·▁▂▃●▄▅▆▇    256"]);
        assert_eq!(testing::lines(&slider.focused(true).locked(true), 33, 1), ["▸sensor RAM KB   ·▁▂▃■▄▅▆▇    256"]);
        let plain = slider.focused(true).look(Look::ascii());
        assert_eq!(testing::lines(&plain, 33, 1), [">sensor RAM KB   .:-=O+*%#    256"]);
    }

    #[test]
    fn a_narrow_row_gives_up_its_label_before_its_value() {
        let slider = Slider::new("sensor RAM KB", "256").histogram(&RAMP).position(0.0).value_width(4);
        assert_eq!(testing::lines(&slider, 20, 1), [" sensor… ●▂▃▄▅▇  256"]);
        assert_eq!(testing::lines(&slider, 6, 1), ["   256"]);
        assert_eq!(testing::lines(&slider, 3, 1), [" 2…"]);
    }

    #[test]
    fn a_choice_knob_has_one_cell_for_each_choice() {
        let slider = Slider::new("link bits", "8").histogram(&[0.2, 0.6, 1.0]).choices(3).position(1.0);
        let area = Rect::new(4, 2, 40, 1);
        assert_eq!(slider.track(area).width, 3);
        assert!(testing::lines(&slider, 40, 1)[0].contains("▂▅●"));
    }

    #[test]
    fn a_narrow_track_keeps_the_peaks() {
        let mut values = [0.0; 100];
        values[57] = 1.0;
        let slider = Slider::new("", "").histogram(&values).position(0.0).label_width(0).value_width(0);
        assert!(testing::lines(&slider, 15, 1)[0].contains('▇'));
    }

    #[test]
    fn no_size_and_no_number_breaks_it() {
        for position in [f64::NAN, f64::INFINITY, -3.0, 0.5] {
            let slider = Slider::new("称号 label", "1 234").histogram(&[f64::NAN, f64::INFINITY, -1.0, 0.3]);
            testing::survives_all_sizes(&slider.position(position).focused(true));
            testing::survives_all_sizes(&slider.position(position).choices(0));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn column_and_fraction_are_inverse(x in 0_u16..300, width in 1_u16..200, offset in 0_u16..200, at in 0.0_f64..=1.0) {
            let track = Rect::new(x, 0, width, 1);
            let column = x + offset % width;
            prop_assert_eq!(Slider::column_at(track, Slider::fraction_at(track, column)), column);
            let half_cell = 0.5 / f64::from(width.max(2) - 1);
            let back = Slider::fraction_at(track, Slider::column_at(track, at));
            prop_assert!(width < 2 || (back - at).abs() <= half_cell + 1e-9);
        }
    }
}
