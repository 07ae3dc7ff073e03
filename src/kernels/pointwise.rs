//! Products of a tall matrix with a small one: 1x1 convolutions in channels-last order.
//!
//! A feature map `[batch, height, width, channels]` is a matrix of `rows = batch * height * width` by `channels`. Loop
//! order: parts of the rows (threads), chunks of rows that stay in the second-level cache from the first use to the
//! last, register tiles of 8 rows by one or two vectors of columns, the inner dimension. A chunk is normalised,
//! multiplied and its statistics are added up; backward, both gradients and the sums that batch norm needs are
//! computed. The weights stay in cache, so nothing is packed.

use pulp::{Simd, WithSimd};

use super::buffers;
use super::conv_gradients::{ConvGradients, FusedNorm};
use super::norm::InputTransform;
use super::simd::{in_parts, load, run, store};
use super::statistics::{ChannelStatistics, ChannelSums};

/// Rows of a register tile.
const TILE: usize = 8;
/// Values of the wider side of a chunk (128 KiB).
const CHUNK: usize = 1 << 15;

/// Rows of a chunk, a whole number of tiles.
fn chunk_rows(inner: usize, cols: usize) -> usize {
    (CHUNK / inner.max(cols) / TILE * TILE).max(TILE)
}

/// Multiplies `transform(x)[rows, inner]` by `w[inner, cols]`; returns the product `[rows, cols]` and the statistics of
/// its columns.
pub(super) fn forward(
    x: &[f32],
    transform: Option<&InputTransform>,
    w: &[f32],
    inner: usize,
) -> (Vec<f32>, ChannelStatistics) {
    let (rows, cols) = (x.len() / inner, w.len() / inner);
    let chunk = chunk_rows(inner, cols);
    let mut y = buffers::take(rows * cols);
    let parts = in_parts(&mut y, rows, rows * w.len(), |range, y| {
        let (mut seen, mut sums) = (TransformedRows::new(transform), ChannelSums::zero(cols));
        let x = &x[range.start * inner..range.end * inner];
        for (x, y) in x.chunks(chunk * inner).zip(y.chunks_mut(chunk * cols)) {
            run(Multiply { x: OverlappingRows::dense(seen.of(x), inner), w, y, cols });
            sums.add_moments(y);
        }
        sums
    });
    (y, ChannelStatistics::new(&ChannelSums::total(cols, parts), rows))
}

/// Gradients of [`forward`] from the gradient `dy[rows, cols]`; that of the input only where `wanted`.
pub(super) fn backward(
    x: &[f32],
    transform: Option<FusedNorm<'_>>,
    w: &[f32],
    dy: &[f32],
    inner: usize,
    wanted: bool,
) -> ConvGradients {
    let (rows, cols) = (x.len() / inner, w.len() / inner);
    let chunk = chunk_rows(inner, cols);
    let flipped = transpose(w, inner, cols);
    let mut dx = buffers::take(if wanted { x.len() } else { 0 });
    let parts = in_parts(&mut dx, rows, 2 * rows * w.len(), |range, dx| {
        let (mut seen, mut sums, mut dw) =
            (TransformedRows::new(transform.map(|n| n.transform)), ChannelSums::zero(inner), vec![0.0; w.len()]);
        let (x, dy) = (&x[range.start * inner..range.end * inner], &dy[range.start * cols..range.end * cols]);
        let mut dx = dx.chunks_mut(chunk * inner);
        for (x, dy) in x.chunks(chunk * inner).zip(dy.chunks(chunk * cols)) {
            run(Outer { x: OverlappingRows::dense(seen.of(x), inner), dy, dw: &mut dw, cols });
            let Some(dx) = dx.next() else { continue };
            run(Multiply { x: OverlappingRows::dense(dy, cols), w: &flipped, y: dx, cols: inner });
            if let Some(FusedNorm { transform, statistics }) = transform {
                transform.add_gradients(x, dx, statistics, &mut sums);
            }
        }
        (dw, sums)
    });
    ConvGradients::new(x, transform, wanted.then_some(dx), parts)
}

/// Transposes `w[inner, cols]` to `[cols, inner]`.
pub(super) fn transpose(w: &[f32], inner: usize, cols: usize) -> Vec<f32> {
    let mut flipped = vec![0.0; w.len()];
    for (i, row) in w.chunks_exact(cols).enumerate() {
        for (j, &value) in row.iter().enumerate() {
            flipped[j * inner + i] = value;
        }
    }
    flipped
}

/// Working memory for the transformed rows of one chunk after another; without a transform, rows pass through.
struct TransformedRows<'a>(Option<(&'a InputTransform, Vec<f32>)>);

impl<'a> TransformedRows<'a> {
    fn new(transform: Option<&'a InputTransform>) -> Self {
        Self(transform.map(|transform| (transform, Vec::new())))
    }

    /// Transformed rows of `x`.
    fn of<'b>(&'b mut self, x: &'b [f32]) -> &'b [f32] {
        let Some((transform, seen)) = &mut self.0 else { return x };
        seen.resize(seen.len().max(x.len()), 0.0);
        transform.apply(x, &mut seen[..x.len()]);
        &seen[..x.len()]
    }
}

/// A matrix whose rows consist of a few runs of values each and may overlap.
#[derive(Clone, Copy)]
pub(super) struct OverlappingRows<'a> {
    /// Values, from the first of row 0 on.
    pub values: &'a [f32],
    /// Distance from one row to the next.
    pub step: usize,
    /// Number of runs of a row.
    pub runs: usize,
    /// Distance from one run to the next.
    pub run_step: usize,
    /// Number of values of a run.
    pub run: usize,
}

impl<'a> OverlappingRows<'a> {
    /// Contiguous rows of `inner` values.
    pub(super) fn dense(values: &'a [f32], inner: usize) -> Self {
        Self { values, step: inner, runs: 1, run_step: 0, run: inner }
    }
}

/// Matrix product `y[rows, cols] = x[rows, inner] * w[inner, cols]`.
pub(super) struct Multiply<'a> {
    pub x: OverlappingRows<'a>,
    pub w: &'a [f32],
    pub y: &'a mut [f32],
    pub cols: usize,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, w, y, cols } = self;
        let full = S::F32_LANES;
        for (index, y) in y.chunks_mut(TILE * cols).enumerate() {
            let x = OverlappingRows { values: &x.values[index * TILE * x.step..], ..x };
            let mut col = 0;
            while col < cols {
                let left = cols - col;
                if y.len() == TILE * cols && left >= 2 * full && S::REGISTER_COUNT > 16 {
                    tile::<S, TILE, 2>(simd, x, &w[col..], &mut y[col..], cols, full);
                    col += 2 * full;
                } else {
                    let lanes = left.min(full);
                    if y.len() == TILE * cols {
                        tile::<S, TILE, 1>(simd, x, &w[col..], &mut y[col..], cols, lanes);
                    } else {
                        for (row, y) in y.chunks_mut(cols).enumerate() {
                            let x = OverlappingRows { values: &x.values[row * x.step..], ..x };
                            tile::<S, 1, 1>(simd, x, &w[col..], &mut y[col..], cols, lanes);
                        }
                    }
                    col += lanes;
                }
            }
        }
    }
}

/// Register tile of `ROWS` rows by `VECS` vectors of columns; `w` and `y` begin at its first column. Two vectors are
/// always full.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize, const VECS: usize>(
    simd: S,
    x: OverlappingRows<'_>,
    w: &[f32],
    y: &mut [f32],
    cols: usize,
    lanes: usize,
) {
    let mut sums = [[simd.splat_f32s(0.0); VECS]; ROWS];
    for run in 0..x.runs {
        let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &x.values[row * x.step + run * x.run_step..][..x.run]);
        let w = &w[run * x.run * cols..];
        for k in 0..x.run {
            let w = &w[k * cols..];
            let weights: [S::f32s; VECS] = std::array::from_fn(|v| load(simd, &w[v * S::F32_LANES..]));
            for (x, sums) in rows.iter().zip(&mut sums) {
                let value = simd.splat_f32s(x[k]);
                for (sum, &weights) in sums.iter_mut().zip(&weights) {
                    *sum = simd.mul_add_e_f32s(value, weights, *sum);
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            store(simd, &mut y[row * cols + v * S::F32_LANES..], lanes, sum);
        }
    }
}

/// Adds `x[rows, inner]^T * dy[rows, cols]` to `dw[inner, cols]`: the gradient of the weights of [`Multiply`].
pub(super) struct Outer<'a> {
    pub x: OverlappingRows<'a>,
    pub dy: &'a [f32],
    pub dw: &'a mut [f32],
    pub cols: usize,
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, dy, dw, cols } = self;
        let full = S::F32_LANES;
        let mut col = 0;
        while col < cols {
            let left = cols - col;
            let two = left >= 2 * full && S::REGISTER_COUNT > 16;
            let lanes = left.min(full);
            for run in 0..x.runs {
                let mut k = 0;
                while k < x.run {
                    let eight = x.run - k >= TILE;
                    let place = (run * x.run + k) * cols + col;
                    let (x, dy, dw) = (&x.values[run * x.run_step + k..], &dy[col..], &mut dw[place..]);
                    match (eight, two) {
                        (true, true) => outer_tile::<S, TILE, 2>(simd, x, self.x.step, dy, dw, cols, full),
                        (true, false) => outer_tile::<S, TILE, 1>(simd, x, self.x.step, dy, dw, cols, lanes),
                        (false, true) => outer_tile::<S, 1, 2>(simd, x, self.x.step, dy, dw, cols, full),
                        (false, false) => outer_tile::<S, 1, 1>(simd, x, self.x.step, dy, dw, cols, lanes),
                    }
                    k += if eight { TILE } else { 1 };
                }
            }
            col += if two { 2 * full } else { lanes };
        }
    }
}

/// Adds the sum over rows, `step` apart, of `KS` inputs by `VECS` vectors of output gradients to `dw`. All slices begin
/// at the tile.
#[inline(always)]
fn outer_tile<S: Simd, const KS: usize, const VECS: usize>(
    simd: S,
    x: &[f32],
    step: usize,
    dy: &[f32],
    dw: &mut [f32],
    cols: usize,
    lanes: usize,
) {
    let mut sums = [[simd.splat_f32s(0.0); VECS]; KS];
    for row in 0..dy.len().div_ceil(cols) {
        let (x, dy) = (&x[row * step..][..KS], &dy[row * cols..]);
        let grads: [S::f32s; VECS] = std::array::from_fn(|v| load(simd, &dy[v * S::F32_LANES..]));
        for (sums, &x) in sums.iter_mut().zip(x) {
            let value = simd.splat_f32s(x);
            for (sum, &grads) in sums.iter_mut().zip(&grads) {
                *sum = simd.mul_add_e_f32s(value, grads, *sum);
            }
        }
    }
    for (k, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            let place = &mut dw[k * cols + v * S::F32_LANES..];
            let before = load(simd, place);
            store(simd, place, lanes, simd.add_f32s(before, sum));
        }
    }
}
