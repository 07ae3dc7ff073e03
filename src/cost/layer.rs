//! Cost of one layer on one device: cycles of computing, of moving activations and of loading weights, and the energy.
//!
//! Computing, activation traffic and the load of the next weights overlap (double buffering), so a layer takes as long
//! as the slowest of them. Activations and weights are int8. Activation traffic counts every input and the output once.

use serde::Serialize;
use thiserror::Error;

use super::mapping::{self, Loops};
use crate::hardware::{Device, Mapping, MeasuredTable, Profile, Residency, Sourced};
use crate::network::LARGEST_COUNT;
use crate::network::table::{LayerKind, LayerRow, LayerShape};
use crate::network::{Layer, Network, Op, Shape, bytes};
use crate::space::SearchSpace;

/// Reason for which a network can't be costed on a device.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CostError {
    /// The measured rule lacks layers.
    #[error("the latency table {table} lacks {count} of the layers: {layers}; measure them and add a line for each")]
    NotMeasured {
        /// Name of the table.
        table: String,
        /// Number of missing layers.
        count: usize,
        /// Their names, and their shapes where the table goes by shape.
        layers: String,
    },
    /// Patches of layers whose latencies are known by name.
    #[error(
        "the latency table {0} goes by layer names, which say nothing about layers run in patches: give it the columns of their shapes"
    )]
    PatchesByName(String),
    /// Names where they do not tell layers apart.
    #[error(
        "the latency table {table} goes by layer names, but {space} has {networks} networks in which one name stands for \
         layers of many shapes: give it the columns of their shapes (splitscope cost --space {space} --list-layers space \
         prints the lines to be measured)"
    )]
    NamesInSpace {
        /// Name of the table.
        table: String,
        /// Name of the space.
        space: String,
        /// Number of its networks.
        networks: u128,
    },
    /// More cycles than can be counted exactly: 2^53.
    #[error("{0} takes more cycles than can be counted")]
    TooManyCycles(String),
}

/// Most missing layers an error lists.
const LISTED: usize = 12;

impl CostError {
    /// The error about layers a table lacks; `None` if it lacks none.
    pub(super) fn not_measured<'a>(
        table: &MeasuredTable,
        layers: impl Iterator<Item = (&'a str, LayerShape)>,
    ) -> Option<Self> {
        let missing = layers.filter(|(name, shape)| table.seconds(name, shape).is_none());
        let mut missing: Vec<String> = if table.is_by_name() {
            missing.map(|(name, _)| name.to_owned()).collect()
        } else {
            missing.map(|(name, shape)| format!("{name} ({shape})")).collect()
        };
        let count = missing.len();
        if count > LISTED {
            missing.truncate(LISTED);
            missing.push(format!("and {} more", count - LISTED));
        }
        (count > 0).then(|| Self::NotMeasured { table: table.name.clone(), count, layers: missing.join(", ") })
    }
}

/// Checks that the devices of a profile tell the layers of a space apart: a latency table by names holds for one
/// network.
///
/// # Errors
/// A table by names, and a space of several networks.
pub fn check_names(space: &SearchSpace, profile: &Profile) -> Result<(), CostError> {
    let networks = space.count();
    for device in [&profile.sensor.device, &profile.aggregator] {
        if let Mapping::Measured(table) = &device.mapping.value
            && table.is_by_name()
            && networks > 1
        {
            return Err(CostError::NamesInSpace { table: table.name.clone(), space: space.name.clone(), networks });
        }
    }
    Ok(())
}

/// Resource that bounds the time of a layer.
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

impl Bound {
    /// Name as in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Activations => "activations",
            Self::Weights => "weights",
        }
    }
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

    /// Resource that bounds its time.
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

/// Returns `true` if a part with that many weights streams them for every frame.
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
/// A latency table that lacks layers; more cycles than can be counted.
pub fn layer_costs(network: &Network, device: &Device) -> Result<Vec<LayerCost>, CostError> {
    if let Mapping::Measured(table) = &device.mapping.value {
        let computing = network.layers.iter().filter(|layer| layer.macs > 0);
        let shaped = computing.map(|layer| (layer.name.as_str(), LayerShape::of(layer)));
        CostError::not_measured(table, shaped).map_or(Ok(()), Err)?;
    }
    let rates = DeviceRates::of(device);
    let streamed = device.residency != Residency::Resident;
    let cost = |layer: &Layer| {
        let cost = layer_cost(network, layer, device, &rates);
        let (cycles, _) = cost.spent(streamed);
        if is_counted(cycles) { Ok(cost) } else { Err(CostError::TooManyCycles(format!("layer {}", layer.name))) }
    };
    network.layers.iter().map(cost).collect()
}

/// Returns `true` if a number of cycles is small enough to be exact.
pub(super) fn is_counted(cycles: f64) -> bool {
    cycles < LARGEST_COUNT as f64
}

fn layer_cost(network: &Network, layer: &Layer, device: &Device, rates: &DeviceRates) -> LayerCost {
    let bits = layer.inputs.first().map_or(8, |&tensor| network.bits(tensor));
    let moved_bytes = bytes(layer.read, bits) + layer.output_bytes();
    let work = LayerWorkload {
        name: &layer.name,
        shape: || LayerShape::of(layer),
        loops: Loops::of(layer),
        elements: elements(layer),
    };
    rates.cost(layer.macs, layer.weight_bytes(), moved_bytes, work.cycles(device))
}

/// Cost of one line of a layer table on a device. On a measured device that lacks the layer it takes no cycle.
pub(super) fn row_cost(row: &LayerRow, device: &Device) -> LayerCost {
    let output = row.output.elements();
    let elements = match row.kind {
        LayerKind::Pool => output * u64::from(row.kernel[0]) * u64::from(row.kernel[1]),
        LayerKind::Add | LayerKind::Scale | LayerKind::Elements => output,
        LayerKind::Conv | LayerKind::Depthwise | LayerKind::Linear | LayerKind::MatMul => 0,
    };
    let second = match row.kind {
        LayerKind::Add => row.input.elements(),
        LayerKind::Scale => u64::from(row.input.channels),
        LayerKind::MatMul => u64::from(row.input.channels / row.groups) * u64::from(row.output.channels),
        _ => 0,
    };
    let moved_bytes = row.input.elements() + second + output;
    let work = LayerWorkload { name: &row.name, shape: || row.shape(), loops: Loops::of_row(row), elements };
    DeviceRates::of(device).cost(row.macs, row.weights, moved_bytes, work.cycles(device))
}

/// Work of a layer: loops, or operations on elements.
struct LayerWorkload<'a, S: Fn() -> LayerShape> {
    name: &'a str,
    shape: S,
    loops: Option<Loops>,
    elements: u64,
}

impl<S: Fn() -> LayerShape> LayerWorkload<'_, S> {
    fn cycles(&self, device: &Device) -> f64 {
        match (&device.mapping.value, self.loops) {
            (Mapping::Measured(table), _) => {
                table.seconds(self.name, &(self.shape)()).map_or(0.0, |seconds| seconds * device.clock_hz.value)
            }
            (mapping, Some(loops)) => mapping::cycles(&loops, mapping).unwrap_or(0) as f64,
            (_, None) => whole_cycles(self.elements as f64 / device.elements_per_cycle()),
        }
    }
}

/// Cost of a dense 1x1 convolution of a splitting module, from `input` to `outputs` channels. A measured device that
/// has no latency of that shape runs it at its mean measured rate over `measured` (all its layers).
pub(super) fn module_cost(input: Shape, outputs: u32, device: &Device, measured: &[LayerCost]) -> LayerCost {
    let loops = Loops::pointwise(input.channels, outputs, input.height, input.width);
    let macs = loops.macs();
    let moved_bytes = input.elements() + u64::from(outputs) * input.positions();
    let compute_cycles = match &device.mapping.value {
        Mapping::Measured(table) => {
            let shape = LayerShape::pointwise(input, outputs);
            let own = Some(table).filter(|table| !table.is_by_name()).and_then(|table| table.seconds("", &shape));
            own.map_or_else(|| mean_cycles(macs, measured), |seconds| seconds * device.clock_hz.value)
        }
        mapping => mapping::cycles(&loops, mapping).unwrap_or(0) as f64,
    };
    DeviceRates::of(device).cost(macs, loops.weights(), moved_bytes, compute_cycles)
}

/// Cycles of so many multiply-accumulates at the mean rate of some layers.
fn mean_cycles(macs: u64, layers: &[LayerCost]) -> f64 {
    let cycles: f64 = layers.iter().map(|layer| layer.compute_cycles).sum();
    let all: u64 = layers.iter().map(|layer| layer.macs).sum();
    if all > 0 { cycles * macs as f64 / all as f64 } else { 0.0 }
}

/// Cost of one operation on each element of two tensors of one shape: their sum, difference or largest values.
pub(super) fn sum_cost(elements: u64, device: &Device) -> LayerCost {
    let compute_cycles = whole_cycles(elements as f64 / device.elements_per_cycle());
    DeviceRates::of(device).cost(0, 0, 3 * elements, compute_cycles)
}

/// Cost of the product of a tensor with one learned factor per channel.
pub(super) fn scale_cost(shape: Shape, device: &Device) -> LayerCost {
    let elements = shape.elements();
    let compute_cycles = whole_cycles(elements as f64 / device.elements_per_cycle());
    DeviceRates::of(device).cost(0, u64::from(shape.channels), 2 * elements, compute_cycles)
}

/// Rates and energies of a device, looked up once for many layers.
#[derive(Debug, Clone, Copy)]
struct DeviceRates {
    /// Activation bytes moved per cycle.
    activation_bytes_per_cycle: Option<f64>,
    /// Weight bytes loaded per cycle.
    weight_bytes_per_cycle: Option<f64>,
    mac_energy_j: f64,
    byte_energy_j: f64,
    weight_byte_energy_j: f64,
}

impl DeviceRates {
    fn of(device: &Device) -> Self {
        // A measured latency already holds the traffic of the layer.
        let measured = matches!(device.mapping.value, Mapping::Measured(_));
        let value = |constant: &Option<Sourced<f64>>| constant.as_ref().map(|constant| constant.value);
        let rate = |constant: &Option<Sourced<f64>>| if measured { None } else { value(constant) };
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
        Op::Pool { window, .. } => layer.output.elements() * window.area(),
        Op::GlobalPool => layer.input.elements(),
        Op::Add | Op::Scale | Op::Elements(_) => layer.output.elements(),
        Op::Conv { .. } | Op::Linear | Op::MatMul { .. } => 0,
    }
}
