//! Uniform quantisation of the tensor on the link: each image with its own range. A cube takes an image.

use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::rounding::narrowed;
use super::tensors::{buffer, count, element, empty_maps, sizes, units};

/// Rounds each image of `values` elements to the nearest of `2^bits` levels between its smallest and largest value.
pub(super) fn quantise(x: &CubeTensor, values: usize, bits: u8) -> CubeTensor {
    let y = empty_maps(x, sizes::<4>(x));
    let units = units(&x.client);
    let steps = ((1_u32 << bits) - 1) as f32;
    quantise_kernel::launch(
        &x.client,
        CubeCount::Static((count(x) / values) as u32, 1, 1),
        CubeDim::new_1d(units as u32),
        buffer(x),
        buffer(&y),
        values,
        steps,
        units,
        element(x),
    );
    y
}

#[cube(launch)]
fn quantise_kernel<F: Float>(
    x: &[F],
    y: &mut [F],
    values: usize,
    steps: f32,
    #[comptime] units: usize,
    #[define(F)] _format: ElemType,
) {
    let unit = UNIT_POS as usize;
    let first = CUBE_POS_X as usize * values;
    let mut low = f32::cast_from(x[first]);
    let mut high = f32::cast_from(x[first]);
    let mut at = unit;
    while at < values {
        let value = f32::cast_from(x[first + at]);
        low = min(low, value);
        high = max(high, value);
        at += units;
    }
    let mut lows = Shared::<[f32]>::new_slice(units);
    let mut highs = Shared::<[f32]>::new_slice(units);
    lows[unit] = low;
    highs[unit] = high;
    sync_cube();
    for other in 0..units {
        low = min(low, lows[other]);
        high = max(high, highs[other]);
    }
    let step = (high - low) / steps;
    let mut at = unit;
    while at < values {
        let value = f32::cast_from(x[first + at]);
        let mut rounded = value;
        if step > f32::new(0.0) {
            rounded = low + ((value - low) / step).round() * step;
        }
        y[first + at] = narrowed::<F>(rounded);
        at += units;
    }
}
