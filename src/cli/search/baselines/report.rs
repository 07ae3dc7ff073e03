//! The comparison as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::comparison::Comparison;
use crate::quantity::{Dimension, Knob, Limit, Metric, ascii};
use crate::search::baselines::{BaselineOutcome, EvaluatedDesign, conclusion, front_share};

/// The table, best first, and what it says.
pub(super) fn table(comparison: &Comparison) -> String {
    let Comparison { problem, outcomes, .. } = comparison;
    let mut order: Vec<&BaselineOutcome> = outcomes.iter().collect();
    let accuracy = |outcome: &BaselineOutcome| outcome.best().map_or(-1.0, |best| best.accuracy);
    order.sort_by(|a, b| accuracy(b).total_cmp(&accuracy(a)));
    let mut text = format!(
        "\n{:<32} {:>6} {:>8} {:>7} {:>9} {:>9} {:>10} {:>10}  {}\n",
        "method", "evals", "accuracy", "test", "latency", "energy", "memory", "front", "design"
    );
    for outcome in order {
        let _ = write!(text, "{:<32} {:>6} ", outcome.method, outcome.evaluated.len());
        let _ = match outcome.best() {
            Some(best) => writeln!(
                text,
                "{:>8} {:>7} {:>9} {:>9} {:>10} {:>10}  {}",
                Metric::Accuracy.format(best.accuracy),
                outcome.test_accuracy.map(|test| Metric::Accuracy.format(test)).unwrap_or_default(),
                column(Metric::Latency, best.evaluation.latency.total_s()),
                column(Metric::Energy, best.evaluation.energy_j),
                column(Metric::SensorMemory, best.evaluation.sensor_peak_bytes as f64),
                Dimension::Share.format(front_share(problem, outcome)),
                problem.space.print_design(&best.design)
            ),
            None => writeln!(text, "{}", outcome.reason.as_deref().unwrap_or("nothing meets the limits")),
        };
    }
    let _ = writeln!(
        text,
        "\n{}.\naccuracy in {} on {} validation objects, by which each method chose; test on {} others; {} views; front: share of \
         accuracy and latency below the limit that the method's designs dominate.",
        conclusion(outcomes, comparison.validation_objects),
        comparison.precision.name(),
        comparison.validation_objects,
        comparison.test_objects,
        problem.knobs.sensors
    );
    text
}

/// A figure in plain characters.
fn column(metric: Metric, value: f64) -> String {
    ascii(&metric.info().dimension.format(value)).into_owned()
}

/// Everything, for scripts.
pub(super) fn json(comparison: &Comparison) -> Value {
    let Comparison { problem, outcomes, .. } = comparison;
    let design = |tried: &EvaluatedDesign| {
        json!({
            "design": problem.space.print_design(&tried.design),
            "accuracy": tried.accuracy,
            "latency_s": tried.evaluation.latency.total_s(),
            "energy_j": tried.evaluation.energy_j,
            "sensor_memory_bytes": tried.evaluation.sensor_peak_bytes,
            "link_bytes": tried.evaluation.link_bytes,
            "feasible": tried.evaluation.feasible(),
        })
    };
    let methods: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "method": outcome.method,
                "chooses": outcome.chooses,
                "evaluations": outcome.evaluated.len(),
                "best": outcome.best().map(design),
                "test_accuracy": outcome.test_accuracy,
                "front_share": front_share(problem, outcome),
                "reason": outcome.reason,
                "tried": outcome.evaluated.iter().map(design).collect::<Vec<_>>(),
            })
        })
        .collect();
    let knobs = &problem.knobs;
    let value = |knob: Knob| if knob.is_unlimited(knobs.get(knob)) { Value::Null } else { knobs.get(knob).into() };
    let limits: serde_json::Map<String, Value> =
        Limit::ALL.into_iter().filter_map(Limit::knob).map(|knob| (knob.name().to_owned(), value(knob))).collect();
    json!({
        "kind": "baselines",
        "space": problem.space.name,
        "profile": problem.profile.name,
        "step": comparison.step,
        "precision": comparison.precision.name(),
        "views": knobs.sensors,
        "limits": limits,
        "evaluations_each": comparison.budget,
        "seed": comparison.seed,
        "validation_objects": comparison.validation_objects,
        "test_objects": comparison.test_objects,
        "conclusion": conclusion(outcomes, comparison.validation_objects),
        "methods": methods,
    })
}
