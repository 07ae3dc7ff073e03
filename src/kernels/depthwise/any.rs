//! Depthwise filters of any side and stride: the plain loops that [`super::fixed`] falls back to.
//!
//! Vectorised over channels; one window at a time, one tap after the other, so slower than filters of constant size.
//! Both add up a window in the same order, so that their results are equal.

use pulp::{Simd, WithSimd};

use super::super::simd::{WIDEST, load, store};
use super::layout::{DepthwiseFilter, WeightGradient};

/// A filter whose side and stride are known only at run time.
pub(super) struct AnyFilter<'a> {
    pub(super) filter: DepthwiseFilter<'a>,
    pub(super) stride: usize,
}

impl WithSimd for AnyFilter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let DepthwiseFilter { tile, first, weights, y, to } = self.filter;
        let (side, pitch, per) = (weights.side, tile.cols(), WIDEST / S::F32_LANES);
        let weights = S::as_simd_f32s(&weights.values).0;
        for row in 0..to.rows {
            for at in (0..to.channels).step_by(S::F32_LANES) {
                let (block, sub) = (at / WIDEST, at % WIDEST / S::F32_LANES);
                let lanes = S::F32_LANES.min(to.channels - at);
                let cells = &S::as_simd_f32s(tile.cells(block)).0[sub..];
                let weights = &weights[block * side * side * per + sub..];
                for col in 0..to.cols {
                    let start = (first[0] + row * self.stride) * pitch + first[1] + col * self.stride;
                    let mut sum = simd.splat_f32s(0.0);
                    for tap in 0..side * side {
                        let cell = cells[(start + tap / side * pitch + tap % side) * per];
                        sum = simd.mul_add_e_f32s(cell, weights[tap * per], sum);
                    }
                    store(simd, &mut y[to.start + row * to.row_step + col * to.col_step + at..], lanes, sum);
                }
            }
        }
    }
}

/// A weight gradient whose side and stride are known only at run time.
pub(super) struct AnyWeightGradient<'a>(pub(super) WeightGradient<'a>);

impl WithSimd for AnyWeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let WeightGradient { tile, grads, dw, geometry, block } = self.0;
        let per = WIDEST / S::F32_LANES;
        let (side, stride, padding) = (geometry.kernel, geometry.stride, geometry.padding());
        let channels = WIDEST.min(geometry.channels - block);
        for sub in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - sub);
            let cells = &S::as_simd_f32s(tile.cells(block / WIDEST)).0[sub / S::F32_LANES..];
            let grad_cells = &S::as_simd_f32s(grads.cells(block / WIDEST)).0[sub / S::F32_LANES..];
            for tap in 0..side * side {
                let mut sum = simd.splat_f32s(0.0);
                for row in 0..geometry.out_height() {
                    let cells = &cells[((row * stride + tap / side) * tile.cols() + tap % side) * per..];
                    let grads = &grad_cells[((row + padding) * grads.cols() + padding) * per..];
                    for col in 0..geometry.out_width() {
                        sum = simd.mul_add_e_f32s(cells[col * stride * per], grads[col * per], sum);
                    }
                }
                let place = &mut dw[tap * geometry.channels + block + sub..];
                let before = load(simd, place);
                store(simd, place, lanes, simd.add_f32s(before, sum));
            }
        }
    }
}
