//! The methods, from the simplest to the joint search.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::comparison::JOINT_SEARCH;
use super::outcome::{BaselineOutcome, EvaluatedDesign};
use super::study::BaselineStudy;
use crate::cost::{MeasuredShares, Reason, reasons};
use crate::network::BoundaryId;
use crate::search::{
    DriverError, NextCandidate, Objective, ProblemError, SearchDriver, SearchOptions, SearchProblem, SearchScope,
    StopRule,
};
use crate::space::{Design, Gene, GeneKind, Genome, PLAIN_BITS, SearchSpace};

/// Designs drawn by random search, at most, feasible or not.
const MAX_DRAWS: usize = 20_000;
/// Stop rule that never stops: every method gets the whole budget.
const WHOLE_BUDGET: StopRule = StopRule { evaluations: None, gain: 0.0, generations: 0 };

type Result<T> = std::result::Result<T, DriverError>;

/// A method before its pick is measured on test objects.
struct Method {
    name: String,
    chooses: &'static str,
    evaluated: Vec<EvaluatedDesign>,
    reason: Option<String>,
}

impl BaselineStudy<'_> {
    /// Runs all methods, from the simplest to the joint search, and then every design if there are few. Each outcome is
    /// passed to `progress` as soon as it is known.
    ///
    /// # Errors
    /// An accuracy can't be measured, or a design can't be costed.
    pub fn run(mut self, progress: &mut dyn FnMut(&BaselineOutcome)) -> Result<Vec<BaselineOutcome>> {
        run_all(&mut self, progress)
    }
}

/// Runs all methods.
fn run_all(study: &mut BaselineStudy<'_>, progress: &mut dyn FnMut(&BaselineOutcome)) -> Result<Vec<BaselineOutcome>> {
    let mut outcomes = Vec::new();
    let mut close = |study: &mut BaselineStudy<'_>, method: Method| -> Result<()> {
        let outcome = outcome(study, method)?;
        progress(&outcome);
        outcomes.push(outcome);
        Ok(())
    };
    let last = study.problem.space.last();
    for (name, split) in [("all on the sensors", last), ("all on the aggregator", 0)] {
        let method = one_side(study, name, split)?;
        close(study, method)?;
    }
    for (name, genome) in fixed_networks(&study.problem.space) {
        let method = partition(study, name, &genome)?;
        close(study, method)?;
    }
    for method in [bottleneck, random, two_stages, joint, exhaustive] {
        let method = method(study)?;
        close(study, method)?;
    }
    Ok(outcomes)
}

/// Measures the pick of a method on the test objects.
fn outcome(study: &mut BaselineStudy<'_>, method: Method) -> Result<BaselineOutcome> {
    let Method { name: method, chooses, evaluated, reason } = method;
    let mut outcome = BaselineOutcome { method, chooses, evaluated, reason, test_accuracy: None };
    if let Some(best) = outcome.best() {
        outcome.test_accuracy = Some(study.test_accuracy(&best.design)?);
    } else if outcome.reason.is_none() {
        outcome.reason = Some("nothing it could choose meets the limits".into());
    }
    Ok(outcome)
}

/// Searches a problem from nothing, on the search's own measurements.
fn search(
    study: &mut BaselineStudy<'_>,
    problem: SearchProblem,
    scope: SearchScope,
    budget: usize,
) -> Result<Vec<EvaluatedDesign>> {
    let options = SearchOptions { budget, seed: study.seed, stop: WHOLE_BUDGET, scope };
    let mut driver = SearchDriver::new(problem, options, study.score.clone())?;
    let mut evaluated = Vec::new();
    while let NextCandidate::Measure(candidate) = driver.next_candidate()? {
        let found = study.evaluate(candidate.design.clone())?;
        driver.report(&candidate, found.accuracy)?;
        evaluated.push(found);
    }
    Ok(evaluated)
}

fn joint(study: &mut BaselineStudy<'_>) -> Result<Method> {
    let evaluated = search(study, study.problem.clone(), SearchScope::All, study.budget)?;
    let chooses = "network, split, fusion, compression";
    Ok(Method { name: JOINT_SEARCH.into(), chooses, evaluated, reason: None })
}

/// Searches networks with the split held at one end.
fn one_side(study: &mut BaselineStudy<'_>, name: &str, split: BoundaryId) -> Result<Method> {
    let method = Method { name: name.into(), chooses: "network", evaluated: Vec::new(), reason: None };
    if !study.problem.space.split.at.contains(&split) {
        return Ok(Method { reason: Some("the space allows no such split".into()), ..method });
    }
    let evaluated = search(study, study.problem.clone(), SearchScope::Split(split), study.budget)?;
    Ok(Method { evaluated, ..method })
}

/// Networks that were not searched: the smallest, one of middle depths (the lower of two) and else middle choices (the
/// upper of two), the largest.
fn fixed_networks(space: &SearchSpace) -> [(&'static str, Genome); 3] {
    let middle = |gene: &Gene| match gene.kind {
        GeneKind::Depth => (gene.choices - 1) / 2,
        _ => gene.choices / 2,
    };
    let middle = space.canonical(space.genes().iter().map(middle).collect());
    [("smallest", space.smallest()), ("middle", middle), ("largest", space.largest())]
}

/// Every split of a fixed network, sent as it is (as Neurosurgeon does, Kang et al. 2017).
fn partition(study: &mut BaselineStudy<'_>, name: &str, genome: &Genome) -> Result<Method> {
    let space = &study.problem.space;
    let design = |split| {
        let fusion = space.late_fusion(genome, split);
        let ratio = space.split.ratios[0];
        space.canonical_design(Design { genome: genome.clone(), split, fusion, ratio, bits: PLAIN_BITS })
    };
    let designs: Vec<Design> = space.splits(genome).into_iter().map(design).collect();
    let reason = nearest_miss(&study.problem, &designs)?;
    let evaluated = study.evaluate_feasible(designs, study.budget)?;
    Ok(Method { name: format!("best split of the {name} network"), chooses: "split", evaluated, reason })
}

/// The fixed networks with a splitting module where a person would put it: at the end of the middle stage, with a
/// middling ratio (as `BottleNet` does, Eshratifar et al. 2019).
fn bottleneck(study: &mut BaselineStudy<'_>) -> Result<Method> {
    let space = &study.problem.space;
    let (ratios, bits) = (&space.split.ratios, &space.split.bits);
    let ratio = ratios[ratios.len() / 2];
    let bits = *bits.last().unwrap_or(&PLAIN_BITS);
    // Stages whose blocks repeat are the body of a network.
    let body: Vec<usize> = (0..space.stages.len()).filter(|&stage| space.stages[stage].max_depth() > 1).collect();
    let middle = body.get(body.len() / 2).copied().unwrap_or(space.stages.len() / 2);
    let end = space.slots().iter().rposition(|slot| slot.after.is_some_and(|(stage, _)| stage == middle));
    let designs: Vec<Design> = fixed_networks(space)
        .into_iter()
        .map(|(_, genome)| {
            let split = space.nearest_boundary(&genome, end.unwrap_or(0) as BoundaryId);
            let fusion = space.late_fusion(&genome, split);
            space.canonical_design(Design { genome, split, fusion, ratio, bits })
        })
        .collect();
    let reason = nearest_miss(&study.problem, &designs)?;
    let evaluated = study.evaluate_feasible(designs, study.budget)?;
    Ok(Method { name: "hand-placed bottleneck".into(), chooses: "one of three networks", evaluated, reason })
}

/// Random search.
fn random(study: &mut BaselineStudy<'_>) -> Result<Method> {
    let mut rng = ChaCha8Rng::seed_from_u64(study.seed);
    let space = study.problem.space.clone();
    let drawn = (0..MAX_DRAWS).map(|_| space.sample_design(&mut rng));
    let evaluated = study.evaluate_feasible(drawn, study.budget)?;
    let reason = evaluated.is_empty().then(|| format!("none of {MAX_DRAWS} designs drawn meets the limits"));
    Ok(Method { name: "random search".into(), chooses: "everything, blindly", evaluated, reason })
}

/// First an architecture, by accuracy and arithmetic, as if there were no sensors; then its best split.
fn two_stages(study: &mut BaselineStudy<'_>) -> Result<Method> {
    let mut unsplit = study.problem.clone();
    unsplit.objectives = vec![Objective::Accuracy, Objective::Macs];
    let knobs = &mut unsplit.knobs;
    (knobs.latency_limit_s, knobs.energy_limit_j, knobs.frame_rate_floor_hz) = (None, None, None);
    (knobs.accuracy_floor, knobs.leak_limit) = (None, None);
    let first = search(study, unsplit, SearchScope::Split(0), study.budget / 2)?;
    let mut networks: Vec<(f64, Genome)> = first.iter().map(|one| (one.accuracy, one.design.genome.clone())).collect();
    networks.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut evaluated = Vec::new();
    for (_, genome) in networks {
        let designs = feasible_splits(&study.problem, &genome)?;
        evaluated = study.evaluate_feasible(designs, study.budget - first.len())?;
        if !evaluated.is_empty() {
            break;
        }
    }
    let reason =
        evaluated.is_empty().then(|| "no network of the first stage can be split within the limits".to_owned());
    // The designs of the first stage were measured unsplit; one of them may be the best.
    evaluated.extend(first);
    Ok(Method { name: "two stages".into(), chooses: "network, then split", evaluated, reason })
}

/// Feasible splits of a genome, the least compressed first, of equally compressed ones the quickest.
fn feasible_splits(problem: &SearchProblem, genome: &Genome) -> std::result::Result<Vec<Design>, ProblemError> {
    let mut designs = Vec::new();
    for split in problem.space.splits(genome) {
        for design in problem.designs_at(genome, split) {
            let evaluation = problem.evaluation(&design)?;
            if evaluation.feasible() {
                designs.push((design.ratio, evaluation.latency.total_s(), design));
            }
        }
    }
    designs.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(designs.into_iter().map(|one| one.2).collect())
}

/// Every feasible design, where there are at most as many as the budget.
fn exhaustive(study: &mut BaselineStudy<'_>) -> Result<Method> {
    let survey = study.problem.survey();
    let fitting = survey.as_ref().map(|survey| survey.count_feasible(&study.problem.knobs));
    let few = fitting.as_ref().is_some_and(|fitting| {
        fitting.interval.is_none() && fitting.designs > 0.0 && fitting.designs <= study.budget as f64
    });
    let method = Method { name: "every design".into(), chooses: "everything", evaluated: Vec::new(), reason: None };
    let reason = match (&survey, fitting) {
        (Some(survey), Some(_)) if few => {
            let designs = survey.feasible_designs(&study.problem.knobs);
            return Ok(Method { evaluated: study.evaluate_feasible(designs, study.budget)?, ..method });
        }
        (_, Some(fitting)) => format!("not run: {fitting}, and the budget is {}", study.budget),
        (_, None) => "not run: the designs of a measured device are not counted".to_owned(),
    };
    Ok(Method { reason: Some(reason), ..method })
}

/// Reasons why the nearest to feasible of some designs is infeasible; `None` if one is feasible.
fn nearest_miss(problem: &SearchProblem, designs: &[Design]) -> Result<Option<String>> {
    let mut nearest: Option<(f64, &Design)> = None;
    for design in designs {
        let violation = problem.outcome(design, None)?.violation;
        if nearest.is_none_or(|(least, _)| violation < least) {
            nearest = Some((violation, design));
        }
    }
    let Some((violation, design)) = nearest else { return Ok(None) };
    if violation <= 0.0 {
        return Ok(None);
    }
    let network = problem.space.lower(&design.genome).map_err(ProblemError::from)?;
    let violated =
        reasons(&network, &problem.demand(design)?, &problem.profile, &problem.knobs, MeasuredShares::UNKNOWN);
    let list: Vec<String> = violated.iter().map(Reason::sentence).collect();
    Ok(Some(format!("nearest: {}: {}", problem.space.print_design(design), list.join("; "))))
}
