//! Patch-based inference on a sensor: extent of the patched part for a given split, and its cost.
//!
//! The patched part may end at any boundary before the split. The end of least peak is taken; patches overlap, so the
//! layers before it work more and read their weights once a patch.

use super::cycle_energy::CycleEnergy;
use super::layer::{CostError, LayerCost, layer_costs};
use crate::hardware::{Mapping, Sensor};
use crate::network::Network;
use crate::network::memory::{Peak, live_bytes, peak};
use crate::network::patch::one_patch;

/// The patched parts a network allows, by their end.
pub(super) struct PatchOptions(Vec<PatchedPrefix>);

/// Way in which the layers before a split run.
pub(super) struct PatchSchedule {
    pub(super) peak: Peak,
    /// The peak is reached while patches run.
    pub(super) in_patches: bool,
    /// Extra cycles and energy over running the layers whole.
    pub(super) extra: CycleEnergy,
}

struct PatchedPrefix {
    /// Layers that run in patches.
    layers: usize,
    /// Peak while a patch runs, the assembled output included.
    peak: Peak,
    /// Extra cycles and energy over running the layers whole.
    extra: CycleEnergy,
}

impl PatchOptions {
    /// The parts a network allows on a sensor whose layers cost `whole`; none if the sensor does not patch.
    ///
    /// # Errors
    /// A latency table that lacks layers, or goes by their names.
    pub(super) fn new(network: &Network, sensor: &Sensor, whole: &[LayerCost]) -> Result<Self, CostError> {
        let Some(grid) = sensor.patches.as_ref().map(|grid| grid.value) else { return Ok(Self(Vec::new())) };
        if let Mapping::Measured(table) = &sensor.device.mapping.value
            && table.is_by_name()
        {
            return Err(CostError::PatchesByName(table.name.clone()));
        }
        let mut parts = Vec::new();
        for boundary in &network.boundaries {
            let layers = boundary.layers;
            let Some(patch) = one_patch(network, layers, grid) else { continue };
            let sum = |costs: &[LayerCost]| {
                costs.iter().map(CycleEnergy::of).fold(CycleEnergy::default(), std::ops::Add::add)
            };
            let patches = f64::from(grid) * f64::from(grid);
            let extra = sum(&layer_costs(&patch, &sensor.device)?).times(patches) - sum(&whole[..layers]);
            let Peak { layer, bytes } = peak(&live_bytes(&patch, sensor.memory_rule), layers);
            parts.push(PatchedPrefix {
                layers,
                peak: Peak { layer, bytes: bytes + network.bytes(boundary.tensor) },
                extra,
            });
        }
        Ok(Self(parts))
    }

    /// The first `layers` layers as they run: without patches at the peak of `live`, or with the patched part that
    /// lowers it most.
    pub(super) fn lowest(&self, live: &[u64], layers: usize) -> PatchSchedule {
        let mut best = PatchSchedule { peak: peak(live, layers), in_patches: false, extra: CycleEnergy::default() };
        for part in self.0.iter().filter(|part| part.layers <= layers) {
            let rest = peak(&live[part.layers..layers], layers - part.layers);
            let rest = Peak { layer: rest.layer + part.layers, ..rest };
            let in_patches = rest.bytes <= part.peak.bytes;
            let peak = if in_patches { part.peak } else { rest };
            if peak.bytes < best.peak.bytes {
                best = PatchSchedule { peak, in_patches, extra: part.extra };
            }
        }
        best
    }
}
