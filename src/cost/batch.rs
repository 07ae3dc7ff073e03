//! Demands of many splits as a structure of arrays, with one number of sensors: what costing all of them again reads.
//!
//! A knob other than the number of sensors changes factors only, so a pass over the columns is a few products a split.
//! Another number of sensors changes three of the columns. Where a further view always takes the same (fusion by `max`
//! or `mean`), they follow from columns too; otherwise from the demands themselves.
//!
//! Every figure equals that of [`SystemRates::evaluate`] to the last digit (tested).

use std::ops::Range;

use super::constraint::{COST_CONSTRAINTS, Usage};
use super::demand::{FrameDemand, ProcessorWork, SplitDemand};
use super::evaluation::Violations;
use super::rates::SystemRates;
use crate::quantity::Limit;

/// Demands of many splits, one entry a split in every column.
#[derive(Debug, Clone, Default)]
pub struct DemandBatch {
    sensors: u32,
    sensor_cycles: Vec<f64>,
    aggregator_cycles: Vec<f64>,
    work_j: Vec<f64>,
    link_bytes: Vec<f64>,
    peak_bytes: Vec<f64>,
    sensor_weight_bytes: Vec<f64>,
    aggregator_weight_bytes: Vec<f64>,
    /// Work of a frame with one view, and of every further view, as long as that is all the number of sensors changes.
    linear_work: Option<Vec<[ProcessorWork; 2]>>,
}

impl DemandBatch {
    /// An empty batch for `sensors` sensors.
    pub fn new(sensors: u32) -> Self {
        Self { sensors, linear_work: Some(Vec::new()), ..Self::default() }
    }

    /// Number of splits.
    pub const fn len(&self) -> usize {
        self.link_bytes.len()
    }

    /// Returns `true` if the batch holds no split.
    pub const fn is_empty(&self) -> bool {
        self.link_bytes.is_empty()
    }

    /// Makes room for exactly `splits` more splits.
    pub fn reserve_exact(&mut self, splits: usize) {
        for column in self.columns() {
            column.reserve_exact(splits);
        }
        if let Some(work) = &mut self.linear_work {
            work.reserve_exact(splits);
        }
    }

    /// Every column, in the order of the fields of [`FrameDemand`].
    fn columns(&mut self) -> [&mut Vec<f64>; 7] {
        [
            &mut self.sensor_cycles,
            &mut self.aggregator_cycles,
            &mut self.work_j,
            &mut self.link_bytes,
            &mut self.peak_bytes,
            &mut self.sensor_weight_bytes,
            &mut self.aggregator_weight_bytes,
        ]
    }

    /// Appends a split. One that is not `allowed` sends without end: it is never the fastest, and
    /// [`DemandBatch::is_allowed`] tells it.
    pub fn push(&mut self, demand: &SplitDemand, allowed: bool) {
        let frame = FrameDemand::new(demand, self.sensors);
        self.sensor_cycles.push(frame.sensor_cycles);
        self.aggregator_cycles.push(frame.aggregator_cycles);
        self.work_j.push(frame.work_j);
        self.link_bytes.push(if allowed { frame.link_bytes } else { f64::INFINITY });
        self.peak_bytes.push(frame.peak_bytes);
        self.sensor_weight_bytes.push(frame.sensor_weight_bytes);
        self.aggregator_weight_bytes.push(frame.aggregator_weight_bytes);
        match (&mut self.linear_work, demand.linear_work()) {
            (Some(all), Some(own)) => all.push(own),
            _ => self.linear_work = None,
        }
    }

    /// The entries in another order.
    #[must_use]
    pub fn reordered(&self, order: impl Iterator<Item = usize> + Clone) -> Self {
        let column = |own: &Vec<f64>| order.clone().map(|index| own[index]).collect();
        Self {
            sensors: self.sensors,
            sensor_cycles: column(&self.sensor_cycles),
            aggregator_cycles: column(&self.aggregator_cycles),
            work_j: column(&self.work_j),
            link_bytes: column(&self.link_bytes),
            peak_bytes: column(&self.peak_bytes),
            sensor_weight_bytes: column(&self.sensor_weight_bytes),
            aggregator_weight_bytes: column(&self.aggregator_weight_bytes),
            linear_work: self.linear_work.as_ref().map(|own| order.map(|index| own[index]).collect()),
        }
    }

    /// Returns `true` if a split is allowed at entry `index`.
    #[inline]
    pub fn is_allowed(&self, index: usize) -> bool {
        self.link_bytes[index] < f64::INFINITY
    }

    /// Turns to another number of sensors. `demands` are those that were pushed.
    pub fn set_sensors(&mut self, sensors: u32, demands: &[SplitDemand]) {
        if std::mem::replace(&mut self.sensors, sensors) == sensors {
            return;
        }
        let outputs = self.aggregator_cycles.iter_mut().zip(&mut self.work_j);
        if let Some(linear) = &self.linear_work {
            let others = f64::from(sensors) - 1.0;
            for ((cycles, joules), [first, more]) in outputs.zip(linear) {
                *cycles = first.cycles + others * more.cycles;
                *joules = first.energy_j + others * more.energy_j;
            }
            return;
        }
        for (((cycles, joules), weights), demand) in outputs.zip(&mut self.aggregator_weight_bytes).zip(demands) {
            let frame = FrameDemand::new(demand, sensors);
            (*cycles, *joules, *weights) = (frame.aggregator_cycles, frame.work_j, frame.aggregator_weight_bytes);
        }
    }

    /// Demand of a frame at entry `index`.
    #[inline]
    pub fn frame(&self, index: usize) -> FrameDemand {
        FrameDemand {
            sensor_cycles: self.sensor_cycles[index],
            aggregator_cycles: self.aggregator_cycles[index],
            work_j: self.work_j[index],
            link_bytes: self.link_bytes[index],
            peak_bytes: self.peak_bytes[index],
            sensor_weight_bytes: self.sensor_weight_bytes[index],
            aggregator_weight_bytes: self.aggregator_weight_bytes[index],
        }
    }

    /// Demand of a frame at entry `index` with another number of sensors. `demands` are those that were pushed.
    #[inline]
    pub fn frame_with(&self, index: usize, sensors: u32, demands: &[SplitDemand]) -> FrameDemand {
        let Some(linear) = &self.linear_work else { return FrameDemand::new(&demands[index], sensors) };
        let (others, [first, more]) = (f64::from(sensors) - 1.0, &linear[index]);
        FrameDemand {
            aggregator_cycles: first.cycles + others * more.cycles,
            work_j: first.energy_j + others * more.energy_j,
            ..self.frame(index)
        }
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

    /// Evaluates the splits in `range`: latency, excess over the limits and broken limits of each, into `costs`.
    pub fn evaluate(&self, range: Range<usize>, rates: &SystemRates, costs: &mut BatchCosts) {
        let count = range.len();
        costs.resize(count);
        let bounds = rates.bounds();
        let inverse: Usage = bounds.map(|bound| bound.max(f64::MIN_POSITIVE).recip());
        let (seconds, excess) = (&mut costs.seconds[..count], &mut costs.excess[..count]);
        let violations = &mut costs.violations[..count];
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
        // Without a branch, so that several splits are evaluated at once.
        for index in 0..count {
            let frame = FrameDemand {
                sensor_cycles: sensor[index],
                aggregator_cycles: aggregator[index],
                work_j: work[index],
                link_bytes: link[index],
                peak_bytes: peak[index],
                sensor_weight_bytes: own[index],
                aggregator_weight_bytes: other[index],
            };
            let usage = rates.usage(&frame, &rates.frame_latency(&frame));
            let (mut over, mut bits) = (0.0, 0);
            for limit in 0..COST_CONSTRAINTS {
                let part = (usage[limit] - bounds[limit]) * inverse[limit];
                over += if part > 0.0 { part } else { 0.0 };
                bits |= u64::from(usage[limit] > bounds[limit]) << limit;
            }
            (seconds[index], excess[index], violations[index]) = (usage[Limit::Latency as usize], over, bits);
        }
    }

    /// Number of splits in `range` that meet every limit on cost.
    pub fn count_feasible(&self, range: Range<usize>, rates: &SystemRates) -> usize {
        range.map(|index| usize::from(rates.is_feasible(&self.frame(index)))).sum()
    }
}

/// Costs of some splits as far as limits and order go, one entry a split. Filled again and again without allocation.
#[derive(Debug, Clone, Default)]
pub struct BatchCosts {
    len: usize,
    seconds: Vec<f64>,
    excess: Vec<f64>,
    /// Bits in the order of [`Limit::ALL`]; as wide as the other columns, so that they are filled together.
    violations: Vec<u64>,
}

impl BatchCosts {
    fn resize(&mut self, len: usize) {
        self.len = len;
        if self.seconds.len() < len {
            self.seconds.resize(len, 0.0);
            self.excess.resize(len, 0.0);
            self.violations.resize(len, 0);
        }
    }

    /// Adds the limit on accuracy. Accuracies beyond the slice, and NaN, are unknown and break no limit.
    pub fn add_accuracies(&mut self, accuracies: &[f64], floor: f64) {
        for ((accuracy, excess), bits) in accuracies.iter().zip(&mut self.excess).zip(&mut self.violations) {
            *excess += (floor - accuracy).max(0.0);
            *bits |= u64::from(*accuracy < floor) << Limit::Accuracy as u32;
        }
    }

    /// Seconds of a frame; infinite where no split is allowed.
    pub fn seconds(&self) -> &[f64] {
        &self.seconds[..self.len]
    }

    /// Sum over the broken limits of the share by which each is exceeded.
    pub fn excess(&self) -> &[f64] {
        &self.excess[..self.len]
    }

    /// Limits broken by the split at `index`.
    #[inline]
    pub fn violations(&self, index: usize) -> Violations {
        Violations::from_bits(self.violations[index] as u8)
    }

    /// Index of the fastest split that breaks no limit; of equally fast ones the first.
    pub fn fastest_feasible(&self) -> Option<usize> {
        let (mut least, mut at) = (f64::INFINITY, None);
        for (index, (&seconds, &violations)) in self.seconds().iter().zip(&self.violations).enumerate() {
            if violations == 0 && seconds < least {
                (least, at) = (seconds, Some(index));
            }
        }
        at
    }
}
