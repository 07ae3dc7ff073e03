//! Sums over the rows of a matrix `[rows, columns]`.
//!
//! A cube holds `width` columns by `lanes` rows of threads; a lane takes every `lanes`-th row of its part. Lanes are
//! added up in shared memory, parts by [`total`], both in their order.

use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::places::{SumPair, leads, pair_of_lanes, pair_of_parts, sum_of_lanes, thread_place, write_pair};
use super::tensors::{self, buffer, element, empty, units};

/// Most parts of the rows of one sum.
const PARTS: usize = 512;
/// Rows that a lane adds up at least, before the rows are split into more parts.
const LEAST_ROWS: usize = 16;
/// Least columns of the cubes that add up many parts.
const NARROW: usize = 8;

/// Threads over the columns and rows of a matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnGrid {
    /// Columns of a cube.
    pub(super) width: usize,
    /// Rows that a cube takes at a time.
    pub(super) lanes: usize,
    /// Parts of the rows.
    pub(super) parts: usize,
    /// Rows of a part.
    pub(super) chunk: usize,
    units: usize,
    blocks: usize,
}

impl ColumnGrid {
    /// The grid over a matrix, with cubes of at most `widest` columns and at most `most` parts.
    fn new(like: &CubeTensor, [rows, columns]: [usize; 2], widest: usize, most: usize) -> Self {
        let units = units(&like.client);
        let width = columns.min(widest).min(units);
        let lanes = units / width;
        let parts = (rows / (lanes * LEAST_ROWS)).clamp(1, most);
        let chunk = rows.div_ceil(parts);
        Self { width, lanes, parts: rows.div_ceil(chunk), chunk, units, blocks: columns.div_ceil(width) }
    }

    /// The grid of a sum with parts.
    pub(super) fn of_parts(like: &CubeTensor, size: [usize; 2]) -> Self {
        Self::new(like, size, usize::MAX, PARTS)
    }

    /// The grid that adds up the parts of a sum: with a lane for each part, as far as there are threads, so that few
    /// parts of many columns take few cubes.
    pub(super) fn over_parts(like: &CubeTensor, [parts, columns]: [usize; 2]) -> Self {
        let widest = (units(&like.client) / parts.next_power_of_two()).max(NARROW);
        Self::new(like, [parts, columns], widest, 1)
    }

    pub(super) fn cubes(&self) -> (CubeCount, CubeDim) {
        self.cubes_of(1)
    }

    /// Cubes that each take one of several tasks on their part of the rows.
    pub(super) fn cubes_of(&self, tasks: usize) -> (CubeCount, CubeDim) {
        let count = CubeCount::Static(self.blocks as u32, self.parts as u32, tasks as u32);
        (count, CubeDim::new_1d(self.units as u32))
    }

    /// Threads of a cube.
    pub(super) fn units(&self) -> usize {
        self.units
    }
}

/// Sum of `parts[parts, columns]` over the parts, in single precision.
pub(super) fn total(parts: &CubeTensor, shape: &[usize]) -> CubeTensor {
    let columns = shape.iter().product();
    let rows = tensors::count(parts) / columns;
    if rows == 1 && parts.dtype == DType::F32 {
        return tensors::shaped(parts, shape.to_vec());
    }
    let output = empty(parts, shape.to_vec());
    let grid = ColumnGrid::over_parts(parts, [rows, columns]);
    let (cubes, size) = grid.cubes();
    total_kernel::launch(
        &parts.client,
        cubes,
        size,
        buffer(parts),
        buffer(&output),
        rows,
        columns,
        grid.width,
        grid.lanes,
        grid.units(),
        element(parts),
    );
    output
}

#[cube(launch)]
fn total_kernel<F: Float>(
    parts: &[F],
    output: &mut [f32],
    rows: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let place = thread_place(width, lanes, columns);
    let mut sum = f32::new(0.0);
    if place.active {
        let mut row = place.lane;
        while row < rows {
            sum += f32::cast_from(parts[row * columns + place.column]);
            row += lanes;
        }
    }
    let all = sum_of_lanes(sum, width, lanes, units);
    if leads(&place) {
        output[place.column] = all;
    }
}

/// Writes the sums of the squares of parts of all values to `squares[parts]`.
pub(super) fn squares(x: &CubeTensor, squares: &CubeTensor, parts: usize) {
    let units = units(&x.client);
    squares_kernel::launch(
        &x.client,
        CubeCount::Static(parts as u32, 1, 1),
        CubeDim::new_1d(units as u32),
        buffer(x),
        buffer(squares),
        tensors::count(x),
        parts * units,
        units,
    );
}

#[cube(launch)]
fn squares_kernel(x: &[f32], squares: &mut [f32], values: usize, step: usize, #[comptime] units: usize) {
    let mut sum = f32::new(0.0);
    let mut at = CUBE_POS_X as usize * units + UNIT_POS as usize;
    while at < values {
        sum += x[at] * x[at];
        at += step;
    }
    let all = sum_of_lanes(sum, 1, units, units);
    if UNIT_POS == 0 {
        squares[CUBE_POS_X as usize] = all;
    }
}

/// Mean and biased variance `[2, columns]` of each column of `x[rows, columns]`.
pub(super) fn statistics(x: &CubeTensor, rows: usize, columns: usize) -> CubeTensor {
    let grid = ColumnGrid::of_parts(x, [rows, columns]);
    let parts = empty(x, [grid.parts, 2, columns]);
    let (cubes, size) = grid.cubes();
    moments_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(&parts),
        rows,
        columns,
        grid.width,
        grid.lanes,
        grid.chunk,
        grid.units(),
        element(x),
    );
    let output = empty(x, [2, columns]);
    let last = ColumnGrid::over_parts(x, [grid.parts, columns]);
    let (cubes, size) = last.cubes();
    statistics_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(&parts),
        buffer(&output),
        rows,
        grid.parts,
        columns,
        last.width,
        last.lanes,
        last.units(),
        element(x),
    );
    output
}

/// Sums and sums of squares of the distances from the first row, which lies near the mean: so nothing is lost where the
/// mean is large beside the deviation.
#[cube(launch)]
fn moments_kernel<F: Float>(
    x: &[F],
    parts: &mut [f32],
    rows: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    chunk: usize,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let place = thread_place(width, lanes, columns);
    let part = CUBE_POS_Y as usize;
    let mut first = f32::new(0.0);
    let mut second = f32::new(0.0);
    if place.active {
        let origin = f32::cast_from(x[place.column]);
        let end = min((part + 1) * chunk, rows);
        let mut row = part * chunk + place.lane;
        while row < end {
            let value = f32::cast_from(x[row * columns + place.column]) - origin;
            first += value;
            second += value * value;
            row += lanes;
        }
    }
    let sums = pair_of_lanes(SumPair { first, second }, width, lanes, units);
    if leads(&place) {
        write_pair(sums, parts, part, columns, place.column);
    }
}

#[cube(launch)]
fn statistics_kernel<F: Float>(
    x: &[F],
    parts: &[f32],
    statistics: &mut [f32],
    rows: usize,
    count: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let place = thread_place(width, lanes, columns);
    let sums = pair_of_parts(parts, &place, count, columns, width, lanes, units);
    if leads(&place) {
        let number = f32::cast_from(rows);
        let mean = sums.first / number;
        statistics[place.column] = f32::cast_from(x[place.column]) + mean;
        statistics[columns + place.column] = max(sums.second / number - mean * mean, f32::new(0.0));
    }
}
