//! The splits of many designs as columns, with one number of sensors: what costing them all again reads.
//!
//! A knob other than the number of sensors changes factors only, so a pass over the columns is a few products a split. Another
//! number of sensors changes two of the columns. Where fusing takes the same for every further view (`max`, `mean`) they
//! follow from columns too; otherwise from the splits themselves.

use std::ops::Range;

use super::demand::{ProcessorWork, SplitDemand};
use super::evaluate::SystemRates;
use super::frame_demand::FrameDemand;

/// Splits as columns. Entry `i` of each belongs to split `i`.
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
    /// The most bytes of any split, in the order of [`SystemRates::byte_limits`].
    most_bytes: [f64; 3],
    /// ProcessorWork of a frame with one view, and of every further view; joules are those of the sensors too.
    first: Vec<ProcessorWork>,
    more: Vec<ProcessorWork>,
    /// Whether that is all the number of sensors changes.
    linear: bool,
}

/// The columns of some splits.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    sensor_cycles: &'a [f64],
    aggregator_cycles: &'a [f64],
    work_j: &'a [f64],
    link_bytes: &'a [f64],
    peak_bytes: &'a [f64],
    sensor_weight_bytes: &'a [f64],
    aggregator_weight_bytes: &'a [f64],
}

impl DemandBatch {
    /// No splits, with so many sensors.
    pub fn new(sensors: u32) -> Self {
        Self { sensors, linear: true, ..Self::default() }
    }

    /// Number of splits.
    pub const fn len(&self) -> usize {
        self.link_bytes.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.link_bytes.is_empty()
    }

    /// Makes room for so many more splits.
    pub fn reserve_exact(&mut self, demands: usize) {
        let batch = [
            &mut self.sensor_cycles,
            &mut self.aggregator_cycles,
            &mut self.work_j,
            &mut self.link_bytes,
            &mut self.peak_bytes,
            &mut self.sensor_weight_bytes,
            &mut self.aggregator_weight_bytes,
        ];
        for column in batch {
            column.reserve_exact(demands);
        }
        self.first.reserve_exact(demands);
        self.more.reserve_exact(demands);
    }

    /// Whether a split is allowed at a split.
    pub fn is_allowed(&self, index: usize) -> bool {
        self.link_bytes[index] < f64::INFINITY
    }

    /// Adds a split. One that is not allowed sends without end: it is never the fastest, and [`DemandBatch::is_allowed`] tells.
    pub fn push(&mut self, demand: &SplitDemand, allowed: bool) {
        let frame = FrameDemand::new(demand, self.sensors);
        self.sensor_cycles.push(frame.sensor_cycles);
        self.aggregator_cycles.push(frame.aggregator_cycles);
        self.work_j.push(frame.work_j);
        self.link_bytes.push(if allowed { frame.link_bytes } else { f64::INFINITY });
        self.peak_bytes.push(frame.peak_bytes);
        self.sensor_weight_bytes.push(frame.sensor_weight_bytes);
        self.aggregator_weight_bytes.push(frame.aggregator_weight_bytes);
        for (most, bytes) in self.most_bytes.iter_mut().zip(frame.bytes()) {
            *most = most.max(bytes);
        }
        let aggregation = demand.aggregation(self.sensors);
        self.first.push(aggregation.first.with(demand.sensor.energy_j));
        self.more.push(aggregation.more.with(demand.sensor.energy_j));
        let always = demand.max_resident_views == 0 || demand.max_resident_views == u32::MAX;
        self.linear &= always
            && demand.join_weight_bytes + demand.more_weight_bytes == 0
            && aggregation.join == ProcessorWork::default();
    }

    /// Turns to another number of sensors. `demands` are those that were added.
    pub fn set_sensors(&mut self, sensors: u32, demands: &[SplitDemand]) {
        if std::mem::replace(&mut self.sensors, sensors) == sensors {
            return;
        }
        let outputs = self.aggregator_cycles.iter_mut().zip(&mut self.work_j);
        if self.linear {
            let others = f64::from(sensors) - 1.0;
            for ((cycles, joules), (first, more)) in outputs.zip(self.first.iter().zip(&self.more)) {
                *cycles = first.cycles + others * more.cycles;
                *joules = first.energy_j + others * more.energy_j;
            }
            return;
        }
        self.most_bytes[2] = 0.0;
        for (((cycles, joules), weights), demand) in outputs.zip(&mut self.aggregator_weight_bytes).zip(demands) {
            let frame = FrameDemand::new(demand, sensors);
            (*cycles, *joules, *weights) = (frame.aggregator_cycles, frame.work_j, frame.aggregator_weight_bytes);
            self.most_bytes[2] = self.most_bytes[2].max(*weights);
        }
    }

    /// One split.
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

    /// Whether a split that takes so many seconds meets every limit on cost. The same as [`SystemRates::meets`] says, but only what
    /// some split breaks is read: a column of many splits is far away.
    #[inline(always)]
    pub fn meets(&self, index: usize, seconds: f64, rates: &SystemRates) -> bool {
        let batch = [&self.peak_bytes, &self.sensor_weight_bytes, &self.aggregator_weight_bytes];
        let mut bytes = batch.into_iter().zip(self.most_bytes).zip(rates.byte_limits());
        bytes.all(|((column, most), limit)| most <= limit || column[index] <= limit)
            && rates.is_quick(seconds)
            && (rates.asks_only_latency() || rates.meets(&self.frame(index)))
    }

    /// Index among all splits of the fastest allowed one of some, and its seconds; of equally fast ones the first.
    #[inline(always)]
    pub fn fastest(&self, range: Range<usize>, rates: &SystemRates) -> Option<(usize, f64)> {
        let [sensor, aggregator, link] =
            [&self.sensor_cycles, &self.aggregator_cycles, &self.link_bytes].map(|column| &column[range.clone()]);
        let seconds = |index: usize| rates.seconds(sensor[index], link[index], aggregator[index]);
        let (mut least, mut at) = (f64::INFINITY, usize::MAX);
        // Without a branch: which split is faster is hard to foresee. By twos, so that fewer comparisons wait for one another.
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

    /// The columns of some of the splits.
    #[inline]
    pub fn rows(&self, range: Range<usize>) -> Rows<'_> {
        Rows {
            sensor_cycles: &self.sensor_cycles[range.clone()],
            aggregator_cycles: &self.aggregator_cycles[range.clone()],
            work_j: &self.work_j[range.clone()],
            link_bytes: &self.link_bytes[range.clone()],
            peak_bytes: &self.peak_bytes[range.clone()],
            sensor_weight_bytes: &self.sensor_weight_bytes[range.clone()],
            aggregator_weight_bytes: &self.aggregator_weight_bytes[range],
        }
    }

    /// The columns of all splits.
    pub fn all(&self) -> Rows<'_> {
        self.rows(0..self.link_bytes.len())
    }
}

impl<'a> Rows<'a> {
    /// Number of splits.
    pub const fn len(&self) -> usize {
        self.link_bytes.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.link_bytes.is_empty()
    }

    /// Cycles, bytes and joules by which a split is costed, each of all splits and in the order of [`FrameDemand`]: as many of each.
    pub(super) const fn slices(&self) -> [&'a [f64]; 7] {
        [
            self.sensor_cycles,
            self.aggregator_cycles,
            self.work_j,
            self.link_bytes,
            self.peak_bytes,
            self.sensor_weight_bytes,
            self.aggregator_weight_bytes,
        ]
    }

    /// Every split, in order.
    pub fn frames(self) -> impl ExactSizeIterator<Item = FrameDemand> + 'a {
        let (first, second) =
            (self.sensor_cycles.iter().zip(self.aggregator_cycles), self.work_j.iter().zip(self.link_bytes));
        let weights = self.sensor_weight_bytes.iter().zip(self.aggregator_weight_bytes);
        let all = first.zip(second).zip(self.peak_bytes.iter().zip(weights));
        all.map(|(((sensor, aggregator), (work, link)), (peak, (own, other)))| FrameDemand {
            sensor_cycles: *sensor,
            aggregator_cycles: *aggregator,
            work_j: *work,
            link_bytes: *link,
            peak_bytes: *peak,
            sensor_weight_bytes: *own,
            aggregator_weight_bytes: *other,
        })
    }
}
