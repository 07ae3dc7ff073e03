//! One key with its modifiers, in the form keys are compared and printed in.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with Control or Shift. Shift is only told for keys that are no character: `H` is `H`, not Shift and `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    control: bool,
    shift: bool,
}

impl Key {
    /// A key by itself.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, control: false, shift: false }
    }

    /// The key of a character.
    pub const fn char(character: char) -> Self {
        Self::plain(KeyCode::Char(character))
    }

    /// A key with Control.
    pub const fn ctrl(character: char) -> Self {
        Self { code: KeyCode::Char(character), control: true, shift: false }
    }

    /// A key that is no character, with Shift.
    pub const fn shift(code: KeyCode) -> Self {
        Self { code, control: false, shift: true }
    }

    /// The character typed, if the key is one without Control.
    pub const fn character(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if !self.control => Some(character),
            _ => None,
        }
    }

    /// The keys of a script: characters as they are, others by name: `<tab>`, `<enter>`, `<esc>`, `<left>`, `<C-r>`. A name
    /// that is none is taken as characters.
    pub fn script(text: &str) -> Vec<Self> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
            if let Some((key, tail)) = named.and_then(|(name, tail)| Some((Self::named(name)?, tail))) {
                keys.push(key);
                rest = tail;
            } else {
                keys.push(Self::char(first));
                rest = &rest[first.len_utf8()..];
            }
        }
        keys
    }

    fn named(name: &str) -> Option<Self> {
        let code = match name {
            "tab" => KeyCode::Tab,
            "s-tab" => KeyCode::BackTab,
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "backspace" => KeyCode::Backspace,
            _ => {
                let mut characters = name.strip_prefix("C-")?.chars();
                return characters.next().filter(|_| characters.next().is_none()).map(Self::ctrl);
            }
        };
        Some(Self::plain(code))
    }

    /// The key itself.
    pub const fn code(self) -> KeyCode {
        self.code
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let shifted = event.modifiers.contains(KeyModifiers::SHIFT);
        match event.code {
            // Terminals tell Shift-Tab as a key of its own, with or without Shift.
            KeyCode::BackTab => Self::plain(KeyCode::BackTab),
            KeyCode::Char(character) if control => Self::ctrl(character.to_ascii_lowercase()),
            KeyCode::Char(character) => Self::char(character),
            code => Self { code, control, shift: shifted },
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("Ctrl-")?;
        }
        if self.shift {
            f.write_str("⇧")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(character) => write!(f, "{character}"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Enter => f.write_str("Enter"),
            KeyCode::Esc => f.write_str("Esc"),
            KeyCode::Tab => f.write_str("Tab"),
            KeyCode::BackTab => f.write_str("⇧Tab"),
            KeyCode::Home => f.write_str("Home"),
            KeyCode::End => f.write_str("End"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::F(number) => write!(f, "F{number}"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_belongs_to_the_character_but_not_to_an_arrow() {
        let event = |code, modifiers| Key::from(KeyEvent::new(code, modifiers));
        assert_eq!(event(KeyCode::Char('H'), KeyModifiers::SHIFT), Key::char('H'));
        assert_eq!(event(KeyCode::Left, KeyModifiers::SHIFT), Key::shift(KeyCode::Left));
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), Key::plain(KeyCode::BackTab));
        assert_eq!(event(KeyCode::Char('D'), KeyModifiers::CONTROL), Key::ctrl('d'));
        assert_eq!(Key::ctrl('d').to_string(), "Ctrl-d");
        assert_eq!(Key::ctrl('d').character(), None);
    }

    #[test]
    fn scripts_mix_characters_and_names() {
        let keys = [Key::char('j'), Key::plain(KeyCode::Tab), Key::ctrl('r'), Key::char('<'), Key::char('8')];
        assert_eq!(Key::script("j<tab><C-r><8"), keys);
    }
}
