//! `splitscope deploy`: a trained design as files that other programs run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::load::NamedRun;
use super::output::say;
use super::train::use_threads;
use super::usage::{Usage, refuse};
use super::{Answer, bounds, evaluator, load, measure};
use crate::deploy::{
    self, DeployFormat, Deployment, ExportManifest, ExportedRun, FileContent, ImageFormat, LAYER_INDEX,
    PrecisionManifest,
};
use crate::network::{Layer, NetworkBuilder, Shape, ShapeError, SlidingWindow};
use crate::quantity::Dimension;
use crate::record::{MeasurementKey, Precision, Subset};
use crate::run::{EvaluatorOptions, Manifest, RunEvaluator, SHIPPED};
use crate::space::{Design, SearchSpace};
use crate::train::TrainError;

/// Edition of the manifest.
const EDITION: u32 = 1;

/// Arguments of `deploy`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Trained run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Write each different layer of this space as a model of one layer, to be timed on a device, in place of a design:
    /// a shipped name or a TOML file
    #[arg(long, value_name = "SPACE", conflicts_with_all = ["run", "design", "views", "threads"])]
    layers_of: Option<String>,
    /// Design as printed, for instance `0-00-1101-00@S2.1/S2.1:r4b8`; `largest` and `smallest` stand for a genome
    /// [default: the one that the run was finetuned for]
    #[arg(long)]
    design: Option<String>,
    /// New folder for the files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Formats: onnx, onnx-int8, tflite, safetensors, csv [default: all]
    #[arg(long, value_delimiter = ',', value_parser = format)]
    format: Vec<DeployFormat>,
    /// Number of views that the aggregator fuses [default: 6, or as many as there are]
    #[arg(long)]
    views: Option<usize>,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0, value_parser = bounds::threads())]
    threads: usize,
}

fn format(name: &str) -> Result<DeployFormat, String> {
    let names = || DeployFormat::ALL.map(DeployFormat::name).join(", ");
    DeployFormat::named(name).ok_or_else(|| format!("no format `{name}`; valid: {}", names()))
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if let Some(space) = &arguments.layers_of {
        return layers(space, arguments);
    }
    let run = NamedRun::trained(arguments.run.as_ref())?;
    let DeployRequest { design, views, formats } = DeployRequest::read(run.manifest(), arguments)?;
    let run = run.unpacked()?;
    use_threads(arguments.threads)?;
    let evaluator = evaluator::open(&run, EvaluatorOptions::default())?;
    let space = evaluator.space();
    let key = evaluator.key(&design, views as u32, Subset::Test);
    let path = if run.is_temporary() {
        SHIPPED.into()
    } else if run.is_on_server() {
        run.path().to_owned()
    } else {
        run.path().canonicalize().with_context(|| format!("{} can't be found", run.path().display()))?
    };
    let mut manifest = manifest(run.manifest(), &path, &evaluator, &key);
    let mut contents = Vec::new();
    for precision in Precision::ALL {
        if !formats.iter().any(|format| format.holds(precision)) {
            continue;
        }
        let key = MeasurementKey { precision, ..key.clone() };
        let deployment = Deployment::new(&evaluator.evaluator(), &key)?;
        contents.extend(deploy::files_of(&deployment, &formats)?);
        manifest.precisions.push(PrecisionManifest::of(&deployment));
    }
    if formats.contains(&DeployFormat::Csv) {
        contents.extend(tables(space, &design)?);
    }
    manifest.image.shape = space.lower(&design.genome)?.input;
    deploy::write_folder(&arguments.out, manifest, &contents)?;
    for FileContent { name, content, .. } in &contents {
        say!("{:>10}  {}", Dimension::Bytes.format(content.len() as f64), arguments.out.join(name).display())?;
    }
    say!("compare them with the run: splitscope verify {}", arguments.out.display())?;
    Ok(Answer::Yes)
}

/// The design to deploy, and how.
struct DeployRequest {
    design: Design,
    /// Number of views that the aggregator fuses.
    views: usize,
    formats: Vec<DeployFormat>,
}

impl DeployRequest {
    /// Reads the command line for a run, and refuses what is wrong with it, before the run's data are made.
    fn read(manifest: &Manifest, arguments: &Arguments) -> Result<Self> {
        let (space, only) = (manifest.search_space()?, manifest.training_settings()?.design);
        let named = arguments.design.clone().or_else(|| only.clone());
        let named = named.context("the run has many designs; name one with --design").usage()?;
        let design = space.parse_design(&load::spelt(&space, &named)).usage()?;
        let printed = space.print_design(&design);
        if let Some(trained) = only.filter(|only| *only != printed) {
            return Err(TrainError::OtherDesign { design: printed, trained }.into());
        }
        let most = space.views as usize;
        let views = arguments.views.unwrap_or(most.min(6));
        measure::check_views(views, most)?;
        let formats = if arguments.format.is_empty() { DeployFormat::ALL.to_vec() } else { arguments.format.clone() };
        deploy::check_new(&arguments.out)?;
        Ok(Self { design, views, formats })
    }
}

/// Writes each different layer of a space as a model.
fn layers(space: &str, arguments: &Arguments) -> Result<Answer> {
    let (space, _) = load::space(space)?;
    let usual = [DeployFormat::Onnx, DeployFormat::OnnxInt8, DeployFormat::Tflite];
    let formats = if arguments.format.is_empty() { usual.to_vec() } else { arguments.format.clone() };
    if let Some(format) = formats.iter().find(|format| !usual.contains(format)) {
        refuse!("{} holds no models of single layers; valid: onnx, onnx-int8, tflite", format.name());
    }
    deploy::check_new(&arguments.out)?;
    let models = deploy::layer_models(&space.layers()?, &formats)?;
    deploy::write_layers(&arguments.out, &models)?;
    let count = models.files.len() - 1;
    say!("{count} models, listed in {}", arguments.out.join(LAYER_INDEX).display())?;
    if !models.left_out.is_empty() {
        say!("without models, as they read what other layers make: {}", models.left_out.join(", "))?;
    }
    Ok(Answer::Yes)
}

/// Manifest without precisions and files.
fn manifest(own: &Manifest, path: &Path, evaluator: &RunEvaluator, key: &MeasurementKey) -> ExportManifest {
    let inputs = evaluator.evaluator().inputs;
    let normalisation = inputs.normalisation();
    ExportManifest {
        version: EDITION,
        splitscope: env!("CARGO_PKG_VERSION").to_owned(),
        run: ExportedRun {
            path: path.display().to_string(),
            name: own.name.clone(),
            space: evaluator.space().name.clone(),
            data: own.data.clone(),
            data_views: inputs.data().views,
            data_side: inputs.data().height,
            seed: own.seed,
            step: evaluator.step(),
            weights_sha256: evaluator.weights_digest(),
        },
        design: key.design.clone(),
        views: key.views as usize,
        classes: inputs.data().classes.clone(),
        image: ImageFormat {
            shape: Shape::new(evaluator.space().input_channels, 1, 1),
            mean: normalisation.iter().map(|channel| channel.mean).collect(),
            deviation: normalisation.iter().map(|channel| channel.deviation).collect(),
        },
        precisions: Vec::new(),
        files: Vec::new(),
    }
}

/// Layer tables and topologies of both halves, with reduce and recover.
fn tables(space: &SearchSpace, design: &Design) -> Result<Vec<FileContent>> {
    let network = space.lower(&design.genome)?;
    let position = network.position(design.split).context("the network lacks the design's split")?;
    let boundary = &network.boundaries[position];
    let (before, behind) = network.layers.split_at(boundary.layers);
    let [mut sensor, mut aggregator] = [before, behind].map(<[Layer]>::to_vec);
    if space.has_splitting_module(design.split) && design.ratio > 1 {
        let wide = boundary.shape;
        let narrow = Shape { channels: wide.channels.div_ceil(u32::from(design.ratio)), ..wide };
        sensor.push(pointwise("split/reduce", wide, narrow.channels)?);
        aggregator.insert(0, pointwise("split/recover", narrow, wide.channels)?);
    }
    let mut files = deploy::tables_of("sensor", &sensor).to_vec();
    files.extend(deploy::tables_of("aggregator", &aggregator));
    Ok(files)
}

fn pointwise(name: &str, input: Shape, outputs: u32) -> Result<Layer, ShapeError> {
    let mut builder = NetworkBuilder::new(input)?;
    builder.conv(name, 0, outputs, SlidingWindow::same(1, 1), 1)?;
    Ok(builder.finish().layers.remove(0))
}
