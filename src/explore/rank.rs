//! Which split of a candidate is its best one, and which candidate stands before which.

use std::cell::RefCell;
use std::ops::Range;

use super::candidate::{CandidateId, Tag};
use crate::cost::{Columns, Cut, Evaluation, Knobs, Limit, Load, Misses, Rates};

/// What kind of standing a candidate has; better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Meets every limit, and its accuracy was measured with this number of sensors.
    Measured,
    /// Meets every limit as far as is known: its accuracy was not measured with this number of sensors.
    Unmeasured,
    /// Breaks limits at every split that is allowed.
    Infeasible,
}

impl Class {
    const COUNT: usize = 3;
}

/// A candidate under the present knobs.
///
/// The rule, for the splits of one candidate and then for candidates at their best splits alike:
/// 1. What meets all limits comes before what does not.
/// 2. Among what meets all limits, what was measured with the present number of sensors comes before what was not.
/// 3. Measured: higher accuracy first, then less latency.
/// 4. Not measured: more multiply-accumulates first (they are the same for all splits of a candidate), then less latency.
///    So before anything is measured the first candidate is the largest network that meets the limits, at its fastest
///    split. Multiply-accumulates only order; they are never shown as an accuracy.
/// 5. What breaks limits: fewer of them first, then by how much less (the sum of the shares by which each is missed),
///    then less latency.
///
/// Ties go to the earlier split and to the lower number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Index of its best split among its cuts.
    pub cut: u16,
    /// What that split costs, judged by the accuracy too if it was measured.
    pub evaluation: Evaluation,
    /// Accuracy of that split with the present number of sensors; NaN if it was not measured.
    accuracy: f64,
    /// What it is ordered by within its class before latency, ascending; multiply-accumulates come from the candidate.
    first: f64,
    /// Limits that are the only one broken at some split, as bits in the order of [`Limit::ALL`].
    lone: u8,
    /// Kind.
    pub class: Class,
}

impl Standing {
    /// Accuracy of the best split, if it was measured with the present number of sensors.
    pub fn accuracy(&self) -> Option<f64> {
        Some(self.accuracy).filter(|accuracy| !accuracy.is_nan())
    }

    /// Whether the best split meets all limits.
    pub fn feasible(&self) -> bool {
        self.class != Class::Infeasible
    }

    /// Whether lifting that limit alone would make some split fit.
    pub fn freed_by(&self, limit: Limit) -> bool {
        !self.feasible() && self.lone >> limit as u8 & 1 == 1
    }

    /// Whether it comes before another split of its candidate and its class.
    fn before(&self, other: &Self) -> bool {
        let latency = |standing: &Self| standing.evaluation.latency.total_s();
        self.first.total_cmp(&other.first).then_with(|| latency(self).total_cmp(&latency(other))).is_lt()
    }

    /// What to order candidates of its class by, ascending: the rule in one number, and the candidate's own.
    fn key(&self, macs: u64, id: CandidateId) -> Key {
        let first = if self.class == Class::Unmeasured { -(macs as f64) } else { self.first };
        let latency = (self.evaluation.latency.total_s() as f32).to_bits();
        Key(u128::from(ordered(first)) << 64 | u128::from(latency) << 32 | u128::from(id))
    }
}

/// Order of a candidate within its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    /// The candidate.
    pub(super) const fn id(self) -> CandidateId {
        self.0 as CandidateId
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

/// Everything needed to judge cuts under the present knobs.
pub(super) struct Judge<'a> {
    pub(super) knobs: &'a Knobs,
    pub(super) rates: Rates,
    /// Whether a split is allowed at each boundary of the space.
    pub(super) allowed: &'a [bool],
    misses: RefCell<Misses>,
}

impl<'a> Judge<'a> {
    /// The judge of these knobs, with splits allowed where `allowed` says so by boundary.
    pub(super) fn new(knobs: &'a Knobs, allowed: &'a [bool]) -> Self {
        let rates = Rates::new(knobs);
        Self { knobs, rates, allowed, misses: RefCell::new(Misses::new(knobs, &rates)) }
    }

    pub(super) fn allows(&self, cut: &Cut) -> bool {
        self.allowed.get(usize::from(cut.boundary)).is_some_and(|&allowed| allowed)
    }

    /// What a cut costs, judged by its accuracy if that is not NaN.
    pub(super) fn evaluate(&self, cut: &Cut, accuracy: f64) -> Evaluation {
        self.evaluate_load(&self.rates.load(cut), accuracy)
    }

    /// The same of a cut with the present number of sensors.
    #[inline]
    pub(super) fn evaluate_load(&self, load: &Load, accuracy: f64) -> Evaluation {
        let evaluation = self.rates.evaluate_load(load);
        if accuracy.is_nan() { evaluation } else { evaluation.with_accuracy(accuracy, self.knobs) }
    }

    /// Some cuts as [`Judge::best`] reads them.
    pub(super) fn columns(&self, cuts: &[Cut]) -> Columns {
        let mut columns = Columns::new(self.knobs.sensors);
        for cut in cuts {
            columns.push(cut, self.allows(cut));
        }
        columns
    }

    /// The best of some cuts by the rule at [`Standing`]; accuracies beyond the slice are unknown. `None` if no split is
    /// allowed.
    pub(super) fn best(&self, columns: &Columns, range: Range<usize>, accuracies: &[f64]) -> Option<Standing> {
        let measured = accuracies.iter().any(|accuracy| !accuracy.is_nan());
        let accuracies = if measured { accuracies } else { &[] };
        let first = if measured { self.most_accurate(columns, range.start, accuracies) } else { None };
        first
            .or_else(|| self.fastest(columns, range.clone(), accuracies))
            .or_else(|| self.of_misses(columns, range.clone(), accuracies))
    }

    /// Among measured cuts that fit: the most accurate, then the fastest.
    fn most_accurate(&self, columns: &Columns, start: usize, accuracies: &[f64]) -> Option<Standing> {
        let mut best: Option<Standing> = None;
        let measured = accuracies.iter().enumerate();
        let measured = measured.filter(|(index, accuracy)| !accuracy.is_nan() && columns.is_allowed(start + *index));
        for (index, &accuracy) in measured {
            let evaluation = self.evaluate_load(&columns.load(start + index), accuracy);
            let found = standing(index, evaluation, accuracy, Class::Measured, -accuracy);
            if found.evaluation.feasible() && best.as_ref().is_none_or(|best| found.before(best)) {
                best = Some(found);
            }
        }
        best
    }

    /// The fastest cut of all, if it fits. Most often it does, so only times are compared at first.
    #[inline]
    fn fastest(&self, columns: &Columns, range: Range<usize>, accuracies: &[f64]) -> Option<Standing> {
        let (at, _) = columns.fastest(range.clone(), &self.rates)?;
        let index = at - range.start;
        let accuracy = accuracies.get(index).copied().unwrap_or(f64::NAN);
        let evaluation = self.evaluate_load(&columns.load(at), accuracy);
        evaluation.feasible().then(|| standing(index, evaluation, f64::NAN, Class::Unmeasured, 0.0))
    }

    /// The fastest cut that fits; if none does, the one that misses limits least.
    fn of_misses(&self, columns: &Columns, range: Range<usize>, accuracies: &[f64]) -> Option<Standing> {
        let mut misses = self.misses.borrow_mut();
        let start = range.start;
        misses.fill(columns.rows(range), accuracies, &self.rates);
        if let Some(index) = misses.fastest() {
            let evaluation = self.evaluate_load(&columns.load(start + index), f64::NAN);
            return Some(standing(index, evaluation, f64::NAN, Class::Unmeasured, 0.0));
        }
        let mut best = Missing { broken: u32::MAX, excess: f64::INFINITY, seconds: f64::INFINITY, index: 0 };
        let mut lone = 0;
        for (index, (&seconds, &excess)) in misses.seconds().iter().zip(misses.excess()).enumerate() {
            if seconds == f64::INFINITY {
                continue;
            }
            let broken = misses.count(index);
            if broken == 1 {
                lone |= misses.bits(index);
            }
            let found = Missing { broken, excess, seconds, index };
            if found.before(&best) {
                best = found;
            }
        }
        if best.broken == u32::MAX {
            return None;
        }
        let accuracy = accuracies.get(best.index).copied().unwrap_or(f64::NAN);
        let evaluation = self.evaluate_load(&columns.load(start + best.index), accuracy);
        let found = standing(best.index, evaluation, accuracy, Class::Infeasible, best.misses());
        Some(Standing { lone, ..found })
    }
}

/// How far a cut is from meeting the limits.
struct Missing {
    /// Number of limits it breaks.
    broken: u32,
    excess: f64,
    seconds: f64,
    index: usize,
}

impl Missing {
    /// Whether it comes before one with a lower index.
    #[inline]
    fn before(&self, other: &Self) -> bool {
        (self.broken, self.excess, self.seconds) < (other.broken, other.excess, other.seconds)
    }

    /// Number of broken limits, with the excess squeezed into the fraction.
    fn misses(&self) -> f64 {
        f64::from(self.broken) + 1.0 - (1.0 + self.excess).recip()
    }
}

fn standing(index: usize, evaluation: Evaluation, accuracy: f64, class: Class, first: f64) -> Standing {
    let cut = u16::try_from(index).expect("a network has at most 256 boundaries");
    Standing { cut, evaluation, accuracy, first, lone: 0, class }
}

/// All candidates in the order of the rule, and what makes it. Kept, so that a knob change allocates nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    order: Vec<CandidateId>,
    /// Keys of each class, ascending.
    keys: [Vec<Key>; Class::COUNT],
    /// By candidate, of those that were told: its class, its key, its seconds, and what it is at its best split.
    classes: Vec<Class>,
    told: Vec<Key>,
    seconds: Vec<f64>,
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

    /// Forgets how candidates stand, for all to be told anew in the order of their numbers.
    pub(super) fn begin(&mut self) {
        self.classes.clear();
        self.told.clear();
        self.seconds.clear();
        self.tags.clear();
    }

    /// How the next candidate stands, and what it is at its best split.
    #[inline]
    pub(super) fn tell(&mut self, standing: &Standing, macs: u64, tag: Tag) {
        let id = self.told.len() as CandidateId;
        self.classes.push(standing.class);
        self.told.push(standing.key(macs, id));
        self.seconds.push(standing.evaluation.latency.total_s());
        self.tags.push(tag);
    }

    /// Whether two candidates are one design at their best splits.
    pub(super) fn are_one(&self, one: CandidateId, other: CandidateId) -> bool {
        self.tags[one as usize] == self.tags[other as usize]
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
            keys.sort();
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
