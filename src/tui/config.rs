//! The user's settings: colours, mouse, characters, keys. A TOML file in the user's configuration folder.
//!
//! ```toml
//! theme = "light"       # okabe-ito, light or mono
//! mouse = false         # leave the mouse to the terminal
//! ascii = true          # draw with plain characters
//!
//! [keys]                # names as `splitscope keys` prints them
//! train = ["f5"]
//! ```
//! A flag of the command line goes before the file, the file before what the environment says.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    keymap::{KeyTable, Keymap},
    theme::ColourScheme,
};
use crate::diagnostic::{Diagnostic, Source, nearest};

/// Settings of the file; those it lacks are `None`, or the keys of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserConfig {
    /// Colour scheme; `None` leaves it to the terminal.
    pub(crate) scheme: Option<ColourScheme>,
    /// The mouse is taken from the terminal.
    pub(crate) mouse: Option<bool>,
    /// Only ASCII is drawn.
    pub(crate) ascii: Option<bool>,
    /// Keys of the commands.
    pub(crate) keys: Keymap,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    theme: Option<Spanned<String>>,
    mouse: Option<bool>,
    ascii: Option<bool>,
    keys: KeyTable,
}

impl UserConfig {
    /// Reads a file.
    ///
    /// # Errors
    /// Anything wrong with it, at its place.
    pub(crate) fn from_toml(source: &Source) -> Result<Self, Diagnostic> {
        let file: File = source.parse()?;
        let scheme = file.theme.map(|name| scheme(&name, source)).transpose()?;
        let keys = Keymap::with(&file.keys, source)?;
        Ok(Self { scheme, mouse: file.mouse, ascii: file.ascii, keys })
    }

    /// The user's file as text; `None` if there is none.
    ///
    /// # Errors
    /// It is there and can't be read.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Source>> {
        match Source::read(path) {
            Ok(source) => Ok(Some(source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Path of the user's file: `$SPLITSCOPE_CONFIG`, else `splitscope/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`;
/// `None` if the environment names neither.
pub(crate) fn path() -> Option<PathBuf> {
    let named = folder("SPLITSCOPE_CONFIG");
    named.or_else(|| Some(base("XDG_CONFIG_HOME", ".config")?.join("splitscope").join("config.toml")))
}

/// Folder of files that the program keeps: `splitscope` in `$XDG_STATE_HOME` or `~/.local/state`.
pub(crate) fn state_folder() -> Option<PathBuf> {
    Some(base("XDG_STATE_HOME", ".local/state")?.join("splitscope"))
}

fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// A base folder; the specification of these asks to pass over a path that is not absolute.
fn base(name: &str, below_home: &str) -> Option<PathBuf> {
    let named = folder(name).filter(|path| path.is_absolute());
    named.or_else(|| Some(folder("HOME")?.join(below_home)))
}

fn scheme(name: &Spanned<String>, source: &Source) -> Result<ColourScheme, Diagnostic> {
    ColourScheme::from_name(name.get_ref()).ok_or_else(|| {
        let names = ColourScheme::ALL.map(ColourScheme::name);
        let near = nearest(name.get_ref(), names).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let help = Some(format!("{near}themes: {}", names.join(", ")));
        Diagnostic { help, ..source.error(name.span(), format!("no theme is named `{}`", name.get_ref())) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{explore::Command, tui::keymap::Key};

    fn read(text: &str) -> Result<UserConfig, Diagnostic> {
        UserConfig::from_toml(&Source::new("config.toml", text))
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert_eq!(read("").unwrap(), UserConfig::default());
    }

    #[test]
    fn what_is_set_counts() {
        let config = read("theme = \"light\"\nmouse = false\n[keys]\ntrain = [\"f5\"]\n").unwrap();
        assert_eq!((config.scheme, config.mouse, config.ascii), (Some(ColourScheme::Light), Some(false), None));
        assert_eq!(config.keys.row(Command::StartTraining).unwrap().keys, [Key::parse("f5").unwrap()]);
    }

    #[test]
    fn mistakes_are_shown_at_their_place() {
        for (text, place, word) in [
            ("theme = \"lihgt\"\n", (1, 9), "light"),
            ("\nmuose = true\n", (2, 1), "mouse"),
            ("mouse = 3\n", (1, 9), "boolean"),
            ("[keys]\ntrain = \"T\"\n", (2, 9), "sequence"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.position(), place, "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn no_file_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(UserConfig::read(&folder.path().join("config.toml")).unwrap().is_none());
        assert!(UserConfig::read(folder.path()).is_err());
    }
}
