//! Texts being typed: what each key makes of one, what follows from it at once, and what it does when it is done.

use ratatui::crossterm::event::KeyCode;

use super::{Deed, verb};
use crate::{
    explore::{Command, Filter, Screen, Session},
    tui::{
        keymap::{Key, Row},
        state::{Entry, Purpose, UiState},
    },
};

/// A key while a text is typed.
pub(super) fn typed(session: &Session, ui: &mut UiState, mut entry: Entry, key: Key) -> Vec<Deed> {
    let mut deeds = Vec::new();
    match key.code() {
        KeyCode::Esc => return cancelled(ui, &entry),
        KeyCode::Enter => return finished(session, ui, entry),
        KeyCode::Up => entry.at = entry.at.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => entry.at += 1,
        KeyCode::Backspace => {
            if entry.text.pop().is_none() {
                return cancelled(ui, &entry);
            }
            deeds = changed(session, ui, &mut entry);
        }
        _ if key == Key::ctrl('u') => {
            entry.text.clear();
            deeds = changed(session, ui, &mut entry);
        }
        _ => {
            if let Some(character) = key.character() {
                entry.text.push(character);
                deeds = changed(session, ui, &mut entry);
            }
        }
    }
    entry.at = entry.at.min(commands(ui, session.ui().screen, &entry.text).len().saturating_sub(1));
    ui.entry = Some(entry);
    deeds
}

/// What follows from a changed text at once.
fn changed(session: &Session, ui: &mut UiState, entry: &mut Entry) -> Vec<Deed> {
    entry.at = 0;
    match entry.purpose {
        Purpose::Filter if Filter::parse(&entry.text, session.space(), session.dials()).is_ok() => {
            return vec![Deed::Act(Command::Filter(entry.text.clone()))];
        }
        Purpose::HelpSearch => {
            ui.help_search.clone_from(&entry.text);
            ui.help_first = 0;
        }
        _ => {}
    }
    Vec::new()
}

/// The text is given up: what followed from it is taken back.
fn cancelled(ui: &mut UiState, entry: &Entry) -> Vec<Deed> {
    match entry.purpose {
        Purpose::Filter => vec![Deed::Act(Command::Filter(entry.before.clone()))],
        Purpose::HelpSearch => {
            ui.help_search.clear();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// The text is done. One that is wrong stays, with its error beside it.
fn finished(session: &Session, ui: &mut UiState, entry: Entry) -> Vec<Deed> {
    if error(session, &entry).is_some() {
        ui.entry = Some(entry);
        return Vec::new();
    }
    match entry.purpose {
        Purpose::Knob | Purpose::Remember if entry.text.trim().is_empty() => Vec::new(),
        Purpose::Knob => vec![Deed::Act(Command::TypeKnob(entry.text))],
        Purpose::Remember => vec![Deed::Act(Command::Remember(entry.text))],
        Purpose::Filter => vec![Deed::Act(Command::Filter(entry.text))],
        Purpose::HelpSearch => Vec::new(),
        Purpose::Palette => {
            let found = commands(ui, session.ui().screen, &entry.text);
            let wish = found.get(entry.at).map(|row| row.binding.verb);
            wish.map_or_else(Vec::new, |wish| verb(session, ui, wish))
        }
    }
}

/// What is wrong with a typed text, in a sentence.
pub fn error(session: &Session, entry: &Entry) -> Option<String> {
    match entry.purpose {
        Purpose::Knob if !entry.text.trim().is_empty() => {
            session.selected_dial().parse(&entry.text).err().map(|error| error.to_string())
        }
        Purpose::Filter => {
            Filter::parse(&entry.text, session.space(), session.dials()).err().map(|error| error.to_string())
        }
        _ => None,
    }
}

/// The commands a search finds on a screen.
pub fn commands<'a>(ui: &'a UiState, screen: Screen, search: &str) -> Vec<Row<'a>> {
    ui.rows(screen).filter(|row| row.matches(search)).collect()
}
