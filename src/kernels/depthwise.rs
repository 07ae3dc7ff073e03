//! Depthwise convolution in channels-last order: each channel is filtered by its own `k x k` kernel.
//!
//! A block of one vector of channels keeps its `k * k` weights (or weight gradients) in registers while the window slides
//! over an image; windows that touch no border take a path without checks. Images are shared out among threads.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::simd::{PARTS, load, part_of, run, store, sum_parts};

/// Sizes of a sliding window over channels-last images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slide {
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Side of the kernel, odd.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
}

impl Slide {
    /// Zeros on each side.
    pub const fn padding(self) -> usize {
        self.kernel / 2
    }

    /// Rows of the output.
    pub const fn out_height(self) -> usize {
        (self.height - 1) / self.stride + 1
    }

    /// Columns of the output.
    pub const fn out_width(self) -> usize {
        (self.width - 1) / self.stride + 1
    }

    /// Values of one input image.
    pub const fn image(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Values of one output image of a depthwise convolution.
    pub const fn out_image(self) -> usize {
        self.out_height() * self.out_width() * self.channels
    }
}

/// Filters `x[batch, height, width, channels]` with `w[k, k, channels]`.
///
/// # Panics
/// Kernels other than 3, 5 and 7.
pub fn forward(x: &[f32], w: &[f32], slide: Slide) -> Vec<f32> {
    let mut y = vec![0.0; x.len() / slide.image() * slide.out_image()];
    y.par_chunks_mut(slide.out_image()).zip(x.par_chunks(slide.image())).for_each(|(y, x)| match slide.kernel {
        3 => run(Forward::<3> { x, w, y, slide }),
        5 => run(Forward::<5> { x, w, y, slide }),
        7 => run(Forward::<7> { x, w, y, slide }),
        other => panic!("no depthwise kernel of side {other}"),
    });
    y
}

/// Gradient of the input, from the gradient `dy` of the output.
///
/// # Panics
/// Kernels other than 3, 5 and 7.
pub fn input_gradient(dy: &[f32], w: &[f32], slide: Slide) -> Vec<f32> {
    let mut dx = vec![0.0; dy.len() / slide.out_image() * slide.image()];
    dx.par_chunks_mut(slide.image()).zip(dy.par_chunks(slide.out_image())).for_each(|(dx, dy)| match slide.kernel {
        3 => run(InputGradient::<3> { dy, w, dx, slide }),
        5 => run(InputGradient::<5> { dy, w, dx, slide }),
        7 => run(InputGradient::<7> { dy, w, dx, slide }),
        other => panic!("no depthwise kernel of side {other}"),
    });
    dx
}

/// Gradient of the weights, `[k, k, channels]`.
///
/// # Panics
/// Kernels other than 3, 5 and 7.
pub fn weight_gradient(x: &[f32], dy: &[f32], slide: Slide) -> Vec<f32> {
    let images = x.len() / slide.image();
    let part = |part: usize| {
        let mut dw = vec![0.0; slide.kernel * slide.kernel * slide.channels];
        let range = part_of(images, part);
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        let dy = &dy[range.start * slide.out_image()..range.end * slide.out_image()];
        match slide.kernel {
            3 => run(WeightGradient::<3> { x, dy, dw: &mut dw, slide }),
            5 => run(WeightGradient::<5> { x, dy, dw: &mut dw, slide }),
            7 => run(WeightGradient::<7> { x, dy, dw: &mut dw, slide }),
            other => panic!("no depthwise kernel of side {other}"),
        }
        dw
    };
    sum_parts((0..PARTS).into_par_iter().map(part).collect())
}

/// Where the window of one output begins in the input, minus the padding, and whether it touches no border.
#[derive(Clone, Copy)]
struct Place {
    top: isize,
    left: isize,
    inside: bool,
}

impl Place {
    #[inline(always)]
    fn new(slide: Slide, row: usize, col: usize) -> Self {
        let (padding, kernel) = (slide.padding().cast_signed(), slide.kernel.cast_signed());
        let top = (row * slide.stride).cast_signed() - padding;
        let left = (col * slide.stride).cast_signed() - padding;
        let inside = top >= 0
            && left >= 0
            && top + kernel <= slide.height.cast_signed()
            && left + kernel <= slide.width.cast_signed();
        Self { top, left, inside }
    }

    /// Index of the first channel at tap `(y, x)`, if it lies in the image.
    #[inline(always)]
    fn tap(self, slide: Slide, y: usize, x: usize) -> Option<usize> {
        let row = usize::try_from(self.top + y.cast_signed()).ok().filter(|&row| row < slide.height)?;
        let col = usize::try_from(self.left + x.cast_signed()).ok().filter(|&col| col < slide.width)?;
        Some((row * slide.width + col) * slide.channels)
    }
}

#[inline(always)]
fn load_kernel<S: Simd, const K: usize>(
    simd: S,
    w: &[f32],
    slide: Slide,
    block: usize,
    lanes: usize,
) -> [[S::f32s; K]; K] {
    let mut weights = [[simd.splat_f32s(0.0); K]; K];
    for (y, row) in weights.iter_mut().enumerate() {
        for (x, weight) in row.iter_mut().enumerate() {
            *weight = load(simd, &w[(y * K + x) * slide.channels + block..], lanes);
        }
    }
    weights
}

struct Forward<'a, const K: usize> {
    x: &'a [f32],
    w: &'a [f32],
    y: &'a mut [f32],
    slide: Slide,
}

impl<const K: usize> WithSimd for Forward<'_, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, w, y, slide } = self;
        let pitch = slide.width * slide.channels;
        for block in (0..slide.channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(slide.channels - block);
            let weights = load_kernel::<S, K>(simd, w, slide, block, lanes);
            for row in 0..slide.out_height() {
                for col in 0..slide.out_width() {
                    let place = Place::new(slide, row, col);
                    let mut sum = simd.splat_f32s(0.0);
                    if place.inside {
                        let first =
                            place.top.unsigned_abs() * pitch + place.left.unsigned_abs() * slide.channels + block;
                        for (ky, weights) in weights.iter().enumerate() {
                            let x = &x[first + ky * pitch..];
                            for (kx, &weight) in weights.iter().enumerate() {
                                sum = simd.mul_add_e_f32s(load(simd, &x[kx * slide.channels..], lanes), weight, sum);
                            }
                        }
                    } else {
                        for (ky, weights) in weights.iter().enumerate() {
                            for (kx, &weight) in weights.iter().enumerate() {
                                if let Some(index) = place.tap(slide, ky, kx) {
                                    sum = simd.mul_add_e_f32s(load(simd, &x[index + block..], lanes), weight, sum);
                                }
                            }
                        }
                    }
                    let index = (row * slide.out_width() + col) * slide.channels + block;
                    store(simd, &mut y[index..], lanes, sum);
                }
            }
        }
    }
}

struct InputGradient<'a, const K: usize> {
    dy: &'a [f32],
    w: &'a [f32],
    dx: &'a mut [f32],
    slide: Slide,
}

impl<const K: usize> WithSimd for InputGradient<'_, K> {
    type Output = ();

    /// Each input gathers from the outputs whose window holds it.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { dy, w, dx, slide } = self;
        if slide.stride == 1 {
            return turn::<S, K>(simd, dy, w, dx, slide);
        }
        for block in (0..slide.channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(slide.channels - block);
            let weights = load_kernel::<S, K>(simd, w, slide, block, lanes);
            for row in 0..slide.height {
                for col in 0..slide.width {
                    let mut sum = simd.splat_f32s(0.0);
                    for (ky, out_row) in takers::<K>(slide, row, slide.out_height()) {
                        for (kx, out_col) in takers::<K>(slide, col, slide.out_width()) {
                            let index = (out_row * slide.out_width() + out_col) * slide.channels + block;
                            sum = simd.mul_add_e_f32s(load(simd, &dy[index..], lanes), weights[ky][kx], sum);
                        }
                    }
                    store(simd, &mut dx[(row * slide.width + col) * slide.channels + block..], lanes, sum);
                }
            }
        }
    }
}

/// Taps of the kernel and outputs, along one axis, whose window holds the input at `at`.
#[inline(always)]
fn takers<const K: usize>(slide: Slide, at: usize, outputs: usize) -> impl Iterator<Item = (usize, usize)> {
    let shifted = at + slide.padding();
    (shifted % slide.stride..K.min(shifted + 1))
        .step_by(slide.stride)
        .map(move |tap| (tap, (shifted - tap) / slide.stride))
        .filter(move |&(_, output)| output < outputs)
}

/// At stride 1 the input's gradient is the output's gradient filtered with the kernel turned by half a turn.
#[inline(always)]
fn turn<S: Simd, const K: usize>(simd: S, dy: &[f32], w: &[f32], dx: &mut [f32], slide: Slide) {
    let taps = K * K;
    let mut turned = vec![0.0; w.len()];
    for (tap, channels) in w.chunks_exact(slide.channels).enumerate() {
        turned[(taps - 1 - tap) * slide.channels..][..slide.channels].copy_from_slice(channels);
    }
    Forward::<K> { x: dy, w: &turned, y: dx, slide }.with_simd(simd);
}

struct WeightGradient<'a, const K: usize> {
    x: &'a [f32],
    dy: &'a [f32],
    dw: &'a mut [f32],
    slide: Slide,
}

impl<const K: usize> WithSimd for WeightGradient<'_, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, dy, dw, slide } = self;
        let pitch = slide.width * slide.channels;
        for block in (0..slide.channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(slide.channels - block);
            let mut sums = [[simd.splat_f32s(0.0); K]; K];
            for (x, dy) in x.chunks_exact(slide.image()).zip(dy.chunks_exact(slide.out_image())) {
                for row in 0..slide.out_height() {
                    for col in 0..slide.out_width() {
                        let place = Place::new(slide, row, col);
                        let index = (row * slide.out_width() + col) * slide.channels + block;
                        let grad = load(simd, &dy[index..], lanes);
                        if place.inside {
                            let first =
                                place.top.unsigned_abs() * pitch + place.left.unsigned_abs() * slide.channels + block;
                            for (ky, sums) in sums.iter_mut().enumerate() {
                                let x = &x[first + ky * pitch..];
                                for (kx, sum) in sums.iter_mut().enumerate() {
                                    *sum =
                                        simd.mul_add_e_f32s(load(simd, &x[kx * slide.channels..], lanes), grad, *sum);
                                }
                            }
                        } else {
                            for (ky, sums) in sums.iter_mut().enumerate() {
                                for (kx, sum) in sums.iter_mut().enumerate() {
                                    if let Some(index) = place.tap(slide, ky, kx) {
                                        *sum = simd.mul_add_e_f32s(load(simd, &x[index + block..], lanes), grad, *sum);
                                    }
                                }
                            }
                        }
                    }
                }
            }
            for (ky, sums) in sums.into_iter().enumerate() {
                for (kx, sum) in sums.into_iter().enumerate() {
                    store(simd, &mut dw[(ky * K + kx) * slide.channels + block..], lanes, sum);
                }
            }
        }
    }
}
