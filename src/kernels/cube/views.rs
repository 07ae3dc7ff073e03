//! Fusion of views: `[objects, views, values]` to `[objects, values]` by maximum.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::rounding::narrowed;
use super::tensors::{buffer, each, element, empty, empty_maps};

/// Maximum over the views `[objects, values]` in the given shape, and the view it came from (the first of equals).
pub(super) fn maximum(x: &CubeTensor, views: usize, values: usize, shape: &[usize]) -> (CubeTensor, CubeTensor) {
    let (y, from) = (empty_maps(x, shape.to_vec()), empty(x, shape.to_vec()));
    let total = shape.iter().product();
    let (cubes, size) = each(&x.client, total);
    let [x_values, y_values, sources] = [x, &y, &from].map(buffer);
    maximum_kernel::launch(&x.client, cubes, size, x_values, y_values, sources, total, views, values, element(x));
    (y, from)
}

#[cube(launch)]
fn maximum_kernel<F: Float>(
    x: &[F],
    y: &mut [F],
    from: &mut [f32],
    total: usize,
    views: usize,
    values: usize,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < total {
        let first = at / values * views * values + at % values;
        let mut best = f32::cast_from(x[first]);
        let mut source = f32::new(0.0);
        for view in 1..views {
            let value = f32::cast_from(x[first + view * values]);
            if value > best {
                best = value;
                source = f32::cast_from(view);
            }
        }
        y[at] = narrowed::<F>(best);
        from[at] = source;
    }
}

/// Gradient of [`maximum`] in the given shape: it flows to the view that the value came from.
pub(super) fn maximum_gradient(
    dy: &CubeTensor,
    from: &CubeTensor,
    views: usize,
    values: usize,
    shape: &[usize],
) -> CubeTensor {
    let dx = empty_maps(dy, shape.to_vec());
    let total = shape.iter().product();
    let (cubes, size) = each(&dy.client, total);
    let [gradient, sources, dx_values] = [dy, from, &dx].map(buffer);
    gradient_kernel::launch(&dy.client, cubes, size, gradient, sources, dx_values, total, views, values, element(dy));
    dx
}

#[cube(launch)]
fn gradient_kernel<F: Float>(
    dy: &[F],
    from: &[f32],
    dx: &mut [F],
    total: usize,
    views: usize,
    values: usize,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < total {
        let view = at / values % views;
        let source = at / values / views * values + at % values;
        let gradient = f32::cast_from(dy[source]);
        dx[at] = narrowed::<F>(select(from[source] == f32::cast_from(view), gradient, f32::new(0.0)));
    }
}
