//! Optimisers: from gradients to updates.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::grad_clipping::GradientClippingConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Tensor;

use super::{Optimiser, Settings};
use crate::kernels;
use crate::supernet::Supernet;

/// The optimiser; batch norm and biases do not decay.
pub(super) fn optimiser(settings: &Settings, supernet: &Supernet) -> ModuleOptimizer {
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

/// Sums of squares of all gradients, in parts. They are added up where they are.
pub(super) fn squares(supernet: &Supernet, gradients: &GradientsParams) -> Vec<Tensor<1>> {
    struct Squares<'a>(&'a GradientsParams, Vec<Tensor<1>>);
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.extend(self.0.get::<D>(param.id).map(kernels::sum_of_squares));
        }
    }
    let mut squares = Squares(gradients, Vec::new());
    supernet.visit(&mut squares);
    squares.1
}
