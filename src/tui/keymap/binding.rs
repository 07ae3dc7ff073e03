//! Rows of the key table: a command, its keys, and the screens it applies to.

use super::key::Key;
use crate::tui::{command::UserCommand, model::screen::Screen};

/// A set of screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screens(u8);

const fn bit(screen: Screen) -> u8 {
    1 << screen as u8
}

impl Screens {
    /// All screens.
    pub(crate) const ALL: Self = Self(0b1111);
    /// Only Explore.
    pub(crate) const EXPLORE: Self = Self(bit(Screen::Explore));
    /// Screens of designs: Explore and Compare.
    pub(crate) const DESIGNS: Self = Self(bit(Screen::Explore) | bit(Screen::Compare));
    /// Screens of curves: Train and Search.
    pub(crate) const CURVES: Self = Self(bit(Screen::Train) | bit(Screen::Search));
    /// Only Search.
    pub(crate) const SEARCH: Self = Self(bit(Screen::Search));
    /// Screens with a plot to zoom: all but Compare.
    pub(crate) const PLOTS: Self = Self(Self::EXPLORE.0 | Self::CURVES.0);
    /// Only Compare.
    pub(crate) const COMPARE: Self = Self(bit(Screen::Compare));

    /// Returns `true` if the set holds the screen.
    pub(crate) const fn has(self, screen: Screen) -> bool {
        self.0 & bit(screen) != 0
    }

    /// Returns `true` if a screen is in both sets.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Chapters of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    /// Getting about.
    Move,
    /// Knobs and split.
    Change,
    /// Looking closer at designs.
    Look,
    /// Training and searching.
    Work,
    /// The curves of a training or search.
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
    pub(crate) const ALL: [Self; 8] =
        [Self::Move, Self::Change, Self::Look, Self::Work, Self::Curves, Self::Replay, Self::Out, Self::Program];

    /// Heading of the chapter.
    pub(crate) const fn title(self) -> &'static str {
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

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Name in the user's file and the key list: `next-pane`, `go-to-train`, `split-less`.
    pub(crate) name: &'static str,
    /// Command that the keys carry out.
    pub(crate) command: UserCommand,
    /// Default keys, the one to show first.
    pub(crate) keys: &'static [Key],
    /// Screens it applies to.
    pub(crate) screens: Screens,
    /// Chapter of the help.
    pub(crate) group: Group,
    /// One or two words for the footer; empty if the footer does not show it.
    pub(crate) hint: &'static str,
    /// Description, an imperative without a full stop.
    pub(crate) words: &'static str,
}

/// A row of the table with the keys that are in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyRow<'a> {
    /// Row of the table.
    pub(crate) binding: &'static Binding,
    /// Keys in use, the one to show first; empty if the user took them away.
    pub(crate) keys: &'a [Key],
    /// Keys are written in ASCII only.
    pub(crate) ascii: bool,
}

impl KeyRow<'_> {
    /// The keys as a user reads them: `j ↓`.
    pub(crate) fn key_names(&self) -> String {
        let names: Vec<String> = self.keys.iter().map(|key| self.written(*key)).collect();
        names.join(" ")
    }

    /// The key to show where there is room for one.
    pub(crate) fn first_key(&self) -> String {
        self.keys.first().map(|key| self.written(*key)).unwrap_or_default()
    }

    fn written(&self, key: Key) -> String {
        if self.ascii { key.name() } else { key.to_string() }
    }

    /// Returns `true` if the row holds all words of a search, in its keys or its text; case does not matter.
    pub(crate) fn matches(&self, search: &str) -> bool {
        let Binding { words, hint, group, name, .. } = self.binding;
        let text = format!("{words} {hint} {} {} {}", self.key_names(), group.title(), name).to_lowercase();
        search.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// Names of the screens it is on, or "everywhere".
    pub(super) fn places(&self) -> String {
        let screens: Vec<&str> =
            Screen::ALL.into_iter().filter(|screen| self.binding.screens.has(*screen)).map(Screen::name).collect();
        if screens.len() == Screen::ALL.len() { "everywhere".to_owned() } else { screens.join(", ") }
    }
}
