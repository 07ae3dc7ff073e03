//! `splitscope cost --layers FILE`: every layer of a table on one device; and the flags that change how devices
//! count.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::cli::load;
use crate::cli::output::{self, say};
use crate::cli::usage::{Usage, refuse};
use crate::cost::{Counting, LayerFigures, LayerReport, LayerReportRow, report_rows};
use crate::diagnostic::Source;
use crate::hardware::{Device, Mapping, MappingFlags, Profile, Sourced, override_mapping, parse_measured};
use crate::network::memory::MemoryRule;
use crate::network::table;
use crate::quantity::{Dimension, ascii};

/// Arguments of `cost` about layer tables and about the device that runs layers.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A layer table instead of a space: CSV with columns name, kind, cin, cout, k, stride, pad, hin, win, groups, or a
    /// SCALE-Sim topology
    #[arg(long, value_name = "FILE")]
    pub(super) layers: Option<PathBuf>,
    /// Device of the profile that runs the layers of a table, and to which the flags about rules and latencies apply
    #[arg(long, value_parser = ["sensor", "aggregator"], default_value = "sensor")]
    device: String,
    /// Mapping rule instead of the profile's
    #[arg(long, value_parser = ["roofline", "unrolled", "systolic"])]
    rule: Option<String>,
    /// Array of the device instead of the profile's: 32x32 (systolic) or 32x2x4x4 (unrolled over K, C, OX, OY)
    #[arg(long)]
    array: Option<String>,
    /// Dataflow of a systolic array: output- or weight-stationary
    #[arg(long, value_parser = ["os", "ws"])]
    dataflow: Option<String>,
    /// Depthwise layers on an unrolled array: one channel after another, or in groups
    #[arg(long, value_parser = ["per-channel", "grouped"])]
    depthwise: Option<String>,
    /// Measured latencies instead of a rule, by shape or by name: CSV or JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rule", "array", "dataflow", "depthwise"])]
    table: Option<PathBuf>,
    /// Rule by which live bytes are counted, instead of the profile's
    #[arg(long, value_parser = MemoryRule::ALL.map(|(name, _)| name))]
    memory_rule: Option<String>,
    /// Count systolic cycles of a layer table as SCALE-Sim 3.0.0 prints them: the number of the last cycle counted from
    /// 0, one less a layer
    #[arg(long)]
    scale_sim_compatible: bool,
}

/// Source of the rules that the command line gives.
pub(super) const COMMAND_LINE: &str = "command line";

/// Gives a profile the rules and latencies that the flags name, for splits of networks.
///
/// # Errors
/// Flags that make no rule, a latency table that can't be read, or a flag that is about layer tables only.
pub(super) fn apply(options: &Arguments, profile: &mut Profile) -> Result<()> {
    if options.scale_sim_compatible {
        refuse!("--scale-sim-compatible is about the layers of a table: name one with --layers FILE");
    }
    let device = if options.is_sensor() { &mut profile.sensor.device } else { &mut profile.aggregator };
    if options.changes_mapping() {
        let value = mapping(options, device)?;
        let shown = value.to_string();
        device.mapping = Sourced { value, shown, source: Some(COMMAND_LINE.to_owned()), assumed: false };
    }
    if let Some(rule) = options.named_memory_rule() {
        profile.sensor.memory_rule = rule;
    }
    Ok(())
}

impl Arguments {
    fn is_sensor(&self) -> bool {
        self.device == "sensor"
    }

    const fn changes_mapping(&self) -> bool {
        self.rule.is_some()
            || self.array.is_some()
            || self.dataflow.is_some()
            || self.depthwise.is_some()
            || self.table.is_some()
    }

    fn named_memory_rule(&self) -> Option<MemoryRule> {
        let wanted = self.memory_rule.as_deref()?;
        MemoryRule::ALL.into_iter().find(|(name, _)| *name == wanted).map(|(_, rule)| rule)
    }
}

pub(super) fn run(file: &Path, options: &Arguments, profile: &str, as_json: bool) -> Result<()> {
    let source = read(file)?;
    let rows = table::parse(&source)?;
    let (profile, _) = load::profile(profile)?;
    let mut device = if options.is_sensor() { profile.sensor.device.clone() } else { profile.aggregator.clone() };
    device.mapping.value = mapping(options, &device)?;
    let rule = options.named_memory_rule().unwrap_or(profile.sensor.memory_rule);
    let counting = if options.scale_sim_compatible { Counting::ScaleSim } else { Counting::Cycles };
    let report = report_rows(&rows, &device, rule, counting).map_err(|error| match error.layer() {
        Some(layer) => anyhow!(source.error(rows[layer].span.clone(), error.to_string())),
        None => anyhow!(error),
    })?;
    if as_json { output::json(&report) } else { Ok(print(&report)?) }
}

fn read(path: &Path) -> Result<Source> {
    Source::read(path).with_context(|| format!("{} can't be read", path.display()))
}

fn mapping(options: &Arguments, device: &Device) -> Result<Mapping> {
    if let Some(path) = &options.table {
        return Ok(Mapping::Measured(parse_measured(&read(path)?)?));
    }
    let flags = MappingFlags {
        rule: options.rule.as_deref(),
        array: options.array.as_deref(),
        dataflow: options.dataflow.as_deref(),
        depthwise: options.depthwise.as_deref(),
    };
    override_mapping(&device.mapping.value, flags).usage()
}

fn print(report: &LayerReport) -> io::Result<()> {
    say!("rule: {}", report.rule)?;
    for note in &report.notes {
        say!("  {note}")?;
    }
    say!(
        "{:<28} {:>14} {:>12} {:>14} {:>12} {:>10} {:>7} {:>10} {:>11}  bound by",
        "layer",
        "MACs",
        "weights",
        "cycles",
        "stalls",
        "time",
        "used",
        "energy",
        "live"
    )?;
    for LayerReportRow { name, figures, bound } in &report.layers {
        say!("{}  {}", row(name, figures), bound.name())?;
    }
    say!("{}", row("total", &report.total))
}

fn row(name: &str, figures: &LayerFigures) -> String {
    let LayerFigures { macs, weights, cycles, stall_cycles, seconds, utilisation, energy_j, live_bytes } = figures;
    let text = format!(
        "{name:<28} {macs:>14} {weights:>12} {cycles:>14.0} {stall_cycles:>12.0} {:>10} {:>7} {:>10} {:>11}",
        Dimension::Time.format(*seconds),
        Dimension::Share.format(*utilisation),
        Dimension::Energy.format(*energy_j),
        Dimension::Bytes.format(*live_bytes as f64),
    );
    ascii(&text).into_owned()
}
