//! How gradients become updates.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::grad_clipping::GradientClippingConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Tensor;

use super::{Optimiser, Settings};
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

/// Euclidean norm of all gradients.
pub(super) fn norm_of(supernet: &Supernet, gradients: &GradientsParams) -> f64 {
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
