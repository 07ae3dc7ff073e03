//! The tables and keys of a profile file, as written. `read` checks them and turns them into a profile.

use serde::Deserialize;
use toml::Spanned;

use super::quantity::Constant;
use super::{Dataflow, Depthwise, Layout, Residency, Topology};
use crate::network::memory::MemoryRule;

pub(super) type Number = Option<Spanned<Constant>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileFile {
    pub(super) profile: Header,
    pub(super) sensor: Spanned<DeviceRow>,
    pub(super) link: LinkRow,
    pub(super) aggregator: Spanned<DeviceRow>,
    #[serde(default)]
    pub(super) limits: LimitsRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
}

/// A device; the last four keys belong to sensors only.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DeviceRow {
    pub(super) mapping: Spanned<MappingRow>,
    pub(super) clock: Spanned<Constant>,
    pub(super) elementwise: Number,
    pub(super) static_power: Number,
    #[serde(default)]
    pub(super) memory: MemoryRow,
    #[serde(default)]
    pub(super) energy: EnergyRow,
    pub(super) count: Option<Spanned<Constant>>,
    pub(super) buffers: Option<Spanned<BuffersRow>>,
    pub(super) readout: Option<Spanned<ReadoutRow>>,
    pub(super) camera: Option<Vec<Spanned<CameraRow>>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    Roofline,
    Unrolled,
    Systolic,
    Measured,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MappingRow {
    pub(super) rule: Rule,
    pub(super) macs_per_cycle: Number,
    pub(super) utilisation: Number,
    pub(super) k: Option<Spanned<u32>>,
    pub(super) c: Option<Spanned<u32>>,
    pub(super) ox: Option<Spanned<u32>>,
    pub(super) oy: Option<Spanned<u32>>,
    pub(super) depthwise: Option<Spanned<Depthwise>>,
    pub(super) rows: Option<Spanned<u32>>,
    pub(super) columns: Option<Spanned<u32>>,
    pub(super) dataflow: Option<Spanned<Dataflow>>,
    pub(super) table: Option<Spanned<String>>,
    pub(super) source: Option<String>,
    #[serde(default)]
    pub(super) assumed: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MemoryRow {
    pub(super) activations: Number,
    pub(super) weights: Number,
    pub(super) bandwidth: Number,
    pub(super) weight_bandwidth: Number,
    #[serde(default)]
    pub(super) layout: Layout,
    pub(super) residency: Option<Spanned<Residency>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EnergyRow {
    pub(super) mac: Number,
    pub(super) byte: Number,
    pub(super) weight_byte: Number,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BuffersRow {
    #[serde(default)]
    pub(super) rule: MemoryRule,
    #[serde(default)]
    pub(super) double_frame: bool,
    #[serde(default)]
    pub(super) link: bool,
    pub(super) patches: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReadoutRow {
    pub(super) time: Spanned<Constant>,
    pub(super) pixel_energy: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CameraRow {
    pub(super) name: String,
    pub(super) clock: Number,
    pub(super) bandwidth: Number,
    pub(super) activations: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LinkRow {
    pub(super) topology: Topology,
    pub(super) bandwidth: Spanned<Constant>,
    pub(super) efficiency: Number,
    pub(super) latency: Number,
    pub(super) byte_energy: Number,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LimitsRow {
    pub(super) latency: Number,
    pub(super) sensor_memory: Number,
    pub(super) energy: Number,
    pub(super) frame_rate: Number,
    pub(super) accuracy: Number,
}
