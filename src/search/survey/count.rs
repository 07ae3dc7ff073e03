//! Exact counting of feasible splits among many, without evaluating each.
//!
//! Splits that are much alike stand together in blocks, and of every block the lowest and the highest figures are kept.
//! Every usage grows with every figure of a demand, in exact and in rounded numbers: if the highest figures of a block
//! meet the limits, all its splits do; if the lowest do not, none does. Only the blocks between are evaluated split by
//! split.

use std::cell::RefCell;
use std::ops::Range;

use crate::cost::{DemandBatch, FrameDemand, SplitDemand, SystemRates};

/// Most splits of a block.
const BLOCK: usize = 128;
/// Every so many-th division is by the figure that differs most, the others are by latency: latency is mostly limited,
/// and its limit cuts across all other figures.
const BY_FIGURE: usize = 4;
/// Splits looked at to find the figure in which a group differs most.
const PROBES: usize = 24;

/// Demands of many splits, ordered for counting.
#[derive(Debug, Clone, Default)]
pub(super) struct FeasibilityCounter {
    /// The splits, turned to the number of sensors asked for last.
    blocks: RefCell<BlockCounts>,
}

/// Demands in blocks.
#[derive(Debug, Clone, Default)]
struct BlockCounts {
    batch: DemandBatch,
    /// Number of sensors of `ends`.
    sensors: u32,
    /// Lowest and highest figures of each block.
    ends: Vec<[FrameDemand; 2]>,
}

impl FeasibilityCounter {
    /// Counter without a split, with room for exactly so many.
    pub(super) fn with_room(splits: usize) -> Self {
        let mut batch = DemandBatch::new(1);
        batch.reserve_exact(splits);
        Self { blocks: RefCell::new(BlockCounts { batch, ..BlockCounts::default() }) }
    }

    /// Adds a split.
    pub(super) fn push(&mut self, demand: &SplitDemand) {
        self.blocks.get_mut().batch.push(demand, true);
    }

    /// Orders the splits by latency at `usual` rates and by their figures, once all are there.
    pub(super) fn order(&mut self, usual: &SystemRates) {
        let batch = &mut self.blocks.get_mut().batch;
        let mut keyed: Vec<([f64; 6], usize)> =
            (0..batch.len()).map(|index| (figures(&batch.frame(index), usual), index)).collect();
        divide(&mut keyed, 1);
        *batch = batch.reordered(keyed.iter().map(|(_, index)| *index));
    }

    /// Number of splits.
    pub(super) fn len(&self) -> usize {
        self.blocks.borrow().batch.len()
    }

    /// Number of splits that meet every limit on cost.
    pub(super) fn count_feasible(&self, rates: &SystemRates) -> usize {
        let mut blocks = self.blocks.borrow_mut();
        blocks.set_sensors(rates.sensors());
        let count = |(index, [low, high]): (usize, &[FrameDemand; 2])| {
            let range = block(index, blocks.batch.len());
            let breakable = rates.evaluate_frame(high).violations;
            if breakable.is_empty() {
                range.len()
            } else if rates.is_feasible(low) {
                blocks.batch.count_feasible(range, rates, breakable)
            } else {
                0
            }
        };
        blocks.ends.iter().enumerate().map(count).sum()
    }
}

impl BlockCounts {
    fn set_sensors(&mut self, sensors: u32) {
        if self.sensors == sensors {
            return;
        }
        self.sensors = sensors;
        self.batch.set_sensors(sensors);
        let batch = &self.batch;
        let ends = |index: usize| {
            let range = block(index, batch.len());
            let first = batch.frame(range.start);
            let bound = |pick: fn(f64, f64) -> f64| {
                range.clone().map(|index| batch.frame(index)).fold(first, |all, own| all.combine(&own, pick))
            };
            [bound(f64::min), bound(f64::max)]
        };
        self.ends = (0..batch.len().div_ceil(BLOCK)).map(ends).collect();
    }
}

/// Positions of the splits of a block.
fn block(index: usize, len: usize) -> Range<usize> {
    index * BLOCK..((index + 1) * BLOCK).min(len)
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
