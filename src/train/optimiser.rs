//! Optimisers: from gradients to updates.
//!
//! A parameter is updated by one pass of the crate's own kernels; the rules are written for [`ModuleOptimizer`], whose
//! records are those of Burn's optimisers.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::{
    AdamWState, AdaptiveMomentumState, GradientsParams, LearningRate, ModuleOptimizer, Optimizer, RecordState,
    StateSink, StateSource,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::{Optimiser, Settings};
use crate::kernels::{self, AdamWStep, SgdStep};
use crate::supernet::Supernet;

/// The optimiser; batch norm and biases do not decay.
pub(super) fn optimiser(settings: &Settings, supernet: &Supernet) -> ModuleOptimizer {
    let free = ParamGroup::from_ids(undecayed(supernet));
    let (decay, clip) = (settings.weight_decay as f32, settings.clip as f32);
    match settings.optimiser {
        Optimiser::Sgd => {
            let plain = Sgd { momentum: settings.momentum as f32, decay: 0.0, clip };
            ModuleOptimizer::from(Sgd { decay, ..plain }).with_group(free, plain, None)
        }
        Optimiser::Adamw => {
            let plain = AdamW { decay: 0.0, clip };
            ModuleOptimizer::from(AdamW { decay, ..plain }).with_group(free, plain, None)
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamW {
    /// Decay of the weights in one step at a learning rate of 1.
    pub decay: f32,
    /// Gradients are clipped to this value.
    pub clip: f32,
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
        let (weights, [moment_1, moment_2]) = step.update(weights, gradient, [moment_1, moment_2]);
        (weights, Some(AdamWMoments(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(state: AdamWMoments<D>, device: &Device) -> AdamWMoments<D> {
        AdamWMoments(state.0.to_device(device))
    }
}

/// Stochastic gradient descent with Nesterov momentum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sgd {
    /// Share of the velocity that stays in one step.
    pub momentum: f32,
    /// Factor of the weights that is added to their gradients.
    pub decay: f32,
    /// Gradients are clipped to this value.
    pub clip: f32,
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
        let Self { momentum, decay, clip } = *self;
        let velocity = state.map_or_else(|| gradient.zeros_like(), |state| state.0);
        let step = SgdStep { rate, momentum, decay, clip };
        let (weights, velocity) = step.update(weights, gradient, velocity);
        (weights, Some(Velocity(velocity)))
    }

    fn to_device<const D: usize>(state: Velocity<D>, device: &Device) -> Velocity<D> {
        Velocity(state.0.to_device(device))
    }
}

/// Gradients of a supernet, added up over the nets of a step.
#[derive(Default)]
pub(super) struct GradientSum {
    /// Gradients of each net, or those of all nets so far.
    nets: Vec<GradientsParams>,
    /// `true` if the gradients are added up at the end: a GPU launches one kernel for a parameter then.
    at_once: bool,
}

impl GradientSum {
    /// An empty sum.
    pub(super) const fn new(at_once: bool) -> Self {
        Self { nets: Vec::new(), at_once }
    }

    /// Adds the gradients of one net.
    pub(super) fn add(&mut self, supernet: &Supernet, gradients: GradientsParams) {
        struct Add<'a>(&'a mut GradientsParams, GradientsParams);
        impl ModuleVisitor for Add<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let Some(gradient) = self.1.remove::<D>(param.id) else { return };
                let sum = match self.0.remove::<D>(param.id) {
                    Some(sum) => kernels::add(sum, gradient),
                    None => gradient,
                };
                self.0.register(param.id, sum);
            }
        }
        match self.nets.last_mut() {
            Some(sums) if !self.at_once => supernet.visit(&mut Add(sums, gradients)),
            _ => self.nets.push(gradients),
        }
    }

    /// The sums, and their squares in parts, which are added up where they are.
    pub(super) fn total(self, supernet: &Supernet) -> (GradientsParams, Vec<Tensor<1>>) {
        struct Total {
            nets: Vec<GradientsParams>,
            sums: GradientsParams,
            squares: kernels::SquareSums,
        }
        impl ModuleVisitor for Total {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let found = self.nets.iter_mut().filter_map(|net| net.remove::<D>(param.id)).collect();
                if let Some(sum) = self.squares.total(found) {
                    self.sums.register(param.id, sum);
                }
            }
        }
        let mut total =
            Total { nets: self.nets, sums: GradientsParams::new(), squares: kernels::SquareSums::default() };
        supernet.visit(&mut total);
        (total.sums, total.squares.parts())
    }

    /// The sums, where they were added up one by one.
    pub(super) fn into_gradients(mut self) -> GradientsParams {
        self.nets.pop().unwrap_or_default()
    }
}

/// Gradients in the order of the parameters, each flattened.
pub(super) fn gradient_values(gradients: &GradientsParams, supernet: &Supernet) -> Vec<Tensor<1>> {
    struct Values<'a>(&'a GradientsParams, Vec<Tensor<1>>);
    impl ModuleVisitor for Values<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let flat = |gradient: Tensor<D>| {
                let count: usize = gradient.dims().iter().product();
                gradient.reshape([count])
            };
            self.1.extend(self.0.get::<D>(param.id).map(flat));
        }
    }
    let mut values = Values(gradients, Vec::new());
    supernet.visit(&mut values);
    values.1
}

/// The gradients with other values, in the order of [`gradient_values`].
pub(super) fn with_values(gradients: GradientsParams, supernet: &Supernet, values: &[f32]) -> GradientsParams {
    struct Replace<'a>(GradientsParams, &'a [f32]);
    impl ModuleVisitor for Replace<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.0.remove::<D>(param.id) else { return };
            let shape = gradient.dims();
            let (own, rest) = self.1.split_at(shape.iter().product());
            self.1 = rest;
            let data = TensorData::new(own.to_vec(), shape);
            self.0.register(param.id, Tensor::<D>::from_data(data, &gradient.device()));
        }
    }
    let mut replace = Replace(gradients, values);
    supernet.visit(&mut replace);
    replace.0
}

#[cfg(test)]
mod tests {
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::grad_clipping::GradientClippingConfig;
    use burn::optim::momentum::MomentumConfig;
    use burn::optim::{AdamWConfig, SgdConfig};

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
            same_steps(&burns, &AdamW { decay: DECAY, clip: CLIP }.into(), &device);
            let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: true };
            let burns = SgdConfig::new().with_momentum(Some(momentum)).with_gradient_clipping(clipping.clone());
            let burns = burns.with_weight_decay(Some(WeightDecayConfig::new(DECAY))).init();
            same_steps(&burns, &Sgd { momentum: 0.9, decay: DECAY, clip: CLIP }.into(), &device);
        }
    }
}
