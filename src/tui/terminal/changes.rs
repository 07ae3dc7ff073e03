//! Cells that differ between two frames. A frame is looked through at every key, and most of it stays as it was.

use ratatui::buffer::{Buffer, Cell};

use crate::tui::widget::width;

/// Cells of `frame` to write where `before`, of the same area, is on the screen: columns, rows, cells, in the order of
/// rows and columns. A row in which a character wider than a cell comes or goes is written whole.
pub(super) fn changes<'a>(before: &Buffer, frame: &'a Buffer) -> Vec<(u16, u16, &'a Cell)> {
    let columns = usize::from(frame.area.width.max(1));
    let rows = before.content.chunks_exact(columns).zip(frame.content.chunks_exact(columns));
    let mut changes = Vec::new();
    for (y, (old, new)) in (frame.area.y..).zip(rows) {
        let (start, mut are_narrow) = (changes.len(), true);
        for ((x, new), old) in (frame.area.x..).zip(new).zip(old).filter(|((_, new), old)| new != old) {
            are_narrow &= is_narrow(new) && is_narrow(old);
            changes.push((x, y, new));
        }
        if !are_narrow {
            changes.truncate(start);
            let mut covered = 0;
            for (x, cell) in (frame.area.x..).zip(new) {
                if covered == 0 {
                    changes.push((x, y, cell));
                    covered = width(cell.symbol()).max(1);
                }
                covered -= 1;
            }
        }
    }
    changes
}

fn is_narrow(cell: &Cell) -> bool {
    // Most are of one byte, which spares the look-up.
    cell.symbol().len() == 1 || width(cell.symbol()) == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::{
        backend::{Backend as _, CrosstermBackend},
        layout::Rect,
        style::{Color, Style},
    };

    use super::*;

    fn frame() -> impl Strategy<Value = Buffer> {
        let word = prop::sample::select(vec!["a", "ab ", "─✓", "称", "称号x", " "]);
        let words = prop::collection::vec((word, 0_u8..3), 3..9);
        prop::collection::vec(words, 3).prop_map(|rows| {
            let mut frame = Buffer::empty(Rect::new(0, 0, 9, 3));
            for (y, words) in (0..).zip(rows) {
                let mut x = 0;
                for (word, colour) in words {
                    x = frame.set_stringn(x, y, word, usize::from(9 - x), Style::new().fg(Color::Indexed(colour))).0;
                }
            }
            frame
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_screen_shows_the_last_frame(frames in prop::collection::vec(frame(), 1..5)) {
            let screen = |frames: &[Buffer]| {
                let (mut bytes, mut before) = (Vec::new(), Buffer::empty(frames[0].area));
                for frame in frames {
                    CrosstermBackend::new(&mut bytes).draw(changes(&before, frame).into_iter()).unwrap();
                    before.clone_from(frame);
                }
                let mut parser = vt100::Parser::new(3.try_into().unwrap(), 9.try_into().unwrap(), 0);
                parser.process(&bytes);
                // Blanks that were written are blanks.
                let text = parser.screen().contents();
                let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
                lines.join("\n").trim_end().to_owned()
            };
            prop_assert_eq!(screen(&frames), screen(&frames[frames.len() - 1..]));
        }
    }

    #[test]
    fn what_stays_is_not_written() {
        let mut before = Buffer::empty(Rect::new(2, 1, 6, 2));
        before.set_string(2, 1, "latency", Style::new());
        let mut frame = before.clone();
        assert!(changes(&before, &frame).is_empty());
        frame.set_string(4, 2, "9", Style::new());
        frame.set_string(2, 1, "L", Style::new());
        let written: Vec<(u16, u16, &str)> =
            changes(&before, &frame).into_iter().map(|(x, y, cell)| (x, y, cell.symbol())).collect();
        assert_eq!(written, [(2, 1, "L"), (4, 2, "9")]);
    }
}
