//! `splitscope finetune`: trains one design of a run alone, from the run's weights or from fresh ones.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::load::NamedRun;
use super::train::{SettingFlags, StartedRun, by_ranks};
use super::usage::Usage;
use super::{Answer, load, measure};
use crate::record::Precision;
use crate::run::{self, FinetuningStart, RunDir, start_finetuning};
use crate::text::shell_word;
use crate::train::Settings;

/// Share of the parent's steps that a finetuning takes, at the parent's learning rate (`benches/finetune.sh`).
const STEPS: f64 = 1.0 / 3.0;

/// Arguments of `finetune`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Trained run that the design was chosen on [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Design as printed, for instance `0-00-1101-00@S2.1/S2.1:r4b8`; `largest` and `smallest` stand for a genome
    #[arg(long)]
    design: String,
    /// Run directory of the result; created if it does not exist, resumed if it does [default: the next free
    /// runs/run-NNN]
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    /// Numbers that the training computes with: float, or int8, which it imitates
    #[arg(long, default_value = "float", value_parser = measure::precision)]
    precision: Precision,
    /// Begin with fresh weights, for comparison
    #[arg(long)]
    from_scratch: bool,
    #[command(flatten)]
    settings: SettingFlags,
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    by_ranks(&arguments.settings, arguments.json, || match &arguments.out {
        Some(path) if RunDir::exists(path)? => resumed(RunDir::open(path)?, arguments),
        _ => begun(arguments),
    })
}

/// The run of an earlier start, which must be of this command.
fn resumed(run: RunDir, arguments: &Arguments) -> Result<StartedRun> {
    let settings = run.manifest().training_settings()?;
    let design = load::spelt(&run.manifest().search_space()?, &arguments.design);
    let from_scratch = run.manifest().parent.as_ref().map(|parent| parent.weights.is_none());
    if settings.design != Some(design)
        || settings.precision != arguments.precision
        || from_scratch != Some(arguments.from_scratch)
    {
        bail!(
            "{0} holds another training; go on with that by: splitscope train --run {1}; or name a new run by --out",
            run.path().display(),
            shell_word(&run.path().to_string_lossy())
        );
    }
    Ok(StartedRun { run, is_new: false })
}

/// A new run.
fn begun(arguments: &Arguments) -> Result<StartedRun> {
    let named = NamedRun::trained(arguments.run.as_ref())?;
    // A wrong design is told before the shipped run is copied.
    let space = named.manifest().search_space()?;
    let design = space.print_design(&space.parse_design(&load::spelt(&space, &arguments.design)).usage()?);
    let own = named.manifest().training_settings()?;
    if let Some(other) = own.design.as_ref().filter(|other| **other != design) {
        bail!("{} was trained for {other} alone; name the run that it comes from", named.manifest().name);
    }
    let usual = Settings { design: Some(design), precision: arguments.precision, ..own.clone() };
    let usual = if arguments.from_scratch {
        usual
    } else {
        let steps = ((own.steps as f64 * STEPS).round() as u64).max(1);
        Settings { steps, ..usual }
    };
    let settings = arguments.settings.over(&usual)?;
    settings.check_device().map_err(anyhow::Error::msg)?;
    let parent = named.writable()?;
    load::print_warnings_of(&parent)?;
    let start = if arguments.from_scratch { FinetuningStart::Scratch } else { FinetuningStart::Supernet };
    let make = |path: &Path| start_finetuning(path, &parent, &settings, start);
    let (run, warnings) = match &arguments.out {
        Some(path) => make(path),
        None => run::make_next(Path::new("runs"), make),
    }?;
    load::print_warnings(&warnings);
    Ok(StartedRun { run, is_new: true })
}
