//! `splitscope sweep`: the best design at each of many values of one knob.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;

use super::cost::knob::set_in as set_knobs;
use super::load::NamedRun;
use super::output::{self, say};
use super::usage::{Usage, refuse};
use super::{Answer, bounds, load, network};
use crate::explore::{
    AccuracyFigure, AccuracyKind, DEFAULT_POOL, KnobRange, Session, SweepPoint, SweptDesign, precisions_in_words,
};
use crate::files;
use crate::quantity::{Knob, Metric};
use crate::record::Precision;
use crate::space::ImportRules;
use crate::svg;

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Knob to sweep over, for instance `link-bandwidth`, `latency` or `sensors`
    #[arg(value_name = "KNOB")]
    swept: String,
    /// First value, with a unit or in base units [default: the lower end of the knob's range]
    #[arg(long)]
    from: Option<String>,
    /// Last value [default: the upper end of the knob's range]
    #[arg(long)]
    to: Option<String>,
    /// Number of values
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Trained run with the accuracies to rank by; `shipped` is the one that comes with splitscope [default: the
    /// shipped one, if it is of the space]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Rank by costs alone, without a run
    #[arg(long, conflicts_with = "run")]
    no_run: bool,
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    space: Option<String>,
    /// ONNX file instead of a space; give it again for each network to compare
    #[arg(long = "network", value_name = "FILE.onnx", conflicts_with_all = ["space", "run"])]
    networks: Vec<PathBuf>,
    #[command(flatten)]
    import: network::ImportFlags,
    /// Profile: a shipped name or a TOML file [default: glasses, or the run's]
    #[arg(long)]
    profile: Option<String>,
    /// Sets another knob, for instance `latency=8ms`
    #[arg(long = "knob", value_name = "NAME=VALUE")]
    knobs: Vec<String>,
    /// Number of sensors [default: the profile's]
    #[arg(long)]
    sensors: Option<u32>,
    /// Candidates in the pool
    #[arg(long, default_value_t = DEFAULT_POOL, value_parser = bounds::pool())]
    pool: usize,
    /// Seed of the pool
    #[arg(long, default_value_t = 0, value_parser = bounds::seed())]
    seed: u64,
    /// Print JSON, in base units
    #[arg(long, conflicts_with_all = ["csv"])]
    json: bool,
    /// Print CSV, in base units
    #[arg(long)]
    csv: bool,
    /// Also draw the curve
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// The whole result, as JSON.
#[derive(Serialize)]
struct PrintedSweep<'a> {
    knob: &'static str,
    space: &'a str,
    profile: &'a str,
    notes: Vec<&'static str>,
    points: Vec<PrintedPoint>,
}

/// One value of the knob.
#[derive(Serialize)]
struct PrintedPoint {
    value: f64,
    /// `None` where no design meets the limits.
    design: Option<String>,
    split: Option<String>,
    accuracy: Option<AccuracyFigure>,
    /// `None` where it was not measured too.
    leak: Option<f64>,
    latency_s: Option<f64>,
}

/// One value of the knob as a row of CSV.
#[derive(Serialize)]
struct PrintedRow<'a> {
    value: f64,
    design: Option<&'a str>,
    split: Option<&'a str>,
    accuracy: Option<f64>,
    accuracy_kind: Option<AccuracyKind>,
    accuracy_low: Option<f64>,
    accuracy_high: Option<f64>,
    accuracy_precision: Option<Precision>,
    accuracy_samples: Option<u64>,
    leak: Option<f64>,
    latency_s: Option<f64>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let session = session(arguments)?;
    let knob = Knob::named(&arguments.swept).usage()?;
    load::print_notes(Knob::renamed(&arguments.swept).as_slice());
    let range = session
        .ranges()
        .of(knob)
        .with_context(|| format!("{} can't be moved on this profile", knob.label()))
        .usage()?;
    let values = values(arguments, &session, range)?;
    let points = session.sweep(knob, &values)?;
    if let Some(path) = &arguments.svg {
        let picture = svg::sweep::draw(session.space(), &session.profile().name, knob, &points);
        files::write(path, picture.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
    }
    let rows: Vec<PrintedPoint> = points.iter().map(|point| row(&session, point)).collect();
    let notes = notes(&session, knob, &points);
    if arguments.json {
        let sweep = PrintedSweep {
            knob: knob.name(),
            space: &session.space().name,
            profile: &session.profile().name,
            notes,
            points: rows,
        };
        output::json(&sweep)?;
    } else if arguments.csv {
        output::print(&csv(&rows)?)?;
        // No comments in a table for programs.
        load::print_notes(&notes.iter().map(|&note| note.to_owned()).collect::<Vec<String>>());
    } else {
        output::print(&table(knob, range, &rows))?;
        for note in notes {
            say!("{note}")?;
        }
    }
    Ok(if points.iter().any(|point| point.best.is_some()) { Answer::Yes } else { Answer::No })
}

/// A session on the run, or on space and profile, with the named knobs set.
fn session(arguments: &Arguments) -> Result<Session> {
    let run = arguments.run.as_deref().map(NamedRun::open).transpose()?;
    if arguments.networks.is_empty() {
        network::needs_network(&arguments.import)?;
    }
    let (profile, _) = match (&arguments.profile, &run) {
        (None, Some(run)) => load::profile_of_run(run.manifest())?,
        (name, _) => load::profile(name.as_deref().unwrap_or(crate::hardware::DEFAULT))?,
    };
    let space = match (&arguments.space, &run) {
        _ if !arguments.networks.is_empty() => {
            network::space(&arguments.networks, &arguments.import, ImportRules::default(), &profile)?
        }
        (name, run) => load::space_or_of_run(name.as_deref(), run.as_ref())?.0,
    };
    crate::cost::check_names(&space, &profile)?;
    let mut session = Session::new(space, profile, arguments.pool, arguments.seed);
    load::replay_shown(&mut session, run.as_ref(), arguments.no_run)?;
    set_knobs(&mut session, &arguments.knobs, arguments.sensors)?;
    Ok(session)
}

/// Values between the ends of the sweep, which are those of the knob's range unless named.
fn values(arguments: &Arguments, session: &Session, range: &KnobRange) -> Result<Vec<f64>> {
    let end = |text: &Option<String>, usual: f64| match text {
        Some(text) => {
            let value = range.knob.parse(text, range.info().dimension.base_unit()).usage()?;
            range.check(value).usage()
        }
        None => Ok(usual),
    };
    let steps = || range.steps.iter().copied().filter(|&step| !range.knob.is_unlimited(step));
    let (low, high) = (steps().fold(f64::INFINITY, f64::min), steps().fold(f64::NEG_INFINITY, f64::max));
    let (from, to) = (end(&arguments.from, low)?, end(&arguments.to, high)?);
    if range.knob.is_unlimited(from) || range.knob.is_unlimited(to) {
        refuse!("a sweep needs two ends: `none` is no value to sweep to");
    }
    Ok(session.sweep_values(range.knob, from, to, arguments.steps as usize))
}

/// Sentences on all that is not in the figures of a sweep.
fn notes(session: &Session, knob: Knob, points: &[SweepPoint]) -> Vec<&'static str> {
    let best = || points.iter().filter_map(|point| point.best.as_ref());
    let limits_leak = knob == Knob::LeakLimit || session.knobs().leak_limit.is_some();
    let mut notes = Vec::new();
    notes.extend(best().filter_map(SweptDesign::figure).find_map(|figure| figure.kind.caveat()));
    if best().filter_map(SweptDesign::figure).any(|figure| figure.kind != AccuracyKind::Measured) {
        notes.push(
            "each row is the first of the ranking, where an accuracy that was not measured counts by the lower end of its \
             interval: the figure may fall as a limit is relaxed",
        );
    }
    if limits_leak && best().any(|best| best.leak.is_none()) {
        notes.push("the leak of some of these designs was not measured; such a design breaks no limit of the leak");
    }
    notes
}

fn row(session: &Session, point: &SweepPoint) -> PrintedPoint {
    let best = point.best.as_ref();
    PrintedPoint {
        value: point.value,
        design: best.map(|best| session.space().print_design(&best.design)),
        split: best.map(|best| session.space().boundary_name(best.design.split).to_owned()),
        accuracy: best.and_then(SweptDesign::figure),
        leak: best.and_then(|best| best.leak),
        latency_s: best.map(|best| best.evaluation.latency.total_s()),
    }
}

fn csv(points: &[PrintedPoint]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for point in points {
        writer.serialize(PrintedRow {
            value: point.value,
            design: point.design.as_deref(),
            split: point.split.as_deref(),
            accuracy: point.accuracy.map(|figure| figure.value),
            accuracy_kind: point.accuracy.map(|figure| figure.kind),
            accuracy_low: point.accuracy.map(|figure| figure.low),
            accuracy_high: point.accuracy.map(|figure| figure.high),
            accuracy_precision: point.accuracy.map(|figure| figure.precision),
            accuracy_samples: point.accuracy.and_then(|figure| figure.samples),
            leak: point.leak,
            latency_s: point.latency_s,
        })?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A table in the range's units; the split is named where it changes.
fn table(knob: Knob, range: &KnobRange, points: &[PrintedPoint]) -> String {
    let mut out = String::new();
    let head = format!("{} {}", knob.label(), range.unit.symbol);
    let columns = [("accuracy", 8), ("90 % interval", 15), ("in", 5), ("latency", 10)];
    let columns: Vec<String> = columns.iter().map(|(name, width)| format!("{name:>width$}")).collect();
    let _ = writeln!(out, "{head:>24}  {}  {:<8}  design", columns.join("  "), "split");
    for point in points {
        let value = range.number(point.value);
        let (Some(design), Some(split), Some(latency)) = (&point.design, &point.split, point.latency_s) else {
            let _ = writeln!(out, "{value:>24}  no design meets the limits");
            continue;
        };
        let percent = |share: f64| Metric::Accuracy.format(share);
        let accuracy = point.accuracy.map_or_else(
            || "-".to_owned(),
            |figure| match figure.kind {
                AccuracyKind::Measured => percent(figure.value),
                // In plain characters, as all of the table.
                AccuracyKind::Predicted => format!("~{}", percent(figure.value)),
                AccuracyKind::Literature => format!("^{}", percent(figure.value)),
            },
        );
        let interval = point
            .accuracy
            .map_or_else(String::new, |figure| Metric::Accuracy.info().dimension.format_range(figure.low, figure.high));
        let precision = point.accuracy.map_or("", |figure| figure.precision.name());
        let latency = crate::quantity::ascii(&Metric::Latency.format(latency)).into_owned();
        let _ = writeln!(
            out,
            "{value:>24}  {accuracy:>8}  {interval:>15}  {precision:>5}  {latency:>10}  {split:<8}  {design}"
        );
    }
    let precisions =
        precisions_in_words(points.iter().filter_map(|point| point.accuracy).map(|figure| figure.precision));
    if !precisions.is_empty() {
        let _ = writeln!(out, "accuracies in {precisions}; ~ predicted, ^ of the literature");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_in_which_precision_its_accuracy_is() {
        let point = |precision, value| PrintedPoint {
            value: 0.003,
            design: Some("a".to_owned()),
            split: Some("S2.1".to_owned()),
            accuracy: Some(AccuracyFigure {
                kind: AccuracyKind::Measured,
                value,
                low: value - 0.01,
                high: value + 0.01,
                precision,
                samples: Some(400),
            }),
            leak: None,
            latency_s: Some(0.002),
        };
        let range = KnobRange::new(Knob::LatencyLimit, 0.01, 1.0, 1);
        let points = [point(Precision::Float, 0.0979), point(Precision::Int8, 0.14)];
        let text = table(Knob::LatencyLimit, &range, &points);
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[1].contains("  9.79 %   8.79 to 10.8 %  float  ") && rows[2].contains("%   int8  "), "{text}");
        assert!(rows[3].starts_with("accuracies in int8 and float"), "{text}");
    }
}
