//! Smallest fixes: moves of one knob, or of several together, that make an infeasible split feasible.
//!
//! Moves are compared by their ratio: doubling and halving are equally large.

use serde::Serialize;

use super::constraint::CONSTRAINTS;
use super::demand::SplitDemand;
use super::knobs::Knobs;
use super::rates::SystemRates;
use super::threshold::{ThresholdSolver, max_feasible_sensors, rates_by_sensors};
use crate::quantity::{Knob, Limit, RelaxDirection};

/// Factor by which a threshold is exceeded, so that rounding does not fall short.
const MARGIN: f64 = 1.0 + 1e-9;

/// Largest factor by which [`joint_fix`] speeds the hardware up.
const MAX_SPEED_UP: f64 = 1e12;

/// Knobs of which a fix may be made: those of the hardware, and the limits on cost.
fn movable() -> impl Iterator<Item = Knob> {
    Knob::HARDWARE.into_iter().chain(Knob::REQUIREMENTS)
}

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

    /// An imperative, rounded so that the value printed suffices: "raise the link bandwidth from 8 Mbit/s to
    /// 10 Mbit/s".
    pub fn sentence(&self) -> String {
        self.knob.instruction_from(self.from, self.to)
    }
}

/// Every knob that alone makes the split feasible, smallest move first. Empty if the split is feasible, or if no single
/// knob suffices.
pub fn single_fixes(demand: &SplitDemand, knobs: &Knobs) -> Vec<KnobChange> {
    if SystemRates::new(knobs).evaluate(demand).feasible() {
        return Vec::new();
    }
    let mut changes: Vec<KnobChange> = movable().filter_map(|knob| single_fix(knob, demand, knobs)).collect();
    changes.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
    changes
}

/// Smallest move of `knob` that makes the split feasible.
fn single_fix(knob: Knob, demand: &SplitDemand, knobs: &Knobs) -> Option<KnobChange> {
    let from = knobs.get(knob);
    let to = if knob == Knob::Sensors {
        let by_sensors = rates_by_sensors(knobs, knobs.sensors);
        max_feasible_sensors(&by_sensors, knobs.sensors as usize, |rates| rates.evaluate(demand).feasible()) as f64
    } else {
        let frame = SystemRates::new(knobs).frame(demand);
        let threshold = ThresholdSolver::new(knobs).thresholds(&frame, f64::NAN).get(knob);
        match knob.info().relax {
            // Bytes are whole numbers.
            _ if knob == Knob::SensorMemory => threshold,
            RelaxDirection::Up => threshold * MARGIN,
            RelaxDirection::Down => threshold / MARGIN,
        }
    };
    let moves = to.is_finite() && to > 0.0 && to.total_cmp(&from).is_ne();
    (moves && SystemRates::new(&knobs.with(knob, to)).evaluate(demand).feasible()).then_some(KnobChange {
        knob,
        from,
        to,
    })
}

/// Smallest joint move that makes the split feasible: memory to what is needed, and bandwidth and both computing rates
/// by one factor; a rate that does not matter stays. Limits that no speed can meet are moved to what is reached. `None`
/// if the split is feasible, or if its weights do not fit, which no knob changes.
pub fn joint_fix(demand: &SplitDemand, knobs: &Knobs) -> Option<Vec<KnobChange>> {
    let broken = SystemRates::new(knobs).evaluate(demand).violations;
    if broken.is_empty() || broken.iter().any(|limit| limit.knob().is_none()) {
        return None;
    }
    let feasible = |knobs: &Knobs| SystemRates::new(knobs).evaluate(demand).feasible();
    let mut moved = *knobs;
    if broken.contains(Limit::SensorMemory) {
        moved = moved.with(Knob::SensorMemory, knobs.memory_for(demand.sensor_peak_bytes));
    }
    if !feasible(&moved) {
        moved = raise_unreachable_limits(demand, &moved, knobs);
        moved = smallest_speed_up(&moved, feasible);
        for rate in [Knob::LinkBandwidth, Knob::SensorCompute, Knob::AggregatorCompute] {
            let without = moved.with(rate, knobs.get(rate));
            if feasible(&without) {
                moved = without;
            }
        }
    }
    let change = |knob: Knob| KnobChange { knob, from: knobs.get(knob), to: moved.get(knob) };
    let changed = |change: &KnobChange| change.from.total_cmp(&change.to).is_ne() && change.distance() > 1e-12;
    Some(movable().map(change).filter(changed).collect())
}

/// The knobs with the three rates of the hardware multiplied by `factor`.
fn speed_up(knobs: &Knobs, factor: f64) -> Knobs {
    Knobs {
        bandwidth_bytes_per_s: knobs.bandwidth_bytes_per_s * factor,
        sensor_macs_per_s: knobs.sensor_macs_per_s * factor,
        aggregator_macs_per_s: knobs.aggregator_macs_per_s * factor,
        ..*knobs
    }
}

/// The knobs `moved` with every limit that even endless speed breaks moved to what the split takes under `now`.
fn raise_unreachable_limits(demand: &SplitDemand, moved: &Knobs, now: &Knobs) -> Knobs {
    let best = SystemRates::new(&speed_up(moved, MAX_SPEED_UP)).evaluate(demand).violations;
    let rates = SystemRates::new(now);
    let frame = rates.frame(demand);
    let usage = rates.usage(&frame, &rates.frame_latency(&frame));
    let unreachable = CONSTRAINTS.iter().zip(usage).filter(|(constraint, _)| best.contains(constraint.limit));
    unreachable.fold(*moved, |moved, (constraint, usage)| match constraint.limit.knob() {
        Some(knob) => moved.with(knob, constraint.value(usage * MARGIN)),
        None => moved,
    })
}

/// The knobs with the smallest common factor of all rates at which `feasible` holds, by bisection to nine digits.
fn smallest_speed_up(knobs: &Knobs, feasible: impl Fn(&Knobs) -> bool) -> Knobs {
    if feasible(knobs) {
        return *knobs;
    }
    let (mut low, mut high) = (0.0_f64, MAX_SPEED_UP.ln());
    while high - low > 1e-9 {
        let middle = f64::midpoint(low, high);
        if feasible(&speed_up(knobs, middle.exp())) {
            high = middle;
        } else {
            low = middle;
        }
    }
    speed_up(knobs, high.exp())
}
