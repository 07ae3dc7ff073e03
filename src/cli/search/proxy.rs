//! `splitscope search --proxy`: designs ranked by synflow where nothing can be measured, since nothing is trained.

use anyhow::Result;

use super::arguments::{Arguments, problem};
use crate::cli::load::NamedRun;
use crate::cli::output::{self, say};
use crate::cli::{Answer, load};
use crate::quantity::number;
use crate::run::{Scoring, search_by_synflow};
use crate::search::{Objective, SearchProblem};

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = match NamedRun::trained(arguments.run.as_ref()) {
        Ok(run) => Some(run.unpacked()?),
        Err(error) if arguments.run.is_some() => return Err(error),
        Err(_) => None,
    };
    let manifest = match &run {
        Some(run) => run.manifest().clone(),
        None => load::default_manifest("untrained")?,
    };
    let problem = problem(&manifest, arguments)?;
    run.as_deref().map_or(Ok(()), load::print_warnings_of)?;
    if let Some(reason) = problem.infeasibility_reason()? {
        say!("{reason}")?;
        return Ok(Answer::No);
    }
    let found = search_by_synflow(run.as_deref(), &manifest, &problem, &arguments.options().search)?;
    load::print_warnings(&found.warnings);
    if arguments.json {
        print_json(&problem, &found)?;
    } else {
        print_text(&problem, &found)?;
    }
    Ok(Answer::Yes)
}

fn print_json(problem: &SearchProblem, found: &Scoring) -> Result<()> {
    let mut front = Vec::new();
    for scored in &found.front {
        let evaluation = problem.evaluation(&scored.design)?;
        front.push(serde_json::json!({
            "design": problem.space.print_design(&scored.design),
            "synflow": scored.score,
            "latency_s": evaluation.latency.total_s(),
            "energy_j": evaluation.energy_j,
            "sensor_memory_bytes": evaluation.sensor_peak_bytes,
        }));
    }
    let all = serde_json::json!({
        "step": found.step,
        "measured": found.measured,
        "kendall_tau": found.kendall_tau,
        "front": front,
    });
    output::json(&all)
}

fn print_text(problem: &SearchProblem, found: &Scoring) -> std::io::Result<()> {
    let weights = match found.step {
        0 => "untrained weights".to_owned(),
        step => format!("the weights of step {step}"),
    };
    say!("scores of {weights} by synflow; they are no accuracies and are not recorded")?;
    match found.kendall_tau {
        Some(tau) => {
            say!("rank correlation with the {} designs measured: tau {}", found.measured, number::figure(tau))?;
        }
        None => say!("no design is measured yet, so the quality of these scores is unknown")?,
    }
    for scored in &found.front {
        let costs = problem.objectives.iter().zip(&scored.outcome.objectives);
        let costs = costs.filter(|(objective, _)| **objective != Objective::Accuracy);
        let costs: Vec<String> = costs.map(|(objective, &value)| objective.format(value)).collect();
        let (score, design) = (number::figure(scored.score), problem.space.print_design(&scored.design));
        say!("score {score:>6}  {}  {design}", costs.join("  "))?;
    }
    Ok(())
}
