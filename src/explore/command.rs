//! Requests to a session, and what it requests of the processes that train and search.

use std::collections::BTreeMap;

use super::candidate::CandidateId;
use super::column::Column;
use super::update::Update;
use crate::quantity::Knob;
use crate::record::Control;

/// Movement through a list. It stops at the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// By so many places; backward if negative.
    By(i32),
    /// To the first place.
    First,
    /// To the last place.
    Last,
    /// To a place, counted from 0.
    To(usize),
}

impl Move {
    /// Place reached from `from` in a list of `len` places; 0 if the list is empty.
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

    /// Place reached from `from` in a ring of `len` places.
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

/// A request to a session, by the user or by the follower of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Selects a knob.
    SelectKnob(Move),
    /// Moves the selected knob by steps of its range, or to an end.
    MoveKnob(Move),
    /// Sets a knob to the step nearest to a fraction of its range, and selects it.
    SetKnob {
        /// The knob.
        knob: Knob,
        /// Fraction of the range, 0 to 1.
        fraction: f64,
    },
    /// Sets the selected knob to a typed value.
    TypeKnob(String),
    /// Sets knobs to values in base units, as one undo step; the first one is selected.
    SetKnobs(Vec<(Knob, f64)>),
    /// Sets the selected knob to the profile's value.
    ResetKnob,
    /// Sets all knobs to the profile's values.
    ResetKnobs,
    /// Locks the selected knob, or unlocks it.
    LockKnob,
    /// Selects a row of the table.
    Select(Move),
    /// Selects a candidate, also one that the filter hides.
    SelectCandidate(CandidateId),
    /// Selects a pinned design as it was pinned, given by its place.
    SelectPinned(usize),
    /// Overrides a part of the selected design.
    Override(DesignPart, Move),
    /// Removes the override of the selected design, or leaves the pin that is selected: back to the best split.
    ResetOverride,
    /// Pins the selected design as it is shown, or unpins it.
    Pin,
    /// Moves a pin to another place.
    MovePin {
        /// Place of the pin, counted from 0.
        pin: usize,
        /// New place among the pins.
        to: Move,
    },
    /// Writes a note on the selected design in place of an earlier one; a blank text removes that.
    Note(String),
    /// Makes the selected design the baseline of comparisons; if it is so already, the best design.
    Baseline,
    /// Sorts by a column; a second time reverses the order.
    Sort(Column),
    /// Shows only rows that match a filter.
    Filter(String),
    /// Undoes the last step.
    Undo,
    /// Redoes the last undone step.
    Redo,
    /// Saves the current setup under a name.
    SaveSetup(String),
    /// Restores a saved setup, given by its place.
    Recall(usize),
    /// Dismisses the current message.
    Dismiss,
    /// Freezes the measurements shown, or thaws them.
    Freeze,
    /// Starts a training.
    StartTraining,
    /// Starts a search under the current limits.
    StartSearch,
    /// Starts a search for a whole front under the present limits.
    StartFrontSearch,
    /// Controls the running training or search.
    Control(WorkControl),
    /// Applies updates from outside; designs are ranked again once for all of them.
    Update(Vec<Update>),
}

impl Command {
    /// Returns `true` if the command starts or controls a training or a search.
    pub const fn controls_work(&self) -> bool {
        matches!(self, Self::StartTraining | Self::StartSearch | Self::StartFrontSearch | Self::Control(_))
    }
}

/// Part of a design that the user can override.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DesignPart {
    /// Boundary crossed by the link. Places are the allowed splits of the design.
    Split,
    /// Boundary at which the views become one. Places are the allowed fusions at or after the split.
    Fusion,
    /// Compression ratio. Places are the ratios of the space.
    Ratio,
    /// Link bits. Places are those of the space.
    Bits,
}

/// Control of a running training or search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkControl {
    /// Suspends the work.
    Pause,
    /// Resumes the work.
    Resume,
    /// Writes a checkpoint and ends the process.
    Stop,
    /// Lets the process run and follows it no longer.
    Detach,
    /// Sends the current limits to the search.
    SendLimits,
}

/// A request of the session to the processes that train and search. Limits are knob names with values in base units,
/// without those that set no limit.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkRequest {
    /// Starts a training.
    StartTraining,
    /// Starts a search under limits.
    StartSearch(BTreeMap<String, f64>),
    /// Start a search for a whole front under these limits.
    StartFrontSearch(BTreeMap<String, f64>),
    /// Sends a control to the running process.
    Send(Control),
    /// Lets the process run alone.
    Detach,
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
