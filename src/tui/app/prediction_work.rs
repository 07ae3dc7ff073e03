//! State of the fits of predicted accuracies.

use std::time::{Duration, Instant};

use super::background::Background;
use crate::explore::Predictions;

/// Shortest time between the starts of two fits, so that a search that measures often is not slowed down.
const BETWEEN_FITS: Duration = Duration::from_millis(500);

/// State of the fits.
#[derive(Default)]
pub(super) struct PredictionWork {
    /// Result of the fit that is on its way; none where too little is measured.
    pub(super) fit: Option<Background<Option<Predictions>>>,
    /// Changes of the measurements that the last fit knew of.
    pub(super) known: u64,
    pub(super) begun: Option<Instant>,
}

impl PredictionWork {
    /// Time until a fit is due, if one will be. One that is on its way ends first, which wakes the loop.
    pub(super) fn rest(&self, changes: u64) -> Option<Duration> {
        let is_due = self.fit.is_none() && changes != self.known;
        is_due.then(|| self.pause())
    }

    /// Time until the next fit may begin.
    pub(super) fn pause(&self) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| BETWEEN_FITS.saturating_sub(begun.elapsed()))
    }
}
