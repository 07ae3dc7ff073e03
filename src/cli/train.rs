//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

mod arguments;
mod flags;
mod start;

use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};

use super::Answer;
use super::load;
use super::progress::{Log, ProgressBar};
use crate::record::Task;
use crate::run::{self, Manifest, RunDir, RunError, TaskProcess};
use crate::train::exchange::launch;
use crate::train::{Exchange, RankShare, Settings, TrainError};

pub(super) use arguments::Arguments;
pub(super) use flags::{SettingFlags, with_settings};
pub(super) use start::{StartedRun, join_threads, use_threads};

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    by_ranks(&arguments.settings, arguments.json, || start::open_run(arguments))
}

/// Trains the run that `open` opens or makes, as the only process or as one of several that were started together, of
/// which rank 0 alone opens it.
pub(super) fn by_ranks(flags: &SettingFlags, json: bool, open: impl FnOnce() -> Result<StartedRun>) -> Result<Answer> {
    let exchange = launch::join()?;
    let RankShare { rank, ranks } = exchange.share();
    let outcome = if rank == 0 { lead(open, flags, &exchange, json) } else { follow(flags, &exchange) };
    if let Err(error) = &outcome
        && ranks > 1
    {
        // All ranks give up alike, and rank 0 tells of it.
        if rank == 0 || !is_common(error) {
            let _ = writeln!(std::io::stderr(), "error: rank {rank} of {ranks}: {error:#}");
            exchange.abort();
        }
    }
    outcome
}

/// Trains a run as the only process, or as rank 0 of several.
fn lead(
    open: impl FnOnce() -> Result<StartedRun>,
    flags: &SettingFlags,
    exchange: &Rc<dyn Exchange>,
    json: bool,
) -> Result<Answer> {
    let StartedRun { run, is_new } = open()?;
    exchange.broadcast(&mut run.manifest().text()?.into_bytes())?;
    let outcome = with_progress(&run, flags, exchange, json);
    // A start that was refused, for instance for its data, is made again by the same command.
    if outcome.is_err() && is_new && run.is_unbegun() {
        load::discard(run);
    }
    outcome
}

/// Trains a run until all steps are done, printing its events.
fn with_progress(run: &RunDir, flags: &SettingFlags, exchange: &Rc<dyn Exchange>, json: bool) -> Result<Answer> {
    load::print_notes(&flags.ignored(&run.manifest().training_settings()?)?);
    let settings = settings(flags, run.manifest())?;
    let log = Log::new(Task::Train, json);
    let mut process = TaskProcess::of_command(run, Task::Train, log.sink())?;
    let bar = ProgressBar::new("rendering");
    let outcome = run::train(run, settings, exchange, &mut process, &|done, total| bar.show(done, total));
    bar.end();
    process.record_failure(outcome)?;
    Ok(Answer::Yes)
}

/// Trains beside rank 0, which has the run.
fn follow(flags: &SettingFlags, exchange: &Rc<dyn Exchange>) -> Result<Answer> {
    let mut text = Vec::new();
    exchange.broadcast(&mut text)?;
    let text = String::from_utf8(text).context("rank 0 is another program")?;
    let manifest = Manifest::parse(&text, Path::new("run.toml"))?;
    run::train_beside(&manifest, settings(flags, &manifest)?, exchange, &|_, _| {})?;
    Ok(Answer::Yes)
}

/// Settings of a run as this start of it changes them, which this process is made ready for.
fn settings(flags: &SettingFlags, manifest: &Manifest) -> Result<Settings> {
    let settings = flags.of_this_start().over(&manifest.training_settings()?)?;
    join_threads(settings.threads)?;
    settings.check_device().map_err(anyhow::Error::msg)?;
    Ok(settings)
}

/// Returns `true` for failures that all ranks have at once.
fn is_common(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RunError::Train(TrainError::GaveUp { .. })))
}
