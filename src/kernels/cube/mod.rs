//! The operations of this folder's parent for GPUs, as CubeCL kernels: one source for CUDA, Vulkan, Metal and CubeCL's
//! processor runtime.
//!
//! Sizes are arguments at run time, so that a handful of compiled kernels serves all networks of a space; what is
//! compiled in is the activation, the side and stride of a depthwise kernel, and the tile of a product. There is no
//! tuning, and no sum depends on the order in which threads run: long sums are split into parts by a rule of the sizes
//! alone, and a second kernel adds the parts up.
//!
//! Launches, not arithmetic, bound the step of a small network, so the layers do as much in each as on a CPU: a
//! convolution normalises its input while it reads it.

#![allow(clippy::too_many_arguments, reason = "kernels take buffers and sizes one by one")]

mod bias;
mod columns;
mod curve;
mod depthwise;
mod factor;
mod flat_sums;
#[cfg(test)]
mod format_tests;
mod formats;
mod lowering;
mod memory;
mod norm;
mod ops;
mod part;
mod pixels;
mod places;
mod pool;
mod products;
mod quantise;
mod reading;
mod record;
mod rounding;
mod scale;
mod tensor_products;
mod tensors;
#[cfg(test)]
mod tests;
mod updates;
mod views;

pub(super) use bias::add_bias;
#[cfg(feature = "cuda")]
pub(crate) use flat_sums::go_over_cards;
pub(crate) use flat_sums::{FlatSums, PlacedGradient};
pub(super) use formats::{has_format, in_format};
pub(super) use memory::reserved_bytes;
pub(super) use ops::{
    ConvKind, PendingOnDevice, convolve, moments, normalise, normalise_and_add, positions_mean, quantise, statistics,
    view_maximum,
};
pub(super) use part::part;
pub(super) use pixels::pixels;
pub(super) use reading::DeviceStatistics;
pub(super) use record::is_cube;
pub(super) use scale::scale_channels;
pub(crate) use tensors::ALIGNMENT;
pub(super) use updates::DeviceUpdates;

#[cfg(test)]
pub(crate) use tests::gpu as gpu_under_test;
