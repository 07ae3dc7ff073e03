//! The best rated split of each candidate, its demand beside those of others in memory.
//!
//! Where it meets all limits it is the best split, and no other split of the candidate is looked at when a knob moves.
//! Many candidates are one design at their top splits: that is costed once for all of them, and as ratings are the
//! first key of the ranking, they stand in its order already.

use super::candidate::CandidateId;
use super::candidate_groups::CandidateGroups;
use super::catalogue::Catalogue;
use super::ranking::{RankKey, RankedPlace};
use super::ranking_rule::{BestSplit, Class, Evaluator};
use super::rated_order::RatedOrder;
use crate::cost::{DemandBatch, MeasuredShares, Violations};

/// Best rated splits of all candidates, best rated designs first.
#[derive(Debug, Clone, Default)]
pub(super) struct TopSplits {
    tops: Vec<TopSplit>,
    /// Demand of each.
    batch: DemandBatch,
}

/// A split that its candidates have rated higher than their others.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopSplit {
    /// Index among the splits of each candidate.
    index: u16,
    /// `true` if its accuracy was measured.
    pub(super) is_measured: bool,
    shares: MeasuredShares,
    /// The first split of the catalogue that is this design.
    first_alike: u32,
}

impl TopSplits {
    /// The splits of a catalogue that is up to date, and the candidates of each in the same order.
    pub(super) fn new(catalogue: &Catalogue, rated: &RatedOrder) -> (Self, CandidateGroups) {
        let mut place_of = vec![u32::MAX; catalogue.split_count()];
        let (mut tops, mut of_candidates): (Vec<TopSplit>, Vec<Option<u32>>) = (Vec::new(), Vec::new());
        for id in catalogue.ids() {
            let Some(index) = rated.top(catalogue, id) else {
                of_candidates.push(None);
                continue;
            };
            let top = split(catalogue, id, index);
            let place = &mut place_of[top.first_alike as usize];
            if *place == u32::MAX {
                *place = tops.len() as u32;
                tops.push(top);
            }
            of_candidates.push(Some(*place));
        }
        let mut order: Vec<usize> = (0..tops.len()).collect();
        order.sort_by_key(|&place| RankKey::first_of(&tops[place].as_best(0.0)));
        let mut rank_of = vec![0; order.len()];
        for (rank, &place) in order.iter().enumerate() {
            rank_of[place] = rank;
        }
        let ranks = of_candidates.iter().map(|place| place.map(|place| rank_of[place as usize]));
        let groups = CandidateGroups::new(ranks, tops.len());
        let tops: Vec<TopSplit> = order.iter().map(|&place| tops[place]).collect();
        let batch = catalogue.batch().reordered(tops.iter().map(|top| top.first_alike as usize));
        (Self { tops, batch }, groups)
    }

    /// The top splits that meet all limits as the best ones of their groups of candidates, with the number of the
    /// group. No split breaks a limit on cost that is not `breakable`.
    pub(super) fn fitting<'a>(
        &'a self,
        evaluator: &'a Evaluator<'_>,
        breakable: Violations,
    ) -> impl Iterator<Item = (usize, BestSplit, &'a TopSplit)> {
        self.tops.iter().enumerate().filter_map(move |(entry, top)| {
            let seconds = evaluator.seconds_if_fits(&self.batch, entry, breakable, top.shares)?;
            Some((entry, top.as_best(seconds), top))
        })
    }
}

impl TopSplit {
    /// Its place in the ranking.
    pub(super) const fn place(&self) -> RankedPlace {
        RankedPlace { entry: self.first_alike, rating: self.shares.accuracy }
    }

    fn as_best(&self, seconds: f64) -> BestSplit {
        BestSplit::new(usize::from(self.index), Class::Rated, seconds, -self.shares.accuracy)
    }
}

/// The split of a candidate at an index among its own.
fn split(catalogue: &Catalogue, id: CandidateId, index: u16) -> TopSplit {
    let range = catalogue.range(id);
    let entry = range.start + usize::from(index);
    TopSplit {
        index,
        is_measured: catalogue.is_measured(entry),
        shares: catalogue.measured(range).at(usize::from(index)),
        first_alike: catalogue.pool().first_alike(entry),
    }
}
