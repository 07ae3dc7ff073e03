//! The run that is followed next, while a thread opens or makes it.

use std::time::Duration;

use super::{
    background::Background,
    following::Following,
    opened_run::{OpenedFacts, OpenedRun},
};
use crate::{
    run::{RunError, TemporaryFolder},
    tui::terminal::LoopWaker,
};

/// Purpose that a run is opened or made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpeningPurpose {
    /// To be followed: the user chose it.
    Follow,
    /// To be trained: it is a new one.
    Train,
    /// To be searched: it is a copy of the shipped one.
    Search,
    /// To make pictures: it is the shipped one, unpacked.
    Pictures,
}

/// A run that is being opened. Work on it can be asked for at once: its thread does that next.
pub(super) struct Opening {
    pub(super) run: Following,
    pub(super) purpose: OpeningPurpose,
    /// The user let go of the work on it.
    pub(super) is_detached: bool,
    opened: Background<Result<OpenedFacts, RunError>>,
}

/// The shipped run while it is shown, with the folder that it is unpacked in, which is removed with this value.
#[derive(Default)]
pub(super) struct ShippedRun {
    _folder: Option<TemporaryFolder>,
}

impl ShippedRun {
    /// The shipped run, unpacked.
    pub(super) const fn unpacked(folder: Option<TemporaryFolder>) -> Self {
        Self { _folder: folder }
    }
}

impl Opening {
    /// Begins to open a run in a thread.
    pub(super) fn begin(
        waker: &LoopWaker,
        purpose: OpeningPurpose,
        open: impl FnOnce() -> Result<OpenedRun, RunError> + Send + 'static,
    ) -> Self {
        let (run, opened) = Following::open(waker, open);
        Self { run, purpose, is_detached: false, opened }
    }

    /// Facts on the run once it is open, or what went wrong, if they come within some time.
    pub(super) fn result_within(&self, time: Duration) -> Option<Result<OpenedFacts, String>> {
        let result = self.opened.result_within(time)?;
        Some(match result {
            Ok(opened) => opened.map_err(|error| error.to_string()),
            Err(died) => Err(died.to_string()),
        })
    }
}
