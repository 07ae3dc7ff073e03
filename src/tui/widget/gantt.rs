//! Work over time: a lane for each worker, a piece for each stretch of work, over one axis of time.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{look::Look, paint, stacked::Part};
use crate::svg::{Axis, Scale};

/// A stretch of work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Value of the axis at which it begins.
    pub from: f64,
    /// Value of the axis at which it ends.
    pub until: f64,
    /// Part whose character and style it has.
    pub part: usize,
    /// Character at its beginning, in place of the part's own glyph, where all of a lane have room for it: the frame it
    /// belongs to.
    pub name: Option<char>,
}

/// One worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lane<'a> {
    /// Its name.
    pub label: &'a str,
    /// Stretches in the order of their begin.
    pub work: &'a [Stretch],
    /// Text at the right end.
    pub text: &'a str,
    /// Style of label and text.
    pub style: Style,
}

/// Lanes from the top down, and ticks of the time in a last row where the area has one left.
///
/// ```
/// # use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};
/// # use splitscope::tui::widget::{Gantt, Lane, Part, Stretch, UNICODE};
/// let parts = [0, 1].map(|i| Part { glyph: UNICODE.fills[i], style: Style::new() });
/// let piece = |from, until, part, name| Stretch { from, until, part, name: Some(name) };
/// let (cook, eat) = ([piece(0.0, 4.0, 0, '1'), piece(4.0, 8.0, 0, '2')], [piece(4.0, 6.0, 1, '1')]);
/// let lanes = [
///     Lane { label: "cook", work: &cook, text: "busy", ..Lane::default() },
///     Lane { label: "eat", work: &eat, ..Lane::default() },
/// ];
/// let area = Rect::new(0, 0, 18, 2);
/// let mut buffer = Buffer::empty(area);
/// Gantt::new(&lanes, &parts, 8.0).render(area, &mut buffer);
/// assert_eq!(buffer, Buffer::with_lines(["cook 1███2███ busy", "eat      1▓       "]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Gantt<'a> {
    lanes: &'a [Lane<'a>],
    parts: &'a [Part],
    until: f64,
    label_width: Option<u16>,
    look: Look<Style>,
}

/// Columns for one tick of the time.
const COLUMNS_PER_TICK: u16 = 10;

impl<'a> Gantt<'a> {
    /// The time from 0 to `until`.
    pub fn new(lanes: &'a [Lane<'a>], parts: &'a [Part], until: f64) -> Self {
        Self { lanes, parts, until, label_width: None, look: Look::default() }
    }

    /// Cells for the labels. Without it the longest label fits.
    #[must_use]
    pub const fn label_width(mut self, cells: u16) -> Self {
        self.label_width = Some(cells);
        self
    }

    /// Sets the style of the ticks, and the characters.
    #[must_use]
    pub const fn look(mut self, look: Look<Style>) -> Self {
        self.look = look;
        self
    }

    /// Area of the time axis.
    fn track(&self, area: Rect) -> Rect {
        let widest =
            |text: fn(&Lane<'a>) -> &'a str| self.lanes.iter().map(|lane| paint::width(text(lane))).max().unwrap_or(0);
        let label = self.label_width.unwrap_or_else(|| widest(|lane| lane.label)) + 1;
        let text = widest(|lane| lane.text);
        let text = if text == 0 { 0 } else { text + 1 };
        let start = label.min(area.width);
        Rect { x: area.x + start, width: (area.width - start).saturating_sub(text), ..area }
    }

    fn render_lane(&self, lane: &Lane<'_>, row: Rect, track: Rect, axis: &Axis, buf: &mut Buffer) {
        let label = paint::fit(lane.label, track.x.saturating_sub(row.x + 1), self.look.glyphs.ellipsis);
        paint::text(buf, row, row.x, row.y, &label, lane.style);
        let line = Rect { y: row.y, height: 1, ..track };
        let cell = |time: f64| {
            let share = axis.fraction(time.clamp(0.0, self.until)).unwrap_or(0.0);
            (share * f64::from(track.width)).round() as u16
        };
        let usable = |piece: &&Stretch| piece.until > piece.from && piece.from < self.until;
        let ends = |piece: &Stretch| (cell(piece.from), cell(piece.until).max(cell(piece.from) + 1));
        // Names stand at all pieces of a lane or at none, so that a missing one means nothing.
        let has_room = |piece: &Stretch| ends(piece).1 - ends(piece).0 > 1 || piece.until > self.until;
        let named = lane.work.iter().filter(usable).filter(|piece| piece.name.is_some()).all(has_room);
        for piece in lane.work.iter().filter(usable) {
            let Some(part) = self.parts.get(piece.part) else { continue };
            let (from, until) = ends(piece);
            paint::run(buf, line, track.x + from, row.y, until - from, part.glyph, part.style);
            if named
                && until - from > 1
                && let Some(name) = piece.name
            {
                paint::glyph(buf, line, track.x + from, row.y, name, part.style);
            }
        }
        let text = paint::fit(lane.text, row.right().saturating_sub(track.x), self.look.glyphs.ellipsis);
        paint::text_right(buf, row, row.right(), row.y, &text, lane.style);
    }

    fn render_axis(&self, row: Rect, track: Rect, axis: &Axis, buf: &mut Buffer) {
        let mut free_from = track.x;
        for tick in axis.ticks(usize::from((track.width / COLUMNS_PER_TICK).max(1))) {
            let share = axis.fraction(tick.value).unwrap_or(0.0);
            let x = track.x + (share * f64::from(track.width)).round() as u16;
            let wide = paint::width(&tick.label);
            if x >= free_from && x + wide <= track.right() {
                paint::text(buf, row, x, row.y, &tick.label, self.look.styles);
                free_from = x + wide + 1;
            }
        }
    }
}

impl Widget for &Gantt<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() || !(self.until > 0.0 && self.until.is_finite()) {
            return;
        }
        let (track, axis) = (self.track(area), Axis::new(0.0, self.until, Scale::Linear));
        let mut rows = area.rows();
        for (lane, row) in self.lanes.iter().zip(rows.by_ref()) {
            self.render_lane(lane, row, track, &axis, buf);
        }
        if let Some(row) = area.rows().nth(self.lanes.len()) {
            self.render_axis(row, track, &axis, buf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::testing;

    fn parts() -> [Part; 2] {
        [0, 1].map(|i| Part { glyph: crate::tui::widget::UNICODE.fills[i], style: Style::new() })
    }

    #[test]
    fn stretches_stand_at_their_time_and_end_with_it() {
        let piece = |from, until, part, name| Stretch { from, until, part, name };
        let sensor = [piece(0.0, 4.0, 0, Some('1')), piece(4.0, 8.0, 0, Some('2')), piece(8.0, 99.0, 0, Some('3'))];
        let link = [piece(4.0, 4.1, 1, Some('1')), piece(8.0, 9.0, 1, None), piece(11.0, 12.0, 1, None)];
        let lanes = [
            Lane { label: "sensor", work: &sensor, text: "100 %", ..Lane::default() },
            Lane { label: "link", work: &link, text: "9 %", ..Lane::default() },
        ];
        let parts = parts();
        let gantt = Gantt::new(&lanes, &parts, 10.0);
        assert_eq!(
            testing::lines(&gantt, 33, 3),
            ["sensor 1███████2███████3███ 100 %", "link           ▓       ▓▓     9 %", "       0         5"]
        );
    }

    #[test]
    fn no_size_and_no_number_breaks_it() {
        let work = [
            Stretch { from: f64::NAN, until: 1.0, part: 0, name: Some('x') },
            Stretch { from: f64::NEG_INFINITY, until: f64::INFINITY, part: 1, name: Some('称') },
            Stretch { from: 3.0, until: 1.0, part: 0, name: None },
            Stretch { from: 0.5, until: 2.0, part: 9, name: None },
        ];
        let lanes = [Lane { label: "称号", work: &work, text: "much", ..Lane::default() }, Lane::default()];
        let parts = parts();
        for until in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 3.0] {
            testing::survives_all_sizes(&Gantt::new(&lanes, &parts, until));
            testing::survives_all_sizes(&Gantt::new(&lanes, &parts, until).label_width(150));
        }
    }
}
