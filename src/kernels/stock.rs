//! Stock versions of the operations from burn's own, for devices other than the CPU and as the reference in tests.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, activation};

use super::activation::KernelActivation;
use super::grid::CodeGrid;
use super::norm::EPSILON;

/// Permutes channels-last to channels-first.
fn first(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 3, 1, 2])
}

/// Permutes channels-first to channels-last.
fn last(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 2, 3, 1])
}

pub(super) fn depthwise(x: Tensor<4>, w: Tensor<3>, stride: usize) -> Tensor<4> {
    let [kernel, _, channels] = w.dims();
    let w = w.permute([2, 0, 1]).reshape([channels, 1, kernel, kernel]);
    let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], channels);
    last(conv2d(first(x), w, None, options))
}

pub(super) fn pointwise(x: Tensor<4>, w: Tensor<2>) -> Tensor<4> {
    let ([batch, height, width, inner], [_, cols]) = (x.dims(), w.dims());
    x.reshape([batch * height * width, inner]).matmul(w).reshape([batch, height, width, cols])
}

pub(super) fn convolution(x: Tensor<4>, w: Tensor<4>, stride: usize) -> Tensor<4> {
    let [kernel, ..] = w.dims();
    let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], 1);
    last(conv2d(first(x), w.permute([3, 2, 0, 1]), None, options))
}

pub(super) fn norm_within(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, activation: KernelActivation) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let rows = x.reshape([batch * height * width, channels]);
    let mean = rows.clone().mean_dim(0);
    let centred = rows - mean;
    let deviation = (centred.clone().powi_scalar(2).mean_dim(0) + EPSILON).sqrt();
    let y = centred / deviation * gamma.unsqueeze() + beta.unsqueeze();
    activate(y.reshape([batch, height, width, channels]), activation)
}

pub(super) fn norm_with(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, activation: KernelActivation) -> Tensor<4> {
    activate(x * scale.unsqueeze() + shift.unsqueeze(), activation)
}

pub(super) fn fuse_maximum(x: Tensor<4>, views: usize) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let x: Tensor<5> = x.reshape([batch / views, views, height, width, channels]);
    x.max_dim(1).reshape([batch / views, height, width, channels])
}

pub(super) fn moments(x: Tensor<4>) -> Tensor<2> {
    let [batch, height, width, channels] = x.dims();
    let rows = x.reshape([batch * height * width, channels]);
    let mean = rows.clone().mean_dim(0);
    let variance = (rows - mean.clone()).powi_scalar(2).mean_dim(0);
    Tensor::cat(vec![mean, variance], 0)
}

pub(super) fn quantise(x: Tensor<4>, bits: u8) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let flat = x.clone().detach().reshape([batch, height * width * channels]);
    let (low, high) = (flat.clone().min_dim(1), flat.clone().max_dim(1));
    let step = ((high - low.clone()) / f64::from((1_u32 << bits) - 1)).clamp_min(f32::MIN_POSITIVE);
    let rounded = ((flat.clone() - low.clone()) / step.clone()).round() * step + low;
    x + (rounded - flat).reshape([batch, height, width, channels])
}

pub(super) fn round(x: Tensor<4>, grid: CodeGrid) -> Tensor<4> {
    let [first, last] = grid.ends();
    let flat = x.clone().detach();
    let rounded = (flat.clone() / grid.step()).clamp(first, last).round() * grid.step();
    x + (rounded - flat)
}

/// Applies an activation to `x`; differentiable on every device.
pub(crate) fn activate(x: Tensor<4>, activation: KernelActivation) -> Tensor<4> {
    match activation {
        KernelActivation::None => x,
        KernelActivation::Relu => activation::relu(x),
        KernelActivation::Relu6 => x.clamp(0.0, 6.0),
        KernelActivation::HardSwish => x.clone() * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        KernelActivation::Swish => x.clone() * activation::sigmoid(x),
    }
}
