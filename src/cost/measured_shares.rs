//! Accuracy and leak of a split, which are measured where its costs are computed, and the limits on them.

use super::knobs::Knobs;
use super::violations::Violations;
use crate::quantity::Limit;

/// Accuracy and leak of a split with the current number of sensors; NaN where they were not measured, which breaks no
/// limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredShares {
    /// Share of the objects classified correctly.
    pub accuracy: f64,
    /// Share of the pictures that can be rebuilt at least.
    pub leak: f64,
}

impl MeasuredShares {
    /// Nothing was measured.
    pub const UNKNOWN: Self = Self { accuracy: f64::NAN, leak: f64::NAN };

    /// An accuracy without a leak.
    pub const fn of_accuracy(accuracy: f64) -> Self {
        Self { accuracy, ..Self::UNKNOWN }
    }

    /// Returns `true` if the accuracy is known.
    pub(crate) const fn is_rated(self) -> bool {
        !self.accuracy.is_nan()
    }

    /// Each limit on them with the value and the bound; `None` without a bound.
    pub(crate) const fn limits(self, knobs: &Knobs) -> [(Limit, f64, Option<f64>); 2] {
        [(Limit::Accuracy, self.accuracy, knobs.accuracy_floor), (Limit::Leak, self.leak, knobs.leak_limit)]
    }

    /// Limits that they break.
    #[inline]
    pub(crate) fn violations(self, knobs: &Knobs) -> Violations {
        let broken = |(limit, value, bound): &(Limit, f64, Option<f64>)| {
            bound.is_some_and(|bound| limit.is_broken(*value, bound)).then_some(*limit)
        };
        let all = self.limits(knobs);
        all.iter().filter_map(broken).fold(Violations::default(), |set, limit| set.with(limit, true))
    }
}

/// Accuracies and leaks of some splits, one entry a split; what lies beyond a slice is unknown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MeasuredColumns<'a> {
    /// Accuracies.
    pub(crate) accuracies: &'a [f64],
    /// Leaks.
    pub(crate) leaks: &'a [f64],
}

impl MeasuredColumns<'_> {
    /// Returns `true` if nothing was measured of any split.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.accuracies.is_empty() && self.leaks.is_empty()
    }

    /// Shares measured of the split at an entry.
    #[inline]
    pub(crate) fn at(&self, index: usize) -> MeasuredShares {
        let share = |column: &[f64]| column.get(index).copied().unwrap_or(f64::NAN);
        MeasuredShares { accuracy: share(self.accuracies), leak: share(self.leaks) }
    }
}
