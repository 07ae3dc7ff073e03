//! Function of the values that a kernel reads: none, or a batch norm and activation that were still pending.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::super::activation::KernelActivation;
use super::super::norm::EPSILON;
use super::curve::{activate, slope};
use super::tensors;

/// Mean and variance `[2, channels]` of each channel, on the device.
#[derive(Debug, Clone)]
pub(crate) struct DeviceStatistics(pub(super) CubeTensor);

/// Function of the values that a kernel reads, known when the kernel is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ReadFunction {
    /// The values as they are.
    Plain,
    /// Scale, shift and activation.
    Scaled(KernelActivation),
    /// Batch norm with the statistics of the batch, and activation.
    Normalised(KernelActivation),
}

impl ReadFunction {
    /// The activation function.
    pub(super) const fn activation(self) -> KernelActivation {
        match self {
            Self::Plain => KernelActivation::None,
            Self::Scaled(activation) | Self::Normalised(activation) => activation,
        }
    }

    const fn is_scaled(self) -> bool {
        matches!(self, Self::Scaled(_))
    }

    const fn is_normalised(self) -> bool {
        matches!(self, Self::Normalised(_))
    }
}

/// A [`ReadFunction`] with its parameters.
#[derive(Debug, Clone)]
pub(super) struct Prologue {
    pub(super) reading: ReadFunction,
    /// Mean and variance `[2, channels]`.
    pub(super) statistics: CubeTensor,
    /// `[channels]`: gamma, or with given statistics the scale.
    pub(super) a: CubeTensor,
    /// `[channels]`: beta, or with given statistics the shift.
    pub(super) b: CubeTensor,
}

impl Prologue {
    /// The values of `x` as they are.
    pub(super) fn plain(x: &CubeTensor) -> Self {
        Self { reading: ReadFunction::Plain, statistics: x.clone(), a: x.clone(), b: x.clone() }
    }

    /// Statistics, `a` and `b` as arguments of a kernel.
    pub(super) fn buffers(&self) -> [BufferArg; 3] {
        [&self.statistics, &self.a, &self.b].map(tensors::buffer)
    }
}

/// Factor of a channel.
#[cube]
pub(super) fn scale_of(
    statistics: &[f32],
    a: &[f32],
    channel: usize,
    channels: usize,
    #[comptime] reading: ReadFunction,
) -> f32 {
    if comptime!(reading.is_normalised()) {
        a[channel] / (statistics[channels + channel] + f32::new(EPSILON)).sqrt()
    } else if comptime!(reading.is_scaled()) {
        a[channel]
    } else {
        f32::new(1.0)
    }
}

/// Summand of a channel whose factor is `scale`.
#[cube]
pub(super) fn shift_of(
    statistics: &[f32],
    b: &[f32],
    channel: usize,
    scale: f32,
    #[comptime] reading: ReadFunction,
) -> f32 {
    if comptime!(reading.is_normalised()) {
        b[channel] - statistics[channel] * scale
    } else if comptime!(reading.is_scaled()) {
        b[channel]
    } else {
        f32::new(0.0)
    }
}

/// The value that a kernel computes with.
#[cube]
pub(super) fn seen(x: f32, scale: f32, shift: f32, #[comptime] reading: ReadFunction) -> f32 {
    if comptime!(reading == ReadFunction::Plain) {
        x
    } else {
        activate(x * scale + shift, comptime!(reading.activation()))
    }
}

/// Derivative of [`seen`]'s activation.
#[cube]
pub(super) fn slope_at(x: f32, scale: f32, shift: f32, #[comptime] reading: ReadFunction) -> f32 {
    slope(x * scale + shift, comptime!(reading.activation()))
}
