//! `splitscope cost --layers FILE`: every layer of a table on one device.

use anyhow::{Result, bail};

use super::{Answer, cost, load};
use crate::cost::{Counting, LayerReport, report_rows, show};
use crate::diagnostic::Source;
use crate::hardware::override_mapping;
use crate::network::table;

/// Arguments of `cost` about layer tables.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A layer table instead of a space: CSV with columns name, kind, cin, cout, k, stride, pad, hin, win, groups, or a
    /// SCALE-Sim topology
    #[arg(long, value_name = "FILE")]
    pub(super) layers: Option<std::path::PathBuf>,
    /// Which device of the profile runs the layers
    #[arg(long, value_parser = ["sensor", "aggregator"], default_value = "sensor", requires = "layers")]
    device: String,
    /// Array of the device instead of the profile's: 32x32 (systolic) or 32x2x4x4 (unrolled over K, C, OX, OY)
    #[arg(long, requires = "layers")]
    array: Option<String>,
    /// Dataflow of a systolic array
    #[arg(long, value_parser = ["os", "ws"], requires = "layers")]
    dataflow: Option<String>,
    /// Count systolic cycles as SCALE-Sim 3.0.0 prints them: the number of the last cycle counted from 0, one less a layer
    #[arg(long, requires = "layers")]
    scale_sim_compatible: bool,
}

pub(super) fn run(arguments: &cost::Arguments) -> Result<Answer> {
    let options = &arguments.layers;
    let Some(path) = &options.layers else { bail!("--layers FILE is missing") };
    let source = Source::read(path).map_err(|error| anyhow::anyhow!("{} can't be read: {error}", path.display()))?;
    let rows = table::parse(&source)?;
    let (profile, _) = load::profile(&arguments.profile)?;
    let mut device =
        if options.device == "sensor" { profile.sensor.device.clone() } else { profile.aggregator.clone() };
    device.mapping.value =
        override_mapping(&device.mapping.value, options.array.as_deref(), options.dataflow.as_deref())?;
    let counting = if options.scale_sim_compatible { Counting::ScaleSim } else { Counting::Cycles };
    let report = report_rows(&rows, &device, profile.sensor.memory_rule, counting)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(Answer::Yes)
}

fn print(report: &LayerReport) {
    println!("rule: {}", report.rule);
    println!(
        "{:<28} {:>14} {:>12} {:>14} {:>10} {:>7} {:>10} {:>11}  bound by",
        "layer", "MACs", "weights", "cycles", "time", "used", "energy", "live"
    );
    for line in &report.layers {
        println!(
            "{:<28} {:>14} {:>12} {:>14.0} {:>10} {:>6.1}% {:>10} {:>11}  {}",
            line.name,
            line.macs,
            line.weights,
            line.cycles,
            show::seconds(line.seconds),
            line.utilisation * 100.0,
            show::joules(line.energy_j),
            show::bytes(line.live_bytes),
            serde_json::to_value(line.bound)
                .ok()
                .and_then(|value| value.as_str().map(str::to_owned))
                .unwrap_or_default(),
        );
    }
    let total = &report.total;
    println!(
        "{:<28} {:>14} {:>12} {:>14.0} {:>10} {:>6.1}% {:>10} {:>11}",
        "total",
        total.macs,
        total.weights,
        total.cycles,
        show::seconds(total.seconds),
        total.utilisation * 100.0,
        show::joules(total.energy_j),
        show::bytes(total.live_bytes),
    );
}
