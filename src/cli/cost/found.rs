//! Splits of one design with their costs, and the answers to what was asked for besides.

use anyhow::{Context, Result, bail};

use super::arguments::Arguments;
use crate::cost::{
    self, Evaluation, FusionReport, KnobChange, KnobSwing, Knobs, NetworkCosts, Reason, Shortfall, SplitDemand,
    SwingEnd, SystemRates, TransmitConfig, break_even_bandwidth,
};
use crate::hardware::{MAX_SENSORS, Profile};
use crate::network::{Boundary, Network};
use crate::quantity::Knob;
use crate::space::{Genome, SearchSpace};

/// Every allowed split of one design with its cost.
pub(super) struct CostReport<'a> {
    pub(super) space: &'a SearchSpace,
    pub(super) profile: &'a Profile,
    pub(super) genome: Genome,
    pub(super) network: Network,
    pub(super) table: NetworkCosts,
    pub(super) knobs: Knobs,
    pub(super) transmit: TransmitConfig,
    /// Frames per second at which the mean power is printed.
    pub(super) power_at: Option<f64>,
    pub(super) splits: Vec<Split>,
    /// Position in `splits` of the fastest that meets the limits.
    pub(super) best: Option<usize>,
    /// The limits no design of the space can meet; `None` if some can, or if a split here does.
    pub(super) unattainable: Option<Vec<Shortfall>>,
}

/// One split.
pub(super) struct Split {
    pub(super) name: String,
    pub(super) demand: SplitDemand,
    pub(super) cost: Evaluation,
    /// The fusion of the views, if it is split here.
    pub(super) fusion: FusionReport,
    pub(super) reasons: Vec<Reason>,
    /// Knobs that alone make it fit, smallest move first.
    pub(super) single: Vec<KnobChange>,
    /// Knobs that together make it fit.
    pub(super) joint: Vec<KnobChange>,
}

impl Split {
    /// The smallest change that makes it fit, in words: of a limit and of the hardware, or of several knobs together.
    pub(super) fn fix(&self) -> Option<String> {
        let of =
            |kind: &[Knob]| self.single.iter().find(|change| kind.contains(&change.knob)).map(KnobChange::sentence);
        match (of(&Knob::REQUIREMENTS), of(&Knob::HARDWARE)) {
            (None, None) if self.joint.is_empty() => {
                self.reasons.iter().find(|reason| reason.limit.is_about_weights()).map(Reason::fix)
            }
            (None, None) => Some(self.joint.iter().map(KnobChange::sentence).collect::<Vec<_>>().join(", and ")),
            (one, other) => Some([one, other].into_iter().flatten().collect::<Vec<_>>().join(", or ")),
        }
    }

    /// Distance by which the knobs of that change move; infinite if no knob helps.
    pub(super) fn distance(&self) -> f64 {
        let changes = self.single.get(..1).unwrap_or(&self.joint);
        if changes.is_empty() { f64::INFINITY } else { changes.iter().map(KnobChange::distance).sum() }
    }
}

impl CostReport<'_> {
    /// Costs every allowed split.
    pub(super) fn costed(mut self) -> Result<Self> {
        let allowed = self.space.splits(&self.genome);
        let Self { network, knobs, profile, .. } = &self;
        let fusion = network.position(self.transmit.fusion).unwrap_or(network.boundaries.len() - 1);
        let split = |(index, ((demand, cost), boundary)): (usize, ((&SplitDemand, Evaluation), &Boundary))| {
            let loaded = knobs.sensors > demand.max_resident_views;
            Ok(Split {
                name: boundary.name.clone(),
                demand: *demand,
                cost,
                fusion: cost::fusion_report(network, fusion.max(index), profile, knobs, loaded)?,
                reasons: cost::reasons(network, demand, knobs, None),
                single: cost::single_fixes(&[(demand, f64::NAN)], knobs),
                joint: cost::joint_fix(&[(demand, f64::NAN)], knobs).unwrap_or_default(),
            })
        };
        let costs = self.table.demands.iter().zip(cost::sweep(&self.table, knobs)).zip(&network.boundaries).enumerate();
        let is_allowed = |demand: &SplitDemand| allowed.contains(&demand.boundary);
        let splits =
            costs.filter(|(_, ((demand, _), _))| is_allowed(demand)).map(split).collect::<Result<Vec<Split>>>()?;
        let best = cost::best_split(&self.table, knobs, is_allowed).map(|index| self.table.demands[index].boundary);
        self.best = splits.iter().position(|split| split.cost.feasible() && Some(split.demand.boundary) == best);
        self.splits = splits;
        if self.best.is_none() {
            self.unattainable = cost::why_none(&cost::smallest_demands(self.space, self.profile)?, &self.knobs);
        }
        Ok(self)
    }

    /// A split by its name.
    pub(super) fn split(&self, name: &str) -> Result<&Split> {
        let id = self.space.parse_boundary(name)?;
        let found = self.splits.iter().find(|split| split.demand.boundary == id);
        found.with_context(|| {
            let names: Vec<&str> = self.splits.iter().map(|split| split.name.as_str()).collect();
            format!("this network can't be split at {name} (splits: {})", names.join(", "))
        })
    }

    /// Above this bandwidth the one of two splits that sends more is faster; `None` if one is faster at any.
    pub(super) fn break_even(&self, one: &Split, other: &Split) -> Option<f64> {
        break_even_bandwidth(&one.demand, &other.demand, &self.knobs)
    }
}

/// The answers to what was asked for besides.
pub(super) struct Asked<'a> {
    pub(super) why: Option<&'a Split>,
    pub(super) break_even: Option<(&'a Split, &'a Split)>,
    pub(super) tornado: Option<Vec<KnobSwing>>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(arguments: &Arguments, found: &'a CostReport) -> Result<Self> {
        let why = arguments.why.as_deref().map(|name| found.split(name)).transpose()?;
        let last = found.splits.last().map_or("logits", |split| &split.name);
        let break_even = match arguments.break_even.as_deref().map(|pair| (pair, pair.split_once(','))) {
            None => None,
            Some((_, Some((one, other)))) if one.trim() == other.trim() => {
                bail!("`{}` is one split; name two, such as `input,{last}`", one.trim())
            }
            Some((_, Some((one, other)))) => Some((found.split(one.trim())?, found.split(other.trim())?)),
            Some((pair, None)) => bail!("`{pair}` is not a pair of splits such as `input,{last}`"),
        };
        let allowed = |demand: &SplitDemand| found.splits.iter().any(|split| split.demand.boundary == demand.boundary);
        let best = |_, knobs: &Knobs| {
            let demand = &found.table.demands[cost::best_split(&found.table, knobs, allowed)?];
            let cost = SystemRates::new(knobs).evaluate(demand);
            let (latency_s, boundary) = (cost.latency.total_s(), demand.boundary);
            Some(SwingEnd { value: 0.0, latency_s, boundary, feasible: cost.feasible() })
        };
        let tornado = || cost::tornado(Knob::HARDWARE, &found.knobs, MAX_SENSORS, best);
        let tornado = if arguments.tornado { Some(tornado()) } else { None };
        Ok(Self { why, break_even, tornado })
    }
}
