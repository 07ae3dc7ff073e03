//! Puts one cut together from its parts: the layers before it, the splitting module, the layers behind it.
//!
//! Shared by the table made layer by layer ([`super::CostTable::new`]) and the one made from precomputed blocks.

use std::ops::{Add, AddAssign, Sub};

use super::layer::{LayerCost, fuse_cost, module_cost, streams};
use crate::hardware::{Layout, Profile};
use crate::network::memory::Peak;
use crate::network::{BoundaryId, Shape};

/// Bits per element of raw input and of logits on the link, and of activations in memory.
const PLAIN_BITS: u64 = 8;

/// Where most bytes are alive on a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeakAt {
    /// Nothing runs: the frame itself waits for the link.
    Frame,
    /// While this layer runs.
    Layer(u32),
    /// While this layer runs patch by patch.
    Patch(u32),
    /// While the splitting module reduces the tensor.
    Reduce,
}

/// One boundary of a design: what a cut there costs, before any knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Cycles of one sensor up to the cut, the reduce layer included.
    pub sensor_cycles: f64,
    /// Aggregator cycles for every view: recover, and the blocks up to the fusion.
    pub view_cycles: f64,
    /// Aggregator cycles for every view but the first: taking it into the fused tensor.
    pub fuse_cycles: f64,
    /// Aggregator cycles once a frame: the blocks after the fusion.
    pub once_cycles: f64,
    /// Joules of one sensor up to the cut, its pixels included, static power not.
    pub sensor_energy_j: f64,
    /// Aggregator joules for every view.
    pub view_energy_j: f64,
    /// Aggregator joules for every view but the first.
    pub fuse_energy_j: f64,
    /// Aggregator joules once a frame.
    pub once_energy_j: f64,
    /// Bytes each sensor sends.
    pub link_bytes: u64,
    /// Most bytes alive on a sensor: activations, buffers, and weights where they share the memory.
    pub sensor_peak_bytes: u64,
    /// Weights of the sensor's part, the reduce layer included.
    pub sensor_weight_bytes: u64,
    /// Weights of the aggregator's part, the recover layer included.
    pub aggregator_weight_bytes: u64,
    /// Where the peak is.
    pub peak_at: PeakAt,
    /// Number of the boundary in its space.
    pub boundary: BoundaryId,
}

/// Cycles and joules of some layers, if their weights are resident and if they are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Spend {
    resident: [f64; 2],
    streamed: [f64; 2],
}

impl Spend {
    pub(super) fn of(layer: &LayerCost) -> Self {
        Self { resident: layer.spent(false).into(), streamed: layer.spent(true).into() }
    }

    /// The same work done several times.
    pub(super) fn times(self, times: f64) -> Self {
        Self { resident: self.resident.map(|value| value * times), streamed: self.streamed.map(|value| value * times) }
    }

    /// Cycles and joules, with the weights loaded or not.
    pub(crate) const fn pick(&self, streams: bool) -> [f64; 2] {
        if streams { self.streamed } else { self.resident }
    }
}

impl Add for Spend {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |a: [f64; 2], b: [f64; 2]| [a[0] + b[0], a[1] + b[1]];
        Self { resident: sum(self.resident, other.resident), streamed: sum(self.streamed, other.streamed) }
    }
}

impl AddAssign for Spend {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Spend {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let difference = |a: [f64; 2], b: [f64; 2]| [a[0] - b[0], a[1] - b[1]];
        Self {
            resident: difference(self.resident, other.resident),
            streamed: difference(self.streamed, other.streamed),
        }
    }
}

/// What crossing a boundary adds: the splitting module on both sides, and the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Crossing {
    pub(crate) reduce: Spend,
    pub(crate) recover: Spend,
    /// Weights of each side of the module; both have the same.
    pub(crate) weight_bytes: u64,
    pub(crate) link_bytes: u64,
    /// Bytes alive while the tensor is reduced.
    pub(crate) reduce_bytes: u64,
}

impl Crossing {
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
            reduce: Spend::of(&reduce),
            recover: Spend::of(&recover),
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

/// Cost of taking one more view of a tensor into the fused one.
pub(super) fn fusing(shape: Shape, profile: &Profile) -> Spend {
    Spend::of(&fuse_cost(shape.elements(), &profile.aggregator))
}

/// The layers around one cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) boundary: BoundaryId,
    /// Layers before the cut, on the sensor.
    pub(super) before: Spend,
    pub(super) before_weights: u64,
    /// Weights of the largest layer before the cut.
    pub(super) largest_weights: u64,
    /// Layers from the cut to the fusion, on the aggregator.
    pub(super) between: Spend,
    pub(super) fuse: Spend,
    /// Layers behind the fusion, on the aggregator.
    pub(super) after: Spend,
    /// Weights of all layers behind the cut.
    pub(super) behind_weights: u64,
    /// Peak of the layers before the cut.
    pub(super) peak: Peak,
    /// Whether that peak is reached while patches run.
    pub(super) in_patches: bool,
    /// Shape of one view's input.
    pub(super) input: Shape,
}

/// The cut those parts make on a profile.
pub(super) fn assemble(around: &Around, crossing: &Crossing, profile: &Profile) -> Cut {
    let (sensor, aggregator) = (&profile.sensor.device, &profile.aggregator);
    let sensor_weight_bytes = around.before_weights + crossing.weight_bytes;
    let aggregator_weight_bytes = around.behind_weights + crossing.weight_bytes;
    let sensor_streams = streams(sensor, sensor_weight_bytes);
    let aggregator_streams = streams(aggregator, aggregator_weight_bytes);
    let [sensor_cycles, sensor_joules] = (around.before + crossing.reduce).pick(sensor_streams);
    let [view_cycles, view_energy_j] = (around.between + crossing.recover).pick(aggregator_streams);
    let [fuse_cycles, fuse_energy_j] = around.fuse.pick(aggregator_streams);
    let [once_cycles, once_energy_j] = around.after.pick(aggregator_streams);
    let (mut sensor_peak_bytes, peak_at) = peak(around, crossing);
    let frame_bytes = around.input.elements();
    if profile.sensor.double_buffered_frame {
        sensor_peak_bytes += frame_bytes;
    }
    if profile.sensor.link_buffer && around.boundary != 0 {
        sensor_peak_bytes += crossing.link_bytes;
    }
    if sensor.layout == Layout::Shared {
        sensor_peak_bytes += if sensor_streams { around.largest_weights } else { sensor_weight_bytes };
    }
    let pixel_energy = profile.sensor.pixel_energy_j.as_ref().map_or(0.0, |energy| energy.value);
    Cut {
        sensor_cycles,
        view_cycles,
        fuse_cycles,
        once_cycles,
        sensor_energy_j: sensor_joules + around.input.positions() as f64 * pixel_energy,
        view_energy_j,
        fuse_energy_j,
        once_energy_j,
        link_bytes: crossing.link_bytes,
        sensor_peak_bytes,
        sensor_weight_bytes,
        aggregator_weight_bytes,
        peak_at,
        boundary: around.boundary,
    }
}

/// Most bytes of activations, and where.
fn peak(around: &Around, crossing: &Crossing) -> (u64, PeakAt) {
    let layers = around.peak.bytes;
    let frame = around.input.elements();
    if crossing.reduce_bytes > layers {
        (crossing.reduce_bytes, PeakAt::Reduce)
    } else if layers >= frame {
        let layer = u32::try_from(around.peak.layer).unwrap_or(u32::MAX);
        (layers, if around.in_patches { PeakAt::Patch(layer) } else { PeakAt::Layer(layer) })
    } else {
        (frame, PeakAt::Frame)
    }
}
