//! The weights that a run is measured with: the newest ones, or those that a search began with.

use super::RunEvaluator;
use super::newest::{fallback_warnings, fetch_newest, untrained};
use crate::files::sha256;
use crate::run::RunDir;
use crate::run::error::RunError;
use crate::run::weights;

impl RunEvaluator {
    /// SHA-256 of the newest readable weights of a run, by which they are known wherever the run lies.
    ///
    /// # Errors
    /// The run is untrained, or a server can't be reached.
    pub(crate) fn newest_digest(run: &RunDir) -> Result<String, RunError> {
        let folder = run.weights_dir();
        fetch_newest(&run.store()?, &folder)?;
        let checkpoints = run.weights();
        let files = checkpoints.weight_files().map_err(|error| untrained(&checkpoints, error))?;
        Ok(sha256(&files.weights))
    }

    /// Loads newer weights, if training has written some.
    ///
    /// # Errors
    /// No checkpoint can be read.
    pub(in crate::run) fn refresh(&mut self) -> Result<(), RunError> {
        if self.is_outdated()? {
            fetch_newest(&self.store, &self.folder)?;
            let newest = self.checkpoints.steps().last().copied();
            let device = self.settings.device.open();
            let loaded = self.checkpoints.load_weights(&self.space, &self.settings, &device)?;
            self.warnings = fallback_warnings(loaded.step, &loaded.errors);
            (self.supernet, self.step, self.newest) = (loaded.supernet, loaded.step, newest);
            self.digest = self.checkpoints.weights_digest(self.step);
        }
        Ok(())
    }

    /// Returns `true` if training has written newer weights than those loaded.
    ///
    /// # Errors
    /// The database fails.
    pub(in crate::run) fn is_outdated(&self) -> Result<bool, RunError> {
        let newest = match self.store.checkpoints() {
            Some(rows) => weights::newest_step(rows)?,
            None => self.checkpoints.steps().last().copied(),
        };
        Ok(newest.is_some() && newest != self.newest)
    }

    /// Pins the checkpoint of the current weights for the workers of a search, however long training goes on.
    ///
    /// # Errors
    /// The checkpoint is gone already, or the disk is full.
    pub(in crate::run) fn pin_weights(&self) -> Result<(), RunError> {
        if let Some(rows) = self.store.checkpoints() {
            weights::pin(self.step, rows)?;
        }
        let pinned = self.checkpoints.pin(self.step);
        pinned.map_err(|source| RunError::WeightsGone { step: self.step, source })
    }

    /// Unpins the weights that were pinned for a search.
    ///
    /// # Errors
    /// The folder can't be written.
    pub(in crate::run) fn unpin_weights(&self) -> Result<(), RunError> {
        if let Some(rows) = self.store.checkpoints() {
            weights::unpin(rows)?;
        }
        Ok(self.checkpoints.unpin()?)
    }

    /// Loads the weights of one step, which a search under way measures with.
    ///
    /// # Errors
    /// The checkpoint is gone or damaged.
    pub(in crate::run) fn load_step(&mut self, step: u64) -> Result<(), RunError> {
        if step != self.step {
            if let Some(rows) = self.store.checkpoints() {
                weights::fetch_step(&self.folder, step, rows)?;
            }
            let device = self.settings.device.open();
            let found = self.checkpoints.load_weights_of(step, &self.space, &self.settings, &device);
            self.supernet = found.map_err(|source| RunError::WeightsGone { step, source })?;
            self.step = step;
            self.digest = self.checkpoints.weights_digest(step);
        }
        Ok(())
    }

    /// Makes sure that the weights loaded are those that a search has pinned.
    ///
    /// # Errors
    /// They are others of the same step: the training began again.
    pub(in crate::run) fn check_pinned(&self) -> Result<(), RunError> {
        let pinned = match self.store.checkpoints() {
            Some(rows) => weights::pinned_digest(self.step, rows)?,
            None => self.checkpoints.pinned_digest(self.step),
        };
        match (pinned, &self.digest) {
            (Some(search), Some(worker)) if search != *worker => {
                Err(RunError::OtherWeights { step: self.step, search, worker: worker.clone() })
            }
            _ => Ok(()),
        }
    }
}
