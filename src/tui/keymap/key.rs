//! One key with its modifiers, in the form keys are compared and printed in.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with Control, Alt or Shift. Shift is only told for keys that are no character: `H` is `H`, not Shift and `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    code: KeyCode,
    control: bool,
    shift: bool,
    alt: bool,
}

/// Names of keys that are no character, in files.
const NAMES: [(&str, KeyCode); 16] = [
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("delete", KeyCode::Delete),
    ("backspace", KeyCode::Backspace),
    ("space", KeyCode::Char(' ')),
];

impl Key {
    /// A key by itself.
    pub(crate) const fn plain(code: KeyCode) -> Self {
        Self { code, control: false, shift: false, alt: false }
    }

    /// The key of a character.
    pub(crate) const fn char(character: char) -> Self {
        Self::plain(KeyCode::Char(character))
    }

    /// A key with Control.
    pub(crate) const fn ctrl(character: char) -> Self {
        Self { control: true, ..Self::char(character) }
    }

    /// A key that is no character, with Shift.
    pub(crate) const fn shift(code: KeyCode) -> Self {
        Self { shift: true, ..Self::plain(code) }
    }

    /// The keys of a script: characters as they are, others by name: `<tab>`, `<enter>`, `<esc>`, `<left>`, `<C-r>`. A
    /// name that is none is taken as characters.
    pub(crate) fn script(text: &str) -> Vec<Self> {
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
        match name {
            "s-tab" => Some(Self::plain(KeyCode::BackTab)),
            _ if name.chars().count() == 1 => None,
            _ => name.strip_prefix("C-").map_or_else(|| Self::parse(name), |rest| Self::parse(&format!("ctrl-{rest}"))),
        }
    }

    /// The key of a name in a file: a character, `left`, `f5`, or either of them after `ctrl-`, `alt-` or `shift-`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut characters = name.chars();
        if let (Some(character), None) = (characters.next(), characters.next()) {
            let is_key = !character.is_control() && character != ' ';
            return is_key.then_some(Self::char(character));
        }
        if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Some(Self::plain(*code));
        }
        if let Some(rest) = name.strip_prefix("ctrl-") {
            let key = Self::parse(rest)?;
            // Terminals do not tell Control with a capital from Control with a small letter.
            let code = if let KeyCode::Char(letter) = key.code {
                KeyCode::Char(letter.to_ascii_lowercase())
            } else {
                key.code
            };
            return (!key.control).then_some(Self { code, control: true, ..key });
        }
        if let Some(rest) = name.strip_prefix("alt-") {
            return Self::parse(rest).filter(|key| !key.alt).map(|key| Self { alt: true, ..key });
        }
        if let Some(rest) = name.strip_prefix("shift-") {
            let fits = |key: &Self| !key.shift && !matches!(key.code, KeyCode::Char(_));
            return Self::parse(rest).filter(fits).map(|key| Self { shift: true, ..key });
        }
        let number = name.strip_prefix('f')?.parse().ok()?;
        (1..=24).contains(&number).then_some(Self::plain(KeyCode::F(number)))
    }

    /// Its name in a file, as [`Key::parse`] reads it.
    pub(crate) fn name(self) -> String {
        let word = match self.code {
            KeyCode::Char(character) if character != ' ' => character.to_string(),
            KeyCode::F(number) => format!("f{number}"),
            code => NAMES
                .iter()
                .find(|(_, known)| *known == code)
                .map_or_else(|| format!("{code}"), |(name, _)| (*name).to_owned()),
        };
        let modifier = |on: bool, name: &'static str| if on { name } else { "" };
        let (control, alt, shift) =
            (modifier(self.control, "ctrl-"), modifier(self.alt, "alt-"), modifier(self.shift, "shift-"));
        format!("{control}{alt}{shift}{word}")
    }

    /// The character that it types; `None` for a key with Control or Alt, and for one that is no character.
    pub(crate) const fn character(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if !self.control && !self.alt => Some(character),
            _ => None,
        }
    }

    /// The key itself.
    pub(crate) const fn code(self) -> KeyCode {
        self.code
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let has = |modifier| event.modifiers.contains(modifier);
        let (control, alt) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT));
        match event.code {
            // Terminals tell Shift-Tab as a key of its own, with or without Shift.
            KeyCode::BackTab => Self::plain(KeyCode::BackTab),
            KeyCode::Char(character) => {
                let character = if control { character.to_ascii_lowercase() } else { character };
                Self { control, alt, ..Self::char(character) }
            }
            code => Self { code, control, alt, shift: has(KeyModifiers::SHIFT) },
        }
    }
}

impl From<Key> for KeyEvent {
    fn from(key: Key) -> Self {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, key.control);
        modifiers.set(KeyModifiers::ALT, key.alt);
        modifiers.set(KeyModifiers::SHIFT, key.shift);
        Self::new(key.code, modifiers)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
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
    }

    #[test]
    fn names_read_back() {
        for name in ["j", "G", "<", "ctrl-d", "alt-x", "ctrl-alt-left", "shift-left", "shift-tab", "space", "f12", "-"]
        {
            assert_eq!(Key::parse(name).map(Key::name).as_deref(), Some(name));
        }
        assert_eq!(Key::parse("ctrl-D"), Some(Key::ctrl('d')));
        for name in ["", " ", "shift-h", "ctrl-ctrl-d", "f0", "f99", "hyper-x", "lefty", "ctrl-"] {
            assert_eq!(Key::parse(name), None, "{name}");
        }
    }

    #[test]
    fn scripts_mix_characters_and_names() {
        let keys = [Key::char('j'), Key::plain(KeyCode::Tab), Key::ctrl('r'), Key::char('<'), Key::char('8')];
        assert_eq!(Key::script("j<tab><C-r><8"), keys);
    }
}
