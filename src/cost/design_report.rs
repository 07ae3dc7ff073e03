//! Every allowed split of one design with its cost, why it does not fit, and what would make it fit: what
//! `splitscope cost` prints.

use super::best_split::best_split;
use super::demand::SplitDemand;
use super::evaluation::Evaluation;
use super::fix::{KnobChange, fix_of_other_limits, joint_fix, single_fixes};
use super::fusion::{FusionReport, fusion_report};
use super::knobs::Knobs;
use super::layer::layer_costs;
use super::measured_shares::MeasuredShares;
use super::model::{CostModel, DesignCostError};
use super::network_costs::{NetworkCosts, TransmitConfig, sweep};
use super::rates::SystemRates;
use super::reason::{Reason, ReasonSite, peak, reasons};
use super::sensitivity::{KnobSwing, SwingEnd, break_even_bandwidth, tornado};
use super::shortfall::{Shortfall, why_none};
use super::smallest::smallest_demands;
use super::traffic::Traffic;
use crate::hardware::MAX_SENSORS;
use crate::network::{BoundaryId, Network};
use crate::quantity::Knob;
use crate::space::Genome;

/// Costs of every allowed split of one design under the knobs.
#[derive(Debug, Clone)]
pub struct DesignReport {
    /// The network, lowered.
    pub network: Network,
    /// Fusion, ratio and bits.
    pub transmit: TransmitConfig,
    /// Values of the knobs.
    pub knobs: Knobs,
    /// The allowed splits, in order.
    pub splits: Vec<SplitReport>,
    /// Position in `splits` of the fastest that meets the limits.
    pub best: Option<usize>,
    /// Limits that no design of the space can meet; `None` if some design can.
    pub unattainable: Option<Vec<Shortfall>>,
    costs: NetworkCosts,
}

/// One split of a [`DesignReport`].
#[derive(Debug, Clone)]
pub struct SplitReport {
    /// Name of the boundary.
    pub name: String,
    /// Demand before any knob.
    pub demand: SplitDemand,
    /// Cost under the knobs.
    pub cost: Evaluation,
    /// Place where the sensor's memory is fullest, with what it holds then.
    pub peak: ReasonSite,
    /// Fusion of the views, if the network is split here.
    pub fusion: FusionReport,
    /// Broken limits.
    pub reasons: Vec<Reason>,
    /// Knobs that alone make it fit, smallest move first.
    pub single: Vec<KnobChange>,
    /// Knobs that together make it fit.
    pub joint: Vec<KnobChange>,
    /// Moves of knobs that it takes besides, where it breaks limits that no knob sets.
    pub besides: Vec<KnobChange>,
}

impl SplitReport {
    /// The smallest change that makes it fit, in words: of a limit and of the hardware, or of several knobs together;
    /// where it breaks limits that no knob sets, what meets those, and what it takes besides.
    pub fn fix(&self) -> Option<String> {
        let of =
            |kind: &[Knob]| self.single.iter().find(|change| kind.contains(&change.knob)).map(KnobChange::sentence);
        match (of(&Knob::REQUIREMENTS), of(&Knob::HARDWARE)) {
            (None, None) if self.joint.is_empty() => self.fix_without_knob(),
            (None, None) => Some(self.joint.iter().map(KnobChange::sentence).collect::<Vec<_>>().join(", and ")),
            (one, other) => Some([one, other].into_iter().flatten().collect::<Vec<_>>().join(", or ")),
        }
    }

    /// The change where it breaks limits that no knob sets; `None` if it breaks none of them.
    fn fix_without_knob(&self) -> Option<String> {
        let fixed: Vec<&Reason> = self.reasons.iter().filter(|reason| reason.limit.knob().is_none()).collect();
        match fixed.as_slice() {
            [] => None,
            [reason] if self.besides.is_empty() => Some(reason.fix()),
            fixed => {
                let changes = self.besides.iter().map(KnobChange::sentence);
                let all: Vec<String> = fixed.iter().map(|reason| reason.instruction()).chain(changes).collect();
                Some(all.join(", and "))
            }
        }
    }

    /// Distance by which the knobs of that change move; infinite if no knob helps.
    pub fn distance(&self) -> f64 {
        let changes = self.single.get(..1).unwrap_or(&self.joint);
        if changes.is_empty() { f64::INFINITY } else { changes.iter().map(KnobChange::distance).sum() }
    }
}

impl DesignReport {
    /// Costs every allowed split of a genome.
    ///
    /// # Errors
    /// A genome whose shapes can't exist, or layers that can't be costed.
    pub fn new(
        model: &CostModel,
        genome: &Genome,
        transmit: TransmitConfig,
        knobs: Knobs,
    ) -> Result<Self, DesignCostError> {
        Self::judged(model, genome, transmit, knobs, |_| MeasuredShares::UNKNOWN)
    }

    /// As [`DesignReport::new`], each split judged by what is known of its accuracy and leak too.
    ///
    /// # Errors
    /// As there.
    pub fn judged(
        model: &CostModel,
        genome: &Genome,
        transmit: TransmitConfig,
        knobs: Knobs,
        known: impl Fn(BoundaryId) -> MeasuredShares,
    ) -> Result<Self, DesignCostError> {
        let (space, profile) = (model.space(), model.profile());
        let network = space.lower(genome)?;
        let costs = model.network_costs(&network, transmit)?;
        let layers = layer_costs(&network, &profile.aggregator)?;
        let allowed = space.splits(genome);
        let is_allowed = |demand: &SplitDemand| allowed.contains(&demand.boundary);
        let fusion = network.position(transmit.fusion).unwrap_or(network.boundaries.len() - 1);
        let mut splits = Vec::new();
        for (index, (demand, cost)) in costs.demands.iter().zip(sweep(&costs, &knobs)).enumerate() {
            if !is_allowed(demand) {
                continue;
            }
            let shares = known(demand.boundary);
            let loaded = knobs.sensors > demand.max_resident_views;
            splits.push(SplitReport {
                name: network.boundaries[index].name.clone(),
                demand: *demand,
                cost: cost.with_measured(shares, &knobs),
                peak: peak(&network, demand, profile),
                fusion: fusion_report(&network, fusion.max(index), profile, &layers, &knobs, loaded),
                reasons: reasons(&network, demand, profile, &knobs, shares),
                single: single_fixes(&[(demand, shares)], &knobs),
                joint: joint_fix(&[(demand, shares)], &knobs).unwrap_or_default(),
                besides: fix_of_other_limits(demand, shares, &knobs),
            });
        }
        let first = best_split(&costs, &knobs, is_allowed).map(|index| costs.demands[index].boundary);
        let is_best = |split: &SplitReport| Some(split.demand.boundary) == first && split.cost.feasible();
        let best = splits.iter().position(is_best);
        let unattainable = match best {
            Some(_) => None,
            None => why_none(&smallest_demands(space, profile)?, &knobs),
        };
        Ok(Self { network, transmit, knobs, splits, best, unattainable, costs })
    }

    /// The fastest split that meets the limits.
    pub fn best_split(&self) -> Option<&SplitReport> {
        self.best.map(|index| &self.splits[index])
    }

    /// Traffic of a split: of all sensors, and relative to the raw frame.
    pub fn traffic(&self, split: &SplitReport) -> Traffic {
        Traffic::new(split.cost.link_bytes, self.knobs.sensors, self.network.input)
    }

    /// The split at a boundary; `None` if it is not allowed there.
    pub fn split_at(&self, boundary: BoundaryId) -> Option<&SplitReport> {
        self.splits.iter().find(|split| split.demand.boundary == boundary)
    }

    /// Above this bandwidth the one of two splits that sends more is faster; `None` if one is faster at any.
    pub fn break_even(&self, one: &SplitReport, other: &SplitReport) -> Option<f64> {
        break_even_bandwidth(&one.demand, &other.demand, &self.knobs)
    }

    /// The best split with each hardware knob lower and higher.
    pub fn tornado(&self) -> Vec<KnobSwing> {
        let allowed = |demand: &SplitDemand| self.split_at(demand.boundary).is_some();
        let best = |_, knobs: &Knobs| {
            let demand = &self.costs.demands[best_split(&self.costs, knobs, allowed)?];
            let cost = SystemRates::new(knobs).evaluate(demand);
            let (latency_s, boundary) = (cost.latency.total_s(), demand.boundary);
            Some(SwingEnd { value: 0.0, latency_s, boundary, feasible: cost.feasible() })
        };
        tornado(Knob::HARDWARE, &self.knobs, MAX_SENSORS, best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::Profile;
    use crate::quantity::Limit;
    use crate::space::SearchSpace;

    fn report(knobs: impl FnOnce(&mut Knobs)) -> DesignReport {
        fused_at("logits", knobs)
    }

    fn fused_at(fusion: &str, knobs: impl FnOnce(&mut Knobs)) -> DesignReport {
        let model =
            CostModel::new(SearchSpace::shipped("tabletop").unwrap(), Profile::shipped("glasses").unwrap()).unwrap();
        let mut moved = model.knobs();
        knobs(&mut moved);
        let transmit = TransmitConfig { fusion: model.space().boundary_named(fusion).unwrap(), ratio: 4, bits: 8 };
        DesignReport::new(&model, &model.space().largest(), transmit, moved).unwrap()
    }

    #[test]
    fn the_best_split_is_the_fastest_that_fits() {
        let report = report(|_| {});
        let fits = report.splits.iter().filter(|split| split.cost.feasible());
        let fastest = fits.min_by(|a, b| a.cost.latency.total_s().total_cmp(&b.cost.latency.total_s())).unwrap();
        assert_eq!(report.best_split().unwrap().name, fastest.name);
        assert!(report.unattainable.is_none());
        assert!(report.splits.iter().all(|split| split.cost.feasible() == split.reasons.is_empty()));
    }

    #[test]
    fn what_is_said_to_make_a_split_fit_makes_it_fit() {
        let weights = 32 * 1024;
        let report = report(|knobs| {
            knobs.latency_limit_s = Some(2e-3);
            knobs.system.sensor_weight_memory_bytes = weights;
        });
        let both = |split: &&SplitReport| {
            let broken = &split.cost.violations;
            broken.contains(Limit::SensorWeights) && broken.contains(Limit::Latency)
        };
        let split = report.splits.iter().find(both).unwrap();
        let fix = split.fix().unwrap();
        assert!(fix.starts_with("raise the sensor weight memory to ") && fix.contains(", and raise the "), "{fix}");
        let mut knobs = report.knobs;
        knobs.system.sensor_weight_memory_bytes = split.demand.sensor_weight_bytes;
        assert!(!SystemRates::new(&knobs).evaluate(&split.demand).feasible(), "the weights alone are not enough");
        let knobs = split.besides.iter().fold(knobs, |knobs, change| knobs.with(change.knob, change.to));
        assert!(SystemRates::new(&knobs).evaluate(&split.demand).feasible(), "{fix}");
    }

    #[test]
    fn knobs_that_hardly_help_are_not_moved_together() {
        let report = fused_at("S2.1", |knobs| {
            knobs.latency_limit_s = Some(4e-3);
            knobs.sensor_memory_bytes = 1024;
        });
        // Next to nothing is left for the aggregator.
        let last = report.splits.iter().rfind(|split| !split.cost.violations.contains(Limit::SensorWeights)).unwrap();
        assert!(last.cost.latency.aggregator_s < 0.05 * last.cost.latency.total_s() && last.single.is_empty());
        let moved: Vec<Knob> = last.joint.iter().map(|change| change.knob).collect();
        assert!(moved.contains(&Knob::SensorMemory) && !moved.contains(&Knob::AggregatorCompute), "{:?}", last.joint);
        let all = last.joint.iter().fold(report.knobs, |knobs, change| knobs.with(change.knob, change.to));
        assert!(SystemRates::new(&all).evaluate(&last.demand).feasible());
    }

    #[test]
    fn limits_that_no_design_meets_are_listed() {
        let report = report(|knobs| knobs.latency_limit_s = Some(1e-6));
        assert!(report.best.is_none() && report.unattainable.is_some_and(|missed| !missed.is_empty()));
    }
}
