//! Training as a process on a run.

use std::time::Instant;

use super::RunDir;
use super::error::RunError;
use super::loading::{LoadingProgress, load_inputs_controlled};
use super::task_process::TaskProcess;
use super::usage;
use crate::record::{DataRecord, Event, Measurement};
use crate::space::SearchSpace;
use crate::train::{Checkpoints, Inputs, ObserverError, Settings, TrainingLoop, TrainingObserver, newest};

/// Trains a run from its newest readable checkpoint until all steps are done or the user asks to stop. `settings` may
/// differ from the run's own in device and threads.
///
/// # Errors
/// Data or checkpoints can't be read, the training collapsed too often, or the database fails.
pub(crate) fn train(
    run: &RunDir,
    settings: Settings,
    process: &mut TaskProcess,
    progress: LoadingProgress<'_>,
) -> Result<(), RunError> {
    let space = run.manifest().search_space()?;
    let checkpoints = Checkpoints::new(run.checkpoint_dir());
    checkpoints.tidy()?;
    let found = newest(Some(&checkpoints), &space, &settings);
    let resumed_from = match &found {
        Ok((trainer, _)) if checkpoints.exist() => Some(trainer.steps_done()),
        _ => None,
    };
    process.emit_started("train", resumed_from)?;
    let (trainer, errors) = found?;
    let started = Instant::now();
    let Some(inputs) = load_inputs_controlled(run.manifest(), &space, process, progress)? else {
        return process.emit(Event::Stopped { reason: "before the data were ready".into() });
    };
    process.emit(Event::Data(data_record(&space, &inputs, started.elapsed().as_secs_f64())))?;
    TrainingLoop::new(space, settings, inputs, Some(checkpoints)).run_from(trainer, errors, process)?;
    Ok(())
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
    }
}

impl TrainingObserver for TaskProcess {
    fn event(&mut self, mut event: Event) -> Result<(), ObserverError> {
        if let Event::Step(step) = &mut event {
            step.rss_bytes = usage::resident_bytes();
        }
        Ok(self.emit(event)?)
    }

    fn measured(&mut self, measurement: &Measurement) -> Result<(), ObserverError> {
        self.store().record(measurement)?;
        Ok(())
    }

    fn withdraw_after(&mut self, step: u64) -> Result<(), ObserverError> {
        self.store().withdraw_after(step)?;
        Ok(())
    }

    fn should_stop(&mut self) -> Result<bool, ObserverError> {
        Ok(TaskProcess::should_stop(self)?)
    }
}
