//! Undo and redo. What can be undone is one value, the [`Setup`]; a step keeps the one before it.
//!
//! Moves of one thing that follow each other within half a second are one step.

use std::mem::{Discriminant, discriminant};

use super::candidate::CandidateId;
use super::column::Sort;
use super::command::{Command, DesignPart};
use super::filter::Filter;
use super::hand::Hand;
use super::knob::{KNOBS, KnobId};
use crate::cost::Knobs;
use crate::network::BoundaryId;

/// Moves closer than this are one step.
const MERGE_MS: u64 = 500;
/// Steps kept.
const KEPT: usize = 1000;

/// A pinned design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinned {
    /// The candidate.
    pub candidate: CandidateId,
    /// Where it is split if that was chosen by hand; at its best split, wherever that is, if `None`.
    pub split: Option<BoundaryId>,
}

/// Everything a user sets and can take back.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Knobs.
    pub knobs: Knobs,
    /// Knobs that do not move, one bit each by [`KnobId::index`].
    pub locked: u16,
    /// Pinned designs, in order; the first is A.
    pub pins: Vec<Pinned>,
    /// What others are compared with; the first row if `None`.
    pub baseline: Option<CandidateId>,
    /// The design changed by hand.
    pub hand: Option<Hand>,
    /// Order of the rows.
    pub sort: Sort,
    /// Which rows are shown.
    pub filter: Filter,
}

impl Setup {
    /// Whether a knob is locked.
    pub const fn is_locked(&self, knob: KnobId) -> bool {
        self.locked >> knob.index() & 1 == 1
    }
}

/// One step of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What was done: `link 25 Mbit/s to 12 Mbit/s`.
    pub label: String,
    /// The setup before it, or after it if the step was taken back.
    setup: Setup,
}

/// What consecutive actions must have in common to be one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gesture {
    kind: Discriminant<Command>,
    knob: KnobId,
    part: Option<DesignPart>,
}

impl Gesture {
    /// The gesture an command belongs to, if such actions come in numbers.
    pub(super) fn of(command: &Command, selected: KnobId) -> Option<Self> {
        let (knob, part) = match command {
            Command::MoveKnob(_) | Command::Filter(_) => (selected, None),
            Command::SetKnob { knob, .. } => (*knob, None),
            Command::Override(part, _) => (selected, Some(*part)),
            _ => return None,
        };
        Some(Self { kind: discriminant(command), knob, part })
    }
}

/// The steps taken, and those taken back.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    past: Vec<Step>,
    future: Vec<Step>,
    last: Option<(Gesture, u64)>,
}

impl History {
    pub(super) fn past(&self) -> &[Step] {
        &self.past
    }

    pub(super) fn future(&self) -> &[Step] {
        &self.future
    }

    /// Takes note of a change.
    pub(super) fn record(&mut self, before: Setup, after: &Setup, gesture: Option<Gesture>, now_ms: u64) {
        self.future.clear();
        let merges = gesture.is_some()
            && self.last.is_some_and(|(last, at)| Some(last) == gesture && now_ms.saturating_sub(at) <= MERGE_MS);
        self.last = gesture.map(|gesture| (gesture, now_ms));
        if let Some(step) = self.past.last_mut().filter(|_| merges) {
            step.label = describe(&step.setup, after);
            return;
        }
        if self.past.len() == KEPT {
            self.past.remove(0);
        }
        self.past.push(Step { label: describe(&before, after), setup: before });
    }

    /// Takes the last step back: the setup to return to, and what it undid.
    pub(super) fn undo(&mut self, now: Setup) -> Option<(Setup, String)> {
        self.last = None;
        let step = self.past.pop()?;
        self.future.push(Step { label: step.label.clone(), setup: now });
        Some((step.setup, step.label))
    }

    /// Takes the last undone step again.
    pub(super) fn redo(&mut self, now: Setup) -> Option<(Setup, String)> {
        self.last = None;
        let step = self.future.pop()?;
        self.past.push(Step { label: step.label.clone(), setup: now });
        Some((step.setup, step.label))
    }
}

/// What changed between two setups, in a few words.
fn describe(before: &Setup, after: &Setup) -> String {
    let moved: Vec<_> =
        KNOBS.iter().filter(|knob| knob.get(&before.knobs).total_cmp(&knob.get(&after.knobs)).is_ne()).collect();
    match moved.as_slice() {
        [knob] => {
            let show = |setup: &Setup| knob.show(knob.get(&setup.knobs));
            return format!("{} {} to {}", knob.label, show(before), show(after));
        }
        [] => {}
        several => return format!("{} knobs", several.len()),
    }
    let words = if before.hand != after.hand {
        "design by hand"
    } else if before.pins.len() < after.pins.len() {
        "pin"
    } else if before.pins.len() > after.pins.len() {
        "unpin"
    } else if before.pins != after.pins {
        "order of the pins"
    } else if before.baseline != after.baseline {
        "baseline"
    } else if before.sort != after.sort {
        "sort"
    } else if before.filter != after.filter {
        "filter"
    } else if before.locked != after.locked {
        "lock"
    } else {
        "nothing"
    };
    words.to_owned()
}
