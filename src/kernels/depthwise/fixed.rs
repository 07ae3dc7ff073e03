//! Depthwise filters and weight gradients with the window's side and stride as constants: a register tile of
//! neighbouring outputs shares what it reads, and every loop over a window is unrolled.

use pulp::{Simd, WithSimd};

use super::super::padded_tile::TILE;
use super::super::simd::{WIDEST, load, run, store};
use super::any::{AnyFilter, AnyWeightGradient};
use super::layout::{DepthwiseFilter, WeightGradient};

impl DepthwiseFilter<'_> {
    /// Filters with the code for this kernel and stride.
    pub(super) fn run(self, stride: usize) {
        match (self.weights.side, stride) {
            (2, 1) => run(FixedSize::<_, 2, 1>(self)),
            (3, 1) => run(FixedSize::<_, 3, 1>(self)),
            (3, 2) => run(FixedSize::<_, 3, 2>(self)),
            (4, 1) => run(FixedSize::<_, 4, 1>(self)),
            (5, 1) => run(FixedSize::<_, 5, 1>(self)),
            (5, 2) => run(FixedSize::<_, 5, 2>(self)),
            (7, 1) => run(FixedSize::<_, 7, 1>(self)),
            (7, 2) => run(FixedSize::<_, 7, 2>(self)),
            _ => run(AnyFilter { filter: self, stride }),
        }
    }
}

/// A vector operation over windows of side `K` at stride `STRIDE`.
struct FixedSize<T, const K: usize, const STRIDE: usize>(T);

impl<const K: usize, const STRIDE: usize> WithSimd for FixedSize<DepthwiseFilter<'_>, K, STRIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let DepthwiseFilter { tile, first, weights, y, to } = self.0;
        let (pitch, per) = (tile.cols(), WIDEST / S::F32_LANES);
        let weights = S::as_simd_f32s(&weights.values).0;
        let padded = to.channels.next_multiple_of(WIDEST);
        let mut line = vec![0.0; to.cols.next_multiple_of(TILE) * padded];
        for row in 0..to.rows {
            let own = S::as_mut_simd_f32s(&mut line).0;
            for at in (0..to.channels).step_by(S::F32_LANES) {
                let (block, sub) = (at / WIDEST, at % WIDEST / S::F32_LANES);
                let cells = &S::as_simd_f32s(tile.cells(block)).0[sub..];
                let weights = &weights[block * K * K * per + sub..];
                for col in (0..to.cols).step_by(TILE) {
                    let start = (first[0] + row * STRIDE) * pitch + first[1] + col * STRIDE;
                    let sums = window::<S, K, STRIDE>(simd, &cells[start * per..], pitch, weights);
                    for (t, sum) in sums.into_iter().enumerate() {
                        own[(col + t) * padded / S::F32_LANES + at / S::F32_LANES] = sum;
                    }
                }
            }
            let y = &mut y[to.start + row * to.row_step..];
            for (col, line) in line.chunks(padded).take(to.cols).enumerate() {
                y[col * to.col_step..][..to.channels].copy_from_slice(&line[..to.channels]);
            }
        }
    }
}

/// Weighted sums of [`TILE`] neighbouring windows.
#[inline(always)]
fn window<S: Simd, const K: usize, const STRIDE: usize>(
    simd: S,
    cells: &[S::f32s],
    pitch: usize,
    weights: &[S::f32s],
) -> [S::f32s; TILE] {
    let per = WIDEST / S::F32_LANES;
    let mut sums = [simd.splat_f32s(0.0); TILE];
    for y in 0..K {
        let row = &cells[y * pitch * per..][..=((TILE - 1) * STRIDE + K - 1) * per];
        let weights = &weights[y * K * per..][..=(K - 1) * per];
        for x in 0..K {
            for (t, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add_e_f32s(row[(t * STRIDE + x) * per], weights[x * per], *sum);
            }
        }
    }
    sums
}

impl WeightGradient<'_> {
    pub(super) fn run(self) {
        match (self.geometry.kernel, self.geometry.stride) {
            (3, 1) => run(FixedSize::<_, 3, 1>(self)),
            (3, 2) => run(FixedSize::<_, 3, 2>(self)),
            (5, 1) => run(FixedSize::<_, 5, 1>(self)),
            (5, 2) => run(FixedSize::<_, 5, 2>(self)),
            (7, 1) => run(FixedSize::<_, 7, 1>(self)),
            (7, 2) => run(FixedSize::<_, 7, 2>(self)),
            _ => run(AnyWeightGradient(self)),
        }
    }
}

impl<const K: usize, const STRIDE: usize> WithSimd for FixedSize<WeightGradient<'_>, K, STRIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let WeightGradient { tile, grads, dw, geometry, block } = self.0;
        let per = WIDEST / S::F32_LANES;
        let (cells, grad_cells) =
            (S::as_simd_f32s(tile.cells(block / WIDEST)).0, S::as_simd_f32s(grads.cells(block / WIDEST)).0);
        let channels = WIDEST.min(geometry.channels - block);
        for sub in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - sub);
            let (cells, grad_cells) = (&cells[sub / S::F32_LANES..], &grad_cells[sub / S::F32_LANES..]);
            let mut sums = [[simd.splat_f32s(0.0); K]; K];
            for row in 0..geometry.out_height() {
                let grads = &grad_cells[((row + geometry.padding()) * grads.cols() + geometry.padding()) * per..];
                for (y, sums) in sums.iter_mut().enumerate() {
                    let cells = &cells[(row * STRIDE + y) * tile.cols() * per..];
                    *sums = along_row::<S, K, STRIDE>(simd, cells, grads, geometry.out_width(), *sums);
                }
            }
            for (tap, sum) in sums.into_iter().flatten().enumerate() {
                let place = &mut dw[tap * geometry.channels + block + sub..];
                let before = load(simd, place);
                store(simd, place, lanes, simd.add_f32s(before, sum));
            }
        }
    }
}

/// Adds one row of outputs times one row of inputs, shifted by each tap of a row of the kernel.
#[inline(always)]
fn along_row<S: Simd, const K: usize, const STRIDE: usize>(
    simd: S,
    cells: &[S::f32s],
    grads: &[S::f32s],
    width: usize,
    mut sums: [S::f32s; K],
) -> [S::f32s; K] {
    let per = WIDEST / S::F32_LANES;
    for col in (0..width).step_by(TILE) {
        let row = &cells[col * STRIDE * per..][..=((TILE - 1) * STRIDE + K - 1) * per];
        let grads = &grads[col * per..][..=(TILE - 1) * per];
        for t in 0..TILE {
            for (x, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add_e_f32s(row[(t * STRIDE + x) * per], grads[t * per], *sum);
            }
        }
    }
    sums
}
