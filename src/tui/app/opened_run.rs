//! A run that a thread has opened or made.

use crate::{
    run::{RunDir, TemporaryFolder},
    tui::followed_run::FollowedRun,
};

/// A run that was opened or made.
pub(super) struct OpenedRun {
    pub(super) run: FollowedRun,
    /// Sentences on what is wrong with it.
    pub(super) warnings: Vec<String>,
    /// Temporary folder that it lies in.
    pub(super) folder: Option<TemporaryFolder>,
}

impl OpenedRun {
    /// A run with nothing to be said of it.
    pub(super) const fn new(run: FollowedRun) -> Self {
        Self { run, warnings: Vec::new(), folder: None }
    }
}

/// Facts on a run that was opened, for the screen; the thread keeps the run.
pub(super) struct OpenedFacts {
    pub(super) directory: RunDir,
    pub(super) warnings: Vec<String>,
    pub(super) folder: Option<TemporaryFolder>,
}
