//! Tables and keys of a profile file as written, and their JSON Schema. `read` checks and converts them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use toml::Spanned;

use super::constant::WrittenConstant;
use super::constant_schema;
use super::device::{Dataflow, Depthwise, MemoryLayout, Residency};
use super::operators::OperatorKind;
use super::profile::Topology;
use crate::network::Activation;
use crate::network::memory::MemoryRule;

pub(super) type Number = Option<Spanned<WrittenConstant>>;

/// JSON Schema of a profile file, for editors.
pub fn schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<ProfileFile>()
}

/// A hardware profile of splitscope. A constant is a number in base units (seconds, bytes, joules, hertz), text with a
/// unit, or a table of value, unit and source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "splitscope profile")]
pub(super) struct ProfileFile {
    /// Name and description.
    pub(super) profile: Header,
    /// The sensors: one kind of device, as many times as there are cameras.
    #[schemars(with = "DeviceRow")]
    pub(super) sensor: Spanned<DeviceRow>,
    /// Link from the sensors to the aggregator.
    pub(super) link: LinkRow,
    /// The processor that fuses the views.
    #[schemars(with = "DeviceRow")]
    pub(super) aggregator: Spanned<DeviceRow>,
    /// Limits that a design must meet; absent limits are always met.
    #[serde(default)]
    pub(super) limits: LimitsRow,
    /// Bits of networks from files that are not quantised; those of a space are int8.
    #[serde(default)]
    pub(super) bits: BitsRow,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BitsRow {
    /// Bits of a weight: 2, 4, 8 or 16; 8 if absent.
    #[schemars(with = "Option<u8>")]
    pub(super) weights: Option<Spanned<u8>>,
    /// Bits of an element between layers: 2, 4, 8 or 16; 8 if absent.
    #[schemars(with = "Option<u8>")]
    pub(super) activations: Option<Spanned<u8>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// Name of the profile.
    pub(super) name: String,
    /// One sentence about it.
    #[serde(default)]
    pub(super) description: String,
}

/// A device; the last four keys belong to sensors only.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DeviceRow {
    /// The named rule by which cycles are counted.
    #[schemars(with = "MappingRow")]
    pub(super) mapping: Spanned<MappingRow>,
    /// Clock frequency.
    #[schemars(schema_with = "constant_schema::frequency")]
    pub(super) clock: Spanned<WrittenConstant>,
    /// Elements per cycle of sums, products and pooling; one per output lane if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::per_cycle")]
    pub(super) elementwise: Number,
    /// Power drawn while it works, whatever it does.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::power")]
    pub(super) static_power: Number,
    /// Memories of the device.
    #[serde(default)]
    pub(super) memory: MemoryRow,
    /// Energy of work and traffic.
    #[serde(default)]
    pub(super) energy: EnergyRow,
    /// Operators that the chip can run, all if absent.
    pub(super) operators: Option<OperatorsRow>,
    /// Number of sensors. Sensors only.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::count")]
    pub(super) count: Number,
    /// Rule and buffers by which a sensor's live bytes are counted. Sensors only.
    #[schemars(with = "Option<BuffersRow>")]
    pub(super) buffers: Option<Spanned<BuffersRow>>,
    /// Readout from the end of exposure to pixels in memory. Sensors only.
    #[schemars(with = "Option<ReadoutRow>")]
    pub(super) readout: Option<Spanned<ReadoutRow>>,
    /// Cameras unlike the rest, in order. Sensors only.
    #[schemars(with = "Option<Vec<CameraRow>>")]
    pub(super) camera: Option<Vec<Spanned<CameraRow>>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    /// Multiply-accumulates over a rate.
    Roofline,
    /// A spatially unrolled array.
    Unrolled,
    /// A systolic array.
    Systolic,
    /// The user's own latency of each layer.
    Measured,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MappingRow {
    /// The rule.
    pub(super) rule: Rule,
    /// Roofline: multiply-accumulate units.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::per_cycle")]
    pub(super) macs_per_cycle: Number,
    /// Roofline: share of them that is busy, 1 if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::share")]
    pub(super) utilisation: Number,
    /// Unrolled: lanes for output channels.
    #[schemars(with = "Option<u32>")]
    pub(super) k: Option<Spanned<u32>>,
    /// Unrolled: lanes for input channels.
    #[schemars(with = "Option<u32>")]
    pub(super) c: Option<Spanned<u32>>,
    /// Unrolled: lanes for output columns.
    #[schemars(with = "Option<u32>")]
    pub(super) ox: Option<Spanned<u32>>,
    /// Unrolled: lanes for output rows.
    #[schemars(with = "Option<u32>")]
    pub(super) oy: Option<Spanned<u32>>,
    /// Unrolled: rule for depthwise layers, grouped if absent.
    #[schemars(with = "Option<Depthwise>")]
    pub(super) depthwise: Option<Spanned<Depthwise>>,
    /// Systolic: rows of the array.
    #[schemars(with = "Option<u32>")]
    pub(super) rows: Option<Spanned<u32>>,
    /// Systolic: columns of the array.
    #[schemars(with = "Option<u32>")]
    pub(super) columns: Option<Spanned<u32>>,
    /// Systolic: what stays in place.
    #[schemars(with = "Option<Dataflow>")]
    pub(super) dataflow: Option<Spanned<Dataflow>>,
    /// Measured: file of the latency table, CSV or JSON, beside the profile.
    #[schemars(with = "Option<String>")]
    pub(super) table: Option<Spanned<String>>,
    /// Publication, data sheet or reasoning behind the figures.
    pub(super) source: Option<String>,
    /// True for assumptions, false for published figures.
    #[serde(default)]
    pub(super) assumed: bool,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MemoryRow {
    /// Memory for activations, unlimited if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bytes")]
    pub(super) activations: Number,
    /// Memory for weights, unlimited if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bytes")]
    pub(super) weights: Number,
    /// Activation bytes read and written per cycle, unlimited if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bytes_per_cycle")]
    pub(super) bandwidth: Number,
    /// Rate at which weights are loaded, where they are.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bandwidth")]
    pub(super) weight_bandwidth: Number,
    /// Arrangement of the two memories.
    #[serde(default)]
    pub(super) layout: MemoryLayout,
    /// Place of the weights while a layer runs, resident if absent.
    #[schemars(with = "Option<Residency>")]
    pub(super) residency: Option<Spanned<Residency>>,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EnergyRow {
    /// Energy of a multiply-accumulate.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::energy")]
    pub(super) mac: Number,
    /// Energy of a byte of activations or resident weights read or written.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::energy")]
    pub(super) byte: Number,
    /// Energy of a byte of weights loaded from outside.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::energy")]
    pub(super) weight_byte: Number,
}

/// Operators that a chip can run; absent keys restrict nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OperatorsRow {
    /// Name of the chip, as reasons print it.
    pub(super) chip: String,
    /// Kinds of layers.
    pub(super) kinds: Option<ListRow<OperatorKind>>,
    /// Sides of the kernels of convolutions.
    #[schemars(with = "Option<SizesRow>")]
    pub(super) kernels: Option<Spanned<SizesRow>>,
    /// Strides of convolutions.
    #[schemars(with = "Option<SizesRow>")]
    pub(super) strides: Option<Spanned<SizesRow>>,
    /// Sides of pooling windows, those over all positions included.
    #[schemars(with = "Option<SizesRow>")]
    pub(super) pool_kernels: Option<Spanned<SizesRow>>,
    /// Strides of pooling.
    #[schemars(with = "Option<SizesRow>")]
    pub(super) pool_strides: Option<Spanned<SizesRow>>,
    /// Activations that the chip can compute.
    pub(super) activations: Option<ListRow<Activation>>,
    /// Most channels that a layer reads or makes.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::count")]
    pub(super) channels: Number,
    /// Most layers with weights.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::count")]
    pub(super) layers: Number,
    /// Most bytes of one channel of a tensor.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bytes")]
    pub(super) channel_bytes: Number,
}

/// A list with its source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRow<T> {
    /// Supported values.
    pub(super) values: Vec<T>,
    /// Publication, data sheet or reasoning behind the list.
    pub(super) source: Option<String>,
    /// True for assumptions, false for published lists.
    #[serde(default)]
    pub(super) assumed: bool,
}

/// Sizes with their source: a list, or all up to the largest.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SizesRow {
    /// The sizes, if they are few.
    pub(super) values: Option<Vec<u32>>,
    /// The largest size, if all from 1 on are supported.
    pub(super) most: Option<u32>,
    /// Publication, data sheet or reasoning behind the sizes.
    pub(super) source: Option<String>,
    /// True for assumptions, false for published sizes.
    #[serde(default)]
    pub(super) assumed: bool,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BuffersRow {
    /// Rule by which live bytes are counted.
    #[serde(default)]
    pub(super) rule: MemoryRule,
    /// The next frame is received while this one is processed.
    #[serde(default)]
    pub(super) double_frame: bool,
    /// The tensor being sent has a buffer of its own.
    #[serde(default)]
    pub(super) link: bool,
    /// Grid of patches in which the first layers run, where that lowers the peak.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::count")]
    pub(super) patches: Number,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReadoutRow {
    /// Time from the end of exposure to pixels in memory.
    #[schemars(schema_with = "constant_schema::time")]
    pub(super) time: Spanned<WrittenConstant>,
    /// Energy of a pixel read out.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::energy")]
    pub(super) pixel_energy: Number,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CameraRow {
    /// Name of the camera.
    pub(super) name: String,
    /// Clock of the camera.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::frequency")]
    pub(super) clock: Number,
    /// Bandwidth of its own link; not on a shared bus.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bandwidth")]
    pub(super) bandwidth: Number,
    /// Memory for activations of the camera.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bytes")]
    pub(super) activations: Number,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LinkRow {
    /// A link for each sensor, or one bus for all.
    pub(super) topology: Topology,
    /// Raw bandwidth.
    #[schemars(schema_with = "constant_schema::bandwidth")]
    pub(super) bandwidth: Spanned<WrittenConstant>,
    /// Share of it left after the protocol, 1 if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::share")]
    pub(super) efficiency: Number,
    /// Time before the first byte, none if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::time")]
    pub(super) latency: Number,
    /// Energy of a byte sent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::energy")]
    pub(super) byte_energy: Number,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LimitsRow {
    /// Longest time from exposure to result.
    #[serde(default, alias = "latency-limit")]
    #[schemars(schema_with = "constant_schema::time")]
    pub(super) latency: Number,
    /// Most bytes alive on a sensor; the sensor's memory if absent.
    #[serde(default)]
    #[schemars(schema_with = "constant_schema::bytes")]
    pub(super) sensor_memory: Number,
    /// Most energy of a frame.
    #[serde(default, alias = "energy-limit")]
    #[schemars(schema_with = "constant_schema::energy")]
    pub(super) energy: Number,
    /// Fewest frames per second, pipelined.
    #[serde(default, alias = "frame-rate-floor")]
    #[schemars(schema_with = "constant_schema::rate")]
    pub(super) frame_rate: Number,
    /// Lowest accuracy.
    #[serde(default, alias = "accuracy-floor")]
    #[schemars(schema_with = "constant_schema::share")]
    pub(super) accuracy: Number,
}
