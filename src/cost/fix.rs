//! What would make an infeasible split feasible: the smallest move of one knob, or of several together.
//!
//! Moves are compared by their ratio: doubling and halving are equally large. Feasibility is monotone in every knob, so the
//! smallest move that meets each limit alone is found in closed form, and the largest of those meets all.

use serde::Serialize;

use super::demand::SplitDemand;
use super::evaluate::{Evaluation, SystemRates};
use super::knobs::Knobs;
use crate::quantity::{Knob, Limit};

/// A little more than needed, so that rounding does not fall short.
const MARGIN: f64 = 1.0 + 1e-9;

/// One knob moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KnobChange {
    /// The knob.
    pub knob: Knob,
    /// Its value now.
    pub from: f64,
    /// The value that suffices.
    pub to: f64,
}

impl KnobChange {
    /// How far the knob moves: the logarithm of the ratio.
    pub fn distance(&self) -> f64 {
        (self.to / self.from).ln().abs()
    }

    /// An imperative: "raise the link bandwidth from 8 Mbit/s to 10 Mbit/s". Digits are rounded so that what is printed
    /// suffices.
    pub fn sentence(&self) -> String {
        self.knob.instruction_from(self.from, self.to)
    }
}

/// Every knob that alone makes the split feasible, smallest move first. Empty if the split is feasible, or if no knob suffices.
pub fn single_fixes(demand: &SplitDemand, knobs: &Knobs) -> Vec<KnobChange> {
    if SystemRates::new(knobs).evaluate(demand).feasible() {
        return Vec::new();
    }
    let mut changes: Vec<KnobChange> = Knob::HARDWARE
        .into_iter()
        .chain(Knob::REQUIREMENTS)
        .filter_map(|knob| single_fix(knob, demand, knobs))
        .collect();
    changes.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
    changes
}

/// The smallest move of this knob that makes the split feasible.
fn single_fix(knob: Knob, demand: &SplitDemand, knobs: &Knobs) -> Option<KnobChange> {
    let from = knobs.limited(knob)?;
    if knob == Knob::Sensors {
        let fits = |&sensors: &u32| SystemRates::new(&Knobs { sensors, ..*knobs }).evaluate(demand).feasible();
        let sensors = (1..knobs.sensors).rev().find(fits)?;
        return Some(KnobChange { knob, from, to: f64::from(sensors) });
    }
    let rates = SystemRates::new(knobs);
    let to = needed(knob, demand, knobs, &rates.evaluate(demand))?;
    let enough = SystemRates::new(&knobs.with(knob, to)).evaluate(demand).feasible();
    enough.then_some(KnobChange { knob, from, to })
}

/// The value of a knob at which the limits it can influence are just met; `None` where it can't.
fn needed(knob: Knob, demand: &SplitDemand, knobs: &Knobs, evaluation: &Evaluation) -> Option<f64> {
    let latency = &evaluation.latency;
    let faster = |part: f64, fixed: f64, watts: f64| {
        let energy = (watts * part, evaluation.energy_j - watts * part);
        let limits = [
            (Limit::Latency, part, knobs.latency_limit_s.unwrap_or(f64::INFINITY) - (latency.total_s() - part)),
            (Limit::Energy, energy.0, knobs.energy_limit_j.unwrap_or(f64::INFINITY) - energy.1),
            (Limit::FrameRate, part, knobs.frame_rate_floor_hz.map_or(f64::INFINITY, f64::recip) - fixed),
        ];
        let factors = limits.iter().filter(|(limit, ..)| evaluation.violations.contains(*limit));
        factors.map(|(_, part, room)| if *room > 0.0 { part / room } else { f64::INFINITY }).reduce(f64::max)
    };
    let system = &knobs.system;
    let from = knobs.limited(knob)?;
    let to = match knob {
        Knob::Sensors => return None,
        Knob::LinkBandwidth => {
            let fixed = system.link_latency_s;
            from * faster(latency.link_s - fixed, fixed, 0.0)? * MARGIN
        }
        Knob::SensorCompute => {
            let watts = system.sensors_static_w(knobs.sensors);
            from * faster(latency.sensor_s, 0.0, watts)? * MARGIN
        }
        Knob::AggregatorCompute => from * faster(latency.aggregator_s, 0.0, system.aggregator_static_w)? * MARGIN,
        Knob::SensorMemory => knobs.memory_for(demand.sensor_peak_bytes),
        Knob::LatencyLimit => latency.total_s() * MARGIN,
        Knob::EnergyLimit => evaluation.energy_j * MARGIN,
        Knob::FrameRateFloor => evaluation.fps / MARGIN,
        Knob::AccuracyFloor => return None,
    };
    let moves = match knob {
        Knob::FrameRateFloor => to < from,
        _ => to > from,
    };
    (to.is_finite() && to > 0.0 && moves).then_some(to)
}

/// The smallest joint move that makes the split feasible: memory to what is needed, and bandwidth and both computing rates by
/// one factor; a rate that does not matter stays. Limits that no speed can meet are moved to what is reached. `None` if the split is feasible, or if its weights
/// do not fit, which no knob mends.
pub fn joint_fix(demand: &SplitDemand, knobs: &Knobs) -> Option<Vec<KnobChange>> {
    let rates = SystemRates::new(knobs);
    let evaluation = rates.evaluate(demand);
    let broken = evaluation.violations;
    if broken.is_empty() || broken.contains(Limit::SensorWeights) || broken.contains(Limit::AggregatorWeights) {
        return None;
    }
    let mut moved = *knobs;
    if broken.contains(Limit::SensorMemory) {
        moved = moved.with(Knob::SensorMemory, knobs.memory_for(demand.sensor_peak_bytes));
    }
    let fits = |knobs: &Knobs| SystemRates::new(knobs).evaluate(demand).feasible();
    if !fits(&moved) {
        let fastest = faster(&moved, 1e12);
        let best = SystemRates::new(&fastest).evaluate(demand);
        moved = reach(&moved, &evaluation, &best);
        moved = smallest_speed(&moved, fits);
        for speed in [Knob::LinkBandwidth, Knob::SensorCompute, Knob::AggregatorCompute] {
            let without = moved.with(speed, knobs.get(speed));
            if fits(&without) {
                moved = without;
            }
        }
    }
    let changes = Knob::HARDWARE.into_iter().chain(Knob::REQUIREMENTS).filter_map(|knob| {
        let (from, to) = (knobs.limited(knob)?, moved.limited(knob)?);
        ((to / from).ln().abs() > 1e-12).then_some(KnobChange { knob, from, to })
    });
    Some(changes.collect())
}

/// Every speed times a factor.
fn faster(knobs: &Knobs, factor: f64) -> Knobs {
    Knobs {
        bandwidth_bytes_per_s: knobs.bandwidth_bytes_per_s * factor,
        sensor_macs_per_s: knobs.sensor_macs_per_s * factor,
        aggregator_macs_per_s: knobs.aggregator_macs_per_s * factor,
        ..*knobs
    }
}

/// Moves limits that even endless speed breaks to what the design takes now.
fn reach(knobs: &Knobs, now: &Evaluation, best: &Evaluation) -> Knobs {
    let mut moved = *knobs;
    if best.violations.contains(Limit::Latency) {
        moved.latency_limit_s = Some(now.latency.total_s() * MARGIN);
    }
    if best.violations.contains(Limit::Energy) {
        moved.energy_limit_j = Some(now.energy_j * MARGIN);
    }
    if best.violations.contains(Limit::FrameRate) {
        moved.frame_rate_floor_hz = Some(now.fps / MARGIN);
    }
    moved
}

/// The smallest common factor of all speeds at which `fits` holds, by bisection to nine digits.
fn smallest_speed(knobs: &Knobs, fits: impl Fn(&Knobs) -> bool) -> Knobs {
    if fits(knobs) {
        return *knobs;
    }
    let (mut low, mut high) = (0.0_f64, 1e12_f64.ln());
    while high - low > 1e-9 {
        let middle = f64::midpoint(low, high);
        if fits(&faster(knobs, middle.exp())) {
            high = middle;
        } else {
            low = middle;
        }
    }
    faster(knobs, high.exp())
}

/// A limit that no split meets, with the nearest any split comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shortfall {
    /// The limit.
    pub limit: Limit,
    /// The best any split reaches.
    pub reached: f64,
    /// What is allowed.
    pub allowed: f64,
}

impl Shortfall {
    /// A full sentence, for instance "latency: 14.2 ms at best, 10 ms allowed".
    pub fn sentence(&self) -> String {
        let [reached, allowed] = [self.reached, self.allowed].map(|value| self.limit.metric().format(value));
        format!("{}: {reached} at best, {allowed} allowed", self.limit.metric().info().label)
    }
}

/// The shortfalls of [`why_none`] as one sentence fragment.
pub fn shortfall_list(shortfalls: &[Shortfall]) -> String {
    if shortfalls.is_empty() {
        return "each limit can be met, but not all at once".into();
    }
    shortfalls.iter().map(Shortfall::sentence).collect::<Vec<_>>().join("; ")
}

/// Whether any of the splits is feasible, and if not, why: the limits none of them meets. An empty list says that every limit
/// is met by some split, but never all by one. `None` if a split is feasible. Asked with the splits of a space's smallest network,
/// it tells before any search whether a search can succeed.
pub fn why_none<'a>(demands: impl IntoIterator<Item = &'a SplitDemand>, knobs: &Knobs) -> Option<Vec<Shortfall>> {
    let rates = SystemRates::new(knobs);
    let mut best = [f64::INFINITY; Limit::ALL.len()];
    let mut unmet = [true; Limit::ALL.len()];
    for demand in demands {
        let evaluation = rates.evaluate(demand);
        if evaluation.feasible() {
            return None;
        }
        for (index, limit) in Limit::ALL.into_iter().enumerate() {
            unmet[index] &= evaluation.violations.contains(limit);
            best[index] = best[index].min(match limit {
                Limit::SensorMemory => demand.sensor_peak_bytes as f64,
                Limit::SensorWeights => demand.sensor_weight_bytes as f64,
                Limit::AggregatorWeights => demand.aggregator_weights(rates.sensors()) as f64,
                Limit::Latency => evaluation.latency.total_s(),
                Limit::Energy => evaluation.energy_j,
                Limit::FrameRate => evaluation.latency.period_s(),
                Limit::Accuracy => 0.0,
            });
        }
    }
    let shortfall = |(index, limit): (usize, Limit)| {
        let allowed = match limit {
            Limit::SensorMemory => rates.memory_bytes() as f64,
            Limit::SensorWeights => knobs.system.sensor_weight_memory_bytes as f64,
            Limit::AggregatorWeights => knobs.system.aggregator_weight_memory_bytes as f64,
            Limit::Latency => knobs.latency_limit_s?,
            Limit::Energy => knobs.energy_limit_j?,
            Limit::FrameRate => knobs.frame_rate_floor_hz?,
            Limit::Accuracy => return None,
        };
        let reached = if limit == Limit::FrameRate { best[index].recip() } else { best[index] };
        unmet[index].then_some(Shortfall { limit, reached, allowed })
    };
    Some(Limit::ALL.into_iter().enumerate().filter_map(shortfall).collect())
}
