//! The differentiable operations, as functions on feature maps.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};

use super::activation::Activation;
use super::conv::{Gradients, Normed};
use super::maps::{Maps, Pending, Recipe};
use super::norm::Front;
use super::op::{Op, apply};
use super::slide::Slide;
use super::statistics::Statistics;
use super::{dense, depthwise as channelwise, link, pointwise as product, stock, views};

/// Filters each channel with its own kernel: `x[batch, height, width, channels]`, `w[k, k, channels]` with k of 3, 5 or 7,
/// zero padding `k / 2`, stride 1 or 2. Output `[batch, ceil(height / stride), ceil(width / stride), channels]`.
pub fn depthwise(x: impl Into<Maps>, w: Tensor<3>, stride: usize) -> Maps {
    let x = x.into();
    let ([batch, height, width, channels], [kernel, ..]) = (x.dims(), w.dims());
    let slide = Slide { height, width, channels, kernel, stride };
    let shape = [batch, slide.out_height(), slide.out_width(), channels];
    convolve(Depthwise(slide), &x, &w, shape).unwrap_or_else(|| stock::depthwise(x.tensor(), w, stride).into())
}

/// Mixes channels at each position: `x[batch, height, width, in]`, `w[in, out]`.
pub fn pointwise(x: impl Into<Maps>, w: Tensor<2>) -> Maps {
    let x = x.into();
    let ([batch, height, width, inner], [_, cols]) = (x.dims(), w.dims());
    convolve(Pointwise(inner), &x, &w, [batch, height, width, cols])
        .unwrap_or_else(|| stock::pointwise(x.tensor(), w).into())
}

/// Dense convolution: `x[batch, height, width, in]`, `w[k, k, in, out]` with odd k, zero padding `k / 2`.
pub fn convolution(x: impl Into<Maps>, w: Tensor<4>, stride: usize) -> Maps {
    let x = x.into();
    let ([batch, height, width, channels], [kernel, _, inner, cols]) = (x.dims(), w.dims());
    if kernel == 1 && stride == 1 {
        return pointwise(x, w.reshape([inner, cols]));
    }
    let slide = Slide { height, width, channels, kernel, stride };
    let shape = [batch, slide.out_height(), slide.out_width(), cols];
    convolve(Dense(slide), &x, &w, shape).unwrap_or_else(|| stock::convolution(x.tensor(), w, stride).into())
}

/// A convolution over slices.
trait Convolution: Clone + Send + Sync + std::fmt::Debug + 'static {
    fn forward(&self, x: &[f32], front: Option<&Front>, w: &[f32]) -> (Vec<f32>, Statistics);
    fn backward(&self, x: &[f32], norm: Option<Normed<'_>>, w: &[f32], dy: &[f32], wanted: bool) -> Gradients;
}

#[derive(Debug, Clone)]
struct Depthwise(Slide);

impl Convolution for Depthwise {
    fn forward(&self, x: &[f32], front: Option<&Front>, w: &[f32]) -> (Vec<f32>, Statistics) {
        channelwise::forward(x, front, w, self.0)
    }

    fn backward(&self, x: &[f32], norm: Option<Normed<'_>>, w: &[f32], dy: &[f32], _: bool) -> Gradients {
        channelwise::backward(x, norm, w, dy, self.0)
    }
}

/// With that many input channels.
#[derive(Debug, Clone)]
struct Pointwise(usize);

impl Convolution for Pointwise {
    fn forward(&self, x: &[f32], front: Option<&Front>, w: &[f32]) -> (Vec<f32>, Statistics) {
        product::forward(x, front, w, self.0)
    }

    fn backward(&self, x: &[f32], norm: Option<Normed<'_>>, w: &[f32], dy: &[f32], wanted: bool) -> Gradients {
        product::backward(x, norm, w, dy, self.0, wanted)
    }
}

#[derive(Debug, Clone)]
struct Dense(Slide);

impl Convolution for Dense {
    fn forward(&self, x: &[f32], front: Option<&Front>, w: &[f32]) -> (Vec<f32>, Statistics) {
        dense::forward(x, front, w, self.0)
    }

    fn backward(&self, x: &[f32], norm: Option<Normed<'_>>, w: &[f32], dy: &[f32], wanted: bool) -> Gradients {
        dense::backward(x, norm, w, dy, self.0, wanted)
    }
}

/// Runs a convolution, with the norm in front of it if there is one. `None` on a device that is not this process's memory.
fn convolve<C: Convolution, const D: usize>(
    convolution: C,
    x: &Maps,
    w: &Tensor<D>,
    shape: [usize; 4],
) -> Option<Maps> {
    let (x, w) = (x.clone(), w.clone().into_dispatch());
    let (y, statistics) = match x.norm {
        None => apply(&Plain(convolution), &[x.x.into_dispatch(), w], shape)?,
        Some(Pending { recipe, a, b }) => {
            let inputs = [x.x.into_dispatch(), a.into_dispatch(), b.into_dispatch(), w];
            apply(&Through(convolution, recipe), &inputs, shape)?
        }
    };
    Some(Maps::with_statistics(y, statistics))
}

/// A convolution of its input as it is.
#[derive(Debug, Clone)]
struct Plain<C>(C);

impl<C: Convolution> Op<2> for Plain<C> {
    type Beside = Arc<Statistics>;

    fn forward(&self, [x, w]: [&[f32]; 2]) -> (Vec<f32>, Arc<Statistics>) {
        let (y, statistics) = self.0.forward(x, None, w);
        (y, Arc::new(statistics))
    }

    fn backward(
        &self,
        [x, w]: [&[f32]; 2],
        _: &Arc<Statistics>,
        dy: &[f32],
        [wanted, _]: [bool; 2],
    ) -> [Option<Vec<f32>>; 2] {
        let found = self.0.backward(x, None, w, dy, wanted);
        [found.x, Some(found.w)]
    }
}

/// A convolution that normalises its input on the way.
#[derive(Debug, Clone)]
struct Through<C>(C, Recipe);

impl<C: Convolution> Op<4> for Through<C> {
    type Beside = Arc<Statistics>;

    fn forward(&self, [x, a, b, w]: [&[f32]; 4]) -> (Vec<f32>, Arc<Statistics>) {
        let (y, statistics) = self.0.forward(x, Some(&self.1.front(a, b)), w);
        (y, Arc::new(statistics))
    }

    fn backward(
        &self,
        [x, a, b, w]: [&[f32]; 4],
        _: &Arc<Statistics>,
        dy: &[f32],
        _: [bool; 4],
    ) -> [Option<Vec<f32>>; 4] {
        let norm = Normed { front: &self.1.front(a, b), statistics: self.1.of_batch() };
        let found = self.0.backward(x, Some(norm), w, dy, true);
        let (gamma, beta) = found.norm.unzip();
        [found.x, gamma, beta, Some(found.w)]
    }
}

/// Batch norm with the statistics of this batch, then the activation: `x[batch, height, width, channels]`, `gamma` and
/// `beta` `[channels]`. The next operation carries it out.
pub fn norm_within(x: impl Into<Maps>, gamma: Tensor<1>, beta: Tensor<1>, activation: Activation) -> Maps {
    x.into().normalised(gamma, beta, activation)
}

/// Batch norm with given statistics, already folded into `scale` and `shift` `[channels]`, then the activation. The next
/// operation carries it out. For evaluation: not differentiable.
pub fn norm_with(x: impl Into<Maps>, scale: Tensor<1>, shift: Tensor<1>, activation: Activation) -> Maps {
    x.into().scaled(scale, shift, activation)
}

/// Most views [`fuse_maximum`] takes: it remembers where a value came from in a byte.
pub const MOST_VIEWS: usize = 128;

/// Largest value over the views: `x[objects * views, height, width, channels]` to `[objects, height, width, channels]`. The
/// views of an object stand together.
pub fn fuse_maximum(x: impl Into<Maps>, views: usize) -> Tensor<4> {
    let x = x.into().tensor();
    let [batch, height, width, channels] = x.dims();
    if views == 1 {
        return x;
    }
    let shape = [batch / views, height, width, channels];
    let op = Maximum { views, values: height * width * channels };
    apply(&op, &[x.clone().into_dispatch()], shape).map_or_else(|| stock::fuse_maximum(x, views), |(y, _)| y)
}

#[derive(Debug, Clone)]
struct Maximum {
    views: usize,
    values: usize,
}

impl Op<1> for Maximum {
    type Beside = Vec<u8>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Vec<u8>) {
        views::maximum(x, self.views, self.values)
    }

    fn backward(&self, _: [&[f32]; 1], from: &Vec<u8>, dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [Some(views::maximum_gradient(dy, from, self.views, self.values))]
    }
}

/// Mean and biased variance `[2, channels]` of each channel of `x[batch, height, width, channels]`. Not differentiable.
pub fn moments(x: &Maps) -> Tensor<2> {
    let maps = x.clone().carried_out();
    let [.., channels] = maps.dims();
    match maps.statistics() {
        Some(found) => {
            let data = TensorData::new([found.mean.as_slice(), &found.variance].concat(), [2, channels]);
            Tensor::from_data(data, &maps.x.device())
        }
        None => stock::moments(maps.x),
    }
}

/// Rounds each image to `2^bits` levels between its smallest and largest value; gradients pass straight through.
pub fn quantise(x: impl Into<Maps>, bits: u8) -> Tensor<4> {
    let x = x.into().tensor();
    let shape = x.dims();
    let values = shape[1..].iter().product();
    let found = apply(&Quantise { values, bits }, &[x.clone().into_dispatch()], shape);
    found.map_or_else(|| stock::quantise(x, bits), |(y, ())| y)
}

#[derive(Debug, Clone)]
struct Quantise {
    values: usize,
    bits: u8,
}

impl Op<1> for Quantise {
    type Beside = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        (link::quantise(x, self.values, self.bits), ())
    }

    fn backward(&self, _: [&[f32]; 1], (): &(), dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [Some(dy.to_vec())]
    }
}
