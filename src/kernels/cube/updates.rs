//! Updates of weights, of many parameters by one kernel. On the CPU [`update`](super::super::update) computes the same.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::super::update_rule::{AdamWStep, SgdStep};
use super::record::{primitive, untracked};
use super::tensors::{ALIGNMENT, buffer, count, dense, empty, floats, slice, table, units};

/// Most parameters of one launch.
const GROUP: usize = 16;
/// Numbers of a parameter in the table of counts: values, and places of its first result in each buffer of results.
const COUNTS: usize = 2;
/// Numbers of a parameter in the table of rates.
const RATES: usize = 5;
/// Values of a buffer of results.
const ARENA: usize = 1 << 22;
/// Values that a thread updates at least, before more cubes share a parameter.
const LEAST_VALUES: usize = 4;
/// Most cubes that share a parameter.
const CUBES: usize = 128;
/// Buffers that an update of a parameter reads.
const READ: usize = 4;
/// Buffers of results.
const WRITTEN: usize = 3;

/// Updates that are still to be launched. Their results are tensors already, which nothing may read before.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeviceUpdates(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    updates: Vec<WaitingUpdate>,
    arena: Option<Arena>,
}

/// Rule of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum UpdateRule {
    AdamW,
    Sgd,
}

#[derive(Debug)]
struct WaitingUpdate {
    rule: UpdateRule,
    /// Weights, gradient, and what the rule remembers; the gradient again where that is one tensor.
    read: [CubeTensor; READ],
    arena: [CubeTensor; WRITTEN],
    start: usize,
    rates: [f32; RATES],
}

/// Buffers that results are laid into one behind the other.
#[derive(Debug)]
struct Arena {
    buffers: [CubeTensor; WRITTEN],
    filled: usize,
}

impl Waiting {
    /// Buffers and the place in them of so many values beside `like`.
    fn room(&mut self, like: &CubeTensor, values: usize) -> ([CubeTensor; WRITTEN], usize) {
        let fits = |arena: &Arena| arena.filled + values <= count(&arena.buffers[0]);
        if !self.arena.as_ref().is_some_and(fits) {
            let buffers = [(); WRITTEN].map(|()| empty(like, [values.max(ARENA)]));
            self.arena = Some(Arena { buffers, filled: 0 });
        }
        let arena = self.arena.as_mut().expect("it was made above");
        let start = arena.filled;
        arena.filled += values.next_multiple_of(ALIGNMENT);
        (arena.buffers.clone(), start)
    }

    /// Enqueues an update; returns its results.
    fn add(&mut self, rule: UpdateRule, read: [CubeTensor; READ], rates: [f32; RATES]) -> [CubeTensor; WRITTEN] {
        let (arena, start) = self.room(&read[0], count(&read[0]));
        let shape = read[0].meta.shape().clone();
        let results = arena.each_ref().map(|buffer| slice(buffer, start, shape.clone()));
        self.updates.push(WaitingUpdate { rule, read, arena, start, rates });
        results
    }
}

impl DeviceUpdates {
    /// Weights and moments of their gradients as an update will make them, if they are on CubeCL's backend.
    pub(crate) fn adamw<const D: usize>(
        &self,
        step: AdamWStep,
        weights: &Tensor<D>,
        gradient: &Tensor<D>,
        [mean, square]: [&Tensor<D>; 2],
    ) -> Option<(Tensor<D>, [Tensor<D>; 2])> {
        let read = [values(weights)?, values(gradient)?, values(mean)?, values(square)?];
        let [mean_share, square_share] = step.shares();
        let rates = [step.rate as f32, step.kept(), step.clip, mean_share, square_share];
        let [weights, mean, square] = self.add(UpdateRule::AdamW, read, rates).map(untracked);
        Some((weights, [mean, square]))
    }

    /// Weights and velocity as an update will make them, if they are on CubeCL's backend.
    pub(crate) fn sgd<const D: usize>(
        &self,
        step: SgdStep,
        weights: &Tensor<D>,
        gradient: &Tensor<D>,
        velocity: &Tensor<D>,
    ) -> Option<(Tensor<D>, Tensor<D>)> {
        let gradient = values(gradient)?;
        let read = [values(weights)?, gradient.clone(), values(velocity)?, gradient];
        let rates = [step.rate as f32, step.momentum, step.decay, step.clip, 0.0];
        let [weights, velocity, _] = self.add(UpdateRule::Sgd, read, rates).map(untracked);
        Some((weights, velocity))
    }

    fn add(&self, rule: UpdateRule, read: [CubeTensor; READ], rates: [f32; RATES]) -> [CubeTensor; WRITTEN] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(rule, read, rates)
    }

    /// Launches all updates that wait.
    pub(crate) fn launch(&self) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // A launch writes one set of buffers by one rule.
        let alike = |a: &WaitingUpdate, b: &WaitingUpdate| a.rule == b.rule && (a.start < b.start);
        waiting.updates.chunk_by(alike).for_each(launch_alike);
    }
}

fn launch_alike(updates: &[WaitingUpdate]) {
    let [first, ..] = updates else { return };
    let (like, client) = (&first.read[0], &first.read[0].client);
    let bindings = client.properties().hardware.max_bindings as usize;
    let group = (bindings.saturating_sub(WRITTEN + 2) / READ).clamp(1, GROUP);
    let mut counts: Vec<usize> = updates.iter().flat_map(|update| [count(&update.read[0]), update.start]).collect();
    // The last group is filled up with parameters of no values, so that one kernel is compiled.
    counts.resize(updates.len().next_multiple_of(group) * COUNTS, 0);
    let counts = table(like, &counts);
    let rates: Vec<f32> = updates.iter().flat_map(|update| update.rates).collect();
    let rates = floats(like, rates);
    let units = units(client);
    for (index, members) in updates.chunks(group).enumerate() {
        let most = members.iter().map(|member| count(&member.read[0])).max().unwrap_or(1);
        let cubes = most.div_ceil(units * LEAST_VALUES).clamp(1, CUBES);
        let filled = || members.iter().chain(members.last().into_iter().cycle()).take(group);
        let read = |at: usize| filled().map(|member| buffer(&member.read[at])).collect();
        update_kernel::launch(
            client,
            CubeCount::Static(cubes as u32, group as u32, 1),
            CubeDim::new_1d(units as u32),
            read(0),
            read(1),
            read(2),
            read(3),
            buffer(&first.arena[0]),
            buffer(&first.arena[1]),
            buffer(&first.arena[2]),
            counts.clone().into_buffer_arg(),
            buffer(&rates),
            index * group,
            cubes * units,
            first.rule,
        );
    }
}

#[cube(launch)]
fn update_kernel(
    weights: &Sequence<Box<[f32]>>,
    gradients: &Sequence<Box<[f32]>>,
    firsts: &Sequence<Box<[f32]>>,
    seconds: &Sequence<Box<[f32]>>,
    new_weights: &mut [f32],
    new_firsts: &mut [f32],
    new_seconds: &mut [f32],
    counts: &[u32],
    rates: &[f32],
    first_member: usize,
    step: usize,
    #[comptime] rule: UpdateRule,
) {
    let member = CUBE_POS_Y as usize;
    let values = counts[(first_member + member) * COUNTS] as usize;
    let start = counts[(first_member + member) * COUNTS + 1] as usize;
    let members = comptime!(weights.len());
    #[unroll]
    for index in 0..members {
        if index == member && values > 0 {
            let weight = &weights[index];
            let gradient = &gradients[index];
            let past = &firsts[index];
            let squares = &seconds[index];
            let own = (first_member + member) * RATES;
            let rate = rates[own];
            let mut at = CUBE_POS_X as usize * CUBE_DIM as usize + UNIT_POS as usize;
            while at < values {
                if comptime!(rule == UpdateRule::AdamW) {
                    let kept = rates[own + 1];
                    let bounded = clipped(gradient[at], rates[own + 2]);
                    let mean =
                        past[at] * f32::new(AdamWStep::BETA_1) + bounded * f32::new(comptime!(1.0 - AdamWStep::BETA_1));
                    let square = squares[at] * f32::new(AdamWStep::BETA_2)
                        + bounded * bounded * f32::new(comptime!(1.0 - AdamWStep::BETA_2));
                    let root = (square / rates[own + 4]).sqrt() + f32::new(AdamWStep::EPSILON);
                    new_firsts[start + at] = mean;
                    new_seconds[start + at] = square;
                    new_weights[start + at] = weight[at] * kept - mean / rates[own + 3] / root * rate;
                } else {
                    let momentum = rates[own + 1];
                    let force = weight[at] * rates[own + 2] + clipped(gradient[at], rates[own + 3]);
                    let velocity = force + past[at] * momentum;
                    new_firsts[start + at] = velocity;
                    new_weights[start + at] = weight[at] - (velocity * momentum + force) * rate;
                }
                at += step;
            }
        }
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
