//! How much each knob matters to the selected design, and where two splits cost the same.

use super::known::Inspected;
use super::needs::Present;
use super::rank::Evaluator;
use super::session::Session;
use crate::cost::{SplitDemand, SystemRates};
use crate::network::BoundaryId;
use crate::quantity::{Knob, KnobScale, Limit};

/// How far the tornado moves each knob, as a share of its value.
const SWING: f64 = 0.2;

/// What moving one knob down and up does to the selected design at its best split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swing {
    /// The knob.
    pub knob: Knob,
    /// Change of the best latency in seconds with the knob a fifth lower (at least one sensor fewer); 0 where nothing
    /// changes; `None` where no split meets the limits then, or the knob can't go there.
    pub down_s: Option<f64>,
    /// The same with the knob a fifth higher.
    pub up_s: Option<f64>,
    /// The best split with the knob lower, if it is another one.
    pub split_down: Option<BoundaryId>,
    /// The best split with the knob higher, if it is another one.
    pub split_up: Option<BoundaryId>,
    /// The value of the knob that the best split needs: as far it may go without changing anything that fits. NaN where
    /// no value of this knob alone would do.
    pub needed: f64,
}

/// The split of the selected design that is fastest now, and the bandwidths up to which it stays that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hold {
    /// The split.
    pub split: BoundaryId,
    /// Below this many bytes per second another split is faster: that one.
    pub below: Option<(f64, BoundaryId)>,
    /// Above this many bytes per second another split is faster: that one.
    pub above: Option<(f64, BoundaryId)>,
}

impl Session {
    /// Every knob moved a fifth down and up: what becomes of the best split of the selected design. Largest change first.
    pub fn tornado(&self) -> Vec<Swing> {
        let Some(inspected) = self.inspected() else { return Vec::new() };
        let evaluator = self.evaluator();
        let best = usize::from(inspected.best.split_index);
        let (demand, accuracy) = (&inspected.demands[best], inspected.accuracies[best]);
        let present = Present::new(self.knobs());
        let needed = present.needed(&evaluator.evaluate(demand, accuracy), accuracy);
        let now = (inspected.best.seconds, inspected.demands[usize::from(inspected.best.split_index)].boundary);
        let mut swings: Vec<Swing> = self
            .ranges
            .iter()
            .map(|range| {
                let down = self.best_with(&inspected, range.knob, -SWING);
                let up = self.best_with(&inspected, range.knob, SWING);
                let other =
                    |found: Option<(f64, BoundaryId)>| found.map(|(_, split)| split).filter(|split| *split != now.1);
                let change = |found: Option<(f64, BoundaryId)>| found.map(|(latency, _)| latency - now.0);
                Swing {
                    knob: range.knob,
                    down_s: change(down),
                    up_s: change(up),
                    split_down: other(down),
                    split_up: other(up),
                    needed: needed[range.knob.index()],
                }
            })
            .collect();
        let size = |swing: &Swing| {
            let part = |change: Option<f64>| change.map_or(0.0, f64::abs);
            part(swing.down_s).max(part(swing.up_s))
        };
        swings.sort_by(|one, other| size(other).total_cmp(&size(one)));
        swings
    }

    /// Latency and place of the best split with one knob moved by a share of its value, if one meets the limits.
    fn best_with(&self, inspected: &Inspected, id: Knob, share: f64) -> Option<(f64, BoundaryId)> {
        let value = self.value(id);
        let moved = match id.info().scale {
            KnobScale::Count => value + (value * share).abs().max(1.0).round() * share.signum(),
            _ => value * (1.0 + share),
        };
        if id.info().scale == KnobScale::Count && !(1.0..=f64::from(self.space.views)).contains(&moved) {
            return None;
        }
        let mut knobs = *self.knobs();
        knobs.set(id, moved);
        let evaluator = Evaluator::new(&knobs, self.evaluator().allowed);
        // With another number of sensors the accuracies are others: there only costs are judged.
        let accuracies = if id == Knob::Sensors { &[] } else { inspected.accuracies.as_slice() };
        let best = evaluator.best(&evaluator.batch(inspected.demands), 0..inspected.demands.len(), accuracies)?;
        let feasible = best.feasible() || !inspected.best.feasible();
        feasible.then(|| (best.seconds, inspected.demands[usize::from(best.split_index)].boundary))
    }

    /// Raw bandwidth in bytes per second at which two splits of the selected design take the same time:
    /// `v = k (B1 - B2) / (t2 - t1)` with the bytes on the link, the seconds elsewhere, and k the bytes that cross per
    /// byte sent. `None` if one of them is always faster, or if the design has no such boundaries.
    pub fn break_even_bandwidth(&self, one: BoundaryId, other: BoundaryId) -> Option<f64> {
        let inspected = self.inspected()?;
        let demand = |split: BoundaryId| inspected.demands.iter().find(|demand| demand.boundary == split);
        self.break_even(&SystemRates::new(self.knobs()), demand(one)?, demand(other)?)
    }

    /// The fastest split of the selected design among those that no limit bars at every bandwidth, and how far the
    /// bandwidth may move before another one is faster. `None` if every split is barred.
    pub fn hold(&self) -> Option<Hold> {
        let inspected = self.inspected()?;
        let evaluator = self.evaluator();
        let open = |(demand, accuracy): &(&SplitDemand, &f64)| {
            let broken = evaluator.evaluate(demand, **accuracy).violations;
            let mended_by_speed = |limit| matches!(limit, Limit::Latency | Limit::FrameRate);
            evaluator.allows(demand) && broken.iter().all(mended_by_speed)
        };
        let demands: Vec<&SplitDemand> =
            inspected.demands.iter().zip(&inspected.accuracies).filter(open).map(|(demand, _)| demand).collect();
        let seconds = |demand: &SplitDemand| evaluator.rates.latency(demand).total_s();
        let fastest = *demands.iter().min_by(|one, other| seconds(one).total_cmp(&seconds(other)))?;
        let now = self.knobs().bandwidth_bytes_per_s;
        let mut hold = Hold { split: fastest.boundary, below: None, above: None };
        for demand in demands.into_iter().filter(|demand| demand.boundary != fastest.boundary) {
            let Some(even) = self.break_even(&evaluator.rates, fastest, demand) else { continue };
            let side = if even < now { &mut hold.below } else { &mut hold.above };
            if side.is_none_or(|(known, _)| (even - now).abs() < (known - now).abs()) {
                *side = Some((even, demand.boundary));
            }
        }
        Some(hold)
    }

    fn break_even(&self, rates: &SystemRates, one: &SplitDemand, other: &SplitDemand) -> Option<f64> {
        let of = |demand: &SplitDemand| {
            let latency = rates.latency(demand);
            (latency.link_s - self.knobs().system.link_latency_s, latency.total_s() - latency.link_s)
        };
        let ((link_one, rest_one), (link_other, rest_other)) = (of(one), of(other));
        let bandwidth = self.knobs().bandwidth_bytes_per_s * (link_one - link_other) / (rest_other - rest_one);
        Some(bandwidth).filter(|bandwidth| bandwidth.is_finite() && *bandwidth > 0.0)
    }
}
