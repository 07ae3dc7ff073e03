//! Sensitivity of the selected design to each knob, and the bandwidths at which its fastest split changes.

use super::inspected::Inspected;
use super::measurements::ShownAccuracy;
use super::ranking_rule::Evaluator;
use super::session::Session;
use crate::cost::{self, Cause, Constraint, Knobs, MeasuredShares, SplitDemand, SwingEnd, ThresholdSolver};
use crate::network::BoundaryId;
use crate::quantity::Knob;
use crate::space::Design;

/// Effect of moving one knob down and up on the selected design at its best split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignSwing {
    /// The knob.
    pub knob: Knob,
    /// Effect of the knob a fifth lower, or at least one sensor fewer.
    pub down: SwingEffect,
    /// Effect of the knob a fifth higher.
    pub up: SwingEffect,
    /// Feasibility threshold of the best split: the knob may go as far without breaking a limit. NaN where no value of
    /// this knob alone suffices.
    pub needed: f64,
}

/// Effect of a knob at another value on the selected design.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SwingEffect {
    /// Change of the best latency in seconds; 0 where nothing changes; `None` where no split meets the limits then, or
    /// the knob can't go there.
    pub change_s: Option<f64>,
    /// The best split there, if it is another one.
    pub split: Option<BoundaryId>,
    /// Change of the accuracy that the design is ranked by; `None` where it is not known.
    pub accuracy_change: Option<f64>,
    /// `true` unless both accuracies that it lies between were measured.
    pub is_estimated: bool,
}

impl DesignSwing {
    /// Both effects: down, then up.
    pub const fn effects(&self) -> [&SwingEffect; 2] {
        [&self.down, &self.up]
    }

    /// Largest change of the latency in seconds.
    fn size(&self) -> f64 {
        self.effects().into_iter().filter_map(|effect| effect.change_s).fold(0.0, |most, change| most.max(change.abs()))
    }
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

/// The selected design, whose best split is looked for under moved knobs.
struct SwingDesign<'a> {
    session: &'a Session,
    inspected: &'a Inspected<'a>,
    evaluator: Evaluator<'a>,
    /// Index of its best split now.
    now: usize,
    /// Its accuracy there.
    present: ShownAccuracy,
}

impl<'a> SwingDesign<'a> {
    fn new(session: &'a Session, inspected: &'a Inspected<'a>) -> Self {
        let now = usize::from(inspected.best.split_index);
        let mut design = Self { session, inspected, evaluator: session.evaluator(), now, present: ShownAccuracy::None };
        design.present = design.accuracy(design.demand().boundary, session.knobs().sensors);
        design
    }

    /// The best split now.
    fn demand(&self) -> &'a SplitDemand {
        &self.inspected.demands[self.now]
    }

    fn design_at(&self, boundary: BoundaryId) -> Design {
        self.session.catalogue().design_of(&self.inspected.candidate.genome, self.inspected.transmit, boundary)
    }

    fn accuracy(&self, boundary: BoundaryId, sensors: u32) -> ShownAccuracy {
        self.session.catalogue().accuracy_with(&self.design_at(boundary), sensors)
    }

    /// The best split under moved knobs.
    fn best(&self, knob: Knob, knobs: &Knobs) -> Option<SwingEnd> {
        let (demands, now) = (self.inspected.demands, self.now);
        if knob != Knob::Sensors {
            return self.best_of(knobs, demands, &self.inspected.measured);
        }
        // With another number of sensors the shares are others: the rule of the ranking goes by those.
        let catalogue = self.session.catalogue();
        let shares_of = |demand: &SplitDemand| catalogue.measured_of(&self.design_at(demand.boundary), knobs.sensors);
        let shares: Vec<MeasuredShares> = demands.iter().map(shares_of).collect();
        let is_open =
            |(demand, shares): (&SplitDemand, &MeasuredShares)| self.evaluator.allows(demand) && shares.is_rated();
        // Without any known accuracy a split that was chosen for its accuracy is kept if it fits: a faster one is no
        // gain of the moved knob.
        if self.inspected.measured[now].is_rated() && !demands.iter().zip(&shares).any(is_open) {
            let kept = self.best_of(knobs, &demands[now..=now], &shares[now..=now]);
            if let Some(kept) = kept.filter(|end| self.counts(end)) {
                return Some(kept);
            }
        }
        self.best_of(knobs, demands, &shares)
    }

    fn best_of(&self, knobs: &Knobs, demands: &[SplitDemand], shares: &[MeasuredShares]) -> Option<SwingEnd> {
        let found = Evaluator::new(knobs, self.evaluator.allowed).best_of(demands, shares)?;
        let boundary = demands[usize::from(found.split_index)].boundary;
        Some(SwingEnd { value: 0.0, latency_s: found.seconds, boundary, feasible: found.feasible() })
    }

    /// Returns `true` if a split meets the limits, or none has to, since that of now does not either.
    fn counts(&self, end: &SwingEnd) -> bool {
        end.feasible || !self.inspected.best.feasible()
    }

    /// Effect of a knob by the best split at its end.
    fn effect(&self, knob: Knob, end: Option<SwingEnd>) -> SwingEffect {
        let Some(end) = end.filter(|end| self.counts(end)) else { return SwingEffect::default() };
        let sensors = if knob == Knob::Sensors { end.value as u32 } else { self.session.knobs().sensors };
        let (there, here) = (self.accuracy(end.boundary, sensors), self.present);
        let moves_split = end.boundary != self.demand().boundary;
        let is_known = there.figure().and(here.figure()).is_some();
        let is_measured = there.measured().and(here.measured()).is_some();
        SwingEffect {
            change_s: Some(end.latency_s - self.inspected.best.seconds),
            split: moves_split.then_some(end.boundary),
            accuracy_change: there.ranked_by().zip(here.ranked_by()).map(|(there, here)| there - here),
            is_estimated: (knob == Knob::Sensors || moves_split) && is_known && !is_measured,
        }
    }
}

impl Session {
    /// Every knob moved a fifth down and up: changes of the best split of the selected design by the rule of the
    /// ranking. Largest change first.
    pub fn tornado(&self) -> Vec<DesignSwing> {
        let Some(inspected) = self.inspected() else { return Vec::new() };
        let design = SwingDesign::new(self, &inspected);
        let frame = design.evaluator.rates.frame(design.demand());
        let thresholds = ThresholdSolver::new(self.knobs()).thresholds(&frame, inspected.measured[design.now]);
        let knobs = self.ranges().all().iter().map(|range| range.knob);
        let best = |knob: Knob, knobs: &Knobs| design.best(knob, knobs);
        let of_design = |swing: cost::KnobSwing| DesignSwing {
            knob: swing.knob,
            down: design.effect(swing.knob, swing.low),
            up: design.effect(swing.knob, swing.high),
            needed: thresholds.get(swing.knob),
        };
        let swings = cost::tornado(knobs, self.knobs(), self.space().views, best);
        let mut swings: Vec<DesignSwing> = swings.into_iter().map(of_design).collect();
        swings.sort_by(|one, other| other.size().total_cmp(&one.size()));
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
