//! The trainer: one step after the other on a pair of supernets.

use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::batch_ahead::{BatchAhead, Drawn, draw};
use super::collapse::CollapseDetector;
use super::optimiser::{GradientSum, optimiser};
use super::sandwich::Net;
use super::{
    Attention, Batch, Distillation, Inputs, NetReport, Settings, SplitStart, StepReport, TrainError, evaluator, loss,
    sandwich,
};
use crate::kernels;
use crate::record::{Clipping, Precision, Role, StepSeconds};
use crate::space::SearchSpace;
use crate::supernet::{ChannelCovariances, Numerics, Route, Splitting, Supernet, ViewSet};

/// Views of an object that principal components are taken from: what one camera sees is much like what another does.
const VIEWS_WATCHED: usize = 2;

/// A supernet in training.
pub struct Trainer {
    space: SearchSpace,
    pub(super) settings: Settings,
    device: Device,
    pub(super) supernet: Supernet,
    pub(super) optimiser: ModuleOptimizer,
    pub(super) step: u64,
    /// Factor on the learning rate, lowered after a collapse.
    pub(super) lr_scale: f64,
    pub(super) collapse_detector: CollapseDetector,
    /// `true` on a device that is not the processor.
    on_gpu: bool,
    ahead: Option<BatchAhead>,
}

impl Trainer {
    /// A fresh supernet.
    pub fn new(space: SearchSpace, settings: Settings, device: &Device) -> Self {
        let on_gpu = !kernels::are_in_memory(device);
        let device = device.clone().autodiff();
        let supernet = Supernet::new(&space, settings.initialisation, settings.seed, &device);
        let optimiser = optimiser(&settings, &supernet);
        Self {
            space,
            settings,
            device,
            supernet,
            optimiser,
            step: 0,
            lr_scale: 1.0,
            collapse_detector: CollapseDetector::default(),
            on_gpu,
            ahead: None,
        }
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// The weights without gradients, for measuring.
    pub fn weights(&self) -> Supernet {
        self.supernet.valid()
    }

    /// Trains one step: all nets of the sandwich on one batch, their gradients added, one update.
    ///
    /// # Errors
    /// A loss that is not a number, or that is back at that of guessing, or a file of samples that cannot be read;
    /// nothing was updated then.
    pub fn step(&mut self, inputs: &Inputs) -> Result<StepReport, TrainError> {
        let mut clock = Clock::start();
        if self.step > 0 && self.step == self.settings.teacher_steps() {
            self.start_students(inputs)?;
        }
        let (batch, mut rng) = self.next_batch(inputs)?;
        let batch = batch.to(&self.device);
        let mut pass = self.pass();
        pass.seconds.data = clock.lap();
        self.train_nets(&batch, &mut rng, &mut pass, &mut clock)?;
        for found in &pass.reports {
            self.check(found)?;
        }
        let learning_rate = self.update(&mut pass);
        pass.seconds.optimiser += clock.lap();
        Ok(StepReport {
            step: self.step,
            epoch: inputs.epoch(&self.settings, self.step),
            learning_rate,
            views: batch.cameras.count(),
            images: pass.images,
            nets: pass.reports,
            gradient_norm: pass.gradient_norm,
            seconds: pass.seconds,
        })
    }

    /// The batch of this step. That of the next one is begun where the processor would wait for a device.
    fn next_batch(&mut self, inputs: &Inputs) -> Result<Drawn, TrainError> {
        let ahead = self.ahead.take().filter(|ahead| ahead.step == self.step);
        let drawn = match ahead {
            Some(ahead) => ahead.finish()?,
            None => draw(inputs, &self.settings, self.step)?,
        };
        let next = self.step + 1;
        if self.on_gpu && next < self.settings.steps {
            self.ahead = Some(BatchAhead::start(inputs, &self.settings, next));
        }
        Ok(drawn)
    }

    /// Trains one step on a batch whatever the losses; returns the number of images that all nets together go through.
    ///
    /// # Errors
    /// The design to train is not of the space.
    pub(super) fn step_on(&mut self, batch: &Batch) -> Result<usize, TrainError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed);
        rng.set_stream(self.step + 1);
        let mut pass = self.pass();
        self.train_nets(batch, &mut rng, &mut pass, &mut Clock::start())?;
        self.update(&mut pass);
        Ok(pass.images)
    }

    /// Forward and backward pass of all nets of the step. What is known of them is read at the end and at once, as a
    /// device stands still while it is read.
    ///
    /// # Errors
    /// The design to train is not of the space.
    fn train_nets(
        &self,
        batch: &Batch,
        rng: &mut ChaCha8Rng,
        pass: &mut Pass,
        clock: &mut Clock,
    ) -> Result<(), TrainError> {
        let nets = match self.settings.design_of(&self.space)? {
            Some(design) => vec![Net::new(Role::Design, Route::of_design(&self.space, &design))],
            None => sandwich::nets(&self.space, &self.settings, self.step, rng),
        };
        let (mut logits, mut parts) = (Vec::new(), Vec::new());
        for (index, net) in nets.iter().enumerate() {
            let part =
                if index == 0 { 0..batch.objects() } else { batch.share(self.settings.student_share, index - 1) };
            logits.push(self.train_net(net, &batch.part(part.clone()), part.start, pass, clock));
            parts.push(part);
        }
        let (gradients, squares) = std::mem::take(&mut pass.gradients).total(&self.supernet);
        pass.total = gradients;
        let logits = logits.into_iter().map(|logits| logits.flatten(0, 1));
        let values = values_of(logits.chain(squares).collect());
        let mut rest = &values[..];
        for (net, part) in nets.iter().zip(parts) {
            let (found, others) = rest.split_at(part.len() * self.space.classes as usize);
            pass.reports.push(loss::report(net.role, found, &batch.labels[part]));
            rest = others;
        }
        pass.gradient_norm = rest.iter().copied().map(f64::from).sum::<f64>().sqrt();
        pass.seconds.optimiser += clock.lap();
        Ok(())
    }

    /// Numerics of a step.
    fn numerics(&self) -> Numerics {
        match self.settings.precision {
            Precision::Float => Numerics::Batch,
            Precision::Int8 => Numerics::BatchIntegers(evaluator::integer_format(&self.space, Clipping::default())),
        }
    }

    /// Empty record of a step.
    fn pass(&self) -> Pass {
        Pass { gradients: GradientSum::new(self.on_gpu), ..Pass::default() }
    }

    /// Updates the weights with the gradients of a step; returns the learning rate.
    fn update(&mut self, pass: &mut Pass) -> f64 {
        let learning_rate = self.settings.learning_rate_at(self.step) * self.lr_scale;
        let gradients = std::mem::take(&mut pass.total);
        self.supernet = self.optimiser.step(learning_rate, self.supernet.clone(), gradients);
        self.step += 1;
        learning_rate
    }

    /// Forward and backward pass of one net on its part of the batch, which begins at object `start` of it; returns the
    /// logits `[objects, classes]`.
    fn train_net(&self, net: &Net, batch: &Batch, start: usize, pass: &mut Pass, clock: &mut Clock) -> Tensor<2> {
        let route = self.attended(net, batch);
        let logits = self.supernet.forward(batch.views.clone(), &batch.cameras, route, &mut self.numerics());
        pass.images += batch.images();
        let teacher = pass.teacher.as_ref().map(|teacher| teacher.clone().narrow(0, start, batch.objects()));
        let loss = loss::of_net(&self.settings, logits.clone(), teacher, batch);
        pass.seconds.forward += clock.lap();
        let logits = logits.detach();
        if net.role == Role::Largest && self.settings.distillation != Distillation::None {
            pass.teacher = Some(logits.clone());
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &self.supernet);
        pass.gradients.add(&self.supernet, gradients);
        pass.seconds.backward += clock.lap();
        logits.inner()
    }

    /// Picks one of a net's routes by their losses on the batch, as [`Attention`] says.
    fn attended<'a>(&self, net: &'a Net, batch: &Batch) -> &'a Route {
        let [first, rest @ ..] = &net.routes[..] else { unreachable!("every net has a route") };
        if rest.is_empty() {
            return first;
        }
        let (supernet, x) = (self.supernet.valid(), batch.views.clone().inner());
        let loss = |route: &Route| {
            let logits = supernet.forward(x.clone(), &batch.cameras, route, &mut self.numerics());
            loss::report(net.role, &values_of(vec![logits.flatten(0, 1)]), &batch.labels).loss
        };
        let better = |loss: f64, best: f64| match self.settings.attention {
            Attention::WorstUp => loss > best,
            Attention::Off | Attention::BestUp => loss < best,
        };
        let start = (first, loss(first));
        rest.iter()
            .fold(start, |best, route| {
                let found = loss(route);
                if better(found, best.1) { (route, found) } else { best }
            })
            .0
    }

    fn check(&mut self, found: &NetReport) -> Result<(), TrainError> {
        let step = self.step + 1;
        if !found.loss.is_finite() {
            return Err(TrainError::Collapse { step, role: found.role, loss: found.loss });
        }
        let guessing = f64::from(self.space.classes).ln();
        if matches!(found.role, Role::Largest | Role::Design) && self.collapse_detector.add(found.loss, guessing) {
            let (best, loss) =
                (self.collapse_detector.best.unwrap_or(0.0), self.collapse_detector.average.unwrap_or(0.0));
            return Err(TrainError::Forgotten { step, best, loss });
        }
        Ok(())
    }

    /// Copies the teacher's weights to the sensor and starts the splitting modules, once the teacher has trained alone.
    fn start_students(&mut self, inputs: &Inputs) -> Result<(), TrainError> {
        let mut supernet = self.supernet.clone().sorted();
        if self.settings.split_start == SplitStart::Principal {
            let route = Route::new(&self.space, &self.space.largest(), 0, self.space.last(), Splitting::None);
            let (teacher, views) = (supernet.valid(), ViewSet::first(VIEWS_WATCHED.min(inputs.data().views)));
            let (objects, device) = (inputs.calibration(&self.settings), self.device.clone().inner());
            let mut covariances = ChannelCovariances::new(&self.space);
            for batch in inputs.batches(&objects, &views, self.settings.images, &device) {
                teacher.observe(batch?.views, &views, &route, &mut covariances);
            }
            supernet = supernet.with_principal_splits(&covariances);
        }
        self.supernet = supernet.with_sensor_as_aggregator();
        Ok(())
    }

    /// Lowers the learning rate for good, to half of that of a trainer that collapsed.
    pub(super) fn halve_lr_from(&mut self, collapsed: &Self) {
        self.lr_scale = collapsed.lr_scale * 0.5;
    }
}

/// Gradients and reports that one step gathers, network by network.
#[derive(Default)]
struct Pass {
    gradients: GradientSum,
    /// Gradients of all nets.
    total: GradientsParams,
    reports: Vec<NetReport>,
    images: usize,
    /// Logits of all objects of the batch.
    teacher: Option<Tensor<2>>,
    /// Euclidean norm of all gradients.
    gradient_norm: f64,
    seconds: StepSeconds,
}

/// Values of tensors of one device, one behind the other, read at once.
fn values_of(tensors: Vec<Tensor<1>>) -> Vec<f32> {
    Tensor::cat(tensors, 0).into_data().try_into_vec::<f32>().expect("all tensors of this crate are f32")
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
        let lap = now - self.0;
        self.0 = now;
        lap.as_secs_f64()
    }
}

#[cfg(all(test, feature = "cube"))]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::diagnostic::Source;

    /// Losses of all nets and the norm of their gradients, in two steps.
    fn figures(device: &Device) -> [Vec<f64>; 2] {
        const OBJECTS: usize = 6;
        let source = Source::new("step.toml", include_str!("step.toml").to_owned());
        let space = SearchSpace::from_toml(&source).unwrap().at_resolution(16);
        let (classes, channels) = (space.classes as usize, space.input_channels as usize);
        let settings = Settings { images: OBJECTS, ..Settings::default() };
        let mut trainer = Trainer::new(space, settings, device);
        trainer.step = trainer.settings.teacher_steps();
        let wave = |at: usize| ((at * at) as f32 * 0.37).sin();
        let pixels: Vec<f32> = (0..OBJECTS * 16 * 16 * channels).map(wave).collect();
        let targets: Vec<f32> =
            (0..OBJECTS * classes).map(|at| f32::from(u8::from(at / classes == at % classes))).collect();
        let batch = Batch {
            views: Tensor::from_data(TensorData::new(pixels, [OBJECTS, 16, 16, channels]), &trainer.device),
            cameras: ViewSet::first(1),
            labels: (0..OBJECTS as u16).collect(),
            targets: Tensor::from_data(TensorData::new(targets, [OBJECTS, classes]), &trainer.device),
        };
        [(); 2].map(|()| {
            let mut pass = trainer.pass();
            let mut rng = ChaCha8Rng::seed_from_u64(trainer.step);
            trainer.train_nets(&batch, &mut rng, &mut pass, &mut Clock::start()).unwrap();
            trainer.update(&mut pass);
            pass.reports.iter().map(|report| report.loss).chain([pass.gradient_norm]).collect()
        })
    }

    /// CubeCL's processor runtime would take minutes.
    #[test]
    fn steps_on_a_gpu_are_those_on_the_processor() {
        let Some(device) = kernels::gpu_under_test() else { return };
        let found = figures(&device);
        let wanted = figures(&Device::flex());
        // The first update divides each gradient by its own size, which multiplies the noise of small ones.
        for ((found, wanted), tolerance) in found.iter().zip(&wanted).zip([1e-3, 0.05]) {
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found / wanted - 1.0).abs() < tolerance, "{found} instead of {wanted}");
            }
        }
    }
}
