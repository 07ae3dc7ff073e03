//! Newest weights of a run: where they come from, and words where they can't be used.

use std::path::Path;

use crate::run::error::RunError;
use crate::run::store::Store;
use crate::run::weights;
use crate::train::{Checkpoints, TrainError};

/// Brings the newest weights into the folder, if the run is on a server.
pub(super) fn fetch_newest(store: &Store, folder: &Path) -> Result<(), RunError> {
    match store.checkpoints() {
        Some(rows) => weights::fetch_newest(folder, rows),
        None => Ok(()),
    }
}

/// A run without checkpoints is untrained; one whose checkpoints are all damaged is not.
pub(in crate::run) fn untrained(checkpoints: &Checkpoints, error: TrainError) -> RunError {
    if checkpoints.exist() { RunError::Train(error) } else { RunError::Untrained(error) }
}

/// One sentence per checkpoint that could not be used.
pub(in crate::run) fn fallback_warnings(step: u64, errors: &[TrainError]) -> Vec<String> {
    errors.iter().map(|error| format!("{error}; the weights of step {step} are used instead")).collect()
}
