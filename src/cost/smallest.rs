//! Demands of the smallest network of a space, which tell before any search whether a design can meet the limits.
//!
//! Under every rule a smaller kernel, width, depth, expansion or resolution takes no more cycles, bytes or joules. So
//! if the smallest network breaks a limit at every split, with every ratio and fusion, every design of the space does.

use super::demand::SplitDemand;
use super::layer::check_names;
use super::legality::{at_least, fewest_unsupported};
use super::model::DesignCostError;
use super::network_costs::{NetworkCosts, TransmitConfig};
use crate::hardware::Profile;
use crate::space::SearchSpace;

/// Every split of the smallest network at which the space allows a split, with every ratio and fusion and the fewest
/// bits: what [`super::why_none`] is to be asked about.
///
/// # Errors
/// A latency table that lacks its layers.
pub fn smallest_demands(space: &SearchSpace, profile: &Profile) -> Result<Vec<SplitDemand>, DesignCostError> {
    check_names(space, profile)?;
    if !space.imported().is_empty() {
        return imported_demands(space, profile);
    }
    let genome = space.smallest();
    let network = space.lower(&genome)?;
    let bits = space.split.bits.first().copied().unwrap_or(8);
    let fewest = fewest_unsupported(space, profile)?;
    let mut demands = Vec::new();
    for split in space.splits(&genome) {
        for &ratio in &space.split.ratios {
            for fusion in space.fusions(&genome, split) {
                let table = NetworkCosts::new(&network, TransmitConfig { fusion, ratio, bits }, profile)?;
                demands.extend(table.position(split).map(|index| {
                    let demand = table.demands[index];
                    // Another kernel than the smallest may be the one that a chip runs.
                    let unsupported = demand.unsupported.min(at_least(&fewest, split));
                    SplitDemand { unsupported, ..demand }
                }));
            }
        }
    }
    Ok(demands)
}

/// Every split of every imported network, with every ratio and the fewest bits, its views fused where the user said.
fn imported_demands(space: &SearchSpace, profile: &Profile) -> Result<Vec<SplitDemand>, DesignCostError> {
    let bits = space.split.bits.first().copied().unwrap_or(8);
    let mut demands = Vec::new();
    for imported in space.imported() {
        for &ratio in &space.split.ratios {
            let transmit = TransmitConfig { fusion: imported.fusion, ratio, bits };
            demands.extend(NetworkCosts::new(&imported.network, transmit, profile)?.demands);
        }
    }
    Ok(demands)
}
