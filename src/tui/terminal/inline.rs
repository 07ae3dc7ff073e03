//! A frame as lines of text, for commands that print and go on.

use std::fmt::Write as _;

use ratatui::{buffer::Buffer, style::Color};

/// A frame as lines of text, with its colours if they are wanted. Blanks at the end of a line go.
pub(crate) fn inline(frame: &Buffer, colour: bool) -> String {
    let mut out = String::new();
    for y in frame.area.top()..frame.area.bottom() {
        let mut line = String::new();
        for x in frame.area.left()..frame.area.right() {
            let cell = &frame[(x, y)];
            if colour {
                let _ = write!(line, "\x1b[0{}{}m{}", sgr(cell.fg, 38), sgr(cell.bg, 48), cell.symbol());
            } else {
                line += cell.symbol();
            }
        }
        out += if colour { line.as_str() } else { line.trim_end() };
        out += if colour { "\x1b[0m\n" } else { "\n" };
    }
    out
}

/// Parameters that select a colour; none for those of the user's scheme.
fn sgr(colour: Color, kind: u8) -> String {
    match colour {
        Color::Rgb(red, green, blue) => format!(";{kind};2;{red};{green};{blue}"),
        Color::Indexed(index) => format!(";{kind};5;{index}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    #[test]
    fn colours_are_written_where_they_are_wanted() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 3, 1));
        frame.set_string(0, 0, "a", Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(7)));
        assert_eq!(inline(&frame, false), "a\n");
        assert_eq!(inline(&frame, true), "\x1b[0;38;2;1;2;3;48;5;7ma\x1b[0m \x1b[0m \x1b[0m\n");
    }
}
