//! Activation functions and their derivatives in kernels.

use cubecl::prelude::*;

use super::super::activation::KernelActivation;

/// Function value.
#[cube]
pub(super) fn activate(z: f32, #[comptime] activation: KernelActivation) -> f32 {
    if comptime!(activation == KernelActivation::Relu) {
        max(z, f32::new(0.0))
    } else if comptime!(activation == KernelActivation::Relu6) {
        min(max(z, f32::new(0.0)), f32::new(6.0))
    } else if comptime!(activation == KernelActivation::HardSwish) {
        z * min(max(z + f32::new(3.0), f32::new(0.0)), f32::new(6.0)) / f32::new(6.0)
    } else if comptime!(activation == KernelActivation::Swish) {
        z / (f32::new(1.0) + (-z).exp())
    } else {
        z
    }
}

/// Derivative.
#[cube]
pub(super) fn slope(z: f32, #[comptime] activation: KernelActivation) -> f32 {
    let zero = f32::new(0.0);
    let one = f32::new(1.0);
    if comptime!(activation == KernelActivation::Relu) {
        select(z > zero, one, zero)
    } else if comptime!(activation == KernelActivation::Relu6) {
        select(z > zero, select(z < f32::new(6.0), one, zero), zero)
    } else if comptime!(activation == KernelActivation::HardSwish) {
        let middle = z / f32::new(3.0) + f32::new(0.5);
        let upper = select(z < f32::new(3.0), middle, one);
        select(z > f32::new(-3.0), upper, zero)
    } else if comptime!(activation == KernelActivation::Swish) {
        let sigmoid = one / (one + (-z).exp());
        sigmoid * (one + z * (one - sigmoid))
    } else {
        one
    }
}
