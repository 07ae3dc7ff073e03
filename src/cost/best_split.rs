//! Best split of a design: the one rule by which command line, comparison of paradigms and explorer choose.

use super::batch::{BatchCosts, DemandBatch};
use super::demand::SplitDemand;
use super::knobs::Knobs;
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
    #[inline]
    pub fn best(&self) -> Option<SplitChoice> {
        let mut best = (u64::MAX, f64::INFINITY, f64::INFINITY, 0);
        let mut single_violations = Violations::default();
        let all = self.seconds().iter().zip(self.excess()).enumerate();
        for (index, (&seconds, &excess)) in all.filter(|(_, (seconds, _))| **seconds < f64::INFINITY) {
            let broken = self.broken(index);
            if broken == 1 {
                single_violations = single_violations.union(self.violations(index));
            }
            let found = (broken, excess, seconds, index);
            if found < best {
                best = found;
            }
        }
        let (broken, excess, seconds, index) = best;
        (broken < u64::MAX).then_some(SplitChoice { index, broken, excess, seconds, single_violations })
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
