//! Candidates: designs without their split, and what they are at a split.

use thiserror::Error;

use crate::cost::{CostError, NetworkCosts, SplitDemand, TransmitConfig};
use crate::hardware::Profile;
use crate::network::{BoundaryId, Network, ShapeError};
use crate::space::{Design, Genome, PLAIN_BITS, SearchSpace};

/// Number of a candidate in its catalogue, from 0.
pub type CandidateId = u32;

/// A design without its split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The network.
    pub genome: Genome,
    /// Boundary of the fusion (at a split behind it: the split), compression ratio and link bits.
    pub transmit: TransmitConfig,
    /// Multiply-accumulates of the network for one view.
    pub macs: u64,
    /// Number of weights of the network.
    pub weights: u64,
}

/// A genome that can't become a candidate.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CandidateError {
    /// Its shapes are impossible.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Its layers can't be costed.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// The space allows a split at none of its boundaries.
    #[error("the space allows no split of this network")]
    NoSplit,
}

/// The canonical design of a genome sent this way and split at a boundary. The fusion of a split behind it moves to the
/// split.
pub(super) fn design(space: &SearchSpace, genome: &Genome, transmit: TransmitConfig, split: BoundaryId) -> Design {
    let TransmitConfig { fusion, ratio, bits } = transmit;
    space.canonical_design(Design { genome: genome.clone(), split, fusion: fusion.max(split), ratio, bits })
}

/// TransmitConfig of [`design`] at a boundary: raw input and logits are sent uncompressed, and the fusion is never
/// before the split. Makes the design only where the space allows no fusion at the split.
pub(super) fn effective_transmit(
    space: &SearchSpace,
    genome: &Genome,
    transmit: TransmitConfig,
    split: BoundaryId,
) -> TransmitConfig {
    let TransmitConfig { mut fusion, ratio, bits } = transmit;
    if split <= fusion || space.fusion.at.contains(&split) {
        fusion = fusion.max(split);
    } else {
        fusion = design(space, genome, transmit, split).fusion;
    }
    if space.has_splitting_module(split) {
        TransmitConfig { fusion, ratio, bits }
    } else {
        TransmitConfig { fusion, ratio: 1, bits: PLAIN_BITS }
    }
}

/// Costs every split of a network sent this way, each with the fusion of its [`design`].
///
/// # Errors
/// A layer that the profile can't cost.
pub(super) fn demands(
    space: &SearchSpace,
    profile: &Profile,
    network: &Network,
    genome: &Genome,
    transmit: TransmitConfig,
) -> Result<Vec<SplitDemand>, CostError> {
    let mut demands = NetworkCosts::new(network, transmit, profile)?.demands;
    for (index, demand) in demands.iter_mut().enumerate() {
        let split = demand.boundary;
        if split > transmit.fusion && !space.fusion.at.contains(&split) {
            let fusion = design(space, genome, transmit, split).fusion;
            *demand = NetworkCosts::new(network, TransmitConfig { fusion, ..transmit }, profile)?.demands[index];
        }
    }
    Ok(demands)
}
