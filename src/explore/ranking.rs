//! Which candidate stands before which.

use super::candidate::{CandidateId, Tag};
use super::rank::{Class, Verdict};

/// Order of a candidate within its class: the rule in one number, and the candidate's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    fn new(verdict: &Verdict, macs: u64, id: CandidateId) -> Self {
        let first = if verdict.class == Class::Unmeasured { -(macs as f64) } else { verdict.first };
        let latency = (verdict.seconds as f32).to_bits();
        Self(u128::from(ordered(first)) << 64 | u128::from(latency) << 32 | u128::from(id))
    }

    /// The candidate.
    pub(super) const fn id(self) -> CandidateId {
        self.0 as CandidateId
    }

    /// What is compared first.
    const fn first(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// Whether the rule says nothing of which comes first.
    pub(super) const fn ties_with(self, other: Self) -> bool {
        self.0 >> 32 == other.0 >> 32
    }
}

/// Bits that ascend as the numbers do (IEEE 754: negative numbers are stored by size, so theirs are turned round).
const fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// How all candidates stand and their order by the rule, in columns: what is drawn of all of them is read from here. Kept,
/// so that a knob change allocates nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    order: Vec<CandidateId>,
    /// Keys of each class, ascending.
    keys: [Vec<Key>; Class::COUNT],
    /// By candidate, of those that were told: index of its best split, seconds there, its class, its key.
    cuts: Vec<u16>,
    seconds: Vec<f64>,
    classes: Vec<Class>,
    told: Vec<Key>,
    /// What it is at its best split.
    tags: Vec<Tag>,
    /// Whether each candidate is on the front.
    front: Vec<bool>,
}

impl Ranking {
    /// The candidates in order.
    pub(super) fn order(&self) -> &[CandidateId] {
        &self.order
    }

    /// The keys of each class, better classes first, ascending.
    pub(super) const fn keys(&self) -> &[Vec<Key>; Class::COUNT] {
        &self.keys
    }

    /// Index of the best split of every candidate that was told.
    pub(super) fn cuts(&self) -> &[u16] {
        &self.cuts
    }

    /// Seconds of a frame at the best split of a candidate that was told.
    pub(super) fn seconds(&self, id: CandidateId) -> f64 {
        self.seconds[id as usize]
    }

    /// What a candidate that was told is at its best split.
    pub(super) fn tag(&self, id: CandidateId) -> Tag {
        self.tags[id as usize]
    }

    /// Kind of a candidate that was told.
    pub(super) fn class(&self, id: CandidateId) -> Class {
        self.classes[id as usize]
    }

    /// Whether the best split of a candidate that was told meets all limits.
    pub(super) fn feasible(&self, id: CandidateId) -> bool {
        self.class(id) != Class::Infeasible
    }

    /// Forgets how candidates stand, for all to be told anew in the order of their numbers.
    pub(super) fn begin(&mut self) {
        self.cuts.clear();
        self.seconds.clear();
        self.classes.clear();
        self.told.clear();
        self.tags.clear();
    }

    /// How the next candidate stands, and what it is at its best split.
    #[inline]
    pub(super) fn tell(&mut self, verdict: &Verdict, macs: u64, tag: Tag) {
        let id = self.told.len() as CandidateId;
        self.cuts.push(verdict.cut);
        self.seconds.push(verdict.seconds);
        self.classes.push(verdict.class);
        self.told.push(Key::new(verdict, macs, id));
        self.tags.push(tag);
    }

    /// Puts the candidates in order.
    #[allow(clippy::stable_sort_primitive, reason = "the stable sort is the one that makes use of ordered runs")]
    pub(super) fn sort(&mut self) {
        let Self { order, keys, classes, told, .. } = self;
        // Begun in the last order, since a knob moves few candidates past each other, and merging finds ordered runs.
        let known = order.len() as CandidateId;
        order.extend(known..told.len() as CandidateId);
        keys.iter_mut().for_each(Vec::clear);
        for &id in order.iter() {
            keys[classes[id as usize] as usize].push(told[id as usize]);
        }
        for keys in keys.iter_mut() {
            // What is compared first mostly stands as it was, as multiply-accumulates never change: then this is one run.
            keys.sort_by_key(|key| key.first());
            keys.chunk_by_mut(|one, other| one.first() == other.first()).for_each(<[Key]>::sort);
        }
        order.clear();
        order.extend(keys.iter().flatten().map(|key| key.id()));
        self.mark_front();
    }

    /// Marks the candidates that no other of their class beats in what ranks them and in latency. Within a class the
    /// ranking descends in the former, so whoever is faster than all before is on the front.
    fn mark_front(&mut self) {
        self.front.clear();
        self.front.resize(self.told.len(), false);
        for class in [Class::Measured, Class::Unmeasured] {
            let mut fastest = f64::INFINITY;
            for key in &self.keys[class as usize] {
                let seconds = self.seconds[key.id() as usize];
                if seconds < fastest {
                    fastest = seconds;
                    self.front[key.id() as usize] = true;
                }
            }
        }
    }

    /// Whether no other candidate of its class beats this one in what ranks them and in latency; not if it breaks limits.
    pub(super) fn is_on_front(&self, id: CandidateId) -> bool {
        self.front[id as usize]
    }
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
