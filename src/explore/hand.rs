//! A design changed by hand: what if it were split, fused, compressed or sent otherwise?
//!
//! A hand belongs to one candidate and is seen only while that one is selected. It costs the candidate's network anew
//! where the way of sending differs, so what is shown is as exact as everything else.

use super::candidate::{Candidate, CandidateId, PoolError, cuts, design};
use super::command::{DesignPart, Move};
use crate::cost::{Cut, Sending};
use crate::hardware::Profile;
use crate::network::BoundaryId;
use crate::space::SearchSpace;

/// What a hand did to a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    /// The candidate.
    pub candidate: CandidateId,
    /// Where it is split by hand; at its best split if `None`.
    pub split: Option<BoundaryId>,
    /// How it is sent.
    pub sending: Sending,
    /// Its cuts, sent that way.
    pub(super) cuts: Vec<Cut>,
}

/// A candidate about to be changed: its present sending and split.
pub(super) struct Held<'a> {
    pub(super) space: &'a SearchSpace,
    pub(super) profile: &'a Profile,
    pub(super) id: CandidateId,
    pub(super) candidate: &'a Candidate,
    pub(super) own_cuts: &'a [Cut],
    /// The hand that is on it already.
    pub(super) hand: Option<&'a Hand>,
    /// Where it is split now.
    pub(super) split: BoundaryId,
}

impl Held<'_> {
    /// The hand after moving one part; `None` if the design is again as it was without a hand.
    pub(super) fn moved(&self, part: DesignPart, to: Move) -> Result<Option<Hand>, PoolError> {
        let genome = &self.candidate.genome;
        let mut sending = self.hand.map_or(self.candidate.sending, |hand| hand.sending);
        let mut split = self.hand.and_then(|hand| hand.split);
        match part {
            DesignPart::Split => split = place(&self.space.splits(genome), self.split, to).or(split),
            DesignPart::Fusion => {
                let now = design(self.space, genome, sending, self.split).fusion;
                sending.fusion = place(&self.space.fusions(genome, self.split), now, to).unwrap_or(now);
            }
            DesignPart::Ratio => {
                sending.ratio = place(&self.space.split.ratios, sending.ratio, to).unwrap_or(sending.ratio)
            }
            DesignPart::Bits => sending.bits = place(&self.space.split.bits, sending.bits, to).unwrap_or(sending.bits),
        }
        self.with(split, sending)
    }

    /// The hand that splits and sends this way.
    pub(super) fn with(&self, split: Option<BoundaryId>, sending: Sending) -> Result<Option<Hand>, PoolError> {
        if split.is_none() && sending == self.candidate.sending {
            return Ok(None);
        }
        let cuts = match self.hand {
            _ if sending == self.candidate.sending => self.own_cuts.to_vec(),
            Some(hand) if hand.sending == sending => hand.cuts.clone(),
            _ => {
                let network = self.space.lower(&self.candidate.genome)?;
                cuts(self.space, self.profile, &network, &self.candidate.genome, sending)?
            }
        };
        Ok(Some(Hand { candidate: self.id, split, sending, cuts }))
    }
}

/// The place of a list that a movement from a value leads to.
fn place(list: &[u8], from: u8, to: Move) -> Option<u8> {
    let now = list.iter().enumerate().min_by_key(|(_, value)| value.abs_diff(from)).map_or(0, |(index, _)| index);
    list.get(to.apply(now, list.len())).copied()
}
