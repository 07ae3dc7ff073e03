//! Batch norm and activation, in channels-last order.
//!
//! Training: statistics of this batch, `y = act(gamma * (x - mean) / sqrt(var + eps) + beta)`. Evaluation: the same
//! with given statistics. No running statistics are kept: a supernet recalibrates before each evaluation.
//!
//! All functions work on a few rows at a time that lie in cache, so that convolutions can normalise what they read.
//! Sums keep a vector of channels in registers while rows go by; other passes follow memory. Where the channels are no
//! multiple of a vector, several rows are taken as one long row.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::activation::{ActivationCurve, ActivationTask, KernelActivation};
use super::buffers;
use super::grid::{CodeGrid, LaneRounding, Unrounded};
use super::simd::{in_parts, load, load_full, run};
use super::statistics::{CHUNK, ChannelStatistics, ChannelSums, GROUP, rows_in_one, widened};

/// Constant added to variances.
pub const EPSILON: f32 = 1e-5;
/// Work of a value, which is read and written, in multiply-adds of a product.
const WORK: usize = 4;

/// Function `act(scale * x + shift)` per channel that an operation applies to its input `x[rows, channels]`, rounded to
/// a grid where there is one.
#[derive(Debug, Clone)]
pub(super) struct InputTransform {
    /// Scale of each channel, repeated over the rows that are taken as one.
    scale: Vec<f32>,
    /// Shift of each channel, repeated likewise.
    shift: Vec<f32>,
    channels: usize,
    activation: KernelActivation,
    grid: Option<CodeGrid>,
}

impl InputTransform {
    /// A transform with the given scale and shift `[channels]`.
    pub(super) fn given(scale: &[f32], shift: &[f32], activation: KernelActivation) -> Self {
        let repeat = rows_in_one(scale.len());
        let (scale, shift, channels) = (scale.repeat(repeat), shift.repeat(repeat), scale.len());
        Self { scale, shift, channels, activation, grid: None }
    }

    /// The transform, followed by rounding to a grid.
    pub(super) fn rounding_to(self, grid: Option<CodeGrid>) -> Self {
        Self { grid, ..self }
    }

    /// Batch norm with these statistics and parameters `gamma` and `beta` `[channels]`.
    pub(super) fn normalising(
        statistics: &ChannelStatistics,
        gamma: &[f32],
        beta: &[f32],
        activation: KernelActivation,
    ) -> Self {
        let scale: Vec<f32> = gamma.iter().zip(&statistics.variance).map(|(g, v)| g / (v + EPSILON).sqrt()).collect();
        let shift: Vec<f32> = beta.iter().zip(&scale).zip(&statistics.mean).map(|((b, s), m)| b - m * s).collect();
        Self::given(&scale, &shift, activation)
    }

    /// The identity.
    pub(super) fn none(channels: usize) -> Self {
        Self::given(&vec![1.0; channels], &vec![0.0; channels], KernelActivation::None)
    }

    /// Transforms the rows `x` into `y`.
    pub(super) fn apply(&self, x: &[f32], y: &mut [f32]) {
        self.activation.dispatch(Apply { transform: self, x, y });
    }

    /// Transforms all rows of `x` into `y`, in parallel.
    pub(super) fn apply_all(&self, x: &[f32], y: &mut [f32]) {
        let (rows, width) = (x.len() / self.channels, self.channels);
        in_parts(y, rows, WORK * x.len(), |range, y| self.apply(&x[range.start * width..range.end * width], y));
    }

    /// Adds to `sums`, over the rows of `x`, the sums of `dz = dy * act'(z)` and of `dz * (x - mean)`.
    pub(super) fn add_gradients(&self, x: &[f32], dy: &[f32], statistics: &ChannelStatistics, sums: &mut ChannelSums) {
        let (mean, width) = (&statistics.mean, self.channels);
        self.activation.dispatch(Reduce { transform: self, x, dy, mean, width, sums });
    }

    /// Turns `dy`, the gradient of the transformed `x`, into the gradient of `x`, given the sums of
    /// [`Self::add_gradients`]; returns the gradients of gamma and beta.
    ///
    /// With `z = scale * x + shift` and `dz = dy * act'(z)`: beta's gradient is the sum of dz, gamma's the sum of
    /// `dz * xhat`, and `dx = scale * (dz - mean(dz) - xhat * mean(dz * xhat))`, which is `scale * dz + a * x + b` with
    /// a, b per channel.
    pub(super) fn finish_gradient(
        &self,
        x: &[f32],
        dy: &mut [f32],
        statistics: &ChannelStatistics,
        sums: &ChannelSums,
    ) -> (Vec<f32>, Vec<f32>) {
        let channels = self.channels;
        let rows = x.len() / channels;
        let count = rows as f64;
        let (mut a, mut b, mut gamma) = (vec![0.0; channels], vec![0.0; channels], vec![0.0; channels]);
        for channel in 0..channels {
            let inverse = 1.0 / f64::from(statistics.variance[channel] + EPSILON).sqrt();
            let (scale, sum, dot) = (f64::from(self.scale[channel]), sums.0[0][channel], sums.0[1][channel]);
            let slope = -scale * dot * inverse * inverse / count;
            a[channel] = slope as f32;
            b[channel] = (-scale * sum / count - slope * f64::from(statistics.mean[channel])) as f32;
            gamma[channel] = (dot * inverse) as f32;
        }
        let repeat = rows_in_one(channels);
        let (a, b) = (a.repeat(repeat), b.repeat(repeat));
        in_parts(dy, rows, WORK * x.len(), |range, dy| {
            let x = &x[range.start * channels..range.end * channels];
            self.activation.dispatch(InputGradient { transform: self, x, dy, a: &a, b: &b });
        });
        (gamma, sums.0[0].iter().map(|&sum| sum as f32).collect())
    }
}

/// Gradients of batch norm with activation: of `x[rows, channels]`, of gamma and of beta.
pub(super) fn backward(
    x: &[f32],
    dy: &[f32],
    statistics: &ChannelStatistics,
    transform: &InputTransform,
) -> [Vec<f32>; 3] {
    let channels = transform.channels;
    let mut dx = buffers::take(x.len());
    let parts = in_parts(&mut dx, x.len() / channels, WORK * x.len(), |range, dx| {
        let range = range.start * channels..range.end * channels;
        dx.copy_from_slice(&dy[range.clone()]);
        let mut sums = ChannelSums::zero(channels);
        transform.add_gradients(&x[range], dx, statistics, &mut sums);
        sums
    });
    let (gamma, beta) = transform.finish_gradient(x, &mut dx, statistics, &ChannelSums::total(channels, parts));
    [dx, gamma, beta]
}

/// A vector operation compiled for activation `C`.
struct WithCurve<C, T>(T, PhantomData<C>);

fn run_with<C: ActivationCurve, T>(what: T)
where
    WithCurve<C, T>: WithSimd<Output = ()>,
{
    run(WithCurve::<C, T>(what, PhantomData));
}

struct Apply<'a> {
    transform: &'a InputTransform,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl ActivationTask for Apply<'_> {
    type Output = ();
    fn with<C: ActivationCurve>(self) {
        run_with::<C, _>(self);
    }
}

impl<C: ActivationCurve> WithSimd for WithCurve<C, Apply<'_>> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.0.transform.grid {
            None => self.rounded(simd, Unrounded),
            Some(grid) => self.rounded(simd, grid),
        }
    }
}

impl<C: ActivationCurve> WithCurve<C, Apply<'_>> {
    #[inline(always)]
    fn rounded<S: Simd, R: LaneRounding>(self, simd: S, rounding: R) {
        let Apply { transform: InputTransform { scale, shift, .. }, x, y } = self.0;
        let (scales, shifts) = (S::as_simd_f32s(scale).0, S::as_simd_f32s(shift).0);
        for (x, y) in x.chunks(scale.len()).zip(y.chunks_mut(scale.len())) {
            let ((x, x_rest), (y, y_rest)) = (S::as_simd_f32s(x), S::as_mut_simd_f32s(y));
            for ((x, y), (scale, shift)) in x.iter().zip(&mut *y).zip(scales.iter().zip(shifts)) {
                let z = simd.mul_add_e_f32s(*x, *scale, *shift);
                *y = rounding.round_lanes(simd, C::value(simd, z));
            }
            if let (Some(scale), Some(shift)) = (scales.get(x.len()), shifts.get(x.len())) {
                let z = simd.mul_add_e_f32s(simd.partial_load_f32s(x_rest), *scale, *shift);
                simd.partial_store_f32s(y_rest, rounding.round_lanes(simd, C::value(simd, z)));
            }
        }
    }
}

struct Reduce<'a> {
    transform: &'a InputTransform,
    x: &'a [f32],
    dy: &'a [f32],
    mean: &'a [f32],
    width: usize,
    sums: &'a mut ChannelSums,
}

impl ActivationTask for Reduce<'_> {
    type Output = ();
    fn with<C: ActivationCurve>(self) {
        let Reduce { transform, x, dy, mean, sums, .. } = self;
        let (mean, chunk) = (mean.repeat(rows_in_one(transform.channels)), CHUNK * transform.channels);
        for (x, dy) in x.chunks(chunk).zip(dy.chunks(chunk)) {
            for (range, width) in widened(x.len(), transform.channels) {
                let (x, dy) = (&x[range.clone()], &dy[range]);
                run_with::<C, _>(Reduce { transform, x, dy, mean: &mean, width, sums });
            }
        }
    }
}

impl<C: ActivationCurve> WithSimd for WithCurve<C, Reduce<'_>> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (width, mut block) = (self.0.width, 0);
        while block < width {
            if width - block >= GROUP * S::F32_LANES {
                self.add::<S, GROUP>(simd, block);
                block += GROUP * S::F32_LANES;
            } else {
                self.add::<S, 1>(simd, block);
                block += S::F32_LANES;
            }
        }
    }
}

impl<C: ActivationCurve> WithCurve<C, Reduce<'_>> {
    /// Adds `N` vectors of columns.
    #[inline(always)]
    fn add<S: Simd, const N: usize>(&mut self, simd: S, block: usize) {
        let Reduce { transform: InputTransform { scale, shift, .. }, x, dy, mean, width, ref mut sums } = self.0;
        let mut found = [[simd.splat_f32s(0.0); 2]; N];
        let load = |slice: &[f32], n: usize| {
            let slice = &slice[block + n * S::F32_LANES..];
            if N == GROUP { load_full::<S>(slice) } else { load(simd, slice) }
        };
        for (x, dy) in x.chunks_exact(width).zip(dy.chunks_exact(width)) {
            for (n, found) in found.iter_mut().enumerate() {
                let (x, dy) = (load(x, n), load(dy, n));
                let z = simd.mul_add_e_f32s(x, load(scale, n), load(shift, n));
                let dz = simd.mul_f32s(dy, C::slope(simd, z));
                let centred = simd.sub_f32s(x, load(mean, n));
                *found = [simd.add_f32s(found[0], dz), simd.mul_add_e_f32s(dz, centred, found[1])];
            }
        }
        for (n, found) in found.into_iter().enumerate() {
            let at = block + n * S::F32_LANES;
            sums.add_lanes(simd, found, S::F32_LANES.min(width - at), at);
        }
    }
}

struct InputGradient<'a> {
    transform: &'a InputTransform,
    x: &'a [f32],
    dy: &'a mut [f32],
    a: &'a [f32],
    b: &'a [f32],
}

impl ActivationTask for InputGradient<'_> {
    type Output = ();
    fn with<C: ActivationCurve>(self) {
        run_with::<C, _>(self);
    }
}

impl<C: ActivationCurve> WithSimd for WithCurve<C, InputGradient<'_>> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let InputGradient { transform: InputTransform { scale, shift, .. }, x, dy, a, b } = self.0;
        let gradient = |x, dy, [scale, shift, a, b]: [S::f32s; 4]| {
            let dz = simd.mul_f32s(dy, C::slope(simd, simd.mul_add_e_f32s(x, scale, shift)));
            simd.mul_add_e_f32s(scale, dz, simd.mul_add_e_f32s(a, x, b))
        };
        let [scales, shifts, a, b] =
            [S::as_simd_f32s(scale).0, S::as_simd_f32s(shift).0, S::as_simd_f32s(a).0, S::as_simd_f32s(b).0];
        for (x, dy) in x.chunks(scale.len()).zip(dy.chunks_mut(scale.len())) {
            let ((x, x_rest), (dy, dy_rest)) = (S::as_simd_f32s(x), S::as_mut_simd_f32s(dy));
            let parameters = scales.iter().zip(shifts).zip(a.iter().zip(b));
            for ((x, dy), ((scale, shift), (a, b))) in x.iter().zip(&mut *dy).zip(parameters) {
                *dy = gradient(*x, *dy, [*scale, *shift, *a, *b]);
            }
            if let Some(scale) = scales.get(x.len()) {
                let (at, rest) = (x.len(), simd.partial_load_f32s(dy_rest));
                let found = gradient(simd.partial_load_f32s(x_rest), rest, [*scale, shifts[at], a[at], b[at]]);
                simd.partial_store_f32s(dy_rest, found);
            }
        }
    }
}
