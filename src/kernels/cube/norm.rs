//! Batch norm with activation by itself, and its gradients.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::super::norm::EPSILON;
use super::columns::ColumnGrid;
use super::places::{SumPair, leads, pair_of_lanes, pair_of_parts, thread_place, write_pair};
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of, slope_at};
use super::rounding::narrowed;
use super::tensors::{buffer, count, each, element, empty, empty_maps, sizes};

/// Rows of a thread's channel, which share what is computed of the channel.
const ROWS: usize = 4;

/// `x[.., channels]` behind a prologue, and `added` to it where that is given.
pub(super) fn apply(x: &CubeTensor, prologue: &Prologue, added: Option<&CubeTensor>) -> CubeTensor {
    let [.., channels] = sizes::<4>(x);
    let (y, rows) = (empty_maps(x, sizes::<4>(x)), count(x) / channels);
    let (cubes, size) = each(&x.client, rows.div_ceil(ROWS) * channels);
    let [statistics, a, b] = prologue.buffers();
    apply_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(added.unwrap_or(x)),
        buffer(&y),
        statistics,
        a,
        b,
        rows,
        channels,
        prologue.reading,
        added.is_some(),
        element(x),
    );
    y
}

#[cube(launch)]
fn apply_kernel<F: Float>(
    x: &[F],
    added: &[F],
    y: &mut [F],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    rows: usize,
    channels: usize,
    #[comptime] reading: ReadFunction,
    #[comptime] adds: bool,
    #[define(F)] _format: ElemType,
) {
    let channel = ABSOLUTE_POS % channels;
    let first = ABSOLUTE_POS / channels * ROWS;
    if first < rows {
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        #[unroll]
        for row in 0..ROWS {
            if first + row < rows {
                let at = (first + row) * channels + channel;
                let mut value = seen(f32::cast_from(x[at]), scale, shift, reading);
                if comptime!(adds) {
                    value += f32::cast_from(added[at]);
                }
                y[at] = narrowed::<F>(value);
            }
        }
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
        element(x),
    );
    let (gamma, beta) = (empty(x, [channels]), empty(x, [channels]));
    let last = ColumnGrid::over_parts(x, [grid.parts, channels]);
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
    let dx = empty_maps(x, sizes::<4>(x));
    let (cubes, size) = each(&x.client, rows.div_ceil(ROWS) * channels);
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
        rows,
        channels,
        prologue.reading,
        element(x),
    );
    [dx, gamma, beta]
}

/// Sums of `dz = dy * act'(z)` and of `dz * (x - mean)` over parts of the rows.
#[cube(launch)]
fn gradient_sums_kernel<F: Float>(
    x: &[F],
    dy: &[F],
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
    #[define(F)] _format: ElemType,
) {
    let place = thread_place(width, lanes, channels);
    let part = CUBE_POS_Y as usize;
    let mut first = f32::new(0.0);
    let mut second = f32::new(0.0);
    if place.active {
        let scale = scale_of(statistics, a, place.column, channels, reading);
        let shift = shift_of(statistics, b, place.column, scale, reading);
        let mean = statistics[place.column];
        let end = min((part + 1) * chunk, rows);
        let mut row = part * chunk + place.lane;
        while row < end {
            let at = row * channels + place.column;
            let value = f32::cast_from(x[at]);
            let dz = f32::cast_from(dy[at]) * slope_at(value, scale, shift, reading);
            first += dz;
            second += dz * (value - mean);
            row += lanes;
        }
    }
    let sums = pair_of_lanes(SumPair { first, second }, width, lanes, units);
    if leads(&place) {
        write_pair(sums, parts, part, channels, place.column);
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
    let place = thread_place(width, lanes, channels);
    let sums = pair_of_parts(parts, &place, count, channels, width, lanes, units);
    if leads(&place) {
        beta[place.column] = sums.first;
        gamma[place.column] = sums.second / (statistics[channels + place.column] + f32::new(EPSILON)).sqrt();
    }
}

/// `dx = scale * (dz - mean(dz) - xhat * mean(dz * xhat))`, where gamma's gradient is the sum of `dz * xhat` and beta's
/// that of dz.
#[cube(launch)]
fn input_kernel<F: Float>(
    x: &[F],
    dy: &[F],
    dx: &mut [F],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    gamma: &[f32],
    beta: &[f32],
    rows: usize,
    channels: usize,
    #[comptime] reading: ReadFunction,
    #[define(F)] _format: ElemType,
) {
    let channel = ABSOLUTE_POS % channels;
    let first = ABSOLUTE_POS / channels * ROWS;
    if first < rows {
        let scale = scale_of(statistics, a, channel, channels, reading);
        let shift = shift_of(statistics, b, channel, scale, reading);
        let inverse = f32::new(1.0) / (statistics[channels + channel] + f32::new(EPSILON)).sqrt();
        let number = f32::cast_from(rows);
        let mean = statistics[channel];
        let mean_slope = beta[channel] / number;
        let mean_dot = gamma[channel] / number;
        #[unroll]
        for row in 0..ROWS {
            if first + row < rows {
                let at = (first + row) * channels + channel;
                let value = f32::cast_from(x[at]);
                let dz = f32::cast_from(dy[at]) * slope_at(value, scale, shift, reading);
                dx[at] = narrowed::<F>(scale * (dz - mean_slope - (value - mean) * inverse * mean_dot));
            }
        }
    }
}
