//! The differentiable operations, as functions on feature maps.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};

use super::activation::KernelActivation;
use super::conv_gradients::{ConvGradients, FusedNorm};
#[cfg(feature = "cube")]
use super::cube::{self, ConvKind};
use super::feature_map::{FeatureMap, MapStatistics, NormRecipe, PendingNorm};
#[cfg(feature = "cube")]
use super::float_format::{FloatFormat, in_format};
use super::geometry::ConvGeometry;
use super::host_op::{HostOp, apply};
use super::norm::InputTransform;
use super::part::part;
use super::statistics::ChannelStatistics;
use super::{
    dense, depthwise as depthwise_kernel, pointwise as pointwise_kernel, quantise as quantise_kernel, stock,
    view_maximum,
};

/// Depthwise convolution: filters each channel of `x[batch, height, width, channels]` with its own kernel of
/// `w[k, k, channels]`, k odd, with zero padding `k / 2`. Output
/// `[batch, ceil(height / stride), ceil(width / stride), channels]`. Sides 3, 5 and 7 at strides 1 and 2 are the fast
/// ones.
pub fn depthwise(x: impl Into<FeatureMap>, w: Tensor<3>, stride: usize) -> FeatureMap {
    let x = x.into();
    let ([batch, height, width, channels], [kernel, ..]) = (x.dims(), w.dims());
    let geometry = ConvGeometry { height, width, channels, kernel, stride };
    let shape = [batch, geometry.out_height(), geometry.out_width(), channels];
    convolve(DepthwiseConv(geometry), &x, &w, shape).unwrap_or_else(|| stock::depthwise(x.tensor(), w, stride).into())
}

/// 1x1 convolution: `x[batch, height, width, in]` times `w[in, out]` at each position. Output
/// `[batch, height, width, out]`.
pub fn pointwise(x: impl Into<FeatureMap>, w: Tensor<2>) -> FeatureMap {
    let x = x.into();
    let ([batch, height, width, inner], [_, cols]) = (x.dims(), w.dims());
    convolve(PointwiseConv(inner), &x, &w, [batch, height, width, cols])
        .unwrap_or_else(|| stock::pointwise(x.tensor(), w).into())
}

/// Dense convolution of `x[batch, height, width, in]` with `w[k, k, in, out]`, k odd, with zero padding `k / 2`. Output
/// `[batch, ceil(height / stride), ceil(width / stride), out]`.
pub fn convolution(x: impl Into<FeatureMap>, w: Tensor<4>, stride: usize) -> FeatureMap {
    let x = x.into();
    let ([batch, height, width, channels], [kernel, _, inner, cols]) = (x.dims(), w.dims());
    if kernel == 1 && stride == 1 {
        return pointwise(x, w.reshape([inner, cols]));
    }
    let geometry = ConvGeometry { height, width, channels, kernel, stride };
    let shape = [batch, geometry.out_height(), geometry.out_width(), cols];
    convolve(DenseConv(geometry), &x, &w, shape).unwrap_or_else(|| stock::convolution(x.tensor(), w, stride).into())
}

/// A convolution over slices: its output with the statistics of its channels, and its gradients.
trait Convolution: Clone + Send + Sync + std::fmt::Debug + 'static {
    fn forward(&self, x: &[f32], transform: Option<&InputTransform>, w: &[f32]) -> (Vec<f32>, ChannelStatistics);
    fn backward(&self, x: &[f32], norm: Option<FusedNorm<'_>>, w: &[f32], dy: &[f32], wanted: bool) -> ConvGradients;
    /// The convolution as kernels of a GPU take it.
    #[cfg(feature = "cube")]
    fn kind(&self) -> ConvKind;
}

#[derive(Debug, Clone)]
struct DepthwiseConv(ConvGeometry);

impl Convolution for DepthwiseConv {
    fn forward(&self, x: &[f32], transform: Option<&InputTransform>, w: &[f32]) -> (Vec<f32>, ChannelStatistics) {
        depthwise_kernel::forward(x, transform, w, self.0)
    }

    fn backward(&self, x: &[f32], norm: Option<FusedNorm<'_>>, w: &[f32], dy: &[f32], _: bool) -> ConvGradients {
        depthwise_kernel::backward(x, norm, w, dy, self.0)
    }

    #[cfg(feature = "cube")]
    fn kind(&self) -> ConvKind {
        ConvKind::Depthwise(self.0)
    }
}

/// 1x1 convolution with this many input channels.
#[derive(Debug, Clone)]
struct PointwiseConv(usize);

impl Convolution for PointwiseConv {
    fn forward(&self, x: &[f32], transform: Option<&InputTransform>, w: &[f32]) -> (Vec<f32>, ChannelStatistics) {
        pointwise_kernel::forward(x, transform, w, self.0)
    }

    fn backward(&self, x: &[f32], norm: Option<FusedNorm<'_>>, w: &[f32], dy: &[f32], wanted: bool) -> ConvGradients {
        pointwise_kernel::backward(x, norm, w, dy, self.0, wanted)
    }

    #[cfg(feature = "cube")]
    fn kind(&self) -> ConvKind {
        ConvKind::Pointwise
    }
}

#[derive(Debug, Clone)]
struct DenseConv(ConvGeometry);

impl Convolution for DenseConv {
    fn forward(&self, x: &[f32], transform: Option<&InputTransform>, w: &[f32]) -> (Vec<f32>, ChannelStatistics) {
        dense::forward(x, transform, w, self.0)
    }

    fn backward(&self, x: &[f32], norm: Option<FusedNorm<'_>>, w: &[f32], dy: &[f32], wanted: bool) -> ConvGradients {
        dense::backward(x, norm, w, dy, self.0, wanted)
    }

    #[cfg(feature = "cube")]
    fn kind(&self) -> ConvKind {
        ConvKind::Dense(self.0)
    }
}

/// Runs a convolution together with the norm that `x` still waits for. `None` on a device without kernels.
fn convolve<C: Convolution, const D: usize>(
    convolution: C,
    x: &FeatureMap,
    w: &Tensor<D>,
    shape: [usize; 4],
) -> Option<FeatureMap> {
    #[cfg(feature = "cube")]
    if let Some(y) = convolve_on_device(&convolution, x, w) {
        return Some(y.into());
    }
    let (x, w) = (x.clone(), w.clone().into_dispatch());
    let (y, statistics) = match x.norm {
        None => apply(&PlainConv(convolution), &[x.x.into_dispatch(), w], shape)?,
        Some(PendingNorm { recipe, a, b }) => {
            let inputs = [x.x.into_dispatch(), a.into_dispatch(), b.into_dispatch(), w];
            apply(&NormalisedConv(convolution, recipe), &inputs, shape)?
        }
    };
    Some(FeatureMap::with_statistics(y, statistics))
}

#[cfg(feature = "cube")]
fn convolve_on_device<const D: usize>(
    convolution: &impl Convolution,
    x: &FeatureMap,
    w: &Tensor<D>,
) -> Option<Tensor<4>> {
    let pending = x.norm.as_ref().map(|PendingNorm { recipe, a, b }| (recipe.on_device(), a, b));
    cube::convolve(convolution.kind(), &x.x, pending, w)
}

/// A convolution whose input needs no norm.
#[derive(Debug, Clone)]
struct PlainConv<C>(C);

impl<C: Convolution> HostOp<2> for PlainConv<C> {
    type Saved = Arc<ChannelStatistics>;

    fn forward(&self, [x, w]: [&[f32]; 2]) -> (Vec<f32>, Arc<ChannelStatistics>) {
        let (y, statistics) = self.0.forward(x, None, w);
        (y, Arc::new(statistics))
    }

    fn backward(
        &self,
        [x, w]: [&[f32]; 2],
        _: &Arc<ChannelStatistics>,
        dy: &[f32],
        [wanted, _]: [bool; 2],
    ) -> [Option<Vec<f32>>; 2] {
        let found = self.0.backward(x, None, w, dy, wanted);
        [found.x, Some(found.w)]
    }
}

/// A convolution that normalises its input while it reads it.
#[derive(Debug, Clone)]
struct NormalisedConv<C>(C, NormRecipe);

impl<C: Convolution> HostOp<4> for NormalisedConv<C> {
    type Saved = Arc<ChannelStatistics>;

    fn forward(&self, [x, a, b, w]: [&[f32]; 4]) -> (Vec<f32>, Arc<ChannelStatistics>) {
        let (y, statistics) = self.0.forward(x, Some(&self.1.transform(a, b)), w);
        (y, Arc::new(statistics))
    }

    fn backward(
        &self,
        [x, a, b, w]: [&[f32]; 4],
        _: &Arc<ChannelStatistics>,
        dy: &[f32],
        _: [bool; 4],
    ) -> [Option<Vec<f32>>; 4] {
        let norm = FusedNorm { transform: &self.1.transform(a, b), statistics: self.1.of_batch() };
        let found = self.0.backward(x, Some(norm), w, dy, true);
        let (gamma, beta) = found.norm.unzip();
        [found.x, gamma, beta, Some(found.w)]
    }
}

/// Batch norm with the statistics of this batch, then the activation: `x[batch, height, width, channels]`, `gamma` and
/// `beta` `[channels]`. Deferred: the next operation computes it while it reads.
pub fn norm_within(
    x: impl Into<FeatureMap>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    activation: KernelActivation,
) -> FeatureMap {
    x.into().normalised(gamma, beta, activation)
}

/// Batch norm with given statistics, already folded into `scale` and `shift` `[channels]`, then the activation.
/// Deferred: the next operation computes it while it reads. For evaluation: not differentiable.
pub fn norm_with(
    x: impl Into<FeatureMap>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    activation: KernelActivation,
) -> FeatureMap {
    x.into().scaled(scale, shift, activation)
}

/// Most views for which [`fuse_maximum`] has a kernel of its own, which stores the view of each maximum in a byte. More
/// views go through stock operations.
pub const MAX_FUSED_VIEWS: usize = 128;

/// Maximum over the views: `x[objects * views, height, width, channels]` to `[objects, height, width, channels]`. The
/// views of an object are adjacent.
pub fn fuse_maximum(x: impl Into<FeatureMap>, views: usize) -> Tensor<4> {
    let x = x.into().tensor();
    let [batch, height, width, channels] = x.dims();
    if views == 1 {
        return x;
    }
    #[cfg(feature = "cube")]
    if let Some(y) = cube::view_maximum(&x, views) {
        return y;
    }
    if views > MAX_FUSED_VIEWS {
        return stock::fuse_maximum(x, views);
    }
    let shape = [batch / views, height, width, channels];
    let op = ViewMaximum { views, values: height * width * channels };
    apply(&op, &[x.clone().into_dispatch()], shape).map_or_else(|| stock::fuse_maximum(x, views), |(y, _)| y)
}

#[derive(Debug, Clone)]
struct ViewMaximum {
    views: usize,
    values: usize,
}

impl HostOp<1> for ViewMaximum {
    type Saved = Vec<u8>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Vec<u8>) {
        view_maximum::maximum(x, self.views, self.values)
    }

    fn backward(&self, _: [&[f32]; 1], from: &Vec<u8>, dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [Some(view_maximum::maximum_gradient(dy, from, self.views, self.values))]
    }
}

/// Mean and biased variance `[2, channels]` of each channel of `x[batch, height, width, channels]`. Not differentiable.
pub fn moments(x: &FeatureMap) -> Tensor<2> {
    let maps = x.clone().computed();
    let [.., channels] = maps.dims();
    match maps.statistics() {
        #[cfg(feature = "cube")]
        Some(MapStatistics::Device(found)) => cube::moments(found, &maps.x),
        Some(MapStatistics::Host(found)) => {
            let data = TensorData::new([found.mean.as_slice(), &found.variance].concat(), [2, channels]);
            Tensor::from_data(data, &maps.x.device())
        }
        None => stock::moments(maps.x),
    }
}

/// The leading part of full weights, `sizes` of each dimension: what a smaller network uses.
pub fn leading<const D: usize>(full: Tensor<D>, sizes: [usize; D]) -> Tensor<D> {
    part(full, sizes.map(|size| 0..size))
}

/// Matrix product of `a[rows, inner]` and `b[inner, columns]`, in single precision.
pub fn product(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "cube")]
    {
        let ([rows, inner], [_, columns]) = (a.dims(), b.dims());
        let a = in_format(a.clone().reshape([rows, 1, 1, inner]), FloatFormat::F32);
        if let Some(y) = cube::convolve(ConvKind::Pointwise, &a, None, &b) {
            return y.reshape([rows, columns]);
        }
    }
    a.matmul(b)
}

/// Mean over positions: `x[batch, height, width, channels]` to `[batch, 1, 1, channels]`.
pub fn mean_over_positions(x: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "cube")]
    if let Some(mean) = cube::positions_mean(&x) {
        return mean;
    }
    let [batch, height, width, channels] = x.dims();
    let x: Tensor<3> = x.reshape([batch, height * width, channels]);
    x.mean_dim(1).reshape([batch, 1, 1, channels])
}

/// `x[batch, height, width, channels]` times `factors[batch, 1, 1, channels]`.
pub fn scale_channels(x: Tensor<4>, factors: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "cube")]
    if let Some(y) = cube::scale_channels(&x, &factors) {
        return y;
    }
    x * factors
}

/// Rounds each image of `x[batch, height, width, channels]` to `2^bits` levels between its smallest and largest value;
/// gradients pass straight through.
pub fn quantise(x: impl Into<FeatureMap>, bits: u8) -> Tensor<4> {
    let x = x.into().tensor();
    #[cfg(feature = "cube")]
    if let Some(y) = cube::quantise(&x, bits) {
        return y;
    }
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

impl HostOp<1> for Quantise {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        (quantise_kernel::quantise(x, self.values, self.bits), ())
    }

    fn backward(&self, _: [&[f32]; 1], (): &(), dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [Some(dy.to_vec())]
    }
}
