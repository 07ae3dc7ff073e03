//! `splitscope search --proxy`: ranks designs by synflow where nothing can be measured, since nothing is trained.
//! Scores are no accuracies: none is recorded. Where the run has measurements, the rank correlation with them is
//! printed.

use std::collections::HashMap;

use anyhow::Result;

use super::arguments::{Arguments, problem, the_run};
use crate::cli::train::manifest_of;
use crate::cli::{Answer, load};
use crate::quantity::number;
use crate::run::{Manifest, RunDir, fallback_warnings, measured_designs};
use crate::search::{Objective, Outcome, Search, SearchConfig, SearchProblem, genes, kendall_tau};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, LoadedWeights, Settings, Synflow};

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = match the_run(arguments) {
        Ok(path) => Some(RunDir::open(&path)?),
        Err(error) if arguments.run.is_some() => return Err(error),
        Err(_) => None,
    };
    let manifest = run.as_ref().map_or_else(default_manifest, |run| Ok(run.manifest().clone()))?;
    let problem = problem(&manifest, arguments)?;
    if let Some(reason) = problem.infeasibility_reason()? {
        println!("{reason}");
        return Ok(Answer::No);
    }
    let settings = manifest.training_settings()?;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let (supernet, step) = weights(run.as_ref(), &problem.space, &settings)?;
    let synflow = Synflow::new(&supernet, problem.space.input_channels, &settings.device.open());
    let score = |design: &Design| synflow.score(&Route::of_design(&problem.space, design));
    let known = match &run {
        Some(run) => known(run, &problem.space, step)?,
        None => HashMap::new(),
    };
    let tau = correlation(&known, &score);
    let front = search(&problem, arguments, &score)?;
    report(&problem, &front, (step, known.len(), tau), arguments.json)?;
    Ok(Answer::Yes)
}

fn default_manifest() -> Result<Manifest> {
    let (space, space_source) = load::space(crate::space::DEFAULT)?;
    let (profile, profile_source) = load::profile(crate::hardware::DEFAULT)?;
    manifest_of("untrained", (&space, &space_source), (&profile, &profile_source), None, &Settings::default())
}

/// The run's newest weights, or fresh ones, and the step they are of.
fn weights(run: Option<&RunDir>, space: &SearchSpace, settings: &Settings) -> Result<(Supernet, u64)> {
    let device = settings.device.open();
    let checkpoints = run.map(|run| Checkpoints::new(run.checkpoint_dir()));
    if let Some(checkpoints) = checkpoints.filter(Checkpoints::exist) {
        let LoadedWeights { supernet, step, errors } = checkpoints.load_weights(space, settings, &device)?;
        fallback_warnings(step, &errors).iter().for_each(|warning| eprintln!("warning: {warning}"));
        return Ok((supernet, step));
    }
    Ok((Supernet::new(space, settings.initialisation, settings.seed, &device), 0))
}

/// Measured accuracies of these weights; of a design measured with several numbers of views, that with the most.
fn known(run: &RunDir, space: &SearchSpace, step: u64) -> Result<HashMap<Design, f64>> {
    let mut rows = measured_designs(&run.store()?, space, step)?;
    rows.sort_by_key(|row| row.views);
    Ok(rows.into_iter().map(|row| (row.design, row.accuracy)).collect())
}

fn correlation(known: &HashMap<Design, f64>, score: &dyn Fn(&Design) -> Option<f64>) -> f64 {
    let pairs = known.iter().filter_map(|(design, &accuracy)| Some((score(design)?, accuracy)));
    let (scores, accuracies): (Vec<f64>, Vec<f64>) = pairs.unzip();
    kendall_tau(&scores, &accuracies)
}

/// The front by score and costs: each design with its score and its objectives.
fn search(
    problem: &SearchProblem,
    arguments: &Arguments,
    score: &dyn Fn(&Design) -> Option<f64>,
) -> Result<Vec<(Design, f64, Outcome)>> {
    let mut config = SearchConfig::new(genes::of_space(&problem.space), problem.objectives.len(), arguments.seed);
    config.stop = arguments.stop();
    let mut search = Search::new(config)?.with_seeds(problem.seeds()?)?;
    let mut scored = 0;
    while search.stop_reason().is_none() && scored < arguments.evaluations {
        let proposals = search.ask_repaired(1, &|genes| genes::repair(&problem.space, genes));
        let Some(proposal) = proposals.into_iter().next() else { break };
        let design = genes::decode(&problem.space, &proposal.genes);
        let mut outcome = problem.outcome(&design, None)?;
        if outcome.is_feasible() {
            scored += 1;
            match score(&design) {
                Some(score) => put(problem, &mut outcome, -score),
                None => outcome.violation = f64::INFINITY,
            }
        }
        search.tell(proposal.id, outcome)?;
    }
    let front = search.archive().front().map(|entry| {
        let design = genes::decode(&problem.space, &entry.genes);
        let score = score(&design).unwrap_or(f64::NAN);
        (design, score, entry.outcome)
    });
    Ok(front.collect())
}

/// Puts a score in the place of the accuracy.
fn put(problem: &SearchProblem, outcome: &mut Outcome, value: f64) {
    if let Some(at) = problem.objectives.iter().position(|&objective| objective == Objective::Accuracy) {
        outcome.objectives[at] = value;
    }
}

fn report(
    problem: &SearchProblem,
    front: &[(Design, f64, Outcome)],
    (step, measured, tau): (u64, usize, f64),
    json: bool,
) -> Result<()> {
    if json {
        let designs: Vec<_> = front
            .iter()
            .map(|(design, score, _)| {
                let found = problem.evaluation(design)?;
                Ok(serde_json::json!({
                    "design": problem.space.print_design(design),
                    "synflow": score,
                    "latency_s": found.latency.total_s(),
                    "energy_j": found.energy_j,
                    "sensor_memory_bytes": found.sensor_peak_bytes,
                }))
            })
            .collect::<Result<_>>()?;
        let tau = (measured > 1).then_some(tau);
        let all = serde_json::json!({"step": step, "measured": measured, "kendall_tau": tau, "front": designs});
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let weights = if step == 0 { "untrained weights".to_owned() } else { format!("the weights of step {step}") };
    println!("scores of {weights} by synflow; they are no accuracies and are not recorded");
    if measured > 1 {
        println!("rank correlation with the {measured} designs measured: tau {}", number::figure(tau));
    } else {
        println!("no design is measured yet, so the quality of these scores is unknown");
    }
    for (design, score, outcome) in front {
        let costs = problem.objectives.iter().zip(&outcome.objectives);
        let costs = costs.filter(|(objective, _)| **objective != Objective::Accuracy);
        let costs: Vec<String> = costs.map(|(objective, &value)| objective.format(value)).collect();
        println!("score {:>6}  {}  {}", number::figure(*score), costs.join("  "), problem.space.print_design(design));
    }
    Ok(())
}
