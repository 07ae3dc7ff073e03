//! Elastic batch norm, and the source of its statistics in one forward pass.
//!
//! Training uses the batch's own. Before a design is evaluated its statistics are recalibrated: passes in
//! [`Norms::Calibrate`] average them over batches, in the order in which the layers run; [`Norms::Fixed`] then uses
//! them.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, s};

use super::init::WeightInit;
use crate::kernels::{self, FeatureMap, KernelActivation};

/// Source of batch norm's statistics in a forward pass.
#[derive(Debug)]
pub enum Norms {
    /// Statistics of the batch.
    Batch,
    /// Mean 0 and variance 1 everywhere.
    Standard,
    /// Statistics of the batch, which are averaged over batches.
    Calibrate(Calibration),
    /// Averages of a calibration.
    Fixed(Calibration),
    /// Neither normalisation nor activation, for scores of positive weights alone (SynFlow).
    Off,
}

/// Means and variances `[2, channels]` of each layer, in the order in which layers run.
#[derive(Debug, Default)]
pub struct Calibration {
    layers: Vec<Tensor<2>>,
    /// Layer that runs next.
    next: usize,
    /// Batches seen.
    batches: usize,
}

impl Norms {
    /// Starts a calibration.
    pub fn calibrate() -> Self {
        Self::Calibrate(Calibration::default())
    }

    /// Starts a forward pass. Must be called before each.
    pub fn rewind(&mut self) {
        match self {
            Self::Batch | Self::Standard | Self::Off => {}
            Self::Calibrate(calibration) => {
                calibration.next = 0;
                calibration.batches += 1;
            }
            Self::Fixed(calibration) => calibration.next = 0,
        }
    }

    /// Ends a calibration: later passes use its averages.
    #[must_use]
    pub fn freeze(self) -> Self {
        match self {
            Self::Calibrate(calibration) => Self::Fixed(calibration),
            other => other,
        }
    }
}

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
    /// Normalises `x[batch, height, width, channels]`, then applies the activation.
    pub(super) fn forward(&self, x: FeatureMap, activation: KernelActivation, norms: &mut Norms) -> FeatureMap {
        let [.., channels] = x.dims();
        let gamma = self.gamma.val().slice(s![0..channels]);
        let beta = self.beta.val().slice(s![0..channels]);
        match norms {
            Norms::Batch => kernels::norm_within(x, gamma, beta, activation),
            Norms::Off => x,
            Norms::Standard => kernels::norm_with(x, gamma, beta, activation),
            Norms::Calibrate(calibration) => {
                let moments = kernels::moments(&x);
                calibration.remember(moments.clone());
                with_moments(x, moments, gamma, beta, activation)
            }
            Norms::Fixed(calibration) => {
                let moments = calibration.layers[calibration.next].clone();
                calibration.next += 1;
                with_moments(x, moments, gamma, beta, activation)
            }
        }
    }
}

impl Calibration {
    fn remember(&mut self, moments: Tensor<2>) {
        match self.layers.get_mut(self.next) {
            Some(layer) => {
                let weight = 1.0 / self.batches as f64;
                *layer = layer.clone() * (1.0 - weight) + moments * weight;
            }
            None => self.layers.push(moments),
        }
        self.next += 1;
    }
}

fn with_moments(
    x: FeatureMap,
    moments: Tensor<2>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    activation: KernelActivation,
) -> FeatureMap {
    let mean = moments.clone().slice(s![0, ..]).flatten::<1>(0, 1);
    let variance = moments.slice(s![1, ..]).flatten::<1>(0, 1);
    let scale = gamma / (variance + kernels::EPSILON).sqrt();
    let shift = beta - mean * scale.clone();
    kernels::norm_with(x, scale, shift, activation)
}
