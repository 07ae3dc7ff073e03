//! The comparison as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Outcome, Study, Tried};
use crate::quantity::{Metric, ascii};
use crate::record::Subset;
use crate::search::{Outcome as Point, front_of, hypervolume};

/// Name of the joint search among the methods.
const JOINT: &str = "joint search";

/// The front of everything a method tried, as the share of the rectangle between no error and no latency, and all error and
/// the latency limit, that it dominates.
fn dominated(study: &Study, outcome: &Outcome) -> f64 {
    let limit = study.terms.knobs.latency_limit_s.unwrap_or_else(|| {
        outcome.tried.iter().map(|one| one.found.latency.total_s()).fold(0.0, f64::max).max(f64::MIN_POSITIVE)
    });
    let feasible = outcome.tried.iter().filter(|one| one.found.feasible());
    let points: Vec<Point> =
        feasible.map(|one| Point::feasible(&[1.0 - one.accuracy, one.found.latency.total_s() / limit])).collect();
    let front: Vec<_> = front_of(&points, 2).into_iter().map(|index| points[index].objectives).collect();
    hypervolume(&front, &[1.0, 1.0, 0.0, 0.0], 2)
}

/// Two standard errors of the difference of two accuracies near `accuracy` on so many objects.
fn noise(accuracy: f64, objects: usize) -> f64 {
    2.0 * (2.0 * accuracy * (1.0 - accuracy) / objects.max(1) as f64).sqrt()
}

/// How the joint search compares, in a sentence.
fn verdict(study: &Study, outcomes: &[Outcome]) -> String {
    let joint = outcomes.iter().find(|outcome| outcome.method == JOINT).and_then(Outcome::best);
    let Some(joint) = joint else { return "the joint search found no design that meets the limits".into() };
    let others = outcomes.iter().filter(|outcome| outcome.method != JOINT);
    let rival = others.filter_map(|outcome| Some((outcome, outcome.best()?)));
    let Some((method, best)) = rival.max_by(|a, b| a.1.accuracy.total_cmp(&b.1.accuracy)) else {
        return "only the joint search found a design that meets the limits".into();
    };
    let gain = joint.accuracy - best.accuracy;
    let noise = noise(joint.accuracy, study.meter.objects(Subset::Validation));
    let how = if gain.abs() < 1e-12 {
        "equals".to_owned()
    } else {
        let word = if gain > 0.0 { "beats" } else { "falls behind" };
        let worth = if gain.abs() < noise { ", less than noise" } else { "" };
        return format!(
            "the joint search {word} the best other method ({}) by {:.1} % on the validation objects{worth} \
             (two standard errors of a difference: {:.1} %)",
            method.method,
            gain.abs() * 100.0,
            noise * 100.0
        );
    };
    format!("the joint search {how} the best other method ({}) on the validation objects", method.method)
}

/// The table, best first, and what it says.
pub(super) fn table(study: &Study, outcomes: &[Outcome]) -> String {
    let mut order: Vec<&Outcome> = outcomes.iter().collect();
    let accuracy = |outcome: &Outcome| outcome.best().map_or(-1.0, |best| best.accuracy);
    order.sort_by(|a, b| accuracy(b).total_cmp(&accuracy(a)));
    let mut text = format!(
        "\n{:<32} {:>6} {:>8} {:>7} {:>9} {:>9} {:>10} {:>10}  {}\n",
        "method", "evals", "accuracy", "test", "latency", "energy", "memory", "front", "design"
    );
    for outcome in order {
        let _ = write!(text, "{:<32} {:>6} ", outcome.method, outcome.tried.len());
        let _ = match outcome.best() {
            Some(best) => writeln!(
                text,
                "{:>6.1} % {:>5} % {:>9} {:>9} {:>10} {:>8.1} %  {}",
                best.accuracy * 100.0,
                outcome.test.map(|test| format!("{:.1}", test * 100.0)).unwrap_or_default(),
                column(Metric::Latency, best.found.latency.total_s()),
                column(Metric::Energy, best.found.energy_j),
                column(Metric::SensorMemory, best.found.sensor_peak_bytes as f64),
                dominated(study, outcome) * 100.0,
                study.terms.space.print_design(&best.design)
            ),
            None => writeln!(text, "{}", outcome.nothing.as_deref().unwrap_or("nothing meets the limits")),
        };
    }
    let objects = (study.meter.objects(Subset::Validation), study.meter.objects(Subset::Test));
    let _ = writeln!(
        text,
        "\n{}.\naccuracy on {} validation objects, by which each method chose; test on {} others; {} views; front: share of \
         accuracy and latency below the limit that the method's designs dominate.",
        verdict(study, outcomes),
        objects.0,
        objects.1,
        study.terms.knobs.sensors
    );
    text
}

/// A figure of steady width, in plain characters.
fn column(metric: Metric, value: f64) -> String {
    ascii(&metric.info().dimension.format_column(value)).into_owned()
}

/// Everything, for scripts.
pub(super) fn json(study: &Study, outcomes: &[Outcome]) -> Value {
    let design = |tried: &Tried| {
        json!({
            "design": study.terms.space.print_design(&tried.design),
            "accuracy": tried.accuracy,
            "latency_s": tried.found.latency.total_s(),
            "energy_j": tried.found.energy_j,
            "sensor_memory_bytes": tried.found.sensor_peak_bytes,
            "link_bytes": tried.found.link_bytes,
            "feasible": tried.found.feasible(),
        })
    };
    let methods: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "method": outcome.method,
                "chooses": outcome.chooses,
                "evaluations": outcome.tried.len(),
                "best": outcome.best().map(design),
                "test_accuracy": outcome.test,
                "front_share": dominated(study, outcome),
                "reason": outcome.nothing,
                "tried": outcome.tried.iter().map(design).collect::<Vec<_>>(),
            })
        })
        .collect();
    let knobs = &study.terms.knobs;
    json!({
        "kind": "baselines",
        "space": study.terms.space.name,
        "profile": study.terms.profile.name,
        "step": study.meter.step,
        "views": knobs.sensors,
        "limits": {
            "latency_s": knobs.latency_limit_s,
            "energy_j": knobs.energy_limit_j,
            "sensor_memory_bytes": knobs.sensor_memory_bytes,
            "frame_rate_hz": knobs.frame_rate_floor_hz,
            "accuracy": knobs.accuracy_floor,
        },
        "evaluations_each": study.budget,
        "seed": study.seed,
        "validation_objects": study.meter.objects(Subset::Validation),
        "test_objects": study.meter.objects(Subset::Test),
        "verdict": verdict(study, outcomes),
        "methods": methods,
    })
}
