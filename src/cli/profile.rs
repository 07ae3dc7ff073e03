//! `splitscope profile`: the constants of a profile and where they come from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::output::{self, note, say};
use super::usage::{Usage, refuse};
use super::{Answer, load};
use crate::diagnostic::Source;
use crate::hardware::{SHIPPED, ToolReport, reported_table};
use crate::quantity::Dimension;

/// Arguments of `profile`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every constant with its unit and source
    Show {
        /// A shipped name or a TOML file
        profile: String,
        /// Print the file itself, to be changed and kept
        #[arg(long)]
        toml: bool,
    },
    /// Print a latency table made of what a vendor's tool has reported: a profile of ONNX Runtime, a table by layer of
    /// Vela or of TFLite's benchmark_model, or network_c_info.json of ST Edge AI
    Import {
        /// Reports, each named after the file of its layer, or of a whole network whose operators have the names of
        /// the layers
        #[arg(required = true, value_name = "REPORT")]
        reports: Vec<PathBuf>,
        /// Layer table: index.csv of `deploy --layers-of`, or sensor-layers.csv of `deploy`
        #[arg(long, value_name = "FILE")]
        layers: PathBuf,
        /// Clock of the device, for reports in cycles, for instance 500MHz
        #[arg(long)]
        clock: Option<String>,
    },
    /// Print the names of the shipped profiles
    List,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    match &arguments.command {
        Command::Show { profile, toml: true } => {
            output::print(&load::profile(profile)?.1.text.replace("\r\n", "\n"))?;
        }
        Command::Show { profile, toml: false } => show(profile)?,
        Command::Import { reports, layers, clock } => import(reports, layers, clock.as_deref())?,
        Command::List => {
            for (name, _) in SHIPPED {
                let (profile, _) = load::profile(name)?;
                say!("{name:<12} {}", profile.description)?;
            }
        }
    }
    Ok(Answer::Yes)
}

/// Prints the layers of a table with the times of reports, and notes on standard error.
fn import(reports: &[PathBuf], layers: &PathBuf, clock: Option<&str>) -> Result<()> {
    let read = |path: &PathBuf| Source::read(path).with_context(|| format!("{} can't be read", path.display()));
    let hertz = Dimension::Frequency.base_unit();
    let clock = clock.map(|text| Dimension::Frequency.parse(text, hertz)).transpose().usage()?;
    if clock.is_some_and(|clock| clock <= 0.0) {
        refuse!("the clock must be above zero");
    }
    let index = read(layers)?;
    let mut found = Vec::new();
    for path in reports {
        found.push(ToolReport::read(&read(path)?, clock)?);
    }
    let guesses: BTreeSet<&str> = found.iter().filter_map(ToolReport::guess).collect();
    for guess in guesses {
        note!("note: {guess}");
    }
    let table = reported_table(&index, &found)?;
    output::print(&table.text)?;
    if !table.missing.is_empty() {
        note!("note: no report tells of {}", table.missing.join(", "));
    }
    Ok(())
}

fn show(name: &str) -> Result<()> {
    let (profile, _) = load::profile(name)?;
    say!("{}: {}", profile.name, profile.description)?;
    let constants = profile.constants();
    let width = |pick: fn(&crate::hardware::Constant) -> usize| constants.iter().map(pick).max().unwrap_or(0);
    let (keys, values) = (width(|row| row.key.chars().count()), width(|row| row.shown.chars().count()));
    for row in &constants {
        let mark = if row.assumed { "assumed" } else { "" };
        let source = row.source.as_deref().unwrap_or("no source given");
        say!("  {:<keys$}  {:>values$}  {mark:<7}  {source}", row.key, row.shown)?;
    }
    load::print_warnings(&profile.warnings());
    Ok(())
}
