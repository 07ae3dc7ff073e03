//! State of the fits of predicted accuracies.

use std::{
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

use crate::explore::Predictions;

/// Shortest time between the starts of two fits, so that a search that measures often is not slowed down.
const BETWEEN_FITS: Duration = Duration::from_millis(500);
/// Time between two looks at a fit that is on its way.
const LOOK_TIME: Duration = Duration::from_millis(10);

/// State of the fits.
#[derive(Default)]
pub(super) struct PredictionWork {
    /// Result of the fit that is on its way; none where too little is measured.
    pub(super) fit: Option<Receiver<Option<Predictions>>>,
    /// Changes of the measurements that the last fit knew of.
    pub(super) known: u64,
    pub(super) begun: Option<Instant>,
}

impl PredictionWork {
    /// Time until there is something to do, if there will be.
    pub(super) fn rest(&self, changes: u64) -> Option<Duration> {
        if self.fit.is_some() {
            return Some(LOOK_TIME);
        }
        (changes != self.known).then(|| self.pause())
    }

    /// Time until the next fit may begin.
    pub(super) fn pause(&self) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| BETWEEN_FITS.saturating_sub(begun.elapsed()))
    }
}
