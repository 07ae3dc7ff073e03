//! Depthwise convolution in channels-last order: a thread per output value, neighbours in the channels.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::super::geometry::ConvGeometry;
use super::columns::{self, ColumnGrid};
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of};
use super::tensors::{buffer, count, each, empty};

/// Kernels `[k, k, channels]`, which may be a part of larger ones, with their steps in memory.
#[derive(Debug, Clone)]
pub(super) struct KernelWeights {
    pub(super) values: CubeTensor,
    pub(super) row_step: usize,
    pub(super) column_step: usize,
}

/// `prologue(x)[images, height, width, channels]` filtered.
pub(super) fn forward(
    x: &CubeTensor,
    prologue: &Prologue,
    weights: &KernelWeights,
    geometry: ConvGeometry,
) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let images = count(x) / geometry.image();
    let y = empty(x, [images, geometry.out_height(), geometry.out_width(), channels]);
    let (cubes, size) = each(&x.client, count(&y));
    let [statistics, a, b] = prologue.buffers();
    forward_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(&weights.values),
        buffer(&y),
        statistics,
        a,
        b,
        count(&y),
        height,
        width,
        channels,
        geometry.out_height(),
        geometry.out_width(),
        weights.row_step,
        weights.column_step,
        kernel,
        stride,
        prologue.reading,
    );
    y
}

#[cube(launch)]
fn forward_kernel(
    x: &[f32],
    w: &[f32],
    y: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    values: usize,
    height: usize,
    width: usize,
    channels: usize,
    out_height: usize,
    out_width: usize,
    row_step: usize,
    column_step: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
    #[comptime] reading: ReadFunction,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let padding = comptime!(kernel / 2);
        let channel = at % channels;
        let place = at / channels;
        let out_x = place % out_width;
        let out_y = place / out_width % out_height;
        let image = place / out_width / out_height;
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let mut sum = f32::new(0.0);
        for tap_y in 0..kernel {
            let in_y = out_y * stride + tap_y;
            if in_y >= padding && in_y < height + padding {
                let row = (image * height + in_y - padding) * width;
                #[unroll]
                for tap_x in 0..kernel {
                    let in_x = out_x * stride + tap_x;
                    if in_x >= padding && in_x < width + padding {
                        let value = x[(row + in_x - padding) * channels + channel];
                        sum += seen(value, scale, shift, reading) * w[tap_y * row_step + tap_x * column_step + channel];
                    }
                }
            }
        }
        y[at] = sum;
    }
}

/// Gradient of what [`forward`] filtered, from the gradient `dy` of its output.
pub(super) fn input_gradient(dy: &CubeTensor, weights: &KernelWeights, geometry: ConvGeometry) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let images = count(dy) / geometry.out_image();
    let dx = empty(dy, [images, height, width, channels]);
    let (cubes, size) = each(&dy.client, count(&dx));
    input_kernel::launch(
        &dy.client,
        cubes,
        size,
        buffer(dy),
        buffer(&weights.values),
        buffer(&dx),
        count(&dx),
        height,
        width,
        channels,
        geometry.out_height(),
        geometry.out_width(),
        weights.row_step,
        weights.column_step,
        kernel,
        stride,
    );
    dx
}

#[cube(launch)]
fn input_kernel(
    dy: &[f32],
    w: &[f32],
    dx: &mut [f32],
    values: usize,
    height: usize,
    width: usize,
    channels: usize,
    out_height: usize,
    out_width: usize,
    row_step: usize,
    column_step: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let padding = comptime!(kernel / 2);
        let channel = at % channels;
        let place = at / channels;
        let in_x = place % width;
        let in_y = place / width % height;
        let image = place / width / height;
        let mut sum = f32::new(0.0);
        for tap_y in 0..kernel {
            // The output row whose window has this row under this tap.
            let from_y = in_y + padding;
            if from_y >= tap_y && (from_y - tap_y) % stride == 0 && (from_y - tap_y) / stride < out_height {
                let row = (image * out_height + (from_y - tap_y) / stride) * out_width;
                #[unroll]
                for tap_x in 0..kernel {
                    let from_x = in_x + padding;
                    if from_x >= tap_x && (from_x - tap_x) % stride == 0 && (from_x - tap_x) / stride < out_width {
                        let gradient = dy[(row + (from_x - tap_x) / stride) * channels + channel];
                        sum += gradient * w[tap_y * row_step + tap_x * column_step + channel];
                    }
                }
            }
        }
        dx[at] = sum;
    }
}

/// Gradient `[k, k, channels]` of the weights, from the gradient `dy` of the output of [`forward`].
pub(super) fn weight_gradient(
    x: &CubeTensor,
    prologue: &Prologue,
    dy: &CubeTensor,
    geometry: ConvGeometry,
) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let rows = count(dy) / channels;
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
        grid.width,
        grid.lanes,
        grid.chunk,
        kernel,
        stride,
        prologue.reading,
        grid.units(),
    );
    columns::total(&parts, &[kernel, kernel, channels])
}

/// A cube takes one row of the kernels, so that its sums stay in registers and little is compiled.
#[cube(launch)]
fn weight_kernel(
    x: &[f32],
    dy: &[f32],
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
    columns: usize,
    lanes: usize,
    chunk: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
    #[comptime] reading: ReadFunction,
    #[comptime] units: usize,
) {
    let padding = comptime!(kernel / 2);
    let tap_y = CUBE_POS_Z as usize;
    let unit = UNIT_POS as usize;
    let lane = unit / columns;
    let channel = CUBE_POS_X as usize * columns + unit % columns;
    let part = CUBE_POS_Y as usize;
    let mut sums = Array::<f32>::new(kernel);
    #[unroll]
    for tap_x in 0..kernel {
        sums[tap_x] = f32::new(0.0);
    }
    if lane < lanes && channel < channels {
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let end = min((part + 1) * chunk, rows);
        let mut place = part * chunk + lane;
        while place < end {
            let out_x = place % out_width;
            let out_y = place / out_width % out_height;
            let image = place / out_width / out_height;
            let in_y = out_y * stride + tap_y;
            if in_y >= padding && in_y < height + padding {
                let gradient = dy[place * channels + channel];
                let row = (image * height + in_y - padding) * width;
                #[unroll]
                for tap_x in 0..kernel {
                    let in_x = out_x * stride + tap_x;
                    if in_x >= padding && in_x < width + padding {
                        let value = x[(row + in_x - padding) * channels + channel];
                        sums[tap_x] += gradient * seen(value, scale, shift, reading);
                    }
                }
            }
            place += lanes;
        }
    }
    let mut shared = Shared::<[f32]>::new_slice(units);
    #[unroll]
    for tap_x in 0..kernel {
        shared[unit] = sums[tap_x];
        sync_cube();
        if lane == 0 && channel < channels {
            let mut all = f32::new(0.0);
            for other in 0..lanes {
                all += shared[other * columns + unit];
            }
            parts[((part * kernel + tap_y) * kernel + tap_x) * channels + channel] = all;
        }
        sync_cube();
    }
}
