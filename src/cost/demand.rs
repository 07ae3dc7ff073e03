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
    /// Cycles of the processor for one frame.
    pub cycles: f64,
    /// Joules of one frame.
    pub energy_j: f64,
}

impl ProcessorWork {
    /// The work with `energy_j` joules added.
    #[inline]
    pub(super) fn plus_energy(self, energy_j: f64) -> Self {
        Self { energy_j: self.energy_j + energy_j, ..self }
    }

    /// The work with each figure replaced by `pick(self, other)`.
    pub(super) fn combine(self, other: Self, pick: impl Fn(f64, f64) -> f64) -> Self {
        Self { cycles: pick(self.cycles, other.cycles), energy_j: pick(self.energy_j, other.energy_j) }
    }
}

/// Work of the aggregator in a frame of V views: `one_view + (V - 1) * further_view`, and `fusion` from two views
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AggregatorWork {
    /// With one view: recover, and the blocks behind the split.
    pub one_view: ProcessorWork,
    /// For every further view: recover, the blocks up to the fusion, and taking it into the fused tensor.
    pub further_view: ProcessorWork,
    /// Part of the fusion that runs once.
    pub fusion: ProcessorWork,
}

impl AggregatorWork {
    /// Work with `views` views and as many sensors, each of which spends `sensor_j` joules.
    #[inline]
    fn work(&self, views: u32, sensor_j: f64) -> ProcessorWork {
        let (one_view, others) = (self.one_view.plus_energy(sensor_j), f64::from(views.saturating_sub(1)));
        let further_view = self.further_view.plus_energy(sensor_j);
        let fusion = if views > 1 { self.fusion } else { ProcessorWork::default() };
        ProcessorWork {
            cycles: one_view.cycles + others * further_view.cycles + fusion.cycles,
            energy_j: one_view.energy_j + others * further_view.energy_j + fusion.energy_j,
        }
    }
}

/// Demand of a design split at one boundary, before any knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitDemand {
    /// One sensor up to the split, the reduce layer and its pixels included.
    pub sensor: ProcessorWork,
    /// The aggregator, its weights resident.
    pub resident: AggregatorWork,
    /// The aggregator, its weights streamed for every frame.
    pub streamed: AggregatorWork,
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
    /// Weights that the fusion has once, from two views on.
    pub fusion_weight_bytes: u64,
    /// Weights of the fusion for every view but the first.
    pub fusion_view_weight_bytes: u64,
    /// Layers that their device can't run ([`crate::hardware::Operators`]).
    pub unsupported: u32,
    /// Layers of the fusion that the aggregator can't run; they count from two views on.
    pub fusion_unsupported: u32,
    /// Compression ratio of the splitting module; 1 without one.
    pub module_ratio: u32,
    /// Place of the peak.
    pub peak_at: PeakLocation,
    /// Boundary of the space at which the design is split.
    pub boundary: BoundaryId,
    /// Boundary of the space at which the views become one.
    pub fusion: BoundaryId,
}

impl SplitDemand {
    /// Work of the aggregator by view, with `views` views.
    #[inline]
    pub fn aggregator(&self, views: u32) -> &AggregatorWork {
        if views <= self.max_resident_views { &self.resident } else { &self.streamed }
    }

    /// Cycles of the aggregator with `views` views, and joules of a frame: all sensors and the aggregator.
    #[inline]
    pub fn work(&self, views: u32) -> ProcessorWork {
        self.aggregator(views).work(views, self.sensor.energy_j)
    }

    /// Weights of the aggregator's part with `views` views.
    #[inline]
    pub fn aggregator_weights(&self, views: u32) -> u64 {
        let fusion = self.fusion_weight_bytes + u64::from(views.saturating_sub(1)) * self.fusion_view_weight_bytes;
        self.aggregator_weight_bytes + if views > 1 { fusion } else { 0 }
    }

    /// Layers that their device can't run with `views` views.
    #[inline]
    pub fn unsupported_layers(&self, views: u32) -> u32 {
        self.unsupported + if views > 1 { self.fusion_unsupported } else { 0 }
    }

    /// Returns `true` if every further view and sensor adds the same work and nothing else.
    pub(crate) fn is_linear(&self) -> bool {
        self.linear_work().is_some()
    }

    /// Work of a frame with one view and of every further view, joules of the sensors included; `None` if more views
    /// change more than that: where the fusion has weights, runs a part once or can't run, or where the number of views
    /// decides whether the aggregator streams its weights.
    pub(super) fn linear_work(&self) -> Option<[ProcessorWork; 2]> {
        let one_mode = self.max_resident_views == 0 || self.max_resident_views == u32::MAX;
        let AggregatorWork { one_view, further_view, fusion } = *self.aggregator(1);
        let fusion_weights = self.fusion_weight_bytes + self.fusion_view_weight_bytes;
        let fuses_alike = fusion_weights == 0 && self.fusion_unsupported == 0 && fusion == ProcessorWork::default();
        if !one_mode || !fuses_alike {
            return None;
        }
        Some([one_view, further_view].map(|work| work.plus_energy(self.sensor.energy_j)))
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
    /// Layers that their device can't run.
    pub unsupported: f64,
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
            unsupported: f64::from(demand.unsupported_layers(sensors)),
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
            unsupported: pick(self.unsupported, other.unsupported),
        }
    }
}
