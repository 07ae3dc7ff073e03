//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

mod arguments;
mod flags;
mod start;

use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use serde_json::json;

use super::Answer;
use super::load;
use super::output::mention;
use super::progress::{Log, ProgressBar};
#[cfg(feature = "cuda")]
use super::{output::note, usage::refuse};
use crate::record::Task;
use crate::run::{self, Manifest, RunDir, RunError, TaskProcess};
use crate::train::exchange::launch;
#[cfg(any(feature = "cuda", test))]
use crate::train::exchange::on_cards;
use crate::train::{Exchange, RankShare, Settings, TrainError};
#[cfg(feature = "cuda")]
use crate::{
    kernels,
    train::{DeviceKind, exchange},
};

pub(super) use arguments::Arguments;
pub(super) use flags::{SettingFlags, with_settings};
pub(super) use start::{StartedRun, join_threads, use_threads};

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    by_ranks(&arguments.settings, arguments.json, || start::open_run(arguments))
}

/// Trains the run that `open` opens or makes, as the only process or as one of several that were started together, of
/// which rank 0 alone opens it.
pub(super) fn by_ranks(flags: &SettingFlags, json: bool, open: impl FnOnce() -> Result<StartedRun>) -> Result<Answer> {
    #[cfg(feature = "cuda")]
    if let Some(cards) = flags.several_cards() {
        return by_cards(cards, flags, json, open);
    }
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

/// Trains the run that `open` opens or makes on several GPUs of this machine, a thread each.
#[cfg(feature = "cuda")]
fn by_cards(
    cards: usize,
    flags: &SettingFlags,
    json: bool,
    open: impl FnOnce() -> Result<StartedRun>,
) -> Result<Answer> {
    check_cards(cards, flags.device().unwrap_or(DeviceKind::Cuda))?;
    let first = |exchange: Rc<dyn Exchange>| lead(open, flags, &exchange, json);
    first_cause(on_cards(cards, first, |exchange: Rc<dyn Exchange>| follow(flags, &exchange)))
}

/// Refuses several GPUs where they can't train together: on another device, in one of several processes, or where there
/// are fewer. Tells that gradients don't go from card to card, where that is so.
#[cfg(feature = "cuda")]
pub(super) fn check_cards(cards: usize, device: DeviceKind) -> Result<()> {
    if device != DeviceKind::Cuda {
        refuse!("--cards needs --device cuda");
    }
    if launch::is_one_of_several() {
        refuse!("--cards is for a process that is started alone; each of several takes a GPU by --device cuda");
    }
    exchange::check_cards(cards, DeviceKind::cards().map_err(anyhow::Error::msg)?).map_err(anyhow::Error::msg)?;
    if !kernels::go_over_cards(&device.open()) {
        note!(
            "note: NCCL was not found, so that gradients go through memory, and several GPUs may be slower than one: \
             install libnccl-dev, or put a link libnccl.so to libnccl.so.2 in a folder of LD_LIBRARY_PATH"
        );
    }
    Ok(())
}

/// Outcome of the first of several ranks, or the failure that made all of them end.
#[cfg(any(feature = "cuda", test))]
pub(super) fn first_cause<R>(outcomes: Vec<Result<R>>) -> Result<R> {
    let tells_of_another = |error: &anyhow::Error| {
        matches!(error.downcast_ref(), Some(RunError::Train(TrainError::RankEnded { .. })))
            || matches!(error.downcast_ref(), Some(TrainError::RankEnded { .. }))
    };
    let (mut first, mut cause) = (None, None);
    for outcome in outcomes {
        match outcome {
            Err(error) if cause.is_none() || cause.as_ref().is_some_and(tells_of_another) => cause = Some(error),
            Err(_) => {}
            Ok(found) => first = first.or(Some(found)),
        }
    }
    match (cause, first) {
        (Some(cause), _) => Err(cause),
        (None, first) => first.context("no rank has trained"),
    }
}

/// Trains a run as the only process, or as rank 0 of several.
fn lead(
    open: impl FnOnce() -> Result<StartedRun>,
    flags: &SettingFlags,
    exchange: &Rc<dyn Exchange>,
    json: bool,
) -> Result<Answer> {
    let StartedRun { run, is_new } = open()?;
    if is_new {
        tell_of_run(&run, json);
    }
    let outcome = lead_run(&run, flags, exchange, json);
    // A start that was refused, for instance for its data, is made again by the same command.
    if outcome.is_err() && is_new && run.is_unbegun() {
        load::discard(run);
    }
    outcome
}

/// Says where a new run is. A closed pipe does not end the training.
fn tell_of_run(run: &RunDir, as_json: bool) {
    if as_json {
        mention!("{}", json!({ "task": Task::Train.name(), "kind": "run", "path": run.path() }));
    } else {
        mention!("run {}", run.path().display());
    }
}

/// Tells the other ranks of an opened run, and trains it with them.
fn lead_run(run: &RunDir, flags: &SettingFlags, exchange: &Rc<dyn Exchange>, json: bool) -> Result<Answer> {
    // Of several threads this one is to be the one that computes with the others.
    let settings = settings(flags, run.manifest())?;
    exchange.broadcast(&mut run.manifest().text()?.into_bytes())?;
    with_progress(run, flags, settings, exchange, json)
}

/// Trains a run until all steps are done, printing its events.
fn with_progress(
    run: &RunDir,
    flags: &SettingFlags,
    settings: Settings,
    exchange: &Rc<dyn Exchange>,
    json: bool,
) -> Result<Answer> {
    load::print_notes(&flags.ignored(&run.manifest().training_settings()?)?);
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
    #[cfg(feature = "cuda")]
    if flags.several_cards().is_some() && settings.device != DeviceKind::Cuda {
        refuse!("--cards needs --device cuda");
    }
    join_threads(settings.threads)?;
    settings.check_device().map_err(anyhow::Error::msg)?;
    Ok(settings)
}

/// Returns `true` for failures that all ranks have at once.
fn is_common(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RunError::Train(TrainError::GaveUp { .. })))
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;

    fn parsed(words: &[&str]) -> Arguments {
        let matches = Arguments::augment_args(clap::Command::new("train")).try_get_matches_from(words).unwrap();
        Arguments::from_arg_matches(&matches).unwrap()
    }

    /// On a processor, which sums in memory.
    #[test]
    fn ranks_that_are_threads_train_a_run_and_tell_why_they_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let path = path.to_str().unwrap();
        let small = ["--steps", "2", "--device", "flex", "--set", "images=8", "--set", "calibration-objects=4"];
        let train = |data: &str| {
            let arguments = parsed(&[&["train", "--run", path, "--data", data][..], &small].concat());
            let flags = &arguments.settings;
            let first = |exchange: Rc<dyn Exchange>| lead(|| start::open_run(&arguments), flags, &exchange, true);
            first_cause(on_cards(2, first, |exchange: Rc<dyn Exchange>| follow(flags, &exchange)))
        };
        train("arrangement-10:objects=100").unwrap();
        // The run is there already, and has its data.
        let error = train("arrangement-10:objects=100").unwrap_err();
        assert!(error.to_string().contains("start another run for others"), "{error}");
    }
}
