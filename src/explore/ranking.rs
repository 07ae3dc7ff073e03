//! Order of the candidates by the rule at [`RankedDesign`](super::ranking_rule::RankedDesign).

use std::cell::OnceCell;

use super::candidate::CandidateId;
use super::candidate_groups::CandidateGroups;
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

    /// Key of another candidate that is the same design.
    const fn of(self, id: CandidateId) -> Self {
        Self { first: self.first, then: self.then >> 32 << 32 | id as u64 }
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

/// A best split of a candidate or a group among the splits of all candidates.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankedPlace {
    /// Its place; of a group that of one that is the same design.
    pub(super) entry: u32,
    /// Accuracy that it is ranked by; NaN if none is known.
    pub(super) rating: f64,
}

/// Best split of one candidate with its sort key.
#[derive(Debug, Clone, Copy)]
struct RankEntry {
    key: RankKey,
    /// Seconds of a frame at its best split.
    seconds: f64,
    place: RankedPlace,
    /// Index of that split among its splits.
    split_index: u16,
    class: Class,
    /// `true` once its key is among those to be sorted.
    is_taken: bool,
}

impl RankEntry {
    const NONE: Self = Self {
        key: RankKey { first: 0, then: 0 },
        seconds: 0.0,
        place: RankedPlace { entry: 0, rating: f64::NAN },
        split_index: 0,
        class: Class::Infeasible,
        is_taken: false,
    };
}

/// Best splits of all candidates, and the candidates in order. Reused, so that a knob change allocates nothing.
///
/// Candidates that are one design at their best rated splits are a group: while that split meets all limits they are
/// costed once, and one key stands for all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    groups: CandidateGroups,
    /// By group, entry of its first candidate, if the split meets all limits.
    fitting: Vec<Option<RankEntry>>,
    /// By candidate, those in no fitting group.
    entries: Vec<RankEntry>,
    /// Candidates in no fitting group.
    singles: Vec<CandidateId>,
    /// Candidates that were in no fitting group at the last ranking, in its order.
    last_order: Vec<CandidateId>,
    /// Keys of each class, ascending.
    keys: [Vec<RankKey>; Class::COUNT],
    /// Keys of fitting groups, which come in order of their criterion.
    ordered: Vec<RankKey>,
    /// Keys of rated singles.
    others: Vec<RankKey>,
    /// All candidates in order; found when first asked for.
    order: OnceCell<Vec<CandidateId>>,
    /// By candidate, `true` on the Pareto front; found when first asked for.
    front: OnceCell<Vec<bool>>,
}

impl Ranking {
    /// The candidates in order.
    pub(super) fn order(&self) -> &[CandidateId] {
        self.order.get_or_init(|| {
            let mut order = Vec::with_capacity(self.entries.len());
            let mut all: Vec<RankKey> = Vec::new();
            for keys in &self.keys {
                all.clear();
                all.extend(keys.iter().flat_map(|&key| self.represented(key)));
                order_ties(&mut all);
                order.extend(all.iter().map(|key| key.id()));
            }
            order
        })
    }

    /// Keys of the candidates that a key stands for.
    fn represented(&self, key: RankKey) -> impl Iterator<Item = RankKey> {
        let members = self.fitting_group(key.id()).map_or(&[][..], |group| self.groups.members(group));
        let single = members.is_empty().then_some(key);
        single.into_iter().chain(members.iter().map(move |&id| key.of(id)))
    }

    /// The first candidate in order.
    pub(super) fn first(&self) -> Option<CandidateId> {
        self.keys.iter().flatten().next().map(|key| key.id())
    }

    /// The keys of each class, better classes first, ascending. Of a fitting group there is the key of its first
    /// candidate.
    pub(super) const fn keys(&self) -> &[Vec<RankKey>; Class::COUNT] {
        &self.keys
    }

    /// Groups of candidates.
    pub(super) const fn groups(&self) -> &CandidateGroups {
        &self.groups
    }

    /// Returns `true` if a candidate that meets all limits has an accuracy.
    pub(super) const fn any_rated(&self) -> bool {
        !self.keys[Class::Rated as usize].is_empty()
    }

    /// Group of a candidate, if its split meets all limits.
    #[inline]
    pub(super) fn fitting_group(&self, id: CandidateId) -> Option<usize> {
        self.groups.of(id).filter(|&group| self.fitting[group].is_some())
    }

    /// Entry of a candidate that was ranked; with the key of another one if it is in a fitting group.
    #[inline]
    fn entry(&self, id: CandidateId) -> &RankEntry {
        let of_group = self.groups.of(id).and_then(|group| self.fitting[group].as_ref());
        of_group.unwrap_or_else(|| &self.entries[id as usize])
    }

    /// Index of the best split of a candidate, if it was ranked.
    #[inline]
    pub(super) fn split_index(&self, id: CandidateId) -> Option<u16> {
        ((id as usize) < self.entries.len()).then(|| self.entry(id).split_index)
    }

    /// Place of the best split of a candidate that was ranked.
    #[inline]
    pub(super) fn place(&self, id: CandidateId) -> RankedPlace {
        self.entry(id).place
    }

    /// Seconds of a frame at the best split of a candidate that was ranked.
    #[inline]
    pub(super) fn seconds(&self, id: CandidateId) -> f64 {
        self.entry(id).seconds
    }

    /// Class of a candidate that was ranked.
    #[inline]
    pub(super) fn class(&self, id: CandidateId) -> Class {
        self.entry(id).class
    }

    /// Returns `true` if the best split of a candidate that was ranked meets all limits.
    #[inline]
    pub(super) fn feasible(&self, id: CandidateId) -> bool {
        self.class(id) != Class::Infeasible
    }

    /// Takes other groups, of so many candidates in all.
    pub(super) fn regroup(&mut self, groups: CandidateGroups, candidates: usize) {
        self.groups = groups;
        self.entries.resize(candidates, RankEntry::NONE);
    }

    /// Forgets how candidates stand, for the best splits of all to be given anew: of fitting groups first.
    pub(super) fn begin(&mut self) {
        self.fitting.clear();
        self.fitting.resize(self.groups.count(), None);
        self.ordered.clear();
    }

    /// Gives the best split of a group, which meets all limits. No group given before is rated lower. Returns the
    /// number of its candidates.
    #[inline]
    pub(super) fn put_group(&mut self, best: &BestSplit, group: usize, place: RankedPlace) -> usize {
        let members = self.groups.members(group);
        let BestSplit { seconds, split_index, class, .. } = *best;
        let key = RankKey::new(RankKey::first_of(best), seconds, members[0]);
        self.fitting[group] = Some(RankEntry { key, seconds, place, split_index, class, is_taken: true });
        self.ordered.push(key);
        members.len()
    }

    /// Gives the best splits of the candidates in no fitting group, with their places and their multiply-accumulates.
    #[inline(always)]
    pub(super) fn put_singles(&mut self, mut best_of: impl FnMut(CandidateId) -> (BestSplit, RankedPlace, u64)) {
        self.singles.clear();
        self.singles.extend_from_slice(self.groups.ungrouped());
        for group in (0..self.groups.count()).filter(|&group| self.fitting[group].is_none()) {
            self.singles.extend_from_slice(self.groups.members(group));
        }
        // Neighbours have their demands side by side.
        self.singles.sort_unstable();
        for &id in &self.singles {
            let (best, place, macs) = best_of(id);
            let first = if best.class == Class::Unrated { !macs } else { RankKey::first_of(&best) };
            let BestSplit { seconds, split_index, class, .. } = best;
            let key = RankKey::new(first, seconds, id);
            self.entries[id as usize] = RankEntry { key, seconds, place, split_index, class, is_taken: false };
        }
    }

    /// Puts the candidates in order.
    #[allow(clippy::stable_sort_primitive, reason = "the stable sort is the one that makes use of ordered runs")]
    pub(super) fn sort(&mut self) {
        self.keys.iter_mut().for_each(Vec::clear);
        // Begun in the last order, since a knob moves few candidates past each other, and sorting finds ordered runs.
        for at in 0..self.last_order.len() {
            let id = self.last_order[at];
            if self.fitting_group(id).is_none() {
                self.take(id);
            }
        }
        for at in 0..self.singles.len() {
            self.take(self.singles[at]);
        }
        let Self { last_order, keys, ordered, others, .. } = self;
        for keys in keys.iter_mut() {
            // Keys mostly stand in order of their first part already, as multiply-accumulates never change: the stable
            // sort then takes one pass.
            keys.sort_by_key(|key| key.first);
            order_ties(keys);
        }
        last_order.clear();
        last_order.extend(keys.iter().flatten().map(|key| key.id()));
        order_ties(ordered);
        others.clone_from(&keys[Class::Rated as usize]);
        merge(ordered, others, &mut keys[Class::Rated as usize]);
        self.order.take();
        self.front.take();
    }

    /// Adds the key of a single to those of its class, once.
    #[inline]
    fn take(&mut self, id: CandidateId) {
        let entry = &mut self.entries[id as usize];
        if !std::mem::replace(&mut entry.is_taken, true) {
            self.keys[entry.class as usize].push(entry.key);
        }
    }

    /// Marks the candidates that no other of their class beats in what ranks them and in latency.
    fn marked_front(&self) -> Vec<bool> {
        let mut marked = vec![false; self.entries.len()];
        for class in [Class::Rated, Class::Unrated] {
            let mut front = ParetoFront::new(2);
            let groups = self.keys[class as usize].chunk_by(|one, other| one.first == other.first);
            for (place, keys) in groups.enumerate() {
                for id in keys.iter().map(|key| key.id()) {
                    front.insert([place as f64, self.seconds(id)], id as usize);
                }
            }
            front.members().iter().for_each(|&id| marked[id] = true);
        }
        marked
    }

    /// Returns `true` if a candidate is feasible and no other of its class beats it both in rank and in latency.
    pub(super) fn is_on_front(&self, id: CandidateId) -> bool {
        // Of a group its first candidate is marked.
        let marked = self.fitting_group(id).map_or(id, |group| self.groups.members(group)[0]);
        self.front.get_or_init(|| self.marked_front())[marked as usize]
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
