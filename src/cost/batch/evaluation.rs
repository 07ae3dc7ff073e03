//! Latency and limits of the splits of a batch: passes over the columns.

use std::ops::Range;

use super::DemandBatch;
use super::costs::{BatchCosts, ONE_BROKEN};
use crate::cost::constraint::{COST_CONSTRAINTS, Constraint, Usage};
use crate::cost::demand::FrameDemand;
use crate::cost::rates::SystemRates;
use crate::cost::violations::Violations;
use crate::quantity::Limit;

/// The first limits in the table, which need neither energy nor period.
const SIMPLE: Violations =
    Violations::of(&[Limit::SensorMemory, Limit::SensorWeights, Limit::AggregatorWeights, Limit::Latency]);
/// Number of those limits.
const SIMPLE_COUNT: usize = 4;

impl DemandBatch {
    /// Seconds of a frame of the split at entry `index`; infinite where none is allowed. Reads three columns.
    #[inline]
    pub fn seconds(&self, index: usize, rates: &SystemRates) -> f64 {
        let frame = FrameDemand {
            sensor_cycles: self.sensor_cycles[index],
            aggregator_cycles: self.aggregator_cycles[index],
            link_bytes: self.link_bytes[index],
            ..FrameDemand::default()
        };
        rates.frame_latency(&frame).total_s()
    }

    /// Returns `true` if the split at entry `index`, a frame of which takes `seconds`, meets every limit on cost. Reads
    /// only what the `breakable` limits need: the columns of many splits are far away in memory.
    #[inline(always)]
    pub fn is_feasible(&self, index: usize, seconds: f64, rates: &SystemRates, breakable: Violations) -> bool {
        if !breakable.is_within(SIMPLE) {
            return rates.is_feasible(&self.frame(index));
        }
        let bytes = [
            (Limit::SensorMemory, &self.peak_bytes),
            (Limit::SensorWeights, &self.sensor_weight_bytes),
            (Limit::AggregatorWeights, &self.aggregator_weight_bytes),
        ];
        let meets =
            |(limit, column): (Limit, &Vec<f64>)| !breakable.contains(limit) || column[index] <= rates.bound(limit);
        seconds <= rates.bound(Limit::Latency) && bytes.into_iter().all(meets)
    }

    /// Entry of the fastest allowed split in `range`, and its seconds; of equally fast ones the first. `None` if no
    /// split is allowed. Reads three columns, so that most designs need no more than this.
    #[inline(always)]
    pub fn fastest(&self, range: Range<usize>, rates: &SystemRates) -> Option<(usize, f64)> {
        let [sensor, aggregator, link] =
            [&self.sensor_cycles, &self.aggregator_cycles, &self.link_bytes].map(|column| &column[range.clone()]);
        let seconds = |index: usize| {
            let (sensor_cycles, aggregator_cycles, link_bytes) = (sensor[index], aggregator[index], link[index]);
            let frame = FrameDemand { sensor_cycles, aggregator_cycles, link_bytes, ..FrameDemand::default() };
            rates.frame_latency(&frame).total_s()
        };
        let (mut least, mut at) = (f64::INFINITY, usize::MAX);
        // Without a branch, as which split is faster is hard to predict; by twos, so that fewer comparisons wait for
        // one another.
        let count = sensor.len();
        for index in (0..count & !1).step_by(2) {
            let (one, other) = (seconds(index), seconds(index + 1));
            let (faster, which) = if other < one { (other, index + 1) } else { (one, index) };
            at = if faster < least { which } else { at };
            least = if faster < least { faster } else { least };
        }
        if count & 1 == 1 {
            let last = seconds(count - 1);
            at = if last < least { count - 1 } else { at };
            least = if last < least { last } else { least };
        }
        (at != usize::MAX).then(|| (range.start + at, least))
    }

    /// Calls `visit` with the position and the usages of every split in `range`. Without a branch, so that several
    /// splits are evaluated at once; usages that `visit` does not look at are not computed.
    #[inline(always)]
    fn each_usage(&self, range: Range<usize>, rates: &SystemRates, mut visit: impl FnMut(usize, &Usage)) {
        let count = range.len();
        let [sensor, aggregator, work, link, peak, own, other] = [
            &self.sensor_cycles,
            &self.aggregator_cycles,
            &self.work_j,
            &self.link_bytes,
            &self.peak_bytes,
            &self.sensor_weight_bytes,
            &self.aggregator_weight_bytes,
        ]
        .map(|column| &column[range.clone()][..count]);
        for index in 0..count {
            let frame = FrameDemand {
                sensor_cycles: sensor[index],
                aggregator_cycles: aggregator[index],
                work_j: work[index],
                link_bytes: link[index],
                peak_bytes: peak[index],
                sensor_weight_bytes: own[index],
                aggregator_weight_bytes: other[index],
                unsupported: self.unsupported(range.start + index),
            };
            visit(index, &rates.usage_of(&frame));
        }
    }

    /// Evaluates the splits in `range`: latency, excess over the limits and broken limits of each, into `costs`. None
    /// of them breaks a limit that is not `breakable`.
    pub fn evaluate(&self, range: Range<usize>, rates: &SystemRates, breakable: Violations, costs: &mut BatchCosts) {
        if breakable.is_within(SIMPLE) {
            self.evaluate_first::<SIMPLE_COUNT>(range, rates, costs);
        } else {
            self.evaluate_first::<COST_CONSTRAINTS>(range, rates, costs);
        }
    }

    /// Evaluates the splits in `range` under the first limits of the table.
    #[inline(always)]
    fn evaluate_first<const LIMITS: usize>(&self, range: Range<usize>, rates: &SystemRates, costs: &mut BatchCosts) {
        let count = range.len();
        costs.resize(count);
        let bounds = rates.bounds();
        let factors = Constraint::excess_factors(bounds);
        let (seconds, excess) = (&mut costs.seconds[..count], &mut costs.excess[..count]);
        let violations = &mut costs.violations[..count];
        self.each_usage(range, rates, |index, usage| {
            let (mut over, mut bits) = (0.0, 0);
            for limit in 0..LIMITS {
                over += Constraint::excess(usage[limit], bounds[limit], factors[limit]);
                bits += if usage[limit] > bounds[limit] { ONE_BROKEN | 1 << limit } else { 0 };
            }
            (seconds[index], excess[index], violations[index]) = (usage[Limit::Latency as usize], over, bits);
        });
    }

    /// Number of splits in `range` that meet every limit on cost. None of them breaks a limit that is not `breakable`.
    pub fn count_feasible(&self, range: Range<usize>, rates: &SystemRates, breakable: Violations) -> usize {
        if breakable.is_within(SIMPLE) {
            self.count_first::<SIMPLE_COUNT>(range, rates)
        } else {
            self.count_first::<COST_CONSTRAINTS>(range, rates)
        }
    }

    /// Number of splits in `range` that meet the first limits of the table.
    #[inline(always)]
    fn count_first<const LIMITS: usize>(&self, range: Range<usize>, rates: &SystemRates) -> usize {
        let (bounds, mut count) = (rates.bounds(), 0);
        self.each_usage(range, rates, |_, usage| {
            count += (0..LIMITS).fold(1, |all, limit| all & usize::from(usage[limit] <= bounds[limit]));
        });
        count
    }
}
