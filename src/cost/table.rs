//! Everything about a design's cuts that no knob changes: cycles, bytes and joules before and after every boundary.

use super::cut::{Aggregation, Around, Crossing, Cut, Devices, Spend, assemble};
use super::fusing::Fusing;
use super::layer::{CostError, LayerCost, is_counted, layer_costs};
use super::patching::{Patching, Running};
use crate::hardware::Profile;
use crate::network::memory;
use crate::network::{BoundaryId, Network};
use crate::space::Design;

/// How the tensor is sent, and where the views become one: what a design adds to its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sending {
    /// Boundary at which the views become one; at a cut behind it, they become one at the cut.
    pub fusion: BoundaryId,
    /// Compression ratio: C channels are sent as `ceil(C / ratio)`. At 1 there is no splitting module.
    pub ratio: u8,
    /// Bits per element on the link. Raw input and logits are always sent with 8.
    pub bits: u8,
}

impl From<&Design> for Sending {
    fn from(design: &Design) -> Self {
        Self { fusion: design.fusion, ratio: design.ratio, bits: design.bits }
    }
}

/// The cuts of one design, one for each boundary of its network, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CostTable {
    /// The cuts.
    pub cuts: Vec<Cut>,
}

impl CostTable {
    /// Costs every cut of a network on a profile, layer by layer.
    ///
    /// # Errors
    /// A latency table that lacks layers; more cycles than can be counted.
    pub fn new(network: &Network, sending: Sending, profile: &Profile) -> Result<Self, CostError> {
        let sensor = Sums::of(layer_costs(network, &profile.sensor.device)?);
        let aggregator = Sums::of(layer_costs(network, &profile.aggregator)?);
        let devices = Devices { profile, sensor: &sensor.layers, aggregator: &aggregator.layers };
        let live = memory::live_bytes(network, profile.sensor.memory_rule);
        let peaks = memory::peaks(&live);
        let patching = Patching::new(network, &profile.sensor, &sensor.layers)?;
        let (last, all) = (network.boundaries.len() - 1, network.layers.len());
        let fusion = network.position(sending.fusion).unwrap_or(last);
        let cut = |(index, boundary): (usize, &crate::network::Boundary)| {
            let fused_at = fusion.max(index);
            let fused = &network.boundaries[fused_at];
            let crossing = if index == 0 || index == last {
                Crossing::plain(boundary.shape)
            } else {
                Crossing::split(boundary.shape, sending.ratio, sending.bits, devices)
            };
            let Running { peak, in_patches, extra } = match profile.sensor.patches {
                Some(_) => patching.lowest(&live, boundary.layers),
                None => Running { peak: peaks[boundary.layers], in_patches: false, extra: Spend::default() },
            };
            let around = Around {
                boundary: boundary.id,
                before: sensor.spend[boundary.layers] + extra,
                before_weights: sensor.weights[boundary.layers],
                largest_weights: sensor.largest[boundary.layers],
                between: aggregator.spend[fused.layers] - aggregator.spend[boundary.layers],
                fuse: Fusing::new(network.fusion_at(fused_at), fused.shape, devices),
                after: aggregator.spend[all] - aggregator.spend[fused.layers],
                behind_weights: aggregator.weights[all] - aggregator.weights[boundary.layers],
                peak,
                in_patches,
                input: network.input,
            };
            assemble(&around, &crossing, profile)
        };
        let cuts: Vec<Cut> = network.boundaries.iter().enumerate().map(cut).collect();
        let counted = |cut: &Cut| {
            let Aggregation { first, more, join } = cut.loaded;
            is_counted(cut.sensor.cycles) && is_counted(first.cycles + more.cycles + join.cycles)
        };
        match cuts.iter().position(|cut| !counted(cut)) {
            Some(index) => Err(CostError::TooManyCycles(format!("a split after {}", network.boundaries[index].name))),
            None => Ok(Self { cuts }),
        }
    }

    /// Position in [`CostTable::cuts`] of a boundary of the space.
    pub fn position(&self, boundary: BoundaryId) -> Option<usize> {
        self.cuts.iter().position(|cut| cut.boundary == boundary)
    }
}

/// Running sums over the layers of a network on one device: entry `i` is about the first `i` layers.
struct Sums {
    layers: Vec<LayerCost>,
    spend: Vec<Spend>,
    weights: Vec<u64>,
    /// Weights of the largest layer.
    largest: Vec<u64>,
}

impl Sums {
    fn of(layers: Vec<LayerCost>) -> Self {
        let room = layers.len() + 1;
        let (mut spend, mut weights, mut largest) =
            (Vec::with_capacity(room), Vec::with_capacity(room), Vec::with_capacity(room));
        let mut sums = (Spend::default(), 0, 0);
        for layer in &layers {
            spend.push(sums.0);
            weights.push(sums.1);
            largest.push(sums.2);
            sums = (sums.0 + Spend::of(layer), sums.1 + layer.weight_bytes, sums.2.max(layer.weight_bytes));
        }
        spend.push(sums.0);
        weights.push(sums.1);
        largest.push(sums.2);
        Self { layers, spend, weights, largest }
    }
}
