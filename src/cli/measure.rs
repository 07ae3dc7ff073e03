//! `splitscope measure`: accuracies or leaks of chosen designs on a trained run, recorded in its database.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use super::load::NamedRun;
use super::output::{note, say};
use super::train::use_threads;
use super::usage::{Usage, refuse};
use super::{Answer, bounds, evaluator, load};
use crate::quantity::Metric;
use crate::record::{Clipping, Measurement, MeasurementKey, Precision, Subset};
use crate::run::{EvaluatorOptions, RunEvaluator};
use crate::space::{Design, SearchSpace};
use crate::supernet::ViewSet;

mod leak;
mod shares;

/// Arguments of `measure`.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Arguments {
    /// Trained run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Design as printed, for instance `0-00-1101-00@S2.1/S2.1:r4b8`; `largest` and `smallest` stand for a genome
    #[arg(long = "design", value_name = "DESIGN")]
    designs: Vec<String>,
    /// Also every design with an accuracy on record for these weights
    #[arg(long)]
    on_record: bool,
    /// Number of random designs to measure besides those named
    #[arg(long, default_value_t = 0, value_parser = bounds::designs())]
    random: usize,
    /// Seed of the random designs
    #[arg(long, default_value_t = 0, value_parser = bounds::seed())]
    seed: u64,
    /// Numbers of views [default: 6, or as many as there are]
    #[arg(long, value_delimiter = ',')]
    views: Vec<usize>,
    /// Also with each camera lost in turn
    #[arg(long)]
    lost_cameras: bool,
    /// Also with these cameras lost together, counted from 0, for instance `0,3`
    #[arg(long, value_delimiter = ',')]
    lost: Vec<usize>,
    /// Measure how much of the pictures can be rebuilt from what crosses the link, in place of accuracies
    #[arg(long, conflicts_with_all = ["lost_cameras", "lost", "calibration_objects"])]
    leak: bool,
    /// Train a small decoder on the codes as well: some seconds more for each design
    #[arg(long, requires = "leak")]
    decoder: bool,
    /// Objects to classify or to rebuild: validation, by which designs are ranked, or test, by which no accuracy is
    /// chosen; both as `validation,test` [default: validation for accuracies, test for leaks]
    #[arg(long = "subset", value_name = "SUBSET", value_delimiter = ',', value_parser = one_of(subset))]
    subsets: Vec<Subset>,
    /// Objects that recalibrate batch norm; 0 turns recalibration off, and results are recorded only with as many as in
    /// the run [default: the run's]
    #[arg(long, value_parser = bounds::designs())]
    calibration_objects: Option<usize>,
    /// Precision: int8, as deployed and as costed, or float, as trained; both as `int8,float`
    #[arg(
        long = "precision",
        value_name = "PRECISION",
        value_delimiter = ',',
        default_value = "int8",
        value_parser = one_of(precision)
    )]
    precisions: Vec<Precision>,
    /// Rule of the ranges of activations in int8: min-max, percentile or mse; results are recorded only with mse
    #[arg(long, default_value = "mse", value_parser = clipping)]
    clipping: Clipping,
    /// Processes of one thread each that measure beside each other
    #[arg(
        long,
        default_value_t = 0,
        value_name = "COUNT",
        value_parser = bounds::workers(),
        conflicts_with_all = ["leak", "lost_cameras", "lost", "calibration_objects", "clipping"]
    )]
    workers: usize,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0, value_parser = bounds::threads())]
    threads: usize,
    /// Print one JSON object per measurement
    #[arg(long)]
    json: bool,
}

/// Reader of one of several names with commas between them; an error tells how to name several.
fn one_of<T: 'static>(
    read: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |name| read(name).map_err(|error| format!("{error}; several with commas between them"))
}

pub(super) fn subset(name: &str) -> Result<Subset, String> {
    Subset::named(name).ok_or_else(|| format!("no subset `{name}`; valid: validation, test"))
}

pub(super) fn precision(name: &str) -> Result<Precision, String> {
    Precision::named(name).ok_or_else(|| format!("no precision `{name}`; valid: int8, float"))
}

fn clipping(name: &str) -> Result<Clipping, String> {
    Clipping::named(name).ok_or_else(|| format!("no clipping `{name}`; valid: min-max, percentile, mse"))
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = NamedRun::trained(arguments.run.as_ref())?.unpacked()?;
    if run.is_temporary() {
        note!("note: the shipped run is measured as it is, and nothing is kept; a search works on a copy of it");
    }
    use_threads(arguments.threads)?;
    let mut settings = run.manifest().training_settings()?;
    let space = run.manifest().search_space()?;
    check_designs(&space, arguments, settings.design.is_some())?;
    let views = numbers_of_views(arguments, space.views as usize)?;
    views.iter().try_for_each(|&views| lost_sets(arguments, views).map(drop))?;
    let objects = arguments.calibration_objects.unwrap_or(settings.calibration_objects);
    // Accuracies with another calibration are not comparable with those on record.
    let as_the_run = objects == settings.calibration_objects && arguments.clipping == Clipping::default();
    settings.calibration_objects = objects;
    let options = EvaluatorOptions { settings: Some(settings), ..EvaluatorOptions::default() };
    let evaluator = evaluator::open(&run, options)?.with_clipping(arguments.clipping);
    let designs = designs(&evaluator, arguments)?;
    if arguments.workers > 1 && !arguments.leak {
        let printed: Vec<String> = designs.iter().map(|design| evaluator.space().print_design(design)).collect();
        shares::measure(&run, &printed, arguments.workers, &conditions(arguments, &views))?;
    }
    let mut evaluator = evaluator;
    for &precision in &arguments.precisions {
        evaluator = evaluator.with_precision(precision);
        if arguments.leak {
            leaks(&evaluator, &designs, &views, arguments)?;
        } else {
            accuracies(&evaluator, &designs, &views, as_the_run, arguments)?;
        }
    }
    Ok(Answer::Yes)
}

/// Measures and prints the accuracies of the designs in one precision.
fn accuracies(
    evaluator: &RunEvaluator,
    designs: &[Design],
    views: &[usize],
    as_the_run: bool,
    arguments: &Arguments,
) -> Result<()> {
    for design in designs {
        for subset in subsets(arguments, Subset::Validation) {
            for &views in views {
                for lost in lost_sets(arguments, views)? {
                    let key = evaluator.key(design, views as u32, subset);
                    let key = MeasurementKey { lost, ..key };
                    let measured =
                        if as_the_run { evaluator.measurement(&key)? } else { evaluator.evaluator().measure(&key)? };
                    print(&measured, sent_values(evaluator.space(), design)?, arguments.json)?;
                }
            }
        }
    }
    Ok(())
}

/// Numbers of views, precisions and subsets as arguments of this command.
fn conditions(arguments: &Arguments, views: &[usize]) -> Vec<String> {
    let views: Vec<String> = views.iter().map(ToString::to_string).collect();
    let precisions: Vec<&str> = arguments.precisions.iter().map(|precision| precision.name()).collect();
    let subsets: Vec<&str> = subsets(arguments, Subset::Validation).iter().map(|subset| subset.name()).collect();
    let list = |flag: &str, values: String| [flag.to_owned(), values];
    [list("--views", views.join(",")), list("--precision", precisions.join(",")), list("--subset", subsets.join(","))]
        .concat()
}

/// The subsets named, else the usual one.
fn subsets(arguments: &Arguments, usual: Subset) -> Vec<Subset> {
    if arguments.subsets.is_empty() { vec![usual] } else { arguments.subsets.clone() }
}

/// Measures and prints the leaks of the designs in one precision.
fn leaks(evaluator: &RunEvaluator, designs: &[Design], views: &[usize], arguments: &Arguments) -> Result<()> {
    for design in designs {
        for subset in subsets(arguments, Subset::Test) {
            for &views in views {
                let key = evaluator.key(design, views as u32, subset);
                leak::print(&evaluator.leak(&key, arguments.decoder)?, arguments.json)?;
            }
        }
    }
    Ok(())
}

/// Tells what is wrong about the designs named, before the data are made.
fn check_designs(space: &SearchSpace, arguments: &Arguments, is_of_one_design: bool) -> Result<()> {
    for text in &arguments.designs {
        space.parse_design(&load::spelt(space, text)).usage()?;
    }
    if arguments.designs.is_empty() && !arguments.on_record && arguments.random == 0 && !is_of_one_design {
        refuse!("nothing to measure; name designs with --design or draw some with --random");
    }
    Ok(())
}

/// The designs named, then those on record, then those drawn; each once.
fn designs(evaluator: &RunEvaluator, arguments: &Arguments) -> Result<Vec<Design>> {
    let space = evaluator.space();
    let named = |text: &String| space.parse_design(&load::spelt(space, text)).usage();
    let mut designs: Vec<Design> = arguments.designs.iter().map(named).collect::<Result<_, _>>()?;
    if arguments.on_record {
        designs.extend(evaluator.designs_on_record()?);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    designs.extend((0..arguments.random).map(|_| space.sample_design(&mut rng)));
    let mut seen = HashSet::new();
    designs.retain(|design| seen.insert(space.canonical_design(design.clone())));
    if designs.is_empty()
        && let Some(design) = evaluator.trained_design()
    {
        designs.push(space.parse_design(design)?);
    }
    if designs.is_empty() {
        refuse!("nothing to measure; name designs with --design or draw some with --random");
    }
    Ok(designs)
}

fn numbers_of_views(arguments: &Arguments, most: usize) -> Result<Vec<usize>> {
    let numbers = if arguments.views.is_empty() { vec![6.min(most)] } else { arguments.views.clone() };
    numbers.iter().try_for_each(|&views| check_views(views, most))?;
    Ok(numbers)
}

/// Checks that a run has so many views.
pub(super) fn check_views(views: usize, most: usize) -> Result<()> {
    if !(1..=most).contains(&views) {
        refuse!("the run has 1 to {most} views; {views} were asked for");
    }
    Ok(())
}

/// Sets of lost cameras, as bits, one per measurement.
fn lost_sets(arguments: &Arguments, views: usize) -> Result<Vec<u32>> {
    let mut sets = vec![0];
    if arguments.lost_cameras && views > 1 {
        sets.extend((0..views).map(bit).collect::<Result<Vec<u32>>>()?);
    }
    if !arguments.lost.is_empty() {
        if let Some(camera) = arguments.lost.iter().find(|&&camera| camera >= views) {
            refuse!("camera {camera} can't be lost: the {views} cameras count from 0 to {}", views - 1);
        }
        let lost = arguments.lost.iter().map(|&camera| bit(camera)).collect::<Result<Vec<u32>>>()?;
        let lost = lost.into_iter().fold(0, |set, bit| set | bit);
        if ViewSet::without(views, lost).is_none() {
            refuse!("all {views} cameras are lost; at least one must be left");
        }
        sets.push(lost);
    }
    Ok(sets)
}

fn bit(camera: usize) -> Result<u32> {
    let bit = u32::try_from(camera).ok().and_then(|camera| 1_u32.checked_shl(camera));
    bit.with_context(|| format!("camera {camera} can't be lost: lost cameras are recorded up to number 31"))
}

/// Values that one view of a design sends.
fn sent_values(space: &SearchSpace, design: &Design) -> Result<u64> {
    let network = space.lower(&design.genome)?;
    network.sent_values(design.split, design.ratio).context("the network lacks the design's split")
}

fn print(measured: &Measurement, sent_values: u64, json: bool) -> std::io::Result<()> {
    let Measurement { key, accuracy, samples, calibration_batches, quantisation, .. } = measured;
    let lost: Vec<u32> = (0..32).filter(|camera| key.lost >> camera & 1 == 1).collect();
    if json {
        let row = json!({
            "kind": "measured",
            "design": key.design,
            "views": key.views,
            "lost": lost,
            "subset": key.subset.name(),
            "step": key.step,
            "precision": key.precision.name(),
            "clipping": quantisation.map(|found| found.clipping.name()),
            "link_range": quantisation.map(|found| found.link_range.name()),
            "code_entropy_bits": quantisation.map(|found| found.code_entropy),
            "code_entropy_bytes": quantisation.map(|found| found.entropy_bytes(sent_values)),
            "accuracy": accuracy,
            "samples": samples,
            "calibration_batches": calibration_batches,
        });
        return say!("{row}");
    }
    let cameras: Vec<String> = lost.iter().map(ToString::to_string).collect();
    let without = if lost.is_empty() { String::new() } else { format!(" without camera {}", cameras.join(", ")) };
    let accuracy = Metric::Accuracy.format(*accuracy);
    let precision = key.precision.name();
    say!("{accuracy:>6} of {samples} in {precision}  {:>2} views{without}  {}", key.views, key.design)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_both_is_answered_with_how_to_name_both() {
        for error in [one_of(subset)("both").unwrap_err(), one_of(precision)("both").unwrap_err()] {
            assert!(
                error.contains("`both`; valid: ") && error.ends_with("several with commas between them"),
                "{error}"
            );
        }
        assert_eq!(one_of(subset)("test"), Ok(Subset::Test));
    }
}
