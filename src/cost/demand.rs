//! Puts one split together from its parts: the layers before it, the splitting module, the layers behind it.
//!
//! Shared by the table made layer by layer ([`super::NetworkCosts::new`]) and the one made from precomputed blocks.

use std::ops::{Add, AddAssign, Sub};

use super::fusion::FusionCost;
use super::layer::{LayerCost, module_cost, streams};
use crate::hardware::{Device, Layout, Profile, Residency};
use crate::network::memory::Peak;
use crate::network::{BoundaryId, Shape};

/// Bits per element of raw input and of logits on the link, and of activations in memory.
const PLAIN_BITS: u64 = 8;

/// Where most bytes are alive on a sensor.
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

/// Cycles and joules, static power not included.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProcessorWork {
    /// Cycles.
    pub cycles: f64,
    /// Joules.
    pub energy_j: f64,
}

impl ProcessorWork {
    /// The same with more joules.
    #[inline]
    pub(super) fn with(self, energy_j: f64) -> Self {
        Self { energy_j: self.energy_j + energy_j, ..self }
    }
}

/// What the aggregator does in a frame of V views: `first + (V - 1) * more`, and `join` from two views on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Aggregation {
    /// With one view: recover, and the blocks behind the split.
    pub first: ProcessorWork,
    /// For every further view: recover, the blocks up to the fusion, and taking it into the fused tensor.
    pub more: ProcessorWork,
    /// What fusing takes once.
    pub join: ProcessorWork,
}

impl Aggregation {
    /// The work of so many views and sensors, if each sensor spends those joules.
    #[inline]
    fn of(&self, views: u32, sensor_j: f64) -> ProcessorWork {
        let (first, others) = (self.first.with(sensor_j), f64::from(views.saturating_sub(1)));
        let more = self.more.with(sensor_j);
        let join = if views > 1 { self.join } else { ProcessorWork::default() };
        ProcessorWork {
            cycles: first.cycles + others * more.cycles + join.cycles,
            energy_j: first.energy_j + others * more.energy_j + join.energy_j,
        }
    }

    fn new(context: &SplitContext, module: &SplitModuleCost, streamed: bool) -> Self {
        let [view, after] = [context.between + module.recover, context.after].map(|spend| spend.pick(streamed));
        let [join, fuse] = [context.fuse.join, context.fuse.more].map(|spend| spend.pick(streamed));
        let work = |[cycles, energy_j]: [f64; 2]| ProcessorWork { cycles, energy_j };
        let sum = |a: [f64; 2], b: [f64; 2]| work([a[0] + b[0], a[1] + b[1]]);
        Self { first: sum(view, after), more: sum(view, fuse), join: work(join) }
    }
}

/// One boundary of a design: what a split there costs, before any knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitDemand {
    /// One sensor up to the split, the reduce layer and its pixels included.
    pub sensor: ProcessorWork,
    /// The aggregator, its weights resident.
    pub resident: Aggregation,
    /// The aggregator, its weights streamed for every frame.
    pub streamed: Aggregation,
    /// With more views than these the aggregator loads its weights.
    pub max_resident_views: u32,
    /// Bytes each sensor sends.
    pub link_bytes: u64,
    /// Most bytes alive on a sensor: activations, buffers, and weights where they share the memory.
    pub sensor_peak_bytes: u64,
    /// Weights of the sensor's part, the reduce layer included.
    pub sensor_weight_bytes: u64,
    /// Weights of the aggregator's part with one view, the recover layer included.
    pub aggregator_weight_bytes: u64,
    /// Weights that fusing needs from two views on.
    pub join_weight_bytes: u64,
    /// Weights that fusing needs for every view but the first.
    pub more_weight_bytes: u64,
    /// Where the peak is.
    pub peak_at: PeakLocation,
    /// Number of the boundary in its space.
    pub boundary: BoundaryId,
}

impl SplitDemand {
    /// What the aggregator does with so many views.
    #[inline]
    pub fn aggregation(&self, views: u32) -> &Aggregation {
        if views <= self.max_resident_views { &self.resident } else { &self.streamed }
    }

    /// Cycles of the aggregator with so many views, and joules of a frame: all sensors and the aggregator.
    #[inline]
    pub fn work(&self, views: u32) -> ProcessorWork {
        self.aggregation(views).of(views, self.sensor.energy_j)
    }

    /// Weights of the aggregator's part with so many views.
    #[inline]
    pub fn aggregator_weights(&self, views: u32) -> u64 {
        let fusing = self.join_weight_bytes + u64::from(views.saturating_sub(1)) * self.more_weight_bytes;
        self.aggregator_weight_bytes + if views > 1 { fusing } else { 0 }
    }
}

/// Cycles and joules of some layers, if their weights are resident and if they are streamed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct CycleEnergy {
    resident: [f64; 2],
    streamed: [f64; 2],
}

impl CycleEnergy {
    pub(super) fn of(layer: &LayerCost) -> Self {
        Self { resident: layer.spent(false).into(), streamed: layer.spent(true).into() }
    }

    /// The same work done several times.
    pub(super) fn times(self, times: f64) -> Self {
        Self { resident: self.resident.map(|value| value * times), streamed: self.streamed.map(|value| value * times) }
    }

    /// Cycles and joules, with the weights streamed or not.
    pub(crate) const fn pick(&self, streams: bool) -> [f64; 2] {
        if streams { self.streamed } else { self.resident }
    }
}

impl Add for CycleEnergy {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |a: [f64; 2], b: [f64; 2]| [a[0] + b[0], a[1] + b[1]];
        Self { resident: sum(self.resident, other.resident), streamed: sum(self.streamed, other.streamed) }
    }
}

impl AddAssign for CycleEnergy {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for CycleEnergy {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let difference = |a: [f64; 2], b: [f64; 2]| [a[0] - b[0], a[1] - b[1]];
        Self {
            resident: difference(self.resident, other.resident),
            streamed: difference(self.streamed, other.streamed),
        }
    }
}

/// What module a boundary adds: the splitting module on both sides, and the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct SplitModuleCost {
    pub(crate) reduce: CycleEnergy,
    pub(crate) recover: CycleEnergy,
    /// Weights of each side of the module; both have the same.
    pub(crate) weight_bytes: u64,
    pub(crate) link_bytes: u64,
    /// Bytes alive while the tensor is reduced.
    pub(crate) reduce_bytes: u64,
}

impl SplitModuleCost {
    /// The tensor as it is: raw input, or logits.
    pub(super) fn plain(shape: Shape) -> Self {
        Self { link_bytes: (shape.elements() * PLAIN_BITS).div_ceil(8), ..Self::default() }
    }

    /// A tensor of C channels reduced to `ceil(C / ratio)` and sent with `bits` per element. Ratio 1 has no module.
    pub(super) fn split(shape: Shape, ratio: u8, bits: u8, devices: Devices) -> Self {
        let ratio = u32::from(ratio.max(1));
        let channels = shape.channels.div_ceil(ratio);
        let sent = u64::from(channels) * shape.positions();
        let link_bytes = (sent * u64::from(bits)).div_ceil(8);
        if ratio == 1 {
            return Self { link_bytes, ..Self::default() };
        }
        let narrow = Shape { channels, ..shape };
        let reduce = module_cost(shape, channels, &devices.profile.sensor.device, devices.sensor);
        let recover = module_cost(narrow, shape.channels, &devices.profile.aggregator, devices.aggregator);
        Self {
            reduce: CycleEnergy::of(&reduce),
            recover: CycleEnergy::of(&recover),
            weight_bytes: reduce.weight_bytes,
            link_bytes,
            reduce_bytes: shape.elements() + sent,
        }
    }
}

/// The two devices with the costs of a whole network's layers on them, from which a measured device's mean rate is taken.
#[derive(Clone, Copy)]
pub(super) struct Devices<'a> {
    pub(super) profile: &'a Profile,
    pub(super) sensor: &'a [LayerCost],
    pub(super) aggregator: &'a [LayerCost],
}

/// The layers context one split.
#[derive(Debug, Clone, Copy)]
pub(super) struct SplitContext {
    pub(super) boundary: BoundaryId,
    /// Layers before the split, on the sensor.
    pub(super) before: CycleEnergy,
    pub(super) before_weights: u64,
    /// Weights of the largest layer before the split.
    pub(super) largest_weights: u64,
    /// Layers from the split to the fusion, on the aggregator.
    pub(super) between: CycleEnergy,
    pub(super) fuse: FusionCost,
    /// Layers behind the fusion, on the aggregator.
    pub(super) after: CycleEnergy,
    /// Weights of all layers behind the split.
    pub(super) behind_weights: u64,
    /// Peak of the layers before the split.
    pub(super) peak: Peak,
    /// Whether that peak is reached while patches run.
    pub(super) in_patches: bool,
    /// Shape of one view's input.
    pub(super) input: Shape,
}

/// The split those parts make on a profile.
pub(super) fn assemble(context: &SplitContext, module: &SplitModuleCost, profile: &Profile) -> SplitDemand {
    let (sensor, aggregator) = (&profile.sensor.device, &profile.aggregator);
    let sensor_weight_bytes = context.before_weights + module.weight_bytes;
    let aggregator_weight_bytes = context.behind_weights + module.weight_bytes;
    let sensor_streams = streams(sensor, sensor_weight_bytes);
    let [cycles, joules] = (context.before + module.reduce).pick(sensor_streams);
    let (mut sensor_peak_bytes, peak_at) = peak(context, module);
    let frame_bytes = context.input.elements();
    if profile.sensor.double_buffered_frame {
        sensor_peak_bytes += frame_bytes;
    }
    if profile.sensor.link_buffer && context.boundary != 0 {
        sensor_peak_bytes += module.link_bytes;
    }
    if sensor.layout == Layout::Shared {
        sensor_peak_bytes += if sensor_streams { context.largest_weights } else { sensor_weight_bytes };
    }
    let pixel_energy = profile.sensor.pixel_energy_j.as_ref().map_or(0.0, |energy| energy.value);
    SplitDemand {
        sensor: ProcessorWork { cycles, energy_j: joules + context.input.positions() as f64 * pixel_energy },
        resident: Aggregation::new(context, module, false),
        streamed: Aggregation::new(context, module, true),
        max_resident_views: resident_views(aggregator, aggregator_weight_bytes, &context.fuse),
        link_bytes: module.link_bytes,
        sensor_peak_bytes,
        sensor_weight_bytes,
        aggregator_weight_bytes,
        join_weight_bytes: context.fuse.join_weights,
        more_weight_bytes: context.fuse.more_weights,
        peak_at,
        boundary: context.boundary,
    }
}

/// The most views with which an aggregator that has so many weights besides those of the fusion max_resident_views them all.
fn resident_views(device: &Device, weights: u64, fuse: &FusionCost) -> u32 {
    let room = match (device.residency, &device.weight_memory_bytes) {
        (Residency::Streamed, _) => return 0,
        (Residency::Cached, Some(memory)) => memory.value,
        (Residency::Resident | Residency::Cached, _) => return u32::MAX,
    };
    match room.checked_sub(weights) {
        None => 0,
        Some(rest) => match (rest.checked_sub(fuse.join_weights), fuse.more_weights) {
            (None, _) => 1,
            (Some(_), 0) => u32::MAX,
            (Some(rest), each) => u32::try_from(rest / each).map_or(u32::MAX, |more| more.saturating_add(1)),
        },
    }
}

/// Most bytes of activations, and where.
fn peak(context: &SplitContext, module: &SplitModuleCost) -> (u64, PeakLocation) {
    let layers = context.peak.bytes;
    let frame = context.input.elements();
    if module.reduce_bytes > layers {
        (module.reduce_bytes, PeakLocation::Reduce)
    } else if layers >= frame {
        let layer = u32::try_from(context.peak.layer).unwrap_or(u32::MAX);
        (layers, if context.in_patches { PeakLocation::Patch(layer) } else { PeakLocation::Layer(layer) })
    } else {
        (frame, PeakLocation::Frame)
    }
}
