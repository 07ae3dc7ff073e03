//! The one table of what a user can ask for: it drives dispatch, the hints in the footer, the help, the command palette, the
//! user's own keys and the key list of the README.
//!
//! A [`Verb`] is a wish ("move right", "start training"); what it does depends on what has the focus and is decided in
//! `dispatch`. A [`Keymap`] is the table with the keys of this user. Invariants (tested): on one screen no key means two
//! things; a verb has the same keys on all its screens; each verb has a row in the table, a name, words, and so a place in
//! help and palette.

mod key;
mod table;
mod user;

pub use key::Key;
pub use table::BINDINGS;
pub use user::{KeyTable, Keymap};

use std::fmt::Write as _;

use crate::explore::{DesignPart, Screen};

/// A set of screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screens(u8);

const fn bit(screen: Screen) -> u8 {
    1 << screen as u8
}

impl Screens {
    /// All of them.
    pub const ALL: Self = Self(0b1111);
    /// Only Explore.
    pub const EXPLORE: Self = Self(bit(Screen::Explore));
    /// Where designs are in the focus: Explore and Compare.
    pub const DESIGNS: Self = Self(bit(Screen::Explore) | bit(Screen::Compare));
    /// Where curves are: Train and Search.
    pub const CURVES: Self = Self(bit(Screen::Train) | bit(Screen::Search));
    /// Only Search.
    pub const SEARCH: Self = Self(bit(Screen::Search));
    /// Where there is a plot to zoom: everywhere but on Compare.
    pub const PLOTS: Self = Self(Self::EXPLORE.0 | Self::CURVES.0);
    /// Only Compare.
    pub const COMPARE: Self = Self(bit(Screen::Compare));

    /// Whether the screen is among them.
    pub const fn has(self, screen: Screen) -> bool {
        self.0 & bit(screen) != 0
    }

    /// Whether some screen is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Chapters of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Getting about.
    Move,
    /// Knobs and split.
    Change,
    /// Looking closer at designs.
    Look,
    /// Training and searching.
    Work,
    /// Curves.
    Curves,
    /// Going through a run that is over, or through the tour.
    Replay,
    /// Getting things out.
    Out,
    /// The program itself.
    Program,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Self; 8] =
        [Self::Move, Self::Change, Self::Look, Self::Work, Self::Curves, Self::Replay, Self::Out, Self::Program];

    /// Heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Change => "Change",
            Self::Look => "Look",
            Self::Work => "Train and search",
            Self::Curves => "Curves",
            Self::Replay => "Replay and tour",
            Self::Out => "Take out",
            Self::Program => "Program",
        }
    }
}

/// What a user can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    PageUp,
    PageDown,
    NextPane,
    PreviousPane,
    GoTo(Screen),
    Back,
    LeftMany,
    RightMany,
    Least,
    Most,
    Open,
    Reset,
    ResetAll,
    Lock,
    Undo,
    Redo,
    History,
    Remember,
    Recall,
    Hand(DesignPart, i8),
    ResetHand,
    Pin,
    Baseline,
    PinEarlier,
    PinLater,
    DifferencesOnly,
    LowerEndUp,
    LowerEndDown,
    UpperEndUp,
    UpperEndDown,
    ClearBrushes,
    KeepBrushed,
    Why,
    Tornado,
    Filter,
    Sort,
    Reverse,
    Unit,
    Axes,
    ZoomPane,
    ShowScatter,
    ShowTable,
    Freeze,
    Train,
    Search,
    PauseOrResume,
    Stop,
    Detach,
    SendLimits,
    Runs,
    PanBack,
    PanOn,
    ZoomIn,
    ZoomOut,
    Follow,
    LogAxis,
    Inspect,
    Smooth,
    EarlierFront,
    LaterFront,
    ReplayBack,
    ReplayOn,
    Play,
    Copy,
    CopyToml,
    Export,
    Help,
    FindHelp,
    Palette,
    Mouse,
    Redraw,
    Suspend,
    Quit,
    QuitKeeping,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The wish.
    pub verb: Verb,
    /// Its keys, the one to show first.
    pub keys: &'static [Key],
    /// Where it means something.
    pub screens: Screens,
    /// Its chapter.
    pub group: Group,
    /// One or two words for the footer; empty if it is not shown there.
    pub hint: &'static str,
    /// What it does, as an imperative without a full stop.
    pub words: &'static str,
}

impl Verb {
    /// Its name in the user's file: `next-pane`, `go-to-train`, `split-less`.
    pub fn name(self) -> String {
        let words = match self {
            Self::Hand(part, steps) => format!("{part:?}{}", if steps < 0 { "Less" } else { "More" }),
            Self::GoTo(screen) => format!("GoTo{screen:?}"),
            other => format!("{other:?}"),
        };
        let mut name = String::new();
        for letter in words.chars() {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }
}

/// A row of the table with the keys that are in use.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The row.
    pub binding: &'static Binding,
    /// Its keys, the one to show first; none if the user took them away.
    pub keys: &'a [Key],
    /// Whether keys are written in plain characters only.
    pub plain: bool,
}

impl Row<'_> {
    /// The keys as a user reads them: `j ↓`.
    pub fn key_names(&self) -> String {
        let names: Vec<String> = self.keys.iter().map(|key| self.written(*key)).collect();
        names.join(" ")
    }

    /// The key to show where there is room for one.
    pub fn first_key(&self) -> String {
        self.keys.first().map(|key| self.written(*key)).unwrap_or_default()
    }

    fn written(&self, key: Key) -> String {
        if self.plain { key.name() } else { key.to_string() }
    }

    /// Whether the row holds all words of a search, in its keys or its text; case does not matter.
    pub fn matches(&self, search: &str) -> bool {
        let Binding { words, hint, group, verb, .. } = self.binding;
        let text = format!("{words} {hint} {} {} {}", self.key_names(), group.title(), verb.name()).to_lowercase();
        search.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// Names of the screens it is on, or "everywhere".
    fn places(&self) -> String {
        let screens: Vec<&str> =
            Screen::ALL.into_iter().filter(|screen| self.binding.screens.has(*screen)).map(Screen::name).collect();
        if screens.len() == Screen::ALL.len() { "everywhere".to_owned() } else { screens.join(", ") }
    }
}

impl Keymap {
    /// The key list of the README, as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for group in Group::ALL {
            let _ = writeln!(text, "**{}**\n\n| keys | what | where | name |\n|---|---|---|---|", group.title());
            for row in self.rows().filter(|row| row.binding.group == group) {
                let keys: Vec<String> =
                    row.keys.iter().map(|key| format!("`{}`", key.to_string().replace('|', "\\|"))).collect();
                let Binding { words, verb, .. } = row.binding;
                let _ = writeln!(text, "| {} | {words} | {} | `{}` |", keys.join(" "), row.places(), verb.name());
            }
            text.push('\n');
        }
        text
    }

    /// The keys as the `[keys]` table of the user's file, to be changed from there.
    pub fn toml(&self) -> String {
        let mut text = "[keys]\n".to_owned();
        for group in Group::ALL {
            let _ = writeln!(text, "# {}", group.title());
            for row in self.rows().filter(|row| row.binding.group == group) {
                let keys: Vec<String> = row.keys.iter().map(|key| toml::Value::from(key.name()).to_string()).collect();
                let Binding { words, verb, .. } = row.binding;
                let _ = writeln!(text, "{} = [{}] # {words}; {}", verb.name(), keys.join(", "), row.places());
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn no_key_means_two_things_on_one_screen() {
        for screen in Screen::ALL {
            let mut meanings: HashMap<Key, Verb> = HashMap::new();
            for row in BINDINGS.iter().filter(|row| row.screens.has(screen)) {
                for key in row.keys {
                    let other = meanings.insert(*key, row.verb);
                    assert_eq!(other, None, "{key} on {} also means {:?}", screen.name(), row.verb);
                }
            }
        }
    }

    #[test]
    fn a_verb_has_one_row_with_keys_and_words() {
        for (index, row) in BINDINGS.iter().enumerate() {
            assert!(!row.keys.is_empty() && !row.words.is_empty(), "{:?}", row.verb);
            assert!(!row.words.ends_with('.'), "{:?}", row.verb);
            assert!(BINDINGS[..index].iter().all(|other| other.verb != row.verb), "{:?} twice", row.verb);
        }
    }

    #[test]
    fn flow_control_keys_stay_free() {
        for row in BINDINGS {
            assert!(!row.keys.contains(&Key::ctrl('s')) && !row.keys.contains(&Key::ctrl('q')), "{:?}", row.verb);
        }
    }

    #[test]
    fn names_of_verbs_are_unique_and_plain() {
        let mut names: Vec<String> = BINDINGS.iter().map(|row| row.verb.name()).collect();
        assert!(names.contains(&"go-to-train".to_owned()) && names.contains(&"split-less".to_owned()), "{names:?}");
        assert!(names.iter().all(|name| name.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-')));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), BINDINGS.len());
    }

    #[test]
    fn search_finds_words_in_any_order_and_case() {
        let keymap = Keymap::default();
        let train = keymap.row(Verb::Train);
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
