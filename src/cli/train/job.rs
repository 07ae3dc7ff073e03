//! One training in progress: steps, evaluations, checkpoints, orders.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::rate::Rate;
use super::report::Report;
use crate::cli::{inputs, progress, steer};
use crate::record::{
    Control, DataRecord, EvaluationRecord, Event, Measurement, MeasurementKey, Role, StepRecord, Subset,
};
use crate::run::{Inbox, Ownership, RunDir};
use crate::space::{Design, PLAIN_BITS, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, Inputs, Measure, Settings, StepReport, TrainError, Trainer, measure};

/// How often training may go back to an earlier checkpoint before it gives up.
const ROLLBACKS: usize = 3;
/// Step after which the first accuracies are measured, so that something is seen early.
const FIRST_EVALUATION: u64 = 8;
/// Numbers of views that the end of a training reports.
const FINAL_VIEWS: [usize; 5] = [1, 2, 4, 6, 12];

/// One training in progress.
pub(super) struct Job<'a> {
    report: &'a mut Report,
    owner: Ownership,
    inbox: Inbox,
    checkpoints: Checkpoints,
    space: SearchSpace,
    settings: Settings,
    inputs: Inputs,
    rate: Rate,
}

impl<'a> Job<'a> {
    /// The training of a run, and the trainer of the newest checkpoint that can be read, or a fresh one. `None` if the user
    /// asked to stop before the data were ready.
    pub(super) fn new(
        run: &RunDir,
        space: SearchSpace,
        settings: Settings,
        owner: Ownership,
        report: &'a mut Report,
    ) -> Result<Option<(Self, Trainer)>> {
        let mut inbox = Inbox::of(&owner)?;
        inbox.catch_signals().context("signals can't be caught")?;
        let checkpoints = Checkpoints::new(run.checkpoint_dir());
        checkpoints.tidy()?;
        let found = newest(&checkpoints, &space, &settings);
        let step = found.as_ref().ok().map(|(trainer, _)| trainer.steps_done());
        let resumed_from_step = step.filter(|_| checkpoints.exist());
        report.tell(Event::Started { command: "train".into(), pid: std::process::id(), resumed_from_step })?;
        let (trainer, errors) = found?;
        let loaded =
            inputs::open_obeying(run.manifest(), &space, (&mut inbox, &owner), &mut |event| report.tell(event))?;
        let Some((inputs, seconds)) = loaded else {
            report.tell(Event::Stopped { reason: "before the data were ready".into() })?;
            return Ok(None);
        };
        let split = &inputs.data().split;
        report.tell(Event::Data(DataRecord {
            classes: space.classes,
            train: split.train.len() as u64,
            validation: split.validation.len() as u64,
            test: split.test.len() as u64,
            views: space.views,
            seconds,
        }))?;
        let mut job = Self { report, owner, inbox, checkpoints, space, settings, inputs, rate: Rate::default() };
        job.leave_behind(&trainer, errors)?;
        Ok(Some((job, trainer)))
    }

    /// Forgets checkpoints that can't be read, which would hide those to come.
    fn leave_behind(&mut self, trainer: &Trainer, errors: Vec<TrainError>) -> Result<()> {
        self.checkpoints.forget_after(trainer.steps_done())?;
        for error in errors {
            let text = format!("{error}; going on from the one before, of step {}", trainer.steps_done());
            self.tell(Event::Warning { text })?;
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<()> {
        self.report.tell(event)
    }

    /// Trains until all steps are done, or it is told to stop.
    pub(super) fn work(&mut self, mut trainer: Trainer) -> Result<()> {
        let mut rollbacks = 0;
        while trainer.steps_done() < self.settings.steps {
            if self.obey(&trainer)? {
                return Ok(());
            }
            match trainer.step(&self.inputs) {
                Ok(report) => self.after_step(&trainer, &report)?,
                Err(error) if error.is_collapse() => {
                    if rollbacks == ROLLBACKS {
                        bail!(
                            "{error}; it went back {ROLLBACKS} times, each time to half the learning rate, and gives up. \
                             Start another run with a lower one, for instance --set learning-rate={}",
                            self.settings.learning_rate / 10.0
                        );
                    }
                    trainer = self.roll_back(&trainer, &error, rollbacks > 0)?;
                    rollbacks += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.finish(&trainer)
    }

    /// Goes back to the newest checkpoint, or `further` to the one before it, or to the start, at half the rate.
    fn roll_back(&mut self, from: &Trainer, error: &TrainError, further: bool) -> Result<Trainer> {
        let steps = self.checkpoints.steps();
        let to = steps.iter().rev().nth(usize::from(further)).copied().unwrap_or(0);
        self.checkpoints.forget_after(to)?;
        self.report.store().withdraw_after(to)?;
        let (mut trainer, errors) = newest(&self.checkpoints, &self.space, &self.settings)?;
        self.leave_behind(&trainer, errors)?;
        trainer.be_more_careful_than(from);
        let text = format!("{error}; the learning rate is halved");
        self.tell(Event::RolledBack { from: from.steps_done(), to, text })?;
        Ok(trainer)
    }

    /// Does what the user asks. Says whether to stop.
    fn obey(&mut self, trainer: &Trainer) -> Result<bool> {
        let report = &mut *self.report;
        let orders = steer::orders(&mut self.inbox, &self.owner, &mut |event| report.tell(event))?;
        if !orders.contains(&Control::Stop) {
            return Ok(false);
        }
        self.save(trainer, None)?;
        let reason = format!("at step {} of {}", trainer.steps_done(), self.settings.steps);
        self.tell(Event::Stopped { reason })?;
        Ok(true)
    }

    fn after_step(&mut self, trainer: &Trainer, report: &StepReport) -> Result<()> {
        let record = self.record(report);
        self.tell(Event::Step(record))?;
        let (step, every) = (report.step, |count: u64| report.step.is_multiple_of(count.max(1)));
        if step == self.settings.steps {
            return Ok(());
        }
        let mut score = None;
        if step == FIRST_EVALUATION || every(self.settings.evaluate_every) {
            score = Some(self.evaluate(trainer, step)?);
        }
        if every(self.settings.checkpoint_every)
            && let Err(error) = self.save(trainer, score)
        {
            // Earlier checkpoints are whole, and there may be room again by the next one.
            self.tell(Event::Warning { text: format!("{}; training goes on", crate::cli::sentence(&error)) })?;
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
            rss_bytes: progress::resident_bytes(),
        }
    }

    /// Measures the watched designs on the validation objects; returns the largest one's accuracy.
    fn evaluate(&mut self, trainer: &Trainer, step: u64) -> Result<f64> {
        let weights = trainer.weights();
        let views = self.usual_views();
        let objects = self.inputs.data().split.validation.clone();
        let mut score = 0.0;
        for (role, design, views) in [
            (Role::Largest, whole(&self.space, true), views),
            (Role::Largest, whole(&self.space, true), 1),
            (Role::Smallest, whole(&self.space, false), views),
            (Role::Random, self.sampled(step), views),
        ] {
            let found = self.measure(&weights, role, &design, &objects, Subset::Validation, views, step)?;
            if role == Role::Largest && views > 1 {
                score = found.accuracy;
            }
            if step <= FIRST_EVALUATION && role == Role::Largest {
                // The first look is for the eye: one figure, soon.
                break;
            }
        }
        Ok(score)
    }

    #[allow(clippy::too_many_arguments, reason = "each is one coordinate of a measurement")]
    fn measure(
        &mut self,
        weights: &Supernet,
        role: Role,
        design: &Design,
        objects: &[u32],
        subset: Subset,
        views: usize,
        step: u64,
    ) -> Result<Measure> {
        let started = Instant::now();
        let route = Route::of_design(&self.space, design);
        let device = self.settings.device.open();
        let found = measure(weights, &route, &self.inputs, objects, views, &self.settings, &device)?;
        let text = self.space.print_design(design);
        let key = MeasurementKey { design: text.clone(), views: views as u32, lost: 0, subset, step };
        self.report.store().record(&measurement(key, found, started))?;
        self.tell(Event::Evaluated(EvaluationRecord {
            step,
            role: Some(role),
            design: text,
            views: views as u32,
            accuracy: found.accuracy,
            samples: found.objects as u64,
        }))?;
        Ok(found)
    }

    fn save(&mut self, trainer: &Trainer, score: Option<f64>) -> Result<()> {
        let best = self.checkpoints.save(trainer, score)?;
        self.tell(Event::Checkpoint { step: trainer.steps_done(), best })
    }

    /// Saves, then measures on the test objects, which training never looked at.
    fn finish(&mut self, trainer: &Trainer) -> Result<()> {
        let step = trainer.steps_done();
        let weights = trainer.weights();
        if self.checkpoints.steps().last() != Some(&step) {
            let score = self.evaluate(trainer, step)?;
            self.save(trainer, Some(score))?;
        }
        let objects = self.inputs.data().split.test.clone();
        let most = self.inputs.data().views;
        for views in FINAL_VIEWS.into_iter().filter(|&views| views <= most) {
            let design = whole(&self.space, true);
            self.measure(&weights, Role::Largest, &design, &objects, Subset::Test, views, step)?;
        }
        let design = whole(&self.space, false);
        self.measure(&weights, Role::Smallest, &design, &objects, Subset::Test, self.usual_views(), step)?;
        self.tell(Event::Finished { reason: format!("all {step} steps are done") })
    }

    fn usual_views(&self) -> usize {
        6.min(self.inputs.data().views)
    }

    fn sampled(&self, step: u64) -> Design {
        use rand::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(self.settings.seed);
        rng.set_stream(u64::MAX - step);
        self.space.sample_design(&mut rng)
    }
}

/// The trainer of the newest checkpoint that can be read, with what was wrong with newer ones; else a fresh one.
fn newest(
    checkpoints: &Checkpoints,
    space: &SearchSpace,
    settings: &Settings,
) -> Result<(Trainer, Vec<TrainError>), TrainError> {
    let device = settings.device.open();
    if checkpoints.exist() {
        return checkpoints.resume(space, settings, &device);
    }
    Ok((Trainer::new(space.clone(), settings.clone(), &device), Vec::new()))
}

/// A measurement as the store keeps it.
pub(in crate::cli) fn measurement(key: MeasurementKey, found: Measure, started: Instant) -> Measurement {
    Measurement {
        key,
        accuracy: found.accuracy,
        samples: found.objects as u64,
        calibration_batches: found.batches as u32,
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// The largest or the smallest network, all of it on the aggregator, views fused where features are whole.
fn whole(space: &SearchSpace, largest: bool) -> Design {
    let genome = if largest { space.largest() } else { space.smallest() };
    let fusions = space.fusions(&genome, 0);
    let fusion = fusions.iter().rev().nth(1).or(fusions.last()).copied().unwrap_or_else(|| space.last());
    space.canonical_design(Design { genome, split: 0, fusion, ratio: 1, bits: PLAIN_BITS })
}
