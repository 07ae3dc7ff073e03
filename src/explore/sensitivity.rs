//! Sensitivity of the selected design to each knob, and the bandwidths at which its fastest split changes.

use super::ranking_rule::Evaluator;
use super::session::Session;
use crate::cost::{self, Cause, Constraint, MeasuredShares, SplitDemand, SwingEnd, ThresholdSolver};
use crate::network::BoundaryId;
use crate::quantity::Knob;

/// Effect of moving one knob down and up on the selected design at its best split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignSwing {
    /// The knob.
    pub knob: Knob,
    /// Change of the best latency in seconds with the knob a fifth lower (at least one sensor fewer); 0 where nothing
    /// changes; `None` where no split meets the limits then, or the knob can't go there.
    pub down_s: Option<f64>,
    /// Change with the knob a fifth higher.
    pub up_s: Option<f64>,
    /// The best split with the knob lower, if it is another one.
    pub split_down: Option<BoundaryId>,
    /// The best split with the knob higher, if it is another one.
    pub split_up: Option<BoundaryId>,
    /// Change of the accuracy that the design is ranked by with the knob lower; `None` where it is not known.
    pub accuracy_down: Option<f64>,
    /// Change with the knob higher.
    pub accuracy_up: Option<f64>,
    /// `true` unless all accuracies that these changes lie between were measured.
    pub accuracy_estimated: bool,
    /// Feasibility threshold of the best split: the knob may go as far without breaking a limit. NaN where no value of
    /// this knob alone suffices.
    pub needed: f64,
}

/// Fastest split of the selected design, with the range of bandwidths in which it is the fastest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FastestRange {
    /// The split.
    pub split: BoundaryId,
    /// Below this many bytes per second another split is faster: that one.
    pub below: Option<(f64, BoundaryId)>,
    /// Above this many bytes per second another split is faster: that one.
    pub above: Option<(f64, BoundaryId)>,
}

impl Session {
    /// Every knob moved a fifth down and up: changes of the best split of the selected design by the rule of the
    /// ranking. Largest change first.
    pub fn tornado(&self) -> Vec<DesignSwing> {
        let Some(inspected) = self.inspected() else { return Vec::new() };
        let (evaluator, demands) = (self.evaluator(), inspected.demands);
        let now = usize::from(inspected.best.split_index);
        let is_rated = inspected.measured[now].is_rated();
        let design_at = |boundary: BoundaryId| {
            self.catalogue().design_of(&inspected.candidate.genome, inspected.transmit, boundary)
        };
        let shares_with = |sensors: u32| -> Vec<MeasuredShares> {
            let shares = |demand: &SplitDemand| self.catalogue().measured_of(&design_at(demand.boundary), sensors);
            demands.iter().map(shares).collect()
        };
        let best = |knob: Knob, knobs: &crate::cost::Knobs| {
            let moved = Evaluator::new(knobs, evaluator.allowed);
            let best_of = |demands: &[SplitDemand], measured: &[MeasuredShares]| {
                let found = moved.best_of(demands, measured)?;
                let boundary = demands[usize::from(found.split_index)].boundary;
                Some(SwingEnd { value: 0.0, latency_s: found.seconds, boundary, feasible: found.feasible() })
            };
            if knob != Knob::Sensors {
                return best_of(demands, &inspected.measured);
            }
            // With another number of sensors the shares are others: the rule of the ranking goes by those.
            let shares = shares_with(knobs.sensors);
            let any_rated = demands.iter().zip(&shares).any(|(demand, one)| evaluator.allows(demand) && one.is_rated());
            if any_rated {
                return best_of(demands, &shares);
            }
            // Without any known accuracy a split that was chosen for its accuracy is kept if it fits: a faster one is
            // no gain of the moved knob.
            let kept = if is_rated { best_of(&demands[now..=now], &shares[now..=now]) } else { None };
            kept.filter(|end| end.feasible || !inspected.best.feasible()).or_else(|| best_of(demands, &shares))
        };
        let frame = evaluator.rates.frame(&demands[now]);
        let thresholds = ThresholdSolver::new(self.knobs()).thresholds(&frame, inspected.measured[now]);
        let end = |end: Option<SwingEnd>| end.filter(|end| end.feasible || !inspected.best.feasible());
        let change = |end: Option<SwingEnd>| end.map(|end| end.latency_s - inspected.best.seconds);
        let other =
            |end: Option<SwingEnd>| end.map(|end| end.boundary).filter(|boundary| *boundary != demands[now].boundary);
        let with = |boundary: BoundaryId, sensors: u32| self.catalogue().accuracy_with(&design_at(boundary), sensors);
        let sensors = self.knobs().sensors;
        let present = with(demands[now].boundary, sensors);
        let moved_to = |knob: Knob, end: SwingEnd| {
            let sensors = if knob == Knob::Sensors { end.value as u32 } else { sensors };
            with(end.boundary, sensors)
        };
        let gain = |knob: Knob, end: Option<SwingEnd>| Some(moved_to(knob, end?).ranked_by()? - present.ranked_by()?);
        let is_estimated = |knob: Knob, end: Option<SwingEnd>| {
            let moves = |end: &SwingEnd| knob == Knob::Sensors || end.boundary != demands[now].boundary;
            let is_known = |end: &SwingEnd| moved_to(knob, *end).figure().and(present.figure()).is_some();
            let is_measured = |end: SwingEnd| moved_to(knob, end).measured().and(present.measured()).is_some();
            end.filter(moves).filter(is_known).is_some_and(|end| !is_measured(end))
        };
        let knobs = self.ranges().all().iter().map(|range| range.knob);
        let swings = cost::tornado(knobs, self.knobs(), self.space().views, best);
        let of_design = |swing: &cost::KnobSwing| {
            let [low, high] = [end(swing.low), end(swing.high)];
            let moved = [other(low), other(high)];
            DesignSwing {
                knob: swing.knob,
                down_s: change(low),
                up_s: change(high),
                split_down: moved[0],
                split_up: moved[1],
                accuracy_down: gain(swing.knob, low),
                accuracy_up: gain(swing.knob, high),
                accuracy_estimated: [low, high].into_iter().any(|end| is_estimated(swing.knob, end)),
                needed: thresholds.get(swing.knob),
            }
        };
        let mut swings: Vec<DesignSwing> = swings.iter().map(of_design).collect();
        let size = |swing: &DesignSwing| {
            let part = |change: Option<f64>| change.map_or(0.0, f64::abs);
            part(swing.down_s).max(part(swing.up_s))
        };
        swings.sort_by(|one, other| size(other).total_cmp(&size(one)));
        swings
    }

    /// Raw bandwidth in bytes per second at which two splits of the selected design have the same latency. `None` if
    /// one of them is always faster, or if the design has no such boundaries.
    pub fn break_even_bandwidth(&self, one: BoundaryId, other: BoundaryId) -> Option<f64> {
        let inspected = self.inspected()?;
        let demand = |split: BoundaryId| inspected.demands.iter().find(|demand| demand.boundary == split);
        cost::break_even_bandwidth(demand(one)?, demand(other)?, self.knobs())
    }

    /// The fastest split of the selected design among those that no limit bars at every bandwidth, and how far the
    /// bandwidth may move before another one is faster. `None` if every split is barred.
    pub fn hold(&self) -> Option<FastestRange> {
        let inspected = self.inspected()?;
        let evaluator = self.evaluator();
        let open = |(demand, measured): &(&SplitDemand, &MeasuredShares)| {
            let broken = evaluator.evaluate(demand, **measured).violations;
            let mended_by_speed =
                |limit| Constraint::of(limit).is_some_and(|constraint| constraint.cause == Cause::SlowestStage);
            evaluator.allows(demand) && broken.iter().all(mended_by_speed)
        };
        let demands: Vec<&SplitDemand> =
            inspected.demands.iter().zip(&inspected.measured).filter(open).map(|(demand, _)| demand).collect();
        let seconds = |demand: &SplitDemand| evaluator.rates.latency(demand).total_s();
        let fastest = *demands.iter().min_by(|one, other| seconds(one).total_cmp(&seconds(other)))?;
        let now = self.knobs().bandwidth_bytes_per_s;
        let mut hold = FastestRange { split: fastest.boundary, below: None, above: None };
        for demand in demands.into_iter().filter(|demand| demand.boundary != fastest.boundary) {
            let Some(even) = cost::break_even_bandwidth(fastest, demand, self.knobs()) else { continue };
            let side = if even < now { &mut hold.below } else { &mut hold.above };
            if side.is_none_or(|(known, _)| (even - now).abs() < (known - now).abs()) {
                *side = Some((even, demand.boundary));
            }
        }
        Some(hold)
    }
}
