//! Dense convolutions of any kernel as a matrix product over patches (im2col), in channels-last order.
//!
//! Used where a kernel larger than 1 mixes channels: stems and basic residual blocks. 1x1 convolutions at stride 1 never
//! come here.

use rayon::prelude::*;

use super::depthwise::Slide;

/// Rows of patches `[batch * out_height * out_width, k * k * channels]` of `x[batch, height, width, channels]`.
pub fn gather(x: &[f32], slide: Slide) -> Vec<f32> {
    let patch = slide.kernel * slide.kernel * slide.channels;
    let rows = slide.out_height() * slide.out_width();
    let mut patches = vec![0.0; x.len() / slide.image() * rows * patch];
    patches.par_chunks_mut(rows * patch).zip(x.par_chunks(slide.image())).for_each(|(patches, x)| {
        for (row, patch) in patches.chunks_exact_mut(patch).enumerate() {
            for_taps(slide, row, |tap, index| {
                patch[tap..tap + slide.channels].copy_from_slice(&x[index..index + slide.channels]);
            });
        }
    });
    patches
}

/// Adds patches' gradients back to the image they came from: the gradient of [`gather`].
pub fn scatter(patches: &[f32], slide: Slide) -> Vec<f32> {
    let patch = slide.kernel * slide.kernel * slide.channels;
    let rows = slide.out_height() * slide.out_width();
    let mut x = vec![0.0; patches.len() / (rows * patch) * slide.image()];
    x.par_chunks_mut(slide.image()).zip(patches.par_chunks(rows * patch)).for_each(|(x, patches)| {
        for (row, patch) in patches.chunks_exact(patch).enumerate() {
            for_taps(slide, row, |tap, index| {
                for (x, &value) in x[index..index + slide.channels].iter_mut().zip(&patch[tap..tap + slide.channels]) {
                    *x += value;
                }
            });
        }
    });
    x
}

/// Calls `act(offset in the patch, offset in the image)` for each tap of one output that lies in the image.
fn for_taps(slide: Slide, row: usize, mut act: impl FnMut(usize, usize)) {
    let (out_row, out_col) = (row / slide.out_width(), row % slide.out_width());
    for ky in 0..slide.kernel {
        let y = (out_row * slide.stride + ky).checked_sub(slide.padding()).filter(|&y| y < slide.height);
        for kx in 0..slide.kernel {
            let x = (out_col * slide.stride + kx).checked_sub(slide.padding()).filter(|&x| x < slide.width);
            if let (Some(y), Some(x)) = (y, x) {
                act((ky * slide.kernel + kx) * slide.channels, (y * slide.width + x) * slide.channels);
            }
        }
    }
}
