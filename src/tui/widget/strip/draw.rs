//! Draws a laid-out strip.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{
    BoundaryMark, NetworkStrip,
    layout::{Span, StripLayout},
};
use crate::tui::widget::paint;

/// Columns by which a mark may stand beside the centre of its boundary, in order of preference.
const MARK_SHIFTS: [i16; 5] = [0, 1, -1, 2, -2];

impl Widget for &NetworkStrip<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let layout = StripLayout::of(self, area);
        let pen = Pen { strip: self, layout: &layout, area };
        pen.lines(buf);
        pen.blocks(buf);
        pen.link(buf);
        pen.fusion(buf);
        pen.ends(buf);
        pen.titles(buf);
        pen.marks(buf);
    }
}

/// State shared by the parts of a drawing.
struct Pen<'a> {
    strip: &'a NetworkStrip<'a>,
    layout: &'a StripLayout,
    area: Rect,
}

impl Pen<'_> {
    fn side(&self, block: usize) -> Style {
        if block < self.strip.clamped().0 { self.strip.look.styles.sensor } else { self.strip.look.styles.aggregator }
    }

    /// Lines between blocks: double where one aggregator carries several views.
    fn lines(&self, buf: &mut Buffer) {
        let (split, fusion) = self.strip.clamped();
        let glyphs = self.strip.look.glyphs;
        for zone in &self.layout.boundaries {
            let per_view = zone.index >= split && zone.index < fusion;
            for x in zone.x..zone.end() {
                let is_fused_here = zone.index == fusion && fusion > split;
                let before_fusion = is_fused_here && self.layout.fusion.is_some_and(|column| x < column);
                let double = per_view && x >= self.layout.link.end() || before_fusion;
                let line = if double { glyphs.double } else { glyphs.horizontal };
                paint::glyph(buf, self.area, x, self.layout.rows.names, line, self.strip.look.styles.words);
            }
        }
    }

    fn blocks(&self, buf: &mut Buffer) {
        let rows = &self.layout.rows;
        for span in &self.layout.blocks {
            let block = &self.strip.blocks[span.index];
            let style = self.side(span.index);
            if self.layout.framed {
                self.frame(span, style, buf);
                self.centred(span, rows.names, block.name, style, buf);
                if let Some(row) = rows.details {
                    self.centred(span, row, block.detail, style, buf);
                }
            } else {
                let name = paint::fit(block.name, span.width, self.strip.look.glyphs.ellipsis);
                paint::text(buf, self.area, span.x, rows.names, &name, style);
            }
        }
    }

    fn frame(&self, span: &Span, style: Style, buf: &mut Buffer) {
        let (glyphs, rows) = (self.strip.look.glyphs, &self.layout.rows);
        let last = span.end() - 1;
        for (row, [left, right]) in
            [(rows.top, [glyphs.corners[0], glyphs.corners[1]]), (rows.bottom, [glyphs.corners[2], glyphs.corners[3]])]
        {
            paint::glyph(buf, self.area, span.x, row, left, style);
            paint::run(buf, self.area, span.x + 1, row, span.width - 2, glyphs.horizontal, style);
            paint::glyph(buf, self.area, last, row, right, style);
        }
        for row in rows.top + 1..rows.bottom {
            paint::glyph(buf, self.area, span.x, row, glyphs.vertical, style);
            paint::run(buf, self.area, span.x + 1, row, span.width - 2, ' ', style);
            paint::glyph(buf, self.area, last, row, glyphs.vertical, style);
        }
    }

    /// Text in the middle of a frame.
    fn centred(&self, span: &Span, row: u16, text: &str, style: Style, buf: &mut Buffer) {
        let room = span.width.saturating_sub(2);
        let text = paint::fit(text, room, self.strip.look.glyphs.ellipsis);
        let x = span.x + 1 + (room - paint::width(&text)) / 2;
        paint::text(buf, self.area, x, row, &text, style);
    }

    fn link(&self, buf: &mut Buffer) {
        let (strip, rows, body) = (self.strip, &self.layout.rows, self.layout.link);
        let style = strip.look.styles.link;
        if body.width == 0 || body.x <= self.area.x {
            return;
        }
        for row in rows.top..=rows.bottom {
            paint::glyph(buf, self.area, body.x - 1, row, strip.look.glyphs.link, style);
            paint::glyph(buf, self.area, body.end(), row, strip.look.glyphs.link, style);
        }
        paint::run(buf, self.area, body.x, rows.names, body.width, strip.look.glyphs.horizontal, style);
        paint::glyph(buf, self.area, body.end() - 1, rows.names, strip.look.glyphs.arrow, style);
        let middle = |text: &str, room: u16| body.x + room.saturating_sub(paint::width(text)) / 2;
        let tensor = strip.link.tensor;
        if paint::width(tensor) < body.width {
            paint::text(buf, self.area, middle(tensor, body.width - 1), rows.names, tensor, style);
        }
        if let Some(row) = rows.details
            && paint::width(strip.link.time) <= body.width
        {
            paint::text(buf, self.area, middle(strip.link.time, body.width), row, strip.link.time, style);
        }
    }

    fn fusion(&self, buf: &mut Buffer) {
        if let Some(column) = self.layout.fusion {
            let style = self.strip.look.styles.fuse;
            paint::glyph(buf, self.area, column, self.layout.rows.names, self.strip.look.glyphs.fuse, style);
        }
    }

    /// Counts of hidden blocks, titles in the line, and the outcome.
    fn ends(&self, buf: &mut Buffer) {
        let (strip, layout, row) = (self.strip, self.layout, self.layout.rows.names);
        let styles = &strip.look.styles;
        let (before, after) = layout.hidden;
        let mut x = self.area.x;
        if layout.inline_titles {
            x = paint::text(buf, self.area, x, row, strip.sensor, styles.sensor) + 1;
        }
        if before > 0 {
            paint::text(buf, self.area, x, row, &format!("{}{before}", strip.look.glyphs.more_left), styles.words);
        }
        let mut x = layout.ends.1;
        if after > 0 {
            x = paint::text(buf, self.area, x, row, &format!("{after}{}", strip.look.glyphs.more_right), styles.words);
        }
        if layout.inline_titles && !strip.aggregator.is_empty() {
            x = paint::text(buf, self.area, x + 1, row, strip.aggregator, styles.aggregator);
        }
        if layout.outcome {
            paint::text(buf, self.area, x + 1, row, strip.outcome, styles.words);
        }
    }

    /// Titles over the sides. A side too narrow for its title pushes the others right; the link's title gives way.
    fn titles(&self, buf: &mut Buffer) {
        let Some(row) = self.layout.rows.titles else { return };
        let (strip, body) = (self.strip, self.layout.link);
        let sensor_end = paint::text(buf, self.area, self.area.x, row, strip.sensor, strip.look.styles.sensor);
        let behind = body.end().saturating_add(1);
        let start = behind.max(sensor_end + 2).min(self.area.right().saturating_sub(paint::width(strip.aggregator)));
        if start > sensor_end {
            paint::text(buf, self.area, start, row, strip.aggregator, strip.look.styles.aggregator);
        }
        let title = if self.layout.rows.details.is_some() || strip.link.time.is_empty() {
            "link".to_owned()
        } else {
            strip.link.time.to_owned()
        };
        let width = paint::width(&title);
        let x = (body.x + body.width / 2).saturating_sub(width / 2);
        if x > sensor_end && x + width < start {
            paint::text(buf, self.area, x, row, &title, strip.look.styles.link);
        }
    }

    /// Marks below the boundaries, centred, without touching each other: that of the split first, the others in a
    /// second row or as a bare glyph where there is no room for their text.
    fn marks(&self, buf: &mut Buffer) {
        let mut taken: Vec<Vec<bool>> =
            vec![vec![false; usize::from(self.area.width)]; usize::from(self.layout.rows.marks_height)];
        let is_here = |zone: &&Span| matches!(self.strip.mark(zone.index), BoundaryMark::Here(_));
        let (here, others): (Vec<&Span>, Vec<&Span>) = self.layout.boundaries.iter().partition(is_here);
        for zone in here.into_iter().chain(others) {
            let mark = self.strip.mark(zone.index);
            let Some((glyph, text)) = mark.shown(self.strip.look.glyphs) else { continue };
            let style = match mark {
                BoundaryMark::Here(_) => self.strip.look.styles.here,
                BoundaryMark::Feasible(_) => self.strip.look.styles.feasible,
                BoundaryMark::Closed | BoundaryMark::Barred(_) => self.strip.look.styles.barred,
            };
            let full = format!("{glyph}{text}");
            let bare = glyph.to_string();
            let place = self.free(&mut taken, zone, &full).map(|at| (at, &full));
            if let Some(((x, row), text)) = place.or_else(|| self.free(&mut taken, zone, &bare).map(|at| (at, &bare))) {
                paint::text(buf, self.area, x, row, text, style);
            }
        }
    }

    /// Takes the first free place for a mark, with a column on either side: centred below its boundary, else shifted.
    fn free(&self, taken: &mut [Vec<bool>], zone: &Span, text: &str) -> Option<(u16, u16)> {
        let width = paint::width(text);
        let last = self.area.right().checked_sub(width)?;
        let centred = zone.centre().saturating_sub((width - 1) / 2);
        for shift in MARK_SHIFTS {
            let x = centred.saturating_add_signed(shift).clamp(self.area.x, last.max(self.area.x));
            let from = usize::from(x - self.area.x);
            let until = from + usize::from(width);
            for (row, cells) in taken.iter_mut().enumerate() {
                let around = from.saturating_sub(1)..(until + 1).min(cells.len());
                if until <= cells.len() && !cells[around].contains(&true) {
                    cells[from..until].fill(true);
                    return Some((x, self.layout.rows.marks + row as u16));
                }
            }
        }
        None
    }
}
