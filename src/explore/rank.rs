//! Which split of a candidate is its best one, and which candidate stands before which.

use std::cmp::Ordering;

use super::candidate::{CandidateId, Pool};
use crate::cost::{Cut, Evaluation, Knobs, Limit, Rates, Violations};

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
    /// Sum of the shares by which limits are missed; 0 if all are met.
    pub excess: f64,
    /// Limits that are the only one broken at some split: lifting one of them would do.
    pub lone: Violations,
    /// Number of limits it breaks.
    pub broken: u8,
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

    /// Number of broken limits, with the excess squeezed into the fraction.
    fn misses(&self) -> f64 {
        f64::from(self.broken) + 1.0 - (1.0 + self.excess).recip()
    }

    /// What to order candidates by, ascending: the rule in one number.
    fn key(&self, macs: u64) -> u128 {
        let first = match self.class {
            Class::Measured => -self.accuracy,
            Class::Unmeasured => -(macs as f64),
            Class::Infeasible => self.misses(),
        };
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
}

impl Judge<'_> {
    pub(super) fn allows(&self, cut: &Cut) -> bool {
        self.allowed.get(usize::from(cut.boundary)).is_some_and(|&allowed| allowed)
    }

    /// What a cut costs, judged by its accuracy if that is not NaN.
    pub(super) fn evaluate(&self, cut: &Cut, accuracy: f64) -> Evaluation {
        let evaluation = self.rates.evaluate(cut);
        if accuracy.is_nan() { evaluation } else { evaluation.with_accuracy(accuracy, self.knobs) }
    }

    /// The best of some cuts; accuracies beyond the slice are unknown. `None` if no split is allowed.
    pub(super) fn best(&self, cuts: &[Cut], accuracies: &[f64]) -> Option<Standing> {
        let mut best: Option<Standing> = None;
        let mut lone = Violations::default();
        for (index, cut) in cuts.iter().enumerate().filter(|(_, cut)| self.allows(cut)) {
            let accuracy = accuracies.get(index).copied().unwrap_or(f64::NAN);
            // Most cuts are slower than the best one so far and not measured: nothing else of them matters.
            let slower = |best: &Standing| self.rates.latency(cut).total_s() >= best.evaluation.latency.total_s();
            let beaten = |best: &Standing| best.class == Class::Measured || (best.feasible() && slower(best));
            if accuracy.is_nan() && best.as_ref().is_some_and(beaten) {
                continue;
            }
            let evaluation = self.evaluate(cut, accuracy);
            let class = match (evaluation.feasible(), accuracy.is_nan()) {
                (true, false) => Class::Measured,
                (true, true) => Class::Unmeasured,
                (false, _) if best.as_ref().is_some_and(Standing::feasible) => continue,
                (false, _) => Class::Infeasible,
            };
            let mut found = standing(index, evaluation, accuracy, class);
            if class == Class::Infeasible {
                found.broken = evaluation.violations.iter().count() as u8;
                if found.broken == 1 {
                    lone = evaluation.violations.iter().fold(lone, |lone, limit| lone.with(limit, true));
                }
                if best.as_ref().is_some_and(|best| best.broken < found.broken) {
                    continue;
                }
                found.excess = self.excess(cut, &evaluation, accuracy);
            }
            if best.as_ref().is_none_or(|best| before(&found, best)) {
                best = Some(found);
            }
        }
        best.map(|best| if best.feasible() { best } else { Standing { lone, ..best } })
    }

    /// Sum over the broken limits of the share by which each is missed.
    fn excess(&self, cut: &Cut, evaluation: &Evaluation, accuracy: f64) -> f64 {
        let (knobs, system) = (self.knobs, &self.knobs.system);
        let over = |value: f64, limit: f64| if limit > 0.0 { value / limit - 1.0 } else { value };
        let share = |limit| match limit {
            Limit::SensorMemory => over(cut.sensor_peak_bytes as f64, self.rates.memory_bytes() as f64),
            Limit::SensorWeights => over(cut.sensor_weight_bytes as f64, system.sensor_weight_memory_bytes as f64),
            Limit::AggregatorWeights => {
                over(cut.aggregator_weight_bytes as f64, system.aggregator_weight_memory_bytes as f64)
            }
            Limit::Latency => over(evaluation.latency.total_s(), knobs.latency_limit_s.unwrap_or(f64::INFINITY)),
            Limit::Energy => over(evaluation.energy_j, knobs.energy_limit_j.unwrap_or(f64::INFINITY)),
            Limit::FrameRate => over(knobs.frame_rate_floor_hz.unwrap_or(0.0), evaluation.fps),
            Limit::Accuracy => over(knobs.accuracy_floor.unwrap_or(0.0), accuracy),
        };
        evaluation.violations.iter().map(share).sum()
    }
}

fn standing(index: usize, evaluation: Evaluation, accuracy: f64, class: Class) -> Standing {
    let cut = u16::try_from(index).unwrap_or(u16::MAX);
    Standing { cut, evaluation, accuracy, excess: 0.0, lone: Violations::default(), broken: 0, class }
}

/// Whether one split of a candidate comes before another.
fn before(one: &Standing, other: &Standing) -> bool {
    let latency = |standing: &Standing| standing.evaluation.latency.total_s();
    let first = |standing: &Standing| match standing.class {
        Class::Measured => -standing.accuracy,
        Class::Unmeasured => 0.0,
        Class::Infeasible => standing.misses(),
    };
    let order = one.class.cmp(&other.class).then(first(one).total_cmp(&first(other)));
    order.then(latency(one).total_cmp(&latency(other))) == Ordering::Less
}

/// All candidates in the order of the rule. `keys` is scratch space, kept so that a knob change allocates nothing.
pub(super) fn rank(pool: &Pool, standings: &[Standing], keys: &mut Vec<(u128, CandidateId)>, ranking: &mut Vec<CandidateId>) {
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
