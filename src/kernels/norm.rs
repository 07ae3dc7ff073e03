//! Batch norm and activation, in channels-last order.
//!
//! Training: statistics of this batch, `y = act(gamma * (x - mean) / sqrt(var + eps) + beta)`. Evaluation: the same with
//! given statistics. No running statistics are kept: a supernet recalibrates before each evaluation.
//!
//! Everything here works on a few rows at a time that lie in cache, so that convolutions can normalise what they read and add
//! up what they write. Sums keep a vector of channels in registers while rows go by; other passes follow memory. Where the
//! channels are no multiple of a vector, several rows are taken as one long one.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::activation::{Activation, Curve, Dispatch};
use super::buffers;
use super::simd::{WIDEST, in_parts, load, run, store};

/// Added to variances.
pub const EPSILON: f32 = 1e-5;
/// Rows taken at once: sums within them are single precision, sums of them double.
const CHUNK: usize = 512;

/// Two sums per channel, in double precision.
#[derive(Debug, Clone)]
pub struct Sums([Vec<f64>; 2]);

impl Sums {
    pub(super) fn zero(channels: usize) -> Self {
        Self([vec![0.0; channels], vec![0.0; channels]])
    }

    /// Adds up parts in their order.
    pub(super) fn total(channels: usize, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut total = Self::zero(channels);
        for part in parts {
            for (total, part) in total.0.iter_mut().zip(part.0) {
                for (total, part) in total.iter_mut().zip(part) {
                    *total += part;
                }
            }
        }
        total
    }

    /// Adds the sums and the sums of squares over `x[rows, channels]`.
    pub(super) fn add_moments(&mut self, x: &[f32]) {
        let channels = self.0[0].len();
        for x in x.chunks(CHUNK * channels) {
            for (range, width) in widened(x.len(), channels) {
                run(Moments { x: &x[range], width, sums: self });
            }
        }
    }

    /// Adds a vector of partial sums whose first lane is channel `channel`, modulo the channels.
    #[inline(always)]
    fn add_lanes<S: Simd>(&mut self, simd: S, values: [S::f32s; 2], lanes: usize, channel: usize) {
        let mut buffer = [0.0_f32; WIDEST];
        for (values, sums) in values.into_iter().zip(&mut self.0) {
            store(simd, &mut buffer, lanes, values);
            let mut channel = channel % sums.len();
            for &value in &buffer[..lanes] {
                sums[channel] += f64::from(value);
                channel = if channel + 1 == sums.len() { 0 } else { channel + 1 };
            }
        }
    }
}

/// Rows as few as make a whole number of the widest vectors.
fn rows_in_one(channels: usize) -> usize {
    WIDEST / (1 << channels.trailing_zeros().min(WIDEST.trailing_zeros()))
}

/// The values of some rows as long rows, with their width, and then the rows left over.
fn widened(len: usize, channels: usize) -> [(std::ops::Range<usize>, usize); 2] {
    let wide = channels * rows_in_one(channels);
    let body = len - len % wide;
    [(0..body, wide), (body..len, channels)]
}

/// Mean and variance of each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// `[channels]`
    pub mean: Vec<f32>,
    /// `[channels]`, biased.
    pub variance: Vec<f32>,
}

impl Statistics {
    pub(super) fn new(sums: &Sums, rows: usize) -> Self {
        let count = rows as f64;
        let variance = |(sum, square): (&f64, &f64)| (square / count - (sum / count).powi(2)).max(0.0) as f32;
        Self {
            variance: sums.0[0].iter().zip(&sums.0[1]).map(variance).collect(),
            mean: sums.0[0].iter().map(|sum| (sum / count) as f32).collect(),
        }
    }

    /// Of `x[rows, channels]`.
    pub fn of(x: &[f32], channels: usize) -> Self {
        let rows = x.len() / channels;
        // Nothing is written: the parts of no values only carry their ranges.
        let parts = in_parts(&mut [], rows, |range, _| {
            let mut sums = Sums::zero(channels);
            sums.add_moments(&x[range.start * channels..range.end * channels]);
            sums
        });
        Self::new(&Sums::total(channels, parts), rows)
    }
}

/// `act(scale * x + shift)` per channel: what an operation sees of its input `x`.
#[derive(Debug, Clone)]
pub struct Front {
    /// As long as the rows that are taken as one.
    scale: Vec<f32>,
    shift: Vec<f32>,
    channels: usize,
    activation: Activation,
}

impl Front {
    /// A given scale and shift.
    pub fn given(scale: &[f32], shift: &[f32], activation: Activation) -> Self {
        let repeat = rows_in_one(scale.len());
        Self { scale: scale.repeat(repeat), shift: shift.repeat(repeat), channels: scale.len(), activation }
    }

    /// What batch norm amounts to.
    pub fn normalising(statistics: &Statistics, gamma: &[f32], beta: &[f32], activation: Activation) -> Self {
        let scale: Vec<f32> = gamma.iter().zip(&statistics.variance).map(|(g, v)| g / (v + EPSILON).sqrt()).collect();
        let shift: Vec<f32> = beta.iter().zip(&scale).zip(&statistics.mean).map(|((b, s), m)| b - m * s).collect();
        Self::given(&scale, &shift, activation)
    }

    /// Nothing: `x` itself.
    pub fn none(channels: usize) -> Self {
        Self::given(&vec![1.0; channels], &vec![0.0; channels], Activation::None)
    }

    pub(super) fn activation(&self) -> Activation {
        self.activation
    }

    /// Scale and shift `[channels]`, with at least a vector of channels where there are fewer.
    pub(super) fn channels(&self) -> (&[f32], &[f32]) {
        (&self.scale, &self.shift)
    }

    /// Writes what is seen of some rows `x` to `y`.
    pub fn apply(&self, x: &[f32], y: &mut [f32]) {
        self.activation.dispatch(Apply { front: self, x, y });
    }

    /// The same over all rows, in parallel.
    pub fn apply_all(&self, x: &[f32], y: &mut [f32]) {
        let (rows, width) = (x.len() / self.channels, self.channels);
        in_parts(y, rows, |range, y| self.apply(&x[range.start * width..range.end * width], y));
    }

    /// Adds to `sums`, over some rows, those of `dz = dy * act'(z)` and of `dz * (x - mean)`.
    pub(super) fn add_gradients(&self, x: &[f32], dy: &[f32], statistics: &Statistics, sums: &mut Sums) {
        self.activation.dispatch(Reduce { front: self, x, dy, mean: &statistics.mean, sums });
    }

    /// Turns `dy`, the gradient of what is seen of all of `x`, into the gradient of `x`, given the sums of
    /// [`Self::add_gradients`]; returns gamma's and beta's.
    ///
    /// With `z = scale * x + shift` and `dz = dy * act'(z)`: beta's gradient is the sum of dz, gamma's the sum of `dz * xhat`,
    /// and `dx = scale * (dz - mean(dz) - xhat * mean(dz * xhat))`, which is `scale * dz + a * x + b` with a, b per channel.
    pub(super) fn finish_gradient(
        &self,
        x: &[f32],
        dy: &mut [f32],
        statistics: &Statistics,
        sums: &Sums,
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
        in_parts(dy, rows, |range, dy| {
            let x = &x[range.start * channels..range.end * channels];
            self.activation.dispatch(InputGradient { front: self, x, dy, a: &a, b: &b });
        });
        (gamma, sums.0[0].iter().map(|&sum| sum as f32).collect())
    }
}

/// Gradients of batch norm with activation: of `x[rows, channels]`, of gamma and of beta.
pub fn backward(x: &[f32], dy: &[f32], statistics: &Statistics, front: &Front) -> [Vec<f32>; 3] {
    let channels = front.channels;
    let mut dx = buffers::take(x.len());
    let parts = in_parts(&mut dx, x.len() / channels, |range, dx| {
        let range = range.start * channels..range.end * channels;
        dx.copy_from_slice(&dy[range.clone()]);
        let mut sums = Sums::zero(channels);
        front.add_gradients(&x[range], dx, statistics, &mut sums);
        sums
    });
    let (gamma, beta) = front.finish_gradient(x, &mut dx, statistics, &Sums::total(channels, parts));
    [dx, gamma, beta]
}

/// A vector operation for one activation.
struct With<C, T>(T, PhantomData<C>);

fn run_with<C: Curve, T>(what: T)
where
    With<C, T>: WithSimd<Output = ()>,
{
    run(With::<C, T>(what, PhantomData));
}

/// Adds sums and sums of squares over rows.
struct Moments<'a> {
    x: &'a [f32],
    width: usize,
    sums: &'a mut Sums,
}

impl WithSimd for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, width, sums } = self;
        for block in (0..width).step_by(S::F32_LANES) {
            let mut found = [simd.splat_f32s(0.0); 2];
            for row in x.chunks_exact(width) {
                let x = load(simd, &row[block..]);
                found = [simd.add_f32s(found[0], x), simd.mul_add_e_f32s(x, x, found[1])];
            }
            sums.add_lanes(simd, found, S::F32_LANES.min(width - block), block);
        }
    }
}

struct Apply<'a> {
    front: &'a Front,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Dispatch for Apply<'_> {
    type Output = ();
    fn with<C: Curve>(self) {
        run_with::<C, _>(self);
    }
}

impl<C: Curve> WithSimd for With<C, Apply<'_>> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Apply { front: Front { scale, shift, .. }, x, y } = self.0;
        for (x, y) in x.chunks(scale.len()).zip(y.chunks_mut(scale.len())) {
            let parameters = scale.chunks(S::F32_LANES).zip(shift.chunks(S::F32_LANES));
            let values = x.chunks(S::F32_LANES).zip(y.chunks_mut(S::F32_LANES));
            for ((x, y), (scale, shift)) in values.zip(parameters) {
                let z = simd.mul_add_e_f32s(load(simd, x), load(simd, scale), load(simd, shift));
                store(simd, y, x.len(), C::value(simd, z));
            }
        }
    }
}

struct Reduce<'a> {
    front: &'a Front,
    x: &'a [f32],
    dy: &'a [f32],
    mean: &'a [f32],
    sums: &'a mut Sums,
}

impl Dispatch for Reduce<'_> {
    type Output = ();
    fn with<C: Curve>(self) {
        let Reduce { front, x, dy, mean, sums } = self;
        let (mean, chunk) = (mean.repeat(rows_in_one(front.channels)), CHUNK * front.channels);
        for (x, dy) in x.chunks(chunk).zip(dy.chunks(chunk)) {
            for (range, width) in widened(x.len(), front.channels) {
                let (x, dy) = (&x[range.clone()], &dy[range]);
                run_with::<C, _>((Reduce { front, x, dy, mean: &mean, sums }, width));
            }
        }
    }
}

impl<C: Curve> WithSimd for With<C, (Reduce<'_>, usize)> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (Reduce { front, x, dy, mean, sums }, width) = self.0;
        for block in (0..width).step_by(S::F32_LANES) {
            let [scale, shift, mean] = [&front.scale, &front.shift, mean].map(|list| load(simd, &list[block..]));
            let mut found = [simd.splat_f32s(0.0); 2];
            for (x, dy) in x.chunks_exact(width).zip(dy.chunks_exact(width)) {
                let (x, dy) = (load(simd, &x[block..]), load(simd, &dy[block..]));
                let dz = simd.mul_f32s(dy, C::slope(simd, simd.mul_add_e_f32s(x, scale, shift)));
                found = [simd.add_f32s(found[0], dz), simd.mul_add_e_f32s(dz, simd.sub_f32s(x, mean), found[1])];
            }
            sums.add_lanes(simd, found, S::F32_LANES.min(width - block), block);
        }
    }
}

struct InputGradient<'a> {
    front: &'a Front,
    x: &'a [f32],
    dy: &'a mut [f32],
    a: &'a [f32],
    b: &'a [f32],
}

impl Dispatch for InputGradient<'_> {
    type Output = ();
    fn with<C: Curve>(self) {
        run_with::<C, _>(self);
    }
}

impl<C: Curve> WithSimd for With<C, InputGradient<'_>> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let InputGradient { front: Front { scale, shift, .. }, x, dy, a, b } = self.0;
        for (x, dy) in x.chunks(scale.len()).zip(dy.chunks_mut(scale.len())) {
            for (at, (x, dy)) in x.chunks(S::F32_LANES).zip(dy.chunks_mut(S::F32_LANES)).enumerate() {
                let at = at * S::F32_LANES;
                let (seen, scale) = (load(simd, x), load(simd, &scale[at..]));
                let z = simd.mul_add_e_f32s(seen, scale, load(simd, &shift[at..]));
                let dz = simd.mul_f32s(load(simd, dy), C::slope(simd, z));
                let rest = simd.mul_add_e_f32s(load(simd, &a[at..]), seen, load(simd, &b[at..]));
                store(simd, dy, x.len(), simd.mul_add_e_f32s(scale, dz, rest));
            }
        }
    }
}
