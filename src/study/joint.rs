//! Study of the joint search against simpler methods, at a grid of limits and bandwidths.

use super::error::StudyError;
use super::info::{StudyAxis, StudyInfo, StudyNeeds};
use super::input::StudyInput;
use super::rows::{self, PairedGain, StudyPoint, StudyRow};
use crate::quantity::{Knob, Metric};
use crate::record::{Subset, Task};
use crate::run::{RunDir, TaskProcess, compare_baselines};
use crate::search::baselines::{BaselineOutcome, JOINT_SEARCH};
use crate::search::{Objective, SearchProblem};

/// Measurements of each method at each point.
const BUDGET: usize = 60;
const QUICK_BUDGET: usize = 12;

pub(super) const JOINT: StudyInfo = StudyInfo {
    name: "joint",
    claim: "Searching network and split together finds better designs than splitting a fixed network, searching a network \
            with a fixed split, or random search, at equal numbers of measurements.",
    needs: StudyNeeds::Runs,
    x: ("latency limit and bandwidth", StudyAxis::Named),
    y: "test accuracy of the best design in int8, %",
    plan,
    measure,
    finding,
};

/// Latency limits and bandwidths as factors of the profile's.
fn grid(quick: bool) -> (&'static [f64], &'static [f64]) {
    if quick { (&[0.5], &[1.0, 0.125]) } else { (&[0.3, 0.5, 1.0], &[0.125, 1.0, 8.0]) }
}

#[allow(clippy::unnecessary_wraps, reason = "the type of every study")]
fn plan(input: &StudyInput) -> Result<Vec<StudyPoint>, StudyError> {
    let (limits, bandwidths) = grid(input.quick);
    let knobs = input.model.knobs();
    let mut points = Vec::new();
    for limit in limits {
        for bandwidth in bandwidths {
            let (limit, bandwidth) =
                (limit * knobs.get(Knob::LatencyLimit), bandwidth * knobs.get(Knob::LinkBandwidth));
            let setting = format!("{} at {}", Metric::Latency.format(limit), Knob::LinkBandwidth.format(bandwidth));
            points.push(StudyPoint::new(setting, points.len() as f64 + 1.0));
        }
    }
    Ok(points)
}

/// Every method at one place of the grid.
fn measure(input: &mut StudyInput, point: &StudyPoint) -> Result<Vec<StudyRow>, StudyError> {
    let (limits, bandwidths) = grid(input.quick);
    let index = point.x as usize - 1;
    let (limit, bandwidth) = (limits[index / bandwidths.len()], bandwidths[index % bandwidths.len()]);
    let (space, profile) = (input.model.space().clone(), input.model.profile().clone());
    let mut problem = SearchProblem::new(space, profile, vec![Objective::Accuracy, Objective::Latency])?;
    for (knob, factor) in [(Knob::LatencyLimit, limit), (Knob::LinkBandwidth, bandwidth)] {
        problem.knobs.set(knob, factor * problem.knobs.get(knob));
    }
    let budget = if input.quick { QUICK_BUDGET } else { BUDGET };
    input.trained(point.seed)?;
    let path = input.open_path().expect("it was opened just now").to_owned();
    let mut process = TaskProcess::new(&RunDir::open(&path)?, Task::Search, Box::new(|_| {}))?;
    let evaluator = input.trained(point.seed)?;
    let outcomes = compare_baselines(evaluator, &problem, (budget, point.seed), &mut process, &mut |_| {})?;
    let objects = evaluator.objects(Subset::Test) as u64;
    let row = |outcome: &BaselineOutcome| {
        if let (Some(test), Some(best)) = (outcome.test_accuracy, outcome.best()) {
            let note = format!("{} measured; {}", outcome.evaluated.len(), problem.space.print_design(&best.design));
            StudyRow { note, ..point.share(outcome.method.clone(), test, objects) }
        } else {
            let note = outcome.reason.clone().unwrap_or_else(|| "nothing meets the limits".to_owned());
            StudyRow { note, ..point.exact(outcome.method.clone(), f64::NAN) }
        }
    };
    Ok(outcomes.iter().map(row).collect())
}

fn finding(rows: &[StudyRow]) -> String {
    let joint: Vec<&StudyRow> = rows.iter().filter(|row| row.series == JOINT_SEARCH).collect();
    let (mut sentences, mut all) = (Vec::new(), Vec::new());
    for (method, _) in rows::means(rows).iter().filter(|(method, _)| method != JOINT_SEARCH) {
        // A pair was measured on one set of objects, so that differences of pairs are taken, not of means.
        let pair = |own: &&StudyRow| {
            let other =
                rows.iter().find(|row| row.series == *method && row.setting == own.setting && row.seed == own.seed)?;
            Some(own.value - other.value)
        };
        let pairs: Vec<f64> = joint.iter().filter_map(pair).collect();
        let gains: Vec<f64> = pairs.iter().copied().filter(|gain| gain.is_finite()).collect();
        let nothing = match pairs.len() - gains.len() {
            0 => String::new(),
            points => format!(", where nothing fits at {points} more"),
        };
        if let Some(gain) = PairedGain::new(&gains) {
            sentences.push(format!("{} over {method} at {} points{nothing}", gain.words(), gains.len()));
            all.push(gain);
        }
    }
    format!("{}: the joint search is ahead by {}.", PairedGain::agreement(&all), sentences.join("; "))
}
