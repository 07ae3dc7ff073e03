//! The keys of this user: those of the table, with those of a `[keys]` table laid over them.
//!
//! ```toml
//! [keys]
//! train = ["t", "f5"]   # a name of `splitscope keys`, and the keys it is to have
//! history = []          # none: the palette still finds it
//! ```

use std::collections::BTreeMap;

use toml::Spanned;

use super::{BINDINGS, Binding, Key, Row, Verb};
use crate::{
    diagnostic::{Diagnostic, Source, nearest},
    explore::Screen,
};

/// The `[keys]` table as it is written: names of verbs and names of keys, with their places.
pub type KeyTable = BTreeMap<Spanned<String>, Vec<Spanned<String>>>;

/// The table with the keys in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// Keys by row of the table.
    keys: Vec<Vec<Key>>,
    /// Whether keys are to be written in plain characters only.
    plain: bool,
}

impl Default for Keymap {
    /// The keys of the table.
    fn default() -> Self {
        Self { keys: BINDINGS.iter().map(|row| row.keys.to_vec()).collect(), plain: false }
    }
}

impl Keymap {
    /// The keys of the table with those of the user laid over them. `source` is the file the table stands in.
    ///
    /// # Errors
    /// A name that is no verb or no key, with the nearest one; a key that means two things on one screen.
    pub fn with(table: &KeyTable, source: &Source) -> Result<Self, Diagnostic> {
        let mut keymap = Self::default();
        for (name, keys) in table {
            let index = verb_named(name, source)?;
            keymap.keys[index] = keys.iter().map(|key| key_named(key, source)).collect::<Result<_, _>>()?;
        }
        for (name, keys) in table {
            let index = verb_named(name, source)?;
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
        let clash = |(other, row): &(usize, Row<'_>)| {
            *other != index && row.binding.screens.meets(binding.screens) && row.keys.contains(&key)
        };
        let Some((_, row)) = self.rows().enumerate().find(clash) else { return Ok(()) };
        let verb = row.binding.verb.name();
        let screens =
            Screen::ALL.into_iter().filter(|screen| row.binding.screens.has(*screen) && binding.screens.has(*screen));
        let screens: Vec<&str> = screens.map(Screen::name).collect();
        let message = format!("`{key}` also means `{verb}` on {}", screens.join(", "));
        let help = Some(format!("give `{verb}` other keys in this file too, or none: {verb} = []"));
        Err(Diagnostic { help, ..source.error(spelled.span(), message) })
    }

    /// The same keys, written in plain characters only if so wanted.
    #[must_use]
    pub fn written(self, plain: bool) -> Self {
        Self { plain, ..self }
    }

    /// All rows in the order of the table.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        BINDINGS.iter().zip(&self.keys).map(|(binding, keys)| Row { binding, keys, plain: self.plain })
    }

    /// The rows of a screen.
    pub fn rows_on(&self, screen: Screen) -> impl Iterator<Item = Row<'_>> {
        self.rows().filter(move |row| row.binding.screens.has(screen))
    }

    /// The verb a key means on a screen.
    pub fn verb_of(&self, screen: Screen, key: Key) -> Option<Verb> {
        self.rows_on(screen).find(|row| row.keys.contains(&key)).map(|row| row.binding.verb)
    }

    /// The row of a verb.
    pub fn row(&self, verb: Verb) -> Row<'_> {
        self.rows().find(|row| row.binding.verb == verb).expect("every verb has a row (tested)")
    }

    /// The first key of a verb, to be named in a sentence; its name if it has no key.
    pub fn key(&self, verb: Verb) -> String {
        let row = self.row(verb);
        if row.keys.is_empty() { format!(":{}", verb.name()) } else { row.first_key() }
    }
}

fn verb_named(name: &Spanned<String>, source: &Source) -> Result<usize, Diagnostic> {
    let of = |row: &Binding| row.verb.name() == *name.get_ref();
    BINDINGS.iter().position(of).ok_or_else(|| {
        let names: Vec<String> = BINDINGS.iter().map(|row| row.verb.name()).collect();
        let help = match nearest(name.get_ref(), names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`? `splitscope keys` lists all names"),
            None => "`splitscope keys` lists all names".to_owned(),
        };
        let message = format!("nothing that keys can ask for is named `{}`", name.get_ref());
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

    fn read(text: &str) -> Result<Keymap, Diagnostic> {
        let source = Source::new("config.toml", text);
        Keymap::with(&source.parse()?, &source)
    }

    #[test]
    fn the_users_keys_replace_those_of_the_table() {
        let keymap = read("train = [\"f5\", \"ctrl-t\"]\nhistory = []\n").unwrap();
        assert_eq!(keymap.verb_of(Screen::Train, Key::ctrl('t')), Some(Verb::Train));
        assert_eq!(keymap.verb_of(Screen::Train, Key::char('T')), None);
        assert_eq!(keymap.verb_of(Screen::Train, Key::char('U')), None);
        assert_eq!((keymap.key(Verb::Train), keymap.key(Verb::History)), ("F5".to_owned(), ":history".to_owned()));
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
