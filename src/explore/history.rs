//! Undo and redo of the [`Setup`], and setups saved under a name.
//!
//! Invariants: a step keeps the setup to return to, another one than the setup after it; changes of one gesture within
//! [`MERGE_MS`] are one step; at most [`MAX_STEPS`] steps are kept.

use super::command::DesignPart;
use super::setup::Setup;
use crate::quantity::Knob;

/// Changes of one gesture that are no further apart than this many milliseconds are one step.
const MERGE_MS: u64 = 500;
/// Steps kept.
const MAX_STEPS: usize = 1000;

/// One step of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Description of the change: `link bandwidth 25 Mbit/s to 12 Mbit/s`.
    pub label: String,
    /// The setup before the change, or after it if the step was undone.
    setup: Setup,
}

/// A setup saved under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSetup {
    /// Name that the user gave the setup.
    pub name: String,
    /// The setup.
    pub setup: Setup,
}

/// Kind of change that comes many times in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gesture {
    /// Moving a knob, by keys or by dragging.
    Knob(Knob),
    /// Moving a part of the selected design.
    Override(DesignPart),
    /// Typing a filter.
    Filter,
}

/// The gesture of the newest step.
#[derive(Debug, Clone, Copy)]
struct LastGesture {
    gesture: Gesture,
    at_ms: u64,
}

/// Steps that can be undone and redone, and saved setups.
#[derive(Debug, Clone, Default)]
pub struct History {
    past: Vec<Step>,
    future: Vec<Step>,
    last: Option<LastGesture>,
    saved: Vec<SavedSetup>,
}

impl History {
    /// Steps that can be undone, newest last.
    pub fn past(&self) -> &[Step] {
        &self.past
    }

    /// Steps that can be redone, next one last.
    pub fn future(&self) -> &[Step] {
        &self.future
    }

    /// Saved setups in the order in which they were first saved.
    pub fn saved(&self) -> &[SavedSetup] {
        &self.saved
    }

    /// Saves a setup, replacing one of the same name.
    pub(super) fn save(&mut self, name: &str, setup: Setup) {
        match self.saved.iter_mut().find(|saved| saved.name == name) {
            Some(saved) => saved.setup = setup,
            None => self.saved.push(SavedSetup { name: name.to_owned(), setup }),
        }
    }

    /// Records a change of the setup. Steps that were undone can no longer be redone.
    pub(super) fn record(&mut self, before: Setup, after: &Setup, gesture: Option<Gesture>, now_ms: u64) {
        self.future.clear();
        let continues = gesture.is_some_and(|gesture| self.continues(gesture, now_ms));
        self.last = gesture.map(|gesture| LastGesture { gesture, at_ms: now_ms });
        if continues && let Some(step) = self.past.last_mut() {
            if step.setup == *after {
                // The gesture went back to where it began: there is nothing to undo.
                self.past.pop();
                self.last = None;
            } else {
                step.label = after.describe_change_from(&step.setup);
            }
            return;
        }
        if self.past.len() == MAX_STEPS {
            self.past.remove(0);
        }
        self.past.push(Step { label: after.describe_change_from(&before), setup: before });
    }

    /// Undoes the newest step: returns the setup to go back to, and the label of the step.
    pub(super) fn undo(&mut self, now: Setup) -> Option<(Setup, String)> {
        self.last = None;
        let step = self.past.pop()?;
        self.future.push(Step { label: step.label.clone(), setup: now });
        Some((step.setup, step.label))
    }

    /// Redoes the step undone last: returns the setup to go on to, and the label of the step.
    pub(super) fn redo(&mut self, now: Setup) -> Option<(Setup, String)> {
        self.last = None;
        let step = self.future.pop()?;
        self.past.push(Step { label: step.label.clone(), setup: now });
        Some((step.setup, step.label))
    }

    fn continues(&self, gesture: Gesture, now_ms: u64) -> bool {
        self.last.is_some_and(|last| last.gesture == gesture && now_ms.saturating_sub(last.at_ms) <= MERGE_MS)
    }
}
