//! Comparison of the outcomes of a study.

use super::outcome::{BaselineOutcome, EvaluatedDesign};
use crate::quantity::Metric;
use crate::search::{SearchProblem, hypervolume};

/// Name of the joint search among the methods.
pub const JOINT_SEARCH: &str = "joint search";

/// Share of the rectangle between no error and no latency, and all error and the latency limit, that a method's designs
/// dominate.
pub fn front_share(problem: &SearchProblem, outcome: &BaselineOutcome) -> f64 {
    let latency = |one: &EvaluatedDesign| one.evaluation.latency.total_s();
    let limit = problem
        .knobs
        .latency_limit_s
        .unwrap_or_else(|| outcome.evaluated.iter().map(latency).fold(0.0, f64::max).max(f64::MIN_POSITIVE));
    let feasible = outcome.evaluated.iter().filter(|one| one.evaluation.feasible());
    let points: Vec<_> = feasible.map(|one| [1.0 - one.accuracy, latency(one) / limit, 0.0, 0.0]).collect();
    hypervolume(&points, &[1.0, 1.0, 0.0, 0.0], 2)
}

/// Two standard errors of the difference of two accuracies near `accuracy` on `objects` objects.
fn noise(accuracy: f64, objects: usize) -> f64 {
    2.0 * (2.0 * accuracy * (1.0 - accuracy) / objects.max(1) as f64).sqrt()
}

/// Sentence that compares the joint search with the best baseline. `objects` is the number of validation objects.
pub fn conclusion(outcomes: &[BaselineOutcome], objects: usize) -> String {
    let joint = outcomes.iter().find(|outcome| outcome.method == JOINT_SEARCH).and_then(BaselineOutcome::best);
    let Some(joint) = joint else { return "the joint search found no design that meets the limits".into() };
    let others = outcomes.iter().filter(|outcome| outcome.method != JOINT_SEARCH);
    let rivals = others.filter_map(|outcome| Some((&outcome.method, outcome.best()?)));
    let Some((method, best)) = rivals.max_by(|a, b| a.1.accuracy.total_cmp(&b.1.accuracy)) else {
        return "only the joint search found a design that meets the limits".into();
    };
    let gain = joint.accuracy - best.accuracy;
    if gain.abs() < 1e-12 {
        return format!("the joint search equals the best other method ({method}) on the validation objects");
    }
    let noise = noise(joint.accuracy, objects);
    let word = if gain > 0.0 { "beats" } else { "falls behind" };
    let worth = if gain.abs() < noise { ", less than noise" } else { "" };
    format!(
        "the joint search {word} the best other method ({method}) by {} on the validation objects{worth} (two standard \
         errors of a difference: {})",
        Metric::Accuracy.format(gain.abs()),
        Metric::Accuracy.format(noise)
    )
}
