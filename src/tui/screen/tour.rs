//! The caption of a scene of the tour.
//!
//! ```text
//! ┌▸The link gets slower ──────────────── 2 of 7  </> scenes  , pause  Esc end ┐
//! │ Bandwidth falls from 25.0 Mbit/s to 3.90 Mbit/s. The split has moved ... │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    chrome,
    view::{View, WIDE},
};
use crate::tui::{
    command::UserCommand,
    model::{caption::Caption, replay::Seek},
    text,
};

/// Most rows of a caption's text.
pub(crate) const ROWS: u16 = 4;

/// Rows that the caption takes of a screen.
pub(crate) const fn rows(area: Rect) -> u16 {
    if area.width >= WIDE { ROWS + 1 } else { ROWS + 2 }
}

/// Draws the caption.
pub(crate) fn draw(view: View<'_>, caption: &Caption, area: Rect, buf: &mut Buffer) {
    let View { theme, ui, .. } = view;
    let keys = |command: UserCommand| ui.keys.key(command);
    let pause = if caption.held { "resume" } else { "pause" };
    let note = format!(
        "{} of {}  {}/{} scenes  {} {pause}  {} end",
        caption.scene,
        caption.of,
        keys(UserCommand::Seek(Seek::BACK)),
        keys(UserCommand::Seek(Seek::FORWARD)),
        keys(UserCommand::Seek(Seek::PlayOrPause)),
        keys(UserCommand::Back),
    );
    chrome::clear(buf, area);
    let inner = chrome::pane(buf, area, (&caption.title, &note), true, theme);
    for (index, line) in text::wrap(&caption.text, inner.width.saturating_sub(2)).iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        chrome::line(buf, row, &[(" ", theme.text), (line, theme.text)], theme);
    }
}
