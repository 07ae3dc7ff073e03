//! `splitscope cost`: cost of every split of a design, with reasons why it does not fit, and fixes.

mod arguments;
mod asked;
mod json;
pub(super) mod knob;
mod layers;
mod optimum;
mod text;

use std::path::Path;

use anyhow::{Context, Result};

use super::train::use_threads;
use super::usage::{Usage, refuse};
use super::{Answer, load, network, output};
use crate::cost::{CostModel, DesignReport, TransmitConfig, deadline};
use crate::explore::default_transmit;
use crate::files;
use crate::hardware::Profile;
use crate::network::table;
use crate::quantity;
use crate::space::{Genome, ImportRules, SearchSpace};
use crate::supernet::latency_table;
pub(super) use arguments::Arguments;
use asked::Asked;

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if let Some(file) = &arguments.layers.layers {
        layers::run(file, &arguments.layers, &arguments.profile, arguments.json)?;
        return Ok(Answer::Yes);
    }
    let (mut profile, _) = load::profile(&arguments.profile)?;
    layers::apply(&arguments.layers, &mut profile)?;
    let space = if let Some(path) = &arguments.network {
        imported(path, arguments, &profile)?
    } else {
        network::needs_network(&arguments.import)?;
        load::space(&arguments.space)?.0
    };
    let genome = space.parse_genome(&load::spelt(&space, &arguments.genome)).usage()?;
    if let Some(of) = &arguments.list_layers {
        let layers = if of == "space" { space.layers()? } else { space.lower(&genome)?.layers };
        if arguments.measure {
            use_threads(1)?;
            output::print(&latency_table(&layers)?)?;
        } else {
            output::print(&table::csv(&layers))?;
        }
        return Ok(Answer::Yes);
    }
    let model = CostModel::new(space, profile)?;
    let transmit = transmit(arguments, model.space(), &genome)?;
    let mut knobs = knob::knobs(&model, arguments.sensors, &arguments.knobs)?;
    if let Some(rate) = &arguments.deadline {
        knobs.frame_rate_floor_hz = Some(deadline(rate).usage()?);
    }
    knobs.check().usage()?;
    if let Some(rate) = arguments.power_at.filter(|rate| !(1e-18..=1e18).contains(rate)) {
        refuse!("--power-at must be a finite number above zero (1e-18 to 1e18), not {rate}");
    }
    if let Some(metric) = arguments.optimum {
        let optima = optimum::Optima::new(&model, &knobs, metric)?;
        if arguments.json {
            output::json(&optima.json())?;
        } else {
            output::print(&quantity::ascii(&optima.text()))?;
        }
        return Ok(if optima.any_feasible() { Answer::Yes } else { Answer::No });
    }
    let report = DesignReport::new(&model, &genome, transmit, knobs)?;
    let asked = Asked::new(arguments, &model, &genome, &report)?;
    if arguments.json {
        output::json(&json::report(&asked))?;
    } else {
        output::print(&quantity::ascii(&text::report(&asked)))?;
    }
    Ok(if report.best.is_some() { Answer::Yes } else { Answer::No })
}

/// A space of the one network of a file, whose layers are written where that was asked for.
fn imported(path: &Path, arguments: &Arguments, profile: &Profile) -> Result<SearchSpace> {
    let paths = [path.to_path_buf()];
    let space = network::space(&paths, &arguments.import, ImportRules::default(), profile)?;
    if let Some(file) = &arguments.layers_csv {
        let layers = &space.imported()[0].network.layers;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let topology = file.with_file_name(format!("{stem}_scale_sim.csv"));
        for (file, text) in [(file, table::csv(layers)), (&topology, table::scale_sim(layers))] {
            files::write(file, text.as_bytes()).with_context(|| format!("{} can't be written", file.display()))?;
        }
    }
    Ok(space)
}

fn transmit(arguments: &Arguments, space: &SearchSpace, genome: &Genome) -> Result<TransmitConfig> {
    let usual = default_transmit(space, genome);
    let fusion = match &arguments.fusion {
        Some(name) => space.nearest_boundary(genome, space.parse_boundary(name).usage()?),
        None => usual.fusion,
    };
    let (ratio, bits) = (arguments.ratio.unwrap_or(usual.ratio), arguments.bits.unwrap_or(usual.bits));
    if ratio == 0 {
        refuse!("the compression ratio is at least 1");
    }
    if ![2, 4, 8, 16].contains(&bits) {
        refuse!("{bits} bits are not among 2, 4, 8, 16");
    }
    // A splitting module of any kind can be put into an imported network, which has none of its own.
    if space.imported().is_empty() {
        check_choice(arguments.ratio, &space.split.ratios, &space.name, "ratio")?;
        check_choice(arguments.bits, &space.split.bits, &space.name, "number of bits on the link")?;
    }
    Ok(TransmitConfig { fusion, ratio, bits })
}

/// Checks that a space has what was asked for, so that what is costed is a design.
fn check_choice(asked: Option<u8>, choices: &[u8], space: &str, what: &str) -> Result<()> {
    if let Some(value) = asked.filter(|value| !choices.contains(value)) {
        let valid: Vec<String> = choices.iter().map(ToString::to_string).collect();
        refuse!("no design of {space} has the {what} {value}; valid: {}", valid.join(", "));
    }
    Ok(())
}
