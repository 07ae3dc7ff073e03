//! The products of [`products`](super::products) on tensor cores, where feature maps are in bfloat16: factors are
//! rounded on their way to shared memory, sums are in single precision. A plane (32 threads) multiplies fragments of
//! 16 x 16 values.

use burn::tensor::bf16;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::factor::Factor;
use super::reading::{Prologue, ReadFunction, scale_of, seen, shift_of};
use super::tensors::{buffer, count, sizes};

/// Threads of a cube, and of a plane.
const THREADS: usize = 256;
const PLANE: usize = 32;
/// Side of a fragment, and its inner dimension.
const SIDE: usize = 16;
/// Inner dimension of a slice in shared memory.
const DEPTH: usize = 32;
/// Row of a slice is longer than what it holds by this much, so that threads meet different banks.
const GAP: usize = 8;
/// Bytes that fragments in shared memory are aligned to.
const ALIGNED: usize = 32;
/// Rows of the tall factor that a plane multiplies.
const PLANE_ROWS: usize = 32;
/// Columns that planes of a cube write at a time.
const WRITTEN: usize = 32;
/// Cubes that fill a large device.
const CUBES: usize = 128;
/// Side of a tile of a weight gradient.
const TILE: usize = 64;

/// Tile of a product, and how the planes of a cube share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ProductTile {
    columns: usize,
    /// Planes side by side.
    planes_across: usize,
}

impl ProductTile {
    /// The tile for a product of this size.
    fn new(rows: usize, columns: usize) -> Self {
        let wide = rows.div_ceil(4 * PLANE_ROWS) * columns.div_ceil(128) >= CUBES;
        let (columns, planes_across) = match columns {
            0..=16 => (16, 1),
            17..=32 => (32, 1),
            65.. if wide => (128, 2),
            _ => (64, 2),
        };
        Self { columns, planes_across }
    }

    const fn rows(self) -> usize {
        THREADS / PLANE / self.planes_across * PLANE_ROWS
    }

    /// Columns of a plane.
    const fn plane_columns(self) -> usize {
        self.columns / self.planes_across
    }
}

/// Writes `prologue(x)[rows, inner]` times a factor to `y[rows, columns]`.
pub(super) fn multiply(x: &CubeTensor, prologue: &Prologue, factor: &Factor, y: &CubeTensor) {
    let rows = count(y) / factor.columns;
    let tile = ProductTile::new(rows, factor.columns);
    let [statistics, a, b] = prologue.buffers();
    multiply_kernel::launch(
        &x.client,
        CubeCount::Static(rows.div_ceil(tile.rows()) as u32, factor.columns.div_ceil(tile.columns) as u32, 1),
        CubeDim::new_1d(THREADS as u32),
        buffer(x),
        buffer(&factor.values),
        buffer(y),
        statistics,
        a,
        b,
        rows,
        factor.inner,
        factor.columns,
        factor.inner_step,
        factor.column_step,
        tile,
        prologue.reading,
    );
}

#[cube(launch)]
fn multiply_kernel(
    x: &[bf16],
    w: &[f32],
    y: &mut [bf16],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    rows: usize,
    inner: usize,
    columns: usize,
    inner_step: usize,
    column_step: usize,
    #[comptime] tile: ProductTile,
    #[comptime] reading: ReadFunction,
) {
    let unit = UNIT_POS as usize;
    let lane = unit % PLANE;
    let plane = unit / PLANE;
    let plane_row = plane / comptime!(tile.planes_across) * PLANE_ROWS;
    let plane_column = plane % comptime!(tile.planes_across) * comptime!(tile.plane_columns());
    let first_row = CUBE_POS_X as usize * comptime!(tile.rows());
    let first_column = CUBE_POS_Y as usize * comptime!(tile.columns);
    let x_pitch = comptime!(DEPTH + GAP);
    let w_pitch = comptime!(tile.columns + GAP);
    let across = comptime!(tile.plane_columns() / SIDE);
    let mut xs = Shared::<[bf16]>::new_aligned_slice(comptime!(tile.rows() * (DEPTH + GAP)), ALIGNED);
    let mut ws = Shared::<[bf16]>::new_aligned_slice(comptime!(DEPTH * (tile.columns + GAP)), ALIGNED);
    let mut sums = Sequence::<cmma::Matrix<f32>>::new();
    #[unroll]
    for _ in 0..comptime!(2 * across) {
        sums.push(cmma::Matrix::<f32>::from_value(
            cmma::MatrixIdent::Accumulator,
            SIDE,
            SIDE,
            SIDE,
            cmma::MatrixLayout::Undefined,
            f32::new(0.0),
        ));
    }
    let mut scale = f32::new(1.0);
    let mut shift = f32::new(0.0);
    let steps = (inner + DEPTH - 1) / DEPTH;
    for step in 0..steps {
        let start = step * DEPTH;
        // All values that a thread loads in a step are of one channel.
        let own = start + unit % DEPTH;
        if own < inner {
            scale = scale_of(statistics, a, own, inner, reading);
            shift = shift_of(statistics, b, own, scale, reading);
        }
        #[unroll]
        for load in 0..comptime!(tile.rows() * DEPTH / THREADS) {
            let tile_row = unit / DEPTH + comptime!(load * (THREADS / DEPTH));
            let row = first_row + tile_row;
            let mut value = f32::new(0.0);
            if row < rows && own < inner {
                value = seen(f32::cast_from(x[row * inner + own]), scale, shift, reading);
            }
            xs[tile_row * x_pitch + unit % DEPTH] = bf16::cast_from(value);
        }
        #[unroll]
        for load in 0..comptime!(tile.columns * DEPTH / THREADS) {
            let place = unit + comptime!(load * THREADS);
            let k = place / comptime!(tile.columns);
            let column = place % comptime!(tile.columns);
            let mut value = f32::new(0.0);
            if start + k < inner && first_column + column < columns {
                value = w[(start + k) * inner_step + (first_column + column) * column_step];
            }
            ws[k * w_pitch + column] = bf16::cast_from(value);
        }
        sync_cube();
        #[unroll]
        for part in 0..comptime!(DEPTH / SIDE) {
            let k = comptime!(part * SIDE);
            let upper = xs_fragment(&xs, plane_row * x_pitch + k);
            let lower = xs_fragment(&xs, (plane_row + SIDE) * x_pitch + k);
            #[unroll]
            for j in 0..across {
                let from = k * w_pitch + plane_column + comptime!(j * SIDE);
                let to = from + comptime!((SIDE - 1) * (tile.columns + GAP) + SIDE);
                let right = cmma::Matrix::<bf16>::from_slice(
                    cmma::MatrixIdent::B,
                    SIDE,
                    SIDE,
                    SIDE,
                    cmma::MatrixLayout::RowMajor,
                    &ws[from..to],
                    comptime!((tile.columns + GAP) as u32),
                );
                cmma::execute(&upper, &right, &sums[j], &sums[j]);
                cmma::execute(&lower, &right, &sums[comptime!(across + j)], &sums[comptime!(across + j)]);
            }
        }
        sync_cube();
    }
    // Through shared memory, in which a plane has place for 16 rows of its own.
    let width = comptime!(if across == 1 { SIDE } else { WRITTEN });
    let mut scratch = Shared::<[f32]>::new_aligned_slice(comptime!(THREADS / PLANE * SIDE * WRITTEN), ALIGNED);
    let own = plane * comptime!(SIDE * WRITTEN);
    #[unroll]
    for i in 0..2 {
        #[unroll]
        for part in 0..comptime!(if across == 4 { 2 } else { 1 }) {
            #[unroll]
            for j in 0..comptime!(width / SIDE) {
                let from = own + comptime!(j * SIDE);
                let to = from + comptime!((SIDE - 1) * width + SIDE);
                cmma::store(
                    &mut scratch[from..to],
                    &sums[comptime!(i * across + part * 2 + j)],
                    comptime!(width as u32),
                    cmma::MatrixLayout::RowMajor,
                );
            }
            sync_cube();
            let column = first_column + plane_column + comptime!(part * WRITTEN) + lane % width;
            #[unroll]
            for line in 0..comptime!(SIDE * width / PLANE) {
                let tile_row = lane / width + comptime!(line * (PLANE / width));
                let row = first_row + plane_row + comptime!(i * SIDE) + tile_row;
                if row < rows && column < columns {
                    y[row * columns + column] = bf16::cast_from(scratch[own + tile_row * width + lane % width]);
                }
            }
            sync_cube();
        }
    }
}

/// Fragment of the tall factor that begins at this place of a slice.
#[cube]
fn xs_fragment(xs: &Shared<[bf16]>, from: usize) -> cmma::Matrix<bf16> {
    let to = from + comptime!((SIDE - 1) * (DEPTH + GAP) + SIDE);
    cmma::Matrix::<bf16>::from_slice(
        cmma::MatrixIdent::A,
        SIDE,
        SIDE,
        SIDE,
        cmma::MatrixLayout::RowMajor,
        &xs[from..to],
        comptime!((DEPTH + GAP) as u32),
    )
}

/// Writes `prologue(x)[rows, inner]` transposed, times `dy[rows, columns]`, summed over chunks of the rows, to
/// `sums[chunks, inner, columns]`.
pub(super) fn weight_gradient(x: &CubeTensor, prologue: &Prologue, dy: &CubeTensor, sums: &CubeTensor, chunk: usize) {
    let [parts, inner, columns] = sizes(sums);
    let [statistics, a, b] = prologue.buffers();
    gradient_kernel::launch(
        &x.client,
        CubeCount::Static(inner.div_ceil(TILE) as u32, columns.div_ceil(TILE) as u32, parts as u32),
        CubeDim::new_1d(THREADS as u32),
        buffer(x),
        buffer(dy),
        buffer(sums),
        statistics,
        a,
        b,
        count(dy) / columns,
        inner,
        columns,
        chunk,
        prologue.reading,
    );
}

#[cube(launch)]
fn gradient_kernel(
    x: &[bf16],
    dy: &[bf16],
    parts: &mut [f32],
    statistics: &[f32],
    a: &[f32],
    b: &[f32],
    rows: usize,
    inner: usize,
    columns: usize,
    chunk: usize,
    #[comptime] reading: ReadFunction,
) {
    let unit = UNIT_POS as usize;
    let lane = unit % PLANE;
    let plane = unit / PLANE;
    let first_inner = CUBE_POS_X as usize * TILE;
    let first_column = CUBE_POS_Y as usize * TILE;
    let part = CUBE_POS_Z as usize;
    // A plane has 16 rows and 32 columns of the tile.
    let plane_inner = plane / 2 * SIDE;
    let plane_column = plane % 2 * WRITTEN;
    let pitch = comptime!(TILE + GAP);
    let mut xs = Shared::<[bf16]>::new_aligned_slice(comptime!(DEPTH * (TILE + GAP)), ALIGNED);
    let mut ys = Shared::<[bf16]>::new_aligned_slice(comptime!(DEPTH * (TILE + GAP)), ALIGNED);
    let mut sums = Sequence::<cmma::Matrix<f32>>::new();
    #[unroll]
    for _ in 0..2 {
        sums.push(cmma::Matrix::<f32>::from_value(
            cmma::MatrixIdent::Accumulator,
            SIDE,
            SIDE,
            SIDE,
            cmma::MatrixLayout::Undefined,
            f32::new(0.0),
        ));
    }
    // All values that a thread loads are of one channel.
    let own = unit % TILE;
    let mut scale = f32::new(1.0);
    let mut shift = f32::new(0.0);
    if first_inner + own < inner {
        scale = scale_of(statistics, a, first_inner + own, inner, reading);
        shift = shift_of(statistics, b, first_inner + own, scale, reading);
    }
    let end = min((part + 1) * chunk, rows);
    let steps = (end - part * chunk + DEPTH - 1) / DEPTH;
    for step in 0..steps {
        let start = part * chunk + step * DEPTH;
        #[unroll]
        for load in 0..comptime!(DEPTH * TILE / THREADS) {
            let slice_row = unit / TILE + comptime!(load * (THREADS / TILE));
            let row = start + slice_row;
            let mut value = f32::new(0.0);
            if row < end && first_inner + own < inner {
                value = seen(f32::cast_from(x[row * inner + first_inner + own]), scale, shift, reading);
            }
            xs[slice_row * pitch + own] = bf16::cast_from(value);
            let mut gradient = f32::new(0.0);
            if row < end && first_column + own < columns {
                gradient = f32::cast_from(dy[row * columns + first_column + own]);
            }
            ys[slice_row * pitch + own] = bf16::cast_from(gradient);
        }
        sync_cube();
        #[unroll]
        for slice in 0..comptime!(DEPTH / SIDE) {
            let begin = comptime!(slice * SIDE * (TILE + GAP));
            let length = comptime!((SIDE - 1) * (TILE + GAP) + SIDE);
            let from = begin + plane_inner;
            let left = cmma::Matrix::<bf16>::from_slice(
                cmma::MatrixIdent::A,
                SIDE,
                SIDE,
                SIDE,
                cmma::MatrixLayout::ColMajor,
                &xs[from..from + length],
                comptime!((TILE + GAP) as u32),
            );
            #[unroll]
            for j in 0..2 {
                let from = begin + plane_column + comptime!(j * SIDE);
                let right = cmma::Matrix::<bf16>::from_slice(
                    cmma::MatrixIdent::B,
                    SIDE,
                    SIDE,
                    SIDE,
                    cmma::MatrixLayout::RowMajor,
                    &ys[from..from + length],
                    comptime!((TILE + GAP) as u32),
                );
                cmma::execute(&left, &right, &sums[j], &sums[j]);
            }
        }
        sync_cube();
    }
    let mut scratch = Shared::<[f32]>::new_aligned_slice(comptime!(THREADS / PLANE * SIDE * WRITTEN), ALIGNED);
    let place = plane * comptime!(SIDE * WRITTEN);
    #[unroll]
    for j in 0..2 {
        let from = place + comptime!(j * SIDE);
        cmma::store(
            &mut scratch[from..from + comptime!((SIDE - 1) * WRITTEN + SIDE)],
            &sums[j],
            comptime!(WRITTEN as u32),
            cmma::MatrixLayout::RowMajor,
        );
    }
    sync_cube();
    let column = first_column + plane_column + lane;
    #[unroll]
    for line in 0..SIDE {
        let k = first_inner + plane_inner + line;
        if k < inner && column < columns {
            parts[(part * inner + k) * columns + column] = scratch[place + line * WRITTEN + lane];
        }
    }
}
