//! Sums of squares of long tensors, in parts that the reader adds up.

use burn::tensor::Tensor;
use cubecl::prelude::*;

use super::record::{primitive, untracked};
use super::tensors::{buffer, count, dense, empty, units};

/// Most parts of a sum.
const PARTS: usize = 64;
/// Values that a thread adds up at least, before the values are split into more parts.
const LEAST_VALUES: usize = 32;

/// Sum of the squares of all values, in parts `[parts]`.
pub(crate) fn sum_of_squares<const D: usize>(x: &Tensor<D>) -> Option<Tensor<1>> {
    let x = dense(&primitive(&x.clone().into_dispatch())?);
    let units = units(&x.client);
    let parts = (count(&x) / (units * LEAST_VALUES)).clamp(1, PARTS);
    let output = empty(&x, [parts]);
    squares_kernel::launch(
        &x.client,
        CubeCount::Static(parts as u32, 1, 1),
        CubeDim::new_1d(units as u32),
        buffer(&x),
        buffer(&output),
        count(&x),
        parts,
        units,
    );
    Some(untracked(output))
}

#[cube(launch)]
fn squares_kernel(x: &[f32], output: &mut [f32], values: usize, parts: usize, #[comptime] units: usize) {
    let unit = UNIT_POS as usize;
    let part = CUBE_POS_X as usize;
    let mut sum = f32::new(0.0);
    let mut at = part * units + unit;
    while at < values {
        sum += x[at] * x[at];
        at += parts * units;
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    sync_cube();
    if unit == 0 {
        let mut all = f32::new(0.0);
        for other in 0..units {
            all += sums[other];
        }
        output[part] = all;
    }
}
