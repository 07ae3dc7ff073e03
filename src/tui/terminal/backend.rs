//! The cells of a frame in few bytes.
//!
//! Colours are half of what a frame takes. One is written only where it is another and can be seen: of a blank that is
//! its ground. The cursor goes on along a row by its column, since cells that some terminals draw wide shift it.

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, IntoCrossterm as _, WindowSize},
    buffer::Cell,
    crossterm::{
        cursor::{MoveTo, MoveToColumn},
        queue,
        style::{Attribute, Colors, Print, SetAttribute, SetBackgroundColor, SetColors, SetForegroundColor},
    },
    layout::{Position, Size},
    style::{Color, Modifier},
};

/// Attributes that begin modifiers.
const BEGINNINGS: [(Modifier, Attribute); 8] = [
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::SLOW_BLINK, Attribute::SlowBlink),
    (Modifier::RAPID_BLINK, Attribute::RapidBlink),
    (Modifier::REVERSED, Attribute::Reverse),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut),
];

/// Attributes that end modifiers; some end together.
const ENDS: [(Modifier, Attribute); 6] = [
    (Modifier::BOLD.union(Modifier::DIM), Attribute::NormalIntensity),
    (Modifier::ITALIC, Attribute::NoItalic),
    (Modifier::UNDERLINED, Attribute::NoUnderline),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), Attribute::NoBlink),
    (Modifier::REVERSED, Attribute::NoReverse),
    (Modifier::CROSSED_OUT, Attribute::NotCrossedOut),
];

/// Modifiers that show on a blank.
const ON_BLANKS: Modifier = Modifier::UNDERLINED
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::REVERSED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// Crossterm's backend with cells written in few bytes.
#[derive(Debug)]
pub(super) struct FrameBackend<W: Write>(CrosstermBackend<W>);

/// Style that the next character is written in.
#[derive(Default)]
struct WrittenStyle {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl WrittenStyle {
    /// Takes up the style of a cell as far as it can be seen there.
    fn take(&mut self, cell: &Cell, out: &mut impl Write) -> io::Result<()> {
        let is_blank = cell.symbol() == " " && !cell.modifier.intersects(ON_BLANKS);
        let modifier = if is_blank { self.modifier - ON_BLANKS } else { cell.modifier };
        self.take_modifier(modifier, out)?;
        let fg = if is_blank { self.fg } else { cell.fg };
        match (fg != self.fg, cell.bg != self.bg) {
            (true, true) => queue!(out, SetColors(Colors::new(fg.into_crossterm(), cell.bg.into_crossterm())))?,
            (true, false) => queue!(out, SetForegroundColor(fg.into_crossterm()))?,
            (false, true) => queue!(out, SetBackgroundColor(cell.bg.into_crossterm()))?,
            (false, false) => {}
        }
        (self.fg, self.bg) = (fg, cell.bg);
        Ok(())
    }

    fn take_modifier(&mut self, wanted: Modifier, out: &mut impl Write) -> io::Result<()> {
        let mut begun = wanted - self.modifier;
        for (modifiers, end) in ENDS {
            if (self.modifier - wanted).intersects(modifiers) {
                queue!(out, SetAttribute(end))?;
                begun |= wanted & modifiers;
            }
        }
        for (modifier, beginning) in BEGINNINGS {
            if begun.contains(modifier) {
                queue!(out, SetAttribute(beginning))?;
            }
        }
        self.modifier = wanted;
        Ok(())
    }
}

impl<W: Write> FrameBackend<W> {
    /// Backend that writes to `out`.
    pub(super) const fn new(out: W) -> Self {
        Self(CrosstermBackend::new(out))
    }
}

impl<W: Write> Write for FrameBackend<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.0)
    }
}

impl<W: Write> Backend for FrameBackend<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let out = &mut self.0;
        let mut style = WrittenStyle::default();
        let mut cursor: Option<Position> = None;
        for (x, y, cell) in content {
            match cursor {
                Some(at) if at == Position { x, y } => {}
                Some(at) if at.y == y => queue!(out, MoveToColumn(x))?,
                _ => queue!(out, MoveTo(x, y))?,
            }
            style.take(cell, out)?;
            queue!(out, Print(cell.symbol()))?;
            cursor = Some(Position { x: x.saturating_add(1), y });
        }
        queue!(out, SetAttribute(Attribute::Reset))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.0.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;
    use ratatui::{buffer::Buffer, layout::Rect, style::Style};

    use super::*;

    /// A cell: a character, two colours, modifiers.
    fn cell() -> impl Strategy<Value = Cell> {
        let colour = || {
            prop_oneof![Just(Color::Reset), Just(Color::Indexed(3)), (0_u8..3).prop_map(|red| Color::Rgb(red, 90, 7))]
        };
        let modifier = prop::sample::subsequence(
            vec![Modifier::BOLD, Modifier::DIM, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED],
            0..3,
        );
        (prop::sample::select(vec![" ", "a", "─", "▇"]), colour(), colour(), modifier).prop_map(
            |(symbol, fg, bg, modifiers)| {
                let mut modifier = modifiers.into_iter().fold(Modifier::empty(), Modifier::union);
                // The terminal of the test has one intensity.
                if modifier.contains(Modifier::BOLD) {
                    modifier.remove(Modifier::DIM);
                }
                let mut cell = Cell::new(symbol);
                cell.set_style(Style::new().fg(fg).bg(bg).add_modifier(modifier));
                cell
            },
        )
    }

    fn frame() -> impl Strategy<Value = Buffer> {
        prop::collection::vec(cell(), 24).prop_map(|content| Buffer { area: Rect::new(0, 0, 8, 3), content })
    }

    /// A screen on which frames were drawn one after the other, each by what has changed.
    fn screen(frames: &[Buffer], mut backend: impl Backend<Error = io::Error>) {
        let mut before = Buffer::empty(frames[0].area);
        for frame in frames {
            backend.draw(before.diff(frame).into_iter()).unwrap();
            before.clone_from(frame);
        }
    }

    #[test]
    fn colours_are_written_where_they_change_and_show() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 9, 1));
        for x in [0, 2, 7] {
            frame.set_string(x, 0, "a", Style::new().fg(Color::Indexed(3)));
        }
        // A blank that was a letter before.
        let mut before = Buffer::empty(frame.area);
        before.set_string(1, 0, "b", Style::new());
        let mut bytes = Vec::new();
        FrameBackend::new(&mut bytes).draw(before.diff(&frame).into_iter()).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\x1b[1;1H\x1b[38;5;3ma a\x1b[8Ga\x1b[0m");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_screen_is_that_of_the_usual_backend(frames in prop::collection::vec(frame(), 1..4)) {
            let (mut few, mut usual) = (Vec::new(), Vec::new());
            screen(&frames, FrameBackend::new(&mut few));
            screen(&frames, CrosstermBackend::new(&mut usual));
            let parsed = [few, usual].map(|bytes| {
                let [rows, columns] = [3, 8].map(|cells| NonZero::new(cells).unwrap());
                let mut parser = vt100::Parser::new(rows, columns, 0);
                parser.process(&bytes);
                parser
            });
            for (row, column) in (0..3).flat_map(|row| (0..8).map(move |column| (row, column))) {
                let [own, other] = [0, 1].map(|index: usize| parsed[index].screen().cell(row, column).unwrap());
                let seen = |cell: &vt100::Cell| {
                    let lines = (cell.underline(), cell.inverse());
                    (cell.contents().trim().to_owned(), cell.bgcolor(), lines)
                };
                prop_assert_eq!(seen(own), seen(other));
                if !own.contents().trim().is_empty() || own.inverse() {
                    let ink = |cell: &vt100::Cell| (cell.fgcolor(), cell.bold(), cell.dim(), cell.italic());
                    prop_assert_eq!(ink(own), ink(other));
                }
            }
        }
    }
}
