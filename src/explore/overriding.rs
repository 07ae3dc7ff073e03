//! Overrides: a candidate split, fused, compressed or sent otherwise than it is, by the user's choice.
//!
//! Invariants: an override differs from its candidate; it applies only while that candidate is selected; its splits are
//! costed exactly for its transmit configuration.

use super::candidate::{CandidateError, CandidateId, demands};
use super::catalogue::Catalogue;
use super::command::{DesignPart, Move};
use crate::cost::{SplitDemand, TransmitConfig};
use crate::network::BoundaryId;

/// The user's choice of split and transmit configuration for one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    candidate: CandidateId,
    split: Option<BoundaryId>,
    transmit: TransmitConfig,
    demands: Vec<SplitDemand>,
}

impl Override {
    /// Overrides split and transmit configuration of a candidate of the catalogue; `None` if they are the candidate's
    /// own, or if there is no such candidate. Reuses the splits of a `present` override that is sent alike.
    ///
    /// # Errors
    /// The design can't be costed.
    pub(super) fn new(
        catalogue: &Catalogue,
        id: CandidateId,
        split: Option<BoundaryId>,
        transmit: TransmitConfig,
        present: Option<&Self>,
    ) -> Result<Option<Self>, CandidateError> {
        let Some(candidate) = catalogue.get(id) else { return Ok(None) };
        let own = transmit == candidate.transmit;
        if own && split.is_none() {
            return Ok(None);
        }
        let demands = match present {
            _ if own => catalogue.demands(id),
            Some(present) if present.transmit == transmit => present.demands.clone(),
            _ => demands(catalogue.model()?, &candidate.genome, transmit)?,
        };
        Ok(Some(Self { candidate: id, split, transmit, demands }))
    }

    /// Moves one part of a candidate that is split at `split` now, starting from its `present` override. `None` if the
    /// design is then its candidate again.
    ///
    /// # Errors
    /// The design can't be costed.
    pub(super) fn moved(
        catalogue: &Catalogue,
        id: CandidateId,
        present: Option<&Self>,
        split: BoundaryId,
        part: DesignPart,
        to: Move,
    ) -> Result<Option<Self>, CandidateError> {
        let Some(candidate) = catalogue.get(id) else { return Ok(None) };
        let (space, genome) = (catalogue.space(), &candidate.genome);
        let mut chosen_split = present.and_then(Self::split);
        let mut transmit = present.map_or(candidate.transmit, Self::transmit);
        match part {
            DesignPart::Split => chosen_split = moved_in(&space.splits(genome), split, to).or(chosen_split),
            DesignPart::Fusion => {
                let now = catalogue.design_of(genome, transmit, split).fusion;
                transmit.fusion = moved_in(&space.fusions(genome, split), now, to).unwrap_or(now);
            }
            DesignPart::Ratio => transmit.ratio = choice(&space.split.ratios, transmit.ratio, to),
            DesignPart::Bits => transmit.bits = choice(&space.split.bits, transmit.bits, to),
        }
        Self::new(catalogue, id, chosen_split, transmit, present)
    }

    /// The candidate.
    pub const fn candidate(&self) -> CandidateId {
        self.candidate
    }

    /// The chosen split; `None` for the best split under the knobs of the moment.
    pub const fn split(&self) -> Option<BoundaryId> {
        self.split
    }

    /// Transmit configuration that the user chose.
    pub const fn transmit(&self) -> TransmitConfig {
        self.transmit
    }

    /// The splits of the candidate, sent that way.
    pub(super) fn demands(&self) -> &[SplitDemand] {
        &self.demands
    }
}

/// Moves a ratio or bits among the choices of the space.
fn choice(list: &[u8], from: u8, to: Move) -> u8 {
    let list: Vec<u16> = list.iter().copied().map(u16::from).collect();
    moved_in(&list, from.into(), to).and_then(|moved| u8::try_from(moved).ok()).unwrap_or(from)
}

/// Returns the item of a list that a movement from the item nearest to `from` leads to.
fn moved_in(list: &[u16], from: u16, to: Move) -> Option<u16> {
    let nearest = list.iter().enumerate().min_by_key(|(_, value)| value.abs_diff(from));
    let now = nearest.map_or(0, |(index, _)| index);
    list.get(to.apply(now, list.len())).copied()
}
