//! Dense convolutions with a kernel larger than 1, in channels-last order: stems and basic residual blocks. 1x1 convolutions
//! at stride 1 are plain products and never come here.
//!
//! Each thread takes whole images. An image is copied, normalised on the way, into zeros in cache. There a window's row is a
//! run of `k * channels` values, and the next window begins `stride * channels` further: so each row of outputs is a product of
//! a matrix whose rows overlap, and nothing is gathered. Backward, only the gradient of the input goes through patches.

use super::buffers;
use super::conv::{Gradients, Normed};
use super::norm::Front;
use super::pointwise::{Multiply, Outer, Rows, transpose};
use super::simd::{in_parts, run};
use super::slide::Slide;
use super::statistics::{Statistics, Sums};

/// `x[batch, height, width, in]` through `front`, filtered with `w[k, k, in, out]`, and the statistics of the result's channels.
pub fn forward(x: &[f32], front: Option<&Front>, w: &[f32], slide: Slide) -> (Vec<f32>, Statistics) {
    let Sizes { images, rows, cols, .. } = Sizes::new(x, w, slide);
    let mut y = buffers::take(images * rows * cols);
    let parts = in_parts(&mut y, images, |range, y| {
        let (mut canvas, mut sums) = (Canvas::new(slide), Sums::zero(cols));
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        for (x, y) in x.chunks(slide.image()).zip(y.chunks_mut(rows * cols)) {
            canvas.lay(x, front);
            for (row, y) in y.chunks_mut(slide.out_width() * cols).enumerate() {
                run(Multiply { x: canvas.windows(row), w, y, cols });
            }
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
        let (mut canvas, mut sums, mut dw) = (Canvas::new(slide), Sums::zero(slide.channels), vec![0.0; w.len()]);
        let mut patches = vec![0.0; if wanted { rows * patch } else { 0 }];
        let x = &x[range.start * slide.image()..range.end * slide.image()];
        let dy = &dy[range.start * rows * cols..range.end * rows * cols];
        let mut dx = dx.chunks_mut(slide.image());
        for (x, dy) in x.chunks(slide.image()).zip(dy.chunks(rows * cols)) {
            canvas.lay(x, front.map(|norm| norm.front));
            for (row, dy) in dy.chunks(slide.out_width() * cols).enumerate() {
                run(Outer { x: canvas.windows(row), dy, dw: &mut dw, cols });
            }
            let Some(dx) = dx.next() else { continue };
            run(Multiply { x: Rows::dense(dy, cols), w: &turned, y: &mut patches, cols: patch });
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

/// An image with zeros around it.
struct Canvas {
    values: Vec<f32>,
    slide: Slide,
}

impl Canvas {
    fn new(slide: Slide) -> Self {
        let around = 2 * slide.padding();
        Self { values: vec![0.0; (slide.height + around) * (slide.width + around) * slide.channels], slide }
    }

    /// Values of a row.
    fn pitch(&self) -> usize {
        (self.slide.width + 2 * self.slide.padding()) * self.slide.channels
    }

    fn lay(&mut self, x: &[f32], front: Option<&Front>) {
        let (pitch, width) = (self.pitch(), self.slide.width * self.slide.channels);
        let first = self.slide.padding() * (pitch + self.slide.channels);
        for (own, x) in self.values[first..].chunks_mut(pitch).zip(x.chunks(width)) {
            match front {
                Some(front) => front.apply(x, &mut own[..width]),
                None => own[..width].copy_from_slice(x),
            }
        }
    }

    /// The windows of a row of outputs.
    fn windows(&self, row: usize) -> Rows<'_> {
        let Slide { kernel, stride, channels, .. } = self.slide;
        let pitch = self.pitch();
        let values = &self.values[row * stride * pitch..];
        Rows { values, step: stride * channels, runs: kernel, run_step: pitch, run: kernel * channels }
    }
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

/// Adds the gradients of patches `[out_height * out_width, k * k * channels]` to the image they came from.
fn scatter(patches: &[f32], x: &mut [f32], slide: Slide) {
    let run = slide.kernel * slide.channels;
    for (window, patch) in patches.chunks_exact(slide.kernel * run).enumerate() {
        let (top, left) = (window / slide.out_width() * slide.stride, window % slide.out_width() * slide.stride);
        for (ky, patch) in patch.chunks_exact(run).enumerate() {
            let Some(row) = (top + ky).checked_sub(slide.padding()).filter(|&row| row < slide.height) else { continue };
            let first = slide.padding().saturating_sub(left);
            let last = slide.kernel.min(slide.width + slide.padding() - left);
            let start = (row * slide.width + left + first - slide.padding()) * slide.channels;
            let patch = &patch[first * slide.channels..last * slide.channels];
            for (x, &value) in x[start..].iter_mut().zip(patch) {
                *x += value;
            }
        }
    }
}
