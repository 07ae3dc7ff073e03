//! Uniform quantisation of the tensor on the link: each image with its own range, `2^bits` levels.

use rayon::prelude::*;

/// Rounds each image of `values` elements to the nearest of `2^bits` levels between its smallest and largest value.
pub(super) fn quantise(x: &[f32], values: usize, bits: u8) -> Vec<f32> {
    let steps = ((1_u32 << bits) - 1) as f32;
    let mut y = vec![0.0; x.len()];
    y.par_chunks_mut(values).zip(x.par_chunks(values)).for_each(|(y, x)| {
        let low = x.iter().copied().fold(f32::INFINITY, f32::min);
        let high = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let step = (high - low) / steps;
        for (y, &x) in y.iter_mut().zip(x) {
            *y = if step > 0.0 { low + ((x - low) / step).round() * step } else { x };
        }
    });
    y
}
