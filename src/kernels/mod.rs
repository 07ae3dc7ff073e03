//! The operations that take a supernet's time, written for the CPU: depthwise, pointwise and dense convolution, batch norm
//! with activation, fusion of views. Each is one differentiable operation for both CPU backends; on other devices the same
//! functions fall back to stock operations.
//!
//! Feature maps are channels-last, `[batch, height, width, channels]`, so that every inner loop runs over channels whatever
//! the size of the image. Weights are laid out to match: pointwise `[in, out]`, depthwise `[k, k, channels]`, dense
//! `[k, k, in, out]`. May use burn; knows no network, profile or screen.
//!
//! Memory is what a step waits for, so a batch norm is not an operation of its own: the convolution before it adds up the
//! statistics of what it writes, the one behind it normalises what it reads ([`Maps`]), both while the values are in cache.

mod activation;
mod buffers;
mod conv;
mod dense;
mod depthwise;
mod link;
mod maps;
mod norm;
mod op;
mod ops;
mod pointwise;
mod sheet;
mod simd;
mod slide;
mod statistics;
mod stock;
#[cfg(test)]
mod tests;
mod views;

pub use activation::Activation;
pub use maps::Maps;
pub use norm::EPSILON;
pub use ops::{MOST_VIEWS, convolution, depthwise, fuse_maximum, moments, norm_with, norm_within, pointwise, quantise};
pub use simd::instructions;
pub use stock::activate;
