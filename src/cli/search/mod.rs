//! `splitscope search`: measures designs of a trained run, the promising ones first, under limits that may change.
//!
//! | file | what it holds |
//! |---|---|
//! | `terms` | what a design costs and which limits it misses |
//! | `meter` | a run's weights and data, ready to measure |
//! | `hunt` | NSGA-II with a predictor before it: which design to measure next |
//! | `screening` | the predictor and its untrained fallback |
//! | `job` | a search as a process: controls, budgets, events, workers' help |
//! | `worker` | a process that measures what a search wishes for |
//! | `proxy` | a search by an untrained score, where nothing can be measured yet |
//! | `baselines` | the joint search against simpler methods |

mod baselines;
mod hunt;
mod job;
mod meter;
mod proxy;
mod screening;
mod terms;
mod worker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Answer;
use super::train::use_threads;
use crate::record::{Event, Task};
use crate::run::{self, RunDir};
use crate::search::StopRule;
use terms::Objective;

/// How long a claim on a measurement holds if its process can't be asked.
const CLAIM: Duration = Duration::from_mins(10);

/// Arguments of `search`.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Arguments {
    /// Trained run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Measure what a search on this run asks for, beside it, until it ends
    #[arg(long, value_name = "RUN", conflicts_with_all = ["run", "baselines", "proxy", "workers"])]
    worker: Option<PathBuf>,
    /// Worker processes to start beside this one
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    workers: usize,
    /// Compare the joint search with simpler methods, each with the same number of evaluations
    #[arg(long, conflicts_with = "proxy")]
    baselines: bool,
    /// Where the comparison is drawn [default: baselines.svg in the run]
    #[arg(long, requires = "baselines", value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Rank by synflow, a score of the weights as they are, instead of measuring; needs no training
    #[arg(long)]
    proxy: bool,
    /// Number of sensors [default: the profile's]
    #[arg(long)]
    sensors: Option<u32>,
    /// Designs to measure at most
    #[arg(long, default_value_t = 60)]
    evaluations: usize,
    /// Seconds to search at most [default: no limit]
    #[arg(long)]
    seconds: Option<f64>,
    /// Stop when the hypervolume grows by less than this share of itself ...
    #[arg(long, default_value_t = 0.001, value_name = "SHARE")]
    stop_gain: f64,
    /// ... over so many generations; 0 never does
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    stop_generations: usize,
    /// What counts, two to four of: accuracy, latency, energy, memory
    #[arg(long, value_delimiter = ',', default_value = "accuracy,latency,energy")]
    objectives: Vec<Objective>,
    /// Knobs as JSON, for instance '{"link-bandwidth": 125000, "latency": 0.008}'; bytes, seconds, joules
    #[arg(long)]
    limits: Option<String>,
    /// Source of all randomness
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn stop(&self) -> StopRule {
        StopRule { evaluations: None, gain: self.stop_gain, generations: self.stop_generations }
    }
}

impl Arguments {
    /// Whether it records nothing.
    pub(super) const fn only_prints(&self) -> bool {
        self.proxy
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    use_threads(arguments.threads)?;
    if let Some(path) = &arguments.worker {
        return worker::run(&RunDir::open(path)?, arguments.json);
    }
    let mut named = arguments.objectives.clone();
    named.dedup();
    if !(2..=4).contains(&named.len()) || (1..named.len()).any(|index| named[..index].contains(&named[index])) {
        bail!("--objectives takes two to four different ones of accuracy, latency, energy, memory");
    }
    if arguments.seconds.is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0) {
        bail!("--seconds must be above zero");
    }
    if arguments.proxy {
        return proxy::run(arguments);
    }
    let run = RunDir::open(&the_run(arguments)?)?;
    let owner = run.own(Task::Search, "splitscope search")?;
    if arguments.baselines {
        return baselines::run(&run, arguments, owner);
    }
    let mut job = job::Job::new(&run, arguments, owner)?;
    match job.work(arguments) {
        Ok(answer) => Ok(answer),
        Err(error) => {
            job.tell(Event::Failed { text: crate::cli::sentence(&error) }).ok();
            Err(error)
        }
    }
}

fn the_run(arguments: &Arguments) -> Result<PathBuf> {
    match &arguments.run {
        Some(path) => Ok(path.clone()),
        None => {
            run::latest(Path::new("runs"))?.context("there is no run below runs/; train one first: splitscope train")
        }
    }
}
