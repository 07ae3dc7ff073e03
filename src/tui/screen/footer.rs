//! The last rows: a sentence, and the keys that matter on this screen.
//!
//! ```text
//!  ✗ #77 split at S2.1 does not fit: sensor memory 40.0 KiB exceeds 32.0 KiB at S1.1.expand. Smallest fix: raise ...
//!  h/l adjust  Tab pane  j/k row  Enter type  [/] split  T train  S search  space pin  x why  / filter  ? help  q quit
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    chrome,
    view::{View, WIDE},
};
use crate::{
    explore::{Command, Move, Severity, WorkControl},
    tui::{
        command::{RowMove, UserCommand},
        keymap::{Group, KeyRow},
        model::{
            entry::Purpose,
            replay::Seek,
            screen::{Overlay, Pane, Screen},
        },
        text,
        widget::width,
    },
};

/// Commands whose hints stand at the end of the row.
const LAST: [UserCommand; 3] =
    [UserCommand::Type(Purpose::Palette), UserCommand::ToggleOverlay(Overlay::Help), UserCommand::Quit];

/// Rows of the sentence: two where a narrow screen has the height for them.
pub(crate) const fn status_rows(area: Rect) -> u16 {
    if area.width < WIDE && area.height >= 30 { 2 } else { 1 }
}

/// Draws sentence and hints.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
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
    if width(&text) > cells {
        text = text.replace("Fix: raise the ", "Fix: raise ").replace("Fix: lower the ", "Fix: lower ");
    }
    while width(&text) > cells {
        let Some((before, _)) = text.rsplit_once("; ") else { break };
        text = before.to_owned();
    }
    text
}

/// Origin of the accuracies while the run that comes with the program is shown.
fn on_shipped_run(view: View<'_>) -> String {
    let (session, keys) = (view.session, &view.ui.keys);
    let (search, train) = (keys.key(Command::StartSearch), keys.key(Command::StartTraining));
    let measured = session.catalogue().measurements().len();
    format!(
        "{measured} designs were measured on the run that comes with splitscope; {search} searches on, in a copy of it; \
         {train} trains a run of your own"
    )
}

/// The message of the moment, else how the selected design stands.
fn sentence(view: View<'_>) -> (char, String, Style) {
    let View { session, theme, ui } = view;
    let glyphs = theme.glyphs;
    if let Some(message) = session.toast(ui.now_ms) {
        return match message.severity {
            Severity::Info => (glyphs.front, message.text.clone(), theme.front),
            Severity::Warning => ('!', message.text.clone(), theme.warn),
            Severity::Error => (glyphs.no, format!("{} (Esc)", message.text), theme.bad),
        };
    }
    if !matches!(ui.screen, Screen::Explore | Screen::Compare) {
        return (' ', if view.shows_shipped_run() { on_shipped_run(view) } else { String::new() }, theme.text);
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
    let screen = view.ui.screen;
    let mut row = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let last: Vec<(String, &str)> =
        LAST.iter().filter_map(|command| keys.row(command.clone())).map(|row| hint(view, row)).collect();
    let cells = |(keys, words): &(String, &str)| width(keys) + 1 + width(words) + 2;
    let reserved: u16 = last.iter().map(cells).sum();
    // The row of a run that is replayed says its keys itself where it has room.
    let said = view.ui.replay.is_some() && area.width >= WIDE;
    let others = view.ui.rows().filter(|row| !(said && row.binding.group == Group::Replay)).filter(|row| {
        let at_the_end = LAST.contains(&row.binding.command);
        let beside = row.binding.command == UserCommand::Rows(RowMove::Down) && screen != Screen::Explore;
        !at_the_end
            && !beside
            && !row.binding.hint.is_empty()
            && !row.keys.is_empty()
            && possible(view, &row.binding.command)
    });
    let mut write = |row: &mut Rect, (keys, words): &(String, &str)| {
        let pieces = [(keys.as_str(), theme.accent), (" ", theme.dim), (words, theme.dim)];
        let end = chrome::line(buf, *row, &pieces, theme);
        row.width = row.right().saturating_sub(end + 2);
        row.x = end + 2;
    };
    for other in others.map(|row| hint(view, row)) {
        if cells(&other) + reserved <= row.width + 2 {
            write(&mut row, &other);
        }
    }
    for hint in &last {
        write(&mut row, hint);
    }
}

/// Returns `true` if there is anything that a command could act on now.
fn possible(view: View<'_>, command: &UserCommand) -> bool {
    let session = view.session;
    let at_work = session.training().state.is_active() || session.searching().state.is_active();
    match command {
        UserCommand::PauseOrResume
        | UserCommand::Session(Command::Control(WorkControl::Stop | WorkControl::Detach)) => {
            at_work && view.ui.replay.is_none()
        }
        UserCommand::EarlierFront => !session.searching().generations.is_empty(),
        UserCommand::Session(Command::StartTraining | Command::StartSearch | Command::StartFrontSearch) => {
            session.space().imported().is_empty()
        }
        UserCommand::Session(Command::Undo) => matches!(view.ui.screen, Screen::Explore | Screen::Compare),
        _ => true,
    }
}

/// Key of a row, with that of the opposite command, and a word for what it does; designs and cameras have no steps to
/// take.
fn hint(View { ui, .. }: View<'_>, row: KeyRow<'_>) -> (String, &'static str) {
    let (keys, command) = (&ui.keys, &row.binding.command);
    let sideways = *command == UserCommand::Sideways(-1);
    let words = match (ui.screen, ui.pane) {
        (Screen::Compare, _) if sideways => "design",
        (Screen::Explore, Pane::Pictures) if sideways => "camera",
        _ => row.binding.hint,
    };
    let other = opposite(command).and_then(|command| keys.row(command)).filter(|row| !row.keys.is_empty());
    let key = other.map_or_else(|| row.first_key(), |other| format!("{}/{}", row.first_key(), other.first_key()));
    (key, words)
}

/// Command that undoes the steps of another one, and shares its hint.
fn opposite(command: &UserCommand) -> Option<UserCommand> {
    match command {
        UserCommand::Sideways(-1) => Some(UserCommand::Sideways(1)),
        UserCommand::Rows(RowMove::Down) => Some(UserCommand::Rows(RowMove::Up)),
        UserCommand::Session(Command::Override(part, Move::By(-1))) => {
            Some(Command::Override(*part, Move::By(1)).into())
        }
        UserCommand::PanCurves(-1) => Some(UserCommand::PanCurves(1)),
        UserCommand::ZoomIn => Some(UserCommand::ZoomOut),
        UserCommand::EarlierFront => Some(UserCommand::LaterFront),
        UserCommand::Seek(seek) if *seek == Seek::BACK => Some(UserCommand::Seek(Seek::FORWARD)),
        _ => None,
    }
}
