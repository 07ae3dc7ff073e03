//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

mod flags;
mod start;

use std::path::PathBuf;

use anyhow::Result;

use super::Answer;
use super::progress::{Bar, Log};
use crate::record::Task;
use crate::run::{self, TaskProcess};

pub(super) use flags::{SettingFlags, with_settings};
pub(super) use start::{manifest_of, use_threads};

/// Arguments of `train`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Run directory; made if it does not exist, gone on with if it does [default: the next free runs/run-NNN]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    space: Option<String>,
    /// Profile recorded in the run [default: glasses, or the run's]
    #[arg(long)]
    profile: Option<String>,
    /// Data set [default: the space's, or the run's]
    #[arg(long)]
    data: Option<String>,
    #[command(flatten)]
    settings: SettingFlags,
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = start::open_run(arguments)?;
    let settings = run.manifest().training_settings()?;
    let settings = arguments.settings.of_this_start().over(&settings)?;
    use_threads(settings.threads)?;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let log = Log::new(Task::Train, arguments.json);
    let mut process = TaskProcess::new(&run, Task::Train, log.sink())?;
    let bar = Bar::new("rendering");
    let outcome = run::train(&run, settings, &mut process, &|done, total| bar.show(done, total));
    bar.end();
    process.record_failure(outcome)?;
    Ok(Answer::Yes)
}
