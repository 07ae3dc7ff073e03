//! Overrides: a candidate split, fused, compressed or sent otherwise than it is, by the user's choice.
//!
//! Invariants: an override differs from its candidate; it applies only while that candidate is selected; its splits are
//! costed exactly for its way of sending.

use super::candidate::{Candidate, CandidateId, PoolError, demands, design};
use super::command::{DesignPart, Move};
use crate::cost::{SplitDemand, TransmitConfig};
use crate::hardware::Profile;
use crate::network::BoundaryId;
use crate::space::SearchSpace;

/// The user's choice of split and sending for one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    candidate: CandidateId,
    split: Option<BoundaryId>,
    transmit: TransmitConfig,
    demands: Vec<SplitDemand>,
}

impl Override {
    /// The candidate.
    pub const fn candidate(&self) -> CandidateId {
        self.candidate
    }

    /// The chosen split; `None` for the best split under the knobs of the moment.
    pub const fn split(&self) -> Option<BoundaryId> {
        self.split
    }

    /// The chosen way of sending.
    pub const fn transmit(&self) -> TransmitConfig {
        self.transmit
    }

    /// The splits of the candidate, sent that way.
    pub(super) fn demands(&self) -> &[SplitDemand] {
        &self.demands
    }
}

/// A candidate to be overridden, as it is now.
pub(super) struct Overridable<'a> {
    pub(super) space: &'a SearchSpace,
    pub(super) profile: &'a Profile,
    pub(super) id: CandidateId,
    pub(super) candidate: &'a Candidate,
    /// Splits of the candidate without an override.
    pub(super) own_demands: &'a [SplitDemand],
    /// Its present override.
    pub(super) present: Option<&'a Override>,
    /// Its present split.
    pub(super) split: BoundaryId,
}

impl Overridable<'_> {
    /// Returns the override after moving one part; `None` if the design is then its candidate again.
    ///
    /// # Errors
    /// The design can't be costed.
    pub(super) fn moved(&self, part: DesignPart, to: Move) -> Result<Option<Override>, PoolError> {
        let genome = &self.candidate.genome;
        let mut transmit = self.present.map_or(self.candidate.transmit, Override::transmit);
        let mut split = self.present.and_then(Override::split);
        match part {
            DesignPart::Split => split = moved_in(&self.space.splits(genome), self.split, to).or(split),
            DesignPart::Fusion => {
                let now = design(self.space, genome, transmit, self.split).fusion;
                transmit.fusion = moved_in(&self.space.fusions(genome, self.split), now, to).unwrap_or(now);
            }
            DesignPart::Ratio => {
                transmit.ratio = moved_in(&self.space.split.ratios, transmit.ratio, to).unwrap_or(transmit.ratio);
            }
            DesignPart::Bits => {
                transmit.bits = moved_in(&self.space.split.bits, transmit.bits, to).unwrap_or(transmit.bits);
            }
        }
        self.with(split, transmit)
    }

    /// Returns the override with this split and sending; `None` if they are the candidate's own.
    ///
    /// # Errors
    /// The design can't be costed.
    pub(super) fn with(
        &self,
        split: Option<BoundaryId>,
        transmit: TransmitConfig,
    ) -> Result<Option<Override>, PoolError> {
        let own = transmit == self.candidate.transmit;
        if own && split.is_none() {
            return Ok(None);
        }
        let demands = match self.present {
            _ if own => self.own_demands.to_vec(),
            Some(present) if present.transmit == transmit => present.demands.clone(),
            _ => {
                let network = self.space.lower(&self.candidate.genome)?;
                demands(self.space, self.profile, &network, &self.candidate.genome, transmit)?
            }
        };
        Ok(Some(Override { candidate: self.id, split, transmit, demands }))
    }
}

/// Returns the item of a list that a movement from the item nearest to `from` leads to.
fn moved_in(list: &[u8], from: u8, to: Move) -> Option<u8> {
    let nearest = list.iter().enumerate().min_by_key(|(_, value)| value.abs_diff(from));
    let now = nearest.map_or(0, |(index, _)| index);
    list.get(to.apply(now, list.len())).copied()
}
