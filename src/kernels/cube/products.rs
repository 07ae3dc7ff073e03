//! Products of a tall matrix with a small one, and of two tall matrices over their rows: 1x1 convolutions in
//! channels-last order and their gradients.
//!
//! A cube computes a tile of the product from slices of both factors in shared memory; a thread holds a block of it in
//! registers, 4 columns by 4 rows or, where there are cubes enough, 8. Its columns and those of its neighbours
//! alternate, so that neighbours read and write neighbours. Where the device has fewer threads than a tile has such
//! blocks, a thread takes several.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::columns;
use super::factor::Factor;
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of};
use super::rounding::{FactorRounding, narrowed, rounded};
use super::tensor_products;
use super::tensors::{buffer, count, element, empty, empty_maps, units};

/// Inner dimension of a slice in shared memory.
const DEPTH: usize = 16;
/// Row of a slice of the tall factor: one more than it holds, so that threads meet different banks.
const PITCH: usize = 17;
/// Values of a slice of a tall matrix in shared memory, where its rows are summed: many, so that their loads overlap.
const SLICE: usize = 2048;
/// Columns of the block of a thread.
const BLOCK: usize = 4;
/// Threads of a tile of the product.
const THREADS: usize = 256;
/// Most rows of tall matrices that a part of a weight gradient sums, and most parts.
const LEAST_ROWS: usize = 64;
const PARTS: usize = 512;
/// Cubes that fill a large device.
const CUBES: usize = 512;
/// Cubes of one dimension that every device takes.
const MOST_CUBES: usize = 65_535;

/// `prologue(x)[rows, inner]` times a factor, in the given shape of `rows * columns` values.
pub(super) fn multiply(x: &CubeTensor, prologue: &Prologue, factor: &Factor, shape: &[usize]) -> CubeTensor {
    let rows = shape.iter().product::<usize>() / factor.columns;
    let y = empty_maps(x, shape.to_vec());
    let rounding = FactorRounding::of(x);
    if rounding.is_of_tensor_cores(&x.client) {
        tensor_products::multiply(x, prologue, factor, &y);
        return y;
    }
    let tile_columns = match factor.columns {
        0..=16 => 16,
        17..=32 => 32,
        _ => 64,
    };
    let column_tiles = factor.columns.div_ceil(tile_columns);
    let tile_rows = |block_rows: usize| THREADS * BLOCK * block_rows / tile_columns;
    let block_rows = if rows.div_ceil(tile_rows(8)) * column_tiles >= CUBES { 8 } else { 4 };
    let row_tiles = rows.div_ceil(tile_rows(block_rows));
    let layers = row_tiles.div_ceil(MOST_CUBES);
    let [statistics, a, b] = prologue.buffers();
    let units = units(&x.client);
    multiply_kernel::launch(
        &x.client,
        CubeCount::Static(row_tiles.div_ceil(layers) as u32, column_tiles as u32, layers as u32),
        CubeDim::new_1d(units as u32),
        buffer(x),
        buffer(&factor.values),
        buffer(&y),
        statistics,
        a,
        b,
        rows,
        factor.inner,
        factor.columns,
        factor.inner_step,
        factor.column_step,
        block_rows,
        tile_columns,
        prologue.reading,
        rounding,
        units,
        element(x),
    );
    y
}

#[cube(launch)]
fn multiply_kernel<F: Float>(
    x: &[F],
    w: &[f32],
    y: &mut [F],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    rows: usize,
    inner: usize,
    columns: usize,
    inner_step: usize,
    column_step: usize,
    #[comptime] block_rows: usize,
    #[comptime] tile_columns: usize,
    #[comptime] reading: ReadFunction,
    #[comptime] rounding: FactorRounding,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let unit = UNIT_POS as usize;
    let tile_rows = comptime!(THREADS * BLOCK * block_rows / tile_columns);
    let first_row = (CUBE_POS_Z * CUBE_COUNT_X + CUBE_POS_X) as usize * tile_rows;
    let first_column = CUBE_POS_Y as usize * tile_columns;
    let blocks = comptime!(THREADS / units);
    let unroll = comptime!(blocks == 1);
    let across = comptime!(tile_columns / BLOCK);
    let x_loads = comptime!(tile_rows * DEPTH / units);
    let w_loads = comptime!(tile_columns * DEPTH / units);
    // With so many threads all values that a thread loads in a step are of one channel.
    let one_channel = comptime!(units.is_multiple_of(DEPTH));
    let mut xs = Shared::<[f32]>::new_slice(comptime!(tile_rows * PITCH));
    let mut ws = Shared::<[f32]>::new_slice(comptime!(tile_columns * DEPTH));
    let mut right = Array::<f32>::new(BLOCK);
    let mut sums = Array::<f32>::new(comptime!(blocks * block_rows * BLOCK));
    #[unroll(unroll)]
    for at in 0..comptime!(blocks * block_rows * BLOCK) {
        sums[at] = f32::new(0.0);
    }
    let mut scale = f32::new(1.0);
    let mut shift = f32::new(0.0);
    let steps = (inner + DEPTH - 1) / DEPTH;
    for step in 0..steps {
        let start = step * DEPTH;
        let own = start + unit % DEPTH;
        if comptime!(one_channel) {
            if own < inner {
                scale = scale_of(statistics, a, own, inner, reading);
                shift = shift_of(statistics, b, own, scale, reading);
            }
        }
        #[unroll(unroll)]
        for load in 0..x_loads {
            let place = unit + load * units;
            let row = first_row + place / DEPTH;
            let k = start + place % DEPTH;
            let mut value = f32::new(0.0);
            if row < rows && k < inner {
                if comptime!(!one_channel) {
                    scale = scale_of(statistics, a, k, inner, reading);
                    shift = shift_of(statistics, b, k, scale, reading);
                }
                value = rounded(seen(f32::cast_from(x[row * inner + k]), scale, shift, reading), rounding);
            }
            xs[place / DEPTH * PITCH + place % DEPTH] = value;
        }
        #[unroll(unroll)]
        for load in 0..w_loads {
            let place = unit + load * units;
            let k = start + place / tile_columns;
            let column = first_column + place % tile_columns;
            let mut value = f32::new(0.0);
            if k < inner && column < columns {
                value = rounded(w[k * inner_step + column * column_step], rounding);
            }
            ws[place] = value;
        }
        sync_cube();
        #[unroll(unroll)]
        for block in 0..blocks {
            let id = unit + block * units;
            let row = id / across * block_rows;
            let column = id % across;
            for k in 0..DEPTH {
                #[unroll]
                for j in 0..BLOCK {
                    right[j] = ws[k * tile_columns + column + j * across];
                }
                #[unroll]
                for i in 0..block_rows {
                    let left = xs[(row + i) * PITCH + k];
                    #[unroll]
                    for j in 0..BLOCK {
                        sums[(block * block_rows + i) * BLOCK + j] += left * right[j];
                    }
                }
            }
        }
        sync_cube();
    }
    #[unroll(unroll)]
    for block in 0..blocks {
        let id = unit + block * units;
        #[unroll]
        for i in 0..block_rows {
            let row = first_row + id / across * block_rows + i;
            #[unroll]
            for j in 0..BLOCK {
                let column = first_column + id % across + j * across;
                if row < rows && column < columns {
                    y[row * columns + column] = narrowed::<F>(sums[(block * block_rows + i) * BLOCK + j]);
                }
            }
        }
    }
}

/// `prologue(x)[rows, inner]` transposed, times `dy[rows, columns]`: the gradient of the small factor, in the given
/// shape. The rows are summed in parts.
pub(super) fn weight_gradient(
    x: &CubeTensor,
    prologue: &Prologue,
    dy: &CubeTensor,
    [inner, columns]: [usize; 2],
    shape: &[usize],
) -> CubeTensor {
    let rows = count(dy) / columns;
    let rounding = FactorRounding::of(x);
    let on_tensor_cores = rounding.is_of_tensor_cores(&x.client);
    let tile = if on_tensor_cores || inner.min(columns) > 32 { 64 } else { 32 };
    let (inner_tiles, column_tiles) = (inner.div_ceil(tile), columns.div_ceil(tile));
    let wanted = (CUBES / (inner_tiles * column_tiles)).min(rows / LEAST_ROWS).clamp(1, PARTS);
    let chunk = rows.div_ceil(wanted);
    let parts = rows.div_ceil(chunk);
    let sums = empty(x, [parts, inner, columns]);
    if on_tensor_cores {
        tensor_products::weight_gradient(x, prologue, dy, &sums, chunk);
        return columns::total(&sums, shape);
    }
    let [statistics, a, b] = prologue.buffers();
    let units = units(&x.client);
    gradient_kernel::launch(
        &x.client,
        CubeCount::Static(inner_tiles as u32, column_tiles as u32, parts as u32),
        CubeDim::new_1d(units as u32),
        buffer(x),
        buffer(dy),
        buffer(&sums),
        statistics,
        a,
        b,
        rows,
        inner,
        columns,
        chunk,
        tile,
        prologue.reading,
        rounding,
        units,
        element(x),
    );
    columns::total(&sums, shape)
}

#[cube(launch)]
fn gradient_kernel<F: Float>(
    x: &[F],
    dy: &[F],
    parts: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    rows: usize,
    inner: usize,
    columns: usize,
    chunk: usize,
    #[comptime] tile: usize,
    #[comptime] reading: ReadFunction,
    #[comptime] rounding: FactorRounding,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let unit = UNIT_POS as usize;
    let first_inner = CUBE_POS_X as usize * tile;
    let first_column = CUBE_POS_Y as usize * tile;
    let part = CUBE_POS_Z as usize;
    // A thread's values are a quarter of the tile apart, so that neighbours read neighbours.
    let side = comptime!(tile / 16);
    let blocks = comptime!(THREADS / units);
    let unroll = comptime!(blocks == 1);
    let depth = comptime!(SLICE / tile);
    let loads = comptime!(SLICE / units);
    let mut xs = Shared::<[f32]>::new_slice(SLICE);
    let mut ys = Shared::<[f32]>::new_slice(SLICE);
    let mut sums = Array::<f32>::new(comptime!(blocks * side * side));
    #[unroll(unroll)]
    for at in 0..comptime!(blocks * side * side) {
        sums[at] = f32::new(0.0);
    }
    // With so many threads all values that a thread loads are of one channel.
    let one_channel = comptime!(units.is_multiple_of(tile));
    let mut scale = f32::new(1.0);
    let mut shift = f32::new(0.0);
    let own = first_inner + unit % tile;
    if comptime!(one_channel) {
        if own < inner {
            scale = scale_of(statistics, a, own, inner, reading);
            shift = shift_of(statistics, b, own, scale, reading);
        }
    }
    let end = min((part + 1) * chunk, rows);
    let steps = (end - part * chunk + depth - 1) / depth;
    for step in 0..steps {
        let start = part * chunk + step * depth;
        #[unroll(unroll)]
        for load in 0..loads {
            let place = unit + load * units;
            let row = start + place / tile;
            let k = first_inner + place % tile;
            let column = first_column + place % tile;
            let mut value = f32::new(0.0);
            if row < end && k < inner {
                if comptime!(!one_channel) {
                    scale = scale_of(statistics, a, k, inner, reading);
                    shift = shift_of(statistics, b, k, scale, reading);
                }
                value = rounded(seen(f32::cast_from(x[row * inner + k]), scale, shift, reading), rounding);
            }
            xs[place] = value;
            let mut gradient = f32::new(0.0);
            if row < end && column < columns {
                gradient = rounded(f32::cast_from(dy[row * columns + column]), rounding);
            }
            ys[place] = gradient;
        }
        sync_cube();
        #[unroll(unroll)]
        for block in 0..blocks {
            let id = unit + block * units;
            for row in 0..depth {
                #[unroll]
                for i in 0..side {
                    let left = xs[row * tile + id / 16 + i * 16];
                    #[unroll]
                    for j in 0..side {
                        sums[(block * side + i) * side + j] += left * ys[row * tile + id % 16 + j * 16];
                    }
                }
            }
        }
        sync_cube();
    }
    #[unroll(unroll)]
    for block in 0..blocks {
        let id = unit + block * units;
        #[unroll]
        for i in 0..side {
            let k = first_inner + id / 16 + i * 16;
            #[unroll]
            for j in 0..side {
                let column = first_column + id % 16 + j * 16;
                if k < inner && column < columns {
                    parts[(part * inner + k) * columns + column] = sums[(block * side + i) * side + j];
                }
            }
        }
    }
}
