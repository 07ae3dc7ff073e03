//! The differentiable operations, as functions on tensors.

use burn::tensor::Tensor;

use super::activation::Activation;
use super::depthwise::{self as depthwise_kernel, Slide};
use super::op::{Op, apply};
use super::{link, norm, patches, pointwise as product, stock, views};

/// Filters each channel with its own kernel: `x[batch, height, width, channels]`, `w[k, k, channels]` with k of 3, 5 or 7,
/// zero padding `k / 2`. Output `[batch, ceil(height / stride), ceil(width / stride), channels]`.
pub fn depthwise(x: Tensor<4>, w: Tensor<3>, stride: usize) -> Tensor<4> {
    let ([batch, height, width, channels], [kernel, ..]) = (x.dims(), w.dims());
    let slide = Slide { height, width, channels, kernel, stride };
    let shape = [batch, slide.out_height(), slide.out_width(), channels];
    let inputs = [x.clone().into_dispatch(), w.clone().into_dispatch()];
    apply(&Depthwise(slide), &inputs, shape).unwrap_or_else(|| stock::depthwise(x, w, stride))
}

#[derive(Debug, Clone)]
struct Depthwise(Slide);

impl Op<2> for Depthwise {
    type Saved = ();

    fn forward(&self, [x, w]: [&[f32]; 2]) -> (Vec<f32>, ()) {
        (depthwise_kernel::forward(x, w, self.0), ())
    }

    fn backward(&self, [x, w]: [&[f32]; 2], (): &(), dy: &[f32], wanted: [bool; 2]) -> [Option<Vec<f32>>; 2] {
        [
            wanted[0].then(|| depthwise_kernel::input_gradient(dy, w, self.0)),
            wanted[1].then(|| depthwise_kernel::weight_gradient(x, dy, self.0)),
        ]
    }
}

/// Mixes channels at each position: `x[batch, height, width, in]`, `w[in, out]`.
pub fn pointwise(x: Tensor<4>, w: Tensor<2>) -> Tensor<4> {
    let ([batch, height, width, _], [inner, cols]) = (x.dims(), w.dims());
    let inputs = [x.clone().into_dispatch(), w.clone().into_dispatch()];
    apply(&Pointwise { inner, cols }, &inputs, [batch, height, width, cols]).unwrap_or_else(|| stock::pointwise(x, w))
}

#[derive(Debug, Clone)]
struct Pointwise {
    inner: usize,
    cols: usize,
}

impl Op<2> for Pointwise {
    type Saved = ();

    fn forward(&self, [x, w]: [&[f32]; 2]) -> (Vec<f32>, ()) {
        (product::multiply(x, w, self.inner, self.cols), ())
    }

    fn backward(&self, [x, w]: [&[f32]; 2], (): &(), dy: &[f32], wanted: [bool; 2]) -> [Option<Vec<f32>>; 2] {
        let Self { inner, cols } = *self;
        [
            wanted[0].then(|| product::multiply(dy, &product::transpose(w, inner, cols), cols, inner)),
            wanted[1].then(|| product::weight_gradient(x, dy, inner, cols)),
        ]
    }
}

/// Dense convolution: `x[batch, height, width, in]`, `w[k, k, in, out]` with odd k, zero padding `k / 2`.
pub fn convolution(x: Tensor<4>, w: Tensor<4>, stride: usize) -> Tensor<4> {
    let ([batch, height, width, channels], [kernel, _, inner, cols]) = (x.dims(), w.dims());
    if kernel == 1 && stride == 1 {
        return pointwise(x, w.reshape([inner, cols]));
    }
    let slide = Slide { height, width, channels, kernel, stride };
    let shape = [batch, slide.out_height(), slide.out_width(), cols];
    let inputs = [x.clone().into_dispatch(), w.clone().into_dispatch()];
    apply(&Convolution { slide, cols }, &inputs, shape).unwrap_or_else(|| stock::convolution(x, w, stride))
}

#[derive(Debug, Clone)]
struct Convolution {
    slide: Slide,
    cols: usize,
}

impl Op<2> for Convolution {
    type Saved = ();

    fn forward(&self, [x, w]: [&[f32]; 2]) -> (Vec<f32>, ()) {
        (product::multiply(&patches::gather(x, self.slide), w, w.len() / self.cols, self.cols), ())
    }

    fn backward(&self, [x, w]: [&[f32]; 2], (): &(), dy: &[f32], wanted: [bool; 2]) -> [Option<Vec<f32>>; 2] {
        let inner = w.len() / self.cols;
        let input = || {
            let turned = product::transpose(w, inner, self.cols);
            patches::scatter(&product::multiply(dy, &turned, self.cols, inner), self.slide)
        };
        let weights = || product::weight_gradient(&patches::gather(x, self.slide), dy, inner, self.cols);
        [wanted[0].then(input), wanted[1].then(weights)]
    }
}

/// Batch norm with the statistics of this batch, then the activation: `x[batch, height, width, channels]`, `gamma` and
/// `beta` `[channels]`.
pub fn norm_within(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, activation: Activation) -> Tensor<4> {
    let inputs = [x.clone().into_dispatch(), gamma.clone().into_dispatch(), beta.clone().into_dispatch()];
    apply(&Norm(activation), &inputs, x.dims()).unwrap_or_else(|| stock::norm_within(x, gamma, beta, activation))
}

#[derive(Debug, Clone)]
struct Norm(Activation);

impl Op<3> for Norm {
    type Saved = norm::Statistics;

    fn forward(&self, [x, gamma, beta]: [&[f32]; 3]) -> (Vec<f32>, norm::Statistics) {
        let statistics = norm::statistics(x, gamma.len());
        let (scale, shift) = norm::folded(&statistics, gamma, beta);
        (norm::scale_shift(x, &scale, &shift, self.0), statistics)
    }

    fn backward(
        &self,
        [x, gamma, beta]: [&[f32]; 3],
        statistics: &norm::Statistics,
        dy: &[f32],
        _: [bool; 3],
    ) -> [Option<Vec<f32>>; 3] {
        let found = norm::backward(x, dy, statistics, gamma, beta, self.0);
        [Some(found.x), Some(found.gamma), Some(found.beta)]
    }
}

/// Batch norm with given statistics, already folded into `scale` and `shift` `[channels]`, then the activation.
/// For evaluation: not differentiable.
pub fn norm_with(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, activation: Activation) -> Tensor<4> {
    let inputs = [x.clone().into_dispatch(), scale.clone().into_dispatch(), shift.clone().into_dispatch()];
    apply(&ScaleShift(activation), &inputs, x.dims()).unwrap_or_else(|| stock::norm_with(x, scale, shift, activation))
}

#[derive(Debug, Clone)]
struct ScaleShift(Activation);

impl Op<3> for ScaleShift {
    type Saved = ();

    fn forward(&self, [x, scale, shift]: [&[f32]; 3]) -> (Vec<f32>, ()) {
        (norm::scale_shift(x, scale, shift, self.0), ())
    }

    fn backward(&self, _: [&[f32]; 3], (): &(), _: &[f32], _: [bool; 3]) -> [Option<Vec<f32>>; 3] {
        unreachable!("evaluation records no gradients")
    }
}

/// Largest value over the views: `x[objects * views, height, width, channels]` to `[objects, height, width, channels]`. The
/// views of an object stand together.
pub fn fuse_maximum(x: Tensor<4>, views: usize) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    if views == 1 {
        return x;
    }
    let shape = [batch / views, height, width, channels];
    let op = Maximum { views, values: height * width * channels };
    apply(&op, &[x.clone().into_dispatch()], shape).unwrap_or_else(|| stock::fuse_maximum(x, views))
}

#[derive(Debug, Clone)]
struct Maximum {
    views: usize,
    values: usize,
}

impl Op<1> for Maximum {
    type Saved = Vec<u8>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Vec<u8>) {
        views::maximum(x, self.views, self.values)
    }

    fn backward(&self, _: [&[f32]; 1], from: &Vec<u8>, dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [Some(views::maximum_gradient(dy, from, self.views, self.values))]
    }
}

/// Mean and biased variance `[2, channels]` of each channel of `x[batch, height, width, channels]`. Not differentiable.
pub fn moments(x: Tensor<4>) -> Tensor<2> {
    let [.., channels] = x.dims();
    apply(&Moments(channels), &[x.clone().into_dispatch()], [2, channels]).unwrap_or_else(|| stock::moments(x))
}

#[derive(Debug, Clone)]
struct Moments(usize);

impl Op<1> for Moments {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        let norm::Statistics { mut mean, variance } = norm::statistics(x, self.0);
        mean.extend(variance);
        (mean, ())
    }

    fn backward(&self, _: [&[f32]; 1], (): &(), _: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        unreachable!("evaluation records no gradients")
    }
}

/// Rounds each image to `2^bits` levels between its smallest and largest value; gradients pass straight through.
pub fn quantise(x: Tensor<4>, bits: u8) -> Tensor<4> {
    let shape = x.dims();
    let values = shape[1..].iter().product();
    apply(&Quantise { values, bits }, &[x.clone().into_dispatch()], shape).unwrap_or_else(|| stock::quantise(x, bits))
}

#[derive(Debug, Clone)]
struct Quantise {
    values: usize,
    bits: u8,
}

impl Op<1> for Quantise {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        (link::quantise(x, self.values, self.bits), ())
    }

    fn backward(&self, _: [&[f32]; 1], (): &(), dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [Some(dy.to_vec())]
    }
}
