//! Depthwise convolution in channels-last order: each channel is filtered by its own `k x k` kernel.
//!
//! Each thread takes whole images. An image is copied, normalised on the way, onto a sheet in cache that has zeros around it
//! and 16 channels together: windows are then always inside and read along memory. Main memory is read and written in its own
//! order, rows outermost, channels inside. A register tile of neighbouring outputs shares what it reads. Backward, the
//! output's gradient is laid out the same way and filtered once more for the input; the weights' gradients stay in registers
//! along a row.

use pulp::{Simd, WithSimd};

use super::buffers;
use super::conv::{Gradients, Normed};
use super::norm::Front;
use super::sheet::Sheet;
use super::simd::{WIDEST, in_parts, load, run, store};
use super::slide::Slide;
use super::statistics::{Statistics, Sums};

/// Neighbouring outputs of a register tile.
pub(super) const TILE: usize = 8;

/// Filters `front(x)[batch, height, width, channels]` with `w[k, k, channels]`; also the statistics of the result's channels.
///
/// # Panics
/// Kernels other than 3, 5 and 7, strides other than 1 and 2.
pub fn forward(x: &[f32], front: Option<&Front>, w: &[f32], slide: Slide) -> (Vec<f32>, Statistics) {
    let images = x.len() / slide.image();
    let nothing = Front::none(slide.channels);
    let front = front.unwrap_or(&nothing);
    let taps = Taps::of(w, slide.channels, slide.kernel, |y, x| Some((y, x)));
    let mut y = buffers::take(images * slide.out_image());
    let parts = in_parts(&mut y, images, |range, y| {
        let (mut sums, mut sheet) = (Sums::zero(slide.channels), Sheet::of_input(slide));
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        for (x, y) in x.chunks(slide.image()).zip(y.chunks_mut(slide.out_image())) {
            sheet.lay(x, front);
            Filter { sheet: &sheet, first: [0; 2], taps: &taps, y, to: Target::output(slide) }.run(slide.stride);
            sums.add_moments(y);
        }
        sums
    });
    let sums = Sums::total(slide.channels, parts);
    (y, Statistics::new(&sums, images * slide.out_height() * slide.out_width()))
}

/// Gradients of [`forward`] from the gradient `dy` of its output.
///
/// # Panics
/// Kernels other than 3, 5 and 7, strides other than 1 and 2.
pub fn backward(x: &[f32], norm: Option<Normed<'_>>, w: &[f32], dy: &[f32], slide: Slide) -> Gradients {
    let images = x.len() / slide.image();
    let nothing = Front::none(slide.channels);
    let front = norm.map_or(&nothing, |norm| norm.front);
    let turned = Turned::all(w, slide);
    let mut dx = buffers::take(x.len());
    let parts = in_parts(&mut dx, images, |range, dx| {
        let (mut sums, mut dw) = (Sums::zero(slide.channels), vec![0.0; w.len()]);
        let (mut sheet, mut grads) = (Sheet::of_input(slide), Sheet::of_gradient(slide));
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        let dy = &dy[range.start * slide.out_image()..range.end * slide.out_image()];
        let images = x.chunks(slide.image()).zip(dy.chunks(slide.out_image()));
        for ((x, dy), dx) in images.zip(dx.chunks_mut(slide.image())) {
            sheet.lay(x, front);
            grads.lay(dy, &nothing);
            for block in (0..slide.channels).step_by(WIDEST) {
                WeightGradient { sheet: &sheet, grads: &grads, dw: &mut dw, slide, block }.run();
            }
            for Turned { first, taps, to } in &turned {
                Filter { sheet: &grads, first: *first, taps, y: dx, to: *to }.run(1);
            }
            if let Some(Normed { front, statistics }) = norm {
                front.add_gradients(x, dx, statistics, &mut sums);
            }
        }
        (dw, sums)
    });
    Gradients::new(x, norm, Some(dx), parts)
}

/// Weights with the channels of a block together: `[blocks, side, side, 16]`.
struct Taps {
    values: Vec<f32>,
    side: usize,
}

impl Taps {
    /// Takes each tap from where `from` says; zero where that is outside `w`.
    fn of(w: &[f32], channels: usize, side: usize, from: impl Fn(usize, usize) -> Option<(usize, usize)>) -> Self {
        let kernel = (w.len() / channels).isqrt();
        let mut values = vec![0.0; channels.div_ceil(WIDEST) * side * side * WIDEST];
        for (index, own) in values.chunks_mut(WIDEST).enumerate() {
            let (block, tap) = (index / (side * side) * WIDEST, index % (side * side));
            let found = from(tap / side, tap % side).filter(|&(y, x)| y < kernel && x < kernel);
            let Some((y, x)) = found else { continue };
            let lanes = WIDEST.min(channels - block);
            own[..lanes].copy_from_slice(&w[(y * kernel + x) * channels + block..][..lanes]);
        }
        Self { values, side }
    }
}

/// The kernel turned by half a turn, as one phase of the input sees it: at stride s, inputs whose row and column leave the same
/// remainders gather the output's gradient with the same every-s-th taps.
struct Turned {
    taps: Taps,
    /// Cell of the gradient's sheet at which the first window begins.
    first: [usize; 2],
    to: Target,
}

impl Turned {
    /// All phases. Input row `s * q + r` was read at tap `t` by output row `q + (r + p - t) / s` where that is whole, so at
    /// taps `c + s * j` with `c = (r + p) mod s`, by rows that fall as j grows.
    fn all(w: &[f32], slide: Slide) -> Vec<Self> {
        let Slide { height, width, channels, kernel, stride } = slide;
        let (side, padding) = (kernel.div_ceil(stride), slide.padding());
        let phase = |at: usize| {
            let tap = (at + padding) % stride;
            (tap, padding + (at + padding - tap) / stride + 1 - side)
        };
        let mut all = Vec::new();
        for (row, col) in (0..stride.min(height)).flat_map(|row| (0..stride.min(width)).map(move |col| (row, col))) {
            let ((tap_y, first_y), (tap_x, first_x)) = (phase(row), phase(col));
            let from = |y, x| Some((tap_y + stride * (side - 1 - y), tap_x + stride * (side - 1 - x)));
            let to = Target {
                channels,
                rows: (height - row).div_ceil(stride),
                cols: (width - col).div_ceil(stride),
                start: (row * width + col) * channels,
                row_step: stride * width * channels,
                col_step: stride * channels,
            };
            all.push(Self { taps: Taps::of(w, channels, side, from), first: [first_y, first_x], to });
        }
        all
    }
}

/// Where outputs go.
#[derive(Clone, Copy)]
struct Target {
    channels: usize,
    rows: usize,
    cols: usize,
    start: usize,
    row_step: usize,
    col_step: usize,
}

impl Target {
    fn output(slide: Slide) -> Self {
        let (rows, cols) = (slide.out_height(), slide.out_width());
        Self {
            channels: slide.channels,
            rows,
            cols,
            start: 0,
            row_step: cols * slide.channels,
            col_step: slide.channels,
        }
    }
}

/// Filters a sheet, row by row with all channels of a row before the next.
struct Filter<'a> {
    sheet: &'a Sheet,
    /// Cell at which the first window begins.
    first: [usize; 2],
    taps: &'a Taps,
    y: &'a mut [f32],
    to: Target,
}

impl Filter<'_> {
    fn run(self, stride: usize) {
        match (self.taps.side, stride) {
            (2, 1) => run(Sized::<_, 2, 1>(self)),
            (3, 1) => run(Sized::<_, 3, 1>(self)),
            (3, 2) => run(Sized::<_, 3, 2>(self)),
            (4, 1) => run(Sized::<_, 4, 1>(self)),
            (5, 1) => run(Sized::<_, 5, 1>(self)),
            (5, 2) => run(Sized::<_, 5, 2>(self)),
            (7, 1) => run(Sized::<_, 7, 1>(self)),
            (7, 2) => run(Sized::<_, 7, 2>(self)),
            (side, _) => panic!("no depthwise kernel of side {side} at stride {stride}"),
        }
    }
}

/// An operation for one side and stride of the window.
struct Sized<T, const K: usize, const STRIDE: usize>(T);

impl<const K: usize, const STRIDE: usize> WithSimd for Sized<Filter<'_>, K, STRIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Filter { sheet, first, taps, y, to } = self.0;
        let (pitch, per) = (sheet.cols(), WIDEST / S::F32_LANES);
        let taps = S::as_simd_f32s(&taps.values).0;
        let padded = to.channels.next_multiple_of(WIDEST);
        let mut line = vec![0.0; to.cols.next_multiple_of(TILE) * padded];
        for row in 0..to.rows {
            let own = S::as_mut_simd_f32s(&mut line).0;
            for at in (0..to.channels).step_by(S::F32_LANES) {
                let (block, sub) = (at / WIDEST, at % WIDEST / S::F32_LANES);
                let cells = &S::as_simd_f32s(sheet.cells(block)).0[sub..];
                let taps = &taps[block * K * K * per + sub..];
                for col in (0..to.cols).step_by(TILE) {
                    let start = (first[0] + row * STRIDE) * pitch + first[1] + col * STRIDE;
                    let sums = window::<S, K, STRIDE>(simd, &cells[start * per..], pitch, taps);
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

/// Sums of [`TILE`] neighbouring windows.
#[inline(always)]
fn window<S: Simd, const K: usize, const STRIDE: usize>(
    simd: S,
    cells: &[S::f32s],
    pitch: usize,
    taps: &[S::f32s],
) -> [S::f32s; TILE] {
    let per = WIDEST / S::F32_LANES;
    let mut sums = [simd.splat_f32s(0.0); TILE];
    for y in 0..K {
        let row = &cells[y * pitch * per..][..=((TILE - 1) * STRIDE + K - 1) * per];
        let taps = &taps[y * K * per..][..=(K - 1) * per];
        for x in 0..K {
            for (t, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add_e_f32s(row[(t * STRIDE + x) * per], taps[x * per], *sum);
            }
        }
    }
    sums
}

/// Adds one image's part of the weights' gradient.
struct WeightGradient<'a> {
    sheet: &'a Sheet,
    grads: &'a Sheet,
    /// `[k, k, channels]`
    dw: &'a mut [f32],
    slide: Slide,
    /// First channel.
    block: usize,
}

impl WeightGradient<'_> {
    fn run(self) {
        match (self.slide.kernel, self.slide.stride) {
            (3, 1) => run(Sized::<_, 3, 1>(self)),
            (3, 2) => run(Sized::<_, 3, 2>(self)),
            (5, 1) => run(Sized::<_, 5, 1>(self)),
            (5, 2) => run(Sized::<_, 5, 2>(self)),
            (7, 1) => run(Sized::<_, 7, 1>(self)),
            (7, 2) => run(Sized::<_, 7, 2>(self)),
            (kernel, stride) => panic!("no depthwise kernel of side {kernel} at stride {stride}"),
        }
    }
}

impl<const K: usize, const STRIDE: usize> WithSimd for Sized<WeightGradient<'_>, K, STRIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let WeightGradient { sheet, grads, dw, slide, block } = self.0;
        let per = WIDEST / S::F32_LANES;
        let (cells, grad_cells) =
            (S::as_simd_f32s(sheet.cells(block / WIDEST)).0, S::as_simd_f32s(grads.cells(block / WIDEST)).0);
        let channels = WIDEST.min(slide.channels - block);
        for sub in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - sub);
            let (cells, grad_cells) = (&cells[sub / S::F32_LANES..], &grad_cells[sub / S::F32_LANES..]);
            let mut sums = [[simd.splat_f32s(0.0); K]; K];
            for row in 0..slide.out_height() {
                let grads = &grad_cells[((row + slide.padding()) * grads.cols() + slide.padding()) * per..];
                for (y, sums) in sums.iter_mut().enumerate() {
                    let cells = &cells[(row * STRIDE + y) * sheet.cols() * per..];
                    *sums = along_row::<S, K, STRIDE>(simd, cells, grads, slide.out_width(), *sums);
                }
            }
            for (tap, sum) in sums.into_iter().flatten().enumerate() {
                let place = &mut dw[tap * slide.channels + block + sub..];
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
