//! `splitscope paradigms`: all on the sensors, all on the aggregator, and distributed, in the figures of Table 1.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::cost::knob;
use super::load::NamedRun;
use super::usage::Usage;
use super::{Answer, load, network, output};
use crate::cost::{
    CostModel, Knobs, Merit, MeritTick, ParadigmCell, ParadigmFigures, paradigm_differences, paradigm_rows,
};
use crate::explore::{Command, Session, default_transmit};
use crate::quantity::{self, Knob, number};
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
    let run = match named {
        None if !arguments.no_run => load::shipped_of(model.space())?,
        named => named,
    };
    let session = session(&model, &knobs, run.as_ref())?;
    let table = ParadigmTable {
        all: session.paradigms_of(&design)?,
        run: run.as_ref().map(|run| run.manifest().name.as_str()),
        session: &session,
    };
    if arguments.json {
        output::json(&table.json())?;
    } else if arguments.markdown {
        output::print(&quantity::ascii(&table.markdown()))?;
    } else {
        output::print(&quantity::ascii(&table.text()))?;
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

/// A session without candidates of its own that knows what was measured on a run, with the knobs as given.
fn session(model: &CostModel, knobs: &Knobs, run: Option<&NamedRun>) -> Result<Session> {
    let mut session = Session::new(model.space().clone(), model.profile().clone(), 0, 0);
    load::replay_shown(&mut session, run, true)?;
    session.apply(Command::SetKnobs(Knob::ALL.map(|knob| (knob, knobs.get(knob))).to_vec()), 0);
    Ok(session)
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

/// Figures of the paradigms, and where they come from.
struct ParadigmTable<'a> {
    all: Vec<ParadigmFigures>,
    /// Name of the run that accuracies and leaks were measured on.
    run: Option<&'a str>,
    session: &'a Session,
}

impl ParadigmTable<'_> {
    /// Precision that the leak of a paradigm was measured in.
    fn leak_precision(&self, one: &ParadigmFigures) -> Option<&'static str> {
        self.session.leak(&one.design).map(|leak| leak.precision.name())
    }

    /// Precisions of all leaks; empty if there are none.
    fn leak_precisions(&self) -> BTreeSet<&'static str> {
        self.all.iter().filter_map(|one| self.leak_precision(one)).collect()
    }

    /// The figures as JSON, in base units.
    fn json(&self) -> Value {
        let row = |one: &ParadigmFigures| {
            let ticks: serde_json::Map<String, Value> = Merit::ALL
                .iter()
                .map(|merit| (merit.label().replace(' ', "_"), json!(MeritTick::new(*merit, one, &self.all))))
                .collect();
            json!({
                "name": one.paradigm,
                "design": self.session.space().print_design(&one.design),
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
                "leak_precision": self.leak_precision(one),
                "broken": one.evaluation.violations.iter().collect::<Vec<_>>(),
                "ticks": ticks,
            })
        };
        let precisions = self.leak_precisions();
        json!({
            "space": self.session.space().name,
            "profile": self.session.profile().name,
            "sensors": self.session.knobs().sensors,
            // Each paradigm has its own if they differ.
            "leak_precision": if precisions.len() == 1 { precisions.first() } else { None },
            "paradigms": self.all.iter().map(row).collect::<Vec<_>>(),
            "differences": paradigm_differences(&self.all),
        })
    }

    /// Rules by which figures say yes, and the differences to the paper.
    fn notes(&self) -> Vec<String> {
        let precisions = self.leak_precisions();
        let known = Merit::ALL.iter().filter(|merit| !precisions.is_empty() || **merit != Merit::Privacy);
        let rules = known.map(|merit| format!("{}, {}: yes if {}", merit.label(), merit.basis(), merit.rule()));
        let run = if precisions.is_empty() { None } else { self.run };
        let measured = run.map(|run| {
            let names = precisions.iter().copied().collect::<Vec<_>>().join(" and ");
            format!("costs are those of int8; leaks were measured in {names} on the run {run}")
        });
        let differences = paradigm_differences(&self.all).into_iter().map(|sentence| format!("! {sentence}"));
        rules.chain(measured).chain(differences).collect()
    }

    /// Space, profile and sensors of the figures.
    fn title(&self) -> String {
        let sensors = number::counted(self.session.knobs().sensors.into(), "sensor");
        format!("{} on {}, {sensors}", self.session.space().name, self.session.profile().name)
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}", self.title());
        for one in &self.all {
            let design = self.session.space().print_design(&one.design);
            let _ = writeln!(out, "{:<18} {design}", one.paradigm.label());
        }
        let line = |name: &str, cells: &mut dyn Iterator<Item = String>| {
            let line = cells.fold(format!("{name:<16}"), |line, cell| format!("{line}  {cell:<32}"));
            line.trim_end().to_owned()
        };
        let _ = writeln!(out, "\n{}", line("", &mut self.all.iter().map(|one| one.paradigm.label().to_owned())));
        for row in paradigm_rows(&self.all) {
            let _ = writeln!(out, "{}", line(&row.indented(), &mut row.cells.iter().map(cell)));
        }
        let _ = writeln!(out, "\n{}", self.notes().join("\n"));
        out
    }

    /// The table for other documents. A row that is part of another one is named with it, as blanks are not kept there.
    fn markdown(&self) -> String {
        let mut out = String::new();
        let names: Vec<&str> = self.all.iter().map(|one| one.paradigm.label()).collect();
        let _ = writeln!(out, "{}\n", self.title());
        let _ = writeln!(out, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(self.all.len()));
        let design = |one: &ParadigmFigures| format!("`{}`", self.session.space().print_design(&one.design));
        let designs: Vec<String> = self.all.iter().map(design).collect();
        let _ = writeln!(out, "| design | {} |", designs.join(" | "));
        let mut whole = "";
        for row in paradigm_rows(&self.all) {
            let name = if row.is_part { format!("{whole}, {}", row.name) } else { row.name.to_owned() };
            whole = if row.is_part { whole } else { row.name };
            let cells: Vec<String> = row.cells.iter().map(cell).collect();
            let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
        }
        for note in self.notes() {
            let _ = writeln!(out, "\n{note}");
        }
        out
    }
}
