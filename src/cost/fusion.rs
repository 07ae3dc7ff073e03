//! Cost of fusing the tensors of V views on the aggregator, by operator. E is the number of elements of one view's
//! tensor.
//!
//! - `max`, `mean`: V - 1 operations on two tensors, each costed as a sum (E operations, 3 E bytes moved). The division
//!   of the mean by V is part of the scale that follows every quantised tensor, as that of a pooling is.
//! - `mix`: the largest values and the sum, 2 (V - 1) such operations; then once a difference, a product with the
//!   learned share of each channel (C weights) and a sum: `mean + share * (largest - mean)`.
//! - `concat`: a 1x1 convolution from C to C channels for every view, each with weights of its own, and V - 1 sums.
//!
//! Nothing happens to a lone view. So of all operators the cost of V views is `once + (V - 1) * per_view` from two
//! views on.

use serde::Serialize;

use super::cycle_energy::{CycleEnergy, Devices};
use super::knobs::Knobs;
use super::layer::{LayerCost, module_cost, scale_cost, sum_cost};
use super::legality::unsupported_in_fusion;
use crate::hardware::{Device, Profile};
use crate::network::memory::MemoryRule;
use crate::network::{FusionOperator, Network, Shape};

/// Cost of the fusion on the aggregator.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct FusionCost {
    /// Once a frame, from two views on.
    pub(crate) once: CycleEnergy,
    /// For every view but the first.
    pub(crate) per_view: CycleEnergy,
    /// Weights of the former.
    pub(crate) once_weights: u64,
    /// Weights of the latter, for each view.
    pub(crate) per_view_weights: u64,
    /// Layers that the aggregator can't run.
    pub(super) unsupported: u32,
}

impl FusionCost {
    /// Cost of fusing every tensor that crosses the boundary at a position.
    pub(super) fn of_boundary(network: &Network, position: usize, devices: Devices) -> Self {
        let (boundary, operator) = (&network.boundaries[position], network.fusion_at(position));
        let further = network.crossing(boundary).skip(1).map(|shape| Self::new(operator, shape, devices));
        further.fold(Self::new(operator, boundary.shape, devices), |sum, cost| Self {
            once: sum.once + cost.once,
            per_view: sum.per_view + cost.per_view,
            once_weights: sum.once_weights + cost.once_weights,
            per_view_weights: sum.per_view_weights + cost.per_view_weights,
            unsupported: sum.unsupported + cost.unsupported,
        })
    }

    /// Cost of an operator on tensors of one shape.
    pub(super) fn new(operator: FusionOperator, shape: Shape, devices: Devices) -> Self {
        let parts = Parts::new(operator, shape, &devices.profile.aggregator, devices.aggregator);
        let weights = |costs: &[(LayerCost, u32)]| {
            costs.iter().map(|(cost, times)| cost.weight_bytes * u64::from(*times)).sum::<u64>()
        };
        let sum = |costs: &[(LayerCost, u32)]| {
            let each = costs.iter().map(|(cost, times)| CycleEnergy::of(cost).times(f64::from(*times)));
            each.fold(CycleEnergy::default(), std::ops::Add::add)
        };
        Self {
            once: sum(&parts.once),
            per_view: sum(&parts.per_view),
            once_weights: weights(&parts.once),
            per_view_weights: weights(&parts.per_view),
            unsupported: unsupported_in_fusion(operator, shape, &devices.profile.aggregator),
        }
    }

    /// Weights with `views` views.
    pub(crate) fn weights(&self, views: f64) -> f64 {
        if views > 1.0 { self.once_weights as f64 + (views - 1.0) * self.per_view_weights as f64 } else { 0.0 }
    }
}

/// The layers of a fusion, each with how many times it runs.
struct Parts {
    /// Once a frame, from two views on.
    once: [(LayerCost, u32); 2],
    /// For every view but the first.
    per_view: [(LayerCost, u32); 2],
}

impl Parts {
    fn new(operator: FusionOperator, shape: Shape, device: &Device, measured: &[LayerCost]) -> Self {
        let sum = sum_cost(shape.elements(), device);
        match operator {
            FusionOperator::Max | FusionOperator::Mean => {
                Self { once: [(sum, 0), (sum, 0)], per_view: [(sum, 1), (sum, 0)] }
            }
            FusionOperator::Mix => {
                Self { once: [(sum, 2), (scale_cost(shape, device), 1)], per_view: [(sum, 2), (sum, 0)] }
            }
            FusionOperator::Concat => {
                let own = module_cost(shape, shape.channels, device, measured);
                Self { once: [(own, 1), (sum, 0)], per_view: [(own, 1), (sum, 1)] }
            }
        }
    }
}

/// The fusion of a design as a layer of its own, over all views.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FusionReport {
    /// Boundary at which the views become one.
    pub at: String,
    /// Operator that makes the views one.
    pub operator: FusionOperator,
    /// Number of views.
    pub views: u32,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Number of weights of the fusion module.
    pub weights: u64,
    /// Cycles, waiting for memory included.
    pub cycles: f64,
    /// Seconds of the fusion of one frame.
    pub seconds: f64,
    /// Joules, static power not included.
    pub energy_j: f64,
    /// Bytes alive on the aggregator: every view's tensor, and what is made of them.
    pub live_bytes: u64,
}

/// The fusion of a network's views at a position in its boundaries, under the present knobs. `loaded` tells whether the
/// aggregator loads its weights for every frame, `layers` are the costs of the network's layers there. Zeros for a lone
/// view but for the bytes it takes.
pub fn fusion_report(
    network: &Network,
    position: usize,
    profile: &Profile,
    layers: &[LayerCost],
    knobs: &Knobs,
    loaded: bool,
) -> FusionReport {
    let (boundary, operator) = (&network.boundaries[position], network.fusion_at(position));
    let device = &profile.aggregator;
    let parts = Parts::new(operator, boundary.shape, device, layers);
    let others = u64::from(knobs.sensors.saturating_sub(1));
    let works = |costs: [(LayerCost, u32); 2], times: u64| costs.map(|(cost, each)| (cost, u64::from(each) * times));
    let works = [works(parts.once, others.min(1)), works(parts.per_view, others)];
    let works = works.as_flattened();
    let whole = |count: fn(&LayerCost) -> u64| works.iter().map(|(cost, times)| count(cost) * times).sum();
    let spent = |part: fn((f64, f64)) -> f64| -> f64 {
        works.iter().map(|(cost, times)| part(cost.spent(loaded)) * *times as f64).sum()
    };
    let cycles = spent(|spent| spent.0);
    FusionReport {
        at: boundary.name.clone(),
        operator,
        views: knobs.sensors,
        macs: whole(|cost| cost.macs),
        weights: whole(|cost| cost.weight_bytes),
        cycles,
        seconds: cycles * knobs.system.aggregator_macs_per_cycle / knobs.aggregator_macs_per_s,
        energy_j: spent(|spent| spent.1),
        live_bytes: live_bytes(operator, boundary.shape, knobs.sensors, profile.sensor.memory_rule),
    }
}

/// Multiply-accumulates of fusing `views` views: those of a concatenation's convolutions.
pub(super) fn fusion_macs(operator: FusionOperator, shape: Shape, views: u64) -> u64 {
    match operator {
        FusionOperator::Concat if views > 1 => views * u64::from(shape.channels).pow(2) * shape.positions(),
        _ => 0,
    }
}

/// Most bytes alive while views are fused one after another, all of them being there from the start. Under `strict`
/// every result is a tensor of its own; under the other rules a sum is written over what it is added to. A mix holds
/// the largest values and the sum, a convolution can't be written over its input.
fn live_bytes(operator: FusionOperator, shape: Shape, views: u32, rule: MemoryRule) -> u64 {
    let strict = rule == MemoryRule::Strict;
    let beside = match operator {
        _ if views < 2 => 0,
        FusionOperator::Max | FusionOperator::Mean => u64::from(strict),
        FusionOperator::Mix => 1 + u64::from(strict),
        FusionOperator::Concat => 1,
    };
    (u64::from(views) + beside) * shape.elements()
}
