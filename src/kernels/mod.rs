//! Differentiable operations of a supernet, written for CPUs: depthwise, pointwise and dense convolution, batch norm
//! with activation, fusion of views, quantisation of the link. Each is one operation for both CPU backends; on GPUs the
//! same functions launch the kernels of `cube`.
//!
//! Feature maps are channels-last, `[batch, height, width, channels]`, so that every inner loop runs over channels
//! whatever the size of the image. Weights are laid out to match: pointwise `[in, out]`, depthwise `[k, k, channels]`,
//! dense `[k, k, in, out]`. May use burn; knows no network, profile or screen.
//!
//! Memory bandwidth bounds a training step, so a batch norm is not an operation of its own: the convolution before it
//! adds up the statistics of its output, the one after it normalises its input ([`FeatureMap`]), both while the values
//! are in cache.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use splitscope::kernels::{self, KernelActivation};
//!
//! let device = Device::flex();
//! // Two images of 8 x 8 pixels and 3 channels, filtered by a 1x1 convolution to 4 channels, then normalised.
//! let x = Tensor::<4>::ones([2, 8, 8, 3], &device);
//! let y = kernels::pointwise(x, Tensor::<2>::ones([3, 4], &device));
//! assert_eq!(y.dims(), [2, 8, 8, 4]);
//! let (gamma, beta) = (Tensor::<1>::ones([4], &device), Tensor::<1>::ones([4], &device));
//! let z = kernels::norm_within(y, gamma, beta, KernelActivation::Relu).tensor();
//! // All values of a channel are alike, so batch norm leaves beta.
//! let values = z.into_data().try_into_vec::<f32>().unwrap();
//! assert!(values.iter().all(|value| (value - 1.0).abs() < 1e-6));
//! ```

mod activation;
mod bias;
mod buffers;
mod conv_gradients;
#[cfg(feature = "cube")]
mod cube;
mod dense;
mod depthwise;
mod feature_map;
mod float_format;
mod geometry;
mod grid;
mod host_op;
mod memory;
mod norm;
mod ops;
mod padded_tile;
mod part;
mod pixels;
mod pointwise;
mod quantise;
mod row_products;
mod simd;
mod statistics;
mod stock;
#[cfg(test)]
mod tests;
mod update;
mod update_rule;
mod view_maximum;

pub use activation::KernelActivation;
pub use bias::{BiasCurve, add_bias};
pub use feature_map::FeatureMap;
pub use float_format::FloatFormat;
pub use grid::CodeGrid;
pub use norm::EPSILON;
pub use ops::{
    MAX_FUSED_VIEWS, convolution, depthwise, fuse_maximum, leading, mean_over_positions, moments, norm_with,
    norm_within, pointwise, product, quantise, scale_channels,
};
pub use part::part;

#[cfg(feature = "cuda")]
pub(crate) use cube::go_over_cards;
#[cfg(all(test, feature = "cube"))]
pub(crate) use cube::gpu_under_test;
#[cfg(feature = "cube")]
pub(crate) use cube::{ALIGNMENT, FlatSums, PlacedGradient};
pub(crate) use float_format::{in_format, in_format_of};
pub(crate) use host_op::are_in_memory;
pub(crate) use memory::reserved_bytes;
pub(crate) use pixels::pixels;
pub(crate) use row_products::{MatrixRows, add_row_products, row_products};
pub(crate) use simd::instructions;
pub(crate) use stock::activate;
pub(crate) use update::{UpdateQueue, add, sum_of_squares};
pub(crate) use update_rule::{AdamWStep, SgdStep};
