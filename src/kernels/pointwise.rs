//! Products of a tall matrix with a small one: 1x1 convolutions in channels-last order, and what im2col makes of others.
//!
//! A feature map `[batch, height, width, channels]` is a matrix of `rows = batch * height * width` by `channels`. The small
//! matrix (weights) stays in cache, so nothing is packed: a tile of 8 rows by one or two vectors of columns is kept in
//! registers while the inner dimension runs. Rows are shared out among threads in fixed chunks.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::simd::{PARTS, load, part_of, run, store, sum_parts};

/// Rows of a register tile.
const TILE: usize = 8;
/// Rows a task takes at once; a chunk's operands stay in the second-level cache.
const CHUNK: usize = 512;

/// `[rows, cols] = x[rows, inner] * w[inner, cols]`.
pub fn multiply(x: &[f32], w: &[f32], inner: usize, cols: usize) -> Vec<f32> {
    let rows = x.len() / inner;
    let mut y = vec![0.0; rows * cols];
    y.par_chunks_mut(CHUNK * cols)
        .zip(x.par_chunks(CHUNK * inner))
        .for_each(|(y, x)| run(Multiply { x, w, y, inner, cols }));
    y
}

/// `w[inner, cols]` turned into `[cols, inner]`.
pub fn transpose(w: &[f32], inner: usize, cols: usize) -> Vec<f32> {
    let mut turned = vec![0.0; w.len()];
    for (i, row) in w.chunks_exact(cols).enumerate() {
        for (j, &value) in row.iter().enumerate() {
            turned[j * inner + i] = value;
        }
    }
    turned
}

/// `[inner, cols] = x[rows, inner]^T * dy[rows, cols]`: the gradient of the weights of [`multiply`].
pub fn weight_gradient(x: &[f32], dy: &[f32], inner: usize, cols: usize) -> Vec<f32> {
    let rows = x.len() / inner;
    let part = |part: usize| {
        let mut dw = vec![0.0; inner * cols];
        let range = part_of(rows, part);
        let (x, dy) = (&x[range.start * inner..range.end * inner], &dy[range.start * cols..range.end * cols]);
        for (x, dy) in x.chunks(CHUNK / 2 * inner).zip(dy.chunks(CHUNK / 2 * cols)) {
            run(Outer { x, dy, dw: &mut dw, inner, cols });
        }
        dw
    };
    sum_parts((0..PARTS).into_par_iter().map(part).collect())
}

struct Multiply<'a> {
    x: &'a [f32],
    w: &'a [f32],
    y: &'a mut [f32],
    inner: usize,
    cols: usize,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, w, y, inner, cols } = self;
        let full = S::F32_LANES;
        for (x, y) in x.chunks(TILE * inner).zip(y.chunks_mut(TILE * cols)) {
            let mut col = 0;
            while col < cols {
                let left = cols - col;
                if x.len() == TILE * inner && left >= 2 * full && full == 16 {
                    tile::<S, TILE, 2>(simd, x, &w[col..], &mut y[col..], inner, cols, full);
                    col += 2 * full;
                } else {
                    let lanes = left.min(full);
                    if x.len() == TILE * inner {
                        tile::<S, TILE, 1>(simd, x, &w[col..], &mut y[col..], inner, cols, lanes);
                    } else {
                        for (x, y) in x.chunks(inner).zip(y.chunks_mut(cols)) {
                            tile::<S, 1, 1>(simd, x, &w[col..], &mut y[col..], inner, cols, lanes);
                        }
                    }
                    col += lanes;
                }
            }
        }
    }
}

/// `ROWS` rows by `VECS` vectors of columns; `w` and `y` begin at the first column. Two vectors are always full ones.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize, const VECS: usize>(
    simd: S,
    x: &[f32],
    w: &[f32],
    y: &mut [f32],
    inner: usize,
    cols: usize,
    lanes: usize,
) {
    let mut sums = [[simd.splat_f32s(0.0); VECS]; ROWS];
    for k in 0..inner {
        let w = &w[k * cols..];
        let mut weights = [simd.splat_f32s(0.0); VECS];
        for (v, weights) in weights.iter_mut().enumerate() {
            *weights = load(simd, &w[v * S::F32_LANES..], lanes);
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            let value = simd.splat_f32s(x[row * inner + k]);
            for (sum, &weights) in sums.iter_mut().zip(&weights) {
                *sum = simd.mul_add_e_f32s(value, weights, *sum);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            store(simd, &mut y[row * cols + v * S::F32_LANES..], lanes, sum);
        }
    }
}

struct Outer<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    dw: &'a mut [f32],
    inner: usize,
    cols: usize,
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, dy, dw, inner, cols } = self;
        let full = S::F32_LANES;
        let mut col = 0;
        while col < cols {
            let left = cols - col;
            let two = left >= 2 * full && full == 16;
            let lanes = left.min(full);
            let mut k = 0;
            while k < inner {
                let eight = inner - k >= TILE;
                let (x, dy, dw) = (&x[k..], &dy[col..], &mut dw[k * cols + col..]);
                match (eight, two) {
                    (true, true) => outer_tile::<S, TILE, 2>(simd, x, dy, dw, inner, cols, full),
                    (true, false) => outer_tile::<S, TILE, 1>(simd, x, dy, dw, inner, cols, lanes),
                    (false, true) => outer_tile::<S, 1, 2>(simd, x, dy, dw, inner, cols, full),
                    (false, false) => outer_tile::<S, 1, 1>(simd, x, dy, dw, inner, cols, lanes),
                }
                k += if eight { TILE } else { 1 };
            }
            col += if two { 2 * full } else { lanes };
        }
    }
}

/// Adds the sum over rows of `KS` inputs by `VECS` vectors of output gradients to `dw`. All slices begin at the tile.
#[inline(always)]
fn outer_tile<S: Simd, const KS: usize, const VECS: usize>(
    simd: S,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
    inner: usize,
    cols: usize,
    lanes: usize,
) {
    let mut sums = [[simd.splat_f32s(0.0); VECS]; KS];
    for (x, dy) in x.chunks(inner).zip(dy.chunks(cols)) {
        let mut grads = [simd.splat_f32s(0.0); VECS];
        for (v, grads) in grads.iter_mut().enumerate() {
            *grads = load(simd, &dy[v * S::F32_LANES..], lanes);
        }
        let x = &x[..KS];
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
            let before = load(simd, place, lanes);
            store(simd, place, lanes, simd.add_f32s(before, sum));
        }
    }
}
