//! Sensitivity of the best split to each knob: the break-even bandwidth of two splits, and the tornado.

use serde::Serialize;

use super::demand::SplitDemand;
use super::knobs::Knobs;
use super::rates::SystemRates;
use crate::network::BoundaryId;
use crate::quantity::{Knob, KnobScale};

/// Distance by which the tornado moves each knob, as a share of its value.
const SWING: f64 = 0.2;

/// Relative difference of two times that rounding may cause.
const ROUNDING: f64 = 1e-12;

/// Raw bandwidth in bytes per second at which two splits have the same latency. Above it the split that sends more is
/// faster, below it the one that sends less. `None` if one of them is faster at every bandwidth.
///
/// With `v` the present bandwidth, `T` the seconds of the transfer at it and `N` the seconds without the transfer:
/// `N1 + T1 v / x = N2 + T2 v / x`, so `x = v (T1 - T2) / (N2 - N1)`.
pub fn break_even_bandwidth(first: &SplitDemand, second: &SplitDemand, knobs: &Knobs) -> Option<f64> {
    let rates = SystemRates::new(knobs);
    let parts = |demand: &SplitDemand| {
        let latency = rates.latency(demand);
        (latency.link_s - knobs.system.link_latency_s, latency.sensor_s + latency.aggregator_s)
    };
    let ((first_link, first_rest), (second_link, second_rest)) = (parts(first), parts(second));
    // Times that agree but for rounding are the same at any bandwidth.
    if (second_rest - first_rest).abs() <= ROUNDING * (first_rest + second_rest) {
        return None;
    }
    let bandwidth = knobs.bandwidth_bytes_per_s * (first_link - second_link) / (second_rest - first_rest);
    (bandwidth.is_finite() && bandwidth > 0.0).then_some(bandwidth)
}

/// Best split of a design with one knob moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SwingEnd {
    /// Value of the knob.
    pub value: f64,
    /// Latency of the best split.
    pub latency_s: f64,
    /// The best split.
    pub boundary: BoundaryId,
    /// The best split meets every limit.
    pub feasible: bool,
}

/// One bar of a tornado: the best split with a knob a fifth lower and a fifth higher.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KnobSwing {
    /// The knob.
    pub knob: Knob,
    /// With the knob as it is.
    pub now: SwingEnd,
    /// With the knob lower; `None` if it can't be.
    pub low: Option<SwingEnd>,
    /// With the knob higher; `None` if it can't be.
    pub high: Option<SwingEnd>,
}

impl KnobSwing {
    /// Seconds between the two ends; a missing end counts as the present state.
    pub fn width_s(&self) -> f64 {
        let [low, high] = [self.low, self.high].map(|end| end.unwrap_or(self.now).latency_s);
        (high - low).abs()
    }

    /// Returns `true` if the best split is another one at either end.
    pub fn moves_split(&self) -> bool {
        [self.low, self.high].into_iter().flatten().any(|end| end.boundary != self.now.boundary)
    }
}

/// Moves each of `moved` by a fifth down and up (a count by at least one, within 1 and `max_sensors`) and takes the
/// best split each time, as `best` finds it under the moved knobs. Widest bar first. Empty if there is no best split
/// now.
pub fn tornado(
    moved: impl IntoIterator<Item = Knob>,
    knobs: &Knobs,
    max_sensors: u32,
    best: impl Fn(Knob, &Knobs) -> Option<SwingEnd>,
) -> Vec<KnobSwing> {
    let end = |knob: Knob, value: f64| {
        let counts = knob.info().scale == KnobScale::Count;
        if counts && !(1.0..=f64::from(max_sensors)).contains(&value) {
            return None;
        }
        Some(SwingEnd { value, ..best(knob, &knobs.with(knob, value))? })
    };
    let swing = |knob: Knob| {
        let value = knobs.get(knob);
        let step = match knob.info().scale {
            KnobScale::Count => (value * SWING).round().max(1.0),
            _ => value * SWING,
        };
        let now = SwingEnd { value, ..best(knob, knobs)? };
        Some(KnobSwing { knob, now, low: end(knob, value - step), high: end(knob, value + step) })
    };
    let mut swings: Vec<KnobSwing> = moved.into_iter().filter_map(swing).collect();
    swings.sort_by(|a, b| b.width_s().total_cmp(&a.width_s()));
    swings
}
