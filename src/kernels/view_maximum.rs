//! Fusion of views: `[objects, views, values]` to `[objects, values]` by maximum.

use rayon::prelude::*;

/// Maximum over the views `[objects, values]`, and the view it came from (the first of equals).
pub(super) fn maximum(x: &[f32], views: usize, values: usize) -> (Vec<f32>, Vec<u8>) {
    let objects = x.len() / (views * values);
    let (mut y, mut from) = (vec![0.0; objects * values], vec![0_u8; objects * values]);
    y.par_chunks_mut(values).zip(from.par_chunks_mut(values)).zip(x.par_chunks(views * values)).for_each(
        |((y, from), x)| {
            y.copy_from_slice(&x[..values]);
            for (view, x) in (0_u8..).zip(x.chunks_exact(values)).skip(1) {
                for ((y, from), &x) in y.iter_mut().zip(from.iter_mut()).zip(x) {
                    if x > *y {
                        *y = x;
                        *from = view;
                    }
                }
            }
        },
    );
    (y, from)
}

/// Gradient `[objects, views, values]` of [`maximum`]: it flows to the view `from` which the value came.
pub(super) fn maximum_gradient(dy: &[f32], from: &[u8], views: usize, values: usize) -> Vec<f32> {
    let mut dx = vec![0.0; dy.len() * views];
    dx.par_chunks_mut(views * values).zip(dy.par_chunks(values)).zip(from.par_chunks(values)).for_each(
        |((dx, dy), from)| {
            for (index, (&dy, &from)) in dy.iter().zip(from).enumerate() {
                dx[usize::from(from) * values + index] = dy;
            }
        },
    );
    dx
}
