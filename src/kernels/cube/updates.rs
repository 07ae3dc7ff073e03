//! Updates of weights in one kernel a parameter. On the CPU [`update`](super::super::update) computes the same.

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::super::update_rule::{AdamWStep, SgdStep};
use super::record::{primitive, untracked};
use super::tensors::{self, buffer, count, dense, each, empty};

/// Updated weights and moments of their gradients, if they are on CubeCL's backend.
pub(crate) fn adamw<const D: usize>(
    step: AdamWStep,
    weights: &Tensor<D>,
    gradient: &Tensor<D>,
    [mean, square]: [&Tensor<D>; 2],
) -> Option<(Tensor<D>, [Tensor<D>; 2])> {
    let weights = values(weights)?;
    let [gradient, mean, square] = [values(gradient)?, values(mean)?, values(square)?];
    let [updated, first, second] = [(); 3].map(|()| like::<D>(&weights));
    let (cubes, size) = each(&weights.client, count(&weights));
    let [mean_share, square_share] = step.shares();
    adamw_kernel::launch(
        &weights.client,
        cubes,
        size,
        buffer(&weights),
        buffer(&gradient),
        buffer(&mean),
        buffer(&square),
        buffer(&updated),
        buffer(&first),
        buffer(&second),
        count(&weights),
        step.rate as f32,
        step.kept(),
        step.clip,
        mean_share,
        square_share,
    );
    Some((untracked(updated), [untracked(first), untracked(second)]))
}

#[cube(launch)]
fn adamw_kernel(
    weights: &[f32],
    gradient: &[f32],
    mean: &[f32],
    square: &[f32],
    updated: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    values: usize,
    rate: f32,
    kept: f32,
    clip: f32,
    mean_share: f32,
    square_share: f32,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let bounded = clipped(gradient[at], clip);
        let new_mean = mean[at] * f32::new(AdamWStep::BETA_1) + bounded * f32::new(comptime!(1.0 - AdamWStep::BETA_1));
        let new_square =
            square[at] * f32::new(AdamWStep::BETA_2) + bounded * bounded * f32::new(comptime!(1.0 - AdamWStep::BETA_2));
        first[at] = new_mean;
        second[at] = new_square;
        let change = new_mean / mean_share / ((new_square / square_share).sqrt() + f32::new(AdamWStep::EPSILON));
        updated[at] = weights[at] * kept - change * rate;
    }
}

/// Updated weights and velocity, if they are on CubeCL's backend.
pub(crate) fn sgd<const D: usize>(
    step: SgdStep,
    weights: &Tensor<D>,
    gradient: &Tensor<D>,
    velocity: &Tensor<D>,
) -> Option<(Tensor<D>, Tensor<D>)> {
    let weights = values(weights)?;
    let [gradient, velocity] = [values(gradient)?, values(velocity)?];
    let [updated, moved] = [(); 2].map(|()| like::<D>(&weights));
    let (cubes, size) = each(&weights.client, count(&weights));
    sgd_kernel::launch(
        &weights.client,
        cubes,
        size,
        buffer(&weights),
        buffer(&gradient),
        buffer(&velocity),
        buffer(&updated),
        buffer(&moved),
        count(&weights),
        step.rate as f32,
        step.momentum,
        step.decay,
        step.clip,
    );
    Some((untracked(updated), untracked(moved)))
}

#[cube(launch)]
fn sgd_kernel(
    weights: &[f32],
    gradient: &[f32],
    velocity: &[f32],
    updated: &mut [f32],
    moved: &mut [f32],
    values: usize,
    rate: f32,
    momentum: f32,
    decay: f32,
    clip: f32,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let weight = weights[at];
        let force = weight * decay + clipped(gradient[at], clip);
        let new_velocity = force + velocity[at] * momentum;
        moved[at] = new_velocity;
        updated[at] = weight - (new_velocity * momentum + force) * rate;
    }
}

/// `value` within `-limit..=limit`; not-a-number stays so, for the loss to tell.
#[cube]
fn clipped(value: f32, limit: f32) -> f32 {
    select(value > limit, limit, select(value < -limit, -limit, value))
}

fn values<const D: usize>(x: &Tensor<D>) -> Option<CubeTensor> {
    Some(dense(&primitive(&x.clone().into_dispatch())?))
}

fn like<const D: usize>(x: &CubeTensor) -> CubeTensor {
    empty(x, tensors::sizes::<D>(x))
}
