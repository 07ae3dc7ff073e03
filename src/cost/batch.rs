//! Demands of many splits as a structure of arrays, with one number of sensors: what costing all of them again reads.
//!
//! A knob other than the number of sensors changes factors only, so a pass over the columns is a few products a split.
//! Another number of sensors changes three of the columns. Where a further view always takes the same (fusion by `max`
//! or `mean`), they follow from columns too; the demands of other splits are kept.
//!
//! Every figure equals that of [`SystemRates::evaluate`] to the last digit (tested).

mod costs;
mod evaluation;

pub use self::costs::BatchCosts;
use super::demand::{FrameDemand, ProcessorWork, SplitDemand};
use super::knobs::Knobs;
use super::rates::SystemRates;
use super::violations::Violations;

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
    /// Layers that their device can't run, up to the last split that has some: empty where all can.
    unsupported: Vec<f64>,
    /// Work of a frame with one view, and of every further view, where that is all the number of sensors changes.
    linear_work: Vec<[ProcessorWork; 2]>,
    /// The other splits with their entries, ascending.
    others: Vec<(usize, SplitDemand)>,
    /// Highest figures of the allowed splits whose work is linear.
    highest: DemandBound,
    /// Highest figures of the others, with the number of sensors of the batch.
    highest_of_others: FrameDemand,
}

/// Lowest or highest figures of splits whose work is linear in the number of sensors.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DemandBound {
    frame: FrameDemand,
    work: [ProcessorWork; 2],
}

impl DemandBound {
    /// The figures with `sensors` sensors.
    pub(crate) fn frame_with(&self, sensors: u32) -> FrameDemand {
        let (aggregator_cycles, work_j) = linear(&self.work, sensors);
        FrameDemand { aggregator_cycles, work_j, ..self.frame }
    }

    /// The figures of both, as `pick` chooses.
    pub(crate) fn combine(&self, other: &Self, pick: fn(f64, f64) -> f64) -> Self {
        let work = [0, 1].map(|view| self.work[view].combine(other.work[view], pick));
        Self { frame: self.frame.combine(&other.frame, pick), work }
    }
}

impl DemandBatch {
    /// An empty batch for `sensors` sensors.
    pub fn new(sensors: u32) -> Self {
        Self { sensors, ..Self::default() }
    }

    /// The splits of one design under `knobs`, in order.
    pub fn of(demands: &[SplitDemand], knobs: &Knobs, allowed: impl Fn(&SplitDemand) -> bool) -> Self {
        let mut batch = Self::new(knobs.sensors.max(1));
        for demand in demands {
            batch.push(demand, allowed(demand));
        }
        batch
    }

    /// Number of sensors.
    pub const fn sensors(&self) -> u32 {
        self.sensors
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
        self.linear_work.reserve_exact(splits);
    }

    /// Every column but the last, in the order of the fields of [`FrameDemand`].
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
        let linear_work = demand.linear_work();
        let work = linear_work.unwrap_or_default();
        if linear_work.is_none() {
            self.others.push((self.len(), *demand));
            self.highest_of_others = self.highest_of_others.combine(&frame, f64::max);
        } else if allowed {
            self.highest = self.highest.combine(&DemandBound { frame, work }, f64::max);
        }
        self.linear_work.push(work);
        self.sensor_cycles.push(frame.sensor_cycles);
        self.aggregator_cycles.push(frame.aggregator_cycles);
        self.work_j.push(frame.work_j);
        self.link_bytes.push(if allowed { frame.link_bytes } else { f64::INFINITY });
        self.peak_bytes.push(frame.peak_bytes);
        self.sensor_weight_bytes.push(frame.sensor_weight_bytes);
        self.aggregator_weight_bytes.push(frame.aggregator_weight_bytes);
        if frame.unsupported > 0.0 {
            self.unsupported.resize(self.link_bytes.len() - 1, 0.0);
            self.unsupported.push(frame.unsupported);
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
            unsupported: match self.unsupported.as_slice() {
                [] => Vec::new(),
                _ => order.clone().map(|index| self.unsupported(index)).collect(),
            },
            linear_work: order.clone().map(|index| self.linear_work[index]).collect(),
            others: order.enumerate().filter_map(|(at, index)| Some((at, *self.other(index)?))).collect(),
            highest: self.highest,
            highest_of_others: self.highest_of_others,
        }
    }

    /// Layers of the split at entry `index` that their device can't run.
    #[inline]
    fn unsupported(&self, index: usize) -> f64 {
        self.unsupported.get(index).copied().unwrap_or(0.0)
    }

    /// Returns `true` if a split is allowed at entry `index`.
    #[inline]
    pub fn is_allowed(&self, index: usize) -> bool {
        self.link_bytes[index] < f64::INFINITY
    }

    /// Demand of the split at entry `index`, unless its work is linear in the number of sensors.
    #[inline]
    fn other(&self, index: usize) -> Option<&SplitDemand> {
        if self.others.is_empty() {
            return None;
        }
        let found = self.others.binary_search_by_key(&index, |(entry, _)| *entry);
        found.ok().map(|at| &self.others[at].1)
    }

    /// Turns to another number of sensors.
    pub fn set_sensors(&mut self, sensors: u32) {
        if std::mem::replace(&mut self.sensors, sensors) == sensors {
            return;
        }
        let outputs = self.aggregator_cycles.iter_mut().zip(&mut self.work_j);
        for ((cycles, joules), work) in outputs.zip(&self.linear_work) {
            (*cycles, *joules) = linear(work, sensors);
        }
        self.highest_of_others = FrameDemand::default();
        for (index, demand) in &self.others {
            let frame = FrameDemand::new(demand, sensors);
            self.aggregator_cycles[*index] = frame.aggregator_cycles;
            self.work_j[*index] = frame.work_j;
            self.aggregator_weight_bytes[*index] = frame.aggregator_weight_bytes;
            if demand.fusion_unsupported > 0 {
                let length = self.unsupported.len().max(index + 1);
                self.unsupported.resize(length, 0.0);
                self.unsupported[*index] = frame.unsupported;
            }
            self.highest_of_others = self.highest_of_others.combine(&frame, f64::max);
        }
    }

    /// Lowest or highest figures of all splits, as `pick` chooses; their work must be linear.
    pub(crate) fn bound(&self, pick: fn(f64, f64) -> f64) -> DemandBound {
        let own = |index| DemandBound { frame: self.frame(index), work: self.linear_work[index] };
        (0..self.len()).map(own).reduce(|all, own| all.combine(&own, pick)).unwrap_or_default()
    }

    /// Limits on cost that some split may break. No split breaks another: every usage grows with every figure of a
    /// demand, in exact and in rounded numbers, and the highest figures keep the others.
    pub fn breakable(&self, rates: &SystemRates) -> Violations {
        let highest = self.highest.frame_with(self.sensors).combine(&self.highest_of_others, f64::max);
        rates.evaluate_frame(&highest).violations
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
            unsupported: self.unsupported(index),
        }
    }

    /// Demand of a frame at entry `index` with another number of sensors.
    #[inline]
    pub fn frame_with(&self, index: usize, sensors: u32) -> FrameDemand {
        if let Some(demand) = self.other(index) {
            return FrameDemand::new(demand, sensors);
        }
        let (aggregator_cycles, work_j) = linear(&self.linear_work[index], sensors);
        FrameDemand { aggregator_cycles, work_j, ..self.frame(index) }
    }
}

/// Cycles of the aggregator and joules of a frame with `sensors` sensors, by the work of the first and of each further.
#[inline]
fn linear([first, more]: &[ProcessorWork; 2], sensors: u32) -> (f64, f64) {
    let others = f64::from(sensors) - 1.0;
    (first.cycles + others * more.cycles, first.energy_j + others * more.energy_j)
}
