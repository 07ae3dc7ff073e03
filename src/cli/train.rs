//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

mod flags;
mod job;
mod rate;
mod report;
mod start;

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Answer, load};
use crate::record::{Event, Task};
use crate::train::Settings;

pub(super) use flags::{SettingFlags, with_settings};
pub(super) use job::measurement;
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
    let manifest = run.manifest();
    let space = load::space_of_run(manifest)?.0;
    let settings: Settings = manifest.settings.clone().try_into().context("the settings in run.toml")?;
    let settings = arguments.settings.of_this_start().over(&settings)?;
    use_threads(settings.threads)?;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let owner = run.own(Task::Train, "splitscope train")?;
    let mut report = report::Report::new(&run, arguments.json)?;
    let outcome = job::Job::new(&run, space, settings, owner, &mut report).and_then(|ready| match ready {
        Some((mut job, trainer)) => job.work(trainer),
        None => Ok(()),
    });
    if let Err(error) = &outcome {
        report.tell(Event::Failed { text: crate::cli::sentence(error) }).ok();
    }
    outcome.map(|()| Answer::Yes)
}
