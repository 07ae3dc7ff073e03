//! Clipped writing into a buffer, and the width of text in cells.
//!
//! Every write of every widget goes through here, so "draws inside its area only" is decided in one place.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::Span,
};

use crate::text;

/// Width of `text` in terminal cells.
pub fn width(text: &str) -> u16 {
    let cells = if is_plain(text) { text.chars().count() } else { Span::raw(text::visible(text)).width() };
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// Returns `true` if every character of a text is surely one cell wide, which spares the look-up of widths.
fn is_plain(text: &str) -> bool {
    text.chars().all(is_surely_narrow)
}

/// `text` cut to at most `cells` cells; a cut text ends with `ellipsis`.
pub fn fit(text: &str, cells: u16, ellipsis: char) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let mut short = String::new();
    if cells == 0 {
        return Cow::Owned(short);
    }
    for grapheme in Span::raw(text::visible(text)).styled_graphemes(Style::new()) {
        if width(&short) + width(grapheme.symbol) >= cells {
            break;
        }
        short.push_str(grapheme.symbol);
    }
    short.push(ellipsis);
    Cow::Owned(short)
}

/// Writes `text` from (x, y) on, clipped to `area`. Returns the column after the last cell written (`x` when
/// nothing was). Colour and modifiers of what was written there before go, its background stays.
pub(crate) fn text(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return x;
    }
    let room = area.right() - x;
    for column in x..x + width(text).min(room) {
        let cell = &mut buf[(column, y)];
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
    }
    write(buf, x, y, text, room, style)
}

/// Writes `text` over what is at (x, y) of the buffer, whatever the area, at most `room` cells of it: style is added to
/// the style there. Returns the column after the last cell written.
pub fn write(buf: &mut Buffer, x: u16, y: u16, text: &str, room: u16, style: Style) -> u16 {
    if !is_plain(text) {
        return buf.set_stringn(x, y, text::visible(text), usize::from(room), style).0;
    }
    let room = room.min(buf.area.right().saturating_sub(x));
    let mut end = x;
    for (column, character) in (x..x + room).zip(text.chars()) {
        buf[(column, y)].set_char(character).set_style(style);
        end = column + 1;
    }
    end
}

/// Writes `text` so that it ends before column `end`; a text too long loses its tail.
pub(crate) fn text_right(buf: &mut Buffer, area: Rect, end: u16, y: u16, content: &str, style: Style) {
    let x = end.saturating_sub(width(content)).max(area.left());
    text(buf, area, x, y, content, style);
}

/// Writes one character, clipped to `area`.
pub(crate) fn glyph(buf: &mut Buffer, area: Rect, x: u16, y: u16, character: char, style: Style) {
    if !is_surely_narrow(character) {
        let mut bytes = [0; 4];
        text(buf, area, x, y, character.encode_utf8(&mut bytes), style);
        return;
    }
    if area.contains((x, y).into())
        && let Some(cell) = buf.cell_mut((x, y))
    {
        cell.set_char(character);
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
        cell.set_style(style);
    }
}

/// Printable and one cell wide, told without a look into the tables: Latin, box drawing, blocks, plain geometric
/// shapes, braille. Plots are made of these, a cell at a time.
const fn is_surely_narrow(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{2500}'..='\u{25fc}' | '\u{2800}'..='\u{28ff}')
}

/// Writes the same character `count` times.
pub(crate) fn run(buf: &mut Buffer, area: Rect, x: u16, y: u16, count: u16, character: char, style: Style) {
    for i in 0..count.min(area.width) {
        glyph(buf, area, x.saturating_add(i), y, character, style);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Cell;

    use super::*;

    #[test]
    fn a_cut_text_says_so_and_keeps_to_its_cells() {
        assert_eq!(fit("sensor", 6, '…'), "sensor");
        assert_eq!(fit("sensor", 4, '…'), "sen…");
        assert_eq!(fit("sensor", 1, '…'), "…");
        assert_eq!(fit("sensor", 0, '…'), "");
        assert_eq!(fit("称号x", 4, '…'), "称…");
    }

    #[test]
    fn foreign_text_is_shown_as_it_is_and_turns_nothing_around() {
        let area = Rect::new(0, 0, 20, 1);
        let mut buffer = Buffer::empty(area);
        let evil = "a\u{202e}b\u{1b}[2J";
        assert_eq!(text(&mut buffer, area, 0, 0, evil, Style::new()), 17);
        let shown: String = buffer.content.iter().map(Cell::symbol).collect();
        assert_eq!(shown.trim_end(), r"a\u202eb\u001b[2J");
        assert_eq!(width(evil), 17);
    }

    #[test]
    fn what_is_taken_for_narrow_is() {
        for character in ('\0'..='\u{2fff}').filter(|character| is_surely_narrow(*character)) {
            assert_eq!(width(&character.to_string()), 1, "{character:?}");
        }
    }

    #[test]
    fn plain_text_is_written_as_any_other() {
        for text in ["S2.1 ≤ 20 ms ─┤⣿●", "", "a long text that has no room"] {
            for (x, room) in [(0, 12), (3, 4), (9, 30)] {
                let area = Rect::new(0, 0, 12, 1);
                let (mut one, mut other) = (Buffer::filled(area, Cell::new("#")), Buffer::filled(area, Cell::new("#")));
                let style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
                let end = write(&mut one, x, 0, text, room, style);
                assert_eq!(end, other.set_stringn(x, 0, text, usize::from(room), style).0);
                assert_eq!(one, other);
            }
        }
    }

    #[test]
    fn what_lay_below_does_not_shine_through() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        buf.set_style(buf.area, Style::new().bg(Color::Blue));
        glyph(&mut buf, Rect::new(0, 0, 2, 1), 0, 0, '░', Style::new().fg(Color::Red).add_modifier(Modifier::DIM));
        glyph(&mut buf, Rect::new(0, 0, 2, 1), 0, 0, '●', Style::new());
        assert_eq!(buf[(0, 0)].style(), buf[(1, 0)].style());
    }

    #[test]
    fn nothing_is_written_outside_the_area() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 2));
        let area = Rect::new(2, 0, 3, 1);
        text(&mut buf, area, 1, 0, "no", Style::new());
        text(&mut buf, area, 3, 0, "longer", Style::new());
        text(&mut buf, area, 3, 1, "no", Style::new());
        text_right(&mut buf, area, 4, 0, "ab", Style::new());
        assert_eq!(buf, Buffer::with_lines(["  abo   ", "        "]));
    }
}
