//! Everything a user sets and can undo, as one value.
//!
//! Invariants: a locked knob keeps its value; at most [`MAX_PINS`] designs are pinned, none of them twice.

use std::collections::BTreeMap;

use thiserror::Error;

use super::candidate::CandidateId;
use super::column::Sort;
use super::filter::Filter;
use super::knob_range::KnobRange;
use super::notes::Notes;
use super::overriding::Override;
use crate::cost::Knobs;
use crate::network::BoundaryId;
use crate::quantity::Knob;

/// Most designs pinned at a time: one for each letter of the alphabet.
const MAX_PINS: usize = 26;

/// A pinned design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinned {
    /// The candidate.
    pub candidate: CandidateId,
    /// The split if the user chose it; `None` for the best split under the knobs of the moment.
    pub split: Option<BoundaryId>,
}

/// Knobs, locks, pins, notes, baseline, override, order and filter of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    knobs: Knobs,
    /// Locked knobs, one bit each at [`Knob::index`].
    locked: u16,
    pins: Vec<Pinned>,
    notes: Notes,
    baseline: Option<CandidateId>,
    design_override: Option<Override>,
    sort: Sort,
    filter: Filter,
}

/// A change that a setup refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum SetupError {
    /// The knob is locked.
    #[error("{0} is locked")]
    Locked(&'static str),
    /// [`MAX_PINS`] designs are pinned.
    #[error("{MAX_PINS} designs are pinned already")]
    PinsFull,
}

impl Setup {
    /// The setup of a new session: these knobs, nothing locked, pinned, noted, overridden or filtered.
    pub(super) fn new(knobs: &Knobs) -> Self {
        Self {
            knobs: *knobs,
            locked: 0,
            pins: Vec::new(),
            notes: Notes::default(),
            baseline: None,
            design_override: None,
            sort: Sort::default(),
            filter: Filter::default(),
        }
    }

    /// Knob values.
    pub const fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// Value of a knob in base units.
    pub fn value(&self, knob: Knob) -> f64 {
        self.knobs.get(knob)
    }

    /// Values by knob name in base units; knobs without a limit are left out.
    pub fn limits(&self) -> BTreeMap<String, f64> {
        let limited = |knob: Knob| Some((knob.name().to_owned(), self.knobs.limited(knob)?));
        Knob::ALL.into_iter().filter_map(limited).collect()
    }

    /// Returns `true` if a knob is locked.
    pub const fn is_locked(&self, knob: Knob) -> bool {
        self.locked >> knob.index() & 1 == 1
    }

    /// Pinned designs in order; the first has the letter A.
    pub fn pins(&self) -> &[Pinned] {
        &self.pins
    }

    /// Returns `true` if a candidate is pinned, at whichever split.
    pub fn is_pinned(&self, id: CandidateId) -> bool {
        self.pins.iter().any(|pin| pin.candidate == id)
    }

    /// Notes on designs.
    pub const fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Candidate that others are compared with; `None` for the first of the ranking.
    pub const fn baseline(&self) -> Option<CandidateId> {
        self.baseline
    }

    /// The design that the user overrode.
    pub const fn design_override(&self) -> Option<&Override> {
        self.design_override.as_ref()
    }

    /// Order of the rows.
    pub const fn sort(&self) -> Sort {
        self.sort
    }

    /// Filter of the rows.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Sets a knob. A value that makes no sense (NaN, negative) leaves it as it is.
    ///
    /// # Errors
    /// The knob is locked.
    pub(super) fn set_knob(&mut self, knob: Knob, value: f64) -> Result<(), SetupError> {
        if self.is_locked(knob) {
            return Err(SetupError::Locked(knob.label()));
        }
        self.knobs.set(knob, value);
        Ok(())
    }

    /// Sets all knobs that are not locked to the profile's values.
    pub(super) fn reset_knobs(&mut self, ranges: &[KnobRange]) {
        for range in ranges {
            if !self.is_locked(range.knob) {
                self.knobs.set(range.knob, range.default);
            }
        }
    }

    /// Locks a knob, or unlocks it.
    pub(super) const fn toggle_lock(&mut self, knob: Knob) {
        self.locked ^= 1 << knob.index();
    }

    /// Pins a design, or removes the equal pin.
    ///
    /// # Errors
    /// There is no letter left.
    pub(super) fn toggle_pin(&mut self, pinned: Pinned) -> Result<(), SetupError> {
        if let Some(index) = self.pins.iter().position(|pin| *pin == pinned) {
            self.pins.remove(index);
            return Ok(());
        }
        if self.pins.len() == MAX_PINS {
            return Err(SetupError::PinsFull);
        }
        self.pins.push(pinned);
        Ok(())
    }

    /// Moves a pin to another place, both counted from 0; those in between move by one.
    pub(super) fn move_pin(&mut self, from: usize, to: usize) {
        if from < self.pins.len() && to < self.pins.len() {
            let moved = self.pins.remove(from);
            self.pins.insert(to, moved);
        }
    }

    /// Writes a note on a candidate in place of an earlier one; a blank text removes that.
    pub(super) fn set_note(&mut self, id: CandidateId, text: &str) {
        self.notes.set(id, text);
    }

    /// The setup with other notes.
    pub(super) fn with_notes(self, notes: Notes) -> Self {
        Self { notes, ..self }
    }

    /// Sets what others are compared with.
    pub(super) const fn set_baseline(&mut self, baseline: Option<CandidateId>) {
        self.baseline = baseline;
    }

    /// Sets the overridden design, or removes the override.
    pub(super) fn set_override(&mut self, design_override: Option<Override>) {
        self.design_override = design_override;
    }

    /// Sets the order of the rows.
    pub(super) const fn set_sort(&mut self, sort: Sort) {
        self.sort = sort;
    }

    /// Sets the filter of the rows.
    pub(super) fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    /// Describes in a few words what changed from `before` to this setup: `link bandwidth 25 Mbit/s to 12 Mbit/s`.
    pub(super) fn describe_change_from(&self, before: &Self) -> String {
        let has_moved = |knob: &Knob| self.value(*knob).total_cmp(&before.value(*knob)).is_ne();
        let moved: Vec<Knob> = Knob::ALL.into_iter().filter(has_moved).collect();
        if let [knob] = moved.as_slice() {
            let (from, to) = (knob.format(before.value(*knob)), knob.format(self.value(*knob)));
            return format!("{} {from} to {to}", knob.label());
        }
        if !moved.is_empty() {
            return format!("{} knobs", moved.len());
        }
        let words = if before.design_override != self.design_override {
            "override of the design"
        } else if before.pins.len() < self.pins.len() {
            "pin"
        } else if before.pins.len() > self.pins.len() {
            "unpin"
        } else if before.pins != self.pins {
            "order of the pins"
        } else if before.notes != self.notes {
            "note"
        } else if before.baseline != self.baseline {
            "baseline"
        } else if before.sort != self.sort {
            "sort"
        } else if before.filter != self.filter {
            "filter"
        } else {
            "lock"
        };
        words.to_owned()
    }
}

/// Letter of a pin, by its place counted from 0.
pub(super) fn letter(index: usize) -> Option<char> {
    u32::try_from(index).ok().and_then(|index| char::from_u32('A' as u32 + index))
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    fn setup() -> Setup {
        Setup::new(&Knobs::from_profile(&pair().1))
    }

    #[test]
    fn a_locked_knob_keeps_its_value() {
        let (mut setup, knob) = (setup(), Knob::LinkBandwidth);
        let value = setup.value(knob);
        setup.toggle_lock(knob);
        assert_eq!(setup.set_knob(knob, 1e6), Err(SetupError::Locked(knob.label())));
        assert!(setup.value(knob).total_cmp(&value).is_eq());
        setup.toggle_lock(knob);
        assert_eq!(setup.set_knob(knob, 1e6), Ok(()));
        assert!(setup.value(knob).total_cmp(&1e6).is_eq());
    }

    #[test]
    fn every_pin_has_a_letter_and_there_is_none_twice() {
        let mut setup = setup();
        let pin = |candidate| Pinned { candidate, split: None };
        for candidate in 0..26 {
            assert_eq!(setup.toggle_pin(pin(candidate)), Ok(()));
        }
        assert_eq!((letter(0), letter(25)), (Some('A'), Some('Z')));
        assert_eq!(setup.toggle_pin(pin(26)), Err(SetupError::PinsFull));
        setup.move_pin(25, 0);
        assert_eq!(setup.pins().first(), Some(&pin(25)));
        assert_eq!(setup.toggle_pin(pin(25)), Ok(()));
        assert_eq!((setup.pins().len(), setup.is_pinned(25)), (25, false));
    }
}
