//! Sums over the rows of a matrix `[rows, columns]`.
//!
//! A cube holds `width` columns by `lanes` rows of threads; a lane takes every `lanes`-th row of its part. Lanes are
//! added up in shared memory, parts by [`total`], both in their order.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::tensors::{self, buffer, empty, units};

/// Most parts of the rows of one sum.
const PARTS: usize = 512;
/// Rows that a lane adds up at least, before the rows are split into more parts.
const LEAST_ROWS: usize = 16;

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
    pub(super) fn new(like: &CubeTensor, [rows, columns]: [usize; 2], widest: usize, most: usize) -> Self {
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

/// Columns of the cubes that add up parts: few, so that many lanes share the parts.
pub(super) const NARROW: usize = 8;

/// Sum of `parts[parts, columns]` over the parts.
pub(super) fn total(parts: &CubeTensor, shape: &[usize]) -> CubeTensor {
    let columns = shape.iter().product();
    let rows = tensors::count(parts) / columns;
    if rows == 1 {
        return tensors::shaped(parts, shape.to_vec());
    }
    let output = empty(parts, shape.to_vec());
    let grid = ColumnGrid::new(parts, [rows, columns], NARROW, 1);
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
    );
    output
}

#[cube(launch)]
fn total_kernel(
    parts: &[f32],
    output: &mut [f32],
    rows: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    #[comptime] units: usize,
) {
    let unit = UNIT_POS as usize;
    let lane = unit / width;
    let column = CUBE_POS_X as usize * width + unit % width;
    let mut sum = f32::new(0.0);
    if lane < lanes && column < columns {
        let mut row = lane;
        while row < rows {
            sum += parts[row * columns + column];
            row += lanes;
        }
    }
    let mut shared = Shared::<[f32]>::new_slice(units);
    shared[unit] = sum;
    sync_cube();
    if lane == 0 && column < columns {
        let mut all = f32::new(0.0);
        for other in 0..lanes {
            all += shared[other * width + unit];
        }
        output[column] = all;
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
    );
    let output = empty(x, [2, columns]);
    let last = ColumnGrid::new(x, [grid.parts, columns], NARROW, 1);
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
    );
    output
}

/// Sums and sums of squares of the distances from the first row, which lies near the mean: so nothing is lost where the
/// mean is large beside the deviation.
#[cube(launch)]
fn moments_kernel(
    x: &[f32],
    parts: &mut [f32],
    rows: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    chunk: usize,
    #[comptime] units: usize,
) {
    let unit = UNIT_POS as usize;
    let lane = unit / width;
    let column = CUBE_POS_X as usize * width + unit % width;
    let part = CUBE_POS_Y as usize;
    let mut sum = f32::new(0.0);
    let mut square = f32::new(0.0);
    if lane < lanes && column < columns {
        let origin = x[column];
        let end = min((part + 1) * chunk, rows);
        let mut row = part * chunk + lane;
        while row < end {
            let value = x[row * columns + column] - origin;
            sum += value;
            square += value * value;
            row += lanes;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    let mut squares = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    squares[unit] = square;
    sync_cube();
    if lane == 0 && column < columns {
        let mut sum = f32::new(0.0);
        let mut square = f32::new(0.0);
        for other in 0..lanes {
            sum += sums[other * width + unit];
            square += squares[other * width + unit];
        }
        parts[2 * part * columns + column] = sum;
        parts[(2 * part + 1) * columns + column] = square;
    }
}

#[cube(launch)]
fn statistics_kernel(
    x: &[f32],
    parts: &[f32],
    statistics: &mut [f32],
    rows: usize,
    count: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    #[comptime] units: usize,
) {
    let unit = UNIT_POS as usize;
    let lane = unit / width;
    let column = CUBE_POS_X as usize * width + unit % width;
    let mut sum = f32::new(0.0);
    let mut square = f32::new(0.0);
    if lane < lanes && column < columns {
        let mut part = lane;
        while part < count {
            sum += parts[2 * part * columns + column];
            square += parts[(2 * part + 1) * columns + column];
            part += lanes;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    let mut squares = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    squares[unit] = square;
    sync_cube();
    if lane == 0 && column < columns {
        let mut sum = f32::new(0.0);
        let mut square = f32::new(0.0);
        for other in 0..lanes {
            sum += sums[other * width + unit];
            square += squares[other * width + unit];
        }
        let number = f32::cast_from(rows);
        let mean = sum / number;
        statistics[column] = x[column] + mean;
        statistics[columns + column] = max(square / number - mean * mean, f32::new(0.0));
    }
}
