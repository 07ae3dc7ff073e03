//! Texts being typed.

use ratatui::crossterm::event::KeyCode;

use crate::{
    explore::{Command, Filter, Move, Session, Severity, Update},
    tui::{
        command::UserCommand,
        keymap::Key,
        model::{
            command_palette,
            entry::{Entry, Purpose},
            state::UiState,
        },
    },
};

/// An entry for a purpose, with the text that applies now.
pub(super) fn begun(session: &Session, ui: &UiState, purpose: Purpose) -> Entry {
    let text = match purpose {
        Purpose::Filter => session.setup().filter().text(),
        Purpose::HelpSearch => &ui.help_search,
        Purpose::Note => session.selected().and_then(|id| session.setup().notes().get(id)).unwrap_or_default(),
        Purpose::Knob | Purpose::Palette | Purpose::Remember => "",
    };
    Entry::new(purpose, text)
}

/// Applies a key to the text. A valid filter and a search of the help take effect at once; Backspace on an empty text
/// cancels.
pub(super) fn edit(session: &mut Session, ui: &mut UiState, key: Key) {
    let Some(entry) = &mut ui.entry else { return };
    if key.code() == KeyCode::Backspace && entry.text().is_empty() {
        return cancel(session, ui);
    }
    if entry.edit(key) {
        changed(session, ui);
    }
}

/// Puts text at the cursor. Without an open entry it is not taken for keys.
pub(super) fn paste(session: &mut Session, ui: &mut UiState, text: &str) {
    let Some(entry) = &mut ui.entry else {
        let told = "pasted text goes into a text entry; none is open, so nothing was done".to_owned();
        session.apply(Command::Update(vec![Update::Message(Severity::Warning, told)]), ui.now_ms);
        return;
    };
    if entry.insert(text) {
        changed(session, ui);
    }
}

/// Lets the text take effect where it does while it is typed.
fn changed(session: &mut Session, ui: &mut UiState) {
    let Some(entry) = &mut ui.entry else { return };
    entry.row = 0;
    let text = entry.text().to_owned();
    match entry.purpose {
        Purpose::Filter if Filter::parse(&text, session.space(), session.ranges().all()).is_ok() => {
            session.apply(Command::Filter(text), ui.now_ms);
        }
        Purpose::HelpSearch => (ui.help_search, ui.help_first) = (text, 0),
        _ => {}
    }
}

/// Closes the entry and takes back what it changed.
pub(super) fn cancel(session: &mut Session, ui: &mut UiState) {
    let Some(entry) = ui.entry.take() else { return };
    match entry.purpose {
        Purpose::Filter => drop(session.apply(Command::Filter(entry.before), ui.now_ms)),
        Purpose::HelpSearch => ui.help_search.clear(),
        _ => {}
    }
}

/// Closes the entry; the commands that its text stands for. An entry with an error stays open.
pub(super) fn submitted(session: &Session, ui: &mut UiState) -> Vec<UserCommand> {
    let Some(entry) = ui.entry.take() else { return Vec::new() };
    if entry.error(session).is_some() {
        ui.entry = Some(entry);
        return Vec::new();
    }
    let text = entry.text();
    let is_blank = text.trim().is_empty();
    let command = match entry.purpose {
        Purpose::Palette => return command_palette::chosen(ui, text, entry.row),
        Purpose::Knob if !is_blank => Some(Command::TypeKnob(text.to_owned()).into()),
        Purpose::Remember if !is_blank => Some(Command::SaveSetup(text.to_owned()).into()),
        Purpose::Filter => Some(Command::Filter(text.to_owned()).into()),
        Purpose::Note => Some(Command::Note(text.to_owned()).into()),
        Purpose::Knob | Purpose::Remember | Purpose::HelpSearch => None,
    };
    command.into_iter().collect()
}

/// Chooses a row of the command palette.
pub(super) fn choose_row(ui: &mut UiState, to: Move) {
    let Some(entry) = &ui.entry else { return };
    let row = to.apply(entry.row, command_palette::matching(ui, entry.text()).len());
    if let Some(entry) = &mut ui.entry {
        entry.row = row;
    }
}
