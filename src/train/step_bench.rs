//! Training steps of `splitscope bench step`, so that programs can be compared. Without a space, network, subnets and
//! batch are fixed, and `benches/peer/step.py` is the same step in PyTorch; a change here is a change there. With a
//! space, it is a step of a training on that space, and `benches/peer/supernet.py` its twin.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Distribution, Tensor, TensorData, activation};

use super::gradients::GradientSum;
use super::optimiser::Sgd;
use super::{Batch, Exchange, RankShare, Settings, TrainError, Trainer};
use crate::diagnostic::Source;
use crate::space::SearchSpace;
use crate::supernet::{Initialisation, Numerics, Route, Splitting, Supernet, ViewSet};

/// Images of a batch.
pub(crate) const BATCH: usize = 64;
/// The nets of the sandwich: the largest teaches the smallest and two between (wide and shallow, narrow and deep).
const NETS: [&str; 4] = [
    "0-0000-1111-1111-1111-1111-0000-0000-0000",
    "0-0000-0000-0000-0000-0000-0000-0000-0000",
    "0-0000-1001-1001-1001-1001-0000-0000-0000",
    "0-0000-0110-0110-0110-0110-0000-0000-0000",
];

/// A supernet in training on one batch of noise.
pub(crate) struct StepBench {
    supernet: Supernet,
    optimiser: ModuleOptimizer,
    routes: Vec<Route>,
    x: Tensor<4>,
    targets: Tensor<2>,
}

impl StepBench {
    pub(crate) fn new(device: Device) -> Self {
        let device = device.autodiff();
        let source = Source::new("step.toml", include_str!("step.toml").to_owned());
        let space = SearchSpace::from_toml(&source).expect("the space of the benchmark is valid");
        let route = |genome: &&str| {
            let genome = space.parse_genome(genome).expect("a genome of this space");
            Route::new(&space, &genome, 0, space.last(), Splitting::None)
        };
        let classes = space.classes as usize;
        let labels = (0..BATCH * classes).map(|at| f32::from(u8::from(at / classes % classes == at % classes)));
        device.seed(1);
        Self {
            supernet: Supernet::new(&space, Initialisation::default(), 1, &device),
            optimiser: Sgd { momentum: 0.9, decay: 1e-4, clip: f32::INFINITY, queue: None }.into(),
            routes: NETS.iter().map(route).collect(),
            x: Tensor::random([BATCH, 32, 32, 3], Distribution::Normal(0.0, 1.0), &device),
            targets: Tensor::from_data(TensorData::new(labels.collect::<Vec<f32>>(), [BATCH, classes]), &device),
        }
    }

    /// All nets forward and backward, the first with the labels, the others with its probabilities; one update.
    pub(crate) fn step(&mut self) {
        let mut gradients = GradientSum::default();
        let mut goal = self.targets.clone();
        for (index, route) in self.routes.iter().enumerate() {
            let logits = self.supernet.forward(self.x.clone(), &ViewSet::first(1), route, &mut Numerics::Batch);
            let loss = (activation::log_softmax(logits.clone(), 1) * goal.clone()).sum() / -(BATCH as f64);
            if index == 0 {
                goal = activation::softmax(logits.detach(), 1);
            }
            gradients.add(&self.supernet, GradientsParams::from_grads(loss.backward(), &self.supernet));
        }
        self.supernet = self.optimiser.step(0.01, self.supernet.clone(), gradients.total(&self.supernet).gradients);
    }
}

/// Steps of a training on one batch of noise, each with nets of its own.
pub(crate) struct TrainingBench {
    trainer: Trainer,
    batch: Batch,
    exchange: Rc<TimedExchange>,
}

impl TrainingBench {
    /// A training with all nets by these settings, on images of one camera each, of which every rank has its share;
    /// their side is the given one or the largest of the space.
    ///
    /// # Errors
    /// Another rank has ended, or is another program.
    pub(crate) fn new(
        space: SearchSpace,
        settings: Settings,
        side: Option<u32>,
        device: &Device,
        exchange: Rc<dyn Exchange>,
    ) -> Result<Self, TrainError> {
        let images = settings.images;
        let side = side.or(space.resolutions.last().copied()).unwrap_or(1);
        let space = space.at_resolution(side);
        let (classes, channels) = (space.classes as usize, space.input_channels as usize);
        let share = exchange.share();
        let objects = share.of(images);
        let count = objects.len();
        let labels: Vec<u16> = objects.clone().map(|object| (object % classes) as u16).collect();
        let targets =
            objects.flat_map(|object| (0..classes).map(move |class| f32::from(u8::from(class == object % classes))));
        let tracked = device.clone().autodiff();
        device.seed(1 + share.rank as u64);
        let batch = Batch {
            views: Tensor::random(
                [count, side as usize, side as usize, channels],
                Distribution::Normal(0.0, 1.0),
                &tracked,
            ),
            cameras: ViewSet::first(1),
            labels,
            rank_objects: share.sizes(images),
            targets: Tensor::from_data(TensorData::new(targets.collect::<Vec<f32>>(), [count, classes]), &tracked),
        };
        let mut trainer = Trainer::new(space, settings, device);
        trainer.step = trainer.settings.teacher_steps();
        let exchange = Rc::new(TimedExchange { exchange, seconds: Cell::new(0.0), bytes: Cell::new(0) });
        trainer.join(exchange.clone())?;
        Ok(Self { trainer, batch, exchange })
    }

    /// One step; returns the number of images that all nets of all ranks together went through.
    ///
    /// # Errors
    /// The space's settings name a design that is not of the space, or another rank has ended.
    pub(crate) fn step(&mut self) -> Result<usize, TrainError> {
        self.trainer.step_on(&self.batch)
    }

    /// Waits until all ranks are here.
    ///
    /// # Errors
    /// Another rank has ended.
    #[cfg(feature = "cube")]
    pub(crate) fn meet(&self) -> Result<(), TrainError> {
        self.exchange.sum(&mut [])
    }

    /// Seconds since the last call that this rank has spent with others, waiting for them included.
    pub(crate) fn exchange_seconds(&self) -> f64 {
        self.exchange.seconds.take()
    }

    /// Bytes since the last call that this rank has given into sums.
    pub(crate) fn exchange_bytes(&self) -> u64 {
        self.exchange.bytes.take()
    }
}

/// An exchange under a stopwatch.
struct TimedExchange {
    exchange: Rc<dyn Exchange>,
    seconds: Cell<f64>,
    bytes: Cell<u64>,
}

impl TimedExchange {
    fn timed<R>(&self, work: impl FnOnce(&dyn Exchange) -> R) -> R {
        let start = Instant::now();
        let found = work(&*self.exchange);
        self.seconds.set(self.seconds.get() + start.elapsed().as_secs_f64());
        found
    }
}

impl Exchange for TimedExchange {
    fn share(&self) -> RankShare {
        self.exchange.share()
    }

    fn sum(&self, values: &mut [f32]) -> Result<(), TrainError> {
        self.bytes.set(self.bytes.get() + size_of_val(values) as u64);
        self.timed(|exchange| exchange.sum(values))
    }

    fn broadcast(&self, content: &mut Vec<u8>) -> Result<(), TrainError> {
        self.timed(|exchange| exchange.broadcast(content))
    }

    fn cards(&self) -> Option<usize> {
        self.exchange.cards()
    }

    fn sum_on_cards(&self, sum: &mut dyn FnMut() -> u64) {
        let mut bytes = 0;
        self.timed(|exchange| {
            exchange.sum_on_cards(&mut || {
                bytes = sum();
                bytes
            });
        });
        self.bytes.set(self.bytes.get() + bytes);
    }

    fn abort(&self) {
        self.exchange.abort();
    }
}
