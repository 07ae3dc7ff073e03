//! `splitscope search`: measures designs of a trained run, the promising ones first, under limits that may change.
//!
//! | file | contents |
//! |---|---|
//! | `proxy` | a search by an untrained score, where nothing can be measured yet |
//! | `baselines` | comparison of the joint search with simpler methods |

mod baselines;
mod proxy;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Answer;
use super::progress::{Bar, Log};
use super::train::use_threads;
use crate::quantity::knob_values;
use crate::record::Task;
use crate::run::{self, Manifest, RunDir, RunSearchOptions, SearchRunner, TaskProcess};
use crate::search::{Objective, SearchOptions, SearchProblem, SearchScope, StopRule};

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
    #[arg(long, value_delimiter = ',', default_value = "accuracy,latency,energy", value_parser = objective())]
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

/// Parser of an objective by name.
fn objective() -> impl TypedValueParser<Value = Objective> {
    PossibleValuesParser::new(Objective::CHOICES.map(Objective::name))
        .map(|name| Objective::named(&name).expect("one of the possible values"))
}

impl Arguments {
    fn stop(&self) -> StopRule {
        StopRule { evaluations: None, gain: self.stop_gain, generations: self.stop_generations }
    }

    fn options(&self) -> RunSearchOptions {
        let (budget, seed, stop) = (self.evaluations, self.seed, self.stop());
        let search = SearchOptions { budget, seed, stop, scope: SearchScope::All };
        RunSearchOptions { search, max_seconds: self.seconds, workers: self.workers }
    }

    /// Returns `true` if the command records nothing.
    pub(super) const fn only_prints(&self) -> bool {
        self.proxy
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    use_threads(arguments.threads)?;
    if let Some(path) = &arguments.worker {
        return serve(&RunDir::open(path)?, arguments.json);
    }
    if arguments.seconds.is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0) {
        bail!("--seconds must be above zero");
    }
    if arguments.proxy {
        return proxy::run(arguments);
    }
    let run = RunDir::open(&the_run(arguments)?)?;
    if arguments.baselines {
        return baselines::run(&run, arguments);
    }
    search(&run, arguments)
}

fn search(run: &RunDir, arguments: &Arguments) -> Result<Answer> {
    let problem = problem(run.manifest(), arguments)?;
    let log = Log::new(Task::Search, arguments.json);
    let mut process = TaskProcess::new(run, Task::Search, log.sink())?;
    if let (None, Some(survey)) = (problem.infeasibility_reason()?, problem.survey()) {
        log.note(&survey.count_feasible(&problem.knobs).to_string());
    }
    let bar = Bar::new("rendering");
    let progress = |done, total| bar.show(done, total);
    let mut runner = SearchRunner::new(run, problem, arguments.options(), &mut process, &progress)?;
    bar.end();
    if !runner.run()? {
        return Ok(Answer::No);
    }
    let driver = runner.driver();
    for (design, entry) in driver.front() {
        let shown = driver.problem().format(&entry.outcome.objectives);
        log.note(&format!("front: {shown}  {}", driver.problem().space.print_design(&design)));
    }
    Ok(Answer::Yes)
}

/// Serves the requests of searches on a run.
fn serve(run: &RunDir, json: bool) -> Result<Answer> {
    let log = Log::new(Task::Search, json);
    let bar = Bar::new("rendering");
    let summary = run::serve_requests(run, &|done, total| bar.show(done, total), log.sink())?;
    log.note(&format!("{} designs measured; {}", summary.measured, summary.reason));
    Ok(Answer::Yes)
}

/// The problem of a run with the objectives and knobs of the command line.
fn problem(manifest: &Manifest, arguments: &Arguments) -> Result<SearchProblem> {
    let (space, profile) = (manifest.search_space()?, manifest.hardware_profile()?);
    let mut problem = SearchProblem::new(space, profile, arguments.objectives.clone()).context("--objectives")?;
    if let Some(sensors) = arguments.sensors {
        problem.knobs.sensors = sensors.clamp(1, problem.space.views);
    }
    if let Some(text) = &arguments.limits {
        let mut json = serde_json::Deserializer::from_str(text);
        let values =
            knob_values::deserialize(&mut json).context("--limits is not a JSON object of knob names and values")?;
        problem.set_knobs(&values)?;
    }
    Ok(problem)
}

fn the_run(arguments: &Arguments) -> Result<PathBuf> {
    match &arguments.run {
        Some(path) => Ok(path.clone()),
        None => {
            run::latest(Path::new("runs"))?.context("there is no run below runs/; train one first: splitscope train")
        }
    }
}
