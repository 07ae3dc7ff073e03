//! Where a training tells what happens: the run's database, and standard output.

use anyhow::Result;

use crate::cli::progress::Log;
use crate::record::{Event, Task};
use crate::run::{RunDir, Store};

/// Tells events.
pub(super) struct Report {
    store: Store,
    log: Log,
}

impl Report {
    /// With `json` one object a line, else what matters as plain lines.
    pub(super) fn new(run: &RunDir, json: bool) -> Result<Self> {
        Ok(Self { store: run.store()?, log: Log::new(Task::Train, json) })
    }

    pub(super) fn tell(&mut self, event: Event) -> Result<()> {
        self.log.print(&event);
        self.store.append(Task::Train, &event)?;
        Ok(())
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }
}
