//! Exact counting of feasible splits among many, without evaluating each.
//!
//! Splits that are much alike stand together in blocks, and of every block the lowest and the highest figures are kept.
//! Every usage grows with every figure of a demand, in exact and in rounded numbers: if the highest figures of a block
//! meet the limits, all its splits do; if the lowest do not, none does. Neighbouring blocks are much alike too: they
//! are looked at together first. Only the blocks between are evaluated split by split.

use std::cell::RefCell;

use crate::cost::{DemandBatch, DemandBound, FrameDemand, SplitDemand, SystemRates};

/// Most splits of a block.
const BLOCK: usize = 128;
/// Most blocks that are looked at together.
const GROUP: usize = 8;
/// Every so many-th division is by the figure that differs most, the others are by latency: latency is mostly limited,
/// and its limit cuts across all other figures.
const BY_FIGURE: usize = 4;
/// Splits looked at to find the figure in which a group differs most.
const PROBES: usize = 24;

/// Demands of many splits, ordered for counting.
#[derive(Debug, Clone, Default)]
pub(super) struct FeasibilityCounter {
    /// Splits whose work is linear in the number of sensors, until they are ordered.
    unordered: DemandBatch,
    groups: RefCell<Vec<BlockGroup>>,
    /// The other splits, which are evaluated one by one.
    others: Vec<SplitDemand>,
}

/// Blocks that follow each other.
#[derive(Debug, Clone)]
struct BlockGroup {
    blocks: Vec<SplitBlock>,
    splits: usize,
    lowest: DemandBound,
    highest: DemandBound,
}

/// Splits that are much alike.
#[derive(Debug, Clone)]
struct SplitBlock {
    /// Turned to another number of sensors only where the splits are evaluated.
    batch: DemandBatch,
    lowest: DemandBound,
    highest: DemandBound,
}

impl FeasibilityCounter {
    /// Counter without a split, with room for exactly so many.
    pub(super) fn with_room(splits: usize) -> Self {
        let mut unordered = DemandBatch::new(1);
        unordered.reserve_exact(splits);
        Self { unordered, ..Self::default() }
    }

    /// Adds a split.
    pub(super) fn push(&mut self, demand: &SplitDemand) {
        if demand.is_linear() {
            self.unordered.push(demand, true);
        } else {
            self.others.push(*demand);
        }
    }

    /// Orders the splits by latency at `usual` rates and by their figures, once all are there.
    pub(super) fn order(&mut self, usual: &SystemRates) {
        let batch = std::mem::take(&mut self.unordered);
        let mut keyed: Vec<([f64; 6], usize)> =
            (0..batch.len()).map(|index| (figures(&batch.frame(index), usual), index)).collect();
        divide(&mut keyed, 1);
        let block = |alike: &[([f64; 6], usize)]| {
            let batch = batch.reordered(alike.iter().map(|(_, index)| *index));
            SplitBlock { lowest: batch.bound(f64::min), highest: batch.bound(f64::max), batch }
        };
        *self.groups.get_mut() = keyed
            .chunks(BLOCK * GROUP)
            .map(|group| BlockGroup::new(group.chunks(BLOCK).map(block).collect()))
            .collect();
    }

    /// Number of splits.
    pub(super) fn len(&self) -> usize {
        self.groups.borrow().iter().map(|group| group.splits).sum::<usize>() + self.others.len()
    }

    /// Number of splits that meet every limit on cost.
    pub(super) fn count_feasible(&self, rates: &SystemRates) -> usize {
        let mut groups = self.groups.borrow_mut();
        let in_groups: usize = groups.iter_mut().map(|group| group.count_feasible(rates)).sum();
        in_groups + self.others.iter().filter(|demand| rates.is_feasible(&rates.frame(demand))).count()
    }
}

impl BlockGroup {
    /// Some blocks, at least one.
    fn new(blocks: Vec<SplitBlock>) -> Self {
        let bound = |of: fn(&SplitBlock) -> DemandBound, pick: fn(f64, f64) -> f64| {
            blocks.iter().map(of).reduce(|all, own| all.combine(&own, pick)).unwrap_or_default()
        };
        Self {
            splits: blocks.iter().map(|block| block.batch.len()).sum(),
            lowest: bound(|block| block.lowest, f64::min),
            highest: bound(|block| block.highest, f64::max),
            blocks,
        }
    }

    fn count_feasible(&mut self, rates: &SystemRates) -> usize {
        let sensors = rates.sensors();
        if rates.is_feasible(&self.highest.frame_with(sensors)) {
            return self.splits;
        }
        if !rates.is_feasible(&self.lowest.frame_with(sensors)) {
            return 0;
        }
        self.blocks.iter_mut().map(|block| block.count_feasible(rates)).sum()
    }
}

impl SplitBlock {
    fn count_feasible(&mut self, rates: &SystemRates) -> usize {
        let sensors = rates.sensors();
        let breakable = rates.evaluate_frame(&self.highest.frame_with(sensors)).violations;
        if breakable.is_empty() {
            return self.batch.len();
        }
        if !rates.is_feasible(&self.lowest.frame_with(sensors)) {
            return 0;
        }
        self.batch.set_sensors(sensors);
        self.batch.count_feasible(0..self.batch.len(), rates, breakable)
    }
}

/// Figures by which splits are told apart: latency at usual rates, then what limits act on.
fn figures(frame: &FrameDemand, usual: &SystemRates) -> [f64; 6] {
    [
        usual.frame_latency(frame).total_s(),
        frame.sensor_cycles,
        frame.link_bytes,
        frame.aggregator_cycles,
        frame.peak_bytes,
        frame.work_j,
    ]
}

/// Orders splits so that those of a block are alike, by halving after `depth` earlier divisions.
fn divide(splits: &mut [([f64; 6], usize)], depth: usize) {
    if splits.len() <= BLOCK {
        return;
    }
    let figure = if depth.is_multiple_of(BY_FIGURE) { widest(splits) } else { 0 };
    // The first half fills whole blocks.
    let middle = (splits.len() / 2).next_multiple_of(BLOCK);
    splits.select_nth_unstable_by(middle.min(splits.len() - 1), |one, other| one.0[figure].total_cmp(&other.0[figure]));
    let (first, second) = splits.split_at_mut(middle);
    divide(first, depth + 1);
    divide(second, depth + 1);
}

/// The figure in which some of the splits differ most, as a share of the largest; latency excepted.
fn widest(splits: &[([f64; 6], usize)]) -> usize {
    let share = |figure: usize| {
        let probes = splits.iter().step_by(splits.len().div_ceil(PROBES)).map(|split| split.0[figure]);
        let (low, high) = probes.fold((f64::INFINITY, 0.0_f64), |(low, high), own| (low.min(own), high.max(own)));
        if high > 0.0 { (high - low) / high } else { 0.0 }
    };
    (1..6).max_by(|&one, &other| share(one).total_cmp(&share(other))).unwrap_or(1)
}
