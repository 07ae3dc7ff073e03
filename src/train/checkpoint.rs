//! Checkpoints: a ring of the last few and the best, each a folder that is whole or absent.
//!
//! A checkpoint is written to a scratch folder and renamed into place, so a killed process leaves either the old state
//! or the new one. It holds the weights, the optimiser's state and where training stood.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::store::RecordError;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::collapse::CollapseDetector;
use super::optimiser::optimiser;
use super::{Settings, TrainError, Trainer};
use crate::space::SearchSpace;
use crate::supernet::Supernet;

/// Checkpoints kept besides the best.
const RING: usize = 3;
const WEIGHTS: &str = "weights.bpk";
const OPTIMISER: &str = "optimiser.bpk";
const STATE: &str = "state.json";
/// Folders begin with this and the step's number.
const RECENT: &str = "step-";
const BEST: &str = "best-";
const SCRATCH: &str = ".checkpoint-";

/// State of a training beside weights and optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    /// Steps done.
    pub step: u64,
    /// Factor on the learning rate.
    #[serde(alias = "caution")]
    pub lr_scale: f64,
    /// State of the collapse detector.
    #[serde(default, alias = "trend")]
    pub collapse_detector: CollapseDetector,
    /// Accuracy by which the best checkpoint is chosen, if it was measured.
    pub score: Option<f64>,
}

/// The checkpoint folder of a run.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// The folder need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Writes a checkpoint and drops the oldest beyond the ring. With a score above the best so far it becomes the
    /// best. Says whether it did.
    ///
    /// # Errors
    /// The disk is full or the folder can't be written; earlier checkpoints are untouched then.
    pub fn save(&self, trainer: &Trainer, score: Option<f64>) -> Result<bool, TrainError> {
        let state = TrainingState {
            step: trainer.step,
            lr_scale: trainer.lr_scale,
            collapse_detector: trainer.collapse_detector,
            score,
        };
        self.write(trainer, state, RECENT)?;
        let best = score.is_some() && score > self.best().and_then(|best| best.score);
        if best {
            self.write(trainer, state, BEST)?;
            self.keep_newest(BEST, 1)?;
        }
        self.keep_newest(RECENT, RING)?;
        Ok(best)
    }

    /// Returns `true` if there is a checkpoint to continue from.
    pub fn exist(&self) -> bool {
        !self.steps().is_empty()
    }

    /// Steps of the checkpoints in the ring, ascending.
    pub fn steps(&self) -> Vec<u64> {
        self.list(RECENT)
    }

    /// Position of the training at the best checkpoint.
    pub fn best(&self) -> Option<TrainingState> {
        state(&self.path_of(BEST, *self.list(BEST).last()?)).ok()
    }

    /// Weights of the newest checkpoint that can be read, for measuring, with where training stood.
    ///
    /// # Errors
    /// There is none, or none can be read.
    pub fn load_weights(
        &self,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<(Supernet, TrainingState), TrainError> {
        let (found, _) = self.first_readable(|path| weights(path, space, settings, device))?;
        Ok(found)
    }

    /// Weights of the checkpoint of one step, for measuring.
    ///
    /// # Errors
    /// It is gone, or can't be read.
    pub fn load_weights_of(
        &self,
        step: u64,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<Supernet, TrainError> {
        weights(&self.path_of(RECENT, step), space, settings, device).map(|found| found.0)
    }

    /// A trainer that continues from the newest checkpoint that can be read, and why newer ones could not be.
    ///
    /// # Errors
    /// There is none, or none can be read.
    pub fn resume(
        &self,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<(Trainer, Vec<TrainError>), TrainError> {
        self.first_readable(|path| {
            let state = state(path)?;
            let mut trainer = Trainer::new(space.clone(), settings.clone(), device);
            let (weights, moments) = (path.join(WEIGHTS), path.join(OPTIMISER));
            trainer.supernet = load(&weights, |file| trainer.supernet.clone().try_load_file(file))?;
            let fresh = optimiser(&trainer.settings, &trainer.supernet);
            trainer.optimiser = load(&moments, |file| fresh.load(file))?;
            trainer.step = state.step;
            trainer.lr_scale = state.lr_scale;
            trainer.collapse_detector = state.collapse_detector;
            Ok(trainer)
        })
    }

    /// Removes what a killed process left half done.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn tidy(&self) -> Result<(), TrainError> {
        for name in self.names().filter(|name| name.starts_with(SCRATCH)) {
            remove(&self.folder.join(name))?;
        }
        Ok(())
    }

    /// Forgets the checkpoints after a step.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn forget_after(&self, step: u64) -> Result<(), TrainError> {
        for kind in [RECENT, BEST] {
            for later in self.list(kind).into_iter().filter(|&found| found > step) {
                remove(&self.path_of(kind, later))?;
            }
        }
        Ok(())
    }

    /// Result of `load` on the newest checkpoint for which it works, and the errors of newer ones.
    fn first_readable<T>(
        &self,
        load: impl Fn(&Path) -> Result<T, TrainError>,
    ) -> Result<(T, Vec<TrainError>), TrainError> {
        let mut errors = Vec::new();
        for step in self.steps().into_iter().rev() {
            match load(&self.path_of(RECENT, step)) {
                Ok(found) => return Ok((found, errors)),
                Err(error) => errors.push(error),
            }
        }
        Err(errors.into_iter().next().unwrap_or_else(|| failed(&self.folder, "holds no checkpoint")))
    }

    fn names(&self) -> impl Iterator<Item = String> + use<> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    }

    fn list(&self, kind: &str) -> Vec<u64> {
        let mut steps: Vec<u64> = self.names().filter_map(|name| name.strip_prefix(kind)?.parse().ok()).collect();
        steps.sort_unstable();
        steps
    }

    fn keep_newest(&self, kind: &str, count: usize) -> Result<(), TrainError> {
        self.list(kind).into_iter().rev().skip(count).try_for_each(|old| remove(&self.path_of(kind, old)))
    }

    fn path_of(&self, kind: &str, step: u64) -> PathBuf {
        self.folder.join(format!("{kind}{step:08}"))
    }

    /// Writes all of it under another name, then renames.
    fn write(&self, trainer: &Trainer, state: TrainingState, kind: &str) -> Result<(), TrainError> {
        let target = self.path_of(kind, state.step);
        // Not what is above it: a run that was deleted meanwhile stays so.
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(&self.folder, error)),
            _ => {}
        }
        let scratch = tempfile::Builder::new()
            .prefix(SCRATCH)
            .tempdir_in(&self.folder)
            .map_err(|error| failed(&self.folder, error))?;
        let weights = scratch.path().join(WEIGHTS);
        trainer.supernet.clone().save_file(&weights).map_err(|error| failed(&weights, error))?;
        let moments = scratch.path().join(OPTIMISER);
        trainer.optimiser.save(&moments).map_err(|error| failed(&moments, error))?;
        let text = serde_json::to_vec(&state).expect("a state is plain numbers");
        fs::write(scratch.path().join(STATE), text).map_err(|error| failed(&target, error))?;
        if target.exists() {
            // Training from the same step again, after a rollback or a stop, gave the same weights.
            remove(&target)?;
        }
        fs::rename(scratch.path(), &target).map_err(|error| failed(&target, error))?;
        // The folder has gone by that name, so there is nothing left to clean up.
        let _ = scratch.keep();
        Ok(())
    }
}

fn weights(
    path: &Path,
    space: &SearchSpace,
    settings: &Settings,
    device: &Device,
) -> Result<(Supernet, TrainingState), TrainError> {
    let state = state(path)?;
    let fresh = Supernet::new(space, settings.initialisation, settings.seed, device);
    Ok((load(&path.join(WEIGHTS), |file| fresh.try_load_file(file))?, state))
}

fn state(path: &Path) -> Result<TrainingState, TrainError> {
    let path = path.join(STATE);
    let text = fs::read(&path).map_err(|error| failed(&path, error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&path, error))
}

/// Reads a file of tensors. A damaged one may make the reader panic; that is an error like any other here.
fn load<T>(file: &Path, read: impl FnOnce(&Path) -> Result<T, RecordError>) -> Result<T, TrainError> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(file))) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(RecordError::Io(reason))) => Err(failed(file, reason)),
        // Every tensor that differs would be listed.
        Ok(Err(RecordError::Validation(_))) => Err(failed(
            file,
            "it was trained on another space than the one that the run's run.toml now holds; undo the change of \
             run.toml, or start another run with --space",
        )),
        Err(_) => Err(failed(file, "it is damaged")),
    }
}

/// Removes a folder. It moves out of sight first, so that no half of it is ever taken for a whole.
fn remove(path: &Path) -> Result<(), TrainError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let aside = path.with_file_name(format!("{SCRATCH}old-{}", name.trim_start_matches(SCRATCH)));
    fs::rename(path, &aside).and_then(|()| fs::remove_dir_all(&aside)).map_err(|error| failed(path, error))
}

fn failed(path: &Path, reason: impl std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { path: path.display().to_string(), reason: reason.to_string() }
}
