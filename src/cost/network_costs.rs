//! Demands of every split of one network, which no knob changes: cycles, bytes and joules before and after every
//! boundary.

use super::cycle_energy::{CycleEnergy, Devices};
use super::demand::{AggregatorWork, SplitDemand};
use super::evaluation::Evaluation;
use super::fusion::FusionCost;
use super::knobs::Knobs;
use super::layer::{CostError, LayerCost, is_counted, layer_costs};
use super::legality::LayerCount;
use super::patching::{PatchOptions, PatchSchedule};
use super::rates::SystemRates;
use super::split_demand::{LinkCodec, SplitContext, SplitModuleCost, split_demand};
use crate::hardware::{Device, Profile};
use crate::network::memory;
use crate::network::{BoundaryId, Network, is_end};
use crate::space::Design;

/// Configuration of the transmission: boundary of the fusion, compression ratio and link bits of a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransmitConfig {
    /// Boundary at which the views become one; with a split behind it, they become one at the split.
    pub fusion: BoundaryId,
    /// Compression ratio: C channels are sent as `ceil(C / ratio)`. At 1 there is no splitting module.
    pub ratio: u8,
    /// Bits per element on the link. Raw input and logits are always sent with 8.
    pub bits: u8,
}

impl From<&Design> for TransmitConfig {
    fn from(design: &Design) -> Self {
        Self { fusion: design.fusion, ratio: design.ratio, bits: design.bits }
    }
}

/// The splits of one design, one for each boundary of its network, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetworkCosts {
    /// The splits.
    pub demands: Vec<SplitDemand>,
}

impl NetworkCosts {
    /// Costs every split of a network on a profile, layer by layer.
    ///
    /// # Errors
    /// A latency table that lacks layers; more cycles than can be counted.
    pub fn new(network: &Network, transmit: TransmitConfig, profile: &Profile) -> Result<Self, CostError> {
        let sensor = PrefixSums::of(network, &profile.sensor.device)?;
        let aggregator = PrefixSums::of(network, &profile.aggregator)?;
        let devices = Devices { profile, sensor: &sensor.layers, aggregator: &aggregator.layers };
        let live = memory::live_bytes(network, profile.sensor.memory_rule);
        let peaks = memory::peaks(&live);
        let patching = PatchOptions::new(network, &profile.sensor, &sensor.layers)?;
        let (last, all) = (network.boundaries.len() - 1, network.layers.len());
        let fusion = network.position(transmit.fusion).unwrap_or(last);
        let codec = LinkCodec { ratio: transmit.ratio, bits: transmit.bits, range: network.link_range };
        let demand = |(index, boundary): (usize, &crate::network::Boundary)| {
            let fused_at = fusion.max(index);
            let fused = &network.boundaries[fused_at];
            let own_codec = if is_end(index, last) { None } else { Some(codec) };
            let module = SplitModuleCost::of_boundary(network, boundary, own_codec, devices);
            let PatchSchedule { peak, in_patches, extra } = match profile.sensor.patches {
                Some(_) => patching.lowest(&live, boundary.layers),
                None => {
                    PatchSchedule { peak: peaks[boundary.layers], in_patches: false, extra: CycleEnergy::default() }
                }
            };
            let context = SplitContext {
                boundary: boundary.id,
                fusion: fused.id,
                before: sensor.work[boundary.layers] + extra,
                before_weights: sensor.weights[boundary.layers],
                largest_weights: sensor.largest[boundary.layers],
                between: aggregator.work[fused.layers] - aggregator.work[boundary.layers],
                fuse: FusionCost::of_boundary(network, fused_at, devices),
                after: aggregator.work[all] - aggregator.work[fused.layers],
                behind_weights: aggregator.weights[all] - aggregator.weights[boundary.layers],
                before_layers: sensor.counts[boundary.layers],
                behind_layers: aggregator.counts[all] - aggregator.counts[boundary.layers],
                peak,
                in_patches,
                input: network.input,
            };
            split_demand(&context, &module, profile)
        };
        let demands: Vec<SplitDemand> = network.boundaries.iter().enumerate().map(demand).collect();
        let counted = |demand: &SplitDemand| {
            let AggregatorWork { one_view, further_view, fusion } = demand.streamed;
            is_counted(demand.sensor.cycles) && is_counted(one_view.cycles + further_view.cycles + fusion.cycles)
        };
        match demands.iter().position(|demand| !counted(demand)) {
            Some(index) => Err(CostError::TooManyCycles(format!("a split after {}", network.boundaries[index].name))),
            None => Ok(Self { demands }),
        }
    }

    /// Position in [`NetworkCosts::demands`] of a boundary of the space.
    pub fn position(&self, boundary: BoundaryId) -> Option<usize> {
        self.demands.iter().position(|demand| demand.boundary == boundary)
    }
}

/// Cost of the split at position `index` of a design. For many splits make [`SystemRates`] once.
pub fn evaluate(costs: &NetworkCosts, index: usize, knobs: &Knobs) -> Evaluation {
    SystemRates::new(knobs).evaluate(&costs.demands[index])
}

/// Cost of every split of a design, in order.
pub fn sweep<'a>(costs: &'a NetworkCosts, knobs: &Knobs) -> impl ExactSizeIterator<Item = Evaluation> + 'a {
    let rates = SystemRates::new(knobs);
    costs.demands.iter().map(move |demand| rates.evaluate(demand))
}

/// Running sums over the layers of a network on one device: entry `i` is about the first `i` layers.
struct PrefixSums {
    layers: Vec<LayerCost>,
    work: Vec<CycleEnergy>,
    weights: Vec<u64>,
    /// Weights of the largest layer.
    largest: Vec<u64>,
    counts: Vec<LayerCount>,
}

impl PrefixSums {
    fn of(network: &Network, device: &Device) -> Result<Self, CostError> {
        let layers = layer_costs(network, device)?;
        let room = layers.len() + 1;
        let (mut work, mut weights, mut largest) =
            (Vec::with_capacity(room), Vec::with_capacity(room), Vec::with_capacity(room));
        let mut sums = (CycleEnergy::default(), 0, 0);
        for layer in &layers {
            work.push(sums.0);
            weights.push(sums.1);
            largest.push(sums.2);
            sums = (sums.0 + CycleEnergy::of(layer), sums.1 + layer.weight_bytes, sums.2.max(layer.weight_bytes));
        }
        work.push(sums.0);
        weights.push(sums.1);
        largest.push(sums.2);
        let mut counts = vec![LayerCount::default()];
        for (index, layer) in network.layers.iter().enumerate() {
            counts.push(counts[index] + LayerCount::of(layer, device));
        }
        Ok(Self { layers, work, weights, largest, counts })
    }
}
