//! Batch norm with activation by itself, and its gradients.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::super::norm::EPSILON;
use super::columns::{ColumnGrid, NARROW};
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of, slope_at};
use super::tensors::{buffer, count, each, empty, sizes};

/// `x[.., channels]` behind a prologue.
pub(super) fn apply(x: &CubeTensor, prologue: &Prologue) -> CubeTensor {
    let [.., channels] = sizes::<4>(x);
    let (y, values) = (empty(x, sizes::<4>(x)), count(x));
    let (cubes, size) = each(&x.client, values);
    let [statistics, a, b] = prologue.buffers();
    apply_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(&y),
        statistics,
        a,
        b,
        values,
        channels,
        prologue.reading,
    );
    y
}

#[cube(launch)]
fn apply_kernel(
    x: &[f32],
    y: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    values: usize,
    channels: usize,
    #[comptime] reading: ReadFunction,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let channel = at % channels;
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        y[at] = seen(x[at], scale, shift, reading);
    }
}

/// Gradients of `x[.., channels]`, gamma and beta from `dy`, the gradient of the normalised values.
pub(super) fn backward(x: &CubeTensor, dy: &CubeTensor, prologue: &Prologue) -> [CubeTensor; 3] {
    assert!(matches!(prologue.reading, ReadFunction::Normalised(_)), "evaluation records no gradients");
    let [.., channels] = sizes::<4>(x);
    let rows = count(x) / channels;
    let grid = ColumnGrid::of_parts(x, [rows, channels]);
    let parts = empty(x, [grid.parts, 2, channels]);
    let (cubes, size) = grid.cubes();
    let [statistics, a, b] = prologue.buffers();
    gradient_sums_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(dy),
        statistics,
        a,
        b,
        buffer(&parts),
        rows,
        channels,
        grid.width,
        grid.lanes,
        grid.chunk,
        prologue.reading,
        grid.units(),
    );
    let (gamma, beta) = (empty(x, [channels]), empty(x, [channels]));
    let last = ColumnGrid::new(x, [grid.parts, channels], NARROW, 1);
    let (cubes, size) = last.cubes();
    parameters_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(&parts),
        buffer(&prologue.statistics),
        buffer(&gamma),
        buffer(&beta),
        grid.parts,
        channels,
        last.width,
        last.lanes,
        last.units(),
    );
    let (dx, values) = (empty(x, sizes::<4>(x)), count(x));
    let (cubes, size) = each(&x.client, values);
    let [statistics, a, b] = prologue.buffers();
    input_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(dy),
        buffer(&dx),
        statistics,
        a,
        b,
        buffer(&gamma),
        buffer(&beta),
        values,
        channels,
        prologue.reading,
    );
    [dx, gamma, beta]
}

/// Sums of `dz = dy * act'(z)` and of `dz * (x - mean)` over parts of the rows.
#[cube(launch)]
fn gradient_sums_kernel(
    x: &[f32],
    dy: &[f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    parts: &mut [f32],
    rows: usize,
    channels: usize,
    width: usize,
    lanes: usize,
    chunk: usize,
    #[comptime] reading: ReadFunction,
    #[comptime] units: usize,
) {
    let unit = UNIT_POS as usize;
    let lane = unit / width;
    let channel = CUBE_POS_X as usize * width + unit % width;
    let part = CUBE_POS_Y as usize;
    let mut sum = f32::new(0.0);
    let mut dot = f32::new(0.0);
    if lane < lanes && channel < channels {
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let mean = statistics[channel];
        let end = min((part + 1) * chunk, rows);
        let mut row = part * chunk + lane;
        while row < end {
            let at = row * channels + channel;
            let value = x[at];
            let dz = dy[at] * slope_at(value, scale, shift, reading);
            sum += dz;
            dot += dz * (value - mean);
            row += lanes;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    let mut dots = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    dots[unit] = dot;
    sync_cube();
    if lane == 0 && channel < channels {
        let mut sum = f32::new(0.0);
        let mut dot = f32::new(0.0);
        for other in 0..lanes {
            sum += sums[other * width + unit];
            dot += dots[other * width + unit];
        }
        parts[2 * part * channels + channel] = sum;
        parts[(2 * part + 1) * channels + channel] = dot;
    }
}

/// Gradients of gamma and beta from the parts' sums.
#[cube(launch)]
fn parameters_kernel(
    parts: &[f32],
    statistics: &[f32],
    gamma: &mut [f32],
    beta: &mut [f32],
    count: usize,
    channels: usize,
    width: usize,
    lanes: usize,
    #[comptime] units: usize,
) {
    let unit = UNIT_POS as usize;
    let lane = unit / width;
    let channel = CUBE_POS_X as usize * width + unit % width;
    let mut sum = f32::new(0.0);
    let mut dot = f32::new(0.0);
    if lane < lanes && channel < channels {
        let mut part = lane;
        while part < count {
            sum += parts[2 * part * channels + channel];
            dot += parts[(2 * part + 1) * channels + channel];
            part += lanes;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    let mut dots = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    dots[unit] = dot;
    sync_cube();
    if lane == 0 && channel < channels {
        let mut sum = f32::new(0.0);
        let mut dot = f32::new(0.0);
        for other in 0..lanes {
            sum += sums[other * width + unit];
            dot += dots[other * width + unit];
        }
        beta[channel] = sum;
        gamma[channel] = dot / (statistics[channels + channel] + f32::new(EPSILON)).sqrt();
    }
}

/// `dx = scale * (dz - mean(dz) - xhat * mean(dz * xhat))`, where gamma's gradient is the sum of `dz * xhat` and beta's
/// that of dz.
#[cube(launch)]
fn input_kernel(
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    gamma: &[f32],
    beta: &[f32],
    values: usize,
    channels: usize,
    #[comptime] reading: ReadFunction,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let channel = at % channels;
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let inverse = f32::new(1.0) / (statistics[channels + channel] + f32::new(EPSILON)).sqrt();
        let number = f32::cast_from(values / channels);
        let value = x[at];
        let dz = dy[at] * slope_at(value, scale, shift, reading);
        let hat = (value - statistics[channel]) * inverse;
        dx[at] = scale * (dz - beta[channel] / number - hat * gamma[channel] / number);
    }
}
