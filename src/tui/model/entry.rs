//! A text being typed.

use ratatui::crossterm::event::{Event, KeyEvent};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler as _};

use crate::{
    explore::{Filter, Session},
    tui::keymap::Key,
};

/// Most characters of a text that is typed.
const MAX_LENGTH: usize = 500;

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
        if let Some(character) = key.character() {
            return self.insert(character.encode_utf8(&mut [0; 4]));
        }
        self.input.handle_event(&Event::Key(KeyEvent::from(key))).is_some_and(|change| change.value)
    }

    /// Puts text at the cursor, line feeds and other controls as spaces, as far as there is room for it. Returns `true`
    /// if the text changed.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        let room = MAX_LENGTH.saturating_sub(self.text().chars().count());
        let mut changed = false;
        for character in text.chars().take(room) {
            let character = if character.is_control() { ' ' } else { character };
            changed |= self.input.handle(InputRequest::InsertChar(character)).is_some();
        }
        changed
    }

    /// Error of the text in a sentence; `None` if it is valid.
    pub(crate) fn error(&self, session: &Session) -> Option<String> {
        let text = self.text();
        match self.purpose {
            Purpose::Knob if !text.trim().is_empty() => {
                session.ranges().selected().parse(text).err().map(|error| error.to_string())
            }
            Purpose::Filter => {
                Filter::parse(text, session.space(), session.ranges().all()).err().map(|error| error.to_string())
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

    #[test]
    fn pasted_text_is_one_line_and_bounded() {
        let mut entry = Entry::new(Purpose::Filter, "ab");
        entry.edit(Key::script("<left>")[0]);
        assert!(entry.insert("1\n2\u{1b}"));
        assert_eq!(entry.text(), "a1 2 b");
        assert!(entry.insert(&"x".repeat(1_000_000)));
        assert_eq!(entry.text().chars().count(), MAX_LENGTH);
        assert!(!entry.insert("y") && !entry.edit(Key::script("y")[0]));
    }
}
