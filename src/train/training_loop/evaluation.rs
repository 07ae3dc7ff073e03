//! Evaluations of a training: watched designs on the validation objects as it goes, more of them at its end, and then
//! on the test objects, which training never looked at.
//!
//! A request to stop is answered after the batch under way. The checkpoint then has no score, by which the training
//! knows, once it goes on, that the evaluation of that step is still to be made.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{TrainingLoop, TrainingObserver};
use crate::record::{Clipping, EvaluationRecord, Event, MeasurementKey, Precision, Role, Subset};
use crate::space::Design;
use crate::train::{Checkpoints, DesignEvaluator, TrainError, Trainer};

/// Step after which the first accuracy is measured, so that something is seen early.
const FIRST_EVALUATION: u64 = 8;
/// Views of evaluations during training, where the data have as many.
const USUAL_VIEWS: u32 = 6;
/// Numbers of views that are measured at the end of a training.
const FINAL_VIEWS: [u32; 5] = [1, 2, 4, 6, 12];

/// A design that an evaluation measures.
struct Watched {
    role: Role,
    design: Design,
    views: u32,
    subset: Subset,
    precision: Precision,
}

impl TrainingLoop {
    /// Returns `true` if watched designs are measured after a step that is not the last.
    pub(super) fn is_evaluated_after(&self, step: u64) -> bool {
        step == FIRST_EVALUATION || (step > 0 && step.is_multiple_of(self.settings.evaluate_every.max(1)))
    }

    /// Makes the evaluation that was cut short when the training stopped, and saves its score. Returns `false` if the
    /// observer asked to stop.
    pub(super) fn make_up_evaluation(
        &self,
        trainer: &mut Trainer,
        observer: &mut dyn TrainingObserver,
    ) -> Result<bool, TrainError> {
        let step = trainer.steps_done();
        let is_due = self.is_evaluated_after(step) && step < self.settings.steps && trainer.score.is_none();
        if !is_due || !self.exchange.share().leads() {
            return Ok(true);
        }
        let is_complete = self.evaluate(trainer, observer)?;
        if is_complete {
            self.try_to_save(trainer, observer)?;
        }
        Ok(is_complete)
    }

    /// Measures the watched designs on the validation objects, and gives the trainer its score. Returns `false` if the
    /// observer asked to stop.
    pub(super) fn evaluate(
        &self,
        trainer: &mut Trainer,
        observer: &mut dyn TrainingObserver,
    ) -> Result<bool, TrainError> {
        let watched = self.watched(trainer.steps_done())?;
        let Some(accuracies) = self.measure(trainer, &watched, observer)? else { return Ok(false) };
        let usual_views = self.usual_views();
        let scored = watched.iter().zip(accuracies).find(|(one, _)| one.views == usual_views);
        trainer.score = scored.map(|(_, accuracy)| accuracy);
        Ok(true)
    }

    /// Evaluates and saves, if that is not done, then measures on the test objects. Returns `false` if the observer
    /// asked to stop.
    pub(super) fn finish(
        &self,
        trainer: &mut Trainer,
        observer: &mut dyn TrainingObserver,
    ) -> Result<bool, TrainError> {
        if !self.exchange.share().leads() {
            return Ok(true);
        }
        let step = trainer.steps_done();
        let is_saved = |checkpoints: &Checkpoints| checkpoints.steps().last() == Some(&step);
        let mut is_complete = true;
        if trainer.score.is_none() || !self.checkpoints.as_ref().is_some_and(is_saved) {
            is_complete = trainer.score.is_some() || self.evaluate(trainer, observer)?;
            self.save(trainer, observer)?;
        }
        if !is_complete || self.measure(trainer, &self.watched_finally()?, observer)?.is_none() {
            self.tell_stopped(trainer, observer)?;
            return Ok(false);
        }
        observer.event(Event::Finished { reason: format!("all {step} steps are done") })?;
        Ok(true)
    }

    /// The designs that are measured after a step, in the numbers that it trains with: the figures of a training
    /// compare with its losses. The first one with the usual views gives the score.
    fn watched(&self, step: u64) -> Result<Vec<Watched>, TrainError> {
        let (subset, precision) = (Subset::Validation, self.settings.precision);
        let watch = |role, design: &Design, views| Watched { role, design: design.clone(), views, subset, precision };
        let views = self.usual_views();
        // The first evaluation is for the eye: one figure, soon.
        let is_first = step <= FIRST_EVALUATION;
        if let Some(design) = self.settings.design_of(&self.space)? {
            let of_one_view = (!is_first && views > 1).then(|| watch(Role::Design, &design, 1));
            return Ok(of_one_view.into_iter().chain([watch(Role::Design, &design, views)]).collect());
        }
        let largest = self.space.unsplit_design(self.space.largest());
        let mut watched = vec![watch(Role::Largest, &largest, views)];
        if !is_first {
            let smallest = self.space.unsplit_design(self.space.smallest());
            watched.push(watch(Role::Largest, &largest, 1));
            watched.push(watch(Role::Smallest, &smallest, views));
            watched.push(watch(Role::Random, &self.sampled(step), views));
        }
        Ok(watched)
    }

    /// The designs that are measured at the end. One that was trained alone is measured in both precisions, on
    /// validation objects with all numbers of views, on test objects with the usual one.
    fn watched_finally(&self) -> Result<Vec<Watched>, TrainError> {
        let (precision, usual_views) = (self.settings.precision, self.usual_views());
        let most = self.inputs.data().views as u32;
        let views = FINAL_VIEWS.into_iter().filter(|&views| views <= most);
        if let Some(design) = self.settings.design_of(&self.space)? {
            let both = |(views, subset)| {
                let watch =
                    |precision| Watched { role: Role::Design, design: design.clone(), views, subset, precision };
                Precision::ALL.map(watch)
            };
            let validation = views.map(|views| (views, Subset::Validation));
            return Ok(validation.chain([(usual_views, Subset::Test)]).flat_map(both).collect());
        }
        let watch = |role, design, views| Watched { role, design, views, subset: Subset::Test, precision };
        let largest = self.space.unsplit_design(self.space.largest());
        let smallest = self.space.unsplit_design(self.space.smallest());
        let all = views.map(|views| watch(Role::Largest, largest.clone(), views));
        Ok(all.chain([watch(Role::Smallest, smallest, usual_views)]).collect())
    }

    /// Measures designs one after the other, and tells of each. Returns their accuracies; `None` if the observer asked
    /// to stop.
    fn measure(
        &self,
        trainer: &Trainer,
        watched: &[Watched],
        observer: &mut dyn TrainingObserver,
    ) -> Result<Option<Vec<f64>>, TrainError> {
        let (weights, step) = (trainer.weights(), trainer.steps_done());
        let Self { space, settings, inputs, .. } = self;
        let evaluator = DesignEvaluator { space, settings, inputs, supernet: &weights, clipping: Clipping::default() };
        let mut accuracies = Vec::new();
        for Watched { role, design, views, subset, precision } in watched {
            let key = MeasurementKey { precision: *precision, ..evaluator.key(design, *views, *subset, step) };
            let mut asked = Ok(false);
            let measured = evaluator.measure_unless(&key, &mut || {
                asked = observer.should_stop();
                !matches!(asked, Ok(false))
            })?;
            asked?;
            let Some(measurement) = measured else { return Ok(None) };
            observer.measured(&measurement)?;
            if *precision == settings.precision {
                observer.event(Event::Evaluated(EvaluationRecord::new(&measurement, Some(*role))))?;
            }
            accuracies.push(measurement.accuracy);
        }
        Ok(Some(accuracies))
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
