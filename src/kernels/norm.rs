//! Batch norm and activation in one pass each way, in channels-last order.
//!
//! Training: statistics of this batch, `y = act(gamma * (x - mean) / sqrt(var + eps) + beta)`. Evaluation: the same with
//! given statistics. No running statistics are kept: a supernet recalibrates before each evaluation. Channels are taken one
//! vector at a time, so that sums over rows stay in registers.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::activation::{Activation, Curve, Dispatch};
use super::simd::{PARTS, load, part_of, run, store};

/// Added to variances.
pub const EPSILON: f32 = 1e-5;
/// Rows a task takes at once; sums within a chunk are single precision, sums of chunks double.
const CHUNK: usize = 512;

/// Mean and variance of each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// `[channels]`
    pub mean: Vec<f32>,
    /// `[channels]`, biased.
    pub variance: Vec<f32>,
}

/// Two sums per channel, in double precision.
type Sums = [Vec<f64>; 2];

/// Adds up `part` over fixed parts of the rows, in order.
fn reduce(rows: usize, channels: usize, part: impl Fn(std::ops::Range<usize>, &mut Sums) + Sync) -> Sums {
    let zero = || [vec![0.0; channels], vec![0.0; channels]];
    let parts: Vec<Sums> = (0..PARTS)
        .into_par_iter()
        .map(|index| {
            let (range, mut sums) = (part_of(rows, index), zero());
            for start in range.clone().step_by(CHUNK) {
                part(start..range.end.min(start + CHUNK), &mut sums);
            }
            sums
        })
        .collect();
    let mut total = zero();
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            for (total, part) in total.iter_mut().zip(part) {
                *total += part;
            }
        }
    }
    total
}

/// Mean and biased variance of each channel of `x[rows, channels]`.
pub fn statistics(x: &[f32], channels: usize) -> Statistics {
    let rows = x.len() / channels;
    let [sums, squares] = reduce(rows, channels, |range, sums| {
        run(Moments { x: &x[range.start * channels..range.end * channels], channels, sums });
    });
    let count = rows as f64;
    let variance = |(sum, square): (&f64, &f64)| (square / count - (sum / count).powi(2)).max(0.0) as f32;
    Statistics {
        variance: sums.iter().zip(&squares).map(variance).collect(),
        mean: sums.iter().map(|sum| (sum / count) as f32).collect(),
    }
}

/// Adds sums and sums of squares over rows.
struct Moments<'a> {
    x: &'a [f32],
    channels: usize,
    sums: &'a mut Sums,
}

impl WithSimd for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for block in (0..self.channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(self.channels - block);
            let mut sums = [simd.splat_f32s(0.0); 2];
            for row in self.x.chunks_exact(self.channels) {
                let x = load(simd, &row[block..], lanes);
                sums[0] = simd.add_f32s(sums[0], x);
                sums[1] = simd.mul_add_e_f32s(x, x, sums[1]);
            }
            add_lanes(simd, sums, lanes, block, self.sums);
        }
    }
}

#[inline(always)]
fn add_lanes<S: Simd>(simd: S, values: [S::f32s; 2], lanes: usize, block: usize, sums: &mut Sums) {
    let mut buffer = [0.0_f32; 16];
    for (values, sums) in values.into_iter().zip(sums) {
        store(simd, &mut buffer, lanes, values);
        for (sum, &value) in sums[block..block + lanes].iter_mut().zip(&buffer) {
            *sum += f64::from(value);
        }
    }
}

/// Scale and shift that batch norm amounts to.
pub fn folded(statistics: &Statistics, gamma: &[f32], beta: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> =
        gamma.iter().zip(&statistics.variance).map(|(gamma, variance)| gamma / (variance + EPSILON).sqrt()).collect();
    let shift =
        beta.iter().zip(&scale).zip(&statistics.mean).map(|((beta, scale), mean)| beta - mean * scale).collect();
    (scale, shift)
}

/// `y = act(x * scale + shift)` with one scale and shift per channel.
pub fn scale_shift(x: &[f32], scale: &[f32], shift: &[f32], activation: Activation) -> Vec<f32> {
    struct Apply<'a>(&'a [f32], &'a [f32], &'a [f32]);
    impl Dispatch for Apply<'_> {
        type Output = Vec<f32>;
        fn with<C: Curve>(self) -> Vec<f32> {
            let Self(x, scale, shift) = self;
            let size = CHUNK * scale.len();
            let mut y = vec![0.0; x.len()];
            y.par_chunks_mut(size).zip(x.par_chunks(size)).for_each(|(y, x)| {
                run(ScaleShift::<C> { x, y, scale, shift, curve: std::marker::PhantomData });
            });
            y
        }
    }
    activation.dispatch(Apply(x, scale, shift))
}

struct ScaleShift<'a, C> {
    x: &'a [f32],
    y: &'a mut [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    curve: std::marker::PhantomData<C>,
}

impl<C: Curve> WithSimd for ScaleShift<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.scale.len();
        for block in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - block);
            let (scale, shift) = (load(simd, &self.scale[block..], lanes), load(simd, &self.shift[block..], lanes));
            for (x, y) in self.x.chunks_exact(channels).zip(self.y.chunks_exact_mut(channels)) {
                let z = simd.mul_add_e_f32s(load(simd, &x[block..], lanes), scale, shift);
                store(simd, &mut y[block..], lanes, C::value(simd, z));
            }
        }
    }
}

/// Gradients of batch norm with activation.
#[derive(Debug)]
pub struct Gradients {
    /// Of the input, `[rows, channels]`.
    pub x: Vec<f32>,
    /// Of gamma, `[channels]`.
    pub gamma: Vec<f32>,
    /// Of beta, `[channels]`.
    pub beta: Vec<f32>,
}

/// Input, output gradient and parameters of one backward pass.
#[derive(Clone, Copy)]
struct Pass<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
}

/// Gradients when the statistics were those of the batch itself.
///
/// With `z = scale * x + shift` and `dz = dy * act'(z)`: beta's gradient is the sum of dz, gamma's the sum of `dz * xhat`, and
/// `dx = scale * (dz - mean(dz) - xhat * mean(dz * xhat))`, which is `scale * dz + a * x + b` with a and b per channel.
pub fn backward(
    x: &[f32],
    dy: &[f32],
    statistics: &Statistics,
    gamma: &[f32],
    beta: &[f32],
    activation: Activation,
) -> Gradients {
    struct Apply<'a>(Pass<'a>, &'a Statistics);
    impl Dispatch for Apply<'_> {
        type Output = Gradients;
        fn with<C: Curve>(self) -> Gradients {
            backward_as::<C>(self.0, self.1)
        }
    }
    let (scale, shift) = folded(statistics, gamma, beta);
    activation.dispatch(Apply(Pass { x, dy, scale: &scale, shift: &shift }, statistics))
}

fn backward_as<C: Curve>(pass: Pass<'_>, statistics: &Statistics) -> Gradients {
    let Pass { x, dy, scale, .. } = pass;
    let channels = scale.len();
    let rows = x.len() / channels;
    let [sums, dots] = reduce(rows, channels, |range, sums| {
        let range = range.start * channels..range.end * channels;
        let pass = Pass { x: &x[range.clone()], dy: &dy[range], ..pass };
        run(Reduce::<C> { pass, mean: &statistics.mean, sums, curve: std::marker::PhantomData });
    });
    let count = rows as f64;
    let (mut a, mut b, mut d_gamma) = (vec![0.0; channels], vec![0.0; channels], vec![0.0; channels]);
    for channel in 0..channels {
        let inverse = 1.0 / f64::from(statistics.variance[channel] + EPSILON).sqrt();
        let scale = f64::from(scale[channel]);
        let slope = -scale * dots[channel] * inverse * inverse / count;
        a[channel] = slope as f32;
        b[channel] = (-scale * sums[channel] / count - slope * f64::from(statistics.mean[channel])) as f32;
        d_gamma[channel] = (dots[channel] * inverse) as f32;
    }
    let mut dx = vec![0.0; x.len()];
    let size = CHUNK * channels;
    dx.par_chunks_mut(size).zip(x.par_chunks(size).zip(dy.par_chunks(size))).for_each(|(dx, (x, dy))| {
        run(InputGradient::<C> { pass: Pass { x, dy, ..pass }, dx, a: &a, b: &b, curve: std::marker::PhantomData });
    });
    Gradients { x: dx, gamma: d_gamma, beta: sums.iter().map(|&sum| sum as f32).collect() }
}

/// Adds the sums over rows of dz and of `dz * (x - mean)`.
struct Reduce<'a, C> {
    pass: Pass<'a>,
    mean: &'a [f32],
    sums: &'a mut Sums,
    curve: std::marker::PhantomData<C>,
}

impl<C: Curve> WithSimd for Reduce<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pass { x, dy, scale, shift } = self.pass;
        let channels = scale.len();
        for block in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - block);
            let [scale, shift, mean] = [scale, shift, self.mean].map(|list| load(simd, &list[block..], lanes));
            let mut sums = [simd.splat_f32s(0.0); 2];
            for (x, dy) in x.chunks_exact(channels).zip(dy.chunks_exact(channels)) {
                let (x, dy) = (load(simd, &x[block..], lanes), load(simd, &dy[block..], lanes));
                let dz = simd.mul_f32s(dy, C::slope(simd, simd.mul_add_e_f32s(x, scale, shift)));
                sums[0] = simd.add_f32s(sums[0], dz);
                sums[1] = simd.mul_add_e_f32s(dz, simd.sub_f32s(x, mean), sums[1]);
            }
            add_lanes(simd, sums, lanes, block, self.sums);
        }
    }
}

struct InputGradient<'a, C> {
    pass: Pass<'a>,
    dx: &'a mut [f32],
    a: &'a [f32],
    b: &'a [f32],
    curve: std::marker::PhantomData<C>,
}

impl<C: Curve> WithSimd for InputGradient<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pass { x, dy, scale, shift } = self.pass;
        let channels = scale.len();
        for block in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - block);
            let [scale, shift, a, b] = [scale, shift, self.a, self.b].map(|list| load(simd, &list[block..], lanes));
            let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels));
            for ((x, dy), dx) in rows.zip(self.dx.chunks_exact_mut(channels)) {
                let (x, dy) = (load(simd, &x[block..], lanes), load(simd, &dy[block..], lanes));
                let dz = simd.mul_f32s(dy, C::slope(simd, simd.mul_add_e_f32s(x, scale, shift)));
                let rest = simd.mul_add_e_f32s(a, x, b);
                store(simd, &mut dx[block..], lanes, simd.mul_add_e_f32s(scale, dz, rest));
            }
        }
    }
}
