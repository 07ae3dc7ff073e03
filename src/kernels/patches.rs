//! Dense convolutions of any kernel as a matrix product over patches (im2col), in channels-last order.
//!
//! Used where a kernel larger than 1 mixes channels: stems and basic residual blocks. 1x1 convolutions at stride 1 never
//! come here. The patches of one image at a time lie in the second-level cache: they are gathered, multiplied and dropped, and
//! gathered again for the gradients. Each thread takes whole images.

use super::buffers;
use super::conv::{Gradients, Normed};
use super::norm::{Front, Statistics, Sums};
use super::pointwise::{Multiply, Outer, Seen, transpose};
use super::simd::{in_parts, run};
use super::slide::Slide;

/// `x[batch, height, width, in]` through `front`, filtered with `w[k, k, in, out]`, and the statistics of the result's channels.
pub fn forward(x: &[f32], front: Option<&Front>, w: &[f32], slide: Slide) -> (Vec<f32>, Statistics) {
    let Sizes { images, rows, patch, cols } = Sizes::new(x, w, slide);
    let mut y = buffers::take(images * rows * cols);
    let parts = in_parts(&mut y, images, |range, y| {
        let (mut seen, mut sums, mut patches) = (Seen::new(front), Sums::zero(cols), vec![0.0; rows * patch]);
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        for (x, y) in x.chunks(slide.image()).zip(y.chunks_mut(rows * cols)) {
            gather(seen.of(x), &mut patches, slide);
            run(Multiply { x: &patches, w, y, inner: patch, cols });
            sums.add_moments(y);
        }
        sums
    });
    (y, Statistics::new(&Sums::total(cols, parts), images * rows))
}

/// Gradients of [`forward`]; that of the input only where it is `wanted`.
pub fn backward(x: &[f32], front: Option<Normed<'_>>, w: &[f32], dy: &[f32], slide: Slide, wanted: bool) -> Gradients {
    let Sizes { images, rows, patch, cols } = Sizes::new(x, w, slide);
    let turned = transpose(w, patch, cols);
    let mut dx = buffers::take(if wanted { x.len() } else { 0 });
    let parts = in_parts(&mut dx, images, |range, dx| {
        let mut seen = Seen::new(front.map(|n| n.front));
        let (mut sums, mut dw) = (Sums::zero(slide.channels), vec![0.0; w.len()]);
        let mut patches = vec![0.0; rows * patch];
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        let dy = &dy[range.start * rows * cols..range.end * rows * cols];
        let mut dx = dx.chunks_mut(slide.image());
        for (x, dy) in x.chunks(slide.image()).zip(dy.chunks(rows * cols)) {
            gather(seen.of(x), &mut patches, slide);
            run(Outer { x: &patches, dy, dw: &mut dw, inner: patch, cols });
            let Some(dx) = dx.next() else { continue };
            run(Multiply { x: dy, w: &turned, y: &mut patches, inner: cols, cols: patch });
            dx.fill(0.0);
            scatter(&patches, dx, slide);
            if let Some(Normed { front, statistics }) = front {
                front.add_gradients(x, dx, statistics, &mut sums);
            }
        }
        (dw, sums)
    });
    Gradients::new(x, front, wanted.then_some(dx), parts)
}

struct Sizes {
    images: usize,
    /// Output positions of an image.
    rows: usize,
    /// Values of a patch.
    patch: usize,
    /// Output channels.
    cols: usize,
}

impl Sizes {
    fn new(x: &[f32], w: &[f32], slide: Slide) -> Self {
        let patch = slide.kernel * slide.kernel * slide.channels;
        let rows = slide.out_height() * slide.out_width();
        Self { images: x.len() / slide.image(), rows, patch, cols: w.len() / patch }
    }
}

/// Writes the patches `[out_height * out_width, k * k * channels]` of one image.
fn gather(x: &[f32], patches: &mut [f32], slide: Slide) {
    for_taps(slide, |tap, index| {
        let own = &mut patches[tap..tap + slide.channels];
        match index {
            Some(index) => own.copy_from_slice(&x[index..index + slide.channels]),
            None => own.fill(0.0),
        }
    });
}

/// Adds patches' gradients back to the image they came from: the gradient of [`gather`].
fn scatter(patches: &[f32], x: &mut [f32], slide: Slide) {
    for_taps(slide, |tap, index| {
        let Some(index) = index else { return };
        for (x, &value) in x[index..index + slide.channels].iter_mut().zip(&patches[tap..tap + slide.channels]) {
            *x += value;
        }
    });
}

/// Calls `act(offset in the patches, offset in the image)` for each tap of each output; the latter is `None` outside.
#[inline(always)]
fn for_taps(slide: Slide, mut act: impl FnMut(usize, Option<usize>)) {
    let mut tap = 0;
    for out_row in 0..slide.out_height() {
        for out_col in 0..slide.out_width() {
            for ky in 0..slide.kernel {
                let y = (out_row * slide.stride + ky).checked_sub(slide.padding()).filter(|&y| y < slide.height);
                for kx in 0..slide.kernel {
                    let x = (out_col * slide.stride + kx).checked_sub(slide.padding()).filter(|&x| x < slide.width);
                    act(tap, y.zip(x).map(|(y, x)| (y * slide.width + x) * slide.channels));
                    tap += slide.channels;
                }
            }
        }
    }
}
