//! Dense convolutions with a kernel larger than 1, in channels-last order: stems and basic residual blocks. 1x1
//! convolutions at stride 1 are plain products and never come here.
//!
//! Loop order: images (threads), rows of outputs, register tiles of a matrix product. An image is copied, normalised on
//! the way, to a zero-padded image in cache. There a window's row is a run of `k * channels` values, and the next
//! window begins `stride * channels` further: each row of outputs is the product of a matrix whose rows overlap with
//! the weights, and no patches are gathered. Backward, only the gradient of the input goes through patches.

use super::buffers;
use super::conv_gradients::{ConvGradients, FusedNorm};
use super::geometry::ConvGeometry;
use super::norm::InputTransform;
use super::pointwise::{Multiply, Outer, OverlappingRows, transpose};
use super::simd::{in_parts, run};
use super::statistics::{ChannelStatistics, ChannelSums};

/// Convolves `transform(x)[batch, height, width, in]` with `w[k, k, in, out]`; returns the output
/// `[batch, out_height, out_width, out]` and the statistics of its channels.
pub(super) fn forward(
    x: &[f32],
    transform: Option<&InputTransform>,
    w: &[f32],
    geometry: ConvGeometry,
) -> (Vec<f32>, ChannelStatistics) {
    let DenseSizes { images, rows, cols, .. } = DenseSizes::new(x, w, geometry);
    let mut y = buffers::take(images * rows * cols);
    let parts = in_parts(&mut y, images, images * rows * w.len(), |range, y| {
        let (mut canvas, mut sums) = (PaddedImage::new(geometry), ChannelSums::zero(cols));
        let x = &x[range.start * geometry.image()..range.end * geometry.image()];
        for (x, y) in x.chunks(geometry.image()).zip(y.chunks_mut(rows * cols)) {
            canvas.lay(x, transform);
            for (row, y) in y.chunks_mut(geometry.out_width() * cols).enumerate() {
                run(Multiply { x: canvas.windows(row), w, y, cols });
            }
            sums.add_moments(y);
        }
        sums
    });
    (y, ChannelStatistics::new(&ChannelSums::total(cols, parts), images * rows))
}

/// Gradients of [`forward`] from the gradient `dy` of its output; that of the input only where `wanted`.
pub(super) fn backward(
    x: &[f32],
    transform: Option<FusedNorm<'_>>,
    w: &[f32],
    dy: &[f32],
    geometry: ConvGeometry,
    wanted: bool,
) -> ConvGradients {
    let DenseSizes { images, rows, patch, cols } = DenseSizes::new(x, w, geometry);
    let flipped = transpose(w, patch, cols);
    let mut dx = buffers::take(if wanted { x.len() } else { 0 });
    let parts = in_parts(&mut dx, images, 2 * images * rows * w.len(), |range, dx| {
        let (mut canvas, mut sums, mut dw) =
            (PaddedImage::new(geometry), ChannelSums::zero(geometry.channels), vec![0.0; w.len()]);
        let mut patches = vec![0.0; if wanted { rows * patch } else { 0 }];
        let x = &x[range.start * geometry.image()..range.end * geometry.image()];
        let dy = &dy[range.start * rows * cols..range.end * rows * cols];
        let mut dx = dx.chunks_mut(geometry.image());
        for (x, dy) in x.chunks(geometry.image()).zip(dy.chunks(rows * cols)) {
            canvas.lay(x, transform.map(|norm| norm.transform));
            for (row, dy) in dy.chunks(geometry.out_width() * cols).enumerate() {
                run(Outer { x: canvas.windows(row), dy, dw: &mut dw, cols });
            }
            let Some(dx) = dx.next() else { continue };
            run(Multiply { x: OverlappingRows::dense(dy, cols), w: &flipped, y: &mut patches, cols: patch });
            dx.fill(0.0);
            scatter(&patches, dx, geometry);
            if let Some(FusedNorm { transform, statistics }) = transform {
                transform.add_gradients(x, dx, statistics, &mut sums);
            }
        }
        (dw, sums)
    });
    ConvGradients::new(x, transform, wanted.then_some(dx), parts)
}

/// An image with a border of zeros, `[height + 2 * padding, width + 2 * padding, channels]`.
struct PaddedImage {
    values: Vec<f32>,
    geometry: ConvGeometry,
}

impl PaddedImage {
    fn new(geometry: ConvGeometry) -> Self {
        let around = 2 * geometry.padding();
        Self { values: vec![0.0; (geometry.height + around) * (geometry.width + around) * geometry.channels], geometry }
    }

    /// Values of a row, borders included.
    fn pitch(&self) -> usize {
        (self.geometry.width + 2 * self.geometry.padding()) * self.geometry.channels
    }

    /// Copies the image `x[height, width, channels]` through `transform` between the borders.
    fn lay(&mut self, x: &[f32], transform: Option<&InputTransform>) {
        let (pitch, width) = (self.pitch(), self.geometry.width * self.geometry.channels);
        let first = self.geometry.padding() * (pitch + self.geometry.channels);
        for (own, x) in self.values[first..].chunks_mut(pitch).zip(x.chunks(width)) {
            match transform {
                Some(transform) => transform.apply(x, &mut own[..width]),
                None => own[..width].copy_from_slice(x),
            }
        }
    }

    /// Windows of row `row` of outputs, each a row of a matrix.
    fn windows(&self, row: usize) -> OverlappingRows<'_> {
        let ConvGeometry { kernel, stride, channels, .. } = self.geometry;
        let pitch = self.pitch();
        let values = &self.values[row * stride * pitch..];
        OverlappingRows { values, step: stride * channels, runs: kernel, run_step: pitch, run: kernel * channels }
    }
}

/// Sizes of the matrix product that a dense convolution is.
struct DenseSizes {
    images: usize,
    /// Output positions of an image.
    rows: usize,
    /// Values of a patch.
    patch: usize,
    /// Output channels.
    cols: usize,
}

impl DenseSizes {
    fn new(x: &[f32], w: &[f32], geometry: ConvGeometry) -> Self {
        let patch = geometry.kernel * geometry.kernel * geometry.channels;
        let rows = geometry.out_height() * geometry.out_width();
        Self { images: x.len() / geometry.image(), rows, patch, cols: w.len() / patch }
    }
}

/// Adds the gradients of patches `[out_height * out_width, k * k * channels]` to the image they came from.
fn scatter(patches: &[f32], x: &mut [f32], geometry: ConvGeometry) {
    let run = geometry.kernel * geometry.channels;
    for (window, patch) in patches.chunks_exact(geometry.kernel * run).enumerate() {
        let (top, left) =
            (window / geometry.out_width() * geometry.stride, window % geometry.out_width() * geometry.stride);
        for (ky, patch) in patch.chunks_exact(run).enumerate() {
            let Some(row) = (top + ky).checked_sub(geometry.padding()).filter(|&row| row < geometry.height) else {
                continue;
            };
            let first = geometry.padding().saturating_sub(left);
            let last = geometry.kernel.min(geometry.width + geometry.padding() - left);
            let start = (row * geometry.width + left + first - geometry.padding()) * geometry.channels;
            let patch = &patch[first * geometry.channels..last * geometry.channels];
            for (x, &value) in x[start..].iter_mut().zip(patch) {
                *x += value;
            }
        }
    }
}
