//! A trained run opened for measuring: its newest weights, its data and its database.

use std::path::PathBuf;
use std::time::Duration;

use super::RunDir;
use super::claim::Claim;
use super::error::RunError;
use super::loading::{LoadingProgress, load_inputs, load_inputs_controlled};
use super::store::Store;
use super::task_process::TaskProcess;
use super::weights;
use crate::data::PixelStatistics;
use crate::files::sha256;
use crate::leak::DesignAttack;
use crate::record::{
    Clipping, EvaluationRecord, Event, LeakMeasurement, Measurement, MeasurementKey, Precision, Subset,
};
use crate::search::{DesignScore, MeasuredDesign};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, DesignEvaluator, Inputs, LoadedWeights, Settings, Synflow, TrainError};

/// Time that a claim on a measurement holds if its process can't be asked.
pub(super) const CLAIM_TTL: Duration = Duration::from_mins(10);

/// Decision on a measurement after some of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proceeding {
    GoOn,
    /// It ends here, and is recorded.
    End,
    /// Nobody waits for it any more.
    GiveUp,
}

/// Measurement made under a claim.
pub(super) struct ClaimedMeasurement {
    /// The measurement, for an event.
    pub(super) record: EvaluationRecord,
    /// `false` if another process has recorded it meanwhile, which this one was cut off from.
    pub(super) is_kept: bool,
}

impl ClaimedMeasurement {
    /// Shows the event of it, which is on record with it. Returns the accuracy.
    pub(super) fn show(self, process: &mut TaskProcess) -> Result<f64, RunError> {
        let accuracy = self.record.accuracy;
        if self.is_kept {
            process.show(&Event::Evaluated(self.record))?;
        }
        Ok(accuracy)
    }
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
    /// Opens the newest readable weights of a run and loads its data, with `settings` in place of the run's own.
    ///
    /// # Errors
    /// The run is untrained, its data can't be read, or the device does not answer.
    pub(crate) fn open_with(run: &RunDir, settings: Settings, progress: LoadingProgress<'_>) -> Result<Self, RunError> {
        let load = |space: &SearchSpace, normalisation: &[PixelStatistics]| {
            load_inputs(run.manifest(), space, normalisation, progress).map(Some)
        };
        Ok(Self::open_by(run, settings, load)?.expect("only a control message ends the loading"))
    }

    /// As [`RunEvaluator::open`] for the owner of a task, under control messages and recording the progress; `None` if
    /// the user asked to stop.
    ///
    /// # Errors
    /// As [`RunEvaluator::open`]; the database fails, or another process has taken the task over.
    pub(super) fn open_controlled(
        run: &RunDir,
        process: &mut TaskProcess,
        progress: LoadingProgress<'_>,
    ) -> Result<Option<Self>, RunError> {
        let settings = run.manifest().training_settings()?;
        Self::open_by(run, settings, |space, normalisation| {
            load_inputs_controlled(run.manifest(), space, normalisation, process, progress)
        })
    }

    /// Opens the newest readable weights of a run with data that `load` brings, if it brings them.
    fn open_by(
        run: &RunDir,
        settings: Settings,
        load: impl FnOnce(&SearchSpace, &[PixelStatistics]) -> Result<Option<Inputs>, RunError>,
    ) -> Result<Option<Self>, RunError> {
        let space = run.manifest().search_space()?;
        settings.device.check().map_err(RunError::Device)?;
        let (store, folder) = (run.store()?.waiting_long(), run.weights_dir());
        if let Some(rows) = store.checkpoints() {
            weights::fetch_newest(&folder, rows)?;
        }
        let checkpoints = run.weights();
        let newest = checkpoints.steps().last().copied();
        let loaded = checkpoints.load_weights(&space, &settings, &settings.device.open());
        let LoadedWeights { supernet, step, normalisation, errors } =
            loaded.map_err(|error| untrained(&checkpoints, error))?;
        let digest = checkpoints.weights_digest(step);
        let Some(inputs) = load(&space, &normalisation)? else { return Ok(None) };
        let warnings = fallback_warnings(step, &errors);
        let (precision, clipping) = (Precision::default(), Clipping::default());
        Ok(Some(Self {
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
        }))
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

    /// As [`RunEvaluator::open_with`] with the settings of the run.
    ///
    /// # Errors
    /// As [`RunEvaluator::open_with`].
    pub(crate) fn open(run: &RunDir, progress: LoadingProgress<'_>) -> Result<Self, RunError> {
        Self::open_with(run, run.manifest().training_settings()?, progress)
    }

    /// As [`RunEvaluator::open`] with the weights of one step.
    ///
    /// # Errors
    /// As [`RunEvaluator::open`]; the weights of that step are gone.
    pub(crate) fn open_at(run: &RunDir, step: u64, progress: LoadingProgress<'_>) -> Result<Self, RunError> {
        let mut evaluator = Self::open(run, progress)?;
        evaluator.load_step(step)?;
        Ok(evaluator)
    }

    /// SHA-256 of the newest readable weights of a run, by which they are known wherever the run lies.
    ///
    /// # Errors
    /// The run is untrained, or a server can't be reached.
    pub(crate) fn newest_digest(run: &RunDir) -> Result<String, RunError> {
        let folder = run.weights_dir();
        if let Some(rows) = run.store()?.checkpoints() {
            weights::fetch_newest(&folder, rows)?;
        }
        let checkpoints = run.weights();
        let files = checkpoints.weight_files().map_err(|error| untrained(&checkpoints, error))?;
        Ok(sha256(&files.weights))
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

    /// Reasons why older weights than the newest are used.
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

    /// Loads newer weights, if training has written some.
    ///
    /// # Errors
    /// No checkpoint can be read.
    pub(super) fn refresh(&mut self) -> Result<(), RunError> {
        if self.is_outdated()? {
            if let Some(rows) = self.store.checkpoints() {
                weights::fetch_newest(&self.folder, rows)?;
            }
            let newest = self.checkpoints.steps().last().copied();
            let device = self.settings.device.open();
            let loaded = self.checkpoints.load_weights(&self.space, &self.settings, &device)?;
            self.warnings = fallback_warnings(loaded.step, &loaded.errors);
            (self.supernet, self.step, self.newest) = (loaded.supernet, loaded.step, newest);
            self.digest = self.checkpoints.weights_digest(self.step);
        }
        Ok(())
    }

    /// Returns `true` if training has written newer weights than those loaded.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn is_outdated(&self) -> Result<bool, RunError> {
        let newest = match self.store.checkpoints() {
            Some(rows) => weights::newest_step(rows)?,
            None => self.checkpoints.steps().last().copied(),
        };
        Ok(newest.is_some() && newest != self.newest)
    }

    /// Pins the checkpoint of the current weights for the workers of a search, however long training goes on.
    ///
    /// # Errors
    /// The checkpoint is gone already, or the disk is full.
    pub(super) fn pin_weights(&self) -> Result<(), RunError> {
        if let Some(rows) = self.store.checkpoints() {
            weights::pin(self.step, rows)?;
        }
        let pinned = self.checkpoints.pin(self.step);
        pinned.map_err(|source| RunError::WeightsGone { step: self.step, source })
    }

    /// Unpins the weights that were pinned for a search.
    ///
    /// # Errors
    /// The folder can't be written.
    pub(super) fn unpin_weights(&self) -> Result<(), RunError> {
        if let Some(rows) = self.store.checkpoints() {
            weights::unpin(rows)?;
        }
        Ok(self.checkpoints.unpin()?)
    }

    /// Loads the weights of one step, which a search under way measures with.
    ///
    /// # Errors
    /// The checkpoint is gone or damaged.
    pub(super) fn load_step(&mut self, step: u64) -> Result<(), RunError> {
        if step != self.step {
            if let Some(rows) = self.store.checkpoints() {
                weights::fetch_step(&self.folder, step, rows)?;
            }
            let device = self.settings.device.open();
            let found = self.checkpoints.load_weights_of(step, &self.space, &self.settings, &device);
            self.supernet = found.map_err(|source| RunError::WeightsGone { step, source })?;
            self.step = step;
            self.digest = self.checkpoints.weights_digest(step);
        }
        Ok(())
    }

    /// Makes sure that the weights loaded are those that a search has pinned.
    ///
    /// # Errors
    /// They are others of the same step: the training began again.
    pub(super) fn check_pinned(&self) -> Result<(), RunError> {
        let pinned = match self.store.checkpoints() {
            Some(rows) => weights::pinned_digest(self.step, rows)?,
            None => self.checkpoints.pinned_digest(self.step),
        };
        match (pinned, &self.digest) {
            (Some(search), Some(worker)) if search != *worker => {
                Err(RunError::OtherWeights { step: self.step, search, worker: worker.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Synflow score on the current weights.
    pub(crate) fn synflow(&self) -> DesignScore {
        let synflow = Synflow::new(&self.supernet, self.space.input_channels, &self.settings.device.open());
        let space = self.space.clone();
        std::rc::Rc::new(move |design| synflow.score(&Route::of_design(&space, design)))
    }

    /// Validation accuracies of the current weights in this precision, on all objects and without lost cameras. Designs
    /// of other spaces are left out.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn measured(&self) -> Result<Vec<MeasuredDesign>, RunError> {
        let objects = self.objects(Subset::Validation) as u64;
        measured_designs(&self.store, &self.space, self.step, self.precision, objects)
    }

    /// As [`RunEvaluator::measured`], those recorded after the row `last`, which becomes the newest one.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn measured_after(&self, last: &mut i64) -> Result<Vec<MeasuredDesign>, RunError> {
        let objects = self.objects(Subset::Validation) as u64;
        let rows = self.store.measurements_after(*last, usize::MAX)?;
        *last = rows.last().map_or(*last, |row| row.id);
        let rows = rows.into_iter().map(|row| row.value).filter(|row| row.key.step == self.step);
        Ok(designs_of(rows, &self.space, self.precision, objects))
    }

    /// Designs with an accuracy of the current weights on record, in the order of their first one. Designs of other
    /// spaces are left out.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn designs_on_record(&self) -> Result<Vec<Design>, RunError> {
        let mut designs: Vec<Design> = Vec::new();
        for row in self.store.measured(self.step)? {
            if let Ok(design) = self.space.parse_design(&row.value.key.design)
                && !designs.contains(&design)
            {
                designs.push(design);
            }
        }
        Ok(designs)
    }

    /// Returns `true` if a measurement was made on all objects of its subset. A live search ends some early.
    pub(super) fn is_complete(&self, measurement: &Measurement) -> bool {
        measurement.samples >= self.objects(measurement.key.subset) as u64
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

    /// Measures what this process has claimed, and records it with its event. The claim is released on an error.
    pub(super) fn measure_claimed(&self, key: &MeasurementKey) -> Result<ClaimedMeasurement, RunError> {
        self.record_claimed(key, self.evaluator().measure(key))
    }

    fn record_claimed(
        &self,
        key: &MeasurementKey,
        measured: Result<Measurement, TrainError>,
    ) -> Result<ClaimedMeasurement, RunError> {
        let measured = measured.map_err(RunError::from);
        let recorded = measured.and_then(|measurement| {
            let is_kept = self.store.record_and_tell(&measurement)?;
            Ok(ClaimedMeasurement { record: EvaluationRecord::new(&measurement, None), is_kept })
        });
        self.released_on_error(key, recorded)
    }

    /// As [`Self::measure_claimed`], with its event, and claims the next request for the same weights. The record is
    /// there after the next call, or once the store is settled.
    pub(super) fn measure_and_claim(
        &self,
        key: &MeasurementKey,
    ) -> Result<(EvaluationRecord, Option<MeasurementKey>), RunError> {
        let measured = self.evaluator().measure(key).map_err(RunError::from);
        let recorded = measured.and_then(|measurement| {
            let next = self.store.record_and_claim(&measurement, CLAIM_TTL)?;
            Ok((EvaluationRecord::new(&measurement, None), next))
        });
        self.released_on_error(key, recorded)
    }

    fn released_on_error<T>(&self, key: &MeasurementKey, result: Result<T, RunError>) -> Result<T, RunError> {
        if result.is_err() {
            // The first error is the one to report; the claim expires by itself.
            let _ = self.store.release(key);
        }
        result
    }

    /// Claims what is to be measured, unless it was measured on all objects: more objects replace few.
    fn claim(&self, key: &MeasurementKey) -> Result<Claim, RunError> {
        match self.store.claim(key, CLAIM_TTL)? {
            Claim::Measured(known) if !self.is_complete(&known) => self.store.claim_again(key, CLAIM_TTL),
            claim => Ok(claim),
        }
    }

    /// Accuracy of a design: known, or claimed, measured and recorded by `process`. `None` if another worker has
    /// claimed it.
    pub(super) fn claim_accuracy(
        &self,
        key: &MeasurementKey,
        process: &mut TaskProcess,
    ) -> Result<Option<f64>, RunError> {
        match self.claim(key)? {
            Claim::Held => Ok(None),
            Claim::Measured(known) => Ok(Some(known.accuracy)),
            Claim::Granted => {
                let measured = self.measure_claimed(key)?;
                Ok(Some(measured.show(process)?))
            }
        }
    }

    /// As [`RunEvaluator::claim_accuracy`], on few objects where `goes_on` ends the measurement early. `None` too if it
    /// is given up, of which nothing is recorded.
    pub(super) fn claim_while(
        &self,
        key: &MeasurementKey,
        process: &mut TaskProcess,
        goes_on: &mut dyn FnMut(&mut TaskProcess, usize, usize) -> Proceeding,
    ) -> Result<Option<EvaluationRecord>, RunError> {
        match self.claim(key)? {
            Claim::Held => Ok(None),
            Claim::Measured(known) => Ok(Some(EvaluationRecord::new(&known, None))),
            Claim::Granted => {
                let mut last = Proceeding::GoOn;
                let mut proceeds = |correct, objects| {
                    last = goes_on(process, correct, objects);
                    last == Proceeding::GoOn
                };
                let measured = self.evaluator().measure_while(key, &mut proceeds);
                if last == Proceeding::GiveUp {
                    return self.store.release(key).map(|()| None);
                }
                let measured = self.record_claimed(key, measured)?;
                let record = measured.record.clone();
                measured.show(process)?;
                Ok(Some(record))
            }
        }
    }

    /// Number of objects of a subset.
    pub(crate) fn objects(&self, subset: Subset) -> usize {
        self.evaluator().objects(subset).len()
    }
}

/// A run without checkpoints is untrained; one whose checkpoints are all damaged is not.
pub(super) fn untrained(checkpoints: &Checkpoints, error: TrainError) -> RunError {
    if checkpoints.exist() { RunError::Train(error) } else { RunError::Untrained(error) }
}

/// One sentence per checkpoint that could not be used.
pub(crate) fn fallback_warnings(step: u64, errors: &[TrainError]) -> Vec<String> {
    errors.iter().map(|error| format!("{error}; the weights of step {step} are used instead")).collect()
}

/// Validation accuracies of the weights after `step` in a precision, on at least so many objects and without lost
/// cameras. Designs of other spaces are left out.
///
/// # Errors
/// The database fails.
pub(crate) fn measured_designs(
    store: &Store,
    space: &SearchSpace,
    step: u64,
    precision: Precision,
    objects: u64,
) -> Result<Vec<MeasuredDesign>, RunError> {
    let rows = store.measured(step)?.into_iter().map(|row| row.value);
    Ok(designs_of(rows, space, precision, objects))
}

/// Designs of a space with their validation accuracies in a precision, on at least so many objects and without lost
/// cameras.
fn designs_of(
    rows: impl Iterator<Item = Measurement>,
    space: &SearchSpace,
    precision: Precision,
    objects: u64,
) -> Vec<MeasuredDesign> {
    let rows = rows.filter(|row| row.key.subset == Subset::Validation && row.key.lost == 0);
    let rows = rows.filter(|row| row.key.precision == precision && row.samples >= objects);
    let measured = rows.filter_map(|row| {
        let design = space.parse_design(&row.key.design).ok()?;
        Some(MeasuredDesign { design, views: row.key.views, accuracy: row.accuracy })
    });
    measured.collect()
}
