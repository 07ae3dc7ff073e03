//! Cost of one layer on one device: cycles of computing, of moving activations and of loading weights, and the energy.
//!
//! Computing, activation traffic and the load of the next weights overlap (double buffering), so a layer takes as long as
//! the slowest of them. Activations and weights are int8. Activation traffic counts every input and the output once.

use serde::Serialize;
use thiserror::Error;

use super::mapping::{self, Loops};
use crate::hardware::{Device, Mapping, Residency, Sourced};
use crate::network::table::{Kind, Row};
use crate::network::{Layer, Network, Op};

/// Why a network can't be costed on a device.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CostError {
    /// The measured rule lacks layers.
    #[error(
        "the latency table {table} lacks {count} layers of this network: {layers}; add a line `NAME,SECONDS` for each"
    )]
    NotMeasured {
        /// Name of the table.
        table: String,
        /// How many are missing.
        count: usize,
        /// Their names.
        layers: String,
    },
}

/// What a layer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The arithmetic units.
    Compute,
    /// Activations to be read and written.
    Activations,
    /// Weights to be loaded.
    Weights,
}

/// Cost of one layer on one device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerCost {
    /// Multiply-accumulates.
    pub macs: u64,
    /// Weights, one byte each.
    pub weight_bytes: u64,
    /// Activation bytes read and written.
    pub moved_bytes: u64,
    /// Cycles of computing under the device's rule.
    pub compute_cycles: f64,
    /// Cycles of activation traffic; 0 if the profile gives no bandwidth.
    pub activation_cycles: f64,
    /// Cycles of loading the weights from outside; 0 if the profile gives no rate.
    pub weight_cycles: f64,
    /// Joules of arithmetic and activation traffic.
    pub work_energy_j: f64,
    /// Joules of reading resident weights.
    pub resident_energy_j: f64,
    /// Joules of loading the weights from outside.
    pub streamed_energy_j: f64,
}

impl LayerCost {
    /// Cycles when the weights are resident.
    pub fn resident_cycles(&self) -> f64 {
        self.compute_cycles.max(self.activation_cycles)
    }

    /// Cycles when the weights are loaded for this frame.
    pub fn streamed_cycles(&self) -> f64 {
        self.resident_cycles().max(self.weight_cycles)
    }

    /// Cycles and joules, with the weights loaded or not.
    pub fn spent(&self, streams: bool) -> (f64, f64) {
        if streams {
            (self.streamed_cycles(), self.work_energy_j + self.streamed_energy_j)
        } else {
            (self.resident_cycles(), self.work_energy_j + self.resident_energy_j)
        }
    }

    /// What the layer waits for.
    pub fn bound(&self, streams: bool) -> Bound {
        if streams && self.weight_cycles > self.resident_cycles() {
            Bound::Weights
        } else if self.activation_cycles > self.compute_cycles {
            Bound::Activations
        } else {
            Bound::Compute
        }
    }

    /// Share of the units that are busy, from 0 to 1; 0 for layers without multiply-accumulates.
    pub fn utilisation(&self, streams: bool, macs_per_cycle: f64) -> f64 {
        let (cycles, _) = self.spent(streams);
        if cycles > 0.0 { (self.macs as f64 / (cycles * macs_per_cycle)).min(1.0) } else { 0.0 }
    }
}

/// Whether a part with that many weights loads them for every frame.
pub fn streams(device: &Device, weight_bytes: u64) -> bool {
    match device.residency {
        Residency::Resident => false,
        Residency::Streamed => true,
        Residency::Cached => device.weight_memory_bytes.as_ref().is_some_and(|memory| weight_bytes > memory.value),
    }
}

/// Cost of every layer of a network on a device, in order.
///
/// # Errors
/// A latency table that lacks layers.
pub fn layer_costs(network: &Network, device: &Device) -> Result<Vec<LayerCost>, CostError> {
    if let Mapping::Measured(table) = &device.mapping.value {
        let known = |layer: &&Layer| table.seconds.iter().any(|(name, _)| *name == layer.name);
        let missing: Vec<&str> = network
            .layers
            .iter()
            .filter(|layer| layer.macs > 0 && !known(layer))
            .map(|layer| layer.name.as_str())
            .collect();
        if !missing.is_empty() {
            let (table, count) = (table.name.clone(), missing.len());
            return Err(CostError::NotMeasured { table, count, layers: missing.join(", ") });
        }
    }
    let prices = Prices::of(device);
    Ok(network.layers.iter().map(|layer| layer_cost(network, layer, device, &prices)).collect())
}

fn layer_cost(network: &Network, layer: &Layer, device: &Device, prices: &Prices) -> LayerCost {
    let second = layer.inputs.1.map_or(0, |tensor| network.shape(tensor).elements());
    let moved_bytes = layer.input.elements() + second + layer.output.elements();
    let work = Work { name: &layer.name, loops: Loops::of(layer), elements: elements(layer) };
    prices.cost(layer.macs, layer.weights, moved_bytes, work.cycles(device))
}

/// Cost of one line of a layer table on a device; `None` if the device is measured and lacks the layer.
pub fn row_cost(row: &Row, device: &Device) -> Option<LayerCost> {
    let loops = Loops::of_row(row);
    if let Mapping::Measured(table) = &device.mapping.value
        && loops.is_some()
        && table.seconds.iter().all(|(name, _)| *name != row.name)
    {
        return None;
    }
    let elements = match row.kind {
        Kind::Pool => row.output.elements() * u64::from(row.kernel[0]) * u64::from(row.kernel[1]),
        Kind::Add => row.output.elements(),
        Kind::Conv | Kind::Depthwise | Kind::Linear => 0,
    };
    let inputs = if row.kind == Kind::Add { 2 } else { 1 };
    let moved_bytes = inputs * row.input.elements() + row.output.elements();
    let work = Work { name: &row.name, loops, elements };
    Some(Prices::of(device).cost(row.macs, row.weights, moved_bytes, work.cycles(device)))
}

/// What a layer computes: loops, or operations on elements.
struct Work<'a> {
    name: &'a str,
    loops: Option<Loops>,
    elements: u64,
}

impl Work<'_> {
    fn cycles(&self, device: &Device) -> f64 {
        match (&device.mapping.value, self.loops) {
            (Mapping::Measured(table), _) => {
                let entry = table.seconds.iter().find(|(name, _)| name == self.name);
                entry.map_or(0.0, |(_, seconds)| seconds * device.clock_hz.value)
            }
            (mapping, Some(loops)) => mapping::cycles(&loops, mapping).unwrap_or(0) as f64,
            (_, None) => whole_cycles(self.elements as f64 / device.elements_per_cycle()),
        }
    }
}

/// Cost of a dense 1x1 convolution of a splitting module. On a measured device, which has no entry for it, it runs at the
/// device's mean measured rate over `measured` (all its layers).
pub(super) fn module_cost(loops: &Loops, device: &Device, measured: &[LayerCost]) -> LayerCost {
    let (macs, positions) = (loops.macs(), u64::from(loops.rows) * u64::from(loops.columns));
    let moved_bytes = (loops.inputs + u64::from(loops.outputs)) * positions;
    let compute_cycles = mapping::cycles(loops, &device.mapping.value).map_or_else(
        || {
            let total: f64 = measured.iter().map(|layer| layer.compute_cycles).sum();
            let all: u64 = measured.iter().map(|layer| layer.macs).sum();
            if all > 0 { total * macs as f64 / all as f64 } else { 0.0 }
        },
        |cycles| cycles as f64,
    );
    Prices::of(device).cost(macs, loops.weights(), moved_bytes, compute_cycles)
}

/// Cost of taking in one view's tensor while views are fused element by element.
pub(super) fn fuse_cost(elements: u64, device: &Device) -> LayerCost {
    let compute_cycles = whole_cycles(elements as f64 / device.elements_per_cycle());
    Prices::of(device).cost(0, 0, 2 * elements, compute_cycles)
}

/// What a device takes for work and traffic, looked up once for many layers.
#[derive(Debug, Clone, Copy)]
struct Prices {
    /// Activation bytes moved per cycle.
    activation_bytes_per_cycle: Option<f64>,
    /// Weight bytes loaded per cycle.
    weight_bytes_per_cycle: Option<f64>,
    mac_energy_j: f64,
    byte_energy_j: f64,
    weight_byte_energy_j: f64,
}

impl Prices {
    fn of(device: &Device) -> Self {
        // A measured latency already holds the traffic of the layer.
        let measured = matches!(device.mapping.value, Mapping::Measured(_));
        let value = |constant: &Option<Sourced<f64>>| constant.as_ref().map(|constant| constant.value);
        let rate = |constant: &Option<Sourced<f64>>| value(constant).filter(|_| !measured);
        Self {
            activation_bytes_per_cycle: rate(&device.activation_bytes_per_cycle),
            weight_bytes_per_cycle: rate(&device.weight_bytes_per_s).map(|rate| rate / device.clock_hz.value),
            mac_energy_j: value(&device.mac_energy_j).unwrap_or(0.0),
            byte_energy_j: value(&device.byte_energy_j).unwrap_or(0.0),
            weight_byte_energy_j: value(&device.weight_byte_energy_j).unwrap_or(0.0),
        }
    }

    fn cost(&self, macs: u64, weight_bytes: u64, moved_bytes: u64, compute_cycles: f64) -> LayerCost {
        let cycles = |bytes: u64, rate: Option<f64>| rate.map_or(0.0, |rate| whole_cycles(bytes as f64 / rate));
        LayerCost {
            macs,
            weight_bytes,
            moved_bytes,
            compute_cycles,
            activation_cycles: cycles(moved_bytes, self.activation_bytes_per_cycle),
            weight_cycles: cycles(weight_bytes, self.weight_bytes_per_cycle),
            work_energy_j: macs as f64 * self.mac_energy_j + moved_bytes as f64 * self.byte_energy_j,
            resident_energy_j: weight_bytes as f64 * self.byte_energy_j,
            streamed_energy_j: weight_bytes as f64 * self.weight_byte_energy_j,
        }
    }
}

/// Rounds a number of cycles up. Below 2^53 it equals `f64::ceil`, which is a call of a library on older processors.
fn whole_cycles(cycles: f64) -> f64 {
    let floor = cycles as u64 as f64;
    if floor < cycles { floor + 1.0 } else { floor }
}

/// Element operations of a layer without multiply-accumulates.
fn elements(layer: &Layer) -> u64 {
    match layer.op {
        Op::Pool { kernel, .. } => layer.output.elements() * u64::from(kernel) * u64::from(kernel),
        Op::GlobalPool => layer.input.elements(),
        Op::Add | Op::Scale => layer.output.elements(),
        Op::Conv { .. } | Op::Linear => 0,
    }
}
