//! Steps of a held key: summed up while a batch of input is read, applied once.

use crate::explore::dial::Dial;
use crate::explore::knob::KnobId;

/// Value that the steps of a knob lead to, not yet applied to the session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PendingSteps {
    knob: KnobId,
    value: f64,
}

impl PendingSteps {
    /// The knob that moves.
    pub(super) const fn knob(&self) -> KnobId {
        self.knob
    }

    /// The value it moves to, a stop of its range.
    pub(super) const fn value(&self) -> f64 {
        self.value
    }

    /// The pending value after `steps` more of a knob whose applied value is `value`. Steps of another knob are dropped:
    /// apply them first.
    pub(super) fn after(pending: Option<Self>, dial: &Dial, value: f64, steps: i32) -> Self {
        let from = match pending {
            Some(pending) if pending.knob == dial.id => pending.value,
            _ => value,
        };
        Self { knob: dial.id, value: dial.step(from, steps) }
    }
}
