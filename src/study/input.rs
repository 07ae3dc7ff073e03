//! Input of studies: cost model, trained runs, short trainings.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::StudyError;
use crate::cost::{CostModel, DesignReport, TransmitConfig};
use crate::explore::default_transmit;
use crate::files::sha256;
use crate::record::{Measurement, MeasurementKey, Precision, Subset, Task};
use crate::run::{Document, EvaluatorOptions, Manifest, RunDir, RunError, RunEvaluator, TaskProcess, train};
use crate::space::Design;
use crate::text;
use crate::train::{Alone, Exchange, Settings};

/// Steps of a training for a study; a tenth with `quick`.
const STEPS: u64 = 1500;
const QUICK_STEPS: u64 = 150;
/// Steps of each of many short trainings.
const SHORT_STEPS: u64 = 500;
const QUICK_SHORT_STEPS: u64 = 60;

/// Input of a study.
pub(crate) struct StudyInput {
    /// Space and profile.
    pub model: CostModel,
    /// Runs that are trained already, instead of those that are made.
    pub runs: Vec<PathBuf>,
    /// Number of seeds where runs are made.
    pub seed_count: u64,
    /// Few points, short trainings: to see that a study works.
    pub quick: bool,
    /// Template of new runs: space, profile, data, settings.
    pub template: Manifest,
    /// Folder of new runs.
    pub folder: PathBuf,
    /// Command line, for reports.
    pub command: String,
    /// Machine in a few words, for reports.
    pub machine: String,
    open: Option<(PathBuf, RunEvaluator)>,
}

impl StudyInput {
    /// An input without an open run.
    pub(crate) fn new(model: CostModel, template: Manifest, folder: PathBuf) -> Self {
        let (runs, command, machine) = (Vec::new(), String::new(), String::new());
        Self { model, runs, seed_count: 1, quick: false, template, folder, command, machine, open: None }
    }

    /// Seeds that points are measured with: of new runs, or places of the given runs.
    pub(super) fn seeds(&self) -> Vec<u64> {
        if self.runs.is_empty() { (0..self.seed_count).collect() } else { (0..self.runs.len() as u64).collect() }
    }

    /// Space and profile that costs are of, so that rows in one folder are not mistaken for each other: names, and the
    /// beginning of a digest of their contents.
    pub(super) fn cost_origin(&self) -> String {
        self.named_origin(&self.template.space.text)
    }

    /// As [`StudyInput::cost_origin`], with what accuracies of the run of a seed depend on: space, data, settings, seed
    /// and weights. Name, place, time and threads of the run change nothing.
    pub(super) fn run_origin(&self, seed: u64) -> Result<String, StudyError> {
        let Some(path) = self.runs.get(seed as usize) else { return self.training_origin() };
        let run = RunDir::open(path)?;
        let (manifest, mut settings) = (run.manifest(), run.manifest().settings.clone());
        settings.remove("threads");
        let (space, weights) = (&manifest.space.text, RunEvaluator::newest_digest(&run)?);
        Ok(self.named_origin(&format!("{space}{}{}{settings}{weights}", manifest.data, manifest.seed)))
    }

    /// As [`StudyInput::cost_origin`], with the data and settings of trainings.
    pub(super) fn training_origin(&self) -> Result<String, StudyError> {
        Ok(self.named_origin(&self.training()?))
    }

    fn named_origin(&self, trained: &str) -> String {
        let digest = short_digest(&format!("{trained}{:?}", self.template.profile));
        let names = format!("{} on {}", self.model.space().name, self.model.profile().name);
        // Rows are found again by it, and their file holds it as it is shown.
        format!("{}, {digest}", text::in_line(&names))
    }

    /// Space, data and settings of all trainings of the study, besides seed and steps.
    fn training(&self) -> Result<String, StudyError> {
        let settings = Settings { seed: 0, steps: 0, threads: 0, ..self.template.training_settings()? };
        Ok(format!("{:?}{}{settings:?}", self.template.space, self.template.data))
    }

    /// Number of views that are measured: sensors of the profile, or all that the space has.
    pub(super) fn views(&self) -> u32 {
        self.model.knobs().sensors.min(self.model.space().views)
    }

    /// Objects to measure on: test, or the fewer ones of validation with `quick`.
    pub(super) fn subset(&self) -> Subset {
        if self.quick { Subset::Validation } else { Subset::Test }
    }

    /// The largest network at its fastest split, fused as late as features can be, which classifies best: the design
    /// that most studies vary.
    pub(super) fn usual_design(&self) -> Result<Design, StudyError> {
        let space = self.model.space();
        let genome = space.largest();
        let fusion = space.late_fusion(&genome, 0);
        let transmit = TransmitConfig { fusion, ..default_transmit(space, &genome) };
        let mut knobs = self.model.knobs();
        knobs.sensors = self.views();
        let report = DesignReport::new(&self.model, &genome, transmit, knobs)?;
        let inside = |split: u16| space.has_splitting_module(split);
        let splits = report.splits.iter().filter(|split| inside(split.demand.boundary));
        let fastest = splits.min_by(|one, other| one.cost.latency.total_s().total_cmp(&other.cost.latency.total_s()));
        let split = fastest.ok_or_else(|| StudyError::Nothing(format!("{} allows no split inside", space.name)))?;
        let (fusion, ratio, bits) = (transmit.fusion, transmit.ratio, transmit.bits);
        Ok(space.canonical_design(Design { split: split.demand.boundary, genome, fusion, ratio, bits }))
    }

    /// The evaluator of the trained run of a seed, which is trained first if it is one of the study's own.
    pub(super) fn trained(&mut self, seed: u64) -> Result<&mut RunEvaluator, StudyError> {
        let path = if let Some(path) = self.runs.get(seed as usize) {
            path.clone()
        } else {
            let steps = if self.quick { QUICK_STEPS } else { STEPS };
            self.train(&format!("seed-{seed}-steps-{steps}"), self.training_of(seed, steps)?)?
        };
        self.open(&path)
    }

    /// Space and settings of a short training, for a study to change.
    pub(super) fn short_training(&self, seed: u64) -> Result<StudyTraining, StudyError> {
        let steps = if self.quick { QUICK_SHORT_STEPS } else { SHORT_STEPS };
        self.training_of(seed, steps)
    }

    fn training_of(&self, seed: u64, steps: u64) -> Result<StudyTraining, StudyError> {
        let settings = Settings { seed, steps, ..self.template.training_settings()? };
        Ok(StudyTraining { space: self.template.space.clone(), settings })
    }

    /// The evaluator of a training with a setting of that name.
    pub(super) fn trained_as(&mut self, name: &str, training: StudyTraining) -> Result<&mut RunEvaluator, StudyError> {
        let Settings { seed, steps, .. } = training.settings;
        let path = self.train(&format!("{name}-seed-{seed}-steps-{steps}"), training)?;
        self.open(&path)
    }

    /// Trains a run of the study's folder to its end, unless it is there. Trainings of other spaces, data and settings
    /// have other names.
    fn train(&self, name: &str, training: StudyTraining) -> Result<PathBuf, StudyError> {
        let name = &format!("{name}-{}", short_digest(&self.training()?));
        let path = self.folder.join(name);
        let StudyTraining { space, settings } = training;
        let run = if path.exists() {
            RunDir::open(&path)?
        } else {
            std::fs::create_dir_all(&self.folder).map_err(|error| StudyError::file(&self.folder, error))?;
            let Manifest { data, profile, .. } = self.template.clone();
            let data = Some(data.as_str()).filter(|data| !data.is_empty());
            RunDir::create(&path, &Manifest::of_settings(name, data, space, profile, &settings)?)?
        };
        let store = run.store()?;
        if store.last_step()? < settings.steps {
            let mut process = TaskProcess::new(&run, Task::Train, Box::new(|_| {}))?;
            let alone: Rc<dyn Exchange> = Rc::new(Alone);
            train(&run, settings.clone(), &alone, &mut process, &|_, _| {})?;
        }
        if store.last_step()? < settings.steps {
            return Err(StudyError::Nothing(format!("the training of {} was stopped", path.display())));
        }
        Ok(path)
    }

    fn open(&mut self, path: &Path) -> Result<&mut RunEvaluator, StudyError> {
        if self.open.as_ref().is_none_or(|(open, _)| open != path) {
            let run = RunDir::open(path)?;
            self.open = None;
            self.open = Some((path.to_owned(), RunEvaluator::open(&run, EvaluatorOptions::default(), &|_, _| {})?));
        }
        let (_, evaluator) = self.open.as_mut().expect("it was opened just now");
        Ok(evaluator)
    }

    /// Directory of the run that is open.
    pub(super) fn open_path(&self) -> Option<&Path> {
        self.open.as_ref().map(|(path, _)| path.as_path())
    }
}

fn short_digest(text: &str) -> String {
    sha256(text.as_bytes())[..8].to_owned()
}

/// Space and settings of a training.
#[derive(Debug, Clone)]
pub(super) struct StudyTraining {
    /// The space.
    pub space: Document,
    /// Settings of the trainer.
    pub settings: Settings,
}

/// Circumstances of an accuracy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// Number of views.
    pub views: u32,
    /// Lost cameras, one bit each.
    pub lost: u32,
    /// Numbers that the network is evaluated with.
    pub precision: Precision,
    /// Objects.
    pub subset: Subset,
}

/// Accuracy of a design; recorded in the run.
pub(super) fn accuracy(
    evaluator: &RunEvaluator,
    design: &Design,
    circumstances: Circumstances,
) -> Result<Measurement, RunError> {
    let Circumstances { views, lost, precision, subset } = circumstances;
    let key = evaluator.key(design, views, subset);
    evaluator.measurement(&MeasurementKey { lost, precision, ..key })
}
