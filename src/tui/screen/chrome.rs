//! Panes with a frame and two titles, and lines of styled pieces that never leave their area.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::record::Precision;
use crate::tui::{
    text,
    theme::Theme,
    widget::{fit, width, write},
};

/// A piece of text and its style.
pub(crate) type Piece<'a> = (&'a str, Style);

/// Draws a frame with a title at the left and one at the right, and returns what is inside. A pane too small for a
/// frame gets none.
pub(crate) fn pane(buf: &mut Buffer, area: Rect, titles: (&str, &str), focus: bool, theme: &Theme) -> Rect {
    let area = area.intersection(buf.area);
    if area.width < 4 || area.height < 3 {
        return Rect { width: 0, height: 0, ..area };
    }
    let style = if focus { theme.border_focus } else { theme.border };
    let glyphs = theme.glyphs;
    let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
    for x in left..=right {
        put(buf, x, top, glyphs.horizontal, style);
        put(buf, x, bottom, glyphs.horizontal, style);
    }
    for y in top..=bottom {
        put(buf, left, y, glyphs.vertical, style);
        put(buf, right, y, glyphs.vertical, style);
    }
    for (corner, (x, y)) in glyphs.corners.into_iter().zip([(left, top), (right, top), (left, bottom), (right, bottom)])
    {
        put(buf, x, y, corner, style);
    }
    let room = area.width.saturating_sub(4);
    let mark = if focus { format!("{}", glyphs.focus) } else { String::new() };
    let title = format!("{mark}{} ", titles.0);
    let words = if focus { theme.border_focus } else { theme.accent };
    let mut used = 0;
    if !titles.0.is_empty() {
        let shown = fit(&title, room, glyphs.ellipsis);
        let lead = if focus { "" } else { " " };
        let shown = format!("{lead}{shown}");
        used = width(&shown);
        write(buf, left + 1, top, &shown, room + 1, words);
    }
    let note = format!(" {} ", titles.1);
    if !titles.1.is_empty() && used + width(&note) < room + 1 {
        let place = Rect::new(right - width(&note), top, width(&note), 1);
        buf.set_style(place, Style::reset());
        write(buf, place.x, top, &note, place.width, theme.dim);
    }
    Rect::new(left + 1, top + 1, area.width - 2, area.height - 2)
}

/// Writes into the lower border of a pane: words at the left, a note at the right where there is room for both.
pub(crate) fn foot(buf: &mut Buffer, area: Rect, (words, note): (&str, &str), theme: &Theme) {
    let area = area.intersection(buf.area);
    if area.width < 4 || area.height < 3 {
        return;
    }
    let row = Rect { x: area.x + 2, y: area.bottom() - 1, width: area.width - 4, height: 1 };
    let mut used = 0;
    if !words.is_empty() {
        let words = format!(" {words} ");
        used = width(&words).min(row.width);
        buf.set_style(Rect { width: used, ..row }, Style::reset());
        line(buf, row, &[(&words, theme.dim)], theme);
    }
    let note = format!(" {note} ");
    let wide = width(&note);
    if wide > 2 && used + wide < row.width {
        let place = Rect { x: row.right() - wide, width: wide, ..row };
        buf.set_style(place, Style::reset());
        right(buf, place, &note, theme.dim);
    }
}

/// Words of a title with a capital first; the name of a precision, `int8`, stays as it is.
pub(crate) fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !words.starts_with(Precision::Int8.name()) => {
            format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
        }
        _ => words.to_owned(),
    }
}

/// Empties an area, for what is drawn over other things.
pub(crate) fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for position in area.positions() {
        buf[position].reset();
    }
}

/// The first rows of an area, and the rest.
pub(crate) fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

/// The first columns of an area, and the rest.
pub(crate) fn cut_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    (Rect { width: columns, ..area }, Rect { x: area.x + columns, width: area.width - columns, ..area })
}

/// A row of an area, counted from its top; empty if there is none.
pub(crate) fn row(area: Rect, index: u16) -> Rect {
    let there = index < area.height;
    Rect { y: area.y + index.min(area.height), height: u16::from(there), ..area }
}

/// Writes pieces one behind the other, cut at the end of the row. Returns the column after the last.
pub(crate) fn line(buf: &mut Buffer, area: Rect, pieces: &[Piece<'_>], theme: &Theme) -> u16 {
    let mut x = area.x;
    if area.is_empty() {
        return x;
    }
    for (text, style) in pieces {
        let room = area.right().saturating_sub(x);
        if room == 0 {
            break;
        }
        let text = fit(text, room, theme.glyphs.ellipsis);
        write(buf, x, area.y, &text, room, *style);
        x += width(&text);
    }
    x
}

/// Tells what there is to do on an empty screen: paragraphs from the second row on, each at the indent it begins with.
pub(crate) fn paragraphs(buf: &mut Buffer, inner: Rect, paragraphs: &[Piece<'_>], theme: &Theme) {
    let room = inner.width.saturating_sub(4);
    let mut at = 1;
    for (paragraph, style) in paragraphs {
        let indent = paragraph.len() - paragraph.trim_start().len();
        let mut lines = if width(paragraph) <= room {
            vec![(*paragraph).to_owned()]
        } else {
            let lines = text::wrap(paragraph, room.saturating_sub(indent as u16));
            lines.into_iter().map(|line| format!("{}{line}", " ".repeat(indent))).collect()
        };
        if lines.is_empty() {
            lines.push(String::new());
        }
        for line in &lines {
            self::line(buf, row(inner, at), &[("  ", *style), (line, *style)], theme);
            at += 1;
        }
    }
}

/// Writes text that ends at the right end of the row.
pub(crate) fn right(buf: &mut Buffer, area: Rect, text: &str, style: Style) {
    if !area.is_empty() {
        let x = area.right().saturating_sub(width(text)).max(area.x);
        write(buf, x, area.y, text, area.right() - x, style);
    }
}

/// Sets one cell to a character.
pub(crate) fn put(buf: &mut Buffer, x: u16, y: u16, character: char, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char(character).set_style(style);
    }
}

/// An area of this size in the middle of another one, no larger than that.
pub(crate) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

/// The first of `count` rows to show in `room` rows so that `at` is among them, moved as little as possible from
/// `first`.
pub(crate) fn scrolled(first: usize, at: usize, count: usize, room: usize) -> usize {
    let last = count.saturating_sub(room);
    first.clamp((at + 1).saturating_sub(room), at.max((at + 1).saturating_sub(room))).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_scrolls_only_at_its_edges() {
        assert_eq!(scrolled(0, 3, 20, 5), 0);
        assert_eq!(scrolled(0, 5, 20, 5), 1);
        assert_eq!(scrolled(6, 5, 20, 5), 5);
        assert_eq!(scrolled(18, 19, 20, 5), 15);
        assert_eq!(scrolled(4, 0, 0, 5), 0);
        assert_eq!(scrolled(0, 9, 10, 0), 10);
    }
}
