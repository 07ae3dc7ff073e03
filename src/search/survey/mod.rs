//! What a whole space can do under the present knobs: how many designs meet the limits, and how low latency, energy and sensor
//! memory can go at every split. Meant to stand beside the knobs and to follow them.
//!
//! ```text
//! Survey::new(&SearchSpace, &SpaceCostTable) -> Survey        once for a space and a profile; knobs do not matter yet
//! Survey::fitting(&Knobs) -> FeasibleCount                      at every move of a knob; "3.2e9 of 1.6e14 designs fit"
//! Survey::least(Goal, &Knobs) -> Vec<SplitOptimum>               the exact minimum at every split, with a design that has it
//! ```
//!
//! Of a space of up to [`COUNTED`] designs every one is judged, so the number is exact. Of a larger one, designs are drawn at
//! every split, all equally likely; the number is an estimate and comes with its 95 % interval. The numbers of all designs
//! and the minima are exact in any space: dynamic programming over its blocks. Accuracy is no part of this: a limit on it is
//! left out, since most designs have never been measured.
//!
//! ```
//! use splitscope::cost::{Knobs, SpaceCostTable};
//! use splitscope::diagnostic::Source;
//! use splitscope::hardware::{self, Profile};
//! use splitscope::search::{Goal, Survey};
//! use splitscope::space::{self, SearchSpace};
//!
//! let space = SearchSpace::from_toml(&Source::new(space::SHIPPED[0].0, space::SHIPPED[0].1))?;
//! let profile = Profile::from_toml(&Source::new(hardware::SHIPPED[0].0, hardware::SHIPPED[0].1))?;
//! let table = SpaceCostTable::new(&space, &profile).expect("no device of the profile is measured");
//! let survey = Survey::new(&space, &table);
//!
//! let mut knobs = Knobs::from_profile(&profile);
//! let fitting = survey.fitting(&knobs);
//! assert!(fitting.interval.is_none() && fitting.designs > 0.0);
//! // No design is quicker than the quickest.
//! let quickest = survey.optimum(Goal::Latency, &knobs).into_iter().map(|least| least.value).fold(f64::INFINITY, f64::min);
//! knobs.latency_limit_s = Some(0.99 * quickest);
//! assert_eq!(survey.fitting(&knobs).designs, 0.0);
//! # Ok::<(), splitscope::diagnostic::Diagnostic>(())
//! ```

mod interval;
mod optimum;
mod paths;
mod tree;

use std::fmt;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::cost::{Knobs, Line, NetworkCosts, SpaceCostTable, SpaceGraph, SplitDemand, SystemRates, TransmitConfig};
use crate::network::BoundaryId;
use crate::quantity::number::approximate_count;
use crate::space::{Design, Genome, SearchSpace};

use interval::Stratum;
use optimum::OptimumSolver;
use paths::PathCounts;
use tree::Tree;

pub use optimum::{Goal, SplitOptimum};

/// Spaces of up to so many designs are counted one by one.
pub const COUNTED: u128 = 200_000;
/// Designs drawn at every split of a larger space.
const DRAWN: usize = 1024;
/// The draws are the same for every survey of a space.
const SEED: u64 = 6;

/// A space seen whole; see the module's description. Nothing in it depends on a knob.
#[derive(Debug, Clone)]
pub struct Survey {
    space: SearchSpace,
    graph: SpaceGraph,
    ways: PathCounts,
    splits: Vec<Split>,
    designs: u128,
    exact: bool,
}

/// The designs of one split.
#[derive(Debug, Clone)]
struct Split {
    at: BoundaryId,
    designs: u128,
    /// All of them, or those drawn: how many.
    drawn: usize,
    tree: Tree,
    /// Those that do not fit into the tree.
    rest: Vec<SplitDemand>,
}

impl Split {
    /// How many of those drawn meet the limits on cost.
    fn hits(&self, rates: &SystemRates) -> usize {
        self.tree.count_feasible(rates) + self.rest.iter().filter(|demand| rates.meets(&rates.frame(demand))).count()
    }
}

/// A split whose designs are being drawn.
struct Pending {
    at: BoundaryId,
    designs: u128,
    lines: Vec<Line>,
    rest: Vec<SplitDemand>,
}

impl Pending {
    const fn new(at: BoundaryId, designs: u128) -> Self {
        Self { at, designs, lines: Vec::new(), rest: Vec::new() }
    }

    fn push(&mut self, demand: &SplitDemand) {
        match Line::of(demand) {
            Some(line) => self.lines.push(line),
            None => self.rest.push(*demand),
        }
    }

    fn drawn(self, usual: &SystemRates) -> Split {
        let Self { at, designs, lines, rest } = self;
        Split { at, designs, drawn: lines.len() + rest.len(), tree: Tree::new(lines, usual), rest }
    }
}

/// How many designs meet the limits.
#[derive(Debug, Clone, PartialEq)]
pub struct FeasibleCount {
    /// Designs that do: counted, or estimated.
    pub designs: f64,
    /// Where the number lies at 95 % confidence, if it is estimated.
    pub interval: Option<(f64, f64)>,
    /// All designs of the space.
    pub of: u128,
    /// The same by split, ascending.
    pub by_split: Vec<SplitFeasibleCount>,
}

/// How many designs of one split meet the limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitFeasibleCount {
    /// The split.
    pub split: BoundaryId,
    /// Designs that do: counted, or estimated.
    pub designs: f64,
    /// All designs of this split.
    pub of: u128,
}

impl Survey {
    /// Surveys a space. Takes some ten milliseconds.
    pub fn new(space: &SearchSpace, table: &SpaceCostTable) -> Self {
        let graph = table.graph();
        let ways = PathCounts::new(space, &graph);
        let nodes: Vec<(usize, BoundaryId, u128)> = graph
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| Some((index, node.boundary?, ways.designs(&graph, index))))
            .filter(|&(_, _, designs)| designs > 0)
            .collect();
        let of_split = |&split: &BoundaryId| {
            let own = nodes.iter().filter(|node| node.1 == split);
            Pending::new(split, own.fold(0_u128, |sum, node| sum.saturating_add(node.2)))
        };
        let mut splits: Vec<Pending> = space.split.at.iter().map(of_split).collect();
        let designs = splits.iter().fold(0_u128, |sum, split| sum.saturating_add(split.designs));
        let exact = designs <= COUNTED;
        if exact {
            for split in &mut splits {
                split.lines.reserve_exact(split.designs as usize);
            }
            PathCounts::each_genome(space, &graph, |genome| {
                each_design(space, table, genome, &mut |_, demand| {
                    splits.iter_mut().filter(|split| split.at == demand.boundary).for_each(|split| split.push(demand));
                });
            });
        } else {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            for split in &mut splits {
                let own: Vec<(usize, u128)> =
                    nodes.iter().filter(|node| node.1 == split.at).map(|node| (node.0, node.2)).collect();
                let draw = |_| table.demand(&ways.draw_among(space, &graph, &own, &mut rng));
                let demands = (0..if own.is_empty() { 0 } else { DRAWN }).filter_map(draw);
                demands.for_each(|demand| split.push(&demand));
            }
        }
        let usual = SystemRates::new(&Knobs::from_profile(&graph.profile));
        let splits = splits.into_iter().map(|split| split.drawn(&usual)).collect();
        Self { space: space.clone(), graph, ways, splits, designs, exact }
    }

    /// Number of designs of the space. Saturates at `u128::MAX`.
    pub fn designs(&self) -> u128 {
        self.designs
    }

    /// Number of networks of the space, splits apart. Saturates at `u128::MAX`.
    pub fn genomes(&self) -> u128 {
        self.ways.genomes(&self.graph)
    }

    /// How many designs meet the limits on cost.
    pub fn fitting(&self, knobs: &Knobs) -> FeasibleCount {
        let rates = SystemRates::new(knobs);
        let mut groups: Vec<Stratum> = self
            .splits
            .iter()
            .map(|split| Stratum { members: split.designs as f64, drawn: split.drawn, hits: split.hits(&rates) })
            .collect();
        if !self.exact {
            self.rule_out(knobs, &mut groups);
        }
        let (designs, low, high) = interval::sum(&groups);
        let by_split = self.splits.iter().zip(&groups).map(|(split, group)| SplitFeasibleCount {
            split: split.at,
            designs: group.estimate(),
            of: split.designs,
        });
        FeasibleCount {
            designs,
            interval: (!self.exact).then_some((low, high)),
            of: self.designs,
            by_split: by_split.collect(),
        }
    }

    /// Every design that meets the limits on cost, of a space that is counted; of a larger one, only splits are known.
    pub fn designs_that_fit(&self, table: &SpaceCostTable, knobs: &Knobs) -> Vec<Design> {
        let rates = SystemRates::new(knobs);
        let mut designs = Vec::new();
        if self.exact {
            PathCounts::each_genome(&self.space, &self.graph, |genome| {
                each_design(&self.space, table, genome, &mut |design, demand| {
                    if rates.evaluate(demand).feasible() {
                        designs.push(design());
                    }
                });
            });
        }
        designs
    }

    /// Splits of which no design drawn fits may still have some, unless even the least exceeds a limit.
    fn rule_out(&self, knobs: &Knobs, groups: &mut [Stratum]) {
        if groups.iter().all(|group| group.hits > 0) {
            return;
        }
        let memory = SystemRates::new(knobs).memory_bytes();
        let limits = [
            (Goal::Latency, knobs.latency_limit_s),
            (Goal::Energy, knobs.energy_limit_j),
            (Goal::SensorMemory, (memory < u64::MAX).then_some(memory as f64)),
        ];
        for (goal, limit) in limits {
            let Some(limit) = limit else { continue };
            for least in self.optimum(goal, knobs) {
                let found = self.splits.iter().position(|split| split.at == least.split);
                if let Some(group) = found.map(|at| &mut groups[at])
                    && group.hits == 0
                    && least.value > limit * (1.0 + f64::EPSILON * 64.0)
                {
                    group.members = 0.0;
                }
            }
        }
    }

    /// The least value at every split at which a design can be split, ascending, over all designs whatever limits they break.
    pub fn optimum(&self, goal: Goal, knobs: &Knobs) -> Vec<SplitOptimum> {
        OptimumSolver::new(&self.space, &self.graph, &self.ways, SystemRates::new(knobs), goal).solve()
    }
}

/// Calls `visit` with every design of a genome, made on demand, and its split.
fn each_design(
    space: &SearchSpace,
    table: &SpaceCostTable,
    genome: &Genome,
    visit: &mut dyn FnMut(&dyn Fn() -> Design, &SplitDemand),
) {
    let mut all = NetworkCosts::default();
    for &fusion in &space.fusions(genome, 0) {
        let transmits =
            space.split.ratios.iter().flat_map(|&ratio| space.split.bits.iter().map(move |&bits| (ratio, bits)));
        for (index, (ratio, bits)) in transmits.enumerate() {
            if table.fill(genome, TransmitConfig { fusion, ratio, bits }, &mut all).is_none() {
                continue;
            }
            for demand in all
                .demands
                .iter()
                .filter(|demand| demand.boundary <= fusion && space.split.at.contains(&demand.boundary))
            {
                let plain = demand.boundary == 0 || demand.boundary == space.last();
                // Where no splitting module can stand there is one way to send.
                if !plain || index == 0 {
                    let split = demand.boundary;
                    let make = || space.canonical_design(Design { genome: genome.clone(), split, fusion, ratio, bits });
                    visit(&make, demand);
                }
            }
        }
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

#[cfg(test)]
mod tests;
