//! The row of a run that is replayed: how far it has been told.
//!
//! ```text
//!  ▶ replay of run-001  █████████████░░░░░░░░░░░░░░░░  42 %  1:35 from the start   </> go through  z hold
//! ```

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{chrome, view::View};
use crate::quantity::{Dimension, number};
use crate::tui::{
    command::UserCommand,
    hit::{HitMap, Region},
    model::replay::{ReplayPosition, Seek},
    widget::{Gauge, width},
};

/// Fewest cells of the bar.
const BAR: u16 = 20;

/// Draws the row.
pub(crate) fn draw(view: View<'_>, position: &ReplayPosition, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { theme, ui, .. } = view;
    let keys = |command: UserCommand| ui.keys.key(command);
    let share = position.at as f64 / position.of.max(1) as f64;
    let mark = if position.plays { theme.glyphs.arrow } else { theme.glyphs.vertical };
    let lead = format!(" {mark} replay of {}  ", position.run);
    let place = format!("{:>6}  {} from the start", Dimension::Share.format(share), number::duration(position.seconds));
    let play = if position.plays { "pause" } else { "play" };
    let hints = [
        (format!("  {}/{}", keys(UserCommand::Seek(Seek::BACK)), keys(UserCommand::Seek(Seek::FORWARD))), " seek"),
        (format!("  {}", keys(UserCommand::Seek(Seek::PlayOrPause))), play),
    ];
    let hint_cells: u16 = hints.iter().map(|(key, words)| width(key) + 1 + width(words)).sum::<u16>() + 1;
    let start = chrome::line(buf, area, &[(&lead, theme.accent)], theme);
    let room = area.right().saturating_sub(start);
    let hinted = room >= BAR + width(&place) + 1 + hint_cells;
    let bar = Rect { x: start, width: room - if hinted { hint_cells } else { 1.min(room) }, ..area };
    Gauge::new(share).text(&place).look(theme.gauge()).render(bar, buf);
    hits.add(Rect { width: bar.width.saturating_sub(width(&place) + 1), ..bar }, Region::Replay);
    if hinted {
        let pieces = hints
            .iter()
            .flat_map(|(key, words)| [(key.as_str(), theme.accent), (" ", theme.dim), (words.trim(), theme.dim)]);
        chrome::line(buf, Rect { x: bar.right(), width: hint_cells, ..area }, &pieces.collect::<Vec<_>>(), theme);
    }
}
