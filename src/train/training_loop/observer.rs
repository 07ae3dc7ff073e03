//! Receivers of what a training tells.

use crate::record::{Event, Measurement};

/// Error of a training observer.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Receiver of the events and measurements of a training, which may ask it to stop. Any `FnMut(&Event)` is one.
pub trait TrainingObserver {
    /// Receives an event.
    ///
    /// # Errors
    /// The event can't be recorded; the training ends.
    fn event(&mut self, event: Event) -> Result<(), ObserverError>;

    /// Allows checkpoints to be written and deleted. The default does.
    ///
    /// # Errors
    /// They belong to someone else now; the training ends.
    fn before_checkpoints_change(&mut self) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Receives a measurement. The default ignores it.
    ///
    /// # Errors
    /// The measurement can't be recorded; the training ends.
    fn measured(&mut self, _measurement: &Measurement) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Learns that measurements of weights after `step` no longer hold. The default ignores it.
    ///
    /// # Errors
    /// The measurements can't be withdrawn; the training ends.
    fn withdraw_after(&mut self, _step: u64) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Returns `true` to end the training before its next step, or an evaluation after its next batch; may block while
    /// the training is paused. The default does neither.
    ///
    /// # Errors
    /// Requests can't be read; the training ends.
    fn should_stop(&mut self) -> Result<bool, ObserverError> {
        Ok(false)
    }
}

impl<F: FnMut(&Event)> TrainingObserver for F {
    fn event(&mut self, event: Event) -> Result<(), ObserverError> {
        self(&event);
        Ok(())
    }
}
