//! Dense convolutions as products: the windows of the input are laid out as rows of a matrix.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::super::geometry::ConvGeometry;
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of};
use super::tensors::{buffer, count, each, empty};

/// Windows `[images * out_height * out_width, k * k * channels]` of `prologue(x)[images, height, width, channels]`.
pub(super) fn windows(x: &CubeTensor, prologue: &Prologue, geometry: ConvGeometry) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let rows = count(x) / geometry.image() * geometry.out_height() * geometry.out_width();
    let output = empty(x, [rows, kernel * kernel * channels]);
    let (cubes, size) = each(&x.client, count(&output));
    let [statistics, a, b] = prologue.buffers();
    windows_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(&output),
        statistics,
        a,
        b,
        count(&output),
        height,
        width,
        channels,
        geometry.out_height(),
        geometry.out_width(),
        kernel,
        stride,
        prologue.reading,
    );
    output
}

#[cube(launch)]
fn windows_kernel(
    x: &[f32],
    output: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    values: usize,
    height: usize,
    width: usize,
    channels: usize,
    out_height: usize,
    out_width: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
    #[comptime] reading: ReadFunction,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let padding = comptime!(kernel / 2);
        let channel = at % channels;
        let tap = at / channels % comptime!(kernel * kernel);
        let place = at / channels / comptime!(kernel * kernel);
        let in_x = place % out_width * stride + tap % kernel;
        let in_y = place / out_width % out_height * stride + tap / kernel;
        let image = place / out_width / out_height;
        let mut value = f32::new(0.0);
        if in_y >= padding && in_y < height + padding && in_x >= padding && in_x < width + padding {
            let scale = scale_of(statistics, a, channel, channels, reading);
            let shift = shift_of(statistics, b, channel, scale, reading);
            let from = ((image * height + in_y - padding) * width + in_x - padding) * channels + channel;
            value = seen(x[from], scale, shift, reading);
        }
        output[at] = value;
    }
}

/// Gradient of what [`windows`] read, from that of the windows.
pub(super) fn windows_gradient(gradient: &CubeTensor, geometry: ConvGeometry) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let window = kernel * kernel * channels * geometry.out_height() * geometry.out_width();
    let dx = empty(gradient, [count(gradient) / window, height, width, channels]);
    let (cubes, size) = each(&gradient.client, count(&dx));
    windows_gradient_kernel::launch(
        &gradient.client,
        cubes,
        size,
        buffer(gradient),
        buffer(&dx),
        count(&dx),
        height,
        width,
        channels,
        geometry.out_height(),
        geometry.out_width(),
        kernel,
        stride,
    );
    dx
}

#[cube(launch)]
fn windows_gradient_kernel(
    gradient: &[f32],
    dx: &mut [f32],
    values: usize,
    height: usize,
    width: usize,
    channels: usize,
    out_height: usize,
    out_width: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let padding = comptime!(kernel / 2);
        let channel = at % channels;
        let place = at / channels;
        let from_x = place % width + padding;
        let from_y = place / width % height + padding;
        let image = place / width / height;
        let mut sum = f32::new(0.0);
        for tap_y in 0..kernel {
            if from_y >= tap_y && (from_y - tap_y) % stride == 0 && (from_y - tap_y) / stride < out_height {
                let row = (image * out_height + (from_y - tap_y) / stride) * out_width;
                for tap_x in 0..kernel {
                    if from_x >= tap_x && (from_x - tap_x) % stride == 0 && (from_x - tap_x) / stride < out_width {
                        let window = row + (from_x - tap_x) / stride;
                        sum += gradient[((window * kernel + tap_y) * kernel + tap_x) * channels + channel];
                    }
                }
            }
        }
        dx[at] = sum;
    }
}
