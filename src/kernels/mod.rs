//! The operations that take a supernet's time, written for the CPU: depthwise, pointwise and dense convolution, batch norm
//! with activation, fusion of views. Each is one differentiable operation for both CPU backends; on other devices the same
//! functions fall back to stock operations.
//!
//! Feature maps are channels-last, `[batch, height, width, channels]`, so that every inner loop runs over channels whatever
//! the size of the image. Weights are laid out to match: pointwise `[in, out]`, depthwise `[k, k, channels]`, dense
//! `[k, k, in, out]`. May use burn; knows no network, profile or screen.

mod activation;
mod depthwise;
mod link;
mod norm;
mod op;
mod ops;
mod patches;
mod pointwise;
mod simd;
mod stock;
#[cfg(test)]
mod tests;
mod views;

pub use activation::Activation;
pub use norm::EPSILON;
pub use ops::{convolution, depthwise, fuse_maximum, moments, norm_with, norm_within, pointwise, quantise};
