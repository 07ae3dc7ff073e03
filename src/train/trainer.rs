//! The trainer: one step after the other on a pair of supernets.

use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::batch_ahead::{BatchesAhead, Drawn, draw};
use super::collapse::CollapseDetector;
use super::gradients::{GradientSum, GradientTotal};
use super::inputs::micro_batches;
use super::optimiser;
use super::sandwich::Net;
use super::{
    Alone, Attention, Batch, Distillation, Exchange, Inputs, NetReport, Settings, SplitStart, StepReport, TrainError,
    evaluator, loss, sandwich, weights,
};
use crate::data::PixelStatistics;
use crate::kernels::{self, UpdateQueue};
use crate::record::{Clipping, Precision, Role, StepSeconds};
use crate::space::SearchSpace;
use crate::supernet::{ChannelCovariances, Numerics, Route, Splitting, Supernet, ViewSet, resized};

/// Views of an object that principal components are taken from: what one camera sees is much like what another does.
const VIEWS_WATCHED: usize = 2;

/// A supernet in training.
pub struct Trainer {
    space: SearchSpace,
    pub(super) settings: Settings,
    device: Device,
    pub(super) supernet: Supernet,
    pub(super) optimiser: ModuleOptimizer,
    /// Updates of the optimiser.
    pub(super) updates: UpdateQueue,
    pub(super) step: u64,
    /// Factor on the learning rate, lowered after a collapse.
    pub(super) lr_scale: f64,
    pub(super) collapse_detector: CollapseDetector,
    /// Normalisation of the pixels of the inputs that were seen last, by channel.
    pub(super) normalisation: Vec<PixelStatistics>,
    /// Accuracy of the present weights by which the best checkpoint is chosen, once all watched designs are measured.
    pub(super) score: Option<f64>,
    /// `true` on a device that is not the processor.
    on_gpu: bool,
    ahead: Option<BatchesAhead>,
    pub(super) exchange: Rc<dyn Exchange>,
}

impl Trainer {
    /// A fresh supernet.
    pub fn new(space: SearchSpace, settings: Settings, device: &Device) -> Self {
        let on_gpu = !kernels::are_in_memory(device);
        let device = device.clone().autodiff();
        let supernet = Supernet::new(&space, settings.initialisation, settings.seed, &device);
        let updates = UpdateQueue::default();
        let optimiser = optimiser::optimiser(&settings, &supernet, &updates);
        Self {
            space,
            settings,
            device,
            supernet,
            optimiser,
            updates,
            step: 0,
            lr_scale: 1.0,
            collapse_detector: CollapseDetector::default(),
            normalisation: Vec::new(),
            score: None,
            on_gpu,
            ahead: None,
            exchange: Rc::new(Alone),
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
    /// A loss that is not a number, or that is back at that of guessing, a file of samples that cannot be read, or
    /// another rank that has ended; nothing was updated then.
    pub fn step(&mut self, inputs: &Inputs) -> Result<StepReport, TrainError> {
        let (mut clock, mut pass) = (Clock::start(), Pass::default());
        if self.step > 0 && self.step == self.settings.teacher_steps() {
            self.start_students(inputs)?;
            pass.seconds.optimiser += clock.lap();
        }
        if self.normalisation != inputs.normalisation() {
            self.normalisation = inputs.normalisation().to_vec();
        }
        let (batch, mut rng) = self.next_batch(inputs)?;
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

    /// The batch of this step. Those of the next ones are prepared ahead where the processor would wait for a device.
    fn next_batch(&mut self, inputs: &Inputs) -> Result<Drawn, TrainError> {
        let share = self.exchange.share();
        if !self.on_gpu {
            return draw(inputs, &self.settings, self.step, share, &self.device);
        }
        let ahead = self.ahead.take().filter(|ahead| ahead.step == self.step && self.step < self.settings.steps);
        let start = || BatchesAhead::start(inputs, &self.settings, self.step, share, &self.device);
        let (drawn, rest) = ahead.unwrap_or_else(start).next()?;
        self.ahead = Some(rest);
        Ok(drawn)
    }

    /// Trains one step on a batch whatever the losses; returns the number of images that all nets together go through.
    ///
    /// # Errors
    /// The design to train is not of the space, or another rank has ended.
    pub(super) fn step_on(&mut self, batch: &Batch) -> Result<usize, TrainError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed);
        rng.set_stream(self.step + 1);
        let mut pass = Pass::default();
        self.train_nets(batch, &mut rng, &mut pass, &mut Clock::start())?;
        self.update(&mut pass);
        Ok(pass.images)
    }

    /// Forward and backward pass of all nets of the step. What is known of them is read at the end and at once, as a
    /// device stands still while it is read.
    ///
    /// # Errors
    /// The design to train is not of the space, or another rank has ended.
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
        let most = self.settings.micro_batch_objects(batch.cameras.count());
        let step_net = |(index, net)| self.step_net(net, index, batch, most);
        let mut nets = nets.iter().enumerate().map(step_net).collect::<Result<Vec<_>, TrainError>>()?;
        for (index, places) in micro_batches(batch.objects(), most).enumerate() {
            for net in &mut nets {
                let part = net.parts[index].clone();
                let logits = self.train_net(net, &batch.part(part.clone()), part.start - places.start, pass, clock);
                net.logits.push(logits.flatten(0, 1));
            }
            pass.teacher = None;
        }
        pass.total = std::mem::take(&mut pass.gradients).total(&self.supernet);
        let cards = if pass.total.go_over_cards() { self.exchange.cards() } else { None };
        let they_stay = cards.is_some() || !self.exchange.share().has_others();
        let total = &pass.total;
        let mut read = if they_stay { total.squares(&self.supernet) } else { total.values(&self.supernet) };
        let classes = self.space.classes as usize;
        let count: usize = nets.iter().map(|net| net.objects() * classes).sum();
        // The gradients of a large supernet are many bytes: they stay where they were read to.
        read.extend(nets.iter_mut().flat_map(|net| std::mem::take(&mut net.logits)));
        let mut of_gradients = values_of(read)?;
        let logits = of_gradients.split_off(of_gradients.len() - count);
        let mut rest = &logits[..];
        for net in &nets {
            let (found, others) = rest.split_at(net.objects() * classes);
            pass.reports.push(loss::report(net.role, found, &net.labels(batch)));
            rest = others;
        }
        let rank_weights: Vec<f64> = nets.iter().map(|net| net.weight(net.objects())).collect();
        if let Some(cards) = cards {
            of_gradients = self.sum_over_cards(&pass.total, cards)?;
        }
        if they_stay {
            pass.gradient_norm = root_of_sum(&of_gradients);
            self.sum_with_reports(Vec::new(), &rank_weights, pass)?;
        } else {
            self.sum_over_ranks(of_gradients, &rank_weights, pass)?;
        }
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

    /// Sums the gradients over all ranks from card to card; returns their squares, in parts. Those of this rank have
    /// been read: a card tells of its failures when it is read, and one that failed never comes to the sum.
    fn sum_over_cards(&self, total: &GradientTotal, cards: usize) -> Result<Vec<f32>, TrainError> {
        // A card would wait for ever for one whose rank has ended.
        self.exchange.sum(&mut [])?;
        let mut squares = Vec::new();
        self.exchange.sum_on_cards(&mut || {
            let bytes = total.sum_over_cards(cards);
            // The others can't be called back from here on.
            squares = values_of(total.squares(&self.supernet)).unwrap_or_else(|error| panic!("{error}"));
            bytes
        });
        Ok(squares)
    }

    /// Makes the gradients of this rank's share, and its reports, those of the batch of all ranks: the one exchange of
    /// a step. `rank_weights` are the weights of this rank in the means of the nets.
    fn sum_over_ranks(&self, gradients: Vec<f32>, rank_weights: &[f64], pass: &mut Pass) -> Result<(), TrainError> {
        let sums = self.sum_with_reports(gradients, rank_weights, pass)?;
        pass.total = std::mem::take(&mut pass.total).with_values(&self.supernet, sums);
        pass.gradient_norm = root_of_sum(&values_of(pass.total.squares(&self.supernet))?);
        Ok(())
    }

    /// The sums of values over all ranks; the reports of this rank become those of the batch of all on the way.
    fn sum_with_reports(
        &self,
        values: Vec<f32>,
        rank_weights: &[f64],
        pass: &mut Pass,
    ) -> Result<Vec<f32>, TrainError> {
        if !self.exchange.share().has_others() {
            return Ok(values);
        }
        let count = values.len();
        let mut sums = values;
        for (report, weight) in pass.reports.iter().zip(rank_weights) {
            sums.extend([report.loss * weight, report.accuracy * weight].map(|mean| mean as f32));
        }
        sums.push(pass.images as f32);
        self.exchange.sum(&mut sums)?;
        let means = sums.split_off(count);
        for (report, mean) in pass.reports.iter_mut().zip(means.chunks_exact(2)) {
            (report.loss, report.accuracy) = (mean[0].into(), mean[1].into());
        }
        pass.images = means.last().map_or(0, |&images| images as usize);
        Ok(sums)
    }

    /// Updates the weights with the gradients of a step; returns the learning rate.
    fn update(&mut self, pass: &mut Pass) -> f64 {
        let learning_rate = self.settings.learning_rate_at(self.step) * self.lr_scale;
        let gradients = std::mem::take(&mut pass.total).gradients;
        self.supernet = self.optimiser.step(learning_rate, self.supernet.clone(), gradients);
        self.updates.launch();
        (self.step, self.score) = (self.step + 1, None);
        learning_rate
    }

    /// The `index`-th net of a step with the parts of the batch that it sees, and with its route.
    ///
    /// # Errors
    /// Another rank has ended.
    fn step_net<'a>(&self, net: &'a Net, index: usize, batch: &Batch, most: usize) -> Result<StepNet<'a>, TrainError> {
        let share = if index == 0 { 1.0 } else { self.settings.student_share };
        let [first, rest @ ..] = &net.routes[..] else { unreachable!("every net has a route") };
        let mut found = StepNet {
            role: net.role,
            route: first,
            parts: batch.parts(share, index.saturating_sub(1), most),
            objects_of_all_ranks: batch.objects_in_parts(share, most),
            logits: Vec::new(),
        };
        if !rest.is_empty() {
            found.route = self.attended(net, &found, batch)?;
        }
        Ok(found)
    }

    /// Forward and backward pass of one net on a part of the batch, which begins at object `start` of its micro-batch;
    /// returns the logits `[objects, classes]`.
    fn train_net(
        &self,
        net: &StepNet<'_>,
        batch: &Batch,
        start: usize,
        pass: &mut Pass,
        clock: &mut Clock,
    ) -> Tensor<2> {
        let logits =
            self.supernet.forward(self.pixels(batch, net.route), &batch.cameras, net.route, &mut self.numerics());
        pass.images += batch.images();
        let teacher = pass.teacher.as_ref().map(|teacher| teacher.clone().narrow(0, start, batch.objects()));
        let mut loss = loss::of_net(&self.settings, logits.clone(), teacher, batch);
        let weight = net.weight(batch.objects());
        if weight < 1.0 {
            loss = loss * weight;
        }
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

    /// The images of a batch as a route sees them.
    fn pixels(&self, batch: &Batch, route: &Route) -> Tensor<4> {
        kernels::in_format(resized(batch.views.clone(), route.resolution), self.settings.float_format)
    }

    /// Picks one of a net's routes by their losses on the batch of all ranks, as [`Attention`] says.
    fn attended<'a>(&self, net: &'a Net, parts: &StepNet<'_>, batch: &Batch) -> Result<&'a Route, TrainError> {
        let supernet = self.supernet.valid();
        let mut losses = vec![0.0_f32; net.routes.len()];
        for (loss, route) in losses.iter_mut().zip(&net.routes) {
            for places in &parts.parts {
                let part = batch.part(places.clone());
                let x = self.pixels(&part, route).inner();
                let logits = supernet.forward(x, &part.cameras, route, &mut self.numerics()).flatten(0, 1);
                let found = loss::report(net.role, &values_of(vec![logits])?, &part.labels);
                *loss += (found.loss * parts.weight(places.len())) as f32;
            }
        }
        self.exchange.sum(&mut losses)?;
        let better = |loss: f32, best: f32| match self.settings.attention {
            Attention::WorstUp => loss > best,
            Attention::Off | Attention::BestUp => loss < best,
        };
        let others = net.routes.iter().zip(&losses).skip(1);
        let start = (&net.routes[0], losses[0]);
        Ok(others.fold(start, |best, (route, &found)| if better(found, best.1) { (route, found) } else { best }).0)
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
            for batch in inputs.batches(&objects, &views, self.settings.images_at_once(), &device) {
                teacher.observe(batch?.views, &views, &route, &mut covariances);
            }
            supernet = supernet.with_principal_splits(&covariances);
        }
        // Sums round in another way where a rank has another number of threads.
        self.supernet = weights::of_first_rank(supernet.with_sensor_as_aggregator(), &*self.exchange)?;
        Ok(())
    }

    /// Lowers the learning rate for good, to half of that of a trainer that collapsed.
    pub(super) fn halve_lr_from(&mut self, collapsed: &Self) {
        self.lr_scale = collapsed.lr_scale * 0.5;
    }
}

/// A net of a step, and what it sees of the batch.
struct StepNet<'a> {
    role: Role,
    route: &'a Route,
    /// Places of its objects in the batch of this rank, a micro-batch after the other.
    parts: Vec<Range<usize>>,
    objects_of_all_ranks: usize,
    /// Logits of the parts that it has gone through.
    logits: Vec<Tensor<1>>,
}

impl StepNet<'_> {
    /// Its objects on this rank.
    fn objects(&self) -> usize {
        self.parts.iter().map(Range::len).sum()
    }

    /// Weight of the mean over so many of its objects in the mean over those of all ranks.
    fn weight(&self, objects: usize) -> f64 {
        objects as f64 / self.objects_of_all_ranks as f64
    }

    /// Labels of its objects.
    fn labels(&self, batch: &Batch) -> Vec<u16> {
        self.parts.iter().flat_map(|places| &batch.labels[places.clone()]).copied().collect()
    }
}

/// Gradients and reports that one step gathers, network by network.
#[derive(Default)]
struct Pass {
    gradients: GradientSum,
    /// Gradients of all nets.
    total: GradientTotal,
    reports: Vec<NetReport>,
    images: usize,
    /// Logits of all objects of the batch.
    teacher: Option<Tensor<2>>,
    /// Euclidean norm of all gradients.
    gradient_norm: f64,
    seconds: StepSeconds,
}

/// Root of a sum.
fn root_of_sum(parts: &[f32]) -> f64 {
    parts.iter().copied().map(f64::from).sum::<f64>().sqrt()
}

/// Values of tensors of one device, one behind the other, read at once.
///
/// # Errors
/// The device failed, now or at anything that it was told to compute before.
fn values_of(tensors: Vec<Tensor<1>>) -> Result<Vec<f32>, TrainError> {
    if tensors.is_empty() {
        return Ok(Vec::new());
    }
    let data = Tensor::cat(tensors, 0).try_into_data().map_err(|error| TrainError::Device(error.to_string()))?;
    Ok(data.try_into_vec::<f32>().expect("all tensors of this crate are f32"))
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
mod gpu_tests;
#[cfg(test)]
mod tests;
