//! Depthwise convolution in channels-last order: a thread takes a strip of values side by side, its neighbours the same
//! strip of the next channels.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::super::geometry::ConvGeometry;
use super::columns::{self, ColumnGrid};
use super::places::{input_of, leads, output_of, place_of, sum_of_lanes, thread_place};
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of};
use super::rounding::narrowed;
use super::tensors::{buffer, count, each, element, empty, empty_maps};

/// Most values of a strip: each value that it reads serves several that it writes.
const STRIP: usize = 4;

/// Kernels `[k, k, channels]`, which may be a part of larger ones, with their steps in memory.
#[derive(Debug, Clone)]
pub(super) struct KernelWeights {
    pub(super) values: CubeTensor,
    pub(super) row_step: usize,
    pub(super) column_step: usize,
}

/// A convolution, or the gradient of its input, along a row of an image. Strips begin at multiples of the stride, so
/// that what a strip reads for which of its values is known when the kernel is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct StripFilter {
    kernel: usize,
    stride: usize,
    /// `true` for the gradient: outputs of the convolution are read, and inputs written.
    backward: bool,
}

impl StripFilter {
    const fn new(geometry: ConvGeometry, backward: bool) -> Self {
        Self { kernel: geometry.kernel, stride: geometry.stride, backward }
    }

    /// Values of a strip.
    const fn length(self) -> usize {
        if STRIP.is_multiple_of(self.stride) { STRIP } else { self.stride }
    }

    /// Values that are read before the place that a strip begins at.
    const fn before(self) -> usize {
        if self.backward { self.kernel / 2 / self.stride } else { self.kernel / 2 }
    }

    /// Values that a strip reads.
    const fn reads(self) -> usize {
        if self.backward {
            (self.length() - 1 + self.kernel / 2) / self.stride + self.before() + 1
        } else {
            (self.length() - 1) * self.stride + self.kernel
        }
    }

    /// Tap that joins a value of the strip to a value that it reads; the kernel's side and more if there is none.
    const fn tap(self, value: usize, read: usize) -> usize {
        if self.backward {
            (value + self.kernel / 2 + self.before() * self.stride).wrapping_sub(read * self.stride)
        } else {
            read.wrapping_sub(value * self.stride)
        }
    }
}

/// `prologue(x)[images, height, width, channels]` filtered.
pub(super) fn forward(
    x: &CubeTensor,
    prologue: &Prologue,
    weights: &KernelWeights,
    geometry: ConvGeometry,
) -> CubeTensor {
    let images = count(x) / geometry.image();
    let shape = [images, geometry.out_height(), geometry.out_width(), geometry.channels];
    filtered(x, prologue, weights, StripFilter::new(geometry, false), [geometry.height, geometry.width], shape)
}

/// Gradient of what [`forward`] filtered, from the gradient `dy` of its output.
pub(super) fn input_gradient(dy: &CubeTensor, weights: &KernelWeights, geometry: ConvGeometry) -> CubeTensor {
    let images = count(dy) / geometry.out_image();
    let shape = [images, geometry.height, geometry.width, geometry.channels];
    let source = [geometry.out_height(), geometry.out_width()];
    filtered(dy, &Prologue::plain(dy), weights, StripFilter::new(geometry, true), source, shape)
}

/// Maps of this shape from `x`, whose maps have the sizes of `source`.
fn filtered(
    x: &CubeTensor,
    prologue: &Prologue,
    weights: &KernelWeights,
    filter: StripFilter,
    source: [usize; 2],
    shape: [usize; 4],
) -> CubeTensor {
    let [images, height, width, channels] = shape;
    let y = empty_maps(x, shape);
    let strips = width.div_ceil(filter.length());
    let threads = images * height * strips * channels;
    let (cubes, size) = each(&x.client, threads);
    let [statistics, a, b] = prologue.buffers();
    filter_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(&weights.values),
        buffer(&y),
        statistics,
        a,
        b,
        threads,
        source[0],
        source[1],
        height,
        width,
        strips,
        channels,
        weights.row_step,
        weights.column_step,
        filter,
        prologue.reading,
        element(x),
    );
    y
}

#[cube(launch)]
fn filter_kernel<F: Float>(
    x: &[F],
    w: &[f32],
    y: &mut [F],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    threads: usize,
    source_height: usize,
    source_width: usize,
    height: usize,
    width: usize,
    strips: usize,
    channels: usize,
    row_step: usize,
    column_step: usize,
    #[comptime] filter: StripFilter,
    #[comptime] reading: ReadFunction,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < threads {
        let kernel = comptime!(filter.kernel);
        let length = comptime!(filter.length());
        let channel = at % channels;
        let place = place_of(at / channels, height, strips);
        let first = place.x * length;
        let begin = if comptime!(filter.backward) {
            first / comptime!(filter.stride)
        } else {
            first * comptime!(filter.stride)
        };
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let mut sums = Array::<f32>::new(length);
        #[unroll]
        for value in 0..length {
            sums[value] = f32::new(0.0);
        }
        let mut weights_of_row = Array::<f32>::new(kernel);
        for tap_y in 0..kernel {
            let source_y = if comptime!(filter.backward) {
                output_of(place.y, tap_y, source_height, kernel, comptime!(filter.stride))
            } else {
                input_of(place.y, tap_y, source_height, kernel, comptime!(filter.stride))
            };
            if source_y < source_height {
                #[unroll]
                for tap_x in 0..kernel {
                    weights_of_row[tap_x] = w[tap_y * row_step + tap_x * column_step + channel];
                }
                let row = (place.image * source_height + source_y) * source_width;
                #[unroll]
                for read in 0..comptime!(filter.reads()) {
                    let source_x = begin + read;
                    let before = comptime!(filter.before());
                    if source_x >= before && source_x < source_width + before {
                        let found = f32::cast_from(x[(row + source_x - before) * channels + channel]);
                        let found = seen(found, scale, shift, reading);
                        #[unroll]
                        for value in 0..length {
                            let tap = comptime!(filter.tap(value, read));
                            if comptime!(tap < kernel) {
                                sums[value] += found * weights_of_row[tap];
                            }
                        }
                    }
                }
            }
        }
        let row = (place.image * height + place.y) * width;
        #[unroll]
        for value in 0..length {
            if first + value < width {
                y[(row + first + value) * channels + channel] = narrowed::<F>(sums[value]);
            }
        }
    }
}

/// Gradient `[k, k, channels]` of the weights, from the gradient `dy` of the output of [`forward`].
pub(super) fn weight_gradient(
    x: &CubeTensor,
    prologue: &Prologue,
    dy: &CubeTensor,
    geometry: ConvGeometry,
) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, .. } = geometry;
    let filter = StripFilter::new(geometry, false);
    let strips = geometry.out_width().div_ceil(filter.length());
    let rows = count(dy) / (geometry.out_width() * channels) * strips;
    let grid = ColumnGrid::of_parts(x, [rows, channels]);
    let parts = empty(x, [grid.parts, kernel * kernel, channels]);
    let (cubes, size) = grid.cubes_of(kernel);
    let [statistics, a, b] = prologue.buffers();
    weight_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(dy),
        buffer(&parts),
        statistics,
        a,
        b,
        rows,
        height,
        width,
        channels,
        geometry.out_height(),
        geometry.out_width(),
        strips,
        grid.width,
        grid.lanes,
        grid.chunk,
        filter,
        prologue.reading,
        grid.units(),
        element(x),
    );
    columns::total(&parts, &[kernel, kernel, channels])
}

/// A cube takes one row of the kernels, so that its sums stay in registers and little is compiled.
#[cube(launch)]
fn weight_kernel<F: Float>(
    x: &[F],
    dy: &[F],
    parts: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    rows: usize,
    height: usize,
    width: usize,
    channels: usize,
    out_height: usize,
    out_width: usize,
    strips: usize,
    columns: usize,
    lanes: usize,
    chunk: usize,
    #[comptime] filter: StripFilter,
    #[comptime] reading: ReadFunction,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let kernel = comptime!(filter.kernel);
    let length = comptime!(filter.length());
    let padding = comptime!(filter.before());
    let tap_y = CUBE_POS_Z as usize;
    let part = CUBE_POS_Y as usize;
    let thread = thread_place(columns, lanes, channels);
    let channel = thread.column;
    let mut sums = Array::<f32>::new(kernel);
    #[unroll]
    for tap_x in 0..kernel {
        sums[tap_x] = f32::new(0.0);
    }
    if thread.active {
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let end = min((part + 1) * chunk, rows);
        let mut gradients = Array::<f32>::new(length);
        let mut strip = part * chunk + thread.lane;
        while strip < end {
            let place = place_of(strip, out_height, strips);
            let first = place.x * length;
            let in_y = input_of(place.y, tap_y, height, kernel, comptime!(filter.stride));
            if in_y < height {
                let from = (place.image * out_height + place.y) * out_width + first;
                #[unroll]
                for value in 0..length {
                    gradients[value] = f32::new(0.0);
                    if first + value < out_width {
                        gradients[value] = f32::cast_from(dy[(from + value) * channels + channel]);
                    }
                }
                let row = (place.image * height + in_y) * width;
                #[unroll]
                for read in 0..comptime!(filter.reads()) {
                    let in_x = first * comptime!(filter.stride) + read;
                    if in_x >= padding && in_x < width + padding {
                        let found = f32::cast_from(x[(row + in_x - padding) * channels + channel]);
                        let found = seen(found, scale, shift, reading);
                        #[unroll]
                        for value in 0..length {
                            let tap = comptime!(filter.tap(value, read));
                            if comptime!(tap < kernel) {
                                sums[tap] += gradients[value] * found;
                            }
                        }
                    }
                }
            }
            strip += lanes;
        }
    }
    #[unroll]
    for tap_x in 0..kernel {
        let all = sum_of_lanes(sums[tap_x], columns, lanes, units);
        if leads(&thread) {
            parts[((part * kernel + tap_y) * kernel + tap_x) * channels + channel] = all;
        }
    }
}
