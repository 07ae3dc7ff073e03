//! Everything a user or a running child can do to a session, and everything a session asks of the outside.

use std::collections::BTreeMap;

use super::candidate::CandidateId;
use super::column::Column;
use super::knob::KnobId;
use super::update::Update;

/// A movement in a list. Beyond an end it stops there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// So many places forward; backward if negative.
    By(i32),
    /// To the first place.
    First,
    /// To the last place.
    Last,
    /// To that place, counted from 0.
    To(usize),
}

impl Move {
    /// Where it leads from `from` in a list of `len` places. 0 if the list is empty.
    pub fn apply(self, from: usize, len: usize) -> usize {
        let last = len.saturating_sub(1);
        match self {
            Self::By(steps) => {
                let steps = isize::try_from(steps).unwrap_or(0);
                from.min(last).saturating_add_signed(steps).min(last)
            }
            Self::First => 0,
            Self::Last => last,
            Self::To(place) => place.min(last),
        }
    }

    /// The same, where the ends of the list meet.
    pub fn wrap(self, from: usize, len: usize) -> usize {
        match self {
            Self::By(steps) if len > 0 => {
                let forward = usize::try_from(steps.rem_euclid(i32::try_from(len).unwrap_or(i32::MAX)));
                (from + forward.unwrap_or(0)) % len
            }
            other => other.apply(from, len),
        }
    }
}

/// What a user does, or what happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Selects a knob.
    SelectKnob(Move),
    /// Moves the selected knob by stops, or to an end.
    MoveKnob(Move),
    /// Sets a knob to the stop nearest to a fraction of its range, and selects it (a drag).
    SetKnob {
        /// The knob.
        knob: KnobId,
        /// 0 to 1.
        fraction: f64,
    },
    /// Sets the selected knob to a typed value.
    TypeKnob(String),
    /// Sets knobs to values in base units, as one step; the first one is selected.
    SetKnobs(Vec<(KnobId, f64)>),
    /// Sets the selected knob to the profile's value.
    ResetKnob,
    /// Sets all knobs to the profile's values.
    ResetKnobs,
    /// Locks the selected knob, or unlocks it.
    LockKnob,
    /// Focuses a pane.
    Focus(Move),
    /// Selects a row of the table.
    Select(Move),
    /// Selects a candidate, also one that is filtered out.
    SelectCandidate(CandidateId),
    /// Moves a part of the selected design by hand.
    Override(DesignPart, Move),
    /// Takes all changes by hand back.
    ResetOverride,
    /// Pins the selected design as it is shown, or unpins it.
    Pin,
    /// Moves a pin to another place; those in between move up. The first is A.
    MovePin {
        /// Its place now, counted from 0.
        pin: usize,
        /// Where to.
        to: Move,
    },
    /// Makes the selected design the baseline of comparisons, or the best one again.
    Baseline,
    /// Sorts by a column; a second time turns the order round.
    Sort(Column),
    /// Shows only rows that match.
    Filter(String),
    /// Chooses what the bars show.
    Unit(Move),
    /// Chooses what stands on an axis of the scatter; places are those of [`Column::FIGURES`].
    Axis(Side, Move),
    /// Switches an axis of the scatter between logarithmic and linear.
    LogAxis(Side),
    /// Brushes a figure, by its place in [`super::BRUSHED`]; without a range takes its brush away.
    Brush {
        /// The figure.
        index: usize,
        /// Lower and upper end in base units.
        range: Option<(f64, f64)>,
    },
    /// Takes all brushes away.
    ClearBrushes,
    /// Takes the last step back.
    Undo,
    /// Takes it again.
    Redo,
    /// Remembers the present setup under a name.
    Remember(String),
    /// Goes back to a remembered setup.
    Recall(usize),
    /// Shows a screen.
    Screen(Screen),
    /// Opens an overlay, or closes it.
    Toggle(Overlay),
    /// Closes what is open; then dismisses the message; then clears the filter.
    Back,
    /// Takes the message of the moment away.
    Dismiss,
    /// Holds measurements back until thawed.
    Freeze,
    /// Starts a training.
    StartTraining,
    /// Starts a search under the present limits.
    StartSearch,
    /// Tells the running child something.
    Control(Control),
    /// Copies the selected design.
    Copy(Export),
    /// Writes something to a file.
    Export(Export),
    /// Ends the program.
    Quit {
        /// Whether the last frame stays in the terminal.
        keep_frame: bool,
    },
    /// Time passes.
    Tick,
    /// Applies updates from outside, all of them before designs are ranked again.
    Update(Vec<Update>),
}

/// A part of a design that a hand can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DesignPart {
    /// Where the tensor leaves the sensor. Places are the allowed splits of the design.
    Split,
    /// Where the views become one. Places are the allowed fusions at or after the split.
    Fusion,
    /// Compression ratio. Places are the ratios of the space.
    Ratio,
    /// Link bits. Places are those of the space.
    Bits,
}

/// An axis of the scatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The vertical one.
    Up,
    /// The horizontal one.
    Right,
}

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Screen {
    /// Knobs, designs, costs.
    #[default]
    Explore,
    /// A training and its curves.
    Train,
    /// A search and its front.
    Search,
    /// Pinned designs side by side.
    Compare,
}

impl Screen {
    /// All screens in order.
    pub const ALL: [Self; 4] = [Self::Explore, Self::Train, Self::Search, Self::Compare];

    /// Name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Train => "Train",
            Self::Search => "Search",
            Self::Compare => "Compare",
        }
    }
}

/// A pane of the Explore screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pane {
    /// Knobs.
    #[default]
    Knobs,
    /// The network of the selected design.
    Network,
    /// Stacked bars.
    Bars,
    /// The scatter.
    Scatter,
    /// The table.
    Table,
}

impl Pane {
    /// All panes in order.
    pub const ALL: [Self; 5] = [Self::Knobs, Self::Network, Self::Bars, Self::Scatter, Self::Table];
}

/// Something shown over a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overlay {
    /// The selected design, its figures against the limits, and every split it could have.
    Inspect,
    /// Why the selected design does not fit.
    Why,
    /// How much each knob matters to the selected design.
    Tornado,
    /// Keys.
    Help,
    /// Steps that can be taken back.
    History,
}

/// What the bars show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// Seconds by stage.
    #[default]
    Latency,
    /// Joules by device.
    Energy,
    /// Bytes on the link by sensor.
    Link,
    /// Bytes a sensor holds.
    Memory,
    /// Frames per second, and how the stages work on different frames at the same time.
    Frames,
}

impl Unit {
    /// All units in order.
    pub const ALL: [Self; 5] = [Self::Latency, Self::Energy, Self::Link, Self::Memory, Self::Frames];

    /// Name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Energy => "energy",
            Self::Link => "link bytes",
            Self::Memory => "sensor memory",
            Self::Frames => "frame rate",
        }
    }

    /// Names of the parts of a bar.
    pub const fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["readout", "sensor", "link", "aggregator"],
            Self::Energy => &["sensor", "link", "aggregator"],
            Self::Link => &["one sensor", "the others"],
            Self::Memory => &["activations", "weights"],
            Self::Frames => &["frames per second"],
        }
    }
}

/// Something to copy or to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Export {
    /// The selected design, printed.
    Design,
    /// The selected design as TOML.
    Toml,
    /// All rows as CSV.
    Csv,
    /// All rows as JSON.
    Json,
    /// The pinned designs as a Markdown table.
    Markdown,
    /// The screen as a picture.
    Svg,
    /// The session.
    Session,
}

/// What a running child can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Control {
    /// Suspend the work.
    Pause,
    /// Go on.
    Resume,
    /// Write a checkpoint and end.
    Stop,
    /// Let it run, and follow it no longer.
    Detach,
    /// Go on under the present limits.
    SendLimits,
}

/// What the session asks of the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End the program.
    Quit {
        /// Whether the last frame stays in the terminal.
        keep_frame: bool,
    },
    /// Start a training.
    StartTraining,
    /// Start a search under these limits: knob names and values in base units, "no limit" left out.
    StartSearch(BTreeMap<String, f64>),
    /// Suspend, resume or stop the running child.
    Control(Control),
    /// Tell the running search these limits.
    SendLimits(BTreeMap<String, f64>),
    /// Let the child run alone.
    Detach,
    /// Put a text on the clipboard.
    Copy(String),
    /// Write a file.
    Export(Export),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movements_stay_in_the_list() {
        assert_eq!(Move::By(3).apply(1, 3), 2);
        assert_eq!(Move::By(i32::MIN).apply(1, 3), 0);
        assert_eq!(Move::By(1).apply(9, 0), 0);
        assert_eq!((Move::First.apply(2, 3), Move::Last.apply(0, 3), Move::To(7).apply(0, 3)), (0, 2, 2));
        assert_eq!((Move::By(1).wrap(2, 3), Move::By(-1).wrap(0, 3), Move::By(5).wrap(0, 0)), (0, 2, 0));
    }
}
