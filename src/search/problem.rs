//! The search problem: a space, a hardware profile, knob values and objectives.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use super::genes;
use super::objective::Objective;
use super::outcome::{MAX_OBJECTIVES, Objectives, Outcome};
use super::survey::Survey;
use crate::cost::{
    Constraint, CostError, CostModel, DesignCostError, Evaluation, Knobs, MeasuredShares, SplitDemand, SystemRates,
    shortfall_list, smallest_demands, why_none,
};
use crate::hardware::Profile;
use crate::network::{BoundaryId, ShapeError};
use crate::quantity::{Knob, Limit, QuantityError};
use crate::space::{Design, Genome, SearchSpace};

/// Error of a search problem.
#[derive(Debug, Error)]
pub enum ProblemError {
    /// Too few, too many or repeated objectives.
    #[error("a search takes two to four different objectives of accuracy, latency, energy, memory, leak")]
    Objectives,
    /// An unknown knob or a value it can't have.
    #[error(transparent)]
    Knob(#[from] QuantityError),
    /// A number of sensors for which the space has no views.
    #[error("{views}; {sensors} sensors were asked for")]
    Sensors {
        /// Space and its views, as a start of a sentence.
        views: String,
        /// Sensors asked for.
        sensors: u32,
    },
    /// The shapes of a network can't exist.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The layers of a space can't be costed.
    #[error(transparent)]
    Space(#[from] CostError),
    /// A design can't be costed.
    #[error(transparent)]
    Design(#[from] DesignCostError),
}

/// Designs of a space, rated by objectives and constraints on a profile.
#[derive(Clone)]
pub struct SearchProblem {
    /// The space.
    pub space: SearchSpace,
    /// The hardware.
    pub profile: Profile,
    /// Values of the knobs, limits included.
    pub knobs: Knobs,
    /// Objectives, in the order of an outcome's values.
    pub objectives: Vec<Objective>,
    /// Measured leaks by design and number of views.
    leaks: HashMap<(Design, u32), f64>,
    model: CostModel,
}

impl SearchProblem {
    /// Problem with the knob values of the profile. The number of sensors is at most the number of views of the space.
    ///
    /// # Errors
    /// Fewer than two, more than four, or repeated objectives.
    pub fn new(space: SearchSpace, profile: Profile, objectives: Vec<Objective>) -> Result<Self, ProblemError> {
        let repeated = (1..objectives.len()).any(|index| objectives[..index].contains(&objectives[index]));
        if repeated || !(2..=MAX_OBJECTIVES).contains(&objectives.len()) {
            return Err(ProblemError::Objectives);
        }
        let mut knobs = Knobs::from_profile(&profile);
        knobs.sensors = knobs.sensors.clamp(1, space.views);
        let model = CostModel::new(space.clone(), profile.clone())?;
        Ok(Self { space, profile, knobs, objectives, leaks: HashMap::new(), model })
    }

    /// Sets knobs by name to values in base units. Nothing changes on an error.
    ///
    /// # Errors
    /// An unknown knob, a value it can't have, or more sensors than the space has views.
    pub fn set_knobs(&mut self, values: &BTreeMap<String, f64>) -> Result<(), ProblemError> {
        let mut knobs = self.knobs;
        for (name, &value) in values {
            let knob = Knob::named(name)?;
            knobs.set(knob, knob.check(value)?);
        }
        let sensors = knobs.sensors;
        if !(1..=self.space.views).contains(&sensors) {
            return Err(ProblemError::Sensors { views: self.space.views_in_words(), sensors });
        }
        self.knobs = knobs;
        Ok(())
    }

    /// Returns `true` if the outcome of a design depends on what is measured: its accuracy or its leak.
    pub fn needs_accuracy(&self) -> bool {
        self.objectives.contains(&Objective::Accuracy) || self.knobs.accuracy_floor.is_some() || self.needs_leak()
    }

    /// Returns `true` if the outcome of a design depends on its leak.
    pub fn needs_leak(&self) -> bool {
        self.objectives.contains(&Objective::Leak) || self.knobs.leak_limit.is_some()
    }

    /// Takes in the measured leak of a design.
    pub fn add_leak(&mut self, design: Design, views: u32, leak: f64) {
        self.leaks.insert((design, views), leak);
    }

    /// Leak of a design with the current number of sensors, if it was measured.
    pub fn leak(&self, design: &Design) -> Option<f64> {
        self.leaks.get(&(design.clone(), self.knobs.sensors)).copied()
    }

    /// Resource demand of a design, before any knob.
    ///
    /// # Errors
    /// The network can't be built or costed.
    pub fn demand(&self, design: &Design) -> Result<SplitDemand, ProblemError> {
        Ok(self.model.demand(design)?)
    }

    /// Cost of a design under the knobs.
    ///
    /// # Errors
    /// The network can't be built or costed.
    pub fn evaluation(&self, design: &Design) -> Result<Evaluation, ProblemError> {
        Ok(SystemRates::new(&self.knobs).evaluate(&self.demand(design)?))
    }

    /// Objectives of a design and its violation of the limits. An unknown accuracy or leak violates none; as objectives
    /// the accuracy is then the worst possible, the leak the best.
    ///
    /// # Errors
    /// The network can't be built or costed.
    pub fn outcome(&self, design: &Design, accuracy: Option<f64>) -> Result<Outcome, ProblemError> {
        let (demand, rates) = (self.demand(design)?, SystemRates::new(&self.knobs));
        let evaluation = rates.evaluate(&demand);
        let leak = if self.needs_leak() { self.leak(design).unwrap_or(0.0) } else { 0.0 };
        let shares = MeasuredShares { accuracy: accuracy.unwrap_or(f64::NAN), leak };
        let broken = shares.limits(&self.knobs).into_iter().filter_map(|(limit, value, bound)| {
            let bound = bound.filter(|bound| limit.is_broken(value, *bound))?;
            // Short of accuracy by a share of the floor; leaks are shares of the picture.
            Some(if limit == Limit::Accuracy { (bound - value) / bound.max(1e-9) } else { value - bound })
        });
        let mut violation: f64 = broken.sum();
        if !evaluation.feasible() {
            // A limit that is exceeded by less than can be computed counts as well.
            violation += excess(&rates, &demand).max(1e-6);
        }
        let mut objectives = Vec::with_capacity(self.objectives.len());
        for objective in &self.objectives {
            objectives.push(match objective {
                Objective::Accuracy => 1.0 - accuracy.unwrap_or(0.0),
                Objective::Latency => evaluation.latency.total_s(),
                Objective::Energy => evaluation.energy_j,
                Objective::Memory => evaluation.sensor_peak_bytes as f64,
                Objective::Leak => leak,
                Objective::Macs => self.space.lower(&design.genome)?.macs() as f64,
            });
        }
        Ok(Outcome::new(&objectives, violation))
    }

    /// Formats objective values with their units, in order.
    pub fn format(&self, objectives: &Objectives) -> String {
        let shown = self.objectives.iter().zip(objectives).map(|(objective, &value)| objective.format(value));
        shown.collect::<Vec<_>>().join("  ")
    }

    /// Survey of the whole space; `None` on a device whose blocks have no costs of their own.
    pub fn survey(&self) -> Option<Survey> {
        Survey::new(&self.model)
    }

    /// Genes of the first designs of a search: the quickest feasible split of the smallest network, and the largest
    /// network at every split at which it is feasible, compressed as little as possible.
    ///
    /// # Errors
    /// A network can't be built or costed.
    pub fn seeds(&self) -> Result<Vec<Box<[u8]>>, ProblemError> {
        let mut designs = Vec::new();
        let mut quickest: Option<(f64, Design)> = None;
        let smallest = self.space.smallest();
        for split in self.space.splits(&smallest) {
            for design in self.designs_at(&smallest, split) {
                let latency = self.evaluation(&design)?.latency.total_s();
                let quicker = quickest.as_ref().is_none_or(|(least, _)| latency < *least);
                if quicker && self.outcome(&design, None)?.is_feasible() {
                    quickest = Some((latency, design));
                }
            }
        }
        designs.extend(quickest.map(|(_, design)| design));
        let largest = self.space.largest();
        for split in self.space.splits(&largest) {
            for design in self.designs_at(&largest, split) {
                if self.outcome(&design, None)?.is_feasible() {
                    designs.push(design);
                    break;
                }
            }
        }
        Ok(designs.iter().map(|design| genes::encode(&self.space, design).into()).collect())
    }

    /// All designs of a genome at one split: the latest fusion of whole features first, fusion of the logits last; then
    /// the least compression and the most bits first.
    pub(super) fn designs_at(&self, genome: &Genome, split: BoundaryId) -> Vec<Design> {
        let [ratios, bits] = self.space.transmit_choices(split);
        let mut fusions = self.space.fusions(genome, split);
        fusions.reverse();
        // The first is that of the logits, which is always allowed.
        fusions.rotate_left(1);
        let mut designs = Vec::new();
        for fusion in fusions {
            for &ratio in ratios {
                let design = |&bits: &u8| Design { genome: genome.clone(), split, fusion, ratio, bits };
                designs.extend(bits.iter().rev().map(design));
            }
        }
        designs
    }

    /// Reason why no design of the space is feasible; `None` if the smallest network is feasible at some split.
    ///
    /// # Errors
    /// The smallest network can't be built or costed.
    pub fn infeasibility_reason(&self) -> Result<Option<String>, ProblemError> {
        let demands = smallest_demands(&self.space, &self.profile)?;
        Ok(why_none(&demands, &self.knobs).map(|missed| {
            let list = shortfall_list(&missed);
            format!("no design meets the limits, not even the smallest network at any split: {list}")
        }))
    }
}

/// Sum over the constraints of the share by which each is exceeded.
fn excess(rates: &SystemRates, demand: &SplitDemand) -> f64 {
    let frame = rates.frame(demand);
    let (usage, bounds) = (rates.usage_of(&frame), rates.bounds());
    let factors = Constraint::excess_factors(bounds);
    usage
        .iter()
        .zip(bounds)
        .zip(factors)
        .map(|((&usage, &bound), factor)| Constraint::excess(usage, bound, factor))
        .sum()
}
