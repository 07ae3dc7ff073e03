//! Smallest fixes: moves of one knob, or of several together, that make an infeasible split feasible.
//!
//! Moves are compared by their ratio: doubling and halving are equally large.

use serde::Serialize;

use super::constraint::{CONSTRAINTS, RATES};
use super::demand::SplitDemand;
use super::knobs::{Knobs, System};
use super::measured_shares::MeasuredShares;
use super::rates::SystemRates;
use super::threshold::{ThresholdSolver, Thresholds, max_feasible_sensors, rates_by_sensors};
use crate::quantity::{Knob, RelaxDirection};

/// Factor by which a threshold is exceeded, so that rounding does not fall short.
const MARGIN: f64 = 1.0 + 1e-9;

/// Largest factor by which [`joint_fix`] speeds the hardware up.
const MAX_SPEED_UP: f64 = 1e12;

/// One knob moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KnobChange {
    /// The knob.
    pub knob: Knob,
    /// Present value.
    pub from: f64,
    /// Value that suffices.
    pub to: f64,
}

impl KnobChange {
    /// Size of the move: the logarithm of the ratio.
    pub fn distance(&self) -> f64 {
        (self.to / self.from).ln().abs()
    }

    /// An imperative: "raise the latency limit to 6.8 ms".
    pub fn instruction(&self) -> String {
        self.knob.instruction(self.to)
    }

    /// An imperative, rounded so that the value printed suffices: "raise the link bandwidth from 8 Mbit/s to
    /// 10 Mbit/s".
    pub fn sentence(&self) -> String {
        self.knob.instruction_from(self.from, self.to)
    }
}

/// Every knob that alone makes one of the splits feasible, smallest move first. Each split comes with what was measured
/// of it. Empty if one of them is feasible, or if no single knob suffices.
pub fn single_fixes(splits: &[(&SplitDemand, MeasuredShares)], knobs: &Knobs) -> Vec<KnobChange> {
    if any_feasible(splits, knobs) {
        return Vec::new();
    }
    let (rates, solver) = (SystemRates::new(knobs), ThresholdSolver::new(knobs));
    let mut thresholds = Thresholds::NONE;
    for (demand, measured) in splits {
        thresholds.relax(&solver.thresholds(&rates.frame(demand), *measured));
    }
    let by_sensors = rates_by_sensors(knobs, knobs.sensors);
    let on_cost = |rates: &SystemRates| splits.iter().any(|(demand, _)| rates.evaluate(demand).feasible());
    let sensors = max_feasible_sensors(&by_sensors, knobs.sensors as usize, on_cost);
    thresholds.set(Knob::Sensors, if sensors > 0 { sensors as f64 } else { f64::NAN });
    let change = |knob| single_fix(knob, thresholds.get(knob), splits, knobs);
    let mut changes: Vec<KnobChange> = Knob::ALL.into_iter().filter_map(change).collect();
    changes.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
    changes
}

/// The move of `knob` to its threshold, if that makes one of the splits feasible.
fn single_fix(
    knob: Knob,
    threshold: f64,
    splits: &[(&SplitDemand, MeasuredShares)],
    knobs: &Knobs,
) -> Option<KnobChange> {
    let from = knobs.get(knob);
    let to = match knob.info().relax {
        // Whole numbers are exact, and so are shares at the digits that are compared.
        _ if matches!(knob, Knob::Sensors | Knob::SensorMemory | Knob::AccuracyFloor | Knob::LeakLimit) => threshold,
        RelaxDirection::Up => threshold * MARGIN,
        RelaxDirection::Down => threshold / MARGIN,
    };
    if !(to.is_finite() && to > 0.0) || to.total_cmp(&from).is_eq() {
        return None;
    }
    // With other numbers of sensors the measured shares are others: there only costs are compared.
    let moved = knobs.with(knob, to);
    let moved = if knob == Knob::Sensors { Knobs { accuracy_floor: None, leak_limit: None, ..moved } } else { moved };
    any_feasible(splits, &moved).then_some(KnobChange { knob, from, to })
}

fn any_feasible(splits: &[(&SplitDemand, MeasuredShares)], knobs: &Knobs) -> bool {
    let rates = SystemRates::new(knobs);
    let feasible = |(demand, measured): &(&SplitDemand, MeasuredShares)| {
        rates.evaluate(demand).with_measured(*measured, knobs).feasible()
    };
    splits.iter().any(feasible)
}

/// Smallest joint move that makes one of the splits feasible: limits of the hardware to what is needed, and some of
/// bandwidth and both computing rates by one factor, those whose moves are the smallest together. Limits that no speed
/// can meet are moved to what is reached. Each split comes with what was measured, as for [`single_fixes`]. `None` if
/// one of them is feasible, or if the weights of none fit, which no knob changes.
pub fn joint_fix(splits: &[(&SplitDemand, MeasuredShares)], knobs: &Knobs) -> Option<Vec<KnobChange>> {
    if any_feasible(splits, knobs) {
        return None;
    }
    let distance = |changes: &[KnobChange]| changes.iter().map(KnobChange::distance).sum::<f64>();
    let fixes = splits.iter().filter_map(|(demand, measured)| joint_fix_of(demand, *measured, knobs));
    fixes.min_by(|one, other| distance(one).total_cmp(&distance(other)))
}

/// Smallest moves of knobs that make a split feasible once the limits that no knob sets are met: one move if one is
/// enough. Empty if it breaks no other limits.
pub(super) fn fix_of_other_limits(demand: &SplitDemand, measured: MeasuredShares, knobs: &Knobs) -> Vec<KnobChange> {
    let system =
        System { sensor_weight_memory_bytes: u64::MAX, aggregator_weight_memory_bytes: u64::MAX, ..knobs.system };
    let knobs = Knobs { system, ..*knobs };
    let demand = SplitDemand { unsupported: 0, fusion_unsupported: 0, ..*demand };
    let split = [(&demand, measured)];
    let single = single_fixes(&split, &knobs).into_iter().next();
    single.map_or_else(|| joint_fix(&split, &knobs).unwrap_or_default(), |change| vec![change])
}

/// Smallest joint move for one split.
fn joint_fix_of(demand: &SplitDemand, measured: MeasuredShares, knobs: &Knobs) -> Option<Vec<KnobChange>> {
    let rates = SystemRates::new(knobs);
    let frame = rates.frame(demand);
    let broken = rates.evaluate_frame(&frame).with_measured(measured, knobs).violations;
    if broken.iter().any(|limit| limit.knob().is_none()) {
        return None;
    }
    let mut moved = *knobs;
    for (limit, value, _) in measured.limits(knobs) {
        if broken.contains(limit)
            && let Some(knob) = limit.knob()
        {
            moved = moved.with(knob, limit.metric().compared(value));
        }
    }
    let usage = rates.usage_of(&frame);
    for (constraint, usage) in CONSTRAINTS.iter().zip(usage) {
        let knob = constraint.limit.knob().filter(|knob| Knob::HARDWARE.contains(knob));
        if broken.contains(constraint.limit)
            && let Some(knob) = knob
        {
            moved = moved.with(knob, constraint.needed(usage, knobs));
        }
    }
    let feasible = |knobs: &Knobs| SystemRates::new(knobs).evaluate(demand).feasible();
    if !feasible(&moved) {
        moved = raise_unreachable_limits(demand, &moved, knobs);
        moved = smallest_speed_up(&moved, feasible);
    }
    let change = |knob: Knob| KnobChange { knob, from: knobs.get(knob), to: moved.get(knob) };
    let changed = |change: &KnobChange| change.from.total_cmp(&change.to).is_ne() && change.distance() > 1e-12;
    Some(Knob::ALL.into_iter().map(change).filter(changed).collect())
}

/// The knobs with some rates of the hardware multiplied by `factor`.
fn speed_up(knobs: &Knobs, rates: &[Knob], factor: f64) -> Knobs {
    rates.iter().fold(*knobs, |knobs, &rate| knobs.with(rate, knobs.get(rate) * factor))
}

/// The knobs `moved` with every limit that even endless speed breaks moved to what the split takes under `now`.
fn raise_unreachable_limits(demand: &SplitDemand, moved: &Knobs, now: &Knobs) -> Knobs {
    let best = SystemRates::new(&speed_up(moved, &RATES, MAX_SPEED_UP)).evaluate(demand).violations;
    let rates = SystemRates::new(now);
    let frame = rates.frame(demand);
    let usage = rates.usage_of(&frame);
    let unreachable = CONSTRAINTS.iter().zip(usage).filter(|(constraint, _)| best.contains(constraint.limit));
    unreachable.fold(*moved, |moved, (constraint, usage)| match constraint.limit.knob() {
        Some(knob) => moved.with(knob, constraint.value(usage * MARGIN)),
        None => moved,
    })
}

/// The knobs with some rates raised by one factor so that `feasible` holds: of all choices of rates the one whose moves
/// are the smallest together, of equals the one of fewer rates. All of them where no speed is enough.
fn smallest_speed_up(knobs: &Knobs, feasible: impl Fn(&Knobs) -> bool) -> Knobs {
    if feasible(knobs) {
        return *knobs;
    }
    let choices = (1_u32..1 << RATES.len()).map(|bits| {
        let chosen = RATES.into_iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
        chosen.map(|(_, rate)| rate).collect::<Vec<Knob>>()
    });
    let found = choices.filter_map(|rates| {
        let factor = smallest_factor(|factor| feasible(&speed_up(knobs, &rates, factor)))?;
        Some((factor.ln() * rates.len() as f64, rates.len(), speed_up(knobs, &rates, factor)))
    });
    let smallest = found.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    smallest.map_or_else(|| speed_up(knobs, &RATES, MAX_SPEED_UP), |(.., knobs)| knobs)
}

/// The smallest factor from 1 to [`MAX_SPEED_UP`] that suffices, by bisection to nine digits; `None` if none does.
fn smallest_factor(suffices: impl Fn(f64) -> bool) -> Option<f64> {
    let (mut low, mut high) = (0.0_f64, MAX_SPEED_UP.ln());
    if !suffices(MAX_SPEED_UP) {
        return None;
    }
    while high - low > 1e-9 {
        let middle = f64::midpoint(low, high);
        if suffices(middle.exp()) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high.exp())
}
