//! Elastic batch norm: the statistics are those of the pass's [`Numerics`].

use burn::module::{Module, Param};
use burn::tensor::{Tensor, s};

use super::init::WeightInit;
use super::numerics::Numerics;
use super::parts::{NetworkPart, values};
use crate::kernels::{self, FeatureMap, KernelActivation};

/// Config of an [`ElasticNorm`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElasticNormConfig {
    /// Channels of the largest choice.
    pub channels: usize,
    /// Initial gamma: 1, or 0 at the end of a residual branch, so that the block starts as the identity.
    pub gamma: f32,
}

impl ElasticNormConfig {
    /// A norm whose gamma starts at 1.
    pub(super) fn new(channels: usize) -> Self {
        Self { channels, gamma: 1.0 }
    }

    /// Makes the layer; beta starts at 0.
    pub(super) fn init(self, weights: &WeightInit) -> ElasticNorm {
        let Self { channels, gamma } = self;
        ElasticNorm { gamma: weights.constant([channels], gamma), beta: weights.constant([channels], 0.0) }
    }
}

/// Batch norm with elastic channels: smaller widths use the leading ones.
#[derive(Module, Debug)]
pub(crate) struct ElasticNorm {
    /// Full `[most channels]`, sliced `[channels]`.
    pub(super) gamma: Param<Tensor<1>>,
    /// Full `[most channels]`, sliced `[channels]`.
    pub(super) beta: Param<Tensor<1>>,
}

impl ElasticNorm {
    /// Normalises `x[batch, height, width, channels]`, then applies the activation; the result is written to memory.
    pub(super) fn forward(&self, x: FeatureMap, activation: KernelActivation, numerics: &mut Numerics) -> FeatureMap {
        let y = self.normalise(x, activation, numerics);
        numerics.activation(y)
    }

    /// As [`Self::forward`], with a result that is sent at once.
    pub(super) fn normalise(&self, x: FeatureMap, activation: KernelActivation, numerics: &mut Numerics) -> FeatureMap {
        let [.., channels] = x.dims();
        let gamma = kernels::leading(self.gamma.val(), [channels]);
        let beta = kernels::leading(self.beta.val(), [channels]);
        match numerics {
            Numerics::Batch | Numerics::BatchIntegers(_) => kernels::norm_within(x, gamma, beta, activation),
            Numerics::Off => x,
            Numerics::Standard => kernels::norm_with(x, gamma, beta, activation),
            Numerics::Calibrate(calibration) => {
                let moments = kernels::moments(&x);
                calibration.remember(moments.clone());
                with_moments(x, moments, Affine { gamma, beta }, activation, numerics)
            }
            Numerics::Fixed(calibration) => {
                let moments = calibration.next_moments();
                with_moments(x, moments, Affine { gamma, beta }, activation, numerics)
            }
        }
    }
}

/// Parameters `[channels]` of a batch norm.
struct Affine {
    gamma: Tensor<1>,
    beta: Tensor<1>,
}

/// Batch norm with means and variances `[2, channels]`, folded into a scale and a bias.
fn with_moments(
    x: FeatureMap,
    moments: Tensor<2>,
    Affine { gamma, beta }: Affine,
    activation: KernelActivation,
    numerics: &mut Numerics,
) -> FeatureMap {
    let mean = moments.clone().slice(s![0, ..]).flatten::<1>(0, 1);
    let variance = moments.slice(s![1, ..]).flatten::<1>(0, 1);
    let scale = gamma / (variance + kernels::EPSILON).sqrt();
    let shift = beta - mean * scale.clone();
    numerics.note(|| NetworkPart::Scale(values(&scale)));
    let steps = x.sum_steps().map(|steps| steps.clone() * scale.clone());
    let shift = numerics.bias(shift, steps);
    kernels::norm_with(x, scale, shift, activation)
}
