//! Costs of the splits of neighbouring candidates, computed together where many fit nowhere.
//!
//! A pass over a few hundred splits takes little more than one over the ten of a candidate. Candidates are asked for in
//! the order of their numbers: where one after the other needs the costs of all its splits, those of the next are
//! computed too, of twice as many each time.

use std::ops::Range;

use crate::cost::{BatchCosts, DemandBatch, Knobs, MeasuredColumns, SplitChoice, SystemRates, Violations};

/// Most splits whose costs are computed at a time: their columns stay near in memory.
const LONGEST: usize = 640;
/// Splits that may lie between two candidates that follow each other.
const GAP: usize = 40;

/// Costs of a range of entries of a batch under fixed rates.
#[derive(Debug, Default)]
pub(super) struct CostWindow {
    range: Range<usize>,
    costs: BatchCosts,
}

impl CostWindow {
    /// Forgets all costs, for another batch.
    pub(super) fn clear(&mut self) {
        self.range = 0..0;
    }

    /// Returns `true` if the costs of these entries are there already.
    #[inline]
    pub(super) const fn covers(&self, entries: &Range<usize>) -> bool {
        self.range.start <= entries.start && entries.end <= self.range.end
    }

    /// The best of the splits at some entries, of which these shares were measured, by the rule at [`SplitChoice`].
    /// None of the batch breaks a limit on cost that is not `breakable`.
    pub(super) fn best(
        &mut self,
        batch: &DemandBatch,
        entries: &Range<usize>,
        (rates, breakable): (&SystemRates, Violations),
        (measured, knobs): (MeasuredColumns<'_>, &Knobs),
    ) -> Option<SplitChoice> {
        if !self.covers(entries) {
            let follows = entries.start >= self.range.end && entries.start - self.range.end <= GAP;
            let length = if follows { (2 * self.range.len()).min(LONGEST) } else { 0 };
            self.range = entries.start..(entries.start + length).min(batch.len()).max(entries.end);
            batch.evaluate(self.range.clone(), rates, breakable, &mut self.costs);
        }
        let own = entries.start - self.range.start..entries.end - self.range.start;
        self.costs.best_among(own, measured, knobs)
    }
}
