//! The best rated split of a batch that meets every limit.

use std::ops::Range;

use super::batch::{DemandBatch, SIMPLE, SIMPLE_COUNT};
use super::constraint::COST_CONSTRAINTS;
use super::rates::SystemRates;
use super::violations::Violations;
use crate::quantity::Limit;

/// A split that has a rating, with the seconds of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RatedSplit {
    /// Entry in the batch.
    pub(crate) entry: usize,
    /// Its rating.
    pub(crate) rating: f64,
    /// Seconds of a frame.
    pub(crate) seconds: f64,
}

impl DemandBatch {
    /// The highest rated split in `range` that meets every limit on cost, is rated `least` or more and is admitted by
    /// its place in the range. Of equally rated ones the fastest, then the first. `ratings` has one of each split in
    /// the range, NaN where there is none. None of the splits breaks a limit that is not `breakable`.
    #[inline(always)]
    pub(crate) fn best_rated(
        &self,
        range: Range<usize>,
        ratings: &[f64],
        least: f64,
        (rates, breakable): (&SystemRates, Violations),
        admits: impl Fn(usize) -> bool,
    ) -> Option<RatedSplit> {
        if breakable.is_within(SIMPLE) {
            self.best_under::<SIMPLE_COUNT>(range, ratings, least, rates, admits)
        } else {
            self.best_under::<COST_CONSTRAINTS>(range, ratings, least, rates, admits)
        }
    }

    /// [`DemandBatch::best_rated`] under the first limits of the table. Without a branch: which split is better is hard
    /// to predict.
    #[inline(always)]
    #[allow(clippy::needless_bitwise_bool, clippy::float_cmp, reason = "a few comparisons are quicker than a guess")]
    fn best_under<const LIMITS: usize>(
        &self,
        range: Range<usize>,
        ratings: &[f64],
        least: f64,
        rates: &SystemRates,
        admits: impl Fn(usize) -> bool,
    ) -> Option<RatedSplit> {
        let (start, ratings) = (range.start, &ratings[..range.len()]);
        let bounds = rates.bounds();
        let (mut best, mut fastest, mut at) = (least, f64::INFINITY, usize::MAX);
        self.each_usage(range, rates, |index, usage| {
            let (rating, seconds) = (ratings[index], usage[Limit::Latency as usize]);
            // No comparison with NaN holds. A split that is not allowed takes for ever.
            let better = (rating > best) | ((rating == best) & (seconds < fastest));
            let fits = (0..LIMITS).fold(seconds < f64::INFINITY, |all, limit| all & (usage[limit] <= bounds[limit]));
            let taken = better & fits & admits(index);
            best = if taken { rating } else { best };
            fastest = if taken { seconds } else { fastest };
            at = if taken { index } else { at };
        });
        (at != usize::MAX).then(|| RatedSplit { entry: start + at, rating: best, seconds: fastest })
    }
}
