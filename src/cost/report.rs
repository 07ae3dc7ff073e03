//! A layer-by-layer account of a table of layers on one device: what `splitscope cost --layers` prints.
//!
//! Cycles are those of computing under the device's rule; stalls are what memory adds to them. So the cycles of a
//! systolic array can be held against SCALE-Sim's whatever the memory of the profile.

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::layer::{Bound, CostError, LayerCost, is_counted, row_cost, streams};
use super::mapping::Loops;
use crate::hardware::{Device, Mapping};
use crate::network::memory::MemoryRule;
use crate::network::table::{LayerKind, LayerRow};

/// Convention by which the cycles of a systolic array are counted.
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
    /// A layer of a single cycle, of which SCALE-Sim counts none.
    #[error("SCALE-Sim 3.0.0 can't report this layer: it counts 0 cycles of it and divides by them")]
    NoCycle {
        /// Number of the layer, from 0.
        layer: usize,
    },
    /// More cycles than can be counted exactly, 2^53, up to some layer.
    #[error("the layers up to this one take more cycles than can be counted")]
    TooManyCycles {
        /// Number of the layer, from 0.
        layer: usize,
    },
}

impl ReportError {
    /// Number of the layer it is about, from 0.
    pub const fn layer(&self) -> Option<usize> {
        match self {
            Self::NoCycle { layer } | Self::TooManyCycles { layer } => Some(*layer),
            Self::Cost(_) | Self::NotSystolic(_) => None,
        }
    }
}

/// Figures of one layer, or of all together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerFigures {
    /// Multiply-accumulates.
    pub macs: u64,
    /// Number of weights.
    pub weights: u64,
    /// Cycles of computing, over all groups.
    #[serde(serialize_with = "whole")]
    pub cycles: f64,
    /// Cycles spent waiting for memory besides.
    #[serde(serialize_with = "whole")]
    pub stall_cycles: f64,
    /// Seconds, stalls included.
    pub seconds: f64,
    /// Share of the units that are busy, stalls included.
    pub utilisation: f64,
    /// Joules, static power not included.
    pub energy_j: f64,
    /// Bytes of activations alive while it runs; of all layers, those of the one that needs most.
    pub live_bytes: u64,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerReportRow {
    /// Name of the layer in its network.
    pub name: String,
    /// Figures of its work on its device.
    #[serde(flatten)]
    pub figures: LayerFigures,
    /// Resource that bounds its time.
    pub bound: Bound,
}

/// The account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerReport {
    /// The mapping rule, in words.
    pub rule: String,
    /// Conventions of counting cycles and live bytes, in sentences.
    pub notes: Vec<String>,
    /// The layers.
    pub layers: Vec<LayerReportRow>,
    /// All of them together.
    pub total: LayerFigures,
}

/// Accounts for a table of layers, each on its own.
///
/// # Errors
/// A latency table that lacks layers; SCALE-Sim's count asked of another rule, or of a layer of one cycle; more cycles
/// than can be counted.
pub fn report_rows(
    rows: &[LayerRow],
    device: &Device,
    rule: MemoryRule,
    counting: Counting,
) -> Result<LayerReport, ReportError> {
    check(device, counting)?;
    if let Mapping::Measured(table) = &device.mapping.value {
        let shaped = rows.iter().map(|row| (row.name.as_str(), row.shape()));
        CostError::not_measured(table, shaped).map_or(Ok(()), Err)?;
    }
    let works = rows.iter().map(|row| CountedLayer {
        name: &row.name,
        cost: row_cost(row, device),
        loops: Loops::of_row(row),
        live: live_row(row, rule),
    });
    account(works.collect(), device, rule, counting)
}

struct CountedLayer<'a> {
    name: &'a str,
    cost: LayerCost,
    loops: Option<Loops>,
    live: u64,
}

impl CountedLayer<'_> {
    /// Cycles that SCALE-Sim does not count.
    fn uncounted(&self, counting: Counting) -> f64 {
        match (counting, self.loops) {
            (Counting::ScaleSim, Some(loops)) => f64::from(loops.groups),
            _ => 0.0,
        }
    }
}

fn check(device: &Device, counting: Counting) -> Result<(), ReportError> {
    match &device.mapping.value {
        Mapping::Systolic { .. } => Ok(()),
        _ if counting == Counting::Cycles => Ok(()),
        other => Err(ReportError::NotSystolic(other.rule())),
    }
}

/// Bytes of a lone layer: its inputs and its output, written over each other where the rule allows it.
fn live_row(row: &LayerRow, rule: MemoryRule) -> u64 {
    let (input, output) = (row.input.elements(), row.output.elements());
    match (row.kind, rule) {
        (LayerKind::Depthwise, MemoryRule::InplaceDepthwise | MemoryRule::FusedBlock) => input.max(output),
        (LayerKind::Add, MemoryRule::Strict) => 2 * input + output,
        (LayerKind::Add, _) => 2 * input,
        (LayerKind::Scale, MemoryRule::Strict) => input + u64::from(row.input.channels) + output,
        (LayerKind::Scale, _) => input + u64::from(row.input.channels),
        _ => input + output,
    }
}

fn account(
    works: Vec<CountedLayer>,
    device: &Device,
    rule: MemoryRule,
    counting: Counting,
) -> Result<LayerReport, ReportError> {
    let vanishes =
        |work: &CountedLayer| counting == Counting::ScaleSim && work.cost.compute_cycles <= work.uncounted(counting);
    if let Some(layer) = works.iter().position(vanishes) {
        return Err(ReportError::NoCycle { layer });
    }
    let streams = streams(device, works.iter().map(|work| work.cost.weight_bytes).sum());
    let mut cycles = 0.0;
    let endless = |work: &CountedLayer| {
        cycles += work.cost.spent(streams).0;
        !is_counted(cycles)
    };
    if let Some(layer) = works.iter().position(endless) {
        return Err(ReportError::TooManyCycles { layer });
    }
    let (units, clock_hz) = (device.mapping.value.macs_per_cycle(), device.clock_hz.value);
    let line = |work: CountedLayer| {
        let (busy, energy_j) = work.cost.spent(streams);
        let uncounted = work.uncounted(counting);
        let all = busy - uncounted;
        let figures = LayerFigures {
            macs: work.cost.macs,
            weights: work.cost.weight_bytes,
            cycles: work.cost.compute_cycles - uncounted,
            stall_cycles: busy - work.cost.compute_cycles,
            seconds: all / clock_hz,
            utilisation: share(work.cost.macs, all, units),
            energy_j,
            live_bytes: work.live,
        };
        LayerReportRow { name: work.name.to_owned(), figures, bound: work.cost.bound(streams) }
    };
    let layers: Vec<LayerReportRow> = works.into_iter().map(line).collect();
    let all = || layers.iter().map(|layer| &layer.figures);
    let macs = all().map(|layer| layer.macs).sum();
    let cycles: f64 = all().map(|layer| layer.cycles).sum();
    let stall_cycles: f64 = all().map(|layer| layer.stall_cycles).sum();
    let total = LayerFigures {
        macs,
        weights: all().map(|layer| layer.weights).sum(),
        cycles,
        stall_cycles,
        seconds: (cycles + stall_cycles) / clock_hz,
        utilisation: share(macs, cycles + stall_cycles, units),
        energy_j: all().map(|layer| layer.energy_j).sum(),
        live_bytes: all().map(|layer| layer.live_bytes).max().unwrap_or(0),
    };
    Ok(LayerReport { rule: device.mapping.value.to_string(), notes: notes(device, rule, counting), layers, total })
}

fn notes(device: &Device, rule: MemoryRule, counting: Counting) -> Vec<String> {
    let mut notes = vec![format!("live bytes by the rule {}", rule.name())];
    match (&device.mapping.value, counting) {
        (Mapping::Systolic { .. }, Counting::Cycles) => notes.push(
            "cycles are counted from 1; SCALE-Sim 3.0.0 prints the number of the last cycle counted from 0 (its issue 125), \
             one less for every group of a layer: --scale-sim-compatible prints that"
                .into(),
        ),
        (_, Counting::ScaleSim) => notes.push(
            "cycles as SCALE-Sim 3.0.0 prints them: the last cycle counted from 0, one less for every group of a layer"
                .into(),
        ),
        (Mapping::Measured(_), _) => notes.push("cycles are the measured time times the profile's clock".into()),
        _ => {}
    }
    notes
}

/// A count of cycles as a whole number where it is one.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn whole<S: Serializer>(cycles: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if cycles.fract() == 0.0 { serializer.serialize_u64(*cycles as u64) } else { serializer.serialize_f64(*cycles) }
}

fn share(macs: u64, cycles: f64, units: f64) -> f64 {
    if cycles > 0.0 { (macs as f64 / (cycles * units)).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::hardware::{Dataflow, MappingFlags, Profile, override_mapping};
    use crate::network::table;

    fn device(array: &str, dataflow: &str) -> Device {
        let mut device = Profile::shipped("glasses").unwrap().sensor.device;
        device.activation_bytes_per_cycle = None;
        let flags = MappingFlags { array: Some(array), dataflow: Some(dataflow), ..MappingFlags::default() };
        device.mapping.value = override_mapping(&device.mapping.value, flags).unwrap();
        device
    }

    fn rows() -> Vec<LayerRow> {
        let text = "name,kind,cin,cout,k,stride,pad,hin,groups\nstem,conv,3,32,3,2,1,224,1\ndw,dw,32,32,3,1,1,112,32\n";
        table::parse(&Source::new("t.csv", text)).unwrap()
    }

    #[test]
    fn the_account_adds_up_and_states_its_rule() {
        let device = device("16x16", "os");
        let report = report_rows(&rows(), &device, MemoryRule::Strict, Counting::Cycles).unwrap();
        assert_eq!(report.rule, "systolic 16x16, output-stationary");
        assert!(
            (report.layers[0].figures.cycles - 89_376.0).abs() < 0.5
                && (report.layers[1].figures.cycles - 978_432.0).abs() < 0.5
        );
        assert_eq!(report.layers[1].figures.live_bytes, 2 * 32 * 112 * 112);
        let cycles: f64 = report.layers.iter().map(|layer| layer.figures.cycles).sum();
        assert!((report.total.cycles - cycles).abs() < 0.5);
        assert_eq!(report.total.macs, 10_838_016 + 3_612_672);
        assert!((report.layers[0].figures.utilisation - 10_838_016.0 / (89_376.0 * 256.0)).abs() < 1e-9);
    }

    #[test]
    fn scale_sims_own_count_is_one_less_for_every_group() {
        let device = device("16x16", "os");
        let report = report_rows(&rows(), &device, MemoryRule::Strict, Counting::ScaleSim).unwrap();
        let cycles: Vec<u64> = report.layers.iter().map(|layer| layer.figures.cycles as u64).collect();
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
        let mut lacks = |text: &str| {
            let table = crate::hardware::parse_measured(&Source::new("mine.csv", text)).unwrap();
            device.mapping.value = Mapping::Measured(table);
            report_rows(&rows(), &device, MemoryRule::Strict, Counting::Cycles).unwrap_err().to_string()
        };
        let by_name = lacks("name,ms\nstem,2\n");
        assert!(by_name.contains("mine.csv lacks 1 of the layers: dw;"), "{by_name}");
        let by_shape = lacks("name,kind,cin,cout,k,stride,pad,hin,ms\nx,conv,3,32,3,2,1,224,2\n");
        assert!(by_shape.contains("1 of the layers: dw (dw 3x3, 32x112x112 to 32x112x112);"), "{by_shape}");
    }

    #[test]
    fn cycles_are_the_rules_own_and_stalls_are_apart() {
        let mut device = device("128x128", "ws");
        let free = report_rows(&rows(), &device, MemoryRule::Strict, Counting::Cycles).unwrap();
        device.activation_bytes_per_cycle =
            Some(crate::hardware::Sourced { value: 1.0, shown: "1".into(), source: None, assumed: true });
        let bound = report_rows(&rows(), &device, MemoryRule::Strict, Counting::Cycles).unwrap();
        let (free, bound) = (&free.layers[0], &bound.layers[0]);
        assert!((free.figures.cycles - bound.figures.cycles).abs() < 0.5 && free.figures.stall_cycles.abs() < 0.5);
        assert!((bound.figures.cycles + bound.figures.stall_cycles - 551_936.0).abs() < 0.5);
        assert_eq!((free.bound, bound.bound), (Bound::Compute, Bound::Activations));
        assert!(bound.figures.seconds > free.figures.seconds && bound.figures.utilisation < free.figures.utilisation);
    }

    #[test]
    fn cycles_beyond_counting_are_refused() {
        let table = "name,kind,cin,cout,k,hin,groups\nhuge,conv,4000000000,4000000000,1,1500,4000000000\n";
        let rows = table::parse(&Source::new("t.csv", table)).unwrap();
        let error = report_rows(&rows, &device("60000x60000", "ws"), MemoryRule::Strict, Counting::Cycles);
        let error = error.map(|report| report.total.cycles).unwrap_err();
        assert_eq!(error, ReportError::TooManyCycles { layer: 0 });
    }
}
