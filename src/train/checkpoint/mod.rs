//! Checkpoints: a ring of the last few, the best, and the one that a search measures with. Each is a folder that is
//! whole or absent.
//!
//! ```text
//! step-00000140/   the ring: the last few
//! best-00000120/   the best on the validation objects
//! pinned-00000100/ weights that a search under way measures with, however long training goes on
//!     weights.bpk  optimiser.bpk  state.json  SHA256SUMS
//! ```
//!
//! A checkpoint is written to a scratch folder and renamed into place, so a killed process leaves either the old state
//! or the new one. Before anything of it is used, its files are read into memory and compared with their digests; a
//! damaged checkpoint is named, and the next older one taken.

mod content;
mod folder;

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;

pub use self::content::TrainingState;
pub(crate) use self::content::WeightFiles;
use self::content::{Content, failed};
pub(crate) use self::folder::{
    CheckpointKind, CheckpointName, OPTIMISER, STATE, WEIGHTS, install, names, remove, scratch,
};
use super::{Settings, TrainError, Trainer};
use crate::data::PixelStatistics;
use crate::files::{self, Digests};
use crate::space::SearchSpace;
use crate::supernet::Supernet;

/// Checkpoints kept besides the best.
const RING: usize = 3;

/// Weights of a checkpoint, verified and in memory.
pub struct LoadedWeights {
    /// The supernet.
    pub supernet: Supernet,
    /// Training step of the weights.
    pub step: u64,
    /// Normalisation of the pixels that they were trained with, by channel; empty if that is not on record.
    pub(crate) normalisation: Vec<PixelStatistics>,
    /// Reasons for which newer checkpoints could not be used.
    pub errors: Vec<TrainError>,
}

/// Answer of a run's record: SHA-256 of the weights of a step, if it is known.
type RecordedDigest = dyn Fn(u64) -> Option<String> + Send + Sync;

/// The checkpoint folder of a run.
#[derive(Clone)]
pub struct Checkpoints {
    folder: PathBuf,
    recorded: Option<Arc<RecordedDigest>>,
}

impl fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoints").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Checkpoints {
    /// The folder need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), recorded: None }
    }

    /// Holds each checkpoint against the record: `recorded` is asked for the SHA-256 of the weights of a step whenever
    /// a checkpoint of it is opened. One with other weights is damaged: it is that of another run. Of a step without an
    /// answer nothing is known.
    #[must_use]
    pub fn recorded_by(self, recorded: impl Fn(u64) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { recorded: Some(Arc::new(recorded)), ..self }
    }

    /// Writes a checkpoint and drops the oldest beyond the ring. If its evaluation gave more than the best so far, it
    /// becomes the best. Says whether it did.
    ///
    /// # Errors
    /// The disk is full or the folder can't be written; earlier checkpoints are untouched then.
    pub fn save(&self, trainer: &Trainer) -> Result<bool, TrainError> {
        let state = TrainingState {
            step: trainer.step,
            lr_scale: trainer.lr_scale,
            collapse_detector: trainer.collapse_detector,
            score: trainer.score,
            digests: true,
            normalisation: trainer.normalisation.clone(),
        };
        // Not what is above it: a run that was deleted meanwhile stays so.
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(&self.folder, error)),
            _ => self.check_folder()?,
        }
        let recent = CheckpointKind::Recent.of(state.step);
        self.put(recent, |scratch| content::write(trainer, &state, scratch))?;
        let best = state.score.is_some() && state.score > self.best().and_then(|best| best.score);
        if best {
            let recent = self.path_of(recent);
            self.put(CheckpointKind::Best.of(state.step), |scratch| link_files(&recent, scratch))?;
            self.keep_newest(CheckpointKind::Best, 1)?;
        }
        self.keep_newest(CheckpointKind::Recent, RING)?;
        Ok(best)
    }

    /// Files of the newest checkpoint that is not damaged, without its optimiser state.
    ///
    /// # Errors
    /// There is none, or all are damaged.
    pub(crate) fn weight_files(&self) -> Result<WeightFiles, TrainError> {
        self.newest_readable(Content::weight_files).map(|(files, _)| files)
    }

    /// Writes a checkpoint without optimiser state.
    ///
    /// # Errors
    /// The disk is full or the folder can't be written.
    pub(crate) fn put_weights(&self, files: &WeightFiles) -> Result<(), TrainError> {
        self.check_folder()?;
        self.put(CheckpointKind::Recent.of(files.step), |scratch| content::write_weights(files, scratch))
    }

    /// Returns `true` if there is a checkpoint to continue from, or may be one in a folder that can't be read.
    pub fn exist(&self) -> bool {
        folder::names(&self.folder).map_or(true, |names| names.iter().any(|name| name.is_trainers()))
    }

    /// Steps of the checkpoints in the ring, ascending.
    pub fn steps(&self) -> Vec<u64> {
        self.list(CheckpointKind::Recent)
    }

    /// Step of the newest checkpoint to continue from whose state can be read.
    pub fn newest_step(&self) -> Option<u64> {
        self.newest_readable(|content| Ok(content.state.step)).ok().map(|(step, _)| step)
    }

    /// Position of the training at the best checkpoint.
    pub fn best(&self) -> Option<TrainingState> {
        let step = *self.list(CheckpointKind::Best).last()?;
        self.open(CheckpointKind::Best.of(step)).ok().map(|content| content.state)
    }

    /// Weights of the newest checkpoint that is not damaged, for measuring.
    ///
    /// # Errors
    /// There is none, or all are damaged.
    pub fn load_weights(
        &self,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<LoadedWeights, TrainError> {
        let load = |content: &Content| content.weights(fresh(space, settings, device));
        let (found, errors) = self.newest_readable(|content| Ok((load(content)?, content.state.clone())))?;
        let (supernet, TrainingState { step, normalisation, .. }) = found;
        Ok(LoadedWeights { supernet, step, normalisation, errors })
    }

    /// Weights of the checkpoint of one step, for measuring.
    ///
    /// # Errors
    /// It is gone or damaged.
    pub fn load_weights_of(
        &self,
        step: u64,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<Supernet, TrainError> {
        self.check_folder()?;
        let mut error = None;
        for name in CheckpointKind::ALL.map(|kind| kind.of(step)) {
            if !self.path_of(name).exists() {
                continue;
            }
            match self.open(name).and_then(|content| content.weights(fresh(space, settings, device))) {
                Ok(supernet) => return Ok(supernet),
                Err(found) => error = Some(found),
            }
        }
        Err(error.unwrap_or_else(|| failed(&self.path_of(CheckpointKind::Recent.of(step)), "it is gone")))
    }

    /// SHA-256 of the weights of the checkpoint of one step; `None` if it is gone or has no digests.
    pub fn weights_digest(&self, step: u64) -> Option<String> {
        CheckpointKind::ALL.into_iter().find_map(|kind| self.digest_in(kind.of(step)))
    }

    /// As [`Self::weights_digest`], of the checkpoint that a search has pinned.
    pub fn pinned_digest(&self, step: u64) -> Option<String> {
        self.digest_in(CheckpointKind::Pinned.of(step))
    }

    fn digest_in(&self, name: CheckpointName) -> Option<String> {
        Digests::read(&self.path_of(name)).ok()?.get(WEIGHTS).map(str::to_owned)
    }

    /// Pins the checkpoint of one step until another is pinned, however long training goes on.
    ///
    /// # Errors
    /// It is gone, or the folder can't be written.
    pub fn pin(&self, step: u64) -> Result<(), TrainError> {
        self.check_folder()?;
        let pinned = CheckpointKind::Pinned.of(step);
        if !self.path_of(pinned).exists() {
            let recent = self.path_of(CheckpointKind::Recent.of(step));
            let from = if recent.exists() { recent } else { self.path_of(CheckpointKind::Best.of(step)) };
            self.put(pinned, |scratch| link_files(&from, scratch))?;
        }
        self.remove_all(|name| name.kind == CheckpointKind::Pinned && name.step != step)
    }

    /// Unpins the checkpoint that was pinned.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn unpin(&self) -> Result<(), TrainError> {
        self.check_folder()?;
        self.remove_all(|name| name.kind == CheckpointKind::Pinned)
    }

    /// A trainer that continues from the newest checkpoint that is not damaged, and why newer ones could not be used.
    ///
    /// # Errors
    /// There is none, or all are damaged.
    pub fn resume(
        &self,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<(Trainer, Vec<TrainError>), TrainError> {
        self.newest_readable(|content| {
            let mut trainer = Trainer::new(space.clone(), settings.clone(), device);
            content.restore(&mut trainer)?;
            Ok(trainer)
        })
    }

    /// A trainer at its first step that starts from the weights of the newest checkpoint that is not damaged, the step
    /// of these weights, and why newer ones could not be used.
    ///
    /// # Errors
    /// There is none, or all are damaged.
    pub fn start_from(
        &self,
        space: &SearchSpace,
        settings: &Settings,
        device: &Device,
    ) -> Result<(Trainer, u64, Vec<TrainError>), TrainError> {
        let ((trainer, step), errors) = self.newest_readable(|content| {
            let mut trainer = Trainer::new(space.clone(), settings.clone(), device);
            trainer.supernet = content.weights(trainer.supernet.clone())?;
            Ok((trainer, content.state.step))
        })?;
        Ok((trainer, step, errors))
    }

    /// Removes what a killed process left half done.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn tidy(&self) -> Result<(), TrainError> {
        self.check_folder()?;
        folder::tidy(&self.folder).map_err(|error| failed(&self.folder, error))
    }

    /// Forgets the checkpoints after a step.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn forget_after(&self, step: u64) -> Result<(), TrainError> {
        self.check_folder()?;
        self.remove_all(|name| name.step > step)
    }

    /// Result of `load` on the newest checkpoint for which it works, and the errors of newer ones.
    fn newest_readable<T>(
        &self,
        load: impl Fn(&Content) -> Result<T, TrainError>,
    ) -> Result<(T, Vec<TrainError>), TrainError> {
        self.check_folder()?;
        let mut errors = Vec::new();
        let mut names: Vec<CheckpointName> = self.names().into_iter().filter(|name| name.is_trainers()).collect();
        while let Some(newest) = CheckpointName::newest(&names) {
            names.retain(|name| *name != newest);
            match self.open(newest).and_then(|content| load(&content)) {
                Ok(found) => return Ok((found, errors)),
                Err(error) => errors.push(error),
            }
        }
        Err(errors.into_iter().next().unwrap_or_else(|| failed(&self.folder, "holds no checkpoint")))
    }

    /// Refuses a folder that is a link: what it leads to belongs to another program, and checkpoints are deleted.
    fn check_folder(&self) -> Result<(), TrainError> {
        match fs::symlink_metadata(&self.folder) {
            Ok(metadata) if !metadata.is_dir() => {
                Err(failed(&self.folder, "it is a link or a file, not a folder; put a folder of the run in its place"))
            }
            // A folder that can't be read is no folder without checkpoints.
            _ => folder::names(&self.folder).map(drop).map_err(|error| failed(&self.folder, error)),
        }
    }

    /// The checkpoints, by step; none if the folder can't be read.
    fn names(&self) -> Vec<CheckpointName> {
        folder::names(&self.folder).unwrap_or_default()
    }

    fn list(&self, kind: CheckpointKind) -> Vec<u64> {
        self.names().into_iter().filter(|name| name.kind == kind).map(|name| name.step).collect()
    }

    fn keep_newest(&self, kind: CheckpointKind, count: usize) -> Result<(), TrainError> {
        let newest: Vec<u64> = self.list(kind).into_iter().rev().take(count).collect();
        self.remove_all(|name| name.kind == kind && !newest.contains(&name.step))
    }

    fn remove_all(&self, is_over: impl Fn(CheckpointName) -> bool) -> Result<(), TrainError> {
        self.names().into_iter().filter(|name| is_over(*name)).try_for_each(|name| {
            let path = self.path_of(name);
            folder::remove(&path).map_err(|error| failed(&path, error))
        })
    }

    fn path_of(&self, name: CheckpointName) -> PathBuf {
        self.folder.join(name.to_string())
    }

    fn open(&self, name: CheckpointName) -> Result<Content, TrainError> {
        let path = self.path_of(name);
        let content = Content::open(&path, name.step)?;
        let recorded = self.recorded.as_ref().and_then(|recorded| recorded(name.step));
        if recorded.is_none_or(|recorded| tells_of(&recorded, content.weights_digest())) {
            return Ok(content);
        }
        Err(failed(&path, "it is not the checkpoint that this run saved: its weights are not those on record"))
    }

    /// Fills a scratch folder by `write`, then puts it in its place. What is there is replaced: training from the same
    /// step again, after a rollback or a stop, gave the same weights.
    fn put(&self, name: CheckpointName, write: impl FnOnce(&Path) -> Result<(), TrainError>) -> Result<(), TrainError> {
        let scratch = folder::scratch(&self.folder).map_err(|error| failed(&self.folder, error))?;
        write(scratch.path())?;
        let target = self.path_of(name);
        folder::install(scratch, &target).map_err(|error| failed(&target, error))
    }
}

/// Returns `true` if the digest on record is that of these weights. Digests of different weights have hardly a digit in
/// common: where half of them agree, it is the record that is damaged.
fn tells_of(recorded: &str, digest: Option<&str>) -> bool {
    let agreeing = |digest: &str| recorded.bytes().zip(digest.bytes()).filter(|(a, b)| a == b).count();
    digest.is_some_and(|digest| 2 * agreeing(digest) >= digest.len())
}

/// A supernet to load weights into.
fn fresh(space: &SearchSpace, settings: &Settings, device: &Device) -> Supernet {
    Supernet::new(space, settings.initialisation, settings.seed, device)
}

/// Gives the files of a checkpoint, which never change, a second place; they are copied where links can't be made.
fn link_files(from: &Path, to: &Path) -> Result<(), TrainError> {
    let link = |entry: fs::DirEntry| {
        let target = to.join(entry.file_name());
        fs::hard_link(entry.path(), &target).or_else(|_| fs::copy(entry.path(), &target).map(drop))
    };
    let entries = fs::read_dir(from).map_err(|error| failed(from, error))?;
    for entry in entries {
        entry.and_then(link).map_err(|error| failed(from, error))?;
    }
    files::sync(to).map_err(|error| failed(to, error))
}

#[cfg(test)]
mod tests;
