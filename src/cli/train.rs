//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

mod arguments;
mod flags;
mod start;

use anyhow::Result;

use super::Answer;
use super::progress::{Log, ProgressBar};
use crate::record::Task;
use crate::run::{self, RunDir, TaskProcess};

pub(super) use arguments::Arguments;
pub(super) use flags::{SettingFlags, with_settings};
pub(super) use start::use_threads;

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = start::open_run(arguments)?;
    with_progress(&run, &arguments.settings, arguments.json)
}

/// Trains a run until all steps are done, printing its events.
pub(super) fn with_progress(run: &RunDir, flags: &SettingFlags, json: bool) -> Result<Answer> {
    let settings = run.manifest().training_settings()?;
    let settings = flags.of_this_start().over(&settings)?;
    use_threads(settings.threads)?;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let log = Log::new(Task::Train, json);
    let mut process = TaskProcess::of_command(run, Task::Train, log.sink())?;
    let bar = ProgressBar::new("rendering");
    let outcome = run::train(run, settings, &mut process, &|done, total| bar.show(done, total));
    bar.end();
    process.record_failure(outcome)?;
    Ok(Answer::Yes)
}
