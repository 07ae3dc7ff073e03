//! Survey of a whole space under the knobs: how many designs meet the limits on cost, and the least latency, energy and
//! sensor memory at every split.
//!
//! ```text
//! Survey::new(&CostModel) -> Survey                       once for a space and a profile; knobs do not matter yet
//! Survey::count_feasible(&Knobs) -> FeasibleCount         at every move of a knob; "3.2e9 of 1.6e14 designs fit"
//! Survey::optimum(Goal, &Knobs) -> Vec<SplitOptimum>      the exact minimum at every split, with a design that has it
//! ```
//!
//! Every design of a space of up to [`COUNTED`] designs is counted, so the number is exact. Of a larger one, designs
//! are drawn at every split, all equally likely; the number is an estimate with its 95 % interval. The number of all
//! designs and the optima are exact in any space: dynamic programming over its blocks. Accuracy is no part of this: a
//! limit on it is left out, since most designs have never been measured.
//!
//! ```
//! use splitscope::cost::CostModel;
//! use splitscope::hardware::Profile;
//! use splitscope::search::{Goal, Survey};
//! use splitscope::space::SearchSpace;
//!
//! let model = CostModel::new(SearchSpace::shipped("tabletop").unwrap(), Profile::shipped("glasses").unwrap())?;
//! let survey = Survey::new(&model).expect("no device of the profile is measured");
//! let mut knobs = model.knobs();
//! let count = survey.count_feasible(&knobs);
//! assert!(count.interval.is_none() && count.designs > 0.0);
//! // No design is faster than the fastest.
//! let least = survey.optimum(Goal::Latency, &knobs).into_iter();
//! let least = least.map(|split| split.value).fold(f64::INFINITY, f64::min);
//! knobs.latency_limit_s = Some(0.99 * least);
//! assert_eq!(survey.count_feasible(&knobs).designs, 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod count;
mod interval;
mod optimum;
mod paths;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::cost::{
    CostModel, Knobs, NetworkCosts, SpaceGraph, SplitDemand, SystemRates, TransmitConfig, fewest_unsupported,
};
use crate::network::BoundaryId;
use crate::quantity::number::approximate_count;
use crate::space::{Design, Genome, SearchSpace};

use count::FeasibilityCounter;
use interval::Stratum;
use optimum::OptimumSolver;
use paths::PathCounts;

pub use optimum::{Goal, SplitOptimum};

/// Spaces of up to this many designs are counted exactly.
const COUNTED: u128 = 200_000;
/// Designs drawn at every split of a larger space.
const DRAWN: usize = 1024;
/// Seed of the draws: the same for every survey of a space.
const SEED: u64 = 6;

/// Survey of a space: counts of its feasible designs, exact optima of its splits. Nothing in it depends on a knob.
#[derive(Debug, Clone)]
pub struct Survey {
    model: CostModel,
    graph: SpaceGraph,
    paths: PathCounts,
    splits: Vec<SurveyedSplit>,
    designs: u128,
    exact: bool,
    /// Optima found last, for each goal and its knobs: screens ask again at every frame.
    optima: RefCell<Vec<(Goal, Knobs, Vec<SplitOptimum>)>>,
}

/// The designs of one split.
#[derive(Debug, Clone)]
struct SurveyedSplit {
    boundary: BoundaryId,
    designs: u128,
    /// All of them, or those drawn.
    looked_at: FeasibilityCounter,
}

/// Number of designs that meet the limits on cost.
#[derive(Debug, Clone, PartialEq)]
pub struct FeasibleCount {
    /// Designs that do: counted, or estimated.
    pub designs: f64,
    /// Bounds of the number at 95 % confidence, if it is estimated.
    pub interval: Option<(f64, f64)>,
    /// All designs of the space.
    pub of: u128,
}

impl Survey {
    /// Surveys a space, which takes some ten milliseconds. `None` where only whole networks can be costed.
    pub fn new(model: &CostModel) -> Option<Self> {
        let (space, table) = (model.space(), model.block_table()?);
        let graph = table.graph();
        let paths = PathCounts::new(space, &graph);
        let nodes_of = |split: BoundaryId| -> Vec<(usize, u128)> {
            let at_split = (0..graph.nodes.len()).filter(|&node| graph.nodes[node].boundary == Some(split));
            at_split.map(|node| (node, paths.designs(&graph, node))).filter(|(_, designs)| *designs > 0).collect()
        };
        let total = |nodes: &[(usize, u128)]| nodes.iter().fold(0_u128, |sum, node| sum.saturating_add(node.1));
        let nodes: Vec<Vec<(usize, u128)>> = space.split.at.iter().map(|&split| nodes_of(split)).collect();
        let designs = nodes.iter().fold(0_u128, |sum, own| sum.saturating_add(total(own)));
        let exact = designs <= COUNTED;
        let mut splits: Vec<SurveyedSplit> = space
            .split
            .at
            .iter()
            .zip(&nodes)
            .map(|(&boundary, own)| {
                let designs = total(own);
                let room = if exact { designs as usize } else { DRAWN };
                SurveyedSplit { boundary, designs, looked_at: FeasibilityCounter::with_room(room) }
            })
            .collect();
        if exact {
            each_design(model, &graph, &mut |_, demand| {
                let split = splits.iter_mut().find(|split| split.boundary == demand.boundary);
                split.expect("only allowed splits are visited").looked_at.push(demand);
            });
        } else {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            for (split, own) in splits.iter_mut().zip(&nodes).filter(|(_, own)| !own.is_empty()) {
                for _ in 0..DRAWN {
                    if let Some(demand) = table.demand(&paths.draw_among(space, &graph, own, &mut rng)) {
                        split.looked_at.push(&demand);
                    }
                }
            }
        }
        let usual = SystemRates::new(&model.knobs());
        for split in &mut splits {
            split.looked_at.order(&usual);
        }
        Some(Self { model: model.clone(), graph, paths, splits, designs, exact, optima: RefCell::default() })
    }

    /// Number of designs of the space. Saturates at `u128::MAX`.
    pub const fn designs(&self) -> u128 {
        self.designs
    }

    /// Number of networks of the space, splits apart. Saturates at `u128::MAX`.
    pub fn genomes(&self) -> u128 {
        self.paths.genomes(&self.graph)
    }

    /// Number of designs that meet the limits on cost.
    pub fn count_feasible(&self, knobs: &Knobs) -> FeasibleCount {
        self.sum(&self.strata(knobs), self.designs)
    }

    /// Number of designs that meet the limits on cost, at every split where one is allowed.
    pub fn count_by_split(&self, knobs: &Knobs) -> Vec<(BoundaryId, FeasibleCount)> {
        let strata = self.splits.iter().zip(self.strata(knobs));
        strata.map(|(split, stratum)| (split.boundary, self.sum(&[stratum], split.designs))).collect()
    }

    fn sum(&self, strata: &[Stratum], of: u128) -> FeasibleCount {
        let (designs, low, high) = interval::sum(strata);
        FeasibleCount { designs, interval: if self.exact { None } else { Some((low, high)) }, of }
    }

    /// Feasible designs among those looked at, by split.
    fn strata(&self, knobs: &Knobs) -> Vec<Stratum> {
        let rates = SystemRates::new(knobs);
        let mut strata: Vec<Stratum> = self
            .splits
            .iter()
            .map(|split| Stratum {
                members: split.designs as f64,
                drawn: split.looked_at.len(),
                hits: split.looked_at.count_feasible(&rates),
            })
            .collect();
        if !self.exact {
            self.rule_out(knobs, &mut strata);
        }
        strata
    }

    /// Every design that meets the limits on cost, of a space that is counted; none of a larger one.
    pub fn feasible_designs(&self, knobs: &Knobs) -> Vec<Design> {
        let rates = SystemRates::new(knobs);
        let mut designs = Vec::new();
        if self.exact {
            each_design(&self.model, &self.graph, &mut |design, demand| {
                if rates.evaluate(demand).feasible() {
                    designs.push(design());
                }
            });
        }
        designs
    }

    /// Empties the strata of which no drawn design is feasible, and whose optimum exceeds a limit, or whose layers
    /// their chip can never run.
    fn rule_out(&self, knobs: &Knobs, strata: &mut [Stratum]) {
        if strata.iter().all(|stratum| stratum.hits > 0) {
            return;
        }
        let rates = SystemRates::new(knobs);
        let fewest = fewest_unsupported(self.model.space(), self.model.profile()).unwrap_or_default();
        for (split, stratum) in self.splits.iter().zip(strata.iter_mut()) {
            if stratum.hits == 0 && fewest.get(usize::from(split.boundary)).is_some_and(|&fewest| fewest > 0) {
                stratum.members = 0.0;
            }
        }
        for goal in Goal::ALL {
            let bound = rates.bound(goal.limit());
            if bound == f64::INFINITY {
                continue;
            }
            for (boundary, value, _) in self.solver(goal, rates).solve() {
                let found = self.splits.iter().position(|split| split.boundary == boundary);
                if let Some(index) = found
                    && strata[index].hits == 0
                    && value > bound * (1.0 + f64::EPSILON * 64.0)
                {
                    strata[index].members = 0.0;
                }
            }
        }
    }

    fn solver(&self, goal: Goal, rates: SystemRates) -> OptimumSolver<'_> {
        OptimumSolver::new(self.model.space(), &self.graph, &self.paths, rates, goal)
    }

    /// Least value at every split at which a design can be split, ascending, over all designs whatever limits they
    /// break. Of designs with the same least memory it is the fastest.
    pub fn optimum(&self, goal: Goal, knobs: &Knobs) -> Vec<SplitOptimum> {
        let mut known = self.optima.borrow_mut();
        if let Some((.., optima)) = known.iter().find(|(own, under, _)| *own == goal && under == knobs) {
            return optima.clone();
        }
        known.retain(|(own, ..)| *own != goal);
        let rates = SystemRates::new(knobs);
        let optimum = |(split, value, design): (BoundaryId, f64, Design)| {
            let evaluation = rates.evaluate(&self.model.demand(&design).ok()?);
            Some(SplitOptimum { split, value, design, evaluation })
        };
        let optima: Vec<SplitOptimum> =
            self.solver(goal, rates).with_fastest().solve().into_iter().filter_map(optimum).collect();
        known.push((goal, *knobs, optima.clone()));
        optima
    }
}

/// Calls `visit` with every design of the model's space, made on demand, and its demand.
fn each_design(model: &CostModel, graph: &SpaceGraph, visit: &mut dyn FnMut(&dyn Fn() -> Design, &SplitDemand)) {
    PathCounts::each_genome(model.space(), graph, |genome| each_design_of(model, genome, visit));
}

/// Calls `visit` with every design of a genome, made on demand, and its demand.
fn each_design_of(model: &CostModel, genome: &Genome, visit: &mut dyn FnMut(&dyn Fn() -> Design, &SplitDemand)) {
    let (space, Some(table)) = (model.space(), model.block_table()) else { return };
    let mut costs = NetworkCosts::default();
    for transmit in transmit_configs(space, genome) {
        let TransmitConfig { fusion, ratio, bits } = transmit;
        if table.fill(genome, transmit, &mut costs).is_none() {
            continue;
        }
        let allowed = |demand: &&SplitDemand| demand.boundary <= fusion && space.split.at.contains(&demand.boundary);
        for demand in costs.demands.iter().filter(allowed) {
            let split = demand.boundary;
            let plain = !space.has_splitting_module(split);
            // Raw input and logits are sent in one way only: that of the first ratio and bits.
            if !plain || (ratio == space.split.ratios[0] && bits == space.split.bits[0]) {
                let design = || space.canonical_design(Design { genome: genome.clone(), split, fusion, ratio, bits });
                visit(&design, demand);
            }
        }
    }
}

/// Every transmit configuration of a genome.
fn transmit_configs(space: &SearchSpace, genome: &Genome) -> Vec<TransmitConfig> {
    let mut all = Vec::new();
    for fusion in space.fusions(genome, 0) {
        for &ratio in &space.split.ratios {
            all.extend(space.split.bits.iter().map(|&bits| TransmitConfig { fusion, ratio, bits }));
        }
    }
    all
}

impl FeasibleCount {
    /// The number without what it counts: "1 204 of 143 360".
    pub fn share(&self) -> String {
        format!("{} of {}", approximate_count(self.designs), approximate_count(self.of as f64))
    }
}

/// A sentence for a line beside the knobs, for instance "1 204 of 143 360 designs fit", or
/// "3.2e9 (2.9e9 to 3.6e9) of 1.6e14 designs fit".
impl fmt::Display for FeasibleCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", approximate_count(self.designs))?;
        if let Some((low, high)) = self.interval {
            write!(f, " ({} to {})", approximate_count(low), approximate_count(high))?;
        }
        write!(f, " of {} designs fit", approximate_count(self.of as f64))
    }
}
