//! Gradients of a convolution that may have normalised its input while it read it; the three convolutions share them.

use super::norm::InputTransform;
use super::simd::sum_parts;
use super::statistics::{ChannelStatistics, ChannelSums};

/// Batch norm that a convolution applies to its input: the transform and the statistics of the batch behind it.
#[derive(Clone, Copy)]
pub(super) struct FusedNorm<'a> {
    /// Scale, shift and activation per channel.
    pub transform: &'a InputTransform,
    /// Mean and variance of each input channel.
    pub statistics: &'a ChannelStatistics,
}

/// Gradients of a convolution.
#[derive(Debug)]
pub(super) struct ConvGradients {
    /// Gradient of the input `[batch, height, width, channels]`, where wanted.
    pub x: Option<Vec<f32>>,
    /// Gradient of the weights, in their shape.
    pub w: Vec<f32>,
    /// Gradients of gamma and beta `[channels]`, where the input was normalised.
    pub norm: Option<(Vec<f32>, Vec<f32>)>,
}

impl ConvGradients {
    /// Combines the parts' weight gradients and sums with `seen`, the gradient of the transformed input.
    pub(super) fn new(
        x: &[f32],
        norm: Option<FusedNorm<'_>>,
        mut seen: Option<Vec<f32>>,
        parts: Vec<(Vec<f32>, ChannelSums)>,
    ) -> Self {
        let (weights, sums): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let norm = norm.zip(seen.as_mut()).map(|(FusedNorm { transform, statistics }, seen)| {
            transform.finish_gradient(x, seen, statistics, &ChannelSums::total(statistics.mean.len(), sums))
        });
        Self { x: seen, w: sum_parts(weights), norm }
    }
}
