//! The last rows: a sentence, and the keys that matter on this screen.
//!
//! ```text
//!  ✗ #77 split at S2.1 does not fit: sensor memory 40.0 KiB exceeds 32.0 KiB at S1.1.expand. Smallest fix: raise ...
//!  h/l adjust  Tab pane  j/k row  Enter type  [/] split  T train  S search  space pin  x why  / filter  ? help  q quit
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{View, WIDE, chrome};
use crate::{
    explore::{Screen, Severity},
    tui::{
        keymap::{Group, Keymap, Row, Verb},
        text,
        widget::width,
    },
};

/// Rows of the sentence: two where a narrow screen has the height for them.
pub const fn status_rows(area: Rect) -> u16 {
    if area.width < WIDE && area.height >= 30 { 2 } else { 1 }
}

/// Draws sentence and hints.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let rows = area.height.saturating_sub(1);
    let (mark, sentence, style) = sentence(view);
    let lines = text::wrap(&sentence, area.width.saturating_sub(4));
    for index in 0..rows {
        let row = chrome::row(area, index);
        // What does not fit is on the last row, in fewer words.
        let line = match lines.get(usize::from(index)) {
            Some(_) if index + 1 == rows => {
                shortened(&lines[usize::from(index)..].join(" "), area.width.saturating_sub(4))
            }
            Some(line) => line.clone(),
            None => String::new(),
        };
        let lead = if index == 0 { format!(" {mark} ") } else { "   ".to_owned() };
        chrome::line(buf, row, &[(&lead, style), (&line, view.theme.text)], view.theme);
    }
    hints(view, chrome::row(area, rows), buf);
}

/// A sentence in at most so many cells, if it can be: with fewer words, then without its last clauses.
fn shortened(sentence: &str, cells: u16) -> String {
    if width(sentence) <= cells {
        return sentence.to_owned();
    }
    let mut text = sentence.replace("Smallest fix: ", "Fix: ");
    while width(&text) > cells {
        let Some((before, _)) = text.rsplit_once("; ") else { break };
        text = before.to_owned();
    }
    text
}

/// The message of the moment, else how the selected design stands.
fn sentence(view: View<'_>) -> (char, String, Style) {
    let super::View { session, theme, ui } = view;
    let glyphs = theme.glyphs;
    if let Some(message) = session.toast(ui.now_ms) {
        return match message.severity {
            Severity::Info => (glyphs.front, message.text.clone(), theme.front),
            Severity::Warning => ('!', message.text.clone(), theme.warn),
            Severity::Error => (glyphs.no, format!("{} (Esc)", message.text), theme.bad),
        };
    }
    if !matches!(session.ui().screen, Screen::Explore | Screen::Compare) {
        return (' ', String::new(), theme.text);
    }
    match session.status() {
        Some(status) if status.feasible => (glyphs.yes, status.sentence, theme.good),
        Some(status) => (glyphs.no, status.sentence, theme.bad),
        None => (glyphs.no, "no design of this space can be costed on this profile".to_owned(), theme.bad),
    }
}

/// The hints that fit, whole ones only.
fn hints(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let (theme, keys) = (view.theme, &view.ui.keys);
    let screen = view.session.ui().screen;
    let mut row = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let last = [Verb::Palette, Verb::Help, Verb::Quit].map(|verb| hint(keys, keys.row(verb), screen));
    let cells = |(keys, words): &(String, &str)| width(keys) + 1 + width(words) + 2;
    let reserved: u16 = last.iter().map(cells).sum();
    // The row of a run that is replayed says its keys itself where it has room.
    let said = view.ui.reel.is_some() && area.width >= WIDE;
    let others = view.ui.rows(screen).filter(|row| !(said && row.binding.group == Group::Replay)).filter(|row| {
        let at_the_end = matches!(row.binding.verb, Verb::Palette | Verb::Help | Verb::Quit);
        let beside = row.binding.verb == Verb::Down && screen != Screen::Explore;
        !at_the_end
            && !beside
            && !row.binding.hint.is_empty()
            && !row.keys.is_empty()
            && possible(view, row.binding.verb)
    });
    let mut write = |row: &mut Rect, (keys, words): &(String, &str)| {
        let pieces = [(keys.as_str(), theme.accent), (" ", theme.dim), (words, theme.dim)];
        let end = chrome::line(buf, *row, &pieces, theme);
        row.width = row.right().saturating_sub(end + 2);
        row.x = end + 2;
    };
    for other in others.map(|row| hint(keys, row, screen)) {
        if cells(&other) + reserved <= row.width + 2 {
            write(&mut row, &other);
        }
    }
    for hint in &last {
        write(&mut row, hint);
    }
}

/// Whether there is anything that a wish could be about now.
fn possible(view: View<'_>, verb: Verb) -> bool {
    let session = view.session;
    let at_work = session.training().state.is_active() || session.searching().state.is_active();
    match verb {
        Verb::PauseOrResume | Verb::Stop | Verb::Detach => at_work && view.ui.reel.is_none(),
        Verb::EarlierFront => !session.searching().generations.is_empty(),
        Verb::Undo => matches!(session.ui().screen, Screen::Explore | Screen::Compare),
        _ => true,
    }
}

/// The key, with that of the opposite wish, and a word for what it does; designs have no steps to take.
fn hint(keys: &Keymap, row: Row<'_>, screen: Screen) -> (String, &'static str) {
    let verb = row.binding.verb;
    let words = if verb == Verb::Left && screen == Screen::Compare { "design" } else { row.binding.hint };
    let other = opposite(verb).map(|verb| keys.row(verb)).filter(|row| !row.keys.is_empty());
    let key = other.map_or_else(|| row.first_key(), |other| format!("{}/{}", row.first_key(), other.first_key()));
    (key, words)
}

const fn opposite(verb: Verb) -> Option<Verb> {
    match verb {
        Verb::Left => Some(Verb::Right),
        Verb::Down => Some(Verb::Up),
        Verb::Hand(part, -1) => Some(Verb::Hand(part, 1)),
        Verb::PanBack => Some(Verb::PanOn),
        Verb::ZoomIn => Some(Verb::ZoomOut),
        Verb::EarlierFront => Some(Verb::LaterFront),
        Verb::ReplayBack => Some(Verb::ReplayOn),
        _ => None,
    }
}
