//! Demand of a split: cycles, bytes and joules that it asks of sensor, link and aggregator, before any knob.

use crate::network::BoundaryId;

/// Place where most bytes are alive on a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeakLocation {
    /// Nothing runs: the frame itself waits for the link.
    Frame,
    /// While this layer runs.
    Layer(u32),
    /// While this layer runs patch by patch.
    Patch(u32),
    /// While the splitting module reduces the tensor.
    Reduce,
}

/// Work of one processor, static power not included.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProcessorWork {
    /// Cycles.
    pub cycles: f64,
    /// Joules.
    pub energy_j: f64,
}

impl ProcessorWork {
    /// The work with `energy_j` joules added.
    #[inline]
    pub(super) fn plus_energy(self, energy_j: f64) -> Self {
        Self { energy_j: self.energy_j + energy_j, ..self }
    }
}

/// Work of the aggregator in a frame of V views: `first + (V - 1) * more`, and `join` from two views on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Aggregation {
    /// With one view: recover, and the blocks behind the split.
    pub first: ProcessorWork,
    /// For every further view: recover, the blocks up to the fusion, and taking it into the fused tensor.
    pub more: ProcessorWork,
    /// Part of the fusion that runs once.
    pub join: ProcessorWork,
}

impl Aggregation {
    /// Work with `views` views and as many sensors, each of which spends `sensor_j` joules.
    #[inline]
    fn work(&self, views: u32, sensor_j: f64) -> ProcessorWork {
        let (first, others) = (self.first.plus_energy(sensor_j), f64::from(views.saturating_sub(1)));
        let more = self.more.plus_energy(sensor_j);
        let join = if views > 1 { self.join } else { ProcessorWork::default() };
        ProcessorWork {
            cycles: first.cycles + others * more.cycles + join.cycles,
            energy_j: first.energy_j + others * more.energy_j + join.energy_j,
        }
    }
}

/// Demand of a design split at one boundary, before any knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitDemand {
    /// One sensor up to the split, the reduce layer and its pixels included.
    pub sensor: ProcessorWork,
    /// The aggregator, its weights resident.
    pub resident: Aggregation,
    /// The aggregator, its weights streamed for every frame.
    pub streamed: Aggregation,
    /// Most views with which the aggregator keeps its weights; with more it streams them.
    pub max_resident_views: u32,
    /// Bytes each sensor sends.
    pub link_bytes: u64,
    /// Most bytes alive on a sensor: activations, buffers, and weights where they share the memory.
    pub sensor_peak_bytes: u64,
    /// Weights of the sensor's part, the reduce layer included.
    pub sensor_weight_bytes: u64,
    /// Weights of the aggregator's part with one view, the recover layer included.
    pub aggregator_weight_bytes: u64,
    /// Weights of the fusion from two views on.
    pub join_weight_bytes: u64,
    /// Weights of the fusion for every view but the first.
    pub more_weight_bytes: u64,
    /// Place of the peak.
    pub peak_at: PeakLocation,
    /// Boundary of the space at which the design is split.
    pub boundary: BoundaryId,
}

impl SplitDemand {
    /// Work of the aggregator by view, with `views` views.
    #[inline]
    pub fn aggregation(&self, views: u32) -> &Aggregation {
        if views <= self.max_resident_views { &self.resident } else { &self.streamed }
    }

    /// Cycles of the aggregator with `views` views, and joules of a frame: all sensors and the aggregator.
    #[inline]
    pub fn work(&self, views: u32) -> ProcessorWork {
        self.aggregation(views).work(views, self.sensor.energy_j)
    }

    /// Weights of the aggregator's part with `views` views.
    #[inline]
    pub fn aggregator_weights(&self, views: u32) -> u64 {
        let fusion = self.join_weight_bytes + u64::from(views.saturating_sub(1)) * self.more_weight_bytes;
        self.aggregator_weight_bytes + if views > 1 { fusion } else { 0 }
    }

    /// Returns `true` if every further view and sensor adds the same work and nothing else.
    pub(crate) fn is_linear(&self) -> bool {
        self.linear_work().is_some()
    }

    /// Work of a frame with one view and of every further view, joules of the sensors included; `None` if more views
    /// change more than that: where the fusion has weights or runs a part once, or where the number of views decides
    /// whether the aggregator streams its weights.
    pub(super) fn linear_work(&self) -> Option<[ProcessorWork; 2]> {
        let one_mode = self.max_resident_views == 0 || self.max_resident_views == u32::MAX;
        let Aggregation { first, more, join } = *self.aggregation(1);
        let fusion_weights = self.join_weight_bytes + self.more_weight_bytes;
        if !one_mode || fusion_weights > 0 || join != ProcessorWork::default() {
            return None;
        }
        Some([first.plus_energy(self.sensor.energy_j), more.plus_energy(self.sensor.energy_j)])
    }
}

/// Demand of one frame of a split with a given number of sensors: all that the other knobs act on. Bytes are whole
/// numbers below 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FrameDemand {
    /// Cycles of one sensor.
    pub sensor_cycles: f64,
    /// Cycles of the aggregator.
    pub aggregator_cycles: f64,
    /// Joules of all sensors and the aggregator: without static power, and without the link.
    pub work_j: f64,
    /// Bytes each sensor sends.
    pub link_bytes: f64,
    /// Most bytes alive on a sensor.
    pub peak_bytes: f64,
    /// Weights of a sensor.
    pub sensor_weight_bytes: f64,
    /// Weights of the aggregator.
    pub aggregator_weight_bytes: f64,
}

impl FrameDemand {
    /// Demand of a frame with `sensors` sensors.
    #[inline]
    pub fn new(demand: &SplitDemand, sensors: u32) -> Self {
        let work = demand.work(sensors);
        Self {
            sensor_cycles: demand.sensor.cycles,
            aggregator_cycles: work.cycles,
            work_j: work.energy_j,
            link_bytes: demand.link_bytes as f64,
            peak_bytes: demand.sensor_peak_bytes as f64,
            sensor_weight_bytes: demand.sensor_weight_bytes as f64,
            aggregator_weight_bytes: demand.aggregator_weights(sensors) as f64,
        }
    }

    /// The demand with each figure replaced by `pick(self, other)`: with `f64::min` a lower bound of both, with
    /// `f64::max` an upper bound.
    #[must_use]
    pub(crate) fn combine(&self, other: &Self, pick: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            sensor_cycles: pick(self.sensor_cycles, other.sensor_cycles),
            aggregator_cycles: pick(self.aggregator_cycles, other.aggregator_cycles),
            work_j: pick(self.work_j, other.work_j),
            link_bytes: pick(self.link_bytes, other.link_bytes),
            peak_bytes: pick(self.peak_bytes, other.peak_bytes),
            sensor_weight_bytes: pick(self.sensor_weight_bytes, other.sensor_weight_bytes),
            aggregator_weight_bytes: pick(self.aggregator_weight_bytes, other.aggregator_weight_bytes),
        }
    }
}
