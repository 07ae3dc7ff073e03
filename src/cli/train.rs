//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

mod arguments;
mod flags;
mod start;

use anyhow::Result;

use super::Answer;
use super::progress::{Log, ProgressBar};
use crate::record::Task;
use crate::run::{self, TaskProcess};

pub(super) use arguments::Arguments;
pub(super) use flags::with_settings;
pub(super) use start::use_threads;

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = start::open_run(arguments)?;
    let settings = run.manifest().training_settings()?;
    let settings = arguments.settings.of_this_start().over(&settings)?;
    use_threads(settings.threads)?;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let log = Log::new(Task::Train, arguments.json);
    let mut process = TaskProcess::of_command(&run, Task::Train, log.sink())?;
    let bar = ProgressBar::new("rendering");
    let outcome = run::train(&run, settings, &mut process, &|done, total| bar.show(done, total));
    bar.end();
    process.record_failure(outcome)?;
    Ok(Answer::Yes)
}
