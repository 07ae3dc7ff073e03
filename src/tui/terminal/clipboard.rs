//! The clipboard of the terminal, which may stand on another machine than this program: told in an escape sequence
//! (OSC 52).

use std::io::{self, Write};

use ratatui::crossterm::{Command as _, clipboard::CopyToClipboard};

/// Puts a text on the terminal's clipboard. tmux hands such a sequence on only if its `set-clipboard` is on; inside
/// tmux it is told a second time, wrapped as what is to pass through, which `allow-passthrough` lets by. The text is
/// the same, so that both together do no harm.
///
/// # Errors
/// When the terminal is gone.
pub(crate) fn copy(out: &mut impl Write, text: &str, in_tmux: bool) -> io::Result<()> {
    let mut sequence = String::new();
    CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).map_err(io::Error::other)?;
    out.write_all(sequence.as_bytes())?;
    if in_tmux {
        // Within the wrapping each escape stands twice.
        write!(out, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(in_tmux: bool) -> String {
        let mut bytes = Vec::new();
        copy(&mut bytes, "S2.1", in_tmux).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_text_is_sent_once_and_inside_tmux_also_through_it() {
        // `UzIuMQ==` is "S2.1".
        assert_eq!(sent(false), "\x1b]52;c;UzIuMQ==\x1b\\");
        assert_eq!(sent(true), format!("{}\x1bPtmux;\x1b\x1b]52;c;UzIuMQ==\x1b\x1b\\\x1b\\", sent(false)));
    }
}
