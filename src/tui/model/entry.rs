//! A text being typed.

use ratatui::crossterm::event::{Event, KeyEvent};
use tui_input::{Input, backend::crossterm::EventHandler as _};

use crate::{
    explore::{Filter, Session},
    tui::keymap::Key,
};

/// Purpose of a text entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Value of the selected knob.
    Knob,
    /// Filter of the designs.
    Filter,
    /// Search of the command palette.
    Palette,
    /// Search of the help.
    HelpSearch,
    /// Name of the current setup.
    Remember,
    /// Note on the selected design.
    Note,
}

/// A text being typed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Use of the text.
    pub(crate) purpose: Purpose,
    /// Chosen row of the command palette.
    pub(crate) row: usize,
    /// Text at the beginning, which a cancelled entry restores.
    pub(crate) before: String,
    input: Input,
}

impl Entry {
    /// An entry that begins with a text, the cursor behind it.
    pub(crate) fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, row: 0, before: text.to_owned(), input: Input::new(text.to_owned()) }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        self.input.value()
    }

    /// The text before the cursor, the character at it, and the text behind that.
    pub(crate) fn around_cursor(&self) -> (&str, Option<char>, &str) {
        let text = self.input.value();
        let at = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at);
        let (before, rest) = text.split_at(at);
        let mut characters = rest.chars();
        let character = characters.next();
        (before, character, characters.as_str())
    }

    /// Applies an editing key, as readline does. Returns `true` if the text changed.
    pub(crate) fn edit(&mut self, key: Key) -> bool {
        self.input.handle_event(&Event::Key(KeyEvent::from(key))).is_some_and(|change| change.value)
    }

    /// Error of the text in a sentence; `None` if it is valid.
    pub(crate) fn error(&self, session: &Session) -> Option<String> {
        let text = self.text();
        match self.purpose {
            Purpose::Knob if !text.trim().is_empty() => {
                session.selected_range().parse(text).err().map(|error| error.to_string())
            }
            Purpose::Filter => {
                Filter::parse(text, session.space(), session.ranges()).err().map(|error| error.to_string())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readline_keys_edit_in_the_middle() {
        let mut entry = Entry::new(Purpose::Filter, "lat<5 ratio>1");
        for key in Key::script("<C-a><right>A<C-e><C-w>fits<left><left>") {
            entry.edit(key);
        }
        assert_eq!(entry.text(), "lAat<5 ratio>fits");
        assert_eq!(entry.around_cursor(), ("lAat<5 ratio>fi", Some('t'), "s"));
        assert!(!entry.edit(Key::script("<left>")[0]), "a cursor key changes no text");
        assert!(entry.edit(Key::ctrl('u')) && entry.text().is_empty());
        assert_eq!(entry.around_cursor(), ("", None, ""));
    }
}
