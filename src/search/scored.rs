//! Search by a score where no accuracy can be had: NSGA-II on the score and the costs. A score is no accuracy; it takes
//! the place of one among the objectives, and the greatest is the best.

use std::collections::HashMap;

use super::config::SearchConfig;
use super::driver::DriverError;
use super::genes;
use super::nsga2::Search;
use super::objective::Objective;
use super::options::SearchOptions;
use super::outcome::Outcome;
use super::problem::SearchProblem;
use crate::space::Design;

/// A design on the front by score and costs.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredDesign {
    /// The design, canonical.
    pub design: Design,
    /// Its score.
    pub score: f64,
    /// Values of the objectives; the negative score in place of the accuracy.
    pub outcome: Outcome,
}

/// Scores up to `options.budget` feasible designs of the whole space. Returns the front by score and costs.
///
/// # Errors
/// A design can't be costed, or the space has no genes.
pub fn search_by_score(
    problem: &SearchProblem,
    options: &SearchOptions,
    score: &dyn Fn(&Design) -> Option<f64>,
) -> Result<Vec<ScoredDesign>, DriverError> {
    let mut config = SearchConfig::new(genes::of_space(&problem.space), problem.objectives.len(), options.seed);
    config.stop = options.stop;
    let mut search = Search::new(config)?.with_seeds(problem.seeds()?)?;
    let (mut scored, mut scores) = (0, HashMap::new());
    while search.stop_reason().is_none() && scored < options.budget {
        let proposals = search.ask_repaired(1, &|genes| genes::repair(&problem.space, genes));
        let Some(proposal) = proposals.into_iter().next() else { break };
        let design = genes::decode(&problem.space, &proposal.genes);
        let mut outcome = problem.outcome(&design, None)?;
        if outcome.is_feasible() {
            scored += 1;
            match score(&design) {
                Some(score) => {
                    replace_accuracy(problem, &mut outcome, -score);
                    scores.insert(proposal.id, score);
                }
                None => outcome.violation = f64::INFINITY,
            }
        }
        search.tell(proposal.id, outcome)?;
    }
    let front = search.archive().front().map(|entry| ScoredDesign {
        design: genes::decode(&problem.space, &entry.genes),
        score: scores.get(&entry.id).copied().unwrap_or(f64::NAN),
        outcome: entry.outcome,
    });
    Ok(front.collect())
}

fn replace_accuracy(problem: &SearchProblem, outcome: &mut Outcome, value: f64) {
    if let Some(at) = problem.objectives.iter().position(|&objective| objective == Objective::Accuracy) {
        outcome.objectives[at] = value;
    }
}
