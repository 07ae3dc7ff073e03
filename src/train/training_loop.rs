//! The training loop: steps, evaluations of watched designs, checkpoints, and rollbacks after a collapse.
//!
//! It knows no run directory and no terminal: events and measurements go to a [`TrainingObserver`], which may also ask
//! it to stop. `run` connects it with a run.
//!
//! ```
//! use splitscope::data::{DataSpec, Dataset};
//! use splitscope::record::Event;
//! use splitscope::space::SearchSpace;
//! use splitscope::train::{Inputs, Settings, TrainingLoop};
//!
//! let space = SearchSpace::shipped("tabletop").unwrap();
//! let data: DataSpec = "arrangement-10:objects=40".parse()?;
//! let data = Dataset::open(&data, space.views as usize, 32, space.input_channels as usize)?;
//! let inputs = Inputs::new(data, &space)?;
//! let settings = Settings { steps: 2, images: 8, calibration_objects: 4, ..Settings::default() };
//!
//! let mut losses = Vec::new();
//! let mut observe = |event: &Event| {
//!     if let Event::Step(step) = event {
//!         losses.push(step.losses[0].1);
//!     }
//! };
//! let mut training = TrainingLoop::new(space, settings, inputs, None);
//! let trainer = training.run(&mut observe)?.expect("nothing stops it");
//! assert_eq!((trainer.steps_done(), losses.len()), (2, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::rc::Rc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::exchange::decide;
use super::rate::TrainingRate;
use super::{Alone, Checkpoints, DesignEvaluator, Exchange, Inputs, Settings, StepReport, TrainError, Trainer};
use crate::record::{
    Clipping, EvaluationRecord, Event, Measurement, MeasurementKey, Precision, Role, StepRecord, Subset,
};
use crate::space::{Design, SearchSpace};
use crate::supernet::Supernet;

/// Rollbacks before a training gives up.
const MAX_ROLLBACKS: usize = 3;
/// Step after which the first accuracy is measured, so that something is seen early.
const FIRST_EVALUATION: u64 = 8;
/// Views of evaluations during training, where the data have as many.
const USUAL_VIEWS: u32 = 6;
/// Numbers of views that are measured at the end of a training.
const FINAL_VIEWS: [u32; 5] = [1, 2, 4, 6, 12];

/// Error of a training observer.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Receiver of the events and measurements of a training, which may ask it to stop. Any `FnMut(&Event)` is one.
pub trait TrainingObserver {
    /// Receives an event.
    ///
    /// # Errors
    /// The event can't be recorded; the training ends.
    fn event(&mut self, event: Event) -> Result<(), ObserverError>;

    /// Allows checkpoints to be written and deleted. The default does.
    ///
    /// # Errors
    /// They belong to someone else now; the training ends.
    fn before_checkpoints_change(&mut self) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Receives a measurement. The default ignores it.
    ///
    /// # Errors
    /// The measurement can't be recorded; the training ends.
    fn measured(&mut self, _measurement: &Measurement) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Learns that measurements of weights after `step` no longer hold. The default ignores it.
    ///
    /// # Errors
    /// The measurements can't be withdrawn; the training ends.
    fn withdraw_after(&mut self, _step: u64) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Returns `true` to end the training before its next step; may block while the training is paused. The default
    /// does neither.
    ///
    /// # Errors
    /// Requests can't be read; the training ends.
    fn should_stop(&mut self) -> Result<bool, ObserverError> {
        Ok(false)
    }
}

impl<F: FnMut(&Event)> TrainingObserver for F {
    fn event(&mut self, event: Event) -> Result<(), ObserverError> {
        self(&event);
        Ok(())
    }
}

/// A training in progress.
pub struct TrainingLoop {
    space: SearchSpace,
    settings: Settings,
    inputs: Inputs,
    checkpoints: Option<Checkpoints>,
    rate: TrainingRate,
    exchange: Rc<dyn Exchange>,
}

/// Warns of each checkpoint that could not be read on the way to the one that the trainer goes on from.
///
/// # Errors
/// The observer failed.
pub(crate) fn tell_unreadable(
    errors: Vec<TrainError>,
    trainer: &Trainer,
    observer: &mut dyn TrainingObserver,
) -> Result<(), TrainError> {
    for error in errors {
        let text = format!("{error}; going on from the one before, of step {}", trainer.steps_done());
        observer.event(Event::Warning { text })?;
    }
    Ok(())
}

impl TrainingLoop {
    /// Training of a space. Without `checkpoints` nothing is written, and a rollback goes back to the start.
    pub fn new(space: SearchSpace, settings: Settings, inputs: Inputs, checkpoints: Option<Checkpoints>) -> Self {
        Self { space, settings, inputs, checkpoints, rate: TrainingRate::default(), exchange: Rc::new(Alone) }
    }

    /// Trains with other ranks. Rank 0 alone has checkpoints, measures, and is asked to stop; the others go where it
    /// goes, and their observers hear of nothing.
    #[must_use]
    pub fn with_exchange(self, exchange: Rc<dyn Exchange>) -> Self {
        Self { exchange, ..self }
    }

    /// Trains from the newest readable checkpoint, or from the start, until all steps are done. Returns the trainer;
    /// `None` if the observer asked to stop.
    ///
    /// # Errors
    /// Data or checkpoints can't be read, the training collapsed too often, or the observer failed.
    pub fn run(&mut self, observer: &mut dyn TrainingObserver) -> Result<Option<Trainer>, TrainError> {
        let (trainer, errors) = newest(self.checkpoints.as_ref(), &self.space, &self.settings)?;
        tell_unreadable(errors, &trainer, observer)?;
        self.run_from(trainer, observer)
    }

    /// Trains on from `trainer`. `errors` tell why newer checkpoints than that of `trainer` could not be read.
    ///
    /// # Errors
    /// As [`TrainingLoop::run`].
    pub fn run_from(
        &mut self,
        mut trainer: Trainer,
        observer: &mut dyn TrainingObserver,
    ) -> Result<Option<Trainer>, TrainError> {
        self.forget_unreadable(&trainer, observer)?;
        trainer.join(Rc::clone(&self.exchange))?;
        let result = self.train_on(&mut trainer, observer);
        if matches!(result, Err(TrainError::Observer(_))) {
            self.keep(&trainer, observer);
        }
        Ok(result?.then_some(trainer))
    }

    /// Keeps the weights of a training whose record can't be written, if they still are its own to write. The error
    /// that ends it is the one to report.
    fn keep(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) {
        if self.exchange.share().leads()
            && let Some(checkpoints) = &self.checkpoints
            && observer.before_checkpoints_change().is_ok()
        {
            let _ = checkpoints.save(trainer, None);
        }
    }

    /// Trains until all steps are done; returns `false` if the observer asked to stop.
    fn train_on(&mut self, trainer: &mut Trainer, observer: &mut dyn TrainingObserver) -> Result<bool, TrainError> {
        let mut rollbacks = 0;
        while trainer.steps_done() < self.settings.steps {
            if decide(&*self.exchange, || observer.should_stop().map_err(TrainError::from))? {
                self.stop(trainer, observer)?;
                return Ok(false);
            }
            match trainer.step(&self.inputs) {
                Ok(report) => self.after_step(trainer, &report, observer)?,
                Err(error) if error.is_collapse() => {
                    if rollbacks == MAX_ROLLBACKS {
                        let learning_rate = self.settings.learning_rate / 10.0;
                        return Err(TrainError::GaveUp { error: Box::new(error), rollbacks, learning_rate });
                    }
                    *trainer = self.roll_back(trainer, &error, rollbacks > 0, observer)?;
                    rollbacks += 1;
                }
                Err(error) => return Err(error),
            }
        }
        self.finish(trainer, observer)?;
        Ok(true)
    }

    fn stop(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        trainer.compare_ranks()?;
        if !self.exchange.share().leads() {
            return Ok(());
        }
        self.save(trainer, None, observer)?;
        let reason = format!("at step {} of {}", trainer.steps_done(), self.settings.steps);
        Ok(observer.event(Event::Stopped { reason })?)
    }

    /// Deletes checkpoints that can't be read, which would hide later ones.
    fn forget_unreadable(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        if let Some(checkpoints) = &self.checkpoints {
            observer.before_checkpoints_change()?;
            checkpoints.forget_after(trainer.steps_done())?;
        }
        Ok(())
    }

    /// Goes back to the newest checkpoint, or `further` to the one before it, or to the start, at half the learning
    /// rate.
    fn roll_back(
        &self,
        from: &Trainer,
        error: &TrainError,
        further: bool,
        observer: &mut dyn TrainingObserver,
    ) -> Result<Trainer, TrainError> {
        if !self.exchange.share().leads() {
            let mut trainer = newest(None, &self.space, &self.settings)?.0;
            trainer.join(Rc::clone(&self.exchange))?;
            return Ok(trainer);
        }
        let steps = self.checkpoints.as_ref().map(Checkpoints::steps).unwrap_or_default();
        let to = steps.iter().rev().nth(usize::from(further)).copied().unwrap_or(0);
        observer.before_checkpoints_change()?;
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.forget_after(to)?;
        }
        let (mut trainer, errors) = newest(self.checkpoints.as_ref(), &self.space, &self.settings)?;
        tell_unreadable(errors, &trainer, observer)?;
        self.forget_unreadable(&trainer, observer)?;
        // An earlier one, where that checkpoint is damaged: what was measured in between is of weights that are gone.
        let to = trainer.steps_done();
        observer.withdraw_after(to)?;
        trainer.halve_lr_from(from);
        let text = format!("{error}; the learning rate is halved");
        observer.event(Event::RolledBack { from: from.steps_done(), to, text })?;
        trainer.join(Rc::clone(&self.exchange))?;
        Ok(trainer)
    }

    fn after_step(
        &mut self,
        trainer: &Trainer,
        report: &StepReport,
        observer: &mut dyn TrainingObserver,
    ) -> Result<(), TrainError> {
        let step = report.step;
        if step == self.settings.steps || step.is_multiple_of(self.settings.checkpoint_every.max(1)) {
            trainer.compare_ranks()?;
        }
        if !self.exchange.share().leads() {
            return Ok(());
        }
        let record = self.record(report);
        observer.event(Event::Step(record))?;
        if step == self.settings.steps {
            return Ok(());
        }
        let mut score = None;
        if step == FIRST_EVALUATION || step.is_multiple_of(self.settings.evaluate_every.max(1)) {
            score = Some(self.evaluate(trainer, observer)?);
        }
        if step.is_multiple_of(self.settings.checkpoint_every.max(1)) {
            match self.save(trainer, score, observer) {
                // Earlier checkpoints are whole, and there may be room again for the next one.
                Err(error @ TrainError::Checkpoint { .. }) => {
                    observer.event(Event::Warning { text: format!("{error}; training goes on") })?;
                }
                saved => saved?,
            }
        }
        Ok(())
    }

    fn record(&mut self, report: &StepReport) -> StepRecord {
        self.rate.add(report.images, report.seconds.total());
        StepRecord {
            step: report.step,
            steps: self.settings.steps,
            epoch: report.epoch,
            learning_rate: report.learning_rate,
            views: report.views as u32,
            losses: report.nets.iter().map(|net| (net.role, net.loss)).collect(),
            accuracies: report.nets.iter().map(|net| (net.role, net.accuracy)).collect(),
            gradient_norm: report.gradient_norm,
            images_per_s: self.rate.images_per_s(),
            steps_per_s: self.rate.steps_per_s(),
            eta_s: self.rate.eta_s(&self.settings, report.step),
            seconds: report.seconds,
            rss_bytes: 0,
        }
    }

    /// Measures the watched designs on the validation objects. Returns the accuracy of the largest.
    fn evaluate(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<f64, TrainError> {
        let (weights, step) = (trainer.weights(), trainer.steps_done());
        let views = self.usual_views();
        if let Some(design) = self.settings.design_of(&self.space)? {
            let of_views = |views| (views, Subset::Validation, step);
            if step > FIRST_EVALUATION && views > 1 {
                self.measure(&weights, Role::Design, &design, of_views(1), observer)?;
            }
            return self.measure(&weights, Role::Design, &design, of_views(views), observer);
        }
        let largest = self.space.unsplit_design(self.space.largest());
        let score = self.measure(&weights, Role::Largest, &largest, (views, Subset::Validation, step), observer)?;
        if step <= FIRST_EVALUATION {
            // The first evaluation is for the eye: one figure, soon.
            return Ok(score);
        }
        let smallest = self.space.unsplit_design(self.space.smallest());
        let random = self.sampled(step);
        for (role, design, views) in
            [(Role::Largest, &largest, 1), (Role::Smallest, &smallest, views), (Role::Random, &random, views)]
        {
            self.measure(&weights, role, design, (views, Subset::Validation, step), observer)?;
        }
        Ok(score)
    }

    /// Measures one design; returns its accuracy.
    fn measure(
        &self,
        weights: &Supernet,
        role: Role,
        design: &Design,
        (views, subset, step): (u32, Subset, u64),
        observer: &mut dyn TrainingObserver,
    ) -> Result<f64, TrainError> {
        let Self { space, settings, inputs, .. } = self;
        let evaluator = DesignEvaluator { space, settings, inputs, supernet: weights, clipping: Clipping::default() };
        // In the numbers that it trains with: the figures of a training compare with its losses.
        let key = MeasurementKey { precision: settings.precision, ..evaluator.key(design, views, subset, step) };
        let measurement = evaluator.measure(&key)?;
        observer.measured(&measurement)?;
        observer.event(Event::Evaluated(EvaluationRecord::new(&measurement, Some(role))))?;
        Ok(measurement.accuracy)
    }

    fn save(
        &self,
        trainer: &Trainer,
        score: Option<f64>,
        observer: &mut dyn TrainingObserver,
    ) -> Result<(), TrainError> {
        if let Some(checkpoints) = &self.checkpoints {
            observer.before_checkpoints_change()?;
            let best = checkpoints.save(trainer, score)?;
            let step = trainer.steps_done();
            observer.event(Event::Checkpoint { step, best, weights_sha256: checkpoints.weights_digest(step) })?;
        }
        Ok(())
    }

    /// Saves, then measures on the test objects, which training never looked at.
    fn finish(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        if !self.exchange.share().leads() {
            return Ok(());
        }
        let (weights, step) = (trainer.weights(), trainer.steps_done());
        let saved = self.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.steps().last() == Some(&step));
        if !saved {
            let score = self.evaluate(trainer, observer)?;
            self.save(trainer, Some(score), observer)?;
        }
        let most = self.inputs.data().views as u32;
        if let Some(design) = self.settings.design_of(&self.space)? {
            self.measure_finally(&weights, &design, step, observer)?;
            return Ok(observer.event(Event::Finished { reason: format!("all {step} steps are done") })?);
        }
        let largest = self.space.unsplit_design(self.space.largest());
        for views in FINAL_VIEWS.into_iter().filter(|&views| views <= most) {
            self.measure(&weights, Role::Largest, &largest, (views, Subset::Test, step), observer)?;
        }
        let smallest = self.space.unsplit_design(self.space.smallest());
        let usual = (self.usual_views(), Subset::Test, step);
        self.measure(&weights, Role::Smallest, &smallest, usual, observer)?;
        observer.event(Event::Finished { reason: format!("all {step} steps are done") })?;
        Ok(())
    }

    /// Measures the design that was trained alone in both precisions: on validation objects with all numbers of views,
    /// on test objects with the usual one.
    fn measure_finally(
        &self,
        weights: &Supernet,
        design: &Design,
        step: u64,
        observer: &mut dyn TrainingObserver,
    ) -> Result<(), TrainError> {
        let Self { space, settings, inputs, .. } = self;
        let evaluator = DesignEvaluator { space, settings, inputs, supernet: weights, clipping: Clipping::default() };
        let most = self.inputs.data().views as u32;
        let validation =
            FINAL_VIEWS.into_iter().filter(|&views| views <= most).map(|views| (views, Subset::Validation));
        for (views, subset) in validation.chain([(self.usual_views(), Subset::Test)]) {
            for precision in Precision::ALL {
                let key = MeasurementKey { precision, ..evaluator.key(design, views, subset, step) };
                let measurement = evaluator.measure(&key)?;
                observer.measured(&measurement)?;
                if precision == settings.precision {
                    let record = EvaluationRecord::new(&measurement, Some(Role::Design));
                    observer.event(Event::Evaluated(record))?;
                }
            }
        }
        Ok(())
    }

    fn usual_views(&self) -> u32 {
        USUAL_VIEWS.min(self.inputs.data().views as u32)
    }

    fn sampled(&self, step: u64) -> Design {
        let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed);
        rng.set_stream(u64::MAX - step);
        self.space.sample_design(&mut rng)
    }
}

/// Trainer of the newest readable checkpoint, with the errors of newer ones; a fresh trainer if there is no checkpoint.
///
/// # Errors
/// There are checkpoints, and none can be read.
pub fn newest(
    checkpoints: Option<&Checkpoints>,
    space: &SearchSpace,
    settings: &Settings,
) -> Result<(Trainer, Vec<TrainError>), TrainError> {
    let device = settings.device.open();
    match checkpoints {
        Some(checkpoints) if checkpoints.exist() => checkpoints.resume(space, settings, &device),
        _ => Ok((Trainer::new(space.clone(), settings.clone(), &device), Vec::new())),
    }
}

#[cfg(test)]
mod tests;
