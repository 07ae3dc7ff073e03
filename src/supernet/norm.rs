//! Where batch norm takes its statistics from during one forward pass.
//!
//! Training uses the batch's own. Before a design is evaluated its statistics are recalibrated: passes in
//! [`Norms::Calibrate`] average them over batches, in the order in which the layers run; [`Norms::Fixed`] then uses them.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, s};

use super::init::Weights;
use crate::kernels::{self, Activation, Maps};

/// Source of batch norm's statistics, and the place in the order of layers.
#[derive(Debug)]
pub enum Norms {
    /// The batch itself.
    Batch,
    /// Mean 0 and variance 1 everywhere.
    Standard,
    /// The batch itself, remembering the average over batches.
    Calibrate(Calibration),
    /// What calibration found.
    Fixed(Calibration),
    /// Neither normalisation nor activation: for scores of weights alone, all positive, which rectifiers let pass.
    Off,
}

/// Means and variances `[2, channels]` of each layer in running order.
#[derive(Debug, Default)]
pub struct Calibration {
    layers: Vec<Tensor<2>>,
    next: usize,
    batches: usize,
}

impl Norms {
    /// Starts a calibration.
    pub fn calibrate() -> Self {
        Self::Calibrate(Calibration::default())
    }

    /// Must be called before each forward pass.
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

    /// Ends a calibration: later passes use what it found.
    #[must_use]
    pub fn freeze(self) -> Self {
        match self {
            Self::Calibrate(calibration) => Self::Fixed(calibration),
            other => other,
        }
    }
}

/// Batch norm whose leading channels serve smaller widths.
#[derive(Module, Debug)]
pub struct ElasticNorm {
    /// `[most channels]`
    pub(super) gamma: Param<Tensor<1>>,
    /// `[most channels]`
    pub(super) beta: Param<Tensor<1>>,
}

impl ElasticNorm {
    /// Gamma starts at `gamma` (0 behind a residual branch, so that the block starts as the identity), beta at 0.
    pub fn new(channels: usize, gamma: f32, weights: &Weights) -> Self {
        Self { gamma: weights.constant([channels], gamma), beta: weights.constant([channels], 0.0) }
    }

    /// Normalises `x[.., channels]` with the leading channels' parameters, then applies the activation.
    pub fn forward(&self, x: Maps, activation: Activation, norms: &mut Norms) -> Maps {
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

fn with_moments(x: Maps, moments: Tensor<2>, gamma: Tensor<1>, beta: Tensor<1>, activation: Activation) -> Maps {
    let mean = moments.clone().slice(s![0, ..]).flatten::<1>(0, 1);
    let variance = moments.slice(s![1, ..]).flatten::<1>(0, 1);
    let scale = gamma / (variance + kernels::EPSILON).sqrt();
    let shift = beta - mean * scale.clone();
    kernels::norm_with(x, scale, shift, activation)
}
