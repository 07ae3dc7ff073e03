//! `splitscope paradigms`: all on the sensors, all on the aggregator, and distributed, in the figures of Table 1.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::cost::knob;
use super::load::NamedRun;
use super::usage::Usage;
use super::{Answer, load, network, output};
use crate::cost::{
    CostModel, Merit, MeritTick, ParadigmCell, ParadigmFigures, paradigm_differences, paradigm_rows, paradigms,
};
use crate::explore::default_transmit;
use crate::quantity::{self, number};
use crate::record::{LeakMeasurement, MeasurementKey, Precision, Subset};
use crate::space::{Design, ImportRules, SearchSpace};

/// Arguments of `paradigms`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    space: Option<String>,
    /// ONNX file instead of a space
    #[arg(long, value_name = "FILE.onnx", conflicts_with = "space")]
    network: Option<PathBuf>,
    #[command(flatten)]
    import: network::ImportFlags,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    profile: String,
    /// A printed design; or a printed genome, `largest` or `smallest`, which is taken at its best split
    #[arg(long, default_value = "largest")]
    design: String,
    /// Number of sensors [default: the profile's]
    #[arg(long)]
    sensors: Option<u32>,
    /// Moves a knob, for instance `link-bandwidth=2.5Mbit/s` or `latency=8ms`; without a unit in bytes, seconds, joules
    #[arg(long = "knob", value_name = "NAME=VALUE")]
    knobs: Vec<String>,
    /// Run whose measured leaks are shown; `shipped` is the one that comes with splitscope [default: the shipped one,
    /// if it is of the space]
    #[arg(long, conflicts_with = "network")]
    run: Option<PathBuf>,
    /// Costs alone, without a run
    #[arg(long, conflicts_with = "run")]
    no_run: bool,
    /// Print JSON: seconds, bytes, joules, shares
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print a Markdown table
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let (profile, _) = load::profile(&arguments.profile)?;
    let named = arguments.run.as_deref().map(NamedRun::open).transpose()?;
    let space = if let Some(path) = &arguments.network {
        network::space(std::slice::from_ref(path), &arguments.import, ImportRules::default(), &profile)?
    } else {
        network::needs_network(&arguments.import)?;
        load::space_or_of_run(arguments.space.as_deref(), named.as_ref())?.0
    };
    if let Some(run) = &named {
        load::check_space(run, &space)?;
    }
    let model = CostModel::new(space, profile)?;
    let design = design(model.space(), &arguments.design)?;
    let knobs = knob::knobs(&model, arguments.sensors, &arguments.knobs)?;
    knobs.check()?;
    let mut all = paradigms(&model, &design, &knobs)?;
    let run = match named {
        Some(run) => Some(run),
        None if arguments.no_run => None,
        None => load::shipped_of(model.space())?,
    };
    let leaks = run.as_ref().map_or(Ok(Vec::new()), NamedRun::leaks)?;
    let precision = fill_in_leaks(&mut all, model.space(), knobs.sensors, &leaks);
    let measured = precision.zip(run.as_ref().map(|run| run.manifest().name.as_str()));
    if arguments.json {
        output::json(&report(&model, knobs.sensors, &all, precision))?;
    } else if arguments.markdown {
        output::print(&quantity::ascii(&markdown(&model, knobs.sensors, &all, measured)))?;
    } else {
        output::print(&quantity::ascii(&text(&model, knobs.sensors, &all, measured)))?;
    }
    Ok(Answer::Yes)
}

/// The design named. What stands for a whole network has its split at the raw input, and the usual transmission.
fn design(space: &SearchSpace, text: &str) -> Result<Design> {
    let text = load::spelt(space, text);
    let (genome, split) = if text.contains('@') {
        let design = space.parse_design(&text).usage()?;
        if space.has_splitting_module(design.split) {
            return Ok(design);
        }
        (design.genome, design.split)
    } else {
        (space.parse_genome(&text).usage()?, 0)
    };
    let usual = default_transmit(space, &genome);
    Ok(Design { genome, split, fusion: usual.fusion, ratio: usual.ratio, bits: usual.bits })
}

/// Fills in the newest leaks of a run, on test objects with this number of views: those in int8, as costs are, or in
/// single precision where there is no other. Returns their precision if there are any. What crosses the link of a split
/// at the raw input depends on neither network nor fusion, so that there the leak of any such design is taken.
fn fill_in_leaks(
    all: &mut [ParadigmFigures],
    space: &SearchSpace,
    views: u32,
    leaks: &[LeakMeasurement],
) -> Option<Precision> {
    let fits = |key: &MeasurementKey| key.views == views && key.subset == Subset::Test && key.lost == 0;
    let newest = |precision: Precision, is_of: &dyn Fn(&str) -> bool| {
        let fitting = leaks.iter().filter(|leak| fits(&leak.key) && leak.key.precision == precision);
        let newest = fitting.filter(|leak| is_of(&leak.key.design)).max_by_key(|leak| leak.key.step);
        newest.map(|newest| newest.figures.leak)
    };
    let own = |design: &Design, precision| {
        let printed = space.print_design(design);
        newest(precision, &|other| other == printed)
    };
    let alike = |design: &Design, precision| {
        let sends_alike =
            |other: &str| space.parse_design(other).is_ok_and(|other| space.send_raw_input_alike(design, &other));
        newest(precision, &sends_alike)
    };
    // The precision is that of leaks of the designs themselves if there are any.
    let known = |find: &dyn Fn(&Design, Precision) -> Option<f64>| {
        Precision::ALL.into_iter().find(|&precision| all.iter().any(|one| find(&one.design, precision).is_some()))
    };
    let precision = known(&own).or_else(|| known(&alike))?;
    for one in all {
        one.leak = own(&one.design, precision).or_else(|| alike(&one.design, precision));
    }
    Some(precision)
}

/// The figures as JSON, in base units.
fn report(model: &CostModel, sensors: u32, all: &[ParadigmFigures], precision: Option<Precision>) -> Value {
    let row = |one: &ParadigmFigures| {
        let ticks: serde_json::Map<String, Value> = Merit::ALL
            .iter()
            .map(|merit| (merit.label().replace(' ', "_"), json!(MeritTick::new(*merit, one, all))))
            .collect();
        json!({
            "name": one.paradigm,
            "design": model.space().print_design(&one.design),
            "link_bytes": one.traffic.link_bytes,
            "communication_bytes": one.traffic.total_bytes,
            "communication_raw_share": one.traffic.raw_share,
            "communication_s": one.evaluation.latency.link_s,
            "communication_j": one.communication_j,
            "sensor_peak_bytes": one.evaluation.sensor_peak_bytes,
            "latency_s": one.evaluation.latency.total_s(),
            "speedup": one.speedup,
            "efficiency": one.efficiency,
            "utilisation": one.pipelined,
            "utilisation_single_frame": one.single_frame,
            "leak": one.leak,
            "leak_precision": precision.filter(|_| one.leak.is_some()).map(Precision::name),
            "broken": one.evaluation.violations.iter().collect::<Vec<_>>(),
            "ticks": ticks,
        })
    };
    json!({
        "space": model.space().name,
        "profile": model.profile().name,
        "sensors": sensors,
        "leak_precision": precision.map(Precision::name),
        "paradigms": all.iter().map(row).collect::<Vec<_>>(),
        "differences": paradigm_differences(all),
    })
}

/// Figure of a cell, with its tick and that of the paper.
fn cell(cell: &ParadigmCell) -> String {
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    match cell.tick {
        None => cell.text.clone(),
        Some(MeritTick { paper, figures: None }) => format!("{} (paper: {})", cell.text, yes(paper)),
        Some(tick @ MeritTick { paper, figures: Some(figures) }) => {
            let mark = if tick.differs() { " !" } else { "" };
            format!("{} {} (paper: {}){mark}", cell.text, yes(figures), yes(paper))
        }
    }
}

/// Precision of the leaks and name of the run that they were measured on, if there are any.
type MeasuredLeaks<'a> = Option<(Precision, &'a str)>;

/// Rules by which figures say yes, and the differences to the paper.
fn notes(all: &[ParadigmFigures], measured: MeasuredLeaks<'_>) -> Vec<String> {
    let any_leak = all.iter().any(|one| one.leak.is_some());
    let known = Merit::ALL.iter().filter(|merit| any_leak || **merit != Merit::Privacy);
    let rules = known.map(|merit| format!("{}, {}: yes if {}", merit.label(), merit.basis(), merit.rule()));
    let rules = rules.chain(measured.map(|(precision, run)| {
        format!("costs are those of int8; leaks were measured in {} on the run {run}", precision.name())
    }));
    rules.chain(paradigm_differences(all).into_iter().map(|sentence| format!("! {sentence}"))).collect()
}

/// Space, profile and sensors of the figures.
fn title(model: &CostModel, sensors: u32) -> String {
    format!("{} on {}, {}", model.space().name, model.profile().name, number::counted(sensors.into(), "sensor"))
}

fn text(model: &CostModel, sensors: u32, all: &[ParadigmFigures], measured: MeasuredLeaks<'_>) -> String {
    let mut out = String::new();
    let space = model.space();
    let _ = writeln!(out, "{}", title(model, sensors));
    for one in all {
        let _ = writeln!(out, "{:<18} {}", one.paradigm.label(), space.print_design(&one.design));
    }
    let line = |name: &str, cells: &mut dyn Iterator<Item = String>| {
        let line = cells.fold(format!("{name:<16}"), |line, cell| format!("{line}  {cell:<32}"));
        line.trim_end().to_owned()
    };
    let _ = writeln!(out, "\n{}", line("", &mut all.iter().map(|one| one.paradigm.label().to_owned())));
    for row in paradigm_rows(all) {
        let _ = writeln!(out, "{}", line(row.name, &mut row.cells.iter().map(cell)));
    }
    let _ = writeln!(out, "\n{}", notes(all, measured).join("\n"));
    out
}

/// The table for other documents. A row that is part of another one is named with it, as blanks are not kept there.
fn markdown(model: &CostModel, sensors: u32, all: &[ParadigmFigures], measured: MeasuredLeaks<'_>) -> String {
    let mut out = String::new();
    let names: Vec<&str> = all.iter().map(|one| one.paradigm.label()).collect();
    let _ = writeln!(out, "{}\n", title(model, sensors));
    let _ = writeln!(out, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(all.len()));
    let designs: Vec<String> = all.iter().map(|one| format!("`{}`", model.space().print_design(&one.design))).collect();
    let _ = writeln!(out, "| design | {} |", designs.join(" | "));
    let mut whole = "";
    for row in paradigm_rows(all) {
        let part = row.name.strip_prefix("  ");
        whole = if part.is_some() { whole } else { row.name };
        let name = part.map_or_else(|| whole.to_owned(), |part| format!("{whole}, {part}"));
        let cells: Vec<String> = row.cells.iter().map(cell).collect();
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }
    for note in notes(all, measured) {
        let _ = writeln!(out, "\n{note}");
    }
    out
}
