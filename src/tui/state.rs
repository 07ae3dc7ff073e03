//! What is purely of the screen: a text being typed, a menu, the zoom of the curves. Everything that means something to
//! the designs is in the session.

use crate::explore::{Action, KnobId, Part};

use ratatui::layout::Rect;

/// State of the screen.
#[derive(Clone, Debug, Default)]
pub struct UiState {
    /// A text being typed.
    pub entry: Option<Entry>,
    /// A menu, over everything but an entry.
    pub menu: Option<Menu>,
    /// Where there is room for one pane below: whether that is the scatter.
    pub scatter: bool,
    /// The curves of Train and Search.
    pub curves: Curves,
    /// First row of the table shown.
    pub table_first: usize,
    /// First row of the help shown.
    pub help_first: usize,
    /// What the help is searched for.
    pub help_search: String,
    /// Column of the pinned designs that is chosen on the Compare screen.
    pub compare_at: usize,
    /// Rows shown of the list in the focus.
    pub page: usize,
    /// What the mouse is dragging.
    pub drag: Option<Drag>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Milliseconds since the program began: for messages that go away.
    pub now_ms: u64,
}

/// How curves are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curves {
    /// Share of the steps shown, the latest ones: 1 is all.
    pub share: f64,
    /// Share of the steps hidden behind the right edge.
    pub back: f64,
    /// Logarithmic loss.
    pub log: bool,
}

impl Default for Curves {
    fn default() -> Self {
        Self { share: 1.0, back: 0.0, log: true }
    }
}

impl Curves {
    /// Shows less (above 1) or more of the past.
    pub fn zoom(&mut self, factor: f64) {
        self.share = (self.share / factor).clamp(1.0 / 256.0, 1.0);
        self.back = self.back.min(1.0 - self.share);
    }

    /// Moves into the past (above 0) by a part of what is shown.
    pub fn pan(&mut self, part: f64) {
        self.back = (self.back + part * self.share).clamp(0.0, 1.0 - self.share);
    }

    /// The part of 0..=`last` that is shown.
    pub fn window(&self, last: f64) -> (f64, f64) {
        let end = last * (1.0 - self.back);
        (end - last * self.share, end)
    }
}

/// What a text is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The value of the selected knob.
    Knob,
    /// Which designs are shown.
    Filter,
    /// A command.
    Palette,
    /// Words to find in the help.
    HelpSearch,
    /// A name for the present setup.
    Remember,
}

/// A text being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What for.
    pub purpose: Purpose,
    /// The text.
    pub text: String,
    /// The chosen one of the commands that match.
    pub at: usize,
    /// What it was before, to go back to.
    pub before: String,
}

impl Entry {
    /// An entry that begins with a text.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, text: text.to_owned(), at: 0, before: text.to_owned() }
    }
}

/// A choice of a menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its words.
    pub label: String,
    /// What it does.
    pub actions: Vec<Action>,
}

/// A menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// Title.
    pub title: String,
    /// A sentence above the choices; may be empty.
    pub text: String,
    /// The choices.
    pub choices: Vec<Choice>,
    /// The chosen one.
    pub at: usize,
}

/// What the mouse holds while a button is down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drag {
    /// A knob with the track it was taken on.
    Knob(KnobId, Rect),
    /// Split or fusion on the strip.
    Strip(Part, Rect),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_and_pan_stay_within_the_run() {
        let mut curves = Curves::default();
        curves.zoom(4.0);
        assert_eq!(curves.window(100.0), (75.0, 100.0));
        curves.pan(1.0);
        assert_eq!(curves.window(100.0), (50.0, 75.0));
        curves.pan(99.0);
        assert_eq!(curves.window(100.0), (0.0, 25.0));
        curves.zoom(1e-9);
        assert_eq!(curves, Curves { log: true, ..Curves::default() });
    }
}
