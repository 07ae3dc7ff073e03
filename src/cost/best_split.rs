//! Best split of a design: the one rule by which command line, comparison of paradigms and explorer choose.

use std::ops::Range;

use super::batch::{BatchCosts, DemandBatch};
use super::demand::SplitDemand;
use super::knobs::Knobs;
use super::measured_shares::MeasuredColumns;
use super::network_costs::NetworkCosts;
use super::rates::SystemRates;
use super::violations::Violations;

/// The best of some splits of one design.
///
/// The rule: of two splits the better one
/// 1. breaks fewer limits;
/// 2. exceeds them by less: by the sum over the limits of the share by which each is exceeded;
/// 3. has less latency;
/// 4. comes earlier in the network.
///
/// So the best of the splits that meet all limits is the fastest one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitChoice {
    /// Its index among the splits.
    pub index: usize,
    /// Number of limits that it breaks.
    pub broken: u64,
    /// Sum of the shares by which it exceeds them.
    pub excess: f64,
    /// Seconds of a frame.
    pub seconds: f64,
    /// Limits each of which is the only one broken at some of the splits.
    pub single_violations: Violations,
}

impl BatchCosts {
    /// The best of the splits by the rule at [`SplitChoice`]; `None` if no split is allowed.
    pub fn best(&self) -> Option<SplitChoice> {
        let known = (0..self.seconds().len()).map(|index| (self.excess()[index], self.violations(index)));
        self.best_of(0, known)
    }

    /// As [`BatchCosts::best`], of those at some indices, counted from the first of them, with the limits on what was
    /// measured of each.
    pub(crate) fn best_among(
        &self,
        indices: Range<usize>,
        measured: MeasuredColumns<'_>,
        knobs: &Knobs,
    ) -> Option<SplitChoice> {
        let first = indices.start;
        if measured.is_empty() {
            return self.best_of(first, indices.map(|index| (self.excess()[index], self.violations(index))));
        }
        self.best_of(first, indices.map(|index| self.with_measured(index, measured.at(index - first), knobs)))
    }

    /// The best of the splits from an index on, whose excess and violations are given.
    #[inline]
    fn best_of(&self, first: usize, splits: impl Iterator<Item = (f64, Violations)>) -> Option<SplitChoice> {
        let mut best = (u32::MAX, f64::INFINITY, f64::INFINITY, 0);
        let mut single_violations = Violations::default();
        for (index, (excess, violations)) in splits.enumerate() {
            let seconds = self.seconds()[first + index];
            if seconds == f64::INFINITY {
                continue;
            }
            let broken = violations.count();
            if broken == 1 {
                single_violations = single_violations.union(violations);
            }
            let found = (broken, excess, seconds, index);
            if found < best {
                best = found;
            }
        }
        let (broken, excess, seconds, index) = best;
        (broken < u32::MAX).then_some(SplitChoice { index, broken: broken.into(), excess, seconds, single_violations })
    }
}

impl DemandBatch {
    /// The best of all splits by the rule at [`SplitChoice`]; `None` if no split is allowed.
    pub fn best(&self, rates: &SystemRates) -> Option<SplitChoice> {
        let mut costs = BatchCosts::default();
        self.evaluate(0..self.len(), rates, self.breakable(rates), &mut costs);
        costs.best()
    }
}

/// Position of the best split of a design by the rule at [`SplitChoice`]; `None` if `allowed` allows no split.
pub fn best_split(costs: &NetworkCosts, knobs: &Knobs, allowed: impl Fn(&SplitDemand) -> bool) -> Option<usize> {
    DemandBatch::of(&costs.demands, knobs, allowed).best(&SystemRates::new(knobs)).map(|best| best.index)
}
