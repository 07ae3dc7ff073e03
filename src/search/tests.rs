//! The joint search and its baselines in process, on made-up accuracies.

use std::collections::{BTreeMap, HashSet};

use super::baselines::{BaselineOutcome, BaselineStudy};
use super::*;
use crate::diagnostic::Source;
use crate::hardware::Profile;
use crate::space::{Design, SearchSpace};

const TABLETOP: &str = include_str!("../../spaces/tabletop.toml");

fn problem(space: &str) -> SearchProblem {
    let space = SearchSpace::from_toml(&Source::new("space", space)).unwrap();
    let profile = Profile::shipped("glasses").unwrap();
    let objectives = vec![Objective::Accuracy, Objective::Latency, Objective::Energy];
    let mut problem = SearchProblem::new(space, profile, objectives).unwrap();
    problem.knobs.sensors = 2;
    problem
}

/// The default space with one network: all that is left to choose is the split, the fusion and the bits.
fn tiny() -> String {
    TABLETOP
        .replace("depths = [1, 2]", "depths = [1]")
        .replace("kernels = [3, 5]", "kernels = [3]")
        .replace("expansions = [2, 4]", "expansions = [2]")
        .replace("ratios = [1, 2, 4, 8]", "ratios = [1]")
}

/// More arithmetic, more views, less compression and later fusion are more accurate.
fn accuracy(space: &SearchSpace) -> impl FnMut(&Design, u32) -> f64 + use<> {
    let space = space.clone();
    move |design, views| {
        let macs = space.lower(&design.genome).unwrap().macs() as f64;
        let lost = 0.02 * f64::from(design.ratio).ln() + 0.005 * f64::from(8 - design.bits.min(8));
        0.6 - 0.4 * (-macs / 1e6).exp() + 0.05 * f64::from(views).ln() + 0.002 * f64::from(design.fusion) - lost
    }
}

fn driver(problem: SearchProblem, budget: usize) -> SearchDriver {
    SearchDriver::new(problem, SearchOptions { budget, seed: 3, ..SearchOptions::default() }, None).unwrap()
}

fn limits(name: &str, value: f64) -> BTreeMap<String, f64> {
    BTreeMap::from([(name.to_owned(), value)])
}

#[test]
fn a_search_keeps_to_its_budget_and_replays_from_its_seed() {
    let searched = || {
        let problem = problem(TABLETOP);
        let mut measure = accuracy(&problem.space);
        let (mut driver, mut measured) = (driver(problem, 40), Vec::new());
        let reason = driver
            .run(&mut |design: &Design, views: u32| {
                measured.push(design.clone());
                measure(design, views)
            })
            .unwrap();
        assert_eq!((reason.as_str(), driver.measured()), ("40 designs are measured", 40));
        let front: Vec<Design> = driver.front().map(|(design, _)| design).collect();
        (measured, front)
    };
    let (measured, front) = searched();
    assert_eq!(measured.iter().collect::<HashSet<_>>().len(), 40, "nothing is measured twice");
    assert!(front.len() > 2 && front.iter().all(|design| measured.contains(design)));
    assert_eq!(searched(), (measured, front));
}

#[test]
fn a_warm_start_measures_nothing_again_and_predicts_at_once() {
    let problem = problem(TABLETOP);
    let mut measure = accuracy(&problem.space);
    let mut rows = Vec::new();
    let mut first = driver(problem.clone(), 30);
    first
        .run(&mut |design: &Design, views: u32| {
            let accuracy = measure(design, views);
            rows.push(MeasuredDesign { design: design.clone(), views, accuracy });
            accuracy
        })
        .unwrap();
    let mut second = driver(problem, 10);
    second.warm_start(&rows).unwrap();
    assert_eq!((second.search().archive().len(), second.measured()), (30, 0));
    let mut predicted = 0;
    while let NextCandidate::Measure(candidate) = second.next_candidate().unwrap() {
        assert!(rows.iter().all(|row| row.design != candidate.design));
        predicted += usize::from(candidate.predicted.is_some());
        let accuracy = measure(&candidate.design, 2);
        second.report(&candidate, accuracy).unwrap();
    }
    assert!(predicted > 0 && second.measured() == 10);
    assert!(second.predictor_qualities().iter().any(|(kind, quality)| {
        *kind == PredictorKind::Ridge && quality.samples >= 30 && quality.kendall_tau > 0.3
    }));
}

#[test]
fn another_number_of_sensors_measures_the_front_again_first() {
    let problem = problem(TABLETOP);
    let mut measure = accuracy(&problem.space);
    let mut driver = driver(problem, 60);
    for _ in 0..20 {
        let NextCandidate::Measure(candidate) = driver.next_candidate().unwrap() else { panic!("over") };
        let accuracy = measure(&candidate.design, 2);
        driver.report(&candidate, accuracy).unwrap();
    }
    for (wrong, reason) in [
        (limits("latencyy", 1.0), "did you mean `latency`?"),
        (limits("latency", -1.0), "above zero"),
        (limits("sensors", 2.5), "whole number"),
        (limits("sensors", 99.0), "1 to 12 views"),
    ] {
        let error = driver.set_knobs(&wrong).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let front: Vec<Design> = driver.front().map(|(design, _)| design).collect();
    driver.set_knobs(&limits("sensors", 3.0)).unwrap();
    let NextCandidate::Measure(candidate) = driver.next_candidate().unwrap() else { panic!("over") };
    assert!(front.contains(&candidate.design));
    driver.withdraw(candidate).unwrap();
    // Back again: all that was measured counts, and nothing is measured for it.
    driver.set_knobs(&limits("sensors", 2.0)).unwrap();
    assert_eq!(driver.front().map(|(design, _)| design).collect::<Vec<_>>(), front);
    assert_eq!(driver.measured(), 20);
}

#[test]
fn limits_that_nothing_meets_have_a_reason() {
    let mut problem = problem(TABLETOP);
    assert_eq!(problem.infeasibility_reason().unwrap(), None);
    problem.set_knobs(&limits("latency", 1e-6)).unwrap();
    let reason = problem.infeasibility_reason().unwrap().unwrap();
    assert!(reason.starts_with("no design meets the limits"), "{reason}");
}

#[test]
fn objectives_are_two_to_four_different_ones() {
    let SearchProblem { space, profile, .. } = problem(TABLETOP);
    for wrong in [vec![Objective::Energy], vec![Objective::Energy; 2]] {
        assert!(matches!(SearchProblem::new(space.clone(), profile.clone(), wrong), Err(ProblemError::Objectives)));
    }
}

#[test]
fn the_joint_search_is_compared_with_every_baseline() {
    let problem = problem(&tiny());
    let mut source = accuracy(&problem.space);
    let mut seen = 0;
    let study = BaselineStudy::new(problem, &mut source, None, 80, 0);
    let outcomes = study.run(&mut |_| seen += 1).unwrap();
    assert_eq!(seen, outcomes.len());
    let named = |name: &str| outcomes.iter().find(|outcome| outcome.method.starts_with(name)).unwrap();
    let best = |outcome: &BaselineOutcome| outcome.best().map(|best| best.accuracy);
    for name in [
        "all on the sensors",
        "all on the aggregator",
        "best split of the smallest",
        "best split of the middle",
        "best split of the largest",
        "hand-placed bottleneck",
        "random search",
        "two stages",
        "joint search",
        "every design",
    ] {
        let outcome = named(name);
        assert!(outcome.evaluated.len() <= 80);
        assert!(
            best(outcome).is_some() || outcome.reason.is_some(),
            "{name} says neither what it found nor why nothing"
        );
        // So few designs are there that the search comes by all of them.
        assert!(best(outcome) <= best(named("every design")), "{name}");
    }
    assert_eq!(best(named("joint search")), best(named("every design")));
    assert!(named("joint search").test_accuracy.is_some());
    assert!(baselines::conclusion(&outcomes, 1000).starts_with("the joint search"));
}
