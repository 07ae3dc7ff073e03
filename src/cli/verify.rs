//! `splitscope verify`: exported files, read again and compared with the design on its run.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::load::NamedRun;
use super::output::say;
use super::train::use_threads;
use super::{Answer, bounds, evaluator};
use crate::data::npz;
use crate::deploy::{
    self, Agreement, DeployError, DeployFormat, Deployment, ExportManifest, HalfPair, OnnxPair, OnnxProgram,
    PrecisionManifest, TestVectors,
};
use crate::network::Shape;
use crate::quantity::Metric;
use crate::record::{MeasurementKey, Precision, Subset};
use crate::run::EvaluatorOptions;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder that `deploy` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Run that it was exported from [default: the one that the manifest names]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Number of test objects to compare
    #[arg(long, default_value_t = 200, value_parser = bounds::objects())]
    objects: usize,
    /// Write images of the objects, and what the interpreter makes of them, as a NumPy archive; needs the safetensors
    #[arg(long, value_name = "FILE.npz")]
    vectors: Option<PathBuf>,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0, value_parser = bounds::threads())]
    threads: usize,
    /// Print one JSON object per pair of files
    #[arg(long)]
    json: bool,
}

/// Both halves in one format and precision, read from files.
struct ReadPair {
    format: DeployFormat,
    precision: Precision,
    link: deploy::LinkFormat,
    logit_step: Option<f32>,
    halves: Box<dyn HalfPair>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let folder = &arguments.folder;
    let manifest = deploy::read_manifest(folder)?;
    for file in &manifest.files {
        deploy::read_file(folder, &file.name)?;
    }
    let path = arguments.run.clone().unwrap_or_else(|| PathBuf::from(&manifest.run.path));
    let run = NamedRun::open(&path).with_context(|| "the run that the files were exported from; name it with --run")?;
    let run = run.unpacked()?;
    use_threads(arguments.threads)?;
    let options = EvaluatorOptions { step: Some(manifest.run.step), ..EvaluatorOptions::default() };
    let evaluator = evaluator::open(&run, options)?;
    if evaluator.weights_digest() != manifest.run.weights_sha256 {
        bail!("the run has other weights at step {} than those that were exported", manifest.run.step);
    }
    let evaluator = evaluator.evaluator();
    let objects = evaluator.objects(Subset::Test);
    let objects = &objects[..arguments.objects.min(objects.len())];
    let key = |precision| MeasurementKey {
        design: manifest.design.clone(),
        views: manifest.views as u32,
        lost: 0,
        subset: Subset::Test,
        precision,
        step: manifest.run.step,
    };
    if let Some(path) = &arguments.vectors {
        write_vectors(folder, &manifest, path, &|deployment| {
            deploy::test_vectors(&evaluator, &key(deployment.precision), objects, deployment)
        })?;
    }
    let mut all = true;
    for pair in pairs(folder, &manifest)? {
        let key = key(pair.precision);
        let found = deploy::compare(&evaluator, &key, objects, &pair.link, pair.logit_step, pair.halves.as_ref())?;
        all &= found.holds();
        print(&pair, &found, arguments.json)?;
    }
    if !arguments.json {
        print_unrun(&manifest)?;
    }
    Ok(if all { Answer::Yes } else { Answer::No })
}

/// The pairs of files of a folder that can be run.
fn pairs(folder: &Path, manifest: &ExportManifest) -> Result<Vec<ReadPair>> {
    let mut pairs = Vec::new();
    for PrecisionManifest { precision, link, aggregator, .. } in &manifest.precisions {
        let logit_step = match precision {
            Precision::Int8 => aggregator.iter().rev().find_map(|tensor| tensor.scale),
            Precision::Float => None,
        };
        let holds = |format: DeployFormat| {
            let files = manifest.files.iter().filter(move |file| file.format == format);
            files.map(|file| file.name.as_str()).filter(|name| name.contains(precision.name())).collect::<Vec<_>>()
        };
        let pair = |format, halves| ReadPair { format, precision: *precision, link: link.format, logit_step, halves };
        for name in holds(DeployFormat::Safetensors) {
            let deployment: Deployment = deploy::read_archive(name, &deploy::read_file(folder, name)?)?;
            pairs.push(pair(DeployFormat::Safetensors, Box::new(deployment) as Box<dyn HalfPair>));
        }
        let format = if *precision == Precision::Int8 { DeployFormat::OnnxInt8 } else { DeployFormat::Onnx };
        let names = holds(format);
        let of_half = |half: &str| names.iter().find(|name| name.starts_with(half));
        if let (Some(sensor), Some(aggregator)) = (of_half("sensor"), of_half("aggregator")) {
            let program = |name: &str| OnnxProgram::read(name, deploy::read_file(folder, name)?);
            let halves = OnnxPair { sensor: program(sensor)?, aggregator: program(aggregator)?, link: link.format };
            pairs.push(pair(format, Box::new(halves) as Box<dyn HalfPair>));
        }
    }
    Ok(pairs)
}

/// Prints of which files nothing but the digest was compared: those of formats that this program writes and does not
/// run.
fn print_unrun(manifest: &ExportManifest) -> io::Result<()> {
    let unrun = manifest.files.iter().filter(|file| matches!(file.format, DeployFormat::Tflite | DeployFormat::Csv));
    let names: Vec<&str> = unrun.map(|file| file.name.as_str()).collect();
    if !names.is_empty() {
        say!("not run, their digests are right: {}", names.join(", "))?;
    }
    Ok(())
}

/// Writes what the interpreter makes of objects in each precision.
fn write_vectors(
    folder: &Path,
    manifest: &ExportManifest,
    path: &Path,
    run: &dyn Fn(&Deployment) -> Result<TestVectors, DeployError>,
) -> Result<()> {
    let mut arrays = npz::Arrays::default();
    let files = manifest.files.iter().filter(|file| file.format == DeployFormat::Safetensors);
    for (at, file) in files.enumerate() {
        let deployment = deploy::read_archive(&file.name, &deploy::read_file(folder, &file.name)?)?;
        let TestVectors { images, sent, logits, labels } = run(&deployment)?;
        let lengths = |shape: Shape| [shape.channels, shape.height, shape.width].map(|length| length as usize);
        let [[a, b, c], [d, e, f]] = [deployment.sensor.input.shape, deployment.link.shape].map(lengths);
        let (objects, views) = (labels.len(), deployment.views);
        if at == 0 {
            arrays.floats("images", &[objects, views, a, b, c], &images);
            arrays.integers("labels", &[objects], &labels);
        }
        let name = |part: &str| format!("{part}_{}", deployment.precision.name());
        arrays.floats(&name("sent"), &[objects, views, d, e, f], &sent);
        arrays.floats(&name("logits"), &[objects, logits.len() / objects.max(1)], &logits);
    }
    Ok(arrays.write(path)?)
}

fn print(pair: &ReadPair, found: &Agreement, json: bool) -> io::Result<()> {
    let ReadPair { format, precision, .. } = pair;
    let share = |count: usize| count as f64 / found.objects.max(1) as f64;
    if json {
        let row = json!({
            "format": format.name(),
            "precision": precision.name(),
            "holds": found.holds(),
            "objects": found.objects,
            "accuracy": share(found.correct),
            "accuracy_on_supernet": share(found.correct_on_supernet),
            "same_class": share(found.same_class),
            "logits_apart": found.logits_apart,
            "largest_logit": found.largest_logit,
            "logit_step": found.logit_step,
            "codes": found.codes,
            "codes_apart": found.codes_apart,
            "code_steps": found.code_steps,
            "link_bytes": found.link_bytes,
        });
        return say!("{row}");
    }
    let answer = if found.holds() { "agrees" } else { "DIFFERS" };
    say!("{} in {}: {answer}", format.name(), precision.name())?;
    say!(
        "  accuracy {} of {} objects, {} on the supernet; the same class for {}",
        Metric::Accuracy.format(share(found.correct)),
        found.objects,
        Metric::Accuracy.format(share(found.correct_on_supernet)),
        Metric::Accuracy.format(share(found.same_class)),
    )?;
    let logits = match found.logit_step {
        Some(step) => format!("{:.2} steps", found.logits_apart / step),
        None => format!("{:.1e} of {:.1}", found.logits_apart, found.largest_logit),
    };
    say!(
        "  logits differ by at most {logits}; {} of {} codes differ, by at most {:.2} steps; {} bytes a view",
        found.codes_apart,
        found.codes,
        found.code_steps,
        found.link_bytes
    )
}
