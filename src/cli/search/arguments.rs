//! Arguments of `search`, and the run and the problem that they name.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::bounds;
use crate::cli::cost::knob::check_sensors;
use crate::cli::load::print_notes;
use crate::cli::measure::precision;
use crate::cli::usage::Usage;
use crate::quantity::{Knob, knob_values};
use crate::record::Precision;
use crate::run::{Manifest, RunSearchOptions};
use crate::search::{Objective, SearchOptions, SearchProblem, SearchScope, StopRule};
use crate::text::shell_word;

/// Usual stop: a hypervolume that grows by less than this share over so many generations.
const STOP_GAIN: f64 = 0.001;
const STOP_GENERATIONS: usize = 10;

/// Arguments of `search`.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct Arguments {
    /// Trained run [default: the latest below runs/]
    #[arg(long)]
    pub(super) run: Option<PathBuf>,
    /// Measure the designs that a search on this run requests, until the search ends
    #[arg(long, value_name = "RUN", conflicts_with_all = ["run", "baselines", "proxy", "workers"])]
    pub(super) worker: Option<PathBuf>,
    /// Worker processes to start beside this one
    #[arg(long, default_value_t = 0, value_name = "COUNT", value_parser = bounds::workers())]
    pub(super) workers: usize,
    /// Compare the joint search with simpler methods, each with the same number of evaluations
    #[arg(long, conflicts_with = "proxy")]
    pub(super) baselines: bool,
    /// Picture of the comparison [default: baselines.svg in the run]
    #[arg(long, requires = "baselines", value_name = "FILE")]
    pub(super) picture: Option<PathBuf>,
    /// Keep measuring what could win under the limits that control messages bring; rest when nothing is left that could
    #[arg(long, conflicts_with_all = ["worker", "workers", "baselines", "proxy", "seconds", "leak_limit"])]
    pub(super) live: bool,
    /// Rank by synflow, a score of the weights as they are, instead of measuring; needs no training
    #[arg(long)]
    pub(super) proxy: bool,
    /// Number of sensors [default: the profile's]
    #[arg(long)]
    pub(super) sensors: Option<u32>,
    /// Designs to measure at most
    #[arg(long, default_value_t = 60, value_parser = bounds::designs())]
    pub(super) evaluations: usize,
    /// Seconds to search at most [default: no limit]
    #[arg(long)]
    pub(super) seconds: Option<f64>,
    /// Stop when the hypervolume grows by less than this share over --stop-generations
    #[arg(long, default_value_t = STOP_GAIN, value_name = "SHARE")]
    pub(super) stop_gain: f64,
    /// Generations that --stop-gain looks back; 0 turns this stop off
    #[arg(long, default_value_t = STOP_GENERATIONS, value_name = "COUNT", value_parser = bounds::designs())]
    pub(super) stop_generations: usize,
    /// Objectives, two to four of: accuracy, latency, energy, memory, leak
    #[arg(long, value_delimiter = ',', default_value = "accuracy,latency,energy", value_parser = objective())]
    pub(super) objectives: Vec<Objective>,
    /// Knobs as JSON, for instance '{"link-bandwidth": 125000, "latency": 0.008}'; bytes, seconds, joules
    #[arg(long)]
    pub(super) limits: Option<String>,
    /// Largest share of the pictures that may be rebuilt from what crosses the link, for instance 0.7
    #[arg(long, value_name = "SHARE", value_parser = bounds::leak_limit, conflicts_with_all = ["baselines", "proxy"])]
    pub(super) leak_limit: Option<f64>,
    /// Precision of the accuracies: int8, as deployed and as costed, or float, as trained
    #[arg(long, default_value = "int8", value_parser = precision)]
    pub(super) precision: Precision,
    /// Seed of all randomness
    #[arg(long, default_value_t = 0, value_parser = bounds::seed())]
    pub(super) seed: u64,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0, value_parser = bounds::threads())]
    pub(super) threads: usize,
    /// Print one JSON object per event
    #[arg(long)]
    pub(super) json: bool,
}

/// Parser of an objective by name.
fn objective() -> impl TypedValueParser<Value = Objective> {
    PossibleValuesParser::new(Objective::CHOICES.map(Objective::name))
        .map(|name| Objective::named(&name).expect("one of the possible values"))
}

impl Arguments {
    pub(super) fn stop(&self) -> StopRule {
        StopRule { evaluations: None, gain: self.stop_gain, generations: self.stop_generations }
    }

    /// Options that what is found depends on, each behind a blank, for the record of the run: by them it can be found
    /// again.
    pub(super) fn recorded(&self, problem: &SearchProblem) -> Vec<String> {
        let usual =
            |objectives: &[Objective]| objectives == [Objective::Accuracy, Objective::Latency, Objective::Energy];
        let objectives = self.objectives.iter().map(|one| one.name()).collect::<Vec<_>>().join(",");
        let StopRule { gain, generations, .. } = self.stop();
        let mut options = vec![
            format!(" --sensors {}", problem.knobs.sensors),
            format!(" --evaluations {}", self.evaluations),
            format!(" --seed {}", self.seed),
        ];
        if !usual(&self.objectives) {
            options.push(format!(" --objectives {objectives}"));
        }
        if self.precision != Precision::default() {
            options.push(format!(" --precision {}", self.precision.name()));
        }
        if let Some(limits) = &self.limits {
            options.push(format!(" --limits {}", shell_word(limits)));
        }
        options.extend(self.leak_limit.map(|limit| format!(" --leak-limit {limit}")));
        options.extend(self.seconds.map(|seconds| format!(" --seconds {seconds}")));
        if gain.total_cmp(&STOP_GAIN).is_ne() || generations != STOP_GENERATIONS {
            options.push(format!(" --stop-gain {gain} --stop-generations {generations}"));
        }
        options
    }

    pub(super) fn options(&self) -> RunSearchOptions {
        let (budget, seed, stop) = (self.evaluations, self.seed, self.stop());
        let search = SearchOptions { budget, seed, stop, scope: SearchScope::All };
        RunSearchOptions { search, max_seconds: self.seconds, workers: self.workers, precision: self.precision }
    }
}

/// The problem of a run with the objectives and knobs of the command line.
pub(super) fn problem(manifest: &Manifest, arguments: &Arguments) -> Result<SearchProblem> {
    let (space, profile) = (manifest.search_space()?, manifest.hardware_profile()?);
    let mut problem =
        SearchProblem::new(space, profile, arguments.objectives.clone()).context("--objectives").usage()?;
    if let Some(limit) = arguments.leak_limit {
        problem.knobs.set(Knob::LeakLimit, limit);
    }
    if let Some(sensors) = arguments.sensors {
        check_sensors(&problem.space, sensors)?;
        problem.knobs.sensors = sensors;
    }
    if let Some(text) = &arguments.limits {
        let mut json = serde_json::Deserializer::from_str(text);
        let values = knob_values::deserialize(&mut json);
        let values = values.context("--limits is not a JSON object of knob names and values").usage()?;
        problem.set_knobs(&values).usage()?;
        print_notes(&Knob::renamed_among(values.keys().map(String::as_str)));
    }
    Ok(problem)
}
