//! Fusion of views: `[objects, views, values]` to `[objects, values]` by maximum.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::tensors::{buffer, each, empty};

/// Maximum over the views `[objects, values]` in the given shape, and the view it came from (the first of equals).
pub(super) fn maximum(x: &CubeTensor, views: usize, values: usize, shape: &[usize]) -> (CubeTensor, CubeTensor) {
    let (y, from) = (empty(x, shape.to_vec()), empty(x, shape.to_vec()));
    let total = shape.iter().product();
    let (cubes, size) = each(&x.client, total);
    maximum_kernel::launch(&x.client, cubes, size, buffer(x), buffer(&y), buffer(&from), total, views, values);
    (y, from)
}

#[cube(launch)]
fn maximum_kernel(x: &[f32], y: &mut [f32], from: &mut [f32], total: usize, views: usize, values: usize) {
    let at = ABSOLUTE_POS;
    if at < total {
        let first = at / values * views * values + at % values;
        let mut best = x[first];
        let mut source = f32::new(0.0);
        for view in 1..views {
            let value = x[first + view * values];
            if value > best {
                best = value;
                source = f32::cast_from(view);
            }
        }
        y[at] = best;
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
    let dx = empty(dy, shape.to_vec());
    let total = shape.iter().product();
    let (cubes, size) = each(&dy.client, total);
    gradient_kernel::launch(&dy.client, cubes, size, buffer(dy), buffer(from), buffer(&dx), total, views, values);
    dx
}

#[cube(launch)]
fn gradient_kernel(dy: &[f32], from: &[f32], dx: &mut [f32], total: usize, views: usize, values: usize) {
    let at = ABSOLUTE_POS;
    if at < total {
        let view = at / values % views;
        let source = at / values / views * values + at % values;
        dx[at] = select(from[source] == f32::cast_from(view), dy[source], f32::new(0.0));
    }
}
