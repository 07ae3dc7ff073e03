//! How much the answer hangs on each knob: the break-even bandwidth of two splits, and the tornado.

use serde::Serialize;

use super::demand::SplitDemand;
use super::evaluate::{SystemRates, best_split};
use super::knobs::Knobs;
use super::network_costs::NetworkCosts;
use crate::hardware::Topology;
use crate::network::BoundaryId;
use crate::quantity::Knob;

/// The raw bandwidth at which two splits have the same latency, in bytes per second. Above it the split that sends more wins,
/// below it the one that sends less. `None` if one of them wins at every bandwidth.
///
/// With N the seconds without the transfer and B the bytes on the wire: `N1 + B1 / x = N2 + B2 / x`, so
/// `x = (B1 - B2) / (N2 - N1)`.
pub fn break_even_bandwidth(first: &SplitDemand, second: &SplitDemand, knobs: &Knobs) -> Option<f64> {
    let rates = SystemRates::new(knobs);
    let fixed = |demand: &SplitDemand| {
        let latency = rates.latency(demand);
        latency.sensor_s + latency.aggregator_s
    };
    let on_the_wire = match knobs.system.topology {
        Topology::Shared => f64::from(knobs.sensors.max(1)),
        Topology::Dedicated => 1.0,
    };
    let bytes = (first.link_bytes as f64 - second.link_bytes as f64) * on_the_wire;
    let (_, weakest, _) = knobs.system.cameras.weakest(knobs.sensors.max(1));
    let effective = bytes / (fixed(second) - fixed(first));
    let raw = effective / (knobs.system.link_efficiency * weakest);
    (raw.is_finite() && raw > 0.0).then_some(raw)
}

/// The best split with one knob moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SwingEnd {
    /// Value of the knob.
    pub value: f64,
    /// Latency of the best split.
    pub latency_s: f64,
    /// The best split.
    pub boundary: BoundaryId,
    /// Whether it meets every limit.
    pub feasible: bool,
}

/// One bar of a tornado: the best split with a knob 20 % lower and 20 % higher.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Swing {
    /// The knob.
    pub knob: Knob,
    /// With the knob lower.
    pub low: SwingEnd,
    /// With the knob higher.
    pub high: SwingEnd,
    /// Whether the best split is another one at either end.
    pub moves_split: bool,
}

impl Swing {
    /// Seconds between the two ends.
    pub fn width_s(&self) -> f64 {
        (self.high.latency_s - self.low.latency_s).abs()
    }
}

/// Moves each hardware knob by -20 % and +20 % (the number of sensors by at least one) and takes the best allowed split each
/// time. Widest bar first. Empty if no split is allowed.
pub fn tornado(table: &NetworkCosts, knobs: &Knobs, allowed: impl Fn(&SplitDemand) -> bool) -> Vec<Swing> {
    let end = |knobs: &Knobs, value: f64| {
        let demand = &table.demands[best_split(table, knobs, &allowed)?];
        let evaluation = SystemRates::new(knobs).evaluate(demand);
        let latency_s = evaluation.latency.total_s();
        Some(SwingEnd { value, latency_s, boundary: demand.boundary, feasible: evaluation.feasible() })
    };
    let swing = |knob: Knob| {
        let now = knobs.limited(knob)?;
        let (low, high) = match knob {
            Knob::Sensors => ((now * 0.8).floor().max(1.0), (now * 1.2).ceil()),
            _ => (now * 0.8, now * 1.2),
        };
        let base = end(knobs, now)?;
        let (low, high) = (end(&knobs.with(knob, low), low)?, end(&knobs.with(knob, high), high)?);
        let moves_split = low.boundary != base.boundary || high.boundary != base.boundary;
        Some(Swing { knob, low, high, moves_split })
    };
    let mut swings: Vec<Swing> = Knob::HARDWARE.into_iter().filter_map(swing).collect();
    swings.sort_by(|a, b| b.width_s().total_cmp(&a.width_s()));
    swings
}
