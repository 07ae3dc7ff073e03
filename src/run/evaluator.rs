//! A trained run opened for measuring: its newest weights, its data and its database.

mod claims;
mod newest;
mod on_record;
mod weights;

use std::path::PathBuf;

use super::RunDir;
use super::error::RunError;
use super::loading::{BEFORE_DATA, LoadingProgress, load_inputs, load_inputs_controlled};
use super::store::Store;
use super::task_process::TaskProcess;
use super::training::data_warning;
use crate::data::PixelStatistics;
use crate::leak::DesignAttack;
use crate::record::{Clipping, Event, LeakMeasurement, Measurement, MeasurementKey, Precision, Subset};
use crate::search::DesignScore;
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, DesignEvaluator, Inputs, LoadedWeights, Settings, Synflow};

pub(super) use self::claims::{CLAIM_TTL, Proceeding};
pub(super) use self::newest::{fallback_warnings, untrained};
pub(super) use self::on_record::measured_designs;

/// Choices at the opening of a run for measuring; by default its own settings and its newest readable weights.
#[derive(Default)]
pub(crate) struct EvaluatorOptions {
    /// Settings in place of the run's own.
    pub settings: Option<Settings>,
    /// Training step of the weights.
    pub step: Option<u64>,
}

/// Weights, data and database of a trained run.
pub(crate) struct RunEvaluator {
    store: Store,
    space: SearchSpace,
    settings: Settings,
    step: u64,
    /// SHA-256 of the weights; `None` if their checkpoint has no digests.
    digest: Option<String>,
    /// Newest checkpoint when the weights were loaded; the weights are older if it is damaged.
    newest: Option<u64>,
    folder: PathBuf,
    checkpoints: Checkpoints,
    supernet: Supernet,
    inputs: Inputs,
    warnings: Vec<String>,
    precision: Precision,
    clipping: Clipping,
}

impl RunEvaluator {
    /// Opens the weights of a run and loads its data.
    ///
    /// # Errors
    /// The run is untrained, the weights that were asked for are gone, its data can't be read, or the device does not
    /// answer.
    pub(crate) fn open(
        run: &RunDir,
        options: EvaluatorOptions,
        progress: LoadingProgress<'_>,
    ) -> Result<Self, RunError> {
        let load = |space: &SearchSpace, normalisation: &[PixelStatistics]| {
            load_inputs(run.manifest(), space, normalisation, progress).map(Some)
        };
        Ok(Self::open_by(run, options, load)?.expect("only a control message ends the loading"))
    }

    /// As [`RunEvaluator::open`] for the owner of a task, under control messages and recording the progress. `None` if
    /// the user asked to stop, which is recorded too.
    ///
    /// # Errors
    /// As [`RunEvaluator::open`]; the database fails, or another process has taken the task over.
    pub(crate) fn open_controlled(
        run: &RunDir,
        options: EvaluatorOptions,
        process: &mut TaskProcess,
        progress: LoadingProgress<'_>,
    ) -> Result<Option<Self>, RunError> {
        let opened = Self::open_by(run, options, |space, normalisation| {
            load_inputs_controlled(run.manifest(), space, normalisation, process, progress)
        })?;
        if opened.is_none() {
            process.emit(Event::Stopped { reason: BEFORE_DATA.into() })?;
        }
        Ok(opened)
    }

    /// Opens the weights of a run with data that `load` brings, if it brings them.
    fn open_by(
        run: &RunDir,
        options: EvaluatorOptions,
        load: impl FnOnce(&SearchSpace, &[PixelStatistics]) -> Result<Option<Inputs>, RunError>,
    ) -> Result<Option<Self>, RunError> {
        let (manifest, space) = (run.manifest(), run.manifest().search_space()?);
        let settings = options.settings.map_or_else(|| manifest.training_settings(), Ok)?;
        settings.device.check().map_err(RunError::Device)?;
        let (store, folder) = (run.store()?.waiting_long(), run.weights_dir());
        newest::fetch_newest(&store, &folder)?;
        let checkpoints = run.weights();
        let newest = checkpoints.steps().last().copied();
        let loaded = checkpoints.load_weights(&space, &settings, &settings.device.open());
        let LoadedWeights { supernet, step, normalisation, errors } =
            loaded.map_err(|error| untrained(&checkpoints, error))?;
        let digest = checkpoints.weights_digest(step);
        let Some(inputs) = load(&space, &normalisation)? else { return Ok(None) };
        let warnings = fallback_warnings(step, &errors);
        let (precision, clipping) = (Precision::default(), Clipping::default());
        let mut opened = Self {
            store,
            space,
            settings,
            step,
            digest,
            newest,
            folder,
            checkpoints,
            supernet,
            inputs,
            warnings,
            precision,
            clipping,
        };
        if let Some(step) = options.step {
            opened.load_step(step)?;
            opened.warnings.clear();
        }
        opened.warnings.extend(data_warning(&opened.store, &opened.inputs)?);
        Ok(Some(opened))
    }

    /// Measures with this precision; int8 unless set.
    #[must_use]
    pub(crate) fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Settles the ranges of a quantised network by this rule. Only what is measured by the default one is recorded.
    #[must_use]
    pub(crate) fn with_clipping(self, clipping: Clipping) -> Self {
        Self { clipping, ..self }
    }

    /// The space.
    pub(crate) fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// The only design that these weights were trained for, if they are not those of supernets.
    pub(crate) fn trained_design(&self) -> Option<&str> {
        self.settings.design.as_deref()
    }

    /// Training step of the weights.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    /// SHA-256 of the file of the weights.
    pub(crate) fn weights_digest(&self) -> Option<String> {
        self.checkpoints.weights_digest(self.step)
    }

    /// Reasons why older weights than the newest are used, and what is wrong with the data.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The run's database.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The evaluator of the current weights.
    pub(crate) fn evaluator(&self) -> DesignEvaluator<'_> {
        let Self { space, settings, inputs, supernet, clipping, .. } = self;
        DesignEvaluator { space, settings, inputs, supernet, clipping: *clipping }
    }

    /// Key of a measurement of the current weights without lost cameras.
    pub(crate) fn key(&self, design: &Design, views: u32, subset: Subset) -> MeasurementKey {
        let key = self.evaluator().key(design, views, subset, self.step);
        MeasurementKey { precision: self.precision, ..key }
    }

    /// Synflow score on the current weights.
    pub(crate) fn synflow(&self) -> DesignScore {
        let synflow = Synflow::new(&self.supernet, self.space.input_channels, &self.settings.device.open());
        let space = self.space.clone();
        std::rc::Rc::new(move |design| synflow.score(&Route::of_design(&space, design)))
    }

    /// Measures a design, unless it was measured before on all objects, and records the measurement.
    ///
    /// # Errors
    /// A file of samples can't be read, or the database fails.
    pub(crate) fn measurement(&self, key: &MeasurementKey) -> Result<Measurement, RunError> {
        if let Some(known) = self.store.measurement(key)?.filter(|known| self.is_complete(&known.value)) {
            return Ok(known.value);
        }
        let measurement = self.evaluator().measure(key)?;
        self.store.record(&measurement)?;
        Ok(measurement)
    }

    /// Measures the leak of a design, by a trained decoder too if `decoder`, unless that was done before, and records
    /// it.
    ///
    /// # Errors
    /// A file of samples can't be read, or the database fails.
    pub(crate) fn leak(&self, key: &MeasurementKey, decoder: bool) -> Result<LeakMeasurement, RunError> {
        if let Some(known) = self.store.leak(key)?
            && (known.value.figures.decoder.is_some() || !decoder)
        {
            return Ok(known.value);
        }
        let leak = DesignAttack::new(self.evaluator(), key)?.measure(decoder)?;
        self.store.record_leak(&leak)?;
        Ok(leak)
    }

    /// Number of objects of a subset.
    pub(crate) fn objects(&self, subset: Subset) -> usize {
        self.evaluator().objects(subset).len()
    }
}
