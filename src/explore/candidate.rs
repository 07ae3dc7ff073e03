//! Candidates: designs without their split, and what they are at a split.

use thiserror::Error;

use crate::cost::{CostError, CostModel, DesignCostError, SplitDemand, TransmitConfig};
use crate::network::{BoundaryId, ShapeError};
use crate::space::{Design, Genome, SearchSpace};

/// Number of a candidate in its catalogue, from 0.
pub type CandidateId = u32;

/// A design without its split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateDesign {
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

impl From<DesignCostError> for CandidateError {
    fn from(error: DesignCostError) -> Self {
        match error {
            DesignCostError::Shape(error) => Self::Shape(error),
            DesignCostError::Cost(error) => Self::Cost(error),
            DesignCostError::NoBoundary(_) => Self::NoSplit,
        }
    }
}

/// The canonical design of a genome sent this way and split at a boundary. The fusion of a split behind it moves to the
/// split.
pub(super) fn design(space: &SearchSpace, genome: &Genome, transmit: TransmitConfig, split: BoundaryId) -> Design {
    let TransmitConfig { fusion, ratio, bits } = transmit;
    space.canonical_design(Design { genome: genome.clone(), split, fusion: fusion.max(split), ratio, bits })
}

/// Transmit configuration of [`design`] at a boundary: raw input and logits are sent uncompressed, and the fusion is
/// never before the split. Makes the design only where the space allows no fusion at the split.
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
    let [ratio, bits] = space.nearest_transmit(split, [ratio, bits]);
    TransmitConfig { fusion, ratio, bits }
}

/// Demands of every split of a genome sent this way, each with the fusion of its [`design`].
///
/// # Errors
/// Impossible shapes, or a layer that the profile can't cost.
pub(super) fn demands(
    model: &CostModel,
    genome: &Genome,
    transmit: TransmitConfig,
) -> Result<Vec<SplitDemand>, CandidateError> {
    let mut demands = model.demands(genome, transmit)?.demands;
    for demand in &mut demands {
        let split = demand.boundary;
        if split > transmit.fusion && !model.space().fusion.at.contains(&split) {
            *demand = model.demand(&design(model.space(), genome, transmit, split))?;
        }
    }
    Ok(demands)
}
