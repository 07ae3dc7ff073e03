//! Dense convolutions as products: the windows of the input are laid out as rows of a matrix.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::super::geometry::ConvGeometry;
use super::places::{input_of, output_of, place_of};
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of};
use super::rounding::narrowed;
use super::tensors::{buffer, count, each, element, empty_maps};

/// Windows `[images * out_height * out_width, k * k * channels]` of `prologue(x)[images, height, width, channels]`.
pub(super) fn windows(x: &CubeTensor, prologue: &Prologue, geometry: ConvGeometry) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let rows = count(x) / geometry.image() * geometry.out_height() * geometry.out_width();
    let output = empty_maps(x, [rows, kernel * kernel * channels]);
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
        element(x),
    );
    output
}

#[cube(launch)]
fn windows_kernel<F: Float>(
    x: &[F],
    output: &mut [F],
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
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let channel = at % channels;
        let tap = at / channels % comptime!(kernel * kernel);
        let place = place_of(at / channels / comptime!(kernel * kernel), out_height, out_width);
        let in_x = input_of(place.x, tap % kernel, width, kernel, stride);
        let in_y = input_of(place.y, tap / kernel, height, kernel, stride);
        let mut value = f32::new(0.0);
        if in_y < height && in_x < width {
            let scale = scale_of(statistics, a, channel, channels, reading);
            let shift = shift_of(statistics, b, channel, scale, reading);
            let from = ((place.image * height + in_y) * width + in_x) * channels + channel;
            value = seen(f32::cast_from(x[from]), scale, shift, reading);
        }
        output[at] = narrowed::<F>(value);
    }
}

/// Gradient of what [`windows`] read, from that of the windows.
pub(super) fn windows_gradient(gradient: &CubeTensor, geometry: ConvGeometry) -> CubeTensor {
    let ConvGeometry { height, width, channels, kernel, stride } = geometry;
    let window = kernel * kernel * channels * geometry.out_height() * geometry.out_width();
    let dx = empty_maps(gradient, [count(gradient) / window, height, width, channels]);
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
        element(gradient),
    );
    dx
}

#[cube(launch)]
fn windows_gradient_kernel<F: Float>(
    gradient: &[F],
    dx: &mut [F],
    values: usize,
    height: usize,
    width: usize,
    channels: usize,
    out_height: usize,
    out_width: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let channel = at % channels;
        let place = place_of(at / channels, height, width);
        let mut sum = f32::new(0.0);
        for tap_y in 0..kernel {
            let out_y = output_of(place.y, tap_y, out_height, kernel, stride);
            if out_y < out_height {
                let row = (place.image * out_height + out_y) * out_width;
                for tap_x in 0..kernel {
                    let out_x = output_of(place.x, tap_x, out_width, kernel, stride);
                    if out_x < out_width {
                        let from = (((row + out_x) * kernel + tap_y) * kernel + tap_x) * channels + channel;
                        sum += f32::cast_from(gradient[from]);
                    }
                }
            }
        }
        dx[at] = narrowed::<F>(sum);
    }
}
