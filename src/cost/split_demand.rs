//! Assembly of one split's demand from its parts: the layers before it, the splitting module, the layers behind it.
//!
//! Shared by the costs counted layer by layer ([`super::NetworkCosts::new`]) and those summed from precomputed blocks
//! ([`super::SpaceCostTable`]).

use super::cycle_energy::{CycleEnergy, Devices};
use super::demand::{AggregatorWork, PeakLocation, ProcessorWork, SplitDemand};
use super::fusion::FusionCost;
use super::layer::{module_cost, streams};
use super::legality::LayerCount;
use crate::hardware::{Device, MemoryLayout, Profile, Residency, Sensor};
use crate::network::memory::Peak;
use crate::network::{Boundary, BoundaryId, LinkRange, Network, Shape};
use crate::space::PLAIN_BITS;

/// Cost of crossing a boundary: the splitting module on both sides, and the bytes on the link.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct SplitModuleCost {
    pub(crate) reduce: CycleEnergy,
    pub(crate) recover: CycleEnergy,
    /// Weights of each side of the module; both have the same.
    pub(crate) weight_bytes: u64,
    pub(crate) link_bytes: u64,
    /// Bytes alive while the tensor is reduced.
    pub(crate) reduce_bytes: u64,
    /// Compression ratio; 0 or 1 without a module.
    pub(super) ratio: u32,
    pub(super) reduce_layers: LayerCount,
    pub(super) recover_layers: LayerCount,
}

/// Compression of a tensor at the link.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkCodec {
    pub(super) ratio: u8,
    pub(super) bits: u8,
    pub(super) range: LinkRange,
}

impl SplitModuleCost {
    /// Cost of every tensor that crosses a boundary.
    pub(super) fn of_boundary(
        network: &Network,
        boundary: &Boundary,
        codec: Option<LinkCodec>,
        devices: Devices,
    ) -> Self {
        let of = |shape: Shape| match codec {
            Some(codec) => Self::split(shape, codec, devices),
            None => Self::plain(shape),
        };
        network.crossing(boundary).skip(1).map(of).fold(of(boundary.shape), Self::and)
    }

    /// Both of two tensors one after the other: while one is reduced the other is alive.
    fn and(self, other: Self) -> Self {
        Self {
            reduce: self.reduce + other.reduce,
            recover: self.recover + other.recover,
            weight_bytes: self.weight_bytes + other.weight_bytes,
            link_bytes: self.link_bytes + other.link_bytes,
            reduce_bytes: self.reduce_bytes + other.reduce_bytes,
            ratio: self.ratio,
            reduce_layers: self.reduce_layers + other.reduce_layers,
            recover_layers: self.recover_layers + other.recover_layers,
        }
    }

    /// The tensor as it is: raw input, or logits, whose ranges are static.
    pub(super) fn plain(shape: Shape) -> Self {
        Self { link_bytes: LinkRange::Static.wire_bytes(shape.elements(), PLAIN_BITS), ..Self::default() }
    }

    /// A tensor of C channels reduced to `ceil(C / ratio)` and sent as codes. Ratio 1 has no module.
    pub(super) fn split(shape: Shape, codec: LinkCodec, devices: Devices) -> Self {
        let ratio = u32::from(codec.ratio.max(1));
        let channels = shape.channels.div_ceil(ratio);
        let sent = u64::from(channels) * shape.positions();
        let link_bytes = codec.range.wire_bytes(sent, codec.bits);
        if ratio == 1 {
            return Self { link_bytes, ..Self::default() };
        }
        let narrow = Shape { channels, ..shape };
        let (sensor, aggregator) = (&devices.profile.sensor.device, &devices.profile.aggregator);
        let reduce = module_cost(shape, channels, sensor, devices.sensor);
        let recover = module_cost(narrow, shape.channels, aggregator, devices.aggregator);
        Self {
            reduce: CycleEnergy::of(&reduce),
            recover: CycleEnergy::of(&recover),
            weight_bytes: reduce.weight_bytes,
            link_bytes,
            reduce_bytes: shape.elements() + sent,
            ratio,
            reduce_layers: LayerCount::of_module(shape, channels, sensor),
            recover_layers: LayerCount::of_module(narrow, shape.channels, aggregator),
        }
    }
}

/// Costs of the layers around one split.
#[derive(Debug, Clone, Copy)]
pub(super) struct SplitContext {
    pub(super) boundary: BoundaryId,
    /// Boundary at which the views become one, at or behind it.
    pub(super) fusion: BoundaryId,
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
    /// Layers before the split as the sensor sees them, and behind it as the aggregator does.
    pub(super) before_layers: LayerCount,
    pub(super) behind_layers: LayerCount,
    /// Peak of the layers before the split.
    pub(super) peak: Peak,
    /// That peak is reached while patches run.
    pub(super) in_patches: bool,
    /// Shape of one view's input.
    pub(super) input: Shape,
}

/// Demand of the split made of these parts on a profile.
pub(super) fn split_demand(context: &SplitContext, module: &SplitModuleCost, profile: &Profile) -> SplitDemand {
    let (sensor, aggregator) = (&profile.sensor.device, &profile.aggregator);
    let sensor_weight_bytes = context.before_weights + module.weight_bytes;
    let aggregator_weight_bytes = context.behind_weights + module.weight_bytes;
    let sensor_streams = streams(sensor, sensor_weight_bytes);
    let [cycles, joules] = (context.before + module.reduce).pick(sensor_streams);
    let (mut sensor_peak_bytes, peak_at) = peak(context, module);
    let contents = SensorContents {
        frame: context.input.elements(),
        sent: if context.boundary == 0 { 0 } else { module.link_bytes },
        weights: sensor_weight_bytes,
        largest_weights: context.largest_weights,
    };
    for (_, bytes) in contents.buffers(&profile.sensor) {
        sensor_peak_bytes += bytes;
    }
    let pixel_energy = profile.sensor.pixel_energy_j.as_ref().map_or(0.0, |energy| energy.value);
    SplitDemand {
        sensor: ProcessorWork { cycles, energy_j: joules + context.input.positions() as f64 * pixel_energy },
        resident: aggregator_work(context, module, false),
        streamed: aggregator_work(context, module, true),
        max_resident_views: resident_views(aggregator, aggregator_weight_bytes, &context.fuse),
        link_bytes: module.link_bytes,
        sensor_peak_bytes,
        sensor_weight_bytes,
        aggregator_weight_bytes,
        fusion_weight_bytes: context.fuse.once_weights,
        fusion_view_weight_bytes: context.fuse.per_view_weights,
        unsupported: (context.before_layers + module.reduce_layers).unsupported(sensor)
            + (context.behind_layers + module.recover_layers).unsupported(aggregator),
        fusion_unsupported: context.fuse.unsupported,
        module_ratio: module.ratio.max(1),
        peak_at,
        boundary: context.boundary,
        fusion: context.fusion,
    }
}

/// Bytes that a sensor may have to keep besides the tensors of its layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct SensorContents {
    pub(super) frame: u64,
    /// The tensor being sent; 0 for the frame itself.
    pub(super) sent: u64,
    pub(super) weights: u64,
    /// Weights of the largest layer.
    pub(super) largest_weights: u64,
}

impl SensorContents {
    /// Buffers that a sensor keeps, by name, with their bytes; 0 for those that it does without.
    #[inline]
    pub(super) fn buffers(&self, sensor: &Sensor) -> [(&'static str, u64); 3] {
        let kept = |is_kept: bool, bytes: u64| if is_kept { bytes } else { 0 };
        let weights = if streams(&sensor.device, self.weights) {
            ("weights of one layer", self.largest_weights)
        } else {
            ("weights", self.weights)
        };
        [
            ("the next frame", kept(sensor.double_buffered_frame, self.frame)),
            ("the tensor being sent", kept(sensor.link_buffer, self.sent)),
            (weights.0, kept(sensor.device.layout == MemoryLayout::Shared, weights.1)),
        ]
    }
}

/// Work of the aggregator, with the weights streamed or resident.
fn aggregator_work(context: &SplitContext, module: &SplitModuleCost, streamed: bool) -> AggregatorWork {
    let work = |[cycles, energy_j]: [f64; 2]| ProcessorWork { cycles, energy_j };
    let sum = |a: [f64; 2], b: [f64; 2]| work([a[0] + b[0], a[1] + b[1]]);
    let [view, after] = [context.between + module.recover, context.after].map(|energy| energy.pick(streamed));
    let [once, fuse] = [context.fuse.once, context.fuse.per_view].map(|energy| energy.pick(streamed));
    AggregatorWork { one_view: sum(view, after), further_view: sum(view, fuse), fusion: work(once) }
}

/// The most views with which an aggregator that has so many weights besides those of the fusion keeps them all.
fn resident_views(device: &Device, weights: u64, fuse: &FusionCost) -> u32 {
    let room = match (device.residency, &device.weight_memory_bytes) {
        (Residency::Streamed, _) => return 0,
        (Residency::Cached, Some(memory)) => memory.value,
        (Residency::Resident | Residency::Cached, _) => return u32::MAX,
    };
    match room.checked_sub(weights) {
        None => 0,
        Some(rest) => match (rest.checked_sub(fuse.once_weights), fuse.per_view_weights) {
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
