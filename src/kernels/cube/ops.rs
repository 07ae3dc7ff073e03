//! The operations on feature maps whose values are on a GPU. Each is `None` where they are not.

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;

use super::super::activation::KernelActivation;
use super::super::geometry::ConvGeometry;
use super::depthwise::KernelWeights;
use super::factor::Factor;
use super::reading::{DeviceStatistics, Prologue, ReadFunction};
use super::record::{CubeOp, apply, primitive, untracked};
use super::tensors::{self, count, dense};
use super::{columns, depthwise, lowering, norm, pool, products, quantise as quantise_kernel, views};

/// A convolution.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernels) enum ConvKind {
    /// Weights `[k, k, channels]`.
    Depthwise(ConvGeometry),
    /// Weights `[in, out]`.
    Pointwise,
    /// Weights `[k, k, in, out]`.
    Dense(ConvGeometry),
}

/// A pending batch norm and activation.
#[derive(Debug, Clone)]
pub(crate) struct PendingOnDevice {
    /// Statistics of the batch; `None` where scale and shift are given.
    pub(crate) statistics: Option<DeviceStatistics>,
    /// Activation behind it.
    pub(crate) activation: KernelActivation,
}

impl PendingOnDevice {
    fn prologue(&self, a: &CubeTensor, b: &CubeTensor) -> Prologue {
        let (a, b) = (dense(a), dense(b));
        match &self.statistics {
            Some(DeviceStatistics(statistics)) => {
                Prologue { reading: ReadFunction::Normalised(self.activation), statistics: statistics.clone(), a, b }
            }
            None => Prologue { reading: ReadFunction::Scaled(self.activation), statistics: a.clone(), a, b },
        }
    }
}

/// Runs a convolution of `x` together with the norm that it still waits for, whose parameters are `[channels]`.
pub(in crate::kernels) fn convolve<const D: usize>(
    kind: ConvKind,
    x: &Tensor<4>,
    pending: Option<(PendingOnDevice, &Tensor<1>, &Tensor<1>)>,
    w: &Tensor<D>,
) -> Option<Tensor<4>> {
    let (x, w) = (x.clone().into_dispatch(), w.clone().into_dispatch());
    let (y, ()) = match pending {
        None => apply(&PlainConvOnDevice(kind), &[x, w])?,
        Some((pending, a, b)) => {
            let (a, b) = (a.clone().into_dispatch(), b.clone().into_dispatch());
            apply(&NormalisedConvOnDevice(kind, pending), &[x, a, b, w])?
        }
    };
    Some(y)
}

impl ConvKind {
    /// Output `[images, height, width, channels]`.
    fn forward(self, x: &CubeTensor, prologue: &Prologue, w: &CubeTensor) -> CubeTensor {
        let [images, height, width, _] = tensors::sizes(x);
        match self {
            Self::Depthwise(geometry) => depthwise::forward(x, prologue, &kernel_weights(w), geometry),
            Self::Pointwise => {
                let factor = factor(w);
                products::multiply(x, prologue, &factor, &[images, height, width, factor.columns])
            }
            Self::Dense(geometry) => {
                let windows = lowering::windows(x, prologue, geometry);
                let factor = unrolled(w);
                let shape = [images, geometry.out_height(), geometry.out_width(), factor.columns];
                products::multiply(&windows, &Prologue::plain(&windows), &factor, &shape)
            }
        }
    }

    /// Gradients of what the convolution saw, where wanted, and of its weights.
    fn backward(
        self,
        x: &CubeTensor,
        prologue: &Prologue,
        w: &CubeTensor,
        dy: &CubeTensor,
        wanted: bool,
    ) -> (Option<CubeTensor>, CubeTensor) {
        match self {
            Self::Depthwise(geometry) => {
                let dw = depthwise::weight_gradient(x, prologue, dy, geometry);
                (wanted.then(|| depthwise::input_gradient(dy, &kernel_weights(w), geometry)), dw)
            }
            Self::Pointwise => {
                let factor = factor(w);
                let size = [factor.inner, factor.columns];
                let dw = products::weight_gradient(x, prologue, dy, size, &size);
                let dx = |x: &CubeTensor| {
                    products::multiply(dy, &Prologue::plain(dy), &factor.transposed(), &tensors::sizes::<4>(x))
                };
                (wanted.then(|| dx(x)), dw)
            }
            Self::Dense(geometry) => {
                let windows = lowering::windows(x, prologue, geometry);
                let factor = unrolled(w);
                let (inner, plain) = (factor.inner, Prologue::plain(&windows));
                let shape = tensors::sizes::<4>(w);
                let dw = products::weight_gradient(&windows, &plain, dy, [inner, factor.columns], &shape);
                let dx = || {
                    let rows = count(dy) / factor.columns;
                    let gradient = products::multiply(dy, &Prologue::plain(dy), &factor.transposed(), &[rows, inner]);
                    lowering::windows_gradient(&gradient, geometry)
                };
                (wanted.then(dx), dw)
            }
        }
    }
}

/// Weights `[in, out]`, where they lie.
fn factor(w: &CubeTensor) -> Factor {
    match w.meta.strides()[..] {
        [step, 1] => Factor::of(w, tensors::sizes(w), step),
        _ => {
            let w = dense(w);
            let [inner, columns] = tensors::sizes(&w);
            Factor::of(&w, [inner, columns], columns)
        }
    }
}

/// Weights `[k, k, channels]`, where they lie.
fn kernel_weights(w: &CubeTensor) -> KernelWeights {
    match w.meta.strides()[..] {
        [row_step, column_step, 1] => KernelWeights { values: w.clone(), row_step, column_step },
        _ => {
            let w = dense(w);
            let [_, side, channels] = tensors::sizes(&w);
            KernelWeights { values: w, row_step: side * channels, column_step: channels }
        }
    }
}

/// Weights `[k, k, in, out]` as a matrix `[k * k * in, out]`.
fn unrolled(w: &CubeTensor) -> Factor {
    let w = dense(w);
    let [height, width, inner, columns] = tensors::sizes(&w);
    Factor::of(&w, [height * width * inner, columns], columns)
}

/// A convolution whose input needs no norm.
#[derive(Debug, Clone)]
struct PlainConvOnDevice(ConvKind);

impl CubeOp<2> for PlainConvOnDevice {
    type Saved = ();

    fn forward(&self, [x, w]: [&CubeTensor; 2]) -> (CubeTensor, ()) {
        let x = dense(x);
        (self.0.forward(&x, &Prologue::plain(&x), w), ())
    }

    fn backward(
        &self,
        [x, w]: [&CubeTensor; 2],
        (): &(),
        dy: &CubeTensor,
        [wanted, _]: [bool; 2],
    ) -> [Option<CubeTensor>; 2] {
        let x = dense(x);
        let (dx, dw) = self.0.backward(&x, &Prologue::plain(&x), w, dy, wanted);
        [dx, Some(dw)]
    }
}

/// A convolution that normalises its input while it reads it.
#[derive(Debug, Clone)]
struct NormalisedConvOnDevice(ConvKind, PendingOnDevice);

impl CubeOp<4> for NormalisedConvOnDevice {
    type Saved = ();

    fn forward(&self, [x, a, b, w]: [&CubeTensor; 4]) -> (CubeTensor, ()) {
        (self.0.forward(&dense(x), &self.1.prologue(a, b), w), ())
    }

    fn backward(
        &self,
        [x, a, b, w]: [&CubeTensor; 4],
        (): &(),
        dy: &CubeTensor,
        _: [bool; 4],
    ) -> [Option<CubeTensor>; 4] {
        let (x, prologue) = (dense(x), self.1.prologue(a, b));
        let (seen, dw) = self.0.backward(&x, &prologue, w, dy, true);
        let seen = seen.expect("the gradient of the input is wanted");
        let [dx, gamma, beta] = norm::backward(&x, &seen, &prologue);
        [Some(dx), Some(gamma), Some(beta), Some(dw)]
    }
}

/// Mean and variance of each channel of `x[batch, height, width, channels]`.
pub(crate) fn statistics(x: &Tensor<4>) -> Option<DeviceStatistics> {
    let x = dense(&primitive(&x.clone().into_dispatch())?);
    let [batch, height, width, channels] = tensors::sizes(&x);
    Some(DeviceStatistics(columns::statistics(&x, batch * height * width, channels)))
}

/// Means and variances `[2, channels]` as a tensor beside `x`.
pub(crate) fn moments(statistics: DeviceStatistics, x: &Tensor<4>) -> Tensor<2> {
    let found = untracked(statistics.0);
    if x.device().is_autodiff() { Tensor::from_inner(found) } else { found }
}

/// Computes a pending norm.
pub(crate) fn normalise(x: &Tensor<4>, pending: PendingOnDevice, a: &Tensor<1>, b: &Tensor<1>) -> Option<Tensor<4>> {
    let inputs = [x.clone().into_dispatch(), a.clone().into_dispatch(), b.clone().into_dispatch()];
    Some(apply(&pending, &inputs)?.0)
}

impl CubeOp<3> for PendingOnDevice {
    type Saved = ();

    fn forward(&self, [x, a, b]: [&CubeTensor; 3]) -> (CubeTensor, ()) {
        (norm::apply(&dense(x), &self.prologue(a, b), None), ())
    }

    fn backward(&self, [x, a, b]: [&CubeTensor; 3], (): &(), dy: &CubeTensor, _: [bool; 3]) -> [Option<CubeTensor>; 3] {
        norm::backward(&dense(x), dy, &self.prologue(a, b)).map(Some)
    }
}

/// Computes a pending norm and adds a tensor of the same shape.
pub(crate) fn normalise_and_add(
    x: &Tensor<4>,
    pending: PendingOnDevice,
    [a, b]: [&Tensor<1>; 2],
    added: &Tensor<4>,
) -> Option<Tensor<4>> {
    let [a, b] = [a, b].map(|parameter| parameter.clone().into_dispatch());
    let inputs = [x.clone().into_dispatch(), a, b, added.clone().into_dispatch()];
    Some(apply(&NormAndSum(pending), &inputs)?.0)
}

#[derive(Debug, Clone)]
struct NormAndSum(PendingOnDevice);

impl CubeOp<4> for NormAndSum {
    type Saved = ();

    fn forward(&self, [x, a, b, added]: [&CubeTensor; 4]) -> (CubeTensor, ()) {
        (norm::apply(&dense(x), &self.0.prologue(a, b), Some(&dense(added))), ())
    }

    fn backward(
        &self,
        [x, a, b, _]: [&CubeTensor; 4],
        (): &(),
        dy: &CubeTensor,
        _: [bool; 4],
    ) -> [Option<CubeTensor>; 4] {
        let [dx, gamma, beta] = norm::backward(&dense(x), dy, &self.0.prologue(a, b));
        [Some(dx), Some(gamma), Some(beta), Some(dy.clone())]
    }
}

/// Maximum over the views: `x[objects * views, height, width, channels]` to `[objects, height, width, channels]`.
pub(crate) fn view_maximum(x: &Tensor<4>, views: usize) -> Option<Tensor<4>> {
    Some(apply(&ViewMaximumOnDevice(views), &[x.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct ViewMaximumOnDevice(usize);

impl CubeOp<1> for ViewMaximumOnDevice {
    type Saved = CubeTensor;

    fn forward(&self, [x]: [&CubeTensor; 1]) -> (CubeTensor, CubeTensor) {
        let [batch, height, width, channels] = tensors::sizes(x);
        let shape = [batch / self.0, height, width, channels];
        views::maximum(&dense(x), self.0, height * width * channels, &shape)
    }

    fn backward(
        &self,
        [x]: [&CubeTensor; 1],
        from: &CubeTensor,
        dy: &CubeTensor,
        _: [bool; 1],
    ) -> [Option<CubeTensor>; 1] {
        let shape @ [_, height, width, channels] = tensors::sizes(x);
        [Some(views::maximum_gradient(dy, from, self.0, height * width * channels, &shape))]
    }
}

/// Mean over positions: `x[batch, height, width, channels]` to `[batch, 1, 1, channels]`.
pub(crate) fn positions_mean(x: &Tensor<4>) -> Option<Tensor<4>> {
    Some(apply(&PositionsMean, &[x.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct PositionsMean;

impl CubeOp<1> for PositionsMean {
    type Saved = ();

    fn forward(&self, [x]: [&CubeTensor; 1]) -> (CubeTensor, ()) {
        let [batch, height, width, channels] = tensors::sizes(x);
        (pool::mean(&dense(x), height * width, channels, &[batch, 1, 1, channels]), ())
    }

    fn backward(&self, [x]: [&CubeTensor; 1], (): &(), dy: &CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        let shape @ [_, height, width, channels] = tensors::sizes(x);
        [Some(pool::mean_gradient(dy, height * width, channels, &shape))]
    }
}

/// Rounds each image of `x[batch, height, width, channels]` to `2^bits` levels between its smallest and largest value;
/// gradients pass straight through.
pub(crate) fn quantise(x: &Tensor<4>, bits: u8) -> Option<Tensor<4>> {
    Some(apply(&QuantiseOnDevice(bits), &[x.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct QuantiseOnDevice(u8);

impl CubeOp<1> for QuantiseOnDevice {
    type Saved = ();

    fn forward(&self, [x]: [&CubeTensor; 1]) -> (CubeTensor, ()) {
        let [_, height, width, channels] = tensors::sizes(x);
        (quantise_kernel::quantise(&dense(x), height * width * channels, self.0), ())
    }

    fn backward(&self, _: [&CubeTensor; 1], (): &(), dy: &CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        [Some(dy.clone())]
    }
}
