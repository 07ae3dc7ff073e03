//! Steps of a held key: summed up while a batch of input is read, applied once.

use crate::explore::knob_range::KnobRange;
use crate::quantity::Knob;

/// Value that the steps of a knob lead to, not yet applied to the session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PendingSteps {
    knob: Knob,
    value: f64,
}

impl PendingSteps {
    /// The knob that moves.
    pub(super) const fn knob(&self) -> Knob {
        self.knob
    }

    /// The value it moves to, a step of its range.
    pub(super) const fn value(&self) -> f64 {
        self.value
    }

    /// The pending value after `steps` more of a knob whose applied value is `value`. Steps of another knob are
    /// dropped: apply them first.
    pub(super) fn after(pending: Option<Self>, range: &KnobRange, value: f64, steps: i32) -> Self {
        let from = match pending {
            Some(pending) if pending.knob == range.knob => pending.value,
            _ => value,
        };
        Self { knob: range.knob, value: range.step(from, steps) }
    }
}
