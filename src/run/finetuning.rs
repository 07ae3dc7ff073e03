//! Runs that train one design of another run, their parent, alone.
//!
//! Such a run is an ordinary one: on the parent's space, data and profile, with a setting that names the design. Its
//! first checkpoint, of step 0, holds the parent's weights. All that works on a run works on it; other designs are
//! refused, as the weights that they share with the trained one have become its own. Once trained it leaves a record
//! in the parent's database, whose followers show both.

use std::path::Path;

use super::RunDir;
use super::error::RunError;
use super::evaluator::{fallback_warnings, untrained};
use super::manifest::{Manifest, ParentRun, ParentWeights};
use super::task_process::TaskProcess;
use super::weights;
use crate::record::{Event, FinetunedAccuracy, FinetunedRecord, Subset, Task};
use crate::train::{Checkpoints, Settings, Trainer};

/// Weights that a training of one design begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FinetuningStart {
    /// The newest ones of the parent.
    Supernet,
    /// Fresh ones.
    Scratch,
}

/// Makes a run at `path` that trains the design of `settings` alone. Returns it with reasons why older weights than the
/// newest of `parent` are used.
///
/// # Errors
/// The design is not of the space, the parent is untrained, or the run can't be made there.
pub(crate) fn start_finetuning(
    path: &Path,
    parent: &RunDir,
    settings: &Settings,
    start: FinetuningStart,
) -> Result<(RunDir, Vec<String>), RunError> {
    let space = parent.manifest().search_space()?;
    settings.design_of(&space).map_err(crate::train::TrainError::from)?;
    let own = parent.manifest();
    let settings_table = toml::Table::try_from(settings).map_err(|error| RunError::Unwritable(error.to_string()))?;
    let (space_text, profile) = (own.space.clone(), own.profile.clone());
    let manifest = Manifest::new(&super::name_of(path), settings.seed, &own.data, space_text, profile, settings_table);
    let parent_path = if parent.server.is_some() {
        parent.path().to_owned()
    } else {
        parent.path().canonicalize().map_err(|error| RunError::file("find", parent.path(), error))?
    };
    let parent_run =
        |weights| Some(ParentRun { path: parent_path.display().to_string(), name: own.name.clone(), weights });
    if start == FinetuningStart::Scratch {
        let manifest = Manifest { parent: parent_run(None), ..manifest };
        return Ok((RunDir::create(path, &manifest)?, Vec::new()));
    }
    if let Some(rows) = parent.store()?.checkpoints() {
        weights::fetch_newest(&parent.weights_dir(), rows)?;
    }
    let checkpoints = parent.weights();
    let loaded = checkpoints.start_from(&space, settings, &settings.device.open());
    let (trainer, step, errors) = loaded.map_err(|error| untrained(&checkpoints, error))?;
    let weights = ParentWeights { step, sha256: checkpoints.weights_digest(step) };
    let manifest = Manifest { parent: parent_run(Some(weights)), ..manifest };
    Ok((with_weights(path, &manifest, &trainer)?, fallback_warnings(step, &errors)))
}

/// Makes a run whose first checkpoint is that of a trainer.
fn with_weights(path: &Path, manifest: &Manifest, trainer: &Trainer) -> Result<RunDir, RunError> {
    if super::ServerAddress::is_one(path) {
        let run = RunDir::create(path, manifest)?;
        Checkpoints::new(run.checkpoint_dir()).save(trainer)?;
        if let Some(rows) = run.store()?.checkpoints() {
            weights::publish(&run.checkpoint_dir(), rows)?;
        }
        return Ok(run);
    }
    RunDir::create_filled(path, manifest, |folder, _| {
        Checkpoints::new(folder).save(trainer)?;
        Ok(())
    })
}

/// Returns `true` if a run can't begin without a checkpoint.
pub(super) fn needs_weights(manifest: &Manifest) -> bool {
    manifest.parent.as_ref().is_some_and(|parent| parent.weights.is_some())
}

/// Leaves a record of the trained design in the parent's database. A parent that is gone is worth a warning.
///
/// # Errors
/// The run's own database fails.
pub(super) fn tell_parent(run: &RunDir, step: u64, process: &mut TaskProcess) -> Result<(), RunError> {
    let (Some(parent), Some(design)) = (&run.manifest().parent, run.manifest().training_settings()?.design) else {
        return Ok(());
    };
    let rows = process.store().measured(step)?.into_iter().map(|row| row.value);
    let rows = rows.filter(|row| row.key.design == design && row.key.lost == 0);
    let accuracies = rows.filter(|row| row.key.subset == Subset::Validation).map(|row| FinetunedAccuracy {
        views: row.key.views,
        precision: row.key.precision,
        accuracy: row.accuracy,
        samples: row.samples,
    });
    let record = FinetunedRecord {
        run: run.path().display().to_string(),
        precision: run.manifest().training_settings()?.precision,
        from_scratch: parent.weights.is_none(),
        step,
        accuracies: accuracies.collect(),
        design,
    };
    let told = RunDir::open(Path::new(&parent.path))
        .and_then(|parent| parent.store()?.append(Task::Train, &Event::Finetuned(record)).map(drop));
    if let Err(error) = told {
        let text = format!("{} gets no record of this design: {}", parent.name, error.sentence());
        process.emit(Event::Warning { text })?;
    }
    Ok(())
}
