//! One checkpoint as bytes: read whole and verified against its digests before any of it is used, written durably.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::store::RecordError;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};

use super::folder::{OPTIMISER, STATE, WEIGHTS};
use crate::data::PixelStatistics;
use crate::files::{self, Digests};
use crate::supernet::Supernet;
use crate::train::collapse::CollapseDetector;
use crate::train::optimiser::optimiser;
use crate::train::{TrainError, Trainer, weights};

/// Bytes of the largest file of weights that is read where the supernet is not known.
const LIMIT: u64 = 8 << 30;
/// Bytes of the largest state.
const STATE_LIMIT: u64 = 1 << 20;
/// Bytes beside the tensors of a file: their names and shapes.
const BESIDE_TENSORS: u64 = 16 << 20;
/// Most copies of the weights in a file of weights (one, and room for another layout) and in one of an optimiser (two).
const COPIES: [u64; 2] = [2, 4];

/// State of a training beside weights and optimiser.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    /// Steps done.
    pub step: u64,
    /// Factor on the learning rate.
    #[serde(alias = "caution")]
    pub lr_scale: f64,
    /// State of the collapse detector.
    #[serde(default, alias = "trend")]
    pub collapse_detector: CollapseDetector,
    /// Accuracy by which the best checkpoint is chosen, if all watched designs were measured at this step.
    pub score: Option<f64>,
    /// `true` if the checkpoint has digests of its files; only those of the first edition have none.
    #[serde(default)]
    pub(crate) digests: bool,
    /// Normalisation of the pixels that the weights were trained with, by channel; empty in runs of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) normalisation: Vec<PixelStatistics>,
}

/// Files of a checkpoint without optimiser state: all that measuring needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WeightFiles {
    /// Training step of the weights.
    pub(crate) step: u64,
    /// Content of the weights' file.
    pub(crate) weights: Vec<u8>,
    /// Content of the state's file.
    pub(crate) state: Vec<u8>,
}

/// Reading of one checkpoint. Files are read into memory: the training may delete the folder at any time.
pub(super) struct Content {
    folder: PathBuf,
    /// `None` for checkpoints of the first edition, which had no digests.
    digests: Option<Digests>,
    pub(super) state: TrainingState,
}

impl Content {
    /// Reads the state of the checkpoint in `folder`, which must be that of `step`.
    pub(super) fn open(folder: &Path, step: u64) -> Result<Self, TrainError> {
        let metadata = fs::symlink_metadata(folder).map_err(|error| failed(folder, error))?;
        if !metadata.is_dir() {
            return Err(failed(folder, "it is a link or a file, not a folder; checkpoints are only read from the run"));
        }
        let digests = match Digests::read(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            digests => Some(digests.map_err(|error| failed(&folder.join(Digests::FILE), error))?),
        };
        let mut content = Self { folder: folder.to_owned(), digests, state: TrainingState::default() };
        let (path, text) = (folder.join(STATE), content.read(STATE, STATE_LIMIT)?);
        content.state = serde_json::from_slice(&text).map_err(|error| failed(&path, error))?;
        if content.state.step != step {
            let reason = format!("it is damaged: it tells of step {}, its folder of step {step}", content.state.step);
            return Err(failed(&path, reason));
        }
        if content.state.digests && content.digests.is_none() {
            return Err(failed(folder, format!("it is damaged: {} is missing", Digests::FILE)));
        }
        Ok(content)
    }

    /// SHA-256 that the weights have, if they are not damaged; `None` in a checkpoint of the first edition.
    pub(super) fn weights_digest(&self) -> Option<&str> {
        self.digests.as_ref()?.get(WEIGHTS)
    }

    /// Content of a file of at most so many bytes, verified.
    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, TrainError> {
        let path = self.folder.join(name);
        let content = files::read(&path, limit).map_err(|error| failed(&path, error))?;
        if let Some(digests) = &self.digests {
            digests.verify(name, &content).map_err(|error| failed(&path, error))?;
        }
        Ok(content)
    }

    /// The supernet with the weights of this checkpoint in place of those of `fresh`.
    pub(super) fn weights(&self, fresh: Supernet) -> Result<Supernet, TrainError> {
        let content = self.read(WEIGHTS, most_bytes(&fresh, COPIES[0]))?;
        self.decode(WEIGHTS, || weights::from_bytes(fresh, content))
    }

    /// The files that measuring needs.
    pub(super) fn weight_files(&self) -> Result<WeightFiles, TrainError> {
        Ok(WeightFiles {
            step: self.state.step,
            weights: self.read(WEIGHTS, LIMIT)?,
            state: self.read(STATE, STATE_LIMIT)?,
        })
    }

    /// Makes `trainer` stand where this checkpoint was written.
    pub(super) fn restore(&self, trainer: &mut Trainer) -> Result<(), TrainError> {
        trainer.supernet = self.weights(trainer.supernet.clone())?;
        let optimiser_path = self.folder.join(OPTIMISER);
        if !optimiser_path.exists() {
            return Err(failed(
                &optimiser_path,
                "it is missing: weights alone can be measured, and not trained further",
            ));
        }
        let limit = most_bytes(&trainer.supernet, COPIES[1]);
        let content = Bytes::from_bytes_vec(self.read(OPTIMISER, limit)?);
        let fresh = optimiser(&trainer.settings, &trainer.supernet, &trainer.updates);
        trainer.optimiser = self.decode(OPTIMISER, || fresh.from_bytes(content))?;
        (trainer.step, trainer.score) = (self.state.step, self.state.score);
        trainer.lr_scale = self.state.lr_scale;
        trainer.collapse_detector = self.state.collapse_detector;
        trainer.normalisation.clone_from(&self.state.normalisation);
        Ok(())
    }

    /// Decodes a file. The decoder may panic on a damaged file without a digest; that is an error like any other here.
    fn decode<T>(&self, name: &str, decode: impl FnOnce() -> Result<T, RecordError>) -> Result<T, TrainError> {
        let path = self.folder.join(name);
        match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(RecordError::Io(reason))) => Err(failed(&path, reason)),
            // Every tensor that differs would be listed.
            Ok(Err(RecordError::Validation(_))) => Err(failed(
                &path,
                "it was trained on another space than the one that the run's run.toml now holds; undo the change of \
                 run.toml, or start another run with --space",
            )),
            Err(_) => Err(failed(&path, "it is damaged")),
        }
    }
}

/// Bytes of the largest file with so many copies of the weights of a supernet.
fn most_bytes(supernet: &Supernet, copies: u64) -> u64 {
    copies * supernet.num_params() as u64 * size_of::<f32>() as u64 + BESIDE_TENSORS
}

/// Writes the files of a checkpoint into an empty folder, and waits until they are on disk.
pub(super) fn write(trainer: &Trainer, state: &TrainingState, folder: &Path) -> Result<(), TrainError> {
    let of_record = |name, bytes: Result<Bytes, RecordError>| bytes.map_err(|error| failed(&folder.join(name), error));
    let weights = of_record(WEIGHTS, weights::to_bytes(&trainer.supernet))?;
    let optimiser = of_record(OPTIMISER, trainer.optimiser.to_record().into_bytes())?;
    let state = serde_json::to_vec(state).expect("a state is plain numbers");
    write_files(&[(WEIGHTS, &weights), (OPTIMISER, &optimiser), (STATE, &state)], folder)
}

/// Writes a checkpoint without optimiser state into an empty folder, and waits until it is on disk.
pub(super) fn write_weights(files: &WeightFiles, folder: &Path) -> Result<(), TrainError> {
    write_files(&[(WEIGHTS, &files.weights), (STATE, &files.state)], folder)
}

fn write_files(files: &[(&str, &[u8])], folder: &Path) -> Result<(), TrainError> {
    let mut digests = Digests::default();
    for (name, content) in files {
        digests.add(name, content);
        write_durably(&folder.join(name), content)?;
    }
    write_durably(&folder.join(Digests::FILE), digests.to_string().as_bytes())?;
    files::sync(folder).map_err(|error| failed(folder, error))
}

/// The folder is a scratch one, so that files need no scratch name of their own.
fn write_durably(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    fs::write(path, content).and_then(|()| files::sync(path)).map_err(|error| failed(path, error))
}

pub(super) fn failed(path: &Path, reason: impl std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { path: path.display().to_string(), reason: reason.to_string() }
}
