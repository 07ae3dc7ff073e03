//! Devices: mapping rule, clock, memories and energies of a processor.

use schemars::JsonSchema;
use serde::Deserialize;

use super::constant::Sourced;
use super::measured::MeasuredTable;
use super::operators::Operators;
use crate::quantity::Dimension;

/// Longest side of an array.
pub const MAX_SIDE: u32 = 65_535;

/// Rule by which an unrolled array runs depthwise layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Depthwise {
    /// One channel at a time: the lanes for input and output channels idle but one.
    PerChannel,
    /// Channels are spread over the lanes for output channels; those for input channels idle.
    Grouped,
}

/// Operand that stays in a systolic array while the rest streams through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dataflow {
    /// Partial sums stay.
    OutputStationary,
    /// Weights stay.
    WeightStationary,
}

/// The named rule by which cycles are counted. Formulas and sources: `cost::mapping`.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapping {
    /// Multiply-accumulates over a rate.
    Roofline {
        /// Multiply-accumulate units.
        macs_per_cycle: f64,
        /// Share of them that is busy.
        utilisation: f64,
    },
    /// A spatially unrolled array: output channels, input channels, output columns, output rows.
    Unrolled {
        /// Lanes for output channels.
        k: u32,
        /// Lanes for input channels.
        c: u32,
        /// Lanes for output columns.
        ox: u32,
        /// Lanes for output rows.
        oy: u32,
        /// Rule for depthwise layers.
        depthwise: Depthwise,
    },
    /// A systolic array.
    Systolic {
        /// Processing elements of a column.
        rows: u32,
        /// Processing elements of a row.
        columns: u32,
        /// Operand that stays in place.
        dataflow: Dataflow,
    },
    /// The user's own latency of each layer.
    Measured(MeasuredTable),
}

impl Mapping {
    /// Name of the rule as written in files.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Roofline { .. } => "roofline",
            Self::Unrolled { .. } => "unrolled",
            Self::Systolic { .. } => "systolic",
            Self::Measured(_) => "measured",
        }
    }

    /// Multiply-accumulates of one cycle when every unit is busy. A measured device counts one: its cycles are time.
    pub fn macs_per_cycle(&self) -> f64 {
        match *self {
            Self::Roofline { macs_per_cycle, .. } => macs_per_cycle,
            Self::Unrolled { k, c, ox, oy, .. } => [k, c, ox, oy].into_iter().map(f64::from).product(),
            Self::Systolic { rows, columns, .. } => f64::from(rows) * f64::from(columns),
            Self::Measured(_) => 1.0,
        }
    }

    /// Elements of a sum, product or pooling finished in one cycle unless the profile says otherwise: one per output
    /// lane.
    pub fn output_lanes(&self) -> f64 {
        match *self {
            Self::Unrolled { k, ox, oy, .. } => [k, ox, oy].into_iter().map(f64::from).product(),
            Self::Systolic { columns, .. } => f64::from(columns),
            Self::Roofline { .. } | Self::Measured(_) => self.macs_per_cycle(),
        }
    }
}

impl std::fmt::Display for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Roofline { macs_per_cycle, utilisation } => {
                write!(f, "roofline, {macs_per_cycle} MAC/cycle at {}", Dimension::Share.format(*utilisation))
            }
            Self::Unrolled { k, c, ox, oy, depthwise } => {
                let rule = if *depthwise == Depthwise::Grouped { "grouped" } else { "per-channel" };
                write!(f, "unrolled K{k} C{c} OX{ox} OY{oy}, depthwise {rule}")
            }
            Self::Systolic { rows, columns, dataflow } => {
                let flow = if *dataflow == Dataflow::OutputStationary { "output" } else { "weight" };
                write!(f, "systolic {rows}x{columns}, {flow}-stationary")
            }
            Self::Measured(table) => write!(f, "measured, {} layers of {}", table.len(), table.name),
        }
    }
}

/// Place of the weights while a layer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Residency {
    /// All stay in the weight memory; a part that does not fit is infeasible.
    #[default]
    Resident,
    /// Every layer's weights are loaded for every frame, behind the layer's computing.
    Streamed,
    /// Resident if all of the part fits, streamed otherwise.
    Cached,
}

/// Arrangement of the memories for activations and weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryLayout {
    /// Two memories.
    #[default]
    Separate,
    /// One memory holds both: weights count against the memory limit.
    Shared,
}

/// A processor: a sensor's or the aggregator's.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Rule by which cycles are counted.
    pub mapping: Sourced<Mapping>,
    /// Clock in hertz.
    pub clock_hz: Sourced<f64>,
    /// Elements per cycle of sums, products and pooling; one per output lane if absent.
    pub elementwise_per_cycle: Option<Sourced<f64>>,
    /// Activation bytes read and written per cycle; unlimited if absent.
    pub activation_bytes_per_cycle: Option<Sourced<f64>>,
    /// Bytes for activations; unlimited if absent.
    pub activation_memory_bytes: Option<Sourced<u64>>,
    /// Bytes for weights; unlimited if absent.
    pub weight_memory_bytes: Option<Sourced<u64>>,
    /// Arrangement of the two memories.
    pub layout: MemoryLayout,
    /// Place of the weights.
    pub residency: Residency,
    /// Bytes per second at which weights are loaded, where they are.
    pub weight_bytes_per_s: Option<Sourced<f64>>,
    /// Joules of one multiply-accumulate.
    pub mac_energy_j: Option<Sourced<f64>>,
    /// Joules per byte of activations and resident weights read or written.
    pub byte_energy_j: Option<Sourced<f64>>,
    /// Joules per byte of weights loaded from outside.
    pub weight_byte_energy_j: Option<Sourced<f64>>,
    /// Watts drawn while it works, whatever it does.
    pub static_power_w: Option<Sourced<f64>>,
    /// Operators that it can run; all if absent.
    pub operators: Option<Operators>,
}

impl Device {
    /// Multiply-accumulates per second when every unit is busy.
    pub fn peak_macs_per_s(&self) -> f64 {
        self.mapping.value.macs_per_cycle() * self.clock_hz.value
    }

    /// Elements per cycle of sums, products and pooling.
    pub fn elements_per_cycle(&self) -> f64 {
        self.elementwise_per_cycle.as_ref().map_or_else(|| self.mapping.value.output_lanes(), |rate| rate.value)
    }

    /// Bytes that activations (and weights, where they share one memory) may take; `None` if unlimited.
    pub fn memory_bytes(&self) -> Option<u64> {
        self.activation_memory_bytes.as_ref().map(|memory| memory.value)
    }
    /// Bytes that resident weights may take in a memory of their own; `u64::MAX` where nothing bounds them.
    pub fn resident_weight_bytes(&self) -> u64 {
        let bounded = self.residency == Residency::Resident && self.layout == MemoryLayout::Separate;
        match &self.weight_memory_bytes {
            Some(memory) if bounded => memory.value,
            _ => u64::MAX,
        }
    }
}
