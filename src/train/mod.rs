//! Training a pair of supernets and measuring designs on it.
//!
//! A [`Trainer`] is a value: `step` trains once, `evaluate` measures, `save` writes a checkpoint. It owns no thread, clock or
//! database; `cli` runs it and reports. All randomness of step `t` is a pure function of the seed and `t`, so a resumed run
//! continues exactly. May use burn, `data`, `space`, `supernet`; knows no profile and no screen.

mod checkpoint;
mod device;
mod inputs;
mod loss;
mod measure;
mod sandwich;
mod settings;
mod synflow;

pub use checkpoint::{Checkpoints, State};
pub use device::DeviceKind;
pub use inputs::{Batch, Inputs};
pub use measure::{Measure, measure};
pub use sandwich::{Net, Role};
pub use settings::{Distillation, Optimiser, Sampling, Settings};
pub use synflow::Synflow;

use std::time::{Duration, Instant};

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::grad_clipping::GradientClippingConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use thiserror::Error;

use crate::space::SearchSpace;
use crate::supernet::{Norms, Supernet, SupernetError, Views};

/// What can go wrong while training.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The space can't be trained.
    #[error(transparent)]
    Supernet(#[from] SupernetError),
    /// The data do not fit the space.
    #[error("{0}")]
    Data(String),
    /// A checkpoint can't be written or read.
    #[error("checkpoint {path}: {reason}")]
    Checkpoint {
        /// The file or folder.
        path: String,
        /// What happened.
        reason: String,
    },
    /// The loss is not a number, also after going back to earlier checkpoints.
    #[error("training collapsed at step {step}: the loss of the {role} design is {loss}")]
    Collapse {
        /// The step.
        step: u64,
        /// Whose loss.
        role: Role,
        /// The loss.
        loss: f64,
    },
}

/// What one step did.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u64,
    /// Passes over the training objects so far.
    pub epoch: f64,
    /// Learning rate used.
    pub learning_rate: f64,
    /// Views each object was seen from.
    pub views: usize,
    /// Images (objects times views) of the batch.
    pub images: usize,
    /// One entry per net trained.
    pub nets: Vec<NetReport>,
    /// Norm of all gradients together, before clipping.
    pub gradient_norm: f64,
    /// Time of each part.
    pub seconds: Parts,
}

/// How one net of a step did on the batch, before the update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetReport {
    /// Its part in the step.
    pub role: Role,
    /// Cross-entropy with the labels.
    pub loss: f64,
    /// Share of objects classified rightly.
    pub accuracy: f64,
}

/// Seconds spent in each part of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Parts {
    /// Making the batch.
    pub data: f64,
    /// Forward passes.
    pub forward: f64,
    /// Backward passes.
    pub backward: f64,
    /// The update.
    pub optimiser: f64,
}

/// A supernet in training.
pub struct Trainer {
    space: SearchSpace,
    settings: Settings,
    device: Device,
    supernet: Supernet,
    optimiser: ModuleOptimizer,
    step: u64,
    /// Factor on the learning rate, lowered after a collapse.
    caution: f64,
}

impl Trainer {
    /// A fresh supernet.
    ///
    /// # Errors
    /// The space can't be trained.
    pub fn new(space: SearchSpace, settings: Settings, device: &Device) -> Result<Self, TrainError> {
        let device = device.clone().autodiff();
        let supernet = Supernet::new(&space, settings.initialisation, settings.seed, &device)?;
        let optimiser = optimiser(&settings, &supernet);
        Ok(Self { space, settings, device, supernet, optimiser, step: 0, caution: 1.0 })
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// The space.
    pub fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The weights without gradients, for measuring.
    pub fn weights(&self) -> Supernet {
        self.supernet.valid()
    }

    /// Trains one step: all nets of the sandwich on one batch, their gradients added, one update.
    ///
    /// # Errors
    /// A loss that is not a number, or a file of samples that cannot be read; nothing was updated then.
    pub fn step(&mut self, inputs: &Inputs) -> Result<StepReport, TrainError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed);
        rng.set_stream(self.step + 1);
        if self.step > 0 && self.step == self.settings.teacher_steps() {
            self.supernet = self.supernet.clone().with_sensor_as_aggregator();
        }
        let mut seconds = Parts::default();
        let mut clock = Clock::start();
        let batch = inputs.training_batch(&self.settings, self.step, &mut rng, &self.device)?;
        seconds.data = clock.lap();
        let nets = sandwich::nets(&self.space, &self.settings, self.step, &mut rng);
        let mut accumulator = GradientsAccumulator::new();
        let mut reports = Vec::with_capacity(nets.len());
        let mut teacher: Option<Tensor<2>> = None;
        for net in &nets {
            let logits = self.supernet.forward(batch.views.clone(), Views(batch.count), &net.route, &mut Norms::Batch);
            let found = loss::report(net.role, &logits, &batch);
            if !found.loss.is_finite() {
                return Err(TrainError::Collapse { step: self.step + 1, role: net.role, loss: found.loss });
            }
            reports.push(found);
            let loss = loss::of_net(&self.settings, logits.clone(), teacher.as_ref(), &batch);
            seconds.forward += clock.lap();
            if teacher.is_none() && self.settings.distillation != Distillation::None {
                teacher = Some(logits.detach());
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &self.supernet);
            accumulator.accumulate(&self.supernet, gradients);
            seconds.backward += clock.lap();
        }
        let learning_rate = self.settings.learning_rate_at(self.step) * self.caution;
        let gradients = accumulator.grads();
        let gradient_norm = norm_of(&self.supernet, &gradients);
        let supernet = self.optimiser.step(learning_rate, self.supernet.clone(), gradients);
        self.supernet = supernet;
        self.step += 1;
        seconds.optimiser = clock.lap();
        Ok(StepReport {
            step: self.step,
            epoch: inputs.epoch(&self.settings, self.step),
            learning_rate,
            views: batch.count,
            images: batch.images(),
            nets: reports,
            gradient_norm,
            seconds,
        })
    }

    /// Lowers the learning rate for good.
    pub fn be_careful(&mut self) {
        self.caution *= 0.5;
    }
}

/// The optimiser; batch norm and biases do not decay.
fn optimiser(settings: &Settings, supernet: &Supernet) -> ModuleOptimizer {
    let clipping = GradientClippingConfig::Value(settings.clip as f32);
    let free = ParamGroup::from_ids(undecayed(supernet));
    let decay = settings.weight_decay as f32;
    match settings.optimiser {
        Optimiser::Sgd => {
            let momentum = MomentumConfig { momentum: settings.momentum, dampening: 0.0, nesterov: true };
            let plain = SgdConfig::new().with_momentum(Some(momentum));
            let decaying = plain.clone().with_weight_decay(Some(WeightDecayConfig::new(decay)));
            let clipped = decaying.with_gradient_clipping(Some(clipping.clone()));
            clipped.init().with_group(free, plain.build(), Some(clipping.init()))
        }
        Optimiser::Adamw => {
            let plain = AdamWConfig::new().with_weight_decay(0.0);
            let clipped = plain.clone().with_weight_decay(decay).with_grad_clipping(Some(clipping.clone()));
            clipped.init().with_group(free, plain.build(), Some(clipping.init()))
        }
    }
}

/// Parameters of one dimension: scales, shifts and biases.
fn undecayed(supernet: &Supernet) -> Vec<ParamId> {
    struct Collect(Vec<ParamId>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if D == 1 {
                self.0.push(param.id);
            }
        }
    }
    let mut collect = Collect(Vec::new());
    supernet.visit(&mut collect);
    collect.0
}

/// Euclidean norm of all gradients.
fn norm_of(supernet: &Supernet, gradients: &GradientsParams) -> f64 {
    struct Sum<'a>(&'a GradientsParams, f64);
    impl ModuleVisitor for Sum<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let values = self.0.get::<D>(param.id).and_then(|found| found.into_data().try_into_vec::<f32>().ok());
            self.1 += values.iter().flatten().map(|&value| f64::from(value).powi(2)).sum::<f64>();
        }
    }
    let mut sum = Sum(gradients, 0.0);
    supernet.visit(&mut sum);
    sum.1.sqrt()
}

/// Laps of a stopwatch.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the last lap.
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let lap: Duration = now - self.0;
        self.0 = now;
        lap.as_secs_f64()
    }
}
