//! Which split of a candidate is its best one, and which candidate stands before which.

use super::candidate::{CandidateId, Pool};
use crate::cost::{Columns, Cut, Evaluation, Knobs, Limit, Load, Rates, Rows};

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

    /// What to order candidates by, ascending: the rule in one number.
    fn key(&self, macs: u64) -> u128 {
        let first = if self.class == Class::Unmeasured { -(macs as f64) } else { self.first };
        let latency = (self.evaluation.latency.total_s() as f32).to_bits();
        (self.class as u128) << 96 | u128::from(ordered(first)) << 32 | u128::from(latency)
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
    per_limit: PerLimit,
}

impl<'a> Judge<'a> {
    /// The judge of these knobs, with splits allowed where `allowed` says so by boundary.
    pub(super) fn new(knobs: &'a Knobs, allowed: &'a [bool]) -> Self {
        let rates = Rates::new(knobs);
        Self { knobs, rates, allowed, per_limit: PerLimit::new(knobs, &rates) }
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
    pub(super) fn best(&self, cuts: Rows, accuracies: &[f64]) -> Option<Standing> {
        let measured = accuracies.iter().any(|accuracy| !accuracy.is_nan());
        let accuracies = if measured { accuracies } else { &[] };
        let first = if measured { self.most_accurate(cuts, accuracies) } else { None };
        first.or_else(|| self.fastest(cuts, accuracies)).or_else(|| self.least_missing(cuts, accuracies))
    }

    /// Among measured cuts that fit: the most accurate, then the fastest.
    fn most_accurate(&self, cuts: Rows, accuracies: &[f64]) -> Option<Standing> {
        let mut best: Option<Standing> = None;
        let measured =
            accuracies.iter().enumerate().filter(|(index, accuracy)| !accuracy.is_nan() && cuts.is_allowed(*index));
        for (index, &accuracy) in measured {
            let evaluation = self.evaluate_load(&cuts.load(index), accuracy);
            let found = standing(index, evaluation, accuracy, Class::Measured, -accuracy);
            if found.evaluation.feasible() && best.as_ref().is_none_or(|best| found.before(best)) {
                best = Some(found);
            }
        }
        best
    }

    /// The fastest cut that fits. Most often that is the fastest one of all, so only times are compared at first.
    fn fastest(&self, cuts: Rows, accuracies: &[f64]) -> Option<Standing> {
        let accuracy = |index: usize| accuracies.get(index).copied().unwrap_or(f64::NAN);
        let (mut index, _) = cuts.fastest(&self.rates)?;
        let mut evaluation = self.evaluate_load(&cuts.load(index), accuracy(index));
        if !evaluation.feasible() {
            if evaluation.violations.contains(Limit::Latency) {
                return None;
            }
            let mut least = f64::INFINITY;
            for (at, load) in cuts.loads().enumerate() {
                let found = self.evaluate_load(&load, accuracy(at));
                if found.feasible() && found.latency.total_s() < least {
                    (least, index, evaluation) = (found.latency.total_s(), at, found);
                }
            }
            if least == f64::INFINITY {
                return None;
            }
        }
        Some(standing(index, evaluation, f64::NAN, Class::Unmeasured, 0.0))
    }

    /// The cut that misses limits least.
    fn least_missing(&self, cuts: Rows, accuracies: &[f64]) -> Option<Standing> {
        let mut best = Missing { broken: u32::MAX, excess: f64::INFINITY, seconds: f64::INFINITY, index: 0 };
        let mut lone = 0;
        for (index, load) in cuts.loads().enumerate() {
            let accuracy = accuracies.get(index).copied().unwrap_or(f64::NAN);
            let cost = self.evaluate_load(&load, accuracy);
            let seconds = cost.latency.total_s();
            if seconds == f64::INFINITY {
                continue;
            }
            let broken = cost.violations.count();
            if broken == 1 {
                lone |= cost.violations.bits();
            }
            let found = Missing { broken, excess: self.excess(&load, &cost, accuracy), seconds, index };
            if found.before(&best) {
                best = found;
            }
        }
        if best.broken == u32::MAX {
            return None;
        }
        let accuracy = accuracies.get(best.index).copied().unwrap_or(f64::NAN);
        let evaluation = self.evaluate_load(&cuts.load(best.index), accuracy);
        let found = standing(best.index, evaluation, accuracy, Class::Infeasible, best.misses());
        Some(Standing { lone, ..found })
    }

    /// Sum over the broken limits of the share by which each is missed. Without branches: it is needed for every cut of
    /// every candidate that does not fit.
    #[inline]
    fn excess(&self, load: &Load, cost: &Evaluation, accuracy: f64) -> f64 {
        let per = &self.per_limit;
        let over = |value: f64, per_limit: f64| (value * per_limit - 1.0).max(0.0);
        over(load.peak_bytes, per.sensor_memory)
            + over(load.sensor_weight_bytes, per.sensor_weights)
            + over(load.aggregator_weight_bytes, per.aggregator_weights)
            + over(cost.latency.total_s(), per.latency)
            + over(cost.energy_j, per.energy)
            + over(cost.latency.period_s(), per.period)
            + if accuracy.is_nan() { 0.0 } else { (per.accuracy_floor - accuracy).max(0.0) }
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

/// One over each limit; 0 where there is none.
struct PerLimit {
    sensor_memory: f64,
    sensor_weights: f64,
    aggregator_weights: f64,
    latency: f64,
    energy: f64,
    period: f64,
    /// The floor itself: accuracies are shares already.
    accuracy_floor: f64,
}

impl PerLimit {
    fn new(knobs: &Knobs, rates: &Rates) -> Self {
        let per = |limit: Option<f64>| limit.map_or(0.0, |limit| limit.max(f64::MIN_POSITIVE).recip());
        let per_byte = |limit: u64| per(Some(limit as f64).filter(|_| limit != u64::MAX));
        Self {
            sensor_memory: per_byte(rates.memory_bytes()),
            sensor_weights: per_byte(knobs.system.sensor_weight_memory_bytes),
            aggregator_weights: per_byte(knobs.system.aggregator_weight_memory_bytes),
            latency: per(knobs.latency_limit_s),
            energy: per(knobs.energy_limit_j),
            period: knobs.frame_rate_floor_hz.unwrap_or(0.0),
            accuracy_floor: knobs.accuracy_floor.unwrap_or(0.0),
        }
    }
}

fn standing(index: usize, evaluation: Evaluation, accuracy: f64, class: Class, first: f64) -> Standing {
    let cut = u16::try_from(index).expect("a network has at most 256 boundaries");
    Standing { cut, evaluation, accuracy, first, lone: 0, class }
}

/// All candidates in the order of the rule. `keys` is scratch space, kept so that a knob change allocates nothing.
#[allow(clippy::stable_sort_primitive, reason = "the stable sort is the one that makes use of ordered runs")]
pub(super) fn rank(
    pool: &Pool,
    standings: &[Standing],
    keys: &mut Vec<(u128, CandidateId)>,
    ranking: &mut Vec<CandidateId>,
) {
    // Begun in the last order, since a knob moves few candidates past each other, and merging finds ordered runs.
    let known = ranking.len() as CandidateId;
    ranking.extend(known..standings.len() as CandidateId);
    keys.clear();
    let macs = |id: CandidateId| pool.candidates()[id as usize].macs;
    keys.extend(ranking.iter().map(|&id| (standings[id as usize].key(macs(id)), id)));
    keys.sort();
    ranking.clear();
    ranking.extend(keys.iter().map(|(_, id)| *id));
}

/// Marks the candidates that no other of their class beats in what ranks them and in latency. Within a class the ranking
/// descends in the former, so whoever is faster than all before is on the front.
pub(super) fn front(standings: &[Standing], ranking: &[CandidateId], front: &mut Vec<bool>) {
    front.clear();
    front.resize(standings.len(), false);
    let mut fastest = [f64::INFINITY; 2];
    for &id in ranking {
        let standing = &standings[id as usize];
        let Some(fastest) = fastest.get_mut(standing.class as usize) else { break };
        let latency = standing.evaluation.latency.total_s();
        if latency < *fastest {
            *fastest = latency;
            front[id as usize] = true;
        }
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
