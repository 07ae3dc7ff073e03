//! Order of the candidates by the rule at [`RankedDesign`](super::ranking_rule::RankedDesign).

use std::cell::OnceCell;

use super::candidate::CandidateId;
use super::ranking_rule::{BestSplit, Class};
use crate::search::ParetoFront;

/// Sort key of a candidate within its class: its criterion, then latency and the number of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RankKey {
    first: u64,
    then: u64,
}

impl RankKey {
    #[inline]
    fn new(first: u64, seconds: f64, id: CandidateId) -> Self {
        let latency = (seconds as f32).to_bits();
        Self { first, then: u64::from(latency) << 32 | u64::from(id) }
    }

    /// Bits that ascend with the criterion of a split that has an accuracy, or fits nowhere.
    #[inline]
    pub(super) const fn first_of(best: &BestSplit) -> u64 {
        ordered(best.first)
    }

    /// The candidate.
    pub(super) const fn id(self) -> CandidateId {
        self.then as CandidateId
    }

    /// Returns `true` if the rule does not order the two candidates.
    pub(super) const fn ties_with(self, other: Self) -> bool {
        self.first == other.first && self.then >> 32 == other.then >> 32
    }
}

/// Bits that ascend as the numbers do (IEEE 754: negative numbers are stored by size, so theirs are turned round).
const fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Best split of one candidate with its sort key.
#[derive(Debug, Clone, Copy)]
struct RankEntry {
    key: RankKey,
    /// Seconds of a frame at its best split.
    seconds: f64,
    /// Index of that split among its splits.
    split_index: u16,
    class: Class,
    state: EntryState,
}

/// State of a candidate while the ranking is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryState {
    /// Its best split is not known.
    Open,
    /// It was given in order.
    Ordered,
    /// It is to be sorted.
    Unordered,
}

impl RankEntry {
    const OPEN: Self = Self {
        key: RankKey { first: 0, then: 0 },
        seconds: 0.0,
        split_index: 0,
        class: Class::Infeasible,
        state: EntryState::Open,
    };
}

/// Best splits of all candidates, and the candidates in order. Reused, so that a knob change allocates nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    order: Vec<CandidateId>,
    /// Keys of each class, ascending.
    keys: [Vec<RankKey>; Class::COUNT],
    /// Keys of rated candidates that came in order of their criterion.
    ordered: Vec<RankKey>,
    /// Keys of the other rated candidates.
    others: Vec<RankKey>,
    /// By candidate.
    entries: Vec<RankEntry>,
    /// By candidate, `true` on the Pareto front; found when first asked for.
    front: OnceCell<Vec<bool>>,
}

impl Ranking {
    /// The candidates in order.
    pub(super) fn order(&self) -> &[CandidateId] {
        &self.order
    }

    /// The keys of each class, better classes first, ascending.
    pub(super) const fn keys(&self) -> &[Vec<RankKey>; Class::COUNT] {
        &self.keys
    }

    /// Returns `true` if a candidate that meets all limits has an accuracy.
    pub(super) const fn any_rated(&self) -> bool {
        !self.keys[Class::Rated as usize].is_empty()
    }

    /// Index of the best split of a candidate, if it was pushed.
    #[inline]
    pub(super) fn split_index(&self, id: CandidateId) -> Option<u16> {
        self.entries.get(id as usize).map(|entry| entry.split_index)
    }

    /// Seconds of a frame at the best split of a candidate that was pushed.
    #[inline]
    pub(super) fn seconds(&self, id: CandidateId) -> f64 {
        self.entries[id as usize].seconds
    }

    /// Class of a candidate that was pushed.
    #[inline]
    pub(super) fn class(&self, id: CandidateId) -> Class {
        self.entries[id as usize].class
    }

    /// Returns `true` if the best split of a candidate that was pushed meets all limits.
    #[inline]
    pub(super) fn feasible(&self, id: CandidateId) -> bool {
        self.class(id) != Class::Infeasible
    }

    /// Forgets how candidates stand, for the best splits of so many to be given anew.
    pub(super) fn begin(&mut self, candidates: usize) {
        self.entries.clear();
        self.entries.resize(candidates, RankEntry::OPEN);
        self.ordered.clear();
    }

    /// Returns `true` if the best split of a candidate was not given since [`Ranking::begin`].
    #[inline]
    pub(super) fn is_open(&self, id: CandidateId) -> bool {
        self.entries[id as usize].state == EntryState::Open
    }

    /// Gives the best split of candidates that are one design there, in the order of their numbers. It is rated, and no
    /// split given before is rated lower.
    #[inline]
    pub(super) fn put_next(&mut self, best: &BestSplit, ids: &[CandidateId]) {
        let (first, state) = (RankKey::first_of(best), EntryState::Ordered);
        let BestSplit { seconds, split_index, class, .. } = *best;
        for &id in ids {
            let key = RankKey::new(first, seconds, id);
            self.entries[id as usize] = RankEntry { key, seconds, split_index, class, state };
            self.ordered.push(key);
        }
    }

    /// Gives the best split of a candidate.
    #[inline]
    pub(super) fn put(&mut self, best: &BestSplit, id: CandidateId, macs: impl Fn() -> u64) {
        let first = if best.class == Class::Unrated { !macs() } else { RankKey::first_of(best) };
        let BestSplit { seconds, split_index, class, .. } = *best;
        let key = RankKey::new(first, seconds, id);
        self.entries[id as usize] = RankEntry { key, seconds, split_index, class, state: EntryState::Unordered };
    }

    /// Puts the candidates in order.
    #[allow(clippy::stable_sort_primitive, reason = "the stable sort is the one that makes use of ordered runs")]
    pub(super) fn sort(&mut self) {
        let Self { order, keys, ordered, others, entries, .. } = self;
        // Begun in the last order, since a knob moves few candidates past each other, and merging finds ordered runs.
        let known = order.len() as CandidateId;
        order.extend(known..entries.len() as CandidateId);
        keys.iter_mut().for_each(Vec::clear);
        for &id in order.iter() {
            let RankEntry { class, key, state, .. } = entries[id as usize];
            if state == EntryState::Unordered {
                keys[class as usize].push(key);
            }
        }
        for keys in keys.iter_mut() {
            // Keys mostly stand in order of their first part already, as multiply-accumulates never change: the stable
            // sort then takes one pass.
            keys.sort_by_key(|key| key.first);
            order_ties(keys);
        }
        order_ties(ordered);
        others.clone_from(&keys[Class::Rated as usize]);
        merge(ordered, others, &mut keys[Class::Rated as usize]);
        order.clear();
        order.extend(keys.iter().flatten().map(|key| key.id()));
        self.front.take();
    }

    /// Marks the candidates that no other of their class beats in what ranks them and in latency.
    fn marked_front(&self) -> Vec<bool> {
        let mut marked = vec![false; self.entries.len()];
        for class in [Class::Rated, Class::Unrated] {
            let mut front = ParetoFront::new(2);
            let groups = self.keys[class as usize].chunk_by(|one, other| one.first == other.first);
            for (place, keys) in groups.enumerate() {
                for id in keys.iter().map(|key| key.id() as usize) {
                    front.insert([place as f64, self.entries[id].seconds], id);
                }
            }
            front.members().iter().for_each(|&id| marked[id] = true);
        }
        marked
    }

    /// Returns `true` if a candidate is feasible and no other of its class beats it both in rank and in latency.
    pub(super) fn is_on_front(&self, id: CandidateId) -> bool {
        self.front.get_or_init(|| self.marked_front())[id as usize]
    }
}

/// Orders keys whose first parts ascend by their second parts too.
fn order_ties(keys: &mut [RankKey]) {
    for tied in keys.chunk_by_mut(|one, other| one.first == other.first) {
        if !tied.is_sorted_by_key(|key| key.then) {
            tied.sort_unstable();
        }
    }
}

/// Writes the keys of two ascending lists into one.
fn merge(one: &[RankKey], other: &[RankKey], all: &mut Vec<RankKey>) {
    all.clear();
    let mut other = other.iter().copied().peekable();
    for &key in one {
        while let Some(next) = other.next_if(|next| *next < key) {
            all.push(next);
        }
        all.push(key);
    }
    all.extend(other);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ordered_bits_ascend_as_numbers_do(one: f64, other: f64) {
            prop_assume!(!one.is_nan() && !other.is_nan() && (one != 0.0 || other != 0.0));
            prop_assert_eq!(ordered(one).cmp(&ordered(other)), one.total_cmp(&other));
        }
    }
}
