//! Training as a process on a run.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::RunDir;
use super::error::RunError;
use super::finetuning;
use super::loading::{BEFORE_DATA, LoadingProgress, load_inputs, load_inputs_controlled};
use super::manifest::Manifest;
use super::store::Store;
use super::task_process::TaskProcess;
use super::usage;
use super::weights;
use crate::record::{DataRecord, Event, Measurement};
use crate::space::SearchSpace;
use crate::train::exchange::decide;
use crate::train::{
    Exchange, Inputs, ObserverError, Settings, TrainingLoop, TrainingObserver, newest, tell_unreadable,
};

/// Trains a run from its newest readable checkpoint until all steps are done or the user asks to stop. `settings` may
/// differ from the run's own in device and threads. Of several processes that train it this is rank 0.
///
/// # Errors
/// Data or checkpoints can't be read, the training collapsed too often, the database fails, or another rank has ended.
pub(crate) fn train(
    run: &RunDir,
    settings: Settings,
    exchange: &Rc<dyn Exchange>,
    process: &mut TaskProcess,
    progress: LoadingProgress<'_>,
) -> Result<(), RunError> {
    let space = run.manifest().search_space()?;
    if let Some(rows) = process.store().checkpoints() {
        weights::fetch_all(&run.checkpoint_dir(), rows)?;
    }
    process.publish_from(run.checkpoint_dir());
    let checkpoints = run.checkpoints();
    checkpoints.tidy()?;
    let found = newest(Some(&checkpoints), &space, &settings);
    let resumed_from = match &found {
        Ok((trainer, _)) if checkpoints.exist() => Some(trainer.steps_done()),
        _ => None,
    };
    let recorded = process.store().last_step()?;
    // A checkpoint of step 0 holds the weights that a finetuning begins with.
    process.emit_started("train", resumed_from.filter(|&step| step > 0))?;
    let (trainer, errors) = found?;
    tell_unreadable(errors, &trainer, process)?;
    if resumed_from.is_none() && finetuning::needs_weights(run.manifest()) {
        return Err(RunError::CheckpointsGone { recorded });
    }
    compare_with_record(resumed_from, recorded, process)?;
    let started = Instant::now();
    let inputs = load_inputs_controlled(run.manifest(), &space, &[], process, progress)?;
    decide(&**exchange, || Ok::<_, RunError>(inputs.is_some()))?;
    let Some(inputs) = inputs else {
        return process.emit(Event::Stopped { reason: BEFORE_DATA.into() });
    };
    if let Some(text) = data_warning(process.store(), &inputs)? {
        process.emit(Event::Warning { text })?;
    }
    process.emit(Event::Data(data_record(&space, &inputs, started.elapsed().as_secs_f64())))?;
    let training = TrainingLoop::new(space, settings, inputs, Some(checkpoints));
    let mut training = training.with_exchange(Rc::clone(exchange));
    if let Some(trainer) = training.run_from(trainer, process)? {
        finetuning::tell_parent(run, trainer.steps_done(), process)?;
    }
    Ok(())
}

/// Trains beside rank 0, which has the run, until it says that it is over.
///
/// # Errors
/// Data can't be read, the training collapsed too often, or another rank has ended.
pub(crate) fn train_beside(
    manifest: &Manifest,
    settings: Settings,
    exchange: &Rc<dyn Exchange>,
    progress: LoadingProgress<'_>,
) -> Result<(), RunError> {
    // They reach all processes that were started together; rank 0 stops, and tells the others.
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false))).map_err(RunError::Signals)?;
    }
    let space = manifest.search_space()?;
    // Rank 0 first: what it renders is then in the cache of its machine.
    if !decide(&**exchange, || Ok::<_, RunError>(true))? {
        return Ok(());
    }
    let inputs = load_inputs(manifest, &space, &[], progress)?;
    let (trainer, _) = newest(None, &space, &settings)?;
    let training = TrainingLoop::new(space, settings, inputs, None);
    let mut silent = |_: &Event| {};
    training.with_exchange(Rc::clone(exchange)).run_from(trainer, &mut silent)?;
    Ok(())
}

/// Holds the checkpoint that training continues from against the steps on record: a run whose checkpoints are gone is
/// not trained anew without the user's word.
fn compare_with_record(resumed_from: Option<u64>, recorded: u64, process: &mut TaskProcess) -> Result<(), RunError> {
    match resumed_from {
        None if recorded > 0 && process.store().has_checkpoint_event()? => Err(RunError::CheckpointsGone { recorded }),
        None if recorded > 0 => {
            let text = format!("{recorded} steps were done, but no checkpoint was written: training begins at step 1");
            process.emit(Event::Warning { text })
        }
        _ => Ok(()),
    }
}

fn data_record(space: &SearchSpace, inputs: &Inputs, seconds: f64) -> DataRecord {
    let split = &inputs.data().split;
    DataRecord {
        classes: space.classes,
        train: split.train.len() as u64,
        validation: split.validation.len() as u64,
        test: split.test.len() as u64,
        views: space.views,
        seconds,
        labels_hash: inputs.data().labels_hash(),
    }
}

/// Sentence about data that are not those that the run was trained on last; `None` where that is not on record.
pub(super) fn data_warning(store: &Store, inputs: &Inputs) -> Result<Option<String>, RunError> {
    let Some(trained) = store.last_data()? else { return Ok(None) };
    let split = &inputs.data().split;
    let counts = [split.train.len(), split.validation.len(), split.test.len()];
    let before = [trained.train, trained.validation, trained.test];
    let hash = inputs.data().labels_hash();
    if before == counts.map(|count| count as u64) && [0, hash].contains(&trained.labels_hash) {
        return Ok(None);
    }
    let text = |counts: [u64; 3]| format!("{} + {} + {}", counts[0], counts[1], counts[2]);
    let (before, now) = (text(before), text(counts.map(|count| count as u64)));
    Ok(Some(format!(
        "the data are not those that the weights were trained on: {before} objects to train, validate and test then, {now} \
         now{}; what is measured from now on can't be compared with what was before",
        if before == now { " of other classes or parts" } else { "" }
    )))
}

impl TrainingObserver for TaskProcess {
    fn event(&mut self, mut event: Event) -> Result<(), ObserverError> {
        if let Event::Step(step) = &mut event {
            step.rss_bytes = usage::resident_bytes();
        }
        // First the weights, then the word that they are there.
        if matches!(event, Event::Checkpoint { .. }) {
            self.publish()?;
        }
        Ok(self.emit(event)?)
    }

    fn before_checkpoints_change(&mut self) -> Result<(), ObserverError> {
        Ok(self.confirm()?)
    }

    fn measured(&mut self, measurement: &Measurement) -> Result<(), ObserverError> {
        self.confirm()?;
        self.store().record(measurement)?;
        Ok(())
    }

    fn withdraw_after(&mut self, step: u64) -> Result<(), ObserverError> {
        self.publish()?;
        self.store().withdraw_after(step)?;
        Ok(())
    }

    fn should_stop(&mut self) -> Result<bool, ObserverError> {
        Ok(TaskProcess::should_stop(self)?)
    }
}
