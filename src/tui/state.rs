//! What is purely of the screen: a text being typed, a menu, the zoom of the curves. Everything that means something to
//! the designs is in the session.

mod brushing;
mod curves;

pub use brushing::{Brushing, End, axis, brush, move_end};
pub use curves::Curves;

use std::sync::Arc;

use ratatui::layout::Rect;

use super::{
    demo::Caption,
    dispatch::Deed,
    keymap::{Group, Keymap, Row, Verb},
    widget::Axis,
};
use crate::explore::{DesignPart, KnobId, Plot, Screen, Side, progress::Searching};

/// State of the screen.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one thing the user turns on or off")]
pub struct UiState {
    /// What the keys of this user mean.
    pub keys: Arc<Keymap>,
    /// A text being typed.
    pub entry: Option<Entry>,
    /// A menu, over everything but an entry.
    pub menu: Option<Menu>,
    /// Where there is room for one pane below: whether that is the scatter.
    pub scatter: bool,
    /// Whether the pane with the focus has the whole Explore screen.
    pub whole: bool,
    /// What the scatter shows of its plane; everything if `None`.
    pub window: Option<Window>,
    /// Cell of the scatter that the mouse inspects.
    pub cross: Option<(u16, u16)>,
    /// The chosen row of an overlay.
    pub overlay_at: usize,
    /// The curves of Train, over steps.
    pub training: Curves,
    /// The curves of Search, over evaluations.
    pub searching: Curves,
    /// Lines that the list of events is scrolled back from its newest one.
    pub events_back: usize,
    /// The generation whose front Search shows beside the present one.
    pub generation: Option<u32>,
    /// First row of the table shown.
    pub table_first: usize,
    /// First row of the help shown.
    pub help_first: usize,
    /// What the help is searched for.
    pub help_search: String,
    /// Column of the pinned designs that is chosen on the Compare screen.
    pub compare_at: usize,
    /// First row of the comparison shown.
    pub compare_first: usize,
    /// Whether only rows that differ are shown.
    pub differences: bool,
    /// Axes of the Compare screen.
    pub axes: Brushing,
    /// Rows shown of the list in the focus.
    pub page: usize,
    /// The run that is replayed.
    pub reel: Option<Reel>,
    /// The caption of the tour.
    pub tour: Option<Caption>,
    /// What the mouse is dragging.
    pub drag: Option<Drag>,
    /// The last press, as long as a second one may make it a double click.
    pub pressed: Option<Press>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Milliseconds since the program began: for messages that go away.
    pub now_ms: u64,
}

/// A press of the left button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    /// The cell.
    pub at: (u16, u16),
    /// When, as [`UiState::now_ms`] counts.
    pub ms: u64,
}

/// A part of the plane of the scatter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The axes it was cut out of; on others it means nothing.
    pub plot: Plot,
    /// First and last value to the right, in base units.
    pub right: (f64, f64),
    /// First and last value upwards, in base units.
    pub up: (f64, f64),
}

impl UiState {
    /// The curves of a screen.
    pub const fn curves_mut(&mut self, screen: Screen) -> &mut Curves {
        match screen {
            Screen::Search => &mut self.searching,
            _ => &mut self.training,
        }
    }

    /// The generation whose front is shown beside the present one: a chosen one, as long as it is an earlier one.
    pub fn earlier_front(&self, searching: &Searching) -> Option<u32> {
        self.generation.filter(|chosen| *chosen < searching.last().generation)
    }

    /// What can be asked for on a screen now.
    pub fn rows(&self, screen: Screen) -> impl Iterator<Item = Row<'_>> {
        let replays = self.reel.is_some();
        let goes_through = replays || self.tour.is_some();
        self.keys.rows_on(screen).filter(move |row| match row.binding.group {
            Group::Replay => goes_through,
            // Nothing that is over can be paused.
            Group::Work => !replays || row.binding.verb == Verb::Runs,
            _ => true,
        })
    }
}

/// A run that is replayed: how much of it has been told.
#[derive(Clone, Debug, PartialEq)]
pub struct Reel {
    /// Name of the run.
    pub run: String,
    /// Events told and events there are.
    pub at: usize,
    pub of: usize,
    /// Seconds after its beginning.
    pub seconds: f64,
    /// Whether it goes on by itself.
    pub plays: bool,
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
    pub deeds: Vec<Deed>,
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
    Strip(DesignPart, Rect),
    /// The line of a limit in the scatter.
    Limit {
        /// The knob of the limit.
        knob: KnobId,
        /// The axis it crosses.
        side: Side,
        /// The inside of the pane.
        area: Rect,
        /// Whether the axes are held still for the drag only.
        held: bool,
    },
    /// The plane of the scatter, held at this cell.
    Plane(Rect, (u16, u16)),
    /// The crosshair of the curves, over this plot.
    Chart(Rect, Axis),
    /// The place in a replay, over this bar.
    Reel(Rect),
    /// The brush of an axis, over this track, begun at this part of it.
    Brush(usize, Rect, f64),
}
