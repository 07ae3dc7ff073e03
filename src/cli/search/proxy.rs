//! `splitscope search --proxy`: ranks designs by synflow where nothing can be measured, since nothing is trained. Scores are
//! no accuracies: none is recorded. Where the run has measurements, the rank correlation with them says what scores are worth.

use anyhow::Result;

use super::meter::Known;
use super::terms::{Objective, Terms};
use super::{Arguments, the_run};
use crate::cli::train::manifest_of;
use crate::cli::{Answer, load, space_genes};
use crate::record::Subset;
use crate::run::{Manifest, RunDir};
use crate::search::{Config, Outcome, Search, kendall_tau};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, Settings, Synflow};

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = match the_run(arguments) {
        Ok(path) => Some(RunDir::open(&path)?),
        Err(error) if arguments.run.is_some() => return Err(error),
        Err(_) => None,
    };
    let manifest = run.as_ref().map_or_else(default_manifest, |run| Ok(run.manifest().clone()))?;
    let limits = arguments.limits.as_deref();
    let terms = Terms::new(&manifest, arguments.objectives.clone(), arguments.sensors, limits)?;
    if let Some(reason) = terms.hopeless()? {
        println!("{reason}");
        return Ok(Answer::No);
    }
    let settings: Settings = manifest.settings.clone().try_into()?;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let (supernet, step) = weights(run.as_ref(), &terms.space, &settings)?;
    let synflow = Synflow::new(&supernet, terms.space.input_channels, &settings.device.open());
    let score = |design: &Design| synflow.score(&Route::of_design(&terms.space, design));
    let known = match &run {
        Some(run) => known(run, &terms.space, step)?,
        None => Known::new(),
    };
    let tau = correlation(&known, &score);
    let front = search(&terms, arguments, &score)?;
    report(&terms, &front, (step, known.len(), tau), arguments.json)?;
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
        let (supernet, state) = checkpoints.load_weights(space, settings, &device)?;
        return Ok((supernet, state.step));
    }
    Ok((Supernet::new(space, settings.initialisation, settings.seed, &device), 0))
}

/// What was measured of these weights; of a design measured with several numbers of views, the most.
fn known(run: &RunDir, space: &SearchSpace, step: u64) -> Result<Known> {
    let mut rows = run.store()?.measured(step)?;
    rows.sort_by_key(|row| row.value.key.views);
    let rows = rows.into_iter().map(|row| row.value);
    let rows = rows.filter(|row| row.key.subset == Subset::Validation && row.key.lost == 0);
    Ok(rows.filter_map(|row| Some((space.parse_design(&row.key.design).ok()?, row.accuracy))).collect())
}

fn correlation(known: &Known, score: &dyn Fn(&Design) -> Option<f64>) -> f64 {
    let pairs = known.iter().filter_map(|(design, &accuracy)| Some((score(design)?, accuracy)));
    let (scores, accuracies): (Vec<f64>, Vec<f64>) = pairs.unzip();
    kendall_tau(&scores, &accuracies)
}

/// The front by score and costs: each design with its score and its objectives.
fn search(
    terms: &Terms,
    arguments: &Arguments,
    score: &dyn Fn(&Design) -> Option<f64>,
) -> Result<Vec<(Design, f64, Outcome)>> {
    let mut config = Config::new(space_genes::genes(&terms.space), terms.objectives.len(), arguments.seed);
    config.stop = arguments.stop();
    let mut search = Search::new(config)?.with_seeds(terms.starts()?)?;
    let mut scored = 0;
    while search.stop_reason().is_none() && scored < arguments.evaluations {
        let proposals = search.ask_repaired(1, &|genes| space_genes::repair(&terms.space, genes));
        let Some(proposal) = proposals.into_iter().next() else { break };
        let design = space_genes::decode(&terms.space, &proposal.genes);
        let mut outcome = terms.outcome(&design, None)?;
        if outcome.is_feasible() {
            scored += 1;
            match score(&design) {
                Some(score) => put(terms, &mut outcome, -score),
                None => outcome.violation = f64::INFINITY,
            }
        }
        search.tell(proposal.id, outcome)?;
    }
    let front = search.archive().front().map(|entry| {
        let design = space_genes::decode(&terms.space, &entry.genes);
        let score = score(&design).unwrap_or(f64::NAN);
        (design, score, entry.outcome)
    });
    Ok(front.collect())
}

/// Puts a score in the place of the accuracy.
fn put(terms: &Terms, outcome: &mut Outcome, value: f64) {
    if let Some(at) = terms.objectives.iter().position(|&objective| objective == Objective::Accuracy) {
        outcome.objectives[at] = value;
    }
}

fn report(
    terms: &Terms,
    front: &[(Design, f64, Outcome)],
    (step, measured, tau): (u64, usize, f64),
    json: bool,
) -> Result<()> {
    if json {
        let designs: Vec<_> = front
            .iter()
            .map(|(design, score, _)| {
                let found = terms.evaluation(design)?;
                Ok(serde_json::json!({
                    "design": terms.space.print_design(design),
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
        println!("rank correlation with the {measured} designs measured: tau {tau:.2}");
    } else {
        println!("nothing is measured that would tell what these scores are worth");
    }
    for (design, score, outcome) in front {
        let costs = terms.objectives.iter().zip(&outcome.objectives);
        let costs = costs.filter(|(objective, _)| **objective != Objective::Accuracy);
        let costs: Vec<String> = costs.map(|(objective, &value)| objective.show(value)).collect();
        println!("score {score:6.2}  {}  {}", costs.join("  "), terms.space.print_design(design));
    }
    Ok(())
}
