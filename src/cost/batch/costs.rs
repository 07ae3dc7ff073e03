//! Costs of many splits, as far as limits and order go.

use crate::cost::knobs::Knobs;
use crate::cost::measured_shares::MeasuredShares;
use crate::cost::violations::Violations;

/// Lowest bit of the number of broken limits in a column of violations, above the bits of the limits.
pub(super) const ONE_BROKEN: u64 = 1 << 16;

/// Costs of some splits as far as limits and order go, one entry a split. Filled again and again without allocation.
#[derive(Debug, Clone, Default)]
pub struct BatchCosts {
    len: usize,
    pub(super) seconds: Vec<f64>,
    pub(super) excess: Vec<f64>,
    /// Bits in the order of [`Limit::ALL`], and how many of them are set in units of [`ONE_BROKEN`]; as wide as the
    /// other columns, so that they are filled together.
    pub(super) violations: Vec<u64>,
}

impl BatchCosts {
    pub(super) fn resize(&mut self, len: usize) {
        self.len = len;
        if self.seconds.len() < len {
            self.seconds.resize(len, 0.0);
            self.excess.resize(len, 0.0);
            self.violations.resize(len, 0);
        }
    }

    /// Seconds of a frame; infinite where no split is allowed.
    pub fn seconds(&self) -> &[f64] {
        &self.seconds[..self.len]
    }

    /// Sum over the broken limits of the share by which each is exceeded.
    pub fn excess(&self) -> &[f64] {
        &self.excess[..self.len]
    }

    /// Limits broken by the split at `index`.
    #[inline]
    pub fn violations(&self, index: usize) -> Violations {
        Violations::from_bits(self.violations[index] as u16)
    }

    /// Number of limits broken by the split at `index`.
    #[inline]
    pub fn broken(&self, index: usize) -> u64 {
        self.violations[index] / ONE_BROKEN
    }

    /// Excess and violations of the split at `index` with the limits on what was measured of it.
    #[inline]
    pub(in crate::cost) fn with_measured(
        &self,
        index: usize,
        measured: MeasuredShares,
        knobs: &Knobs,
    ) -> (f64, Violations) {
        let (mut excess, mut violations) = (self.excess[index], self.violations(index));
        for (limit, value, bound) in measured.limits(knobs) {
            if let Some(bound) = bound.filter(|bound| limit.is_broken(value, *bound)) {
                excess += (value - bound).abs();
                violations = violations.with(limit, true);
            }
        }
        (excess, violations)
    }
}
