//! The best rated split of each candidate, its demand beside those of other candidates in memory.
//!
//! Where it meets all limits it is the best split, and no other split of the candidate is looked at when a knob moves.

use super::candidate::CandidateId;
use super::catalogue::Catalogue;
use super::ranking_rule::{BestSplit, Evaluator};
use crate::cost::{DemandBatch, MeasuredShares, Violations};

/// Best rated splits of all candidates.
#[derive(Debug, Clone, Default)]
pub(super) struct TopSplits {
    /// By candidate; none at all if nothing is rated.
    tops: Vec<Option<TopSplit>>,
    /// Demand of each; that of the first split where none is the top.
    batch: DemandBatch,
}

/// The one split of a candidate that is rated higher than its others.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopSplit {
    /// Index among the candidate's splits.
    index: u16,
    /// `true` if its accuracy was measured.
    pub(super) is_measured: bool,
    shares: MeasuredShares,
}

impl TopSplits {
    /// The splits of a catalogue that is up to date.
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let tops: Vec<Option<TopSplit>> = catalogue.ids().map(|id| top(catalogue, id)).collect();
        if tops.iter().all(Option::is_none) {
            return Self::default();
        }
        let entry = |(id, top): (CandidateId, &Option<TopSplit>)| {
            catalogue.range(id).start + usize::from(top.map_or(0, |top| top.index))
        };
        let entries: Vec<usize> = catalogue.ids().zip(&tops).map(entry).collect();
        let batch = catalogue.batch().reordered(entries.iter().copied());
        Self { tops, batch }
    }

    /// The top split of a candidate, if there is one.
    #[inline]
    pub(super) fn of(&self, id: CandidateId) -> Option<&TopSplit> {
        self.tops.get(id as usize)?.as_ref()
    }

    /// The top split of a candidate as its best one, if it meets all limits. No split breaks a limit on cost that is
    /// not `breakable`.
    #[inline]
    pub(super) fn best(
        &self,
        id: CandidateId,
        top: &TopSplit,
        evaluator: &Evaluator<'_>,
        breakable: Violations,
    ) -> Option<BestSplit> {
        evaluator.rated(&self.batch, id as usize, breakable, top.index, top.shares)
    }
}

/// The allowed split of a candidate that is rated highest; `None` if there is none, or several are rated alike.
#[allow(clippy::float_cmp, reason = "ratings are compared with themselves")]
fn top(catalogue: &Catalogue, id: CandidateId) -> Option<TopSplit> {
    let range = catalogue.range(id);
    let measured = catalogue.measured(range.clone());
    let (mut highest, mut found, mut is_tied) = (f64::NEG_INFINITY, None, false);
    for (index, &rating) in measured.accuracies.iter().enumerate() {
        // No comparison with NaN holds.
        if rating >= highest && catalogue.batch().is_allowed(range.start + index) {
            is_tied = rating == highest;
            (highest, found) = (rating, Some(index));
        }
    }
    let index = found.filter(|_| !is_tied)?;
    let is_measured = catalogue.is_measured(range.start + index);
    Some(TopSplit { index: u16::try_from(index).ok()?, is_measured, shares: measured.at(index) })
}
