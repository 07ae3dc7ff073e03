//! `splitscope measure`: accuracies of chosen designs on a trained run, recorded in its database.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use super::train::{measurement, use_threads};
use super::{Answer, inputs, load};
use crate::record::{Measurement, MeasurementKey, Subset};
use crate::run::{self, RunDir, Store};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet, Views};
use crate::train::{Checkpoints, Inputs, Settings, measure};

/// Arguments of `measure`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Trained run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Design as printed, for instance `0-00-1101-00@S2.1/S2.1:r4b8`; `largest` and `smallest` stand for a genome
    #[arg(long = "design", value_name = "DESIGN")]
    designs: Vec<String>,
    /// So many designs drawn at random, besides those named
    #[arg(long, default_value_t = 0)]
    random: usize,
    /// Source of the random designs
    #[arg(long, default_value_t = 0)]
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
    /// Objects to classify: validation, by which designs are ranked, or test, which no choice has looked at
    #[arg(long, default_value = "validation", value_parser = subset)]
    subset: Subset,
    /// Objects that recalibrate batch norm; with 0 it is not. Recorded only if as many as in the run [default: the run's]
    #[arg(long)]
    calibration_objects: Option<usize>,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Print one JSON object per measurement
    #[arg(long)]
    json: bool,
}

fn subset(name: &str) -> Result<Subset, String> {
    Subset::named(name).ok_or_else(|| format!("no subset `{name}`; valid: validation, test"))
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let path = match &arguments.run {
        Some(path) => path.clone(),
        None => {
            run::latest(Path::new("runs"))?.context("there is no run below runs/; train one first: splitscope train")?
        }
    };
    let run = RunDir::open(&path)?;
    use_threads(arguments.threads)?;
    let manifest = run.manifest();
    let space = load::space_of_run(manifest)?.0;
    let mut settings: Settings = manifest.settings.clone().try_into().context("the settings in run.toml")?;
    let objects = arguments.calibration_objects.unwrap_or(settings.calibration_objects);
    let as_the_run = objects == settings.calibration_objects;
    settings.calibration_objects = objects;
    settings.device.check().map_err(anyhow::Error::msg)?;
    let (supernet, state) = Checkpoints::new(run.checkpoint_dir())
        .load_weights(&space, &settings, &settings.device.open())
        .context("the run has nothing to measure yet; train it first")?;
    let designs = designs(&space, arguments)?;
    let inputs = inputs::open(manifest, &space)?.0;
    let views = numbers_of_views(arguments, inputs.data().views)?;
    let bench = Bench { store: run.store()?, space, settings, as_the_run, supernet, inputs, step: state.step };
    for design in &designs {
        for &views in &views {
            for lost in lost_sets(arguments, views) {
                let text = bench.space.print_design(design);
                let key = MeasurementKey {
                    design: text,
                    views: views as u32,
                    lost,
                    subset: arguments.subset,
                    step: bench.step,
                };
                print(&bench.accuracy(design, key)?, arguments.json);
            }
        }
    }
    Ok(Answer::Yes)
}

/// The designs named, then those drawn.
fn designs(space: &SearchSpace, arguments: &Arguments) -> Result<Vec<Design>> {
    let named = |text: &String| {
        let known = [("largest", space.largest()), ("smallest", space.smallest())];
        let spelt = known
            .iter()
            .find_map(|(name, genome)| text.strip_prefix(name).map(|rest| format!("{}{rest}", space.print(genome))));
        Ok(space.parse_design(spelt.as_ref().unwrap_or(text))?)
    };
    let mut designs: Vec<Design> = arguments.designs.iter().map(named).collect::<Result<_>>()?;
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    designs.extend((0..arguments.random).map(|_| space.sample_design(&mut rng)));
    if designs.is_empty() {
        bail!("nothing to measure; name designs with --design or draw some with --random");
    }
    Ok(designs)
}

fn numbers_of_views(arguments: &Arguments, most: usize) -> Result<Vec<usize>> {
    if arguments.views.is_empty() {
        return Ok(vec![6.min(most)]);
    }
    if let Some(views) = arguments.views.iter().find(|views| !(1..=most).contains(*views)) {
        bail!("the run has 1 to {most} views; {views} were asked for");
    }
    let most_lost = arguments.lost.iter().max().map_or(0, |&camera| camera + 1);
    let distinct: std::collections::BTreeSet<&usize> = arguments.lost.iter().collect();
    match arguments.views.iter().find(|&&views| views < most_lost || views <= distinct.len()) {
        Some(views) => bail!("of {views} cameras those can't be lost with one left; cameras count from 0"),
        None => Ok(arguments.views.clone()),
    }
}

/// Which cameras are lost, as bits, one entry per measurement.
fn lost_sets(arguments: &Arguments, views: usize) -> Vec<u32> {
    let mut sets = vec![0];
    if arguments.lost_cameras && views > 1 {
        sets.extend((0..views).map(|camera| 1 << camera));
    }
    if !arguments.lost.is_empty() {
        sets.push(arguments.lost.iter().fold(0, |set, camera| set | 1 << camera));
    }
    sets
}

/// What measuring needs.
struct Bench {
    store: Store,
    space: SearchSpace,
    settings: Settings,
    /// Whether batch norm is recalibrated as everywhere else in the run. Other accuracies are not comparable with those on record.
    as_the_run: bool,
    supernet: Supernet,
    inputs: Inputs,
    step: u64,
}

impl Bench {
    /// What the run knows already, or else is measured now and recorded.
    fn accuracy(&self, design: &Design, key: MeasurementKey) -> Result<Measurement> {
        if let Some(known) = self.store.measurement(&key)?.filter(|_| self.as_the_run) {
            return Ok(known.value);
        }
        let split = &self.inputs.data().split;
        let objects = match key.subset {
            Subset::Validation => &split.validation,
            Subset::Test => &split.test,
        };
        let (started, device) = (Instant::now(), self.settings.device.open());
        let route = Route::of_design(&self.space, design);
        let views = Views::without(key.views as usize, key.lost);
        let found = measure(&self.supernet, &route, &self.inputs, objects, views, &self.settings, &device)?;
        let measured = measurement(key, found, started);
        if self.as_the_run {
            self.store.record(&measured)?;
        }
        Ok(measured)
    }
}

fn print(measured: &Measurement, json: bool) {
    let Measurement { key, accuracy, samples, calibration_batches, .. } = measured;
    let lost: Vec<u32> = (0..32).filter(|camera| key.lost >> camera & 1 == 1).collect();
    if json {
        let row = json!({
            "kind": "measured",
            "design": key.design,
            "views": key.views,
            "lost": lost,
            "subset": key.subset.name(),
            "step": key.step,
            "accuracy": accuracy,
            "samples": samples,
            "calibration_batches": calibration_batches,
        });
        println!("{row}");
        return;
    }
    let cameras: Vec<String> = lost.iter().map(ToString::to_string).collect();
    let without = if lost.is_empty() { String::new() } else { format!(" without camera {}", cameras.join(", ")) };
    let percent = accuracy * 100.0;
    println!("{percent:5.1} % of {samples}  {:>2} views{without}  {}", key.views, key.design);
}
