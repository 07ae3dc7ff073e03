//! Optimisers: from gradients to updates.
//!
//! A parameter is updated by one pass of the crate's own kernels; the rules are written for [`ModuleOptimizer`], whose
//! records are those of Burn's optimisers.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::{
    AdamWState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer, RecordState, StateSink, StateSource,
};
use burn::tensor::{Device, Tensor};

use super::{Optimiser, Settings};
use crate::kernels::{AdamWStep, SgdStep, UpdateQueue};
use crate::supernet::Supernet;

/// The optimiser, whose updates go through a queue; batch norm and biases do not decay.
pub(super) fn optimiser(settings: &Settings, supernet: &Supernet, queue: &UpdateQueue) -> ModuleOptimizer {
    let free = ParamGroup::from_ids(undecayed(supernet));
    let (decay, clip, queue) = (settings.weight_decay as f32, settings.clip as f32, Some(queue.clone()));
    match settings.optimiser {
        Optimiser::Sgd => {
            let plain = Sgd { momentum: settings.momentum as f32, decay: 0.0, clip, queue };
            ModuleOptimizer::from(Sgd { decay, ..plain.clone() }).with_group(free, plain, None)
        }
        Optimiser::Adamw => {
            let plain = AdamW { decay: 0.0, clip, queue };
            ModuleOptimizer::from(AdamW { decay, ..plain.clone() }).with_group(free, plain, None)
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

/// AdamW (Loshchilov and Hutter, 2019).
#[derive(Debug, Clone)]
pub(crate) struct AdamW {
    /// Decay of the weights in one step at a learning rate of 1.
    pub decay: f32,
    /// Gradients are clipped to this value.
    pub clip: f32,
    /// Queue in which updates wait for others; `None` if each is launched at once.
    pub queue: Option<UpdateQueue>,
}

/// Moments of the past gradients of a parameter, in records as Burn's.
#[derive(Clone)]
pub(crate) struct AdamWMoments<const D: usize>(AdaptiveMomentumState<D>);

impl<const D: usize> RecordState for AdamWMoments<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        AdamWState::new(self.0.clone()).state_flatten(prefix, out);
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, _: &Device) -> Option<Self> {
        Some(Self(AdamWState::state_unflatten(prefix, source, &loading_device())?.momentum))
    }
}

/// Device that states of records are put on: they move to their parameters' with the first step. Burn offers a GPU
/// wherever a driver of one was built in, whatever device was chosen and even if there is none.
fn loading_device() -> Device {
    Device::flex()
}

impl Optimizer for AdamW {
    type State<const D: usize> = AdamWMoments<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWMoments<D>>,
    ) -> (Tensor<D>, Option<AdamWMoments<D>>) {
        let AdaptiveMomentumState { time: past, moment_1, moment_2, .. } = state.map_or_else(
            || AdaptiveMomentumState::new(0, gradient.zeros_like(), gradient.zeros_like()),
            |state| state.0,
        );
        let time = past + 1;
        let bounded = i32::try_from(time).unwrap_or(i32::MAX);
        let step = AdamWStep { rate, decay: self.decay, clip: self.clip, time: bounded };
        let (weights, [moment_1, moment_2]) =
            queued(self.queue.as_ref(), |queue| step.update(weights, gradient, [moment_1, moment_2], queue));
        (weights, Some(AdamWMoments(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(state: AdamWMoments<D>, device: &Device) -> AdamWMoments<D> {
        AdamWMoments(state.0.to_device(device))
    }
}

/// Stochastic gradient descent with Nesterov momentum.
#[derive(Debug, Clone)]
pub(super) struct Sgd {
    /// Share of the velocity that stays in one step.
    pub momentum: f32,
    /// Factor of the weights that is added to their gradients.
    pub decay: f32,
    /// Gradients are clipped to this value.
    pub clip: f32,
    /// Queue in which updates wait for others; `None` if each is launched at once.
    pub queue: Option<UpdateQueue>,
}

/// Runs an update with its queue, or with one of its own that is launched at once.
fn queued<R>(queue: Option<&UpdateQueue>, update: impl FnOnce(&UpdateQueue) -> R) -> R {
    if let Some(queue) = queue {
        return update(queue);
    }
    let own = UpdateQueue::default();
    let found = update(&own);
    own.launch();
    found
}

/// Sum of the past gradients of a parameter, each weighted by the momentum for every step since.
#[derive(Debug, Clone)]
pub(super) struct Velocity<const D: usize>(Tensor<D>);

impl<const D: usize> Velocity<D> {
    /// Name in records.
    const NAME: &str = "momentum.velocity";
}

impl<const D: usize> RecordState for Velocity<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, Self::NAME, self.0.clone().into_data());
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, _: &Device) -> Option<Self> {
        Some(Self(Tensor::from_data(source.take_tensor(prefix, Self::NAME)?, &loading_device())))
    }
}

impl Optimizer for Sgd {
    type State<const D: usize> = Velocity<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Velocity<D>>,
    ) -> (Tensor<D>, Option<Velocity<D>>) {
        let Self { momentum, decay, clip, ref queue } = *self;
        let velocity = state.map_or_else(|| gradient.zeros_like(), |state| state.0);
        let step = SgdStep { rate, momentum, decay, clip };
        let (weights, velocity) = queued(queue.as_ref(), |queue| step.update(weights, gradient, velocity, queue));
        (weights, Some(Velocity(velocity)))
    }

    fn to_device<const D: usize>(state: Velocity<D>, device: &Device) -> Velocity<D> {
        Velocity(state.0.to_device(device))
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::grad_clipping::GradientClippingConfig;
    use burn::optim::momentum::MomentumConfig;
    use burn::optim::{AdamWConfig, GradientsParams, SgdConfig};
    use burn::tensor::TensorData;

    use super::*;

    const DECAY: f32 = 0.1;
    const CLIP: f32 = 0.5;

    #[derive(Module, Debug)]
    struct Weights {
        matrix: Param<Tensor<2>>,
        vector: Param<Tensor<1>>,
    }

    fn waves<const D: usize>(shape: [usize; D], phase: f32, device: &Device) -> Tensor<D> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|at: usize| (at as f32 + phase).sin()).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    impl Weights {
        fn new(device: &Device) -> Self {
            let (matrix, vector) = (waves([5, 7], 0.3, device), waves([37], 0.7, device));
            Self { matrix: Param::from_tensor(matrix), vector: Param::from_tensor(vector) }
        }

        /// The weights after a step whose gradients reach beyond [`CLIP`].
        fn stepped(self, optimiser: &mut ModuleOptimizer, step: usize) -> Self {
            let device = self.vector.val().device();
            let (matrix, vector) = (waves([5, 7], step as f32, &device), waves([37], step as f32 * 1.3, &device));
            let loss = (self.matrix.val() * matrix).sum() + (self.vector.val() * vector).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &self);
            optimiser.step(0.01, self, gradients)
        }

        fn values(&self) -> Vec<f32> {
            let [matrix, vector] = [self.matrix.val().into_data(), self.vector.val().into_data()];
            [matrix, vector].into_iter().flat_map(|data| data.try_into_vec::<f32>().unwrap()).collect()
        }
    }

    /// Steps with Burn's optimiser and with its own, then from a record of Burn's with both.
    fn same_steps(burns: &ModuleOptimizer, own: &ModuleOptimizer, device: &Device) {
        let (mut burns, fresh) = (burns.clone(), own.clone());
        let mut own = own.clone();
        let (mut wanted, mut found) = (Weights::new(device), Weights::new(device));
        for step in 0..8 {
            if step == 5 {
                own = fresh.clone().from_bytes(burns.into_bytes().unwrap()).unwrap();
                found = wanted.clone();
            }
            wanted = wanted.stepped(&mut burns, step);
            found = found.stepped(&mut own, step);
            for (found, wanted) in found.values().iter().zip(wanted.values()) {
                assert!((found - wanted).abs() < 1e-6, "{found} instead of {wanted} at step {step}");
            }
        }
    }

    #[test]
    #[allow(deprecated, reason = "burn-ndarray is deprecated upstream and named by this design")]
    fn updates_and_records_are_those_of_burn() {
        let clipping = Some(GradientClippingConfig::Value(CLIP));
        let devices = [
            Device::flex(),
            Device::ndarray(),
            #[cfg(feature = "cube-cpu")]
            Device::cpu(),
        ];
        for device in devices.map(Device::autodiff) {
            let burns = AdamWConfig::new().with_weight_decay(DECAY).with_grad_clipping(clipping.clone()).init();
            same_steps(&burns, &AdamW { decay: DECAY, clip: CLIP, queue: None }.into(), &device);
            let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: true };
            let burns = SgdConfig::new().with_momentum(Some(momentum)).with_gradient_clipping(clipping.clone());
            let burns = burns.with_weight_decay(Some(WeightDecayConfig::new(DECAY))).init();
            same_steps(&burns, &Sgd { momentum: 0.9, decay: DECAY, clip: CLIP, queue: None }.into(), &device);
        }
    }
}
