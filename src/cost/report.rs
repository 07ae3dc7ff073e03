//! A layer-by-layer account of a table of layers or of a network on one device: what `splitscope cost --layers` prints.

use serde::Serialize;
use thiserror::Error;

use super::layer::{Bound, CostError, LayerCost, layer_costs, row_cost, streams};
use super::mapping::Loops;
use crate::hardware::{Device, Mapping};
use crate::network::Network;
use crate::network::memory::{MemoryRule, live_bytes};
use crate::network::table::{Kind, Row};

/// How the cycles of a systolic array are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// The number of cycles.
    #[default]
    Cycles,
    /// As SCALE-Sim 3.0.0 prints them: the last cycle counted from 0, one less for every group of a layer.
    ScaleSim,
}

/// An account that can't be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReportError {
    /// A latency table lacks layers.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// SCALE-Sim's count exists for systolic arrays only.
    #[error("SCALE-Sim counts systolic arrays; this device follows the rule `{0}` (choose one with --array 32x32)")]
    NotSystolic(&'static str),
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerLine {
    /// Name.
    pub name: String,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Weights.
    pub weights: u64,
    /// Cycles over all groups.
    pub cycles: f64,
    /// Seconds.
    pub seconds: f64,
    /// Share of the units that are busy.
    pub utilisation: f64,
    /// Joules, static power not included.
    pub energy_j: f64,
    /// Bytes of activations alive while it runs.
    pub live_bytes: u64,
    /// What it waits for.
    pub bound: Bound,
}

/// All layers together. Live bytes are those of the layer that needs most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total {
    /// Multiply-accumulates.
    pub macs: u64,
    /// Weights.
    pub weights: u64,
    /// Cycles.
    pub cycles: f64,
    /// Seconds.
    pub seconds: f64,
    /// Share of the units that are busy.
    pub utilisation: f64,
    /// Joules, static power not included.
    pub energy_j: f64,
    /// Most bytes of activations alive.
    pub live_bytes: u64,
}

/// The account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerReport {
    /// The mapping rule, in words.
    pub rule: String,
    /// The layers.
    pub layers: Vec<LayerLine>,
    /// Their sum.
    pub total: Total,
}

/// Accounts for a table of layers, each on its own.
///
/// # Errors
/// A latency table that lacks layers; SCALE-Sim's count asked of another rule.
pub fn report_rows(
    rows: &[Row],
    device: &Device,
    rule: MemoryRule,
    counting: Counting,
) -> Result<LayerReport, ReportError> {
    check(device, counting)?;
    let costs: Vec<Option<LayerCost>> = rows.iter().map(|row| row_cost(row, device)).collect();
    let missing: Vec<&str> =
        rows.iter().zip(&costs).filter(|(_, cost)| cost.is_none()).map(|(row, _)| row.name.as_str()).collect();
    if let (Mapping::Measured(table), false) = (&device.mapping.value, missing.is_empty()) {
        let (table, count) = (table.name.clone(), missing.len());
        return Err(CostError::NotMeasured { table, count, layers: missing.join(", ") }.into());
    }
    let works = rows.iter().zip(costs.into_iter().flatten()).map(|(row, cost)| Work {
        name: &row.name,
        cost,
        loops: Loops::of_row(row),
        live: live_row(row, rule),
    });
    Ok(account(works.collect(), device, counting))
}

/// Accounts for every layer of a network.
///
/// # Errors
/// As [`report_rows`].
pub fn report_network(
    network: &Network,
    device: &Device,
    rule: MemoryRule,
    counting: Counting,
) -> Result<LayerReport, ReportError> {
    check(device, counting)?;
    let (costs, live) = (layer_costs(network, device)?, live_bytes(network, rule));
    let works = network.layers.iter().zip(costs).zip(live).map(|((layer, cost), live)| Work {
        name: &layer.name,
        cost,
        loops: Loops::of(layer),
        live,
    });
    Ok(account(works.collect(), device, counting))
}

struct Work<'a> {
    name: &'a str,
    cost: LayerCost,
    loops: Option<Loops>,
    live: u64,
}

fn check(device: &Device, counting: Counting) -> Result<(), ReportError> {
    match &device.mapping.value {
        Mapping::Systolic { .. } => Ok(()),
        _ if counting == Counting::Cycles => Ok(()),
        other => Err(ReportError::NotSystolic(other.rule())),
    }
}

/// Bytes of a lone layer: its inputs and its output, written over each other where the rule allows it.
fn live_row(row: &Row, rule: MemoryRule) -> u64 {
    let (input, output) = (row.input.elements(), row.output.elements());
    match (row.kind, rule) {
        (Kind::Depthwise, MemoryRule::InplaceDepthwise | MemoryRule::FusedBlock) => input.max(output),
        (Kind::Add, MemoryRule::Strict) => 2 * input + output,
        (Kind::Add, _) => 2 * input,
        _ => input + output,
    }
}

fn account(works: Vec<Work>, device: &Device, counting: Counting) -> LayerReport {
    let streams = streams(device, works.iter().map(|work| work.cost.weight_bytes).sum());
    let units = device.mapping.value.macs_per_cycle();
    let line = |work: Work| {
        let (cycles, energy_j) = work.cost.spent(streams);
        let uncounted = match (counting, work.loops) {
            (Counting::ScaleSim, Some(loops)) => f64::from(loops.groups),
            _ => 0.0,
        };
        let cycles = cycles - uncounted;
        LayerLine {
            name: work.name.to_owned(),
            macs: work.cost.macs,
            weights: work.cost.weight_bytes,
            cycles,
            seconds: cycles / device.clock_hz.value,
            utilisation: share(work.cost.macs, cycles, units),
            energy_j,
            live_bytes: work.live,
            bound: work.cost.bound(streams),
        }
    };
    let layers: Vec<LayerLine> = works.into_iter().map(line).collect();
    let macs = layers.iter().map(|layer| layer.macs).sum();
    let cycles = layers.iter().map(|layer| layer.cycles).sum();
    let total = Total {
        macs,
        weights: layers.iter().map(|layer| layer.weights).sum(),
        cycles,
        seconds: cycles / device.clock_hz.value,
        utilisation: share(macs, cycles, units),
        energy_j: layers.iter().map(|layer| layer.energy_j).sum(),
        live_bytes: layers.iter().map(|layer| layer.live_bytes).max().unwrap_or(0),
    };
    let rule = match counting {
        Counting::Cycles => device.mapping.value.to_string(),
        Counting::ScaleSim => format!("{}, counted as SCALE-Sim 3.0.0 prints it", device.mapping.value),
    };
    LayerReport { rule, layers, total }
}

fn share(macs: u64, cycles: f64, units: f64) -> f64 {
    if cycles > 0.0 { (macs as f64 / (cycles * units)).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::hardware::{Dataflow, Profile, SHIPPED, override_mapping};
    use crate::network::table;

    fn device(array: &str, dataflow: &str) -> Device {
        let (name, text) = SHIPPED[0];
        let mut device = Profile::from_toml(&Source::new(name, text)).unwrap().sensor.device;
        device.activation_bytes_per_cycle = None;
        device.mapping.value = override_mapping(&device.mapping.value, Some(array), Some(dataflow)).unwrap();
        device
    }

    fn rows() -> Vec<Row> {
        let text = "name,kind,cin,cout,k,stride,pad,hin,groups\nstem,conv,3,32,3,2,1,224,1\ndw,dw,32,32,3,1,1,112,32\n";
        table::parse(&Source::new("t.csv", text)).unwrap()
    }

    #[test]
    fn the_account_adds_up_and_states_its_rule() {
        let device = device("16x16", "os");
        let report = report_rows(&rows(), &device, MemoryRule::Strict, Counting::Cycles).unwrap();
        assert_eq!(report.rule, "systolic 16x16, output-stationary");
        assert!((report.layers[0].cycles - 89_376.0).abs() < 0.5 && (report.layers[1].cycles - 978_432.0).abs() < 0.5);
        assert_eq!(report.layers[1].live_bytes, 2 * 32 * 112 * 112);
        let cycles: f64 = report.layers.iter().map(|layer| layer.cycles).sum();
        assert!((report.total.cycles - cycles).abs() < 0.5);
        assert_eq!(report.total.macs, 10_838_016 + 3_612_672);
        assert!((report.layers[0].utilisation - 10_838_016.0 / (89_376.0 * 256.0)).abs() < 1e-9);
    }

    #[test]
    fn scale_sims_own_count_is_one_less_for_every_group() {
        let device = device("16x16", "os");
        let report = report_rows(&rows(), &device, MemoryRule::Strict, Counting::ScaleSim).unwrap();
        let cycles: Vec<u64> = report.layers.iter().map(|layer| layer.cycles as u64).collect();
        assert_eq!(cycles, [89_375, 978_400]);
        let mut other = device;
        other.mapping.value = Mapping::Roofline { macs_per_cycle: 8.0, utilisation: 1.0 };
        let error = report_rows(&rows(), &other, MemoryRule::Strict, Counting::ScaleSim).unwrap_err();
        assert_eq!(error, ReportError::NotSystolic("roofline"));
    }

    #[test]
    fn a_measured_table_names_what_it_lacks() {
        let mut device = device("8x8", "ws");
        assert!(matches!(device.mapping.value, Mapping::Systolic { dataflow: Dataflow::WeightStationary, .. }));
        let table = crate::hardware::parse_measured("mine.csv", "name,ms\nstem,2\n").unwrap();
        device.mapping.value = Mapping::Measured(table);
        let error = report_rows(&rows(), &device, MemoryRule::Strict, Counting::Cycles).unwrap_err();
        assert!(error.to_string().contains("mine.csv lacks 1 layers of this network: dw"), "{error}");
    }
}
