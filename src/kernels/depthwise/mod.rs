//! Depthwise convolution in channels-last order: each channel is filtered by its own `k x k` kernel, k odd, any stride.
//!
//! Loop order: images (threads), rows, blocks of channels, register tiles of neighbouring outputs, kernel rows,
//! kernel columns. Each thread takes whole images. An image is copied, normalised on the way, to a [`PaddedTile`] in
//! cache, so that windows never leave it and are read along memory; main memory is read and written in its own order.
//! Backward, the output's gradient is laid out in the same way and filtered with the flipped kernel for the input; the
//! weights' gradients stay in registers along a row.
//!
//! Sides 3, 5 and 7 at strides 1 and 2 are compiled with constant sizes, others go through [`any`].

mod any;
mod fixed;
mod layout;

use super::buffers;
use super::conv_gradients::{ConvGradients, FusedNorm};
use super::geometry::ConvGeometry;
use super::norm::InputTransform;
use super::padded_tile::PaddedTile;
use super::simd::{WIDEST, in_parts};
use super::statistics::{ChannelStatistics, ChannelSums};
use layout::{BlockedKernel, DepthwiseFilter, FlippedKernel, OutputLayout, WeightGradient};

/// Filters `transform(x)[batch, height, width, channels]` with `w[k, k, channels]`; returns the output
/// `[batch, out_height, out_width, channels]` and the statistics of its channels.
pub(super) fn forward(
    x: &[f32],
    transform: Option<&InputTransform>,
    w: &[f32],
    geometry: ConvGeometry,
) -> (Vec<f32>, ChannelStatistics) {
    let images = x.len() / geometry.image();
    let nothing = InputTransform::none(geometry.channels);
    let transform = transform.unwrap_or(&nothing);
    let weights = BlockedKernel::of(w, geometry.channels, geometry.kernel, |y, x| (y, x));
    let mut y = buffers::take(images * geometry.out_image());
    let parts = in_parts(&mut y, images, work(images, geometry), |range, y| {
        let (mut sums, mut tile) = (ChannelSums::zero(geometry.channels), PaddedTile::of_input(geometry));
        let x = &x[range.start * geometry.image()..range.end * geometry.image()];
        for (x, y) in x.chunks(geometry.image()).zip(y.chunks_mut(geometry.out_image())) {
            tile.lay(x, transform);
            DepthwiseFilter { tile: &tile, first: [0; 2], weights: &weights, y, to: OutputLayout::output(geometry) }
                .run(geometry.stride);
            sums.add_moments(y);
        }
        sums
    });
    let sums = ChannelSums::total(geometry.channels, parts);
    (y, ChannelStatistics::new(&sums, images * geometry.out_height() * geometry.out_width()))
}

/// Work of a convolution, in multiply-adds of a product: its own move more values, some twice as many.
fn work(images: usize, geometry: ConvGeometry) -> usize {
    2 * images * geometry.out_image() * geometry.kernel * geometry.kernel
}

/// Gradients of [`forward`] from the gradient `dy` of its output.
pub(super) fn backward(
    x: &[f32],
    norm: Option<FusedNorm<'_>>,
    w: &[f32],
    dy: &[f32],
    geometry: ConvGeometry,
) -> ConvGradients {
    let images = x.len() / geometry.image();
    let nothing = InputTransform::none(geometry.channels);
    let transform = norm.map_or(&nothing, |norm| norm.transform);
    let flipped = FlippedKernel::all(w, geometry);
    let mut dx = buffers::take(x.len());
    let parts = in_parts(&mut dx, images, 2 * work(images, geometry), |range, dx| {
        let (mut sums, mut dw) = (ChannelSums::zero(geometry.channels), vec![0.0; w.len()]);
        let (mut tile, mut grads) = (PaddedTile::of_input(geometry), PaddedTile::of_gradient(geometry));
        let x = &x[range.start * geometry.image()..range.end * geometry.image()];
        let dy = &dy[range.start * geometry.out_image()..range.end * geometry.out_image()];
        let images = x.chunks(geometry.image()).zip(dy.chunks(geometry.out_image()));
        for ((x, dy), dx) in images.zip(dx.chunks_mut(geometry.image())) {
            tile.lay(x, transform);
            grads.lay(dy, &nothing);
            for block in (0..geometry.channels).step_by(WIDEST) {
                WeightGradient { tile: &tile, grads: &grads, dw: &mut dw, geometry, block }.run();
            }
            for FlippedKernel { first, weights, to } in &flipped {
                DepthwiseFilter { tile: &grads, first: *first, weights, y: dx, to: *to }.run(1);
            }
            if let Some(FusedNorm { transform, statistics }) = norm {
                transform.add_gradients(x, dx, statistics, &mut sums);
            }
        }
        (dw, sums)
    });
    ConvGradients::new(x, norm, Some(dx), parts)
}
