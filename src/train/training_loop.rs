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
//! let data: DataSpec = "arrangement-10:objects=100".parse()?;
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

mod evaluation;
mod observer;

use std::rc::Rc;

pub use self::observer::{ObserverError, TrainingObserver};
use super::exchange::decide;
use super::rate::TrainingRate;
use super::{Alone, Checkpoints, Exchange, Inputs, Settings, StepReport, TrainError, Trainer};
use crate::record::{Event, StepRecord};
use crate::space::SearchSpace;

/// Rollbacks before a training gives up.
const MAX_ROLLBACKS: usize = 3;
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
            let _ = checkpoints.save(trainer);
        }
    }

    /// Trains until all steps are done; returns `false` if the observer asked to stop.
    fn train_on(&mut self, trainer: &mut Trainer, observer: &mut dyn TrainingObserver) -> Result<bool, TrainError> {
        let mut rollbacks = 0;
        let mut stops = !self.make_up_evaluation(trainer, observer)?;
        while trainer.steps_done() < self.settings.steps {
            if decide(&*self.exchange, || Ok::<_, TrainError>(stops || observer.should_stop()?))? {
                self.stop(trainer, observer)?;
                return Ok(false);
            }
            match trainer.step(&self.inputs) {
                Ok(report) => stops = !self.after_step(trainer, &report, observer)?,
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
        self.finish(trainer, observer)
    }

    fn stop(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        trainer.compare_ranks()?;
        if !self.exchange.share().leads() {
            return Ok(());
        }
        self.save(trainer, observer)?;
        self.tell_stopped(trainer, observer)
    }

    fn tell_stopped(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        let (step, steps) = (trainer.steps_done(), self.settings.steps);
        let rest = if step < steps { "" } else { "; its last measurements are still to be made" };
        Ok(observer.event(Event::Stopped { reason: format!("at step {step} of {steps}{rest}") })?)
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

    /// Evaluates and saves, where that is due. Returns `false` if the observer asked to stop.
    fn after_step(
        &mut self,
        trainer: &mut Trainer,
        report: &StepReport,
        observer: &mut dyn TrainingObserver,
    ) -> Result<bool, TrainError> {
        let step = report.step;
        let is_saved_after = step.is_multiple_of(self.settings.checkpoint_every.max(1));
        if step == self.settings.steps || is_saved_after {
            trainer.compare_ranks()?;
        }
        if !self.exchange.share().leads() {
            return Ok(true);
        }
        let record = self.record(report);
        observer.event(Event::Step(record))?;
        if step == self.settings.steps {
            return Ok(true);
        }
        if self.is_evaluated_after(step) && !self.evaluate(trainer, observer)? {
            return Ok(false);
        }
        if is_saved_after {
            self.try_to_save(trainer, observer)?;
        }
        Ok(true)
    }

    /// Saves, or warns: earlier checkpoints are whole, and there may be room again for the next one.
    fn try_to_save(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        match self.save(trainer, observer) {
            Err(error @ TrainError::Checkpoint { .. }) => {
                Ok(observer.event(Event::Warning { text: format!("{error}; training goes on") })?)
            }
            saved => saved,
        }
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

    fn save(&self, trainer: &Trainer, observer: &mut dyn TrainingObserver) -> Result<(), TrainError> {
        if let Some(checkpoints) = &self.checkpoints {
            observer.before_checkpoints_change()?;
            let best = checkpoints.save(trainer)?;
            let step = trainer.steps_done();
            observer.event(Event::Checkpoint { step, best, weights_sha256: checkpoints.weights_digest(step) })?;
        }
        Ok(())
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
