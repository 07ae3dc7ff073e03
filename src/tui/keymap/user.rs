//! The keys of this user: those of the table, with those of a `[keys]` table laid over them.
//!
//! ```toml
//! [keys]
//! train = ["t", "f5"]   # a name of `splitscope keys`, and the keys it is to have
//! history = []          # none: the palette still finds it
//! ```

use std::collections::BTreeMap;

use toml::Spanned;

use super::{
    binding::{Binding, KeyRow},
    key::Key,
    table::BINDINGS,
};
use crate::{
    diagnostic::{Diagnostic, Source, nearest},
    tui::{command::UserCommand, model::screen::Screen},
};

/// The `[keys]` table as it is written: names of commands and of keys, with their positions.
pub(crate) type KeyTable = BTreeMap<Spanned<String>, Vec<Spanned<String>>>;

/// The table with the keys in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keymap {
    /// Keys by row of the table.
    keys: Vec<Vec<Key>>,
    /// Keys are written in ASCII only.
    ascii: bool,
}

impl Default for Keymap {
    /// The keys of the table.
    fn default() -> Self {
        Self { keys: BINDINGS.iter().map(|row| row.keys.to_vec()).collect(), ascii: false }
    }
}

impl Keymap {
    /// The keys of the table with those of the user laid over them. `source` is the file the table stands in.
    ///
    /// # Errors
    /// A name of no command or no key, with the nearest one; a key that means two things on one screen.
    pub(crate) fn with(table: &KeyTable, source: &Source) -> Result<Self, Diagnostic> {
        let mut keymap = Self::default();
        for (name, keys) in table {
            let index = row_named(name, source)?;
            keymap.keys[index] = keys.iter().map(|key| key_named(key, source)).collect::<Result<_, _>>()?;
        }
        for (name, keys) in table {
            let index = row_named(name, source)?;
            for (place, spelled) in keys.iter().enumerate() {
                keymap.check(index, place, spelled, source)?;
            }
        }
        Ok(keymap)
    }

    /// That a key of a row means nothing else on any screen of the row.
    fn check(&self, index: usize, place: usize, spelled: &Spanned<String>, source: &Source) -> Result<(), Diagnostic> {
        let (binding, key) = (&BINDINGS[index], self.keys[index][place]);
        if self.keys[index][..place].contains(&key) {
            return Err(source.error(spelled.span(), format!("`{key}` stands here twice")));
        }
        let clash = |(other, row): &(usize, KeyRow<'_>)| {
            *other != index && row.binding.screens.meets(binding.screens) && row.keys.contains(&key)
        };
        let Some((_, row)) = self.rows().enumerate().find(clash) else { return Ok(()) };
        let name = row.binding.name;
        let screens =
            Screen::ALL.into_iter().filter(|screen| row.binding.screens.has(*screen) && binding.screens.has(*screen));
        let screens: Vec<&str> = screens.map(Screen::name).collect();
        let message = format!("`{key}` also means `{name}` on {}", screens.join(", "));
        let help = Some(format!("give `{name}` other keys in this file too, or none: {name} = []"));
        Err(Diagnostic { help, ..source.error(spelled.span(), message) })
    }

    /// Writes keys in ASCII only, or with arrows.
    #[must_use]
    pub(crate) fn written(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// All rows in the order of the table.
    pub(crate) fn rows(&self) -> impl Iterator<Item = KeyRow<'_>> {
        BINDINGS.iter().zip(&self.keys).map(|(binding, keys)| KeyRow { binding, keys, ascii: self.ascii })
    }

    /// The rows of a screen.
    pub(crate) fn rows_on(&self, screen: Screen) -> impl Iterator<Item = KeyRow<'_>> {
        self.rows().filter(move |row| row.binding.screens.has(screen))
    }

    /// Command of a key on a screen.
    pub(crate) fn command_of(&self, screen: Screen, key: Key) -> Option<&'static UserCommand> {
        self.rows_on(screen).find(|row| row.keys.contains(&key)).map(|row| &row.binding.command)
    }

    /// Row of a command; `None` if it stands in no row, as a command with arguments that only the mouse gives.
    pub(crate) fn row(&self, command: impl Into<UserCommand>) -> Option<KeyRow<'_>> {
        let command = command.into();
        self.rows().find(|row| row.binding.command == command)
    }

    /// First key of a command, to be named in a sentence; if it has no key, its name in the command palette.
    pub(crate) fn key(&self, command: impl Into<UserCommand>) -> String {
        match self.row(command) {
            Some(row) if row.keys.is_empty() => format!(":{}", row.binding.name),
            Some(row) => row.first_key(),
            None => String::new(),
        }
    }
}

fn row_named(name: &Spanned<String>, source: &Source) -> Result<usize, Diagnostic> {
    let of = |row: &Binding| row.name == name.get_ref();
    BINDINGS.iter().position(of).ok_or_else(|| {
        let help = match nearest(name.get_ref(), BINDINGS.iter().map(|row| row.name)) {
            Some(near) => format!("did you mean `{near}`? `splitscope keys` lists all names"),
            None => "`splitscope keys` lists all names".to_owned(),
        };
        let message = format!("no command is named `{}`", name.get_ref());
        Diagnostic { help: Some(help), ..source.error(name.span(), message) }
    })
}

fn key_named(name: &Spanned<String>, source: &Source) -> Result<Key, Diagnostic> {
    Key::parse(name.get_ref()).ok_or_else(|| {
        let message = format!("no key is named `{}`", name.get_ref());
        let help =
            Some("a key is one character, a name such as `left`, `enter`, `f5`, or either after `ctrl-`, `shift-`");
        Diagnostic { help: help.map(str::to_owned), ..source.error(name.span(), message) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{explore::Command, tui::model::screen::Overlay};

    fn read(text: &str) -> Result<Keymap, Diagnostic> {
        let source = Source::new("config.toml", text);
        Keymap::with(&source.parse()?, &source)
    }

    #[test]
    fn the_users_keys_replace_those_of_the_table() {
        let keymap = read("train = [\"f5\", \"ctrl-t\"]\nhistory = []\n").unwrap();
        assert_eq!(keymap.command_of(Screen::Train, Key::ctrl('t')), Some(&Command::StartTraining.into()));
        assert_eq!(keymap.command_of(Screen::Train, Key::char('T')), None);
        assert_eq!(keymap.command_of(Screen::Train, Key::char('U')), None);
        assert_eq!(
            (keymap.key(Command::StartTraining), keymap.key(UserCommand::ToggleOverlay(Overlay::History))),
            ("F5".to_owned(), ":history".to_owned())
        );
    }

    #[test]
    fn what_is_wrong_is_shown_at_its_place() {
        let error = read("train = [\"t\"]\nserch = [\"ctrl-f\"]\n").unwrap_err();
        assert_eq!(error.position(), (2, 1));
        assert!(error.to_string().contains("did you mean `search`?"), "{error}");
        let error = read("train = [\"hyper-t\"]\n").unwrap_err();
        assert_eq!(error.position(), (1, 10));
        let error = read("train = [\"t\"]\n").unwrap_err();
        assert!(error.to_string().contains("`t` also means `show-table` on Explore"), "{error}");
        assert!(read("train = [\"t\"]\nshow-table = [\"T\"]\n").is_ok(), "two may change places");
        assert!(read("train = [\"f5\", \"f5\"]\n").is_err());
    }

    #[test]
    fn the_printed_table_reads_back_as_it_is() {
        let text = Keymap::default().toml();
        let source = Source::new("printed", &*text);
        let file: BTreeMap<String, KeyTable> = source.parse().unwrap();
        assert_eq!(Keymap::with(&file["keys"], &source).unwrap(), Keymap::default());
    }
}
