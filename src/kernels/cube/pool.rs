//! Means and sums of products over the middle of `[groups, items, values]`.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::places::{leads, sum_of_lanes, thread_place};
use super::rounding::narrowed;
use super::tensors::{buffer, each, element, empty_maps, units};

/// Values of a cube: its other threads share the items.
const WIDTH: usize = 32;

/// Mean over the items `[groups, values]`, in the given shape.
pub(super) fn mean(x: &CubeTensor, items: usize, values: usize, shape: &[usize]) -> CubeTensor {
    sum(x, x, 1.0 / items as f32, false, [items, values], shape)
}

/// Sum over the items of `x * y` `[groups, values]`, in the given shape.
pub(super) fn dot(x: &CubeTensor, y: &CubeTensor, items: usize, values: usize, shape: &[usize]) -> CubeTensor {
    sum(x, y, 1.0, true, [items, values], shape)
}

fn sum(
    x: &CubeTensor,
    y: &CubeTensor,
    factor: f32,
    product: bool,
    [items, values]: [usize; 2],
    shape: &[usize],
) -> CubeTensor {
    let output = empty_maps(x, shape.to_vec());
    let groups = shape.iter().product::<usize>() / values;
    let units = units(&x.client);
    let width = values.min(WIDTH).min(units);
    sum_kernel::launch(
        &x.client,
        CubeCount::Static(values.div_ceil(width) as u32, groups as u32, 1),
        CubeDim::new_1d(units as u32),
        buffer(x),
        buffer(y),
        buffer(&output),
        factor,
        items,
        values,
        width,
        units / width,
        product,
        units,
        element(x),
    );
    output
}

#[cube(launch)]
fn sum_kernel<F: Float>(
    x: &[F],
    y: &[F],
    output: &mut [F],
    factor: f32,
    items: usize,
    values: usize,
    width: usize,
    lanes: usize,
    #[comptime] product: bool,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let place = thread_place(width, lanes, values);
    let group = CUBE_POS_Y as usize;
    let mut sum = f32::new(0.0);
    if place.active {
        let mut item = place.lane;
        while item < items {
            let at = (group * items + item) * values + place.column;
            if comptime!(product) {
                sum += f32::cast_from(x[at]) * f32::cast_from(y[at]);
            } else {
                sum += f32::cast_from(x[at]);
            }
            item += lanes;
        }
    }
    let all = sum_of_lanes(sum, width, lanes, units);
    if leads(&place) {
        output[group * values + place.column] = narrowed::<F>(all * factor);
    }
}

/// Gradient of [`mean`] in the given shape.
pub(super) fn mean_gradient(dy: &CubeTensor, items: usize, values: usize, shape: &[usize]) -> CubeTensor {
    let dx = empty_maps(dy, shape.to_vec());
    let total = shape.iter().product();
    let (cubes, size) = each(&dy.client, total);
    mean_gradient_kernel::launch(&dy.client, cubes, size, buffer(dy), buffer(&dx), total, items, values, element(dy));
    dx
}

#[cube(launch)]
fn mean_gradient_kernel<F: Float>(
    dy: &[F],
    dx: &mut [F],
    total: usize,
    items: usize,
    values: usize,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < total {
        let all = f32::cast_from(dy[at / values / items * values + at % values]);
        dx[at] = narrowed::<F>(all / f32::cast_from(items));
    }
}
