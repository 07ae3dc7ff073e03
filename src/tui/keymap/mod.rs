//! The key table: it drives input, the hints of the footer, the help, the command palette, the user's own keys and the
//! key list of the manual.
//!
//! A [`Keymap`] is the table with the keys of this user. Invariants (tested): on one screen no key stands for two
//! commands; a command has the same keys on all its screens; each row has a name and a description.

mod binding;
mod key;
mod print;
mod table;
mod user;

pub(crate) use binding::{Group, KeyRow, Screens};
pub(crate) use key::Key;
pub(crate) use table::BINDINGS;
pub(crate) use user::{KeyTable, Keymap};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        explore::Command,
        tui::{command::UserCommand, model::screen::Screen},
    };
    use std::collections::HashMap;

    #[test]
    fn no_key_means_two_things_on_one_screen() {
        for screen in Screen::ALL {
            let mut meanings: HashMap<Key, &UserCommand> = HashMap::new();
            for row in BINDINGS.iter().filter(|row| row.screens.has(screen)) {
                for key in row.keys {
                    let other = meanings.insert(*key, &row.command);
                    assert_eq!(other, None, "{key} on {} also means {}", screen.name(), row.name);
                }
            }
        }
    }

    #[test]
    fn a_command_has_one_row_with_keys_and_words() {
        for (index, row) in BINDINGS.iter().enumerate() {
            assert!(!row.keys.is_empty() && !row.words.is_empty(), "{:?}", row.name);
            assert!(!row.words.ends_with('.'), "{:?}", row.name);
            // The palette shows them whole on the smallest screen, behind 17 cells of mark and keys.
            assert!(row.words.chars().count() <= 61, "{:?}", row.name);
            assert!(BINDINGS[..index].iter().all(|other| other.command != row.command), "{:?} twice", row.name);
        }
    }

    #[test]
    fn flow_control_keys_stay_free() {
        for row in BINDINGS {
            assert!(!row.keys.contains(&Key::ctrl('s')) && !row.keys.contains(&Key::ctrl('q')), "{:?}", row.name);
        }
    }

    #[test]
    fn names_are_unique_and_plain() {
        let mut names: Vec<&str> = BINDINGS.iter().map(|row| row.name).collect();
        assert!(names.contains(&"go-to-train") && names.contains(&"split-less"), "{names:?}");
        assert!(names.iter().all(|name| name.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BINDINGS.len());
    }

    #[test]
    fn search_finds_words_in_any_order_and_case() {
        let keymap = Keymap::default();
        let train = keymap.row(Command::StartTraining).unwrap();
        assert!(train.matches("TRAIN start") && train.matches("") && !train.matches("train zebra"));
    }

    #[test]
    fn the_markdown_lists_every_row_once() {
        let text = Keymap::default().markdown();
        for row in BINDINGS {
            assert_eq!(text.matches(&format!("| {} |", row.words)).count(), 1, "{}", row.words);
        }
    }
}
