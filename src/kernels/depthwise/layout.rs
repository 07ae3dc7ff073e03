//! Kernels and images as the depthwise loops read and write them.

use super::super::geometry::ConvGeometry;
use super::super::padded_tile::PaddedTile;
use super::super::simd::WIDEST;

/// Kernels with the channels of a block together: `[blocks, side, side, 16]`.
pub(super) struct BlockedKernel {
    pub(super) values: Vec<f32>,
    pub(super) side: usize,
}

impl BlockedKernel {
    /// Copies tap `(y, x)` of each channel from tap `from(y, x)` of `w[k, k, channels]`; zero where that is outside
    /// `w`.
    pub(super) fn of(w: &[f32], channels: usize, side: usize, from: impl Fn(usize, usize) -> (usize, usize)) -> Self {
        let kernel = (w.len() / channels).isqrt();
        let mut values = vec![0.0; channels.div_ceil(WIDEST) * side * side * WIDEST];
        for (index, own) in values.chunks_mut(WIDEST).enumerate() {
            let (block, tap) = (index / (side * side) * WIDEST, index % (side * side));
            let (y, x) = from(tap / side, tap % side);
            if y >= kernel || x >= kernel {
                continue;
            }
            let lanes = WIDEST.min(channels - block);
            own[..lanes].copy_from_slice(&w[(y * kernel + x) * channels + block..][..lanes]);
        }
        Self { values, side }
    }
}

/// The kernel flipped in both directions, as one phase of the input sees it: at stride s, inputs whose row and column
/// leave the same remainders modulo s gather the output's gradient with the same every-s-th weights.
pub(super) struct FlippedKernel {
    pub(super) weights: BlockedKernel,
    /// Cell of the gradient's tile at which the first window begins.
    pub(super) first: [usize; 2],
    pub(super) to: OutputLayout,
}

impl FlippedKernel {
    /// All phases. Input row `s * q + r` was read at tap `t` by output row `q + (r + p - t) / s` where that is whole,
    /// so at taps `c + s * j` with `c = (r + p) mod s`, by rows that fall as j grows. A phase that no tap reaches (a
    /// kernel smaller than its stride) has weights of zero.
    pub(super) fn all(w: &[f32], geometry: ConvGeometry) -> Vec<Self> {
        let ConvGeometry { height, width, channels, kernel, stride } = geometry;
        let (side, padding) = (kernel.div_ceil(stride), geometry.padding());
        let phase = |at: usize| {
            let tap = (at + padding) % stride;
            (tap, padding + (at + padding - tap) / stride + 1 - side)
        };
        let mut all = Vec::new();
        for (row, col) in (0..stride.min(height)).flat_map(|row| (0..stride.min(width)).map(move |col| (row, col))) {
            let ((tap_y, first_y), (tap_x, first_x)) = (phase(row), phase(col));
            let from = |y, x| (tap_y + stride * (side - 1 - y), tap_x + stride * (side - 1 - x));
            let to = OutputLayout {
                channels,
                rows: (height - row).div_ceil(stride),
                cols: (width - col).div_ceil(stride),
                start: (row * width + col) * channels,
                row_step: stride * width * channels,
                col_step: stride * channels,
            };
            all.push(Self { weights: BlockedKernel::of(w, channels, side, from), first: [first_y, first_x], to });
        }
        all
    }
}

/// Rows, columns and steps of the values that a filter writes, within one image.
#[derive(Clone, Copy)]
pub(super) struct OutputLayout {
    pub(super) channels: usize,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) start: usize,
    pub(super) row_step: usize,
    pub(super) col_step: usize,
}

impl OutputLayout {
    pub(super) fn output(geometry: ConvGeometry) -> Self {
        let (rows, cols) = (geometry.out_height(), geometry.out_width());
        Self {
            channels: geometry.channels,
            rows,
            cols,
            start: 0,
            row_step: cols * geometry.channels,
            col_step: geometry.channels,
        }
    }
}

/// Filters a tile, row by row with all channels of a row before the next.
pub(super) struct DepthwiseFilter<'a> {
    pub(super) tile: &'a PaddedTile,
    /// Cell at which the first window begins.
    pub(super) first: [usize; 2],
    pub(super) weights: &'a BlockedKernel,
    pub(super) y: &'a mut [f32],
    pub(super) to: OutputLayout,
}

/// Adds one image's part of the weights' gradient.
pub(super) struct WeightGradient<'a> {
    pub(super) tile: &'a PaddedTile,
    pub(super) grads: &'a PaddedTile,
    /// `[k, k, channels]`
    pub(super) dw: &'a mut [f32],
    pub(super) geometry: ConvGeometry,
    /// First channel.
    pub(super) block: usize,
}
