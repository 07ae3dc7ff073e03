//! Checkpoints: a ring of the last few and the best, each a folder that is whole or absent.
//!
//! A checkpoint is written to a scratch folder and renamed into place, so a killed process leaves either the old state or
//! the new one. It holds the weights, the optimiser's state and where training stood.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{Settings, TrainError, Trainer, optimiser};
use crate::space::SearchSpace;
use crate::supernet::Supernet;

/// Checkpoints kept besides the best.
const RING: usize = 3;
const WEIGHTS: &str = "weights.bpk";
const OPTIMISER: &str = "optimiser.bpk";
const STATE: &str = "state.json";

/// Where training stood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// Factor on the learning rate.
    pub caution: f64,
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

    /// Writes a checkpoint and drops the oldest beyond the ring. With a score above the best so far it becomes the best.
    /// Says whether it did.
    ///
    /// # Errors
    /// The disk is full or the folder can't be written; earlier checkpoints are untouched then.
    pub fn save(&self, trainer: &Trainer, score: Option<f64>) -> Result<bool, TrainError> {
        let state = State { step: trainer.step, caution: trainer.caution, score };
        let name = format!("step-{:08}", state.step);
        self.write(trainer, state, &name)?;
        let best = score.is_some() && score > self.state("best").and_then(|best| best.score);
        if best {
            self.write(trainer, state, "best")?;
        }
        let steps = self.steps();
        for old in steps.iter().rev().skip(RING) {
            let path = self.path_of(*old);
            fs::remove_dir_all(&path).map_err(|error| failed(&path, error))?;
        }
        Ok(best)
    }

    /// Steps of the checkpoints in the ring, ascending.
    pub fn steps(&self) -> Vec<u64> {
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut steps: Vec<u64> = names
            .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("step-")?.parse().ok())
            .filter(|&step| self.state(&format!("step-{step:08}")).is_some())
            .collect();
        steps.sort_unstable();
        steps
    }

    /// Weights of the newest checkpoint, for measuring, with where training stood.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub fn load_weights(
        &self,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<(Supernet, State), TrainError> {
        let (path, state) = self.newest()?;
        let fresh = Supernet::new(space, settings.initialisation, settings.seed, device)?;
        let weights = path.join(WEIGHTS);
        let supernet = fresh.try_load_file(&weights).map_err(|error| failed(&weights, error))?;
        Ok((supernet, state))
    }

    /// A trainer that continues from the newest checkpoint, or from the one before it with `back` of 1, and so on.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub fn resume(
        &self,
        space: SearchSpace,
        settings: Settings,
        device: &Device,
        back: usize,
    ) -> Result<Trainer, TrainError> {
        let steps = self.steps();
        let step = steps.iter().rev().nth(back).or(steps.first()).ok_or_else(|| self.none())?;
        let path = self.path_of(*step);
        let state = self.state(&format!("step-{step:08}")).ok_or_else(|| self.none())?;
        let mut trainer = Trainer::new(space, settings, device)?;
        let (weights, moments) = (path.join(WEIGHTS), path.join(OPTIMISER));
        trainer.supernet = trainer.supernet.clone().try_load_file(&weights).map_err(|error| failed(&weights, error))?;
        let fresh = optimiser(&trainer.settings, &trainer.supernet);
        trainer.optimiser = fresh.load(&moments).map_err(|error| failed(&moments, error))?;
        (trainer.step, trainer.caution) = (state.step, state.caution);
        Ok(trainer)
    }

    /// Whether there is a checkpoint to continue from.
    pub fn exist(&self) -> bool {
        !self.steps().is_empty()
    }

    fn newest(&self) -> Result<(PathBuf, State), TrainError> {
        let step = self.steps().pop().ok_or_else(|| self.none())?;
        let state = self.state(&format!("step-{step:08}")).ok_or_else(|| self.none())?;
        Ok((self.path_of(step), state))
    }

    fn none(&self) -> TrainError {
        TrainError::Checkpoint { path: self.folder.display().to_string(), reason: "holds no checkpoint".into() }
    }

    fn path_of(&self, step: u64) -> PathBuf {
        self.folder.join(format!("step-{step:08}"))
    }

    fn state(&self, name: &str) -> Option<State> {
        serde_json::from_slice(&fs::read(self.folder.join(name).join(STATE)).ok()?).ok()
    }

    fn write(&self, trainer: &Trainer, state: State, name: &str) -> Result<(), TrainError> {
        let target = self.folder.join(name);
        fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let scratch = tempfile::Builder::new()
            .prefix(".checkpoint-")
            .tempdir_in(&self.folder)
            .map_err(|error| failed(&self.folder, error))?;
        let weights = scratch.path().join(WEIGHTS);
        trainer.supernet.clone().save_file(&weights).map_err(|error| failed(&weights, error))?;
        let moments = scratch.path().join(OPTIMISER);
        trainer.optimiser.save(&moments).map_err(|error| failed(&moments, error))?;
        let text = serde_json::to_vec(&state).expect("a state is plain numbers");
        fs::write(scratch.path().join(STATE), text).map_err(|error| failed(&target, error))?;
        if target.exists() {
            // A folder can't be replaced in one step: the old one moves aside first and goes with the scratch folder.
            let aside = scratch.path().join("old");
            fs::rename(&target, &aside).map_err(|error| failed(&target, error))?;
            let new = self.folder.join(format!(".new-{name}"));
            let _ = fs::remove_dir_all(&new);
            fs::create_dir(&new).map_err(|error| failed(&new, error))?;
            for file in [WEIGHTS, OPTIMISER, STATE] {
                fs::rename(scratch.path().join(file), new.join(file)).map_err(|error| failed(&new, error))?;
            }
            return fs::rename(&new, &target).map_err(|error| failed(&target, error));
        }
        fs::rename(scratch.keep(), &target).map_err(|error| failed(&target, error))
    }
}

fn failed(path: &Path, reason: impl std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { path: path.display().to_string(), reason: reason.to_string() }
}
