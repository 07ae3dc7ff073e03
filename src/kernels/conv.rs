//! What the three convolutions have in common: gradients of a convolution that may have normalised its input on the way.

use super::norm::Front;
use super::simd::sum_parts;
use super::statistics::{Statistics, Sums};

/// A front together with the statistics of the batch it normalises with.
#[derive(Clone, Copy)]
pub struct Normed<'a> {
    /// Scale, shift and activation.
    pub front: &'a Front,
    /// Of the input.
    pub statistics: &'a Statistics,
}

/// Gradients of a convolution.
#[derive(Debug)]
pub struct Gradients {
    /// Of the input, where wanted.
    pub x: Option<Vec<f32>>,
    /// Of the weights.
    pub w: Vec<f32>,
    /// Of gamma and beta, where the input was normalised.
    pub norm: Option<(Vec<f32>, Vec<f32>)>,
}

impl Gradients {
    /// From the parts' weight gradients and sums, and from the gradient `seen` of what the convolution saw of `x`.
    pub(super) fn new(
        x: &[f32],
        norm: Option<Normed<'_>>,
        mut seen: Option<Vec<f32>>,
        parts: Vec<(Vec<f32>, Sums)>,
    ) -> Self {
        let (weights, sums): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let norm = norm.zip(seen.as_mut()).map(|(Normed { front, statistics }, seen)| {
            front.finish_gradient(x, seen, statistics, &Sums::total(statistics.mean.len(), sums))
        });
        Self { x: seen, w: sum_parts(weights), norm }
    }
}
