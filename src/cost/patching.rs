//! Patch-based inference on a sensor: how far to run in patches for a given cut, and what that costs.
//!
//! The patched part may end at any boundary before the cut. The end of least peak is taken; patches overlap, so the layers
//! before it work more and read their weights once a patch.

use super::cut::Spend;
use super::layer::{CostError, LayerCost, layer_costs};
use crate::hardware::Sensor;
use crate::network::Network;
use crate::network::memory::{Peak, live_bytes, peak};
use crate::network::patch::one_patch;

/// The patched parts a network allows, by their end.
pub(super) struct Patching(Vec<Part>);

struct Part {
    /// Layers that run in patches.
    layers: usize,
    /// Peak while a patch runs, the assembled output included.
    peak: Peak,
    /// Work beyond that of running the layers whole.
    extra: Spend,
}

impl Patching {
    /// The parts a network allows on a sensor whose layers cost `whole`; none if the sensor does not patch.
    ///
    /// # Errors
    /// A latency table that lacks layers.
    pub(super) fn new(network: &Network, sensor: &Sensor, whole: &[LayerCost]) -> Result<Self, CostError> {
        let Some(grid) = sensor.patches.as_ref().map(|grid| grid.value) else { return Ok(Self(Vec::new())) };
        let mut parts = Vec::new();
        for boundary in &network.boundaries {
            let layers = boundary.layers;
            let Some(patch) = one_patch(network, layers, grid) else { continue };
            let sum = |costs: &[LayerCost]| costs.iter().map(Spend::of).fold(Spend::default(), std::ops::Add::add);
            let patches = f64::from(grid) * f64::from(grid);
            let extra = sum(&layer_costs(&patch, &sensor.device)?).times(patches) - sum(&whole[..layers]);
            let Peak { layer, bytes } = peak(&live_bytes(&patch, sensor.memory_rule), layers);
            parts.push(Part { layers, peak: Peak { layer, bytes: bytes + boundary.shape.elements() }, extra });
        }
        Ok(Self(parts))
    }

    /// Peak of the first `layers` layers and the work added: without patches that of `live`, or that of the patched part
    /// that lowers it most.
    pub(super) fn lowest(&self, live: &[u64], layers: usize) -> (Peak, Spend) {
        let mut best = (peak(live, layers), Spend::default());
        for part in self.0.iter().filter(|part| part.layers <= layers) {
            let rest = peak(&live[part.layers..layers], layers - part.layers);
            let rest = Peak { layer: rest.layer + part.layers, ..rest };
            let peak = if rest.bytes > part.peak.bytes { rest } else { part.peak };
            if peak.bytes < best.0.bytes {
                best = (peak, part.extra);
            }
        }
        best
    }
}
