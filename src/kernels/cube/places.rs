//! Index arithmetic that kernels share: places in images, windows over them, and threads over the columns of a matrix.

use cubecl::prelude::*;

/// Position in images `[images, height, width]`.
#[derive(CubeType, Clone, Copy)]
pub(super) struct ImagePlace {
    pub(super) image: usize,
    pub(super) y: usize,
    pub(super) x: usize,
}

/// Position with this number in row-major order.
#[cube]
pub(super) fn place_of(at: usize, height: usize, width: usize) -> ImagePlace {
    let row = at / width;
    ImagePlace { image: row / height, y: row % height, x: at % width }
}

/// Row or column of the input that a tap of the window of row or column `out` of the output lies on; `none` outside.
#[cube]
pub(super) fn input_of(
    out: usize,
    tap: usize,
    none: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
) -> usize {
    let at = out * stride + tap;
    let mut found = none;
    if at >= comptime!(kernel / 2) {
        found = at - comptime!(kernel / 2);
    }
    found
}

/// Row or column of the output whose window has a tap on row or column `input` of the input; `none` if no window has.
#[cube]
pub(super) fn output_of(
    input: usize,
    tap: usize,
    none: usize,
    #[comptime] kernel: usize,
    #[comptime] stride: usize,
) -> usize {
    let at = input + comptime!(kernel / 2);
    let mut found = none;
    if at >= tap && (at - tap) % stride == 0 {
        found = (at - tap) / stride;
    }
    found
}

/// Place of a thread in a cube of `width` columns by `lanes` rows of threads over a matrix.
#[derive(CubeType, Clone, Copy)]
pub(super) struct ThreadPlace {
    pub(super) column: usize,
    pub(super) lane: usize,
    /// `true` if the thread has a column.
    pub(super) active: bool,
}

/// The place of this thread over a matrix with this many columns.
#[cube]
pub(super) fn thread_place(width: usize, lanes: usize, columns: usize) -> ThreadPlace {
    let unit = UNIT_POS as usize;
    let column = CUBE_POS_X as usize * width + unit % width;
    let lane = unit / width;
    ThreadPlace { column, lane, active: lane < lanes && column < columns }
}

/// `true` for the thread that writes the result of its column.
#[cube]
pub(super) fn leads(place: &ThreadPlace) -> bool {
    place.active && place.lane == 0
}

/// Sum of a column's values over its lanes, in their order, for the thread that leads the column.
#[cube]
pub(super) fn sum_of_lanes(value: f32, width: usize, lanes: usize, #[comptime] units: usize) -> f32 {
    let unit = UNIT_POS as usize;
    let mut shared = Shared::<[f32]>::new_slice(units);
    shared[unit] = value;
    sync_cube();
    let mut sum = f32::new(0.0);
    if unit < width {
        for lane in 0..lanes {
            sum += shared[lane * width + unit];
        }
    }
    sync_cube();
    sum
}

/// Two sums of a column.
#[derive(CubeType, Clone, Copy)]
pub(super) struct SumPair {
    pub(super) first: f32,
    pub(super) second: f32,
}

/// [`sum_of_lanes`] of both.
#[cube]
pub(super) fn pair_of_lanes(sums: SumPair, width: usize, lanes: usize, #[comptime] units: usize) -> SumPair {
    let first = sum_of_lanes(sums.first, width, lanes, units);
    let second = sum_of_lanes(sums.second, width, lanes, units);
    SumPair { first, second }
}

/// Writes the sums of a part of the rows to `parts[parts, 2, columns]`.
#[cube]
pub(super) fn write_pair(sums: SumPair, parts: &mut [f32], part: usize, columns: usize, column: usize) {
    parts[2 * part * columns + column] = sums.first;
    parts[(2 * part + 1) * columns + column] = sums.second;
}

/// Sums of a column over all of `parts[count, 2, columns]`, for the thread that leads the column.
#[cube]
pub(super) fn pair_of_parts(
    parts: &[f32],
    place: &ThreadPlace,
    count: usize,
    columns: usize,
    width: usize,
    lanes: usize,
    #[comptime] units: usize,
) -> SumPair {
    let mut first = f32::new(0.0);
    let mut second = f32::new(0.0);
    if place.active {
        let mut part = place.lane;
        while part < count {
            first += parts[2 * part * columns + place.column];
            second += parts[(2 * part + 1) * columns + place.column];
            part += lanes;
        }
    }
    pair_of_lanes(SumPair { first, second }, width, lanes, units)
}
