//! Ranking of candidates: the rule, and the best split of a candidate by it.

use std::cell::RefCell;
use std::ops::Range;

use super::cost_window::CostWindow;
use super::rated_order::by_rating;
use crate::cost::{
    DemandBatch, Evaluation, FrameDemand, Knobs, MeasuredColumns, MeasuredShares, SplitChoice, SplitDemand,
    SystemRates, Violations,
};
use crate::quantity::Limit;

/// Class of a ranked candidate; better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Meets every limit, and its accuracy with this number of sensors is known: measured or estimated.
    Rated,
    /// Meets every limit as far as is known: its accuracy with this number of sensors is not.
    Unrated,
    /// Breaks limits at every split that is allowed.
    Infeasible,
}

impl Class {
    pub(super) const COUNT: usize = 3;
}

/// A candidate under the current knobs, at its best split.
///
/// The rule, for the splits of one candidate and then for candidates at their best splits alike:
/// 1. What meets all limits comes before what does not.
/// 2. Among what meets all limits, what has an accuracy with the current number of sensors comes before what has none.
/// 3. With an accuracy: a higher one first, then less latency. What counts, here as for the limit on accuracy, is the
///    measurement where there is one, else the lower end of the interval
///    ([`ShownAccuracy::ranked_by`](super::ShownAccuracy::ranked_by)).
/// 4. Without one: more multiply-accumulates first (they are the same for all splits of a candidate), then less
///    latency. So before anything is measured the first candidate is the largest network that meets the limits, at its
///    fastest split. Multiply-accumulates only order; they are never shown as an accuracy.
/// 5. What breaks limits: fewer of them first, then by how much less (the sum of the shares by which each is missed),
///    then less latency.
///
/// Ties go to the earlier split and to the lower number. Between candidates, latencies that agree in seven digits are a
/// tie. Without accuracies the rule for splits is that of [`SplitChoice`], which finds the best split here
/// too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedDesign {
    /// Index of its best split among its splits.
    pub split_index: u16,
    /// Cost of that split, the limits on accuracy and leak included if they are known.
    pub evaluation: Evaluation,
    /// Accuracy that the split is ranked by with the current number of sensors; NaN if none is known.
    pub(super) accuracy: f64,
    /// Feasibility, the first key of the order.
    pub class: Class,
}

impl RankedDesign {
    /// Accuracy that the best split is ranked by, if one is known with the current number of sensors.
    pub fn accuracy(&self) -> Option<f64> {
        Some(self.accuracy).filter(|accuracy| !accuracy.is_nan())
    }

    /// Returns `true` if the best split meets all limits.
    pub fn feasible(&self) -> bool {
        self.class != Class::Infeasible
    }
}

/// Best split of one design under the current knobs, with its sort key.
#[derive(Debug, Clone, Copy)]
pub(super) struct BestSplit {
    /// Index of the split among the candidate's splits.
    pub(super) split_index: u16,
    pub(super) class: Class,
    /// Seconds of a frame.
    pub(super) seconds: f64,
    /// Figure it is ordered by within its class before latency, ascending; multiply-accumulates come from the
    /// candidate.
    pub(super) first: f64,
    /// Limits each of which is the only one broken at some split.
    single_violations: Violations,
}

impl BestSplit {
    /// Best split with its sort key. Nothing is barred.
    #[inline]
    pub(super) fn new(index: usize, class: Class, seconds: f64, first: f64) -> Self {
        let split_index = u16::try_from(index).expect("a network has at most 256 boundaries");
        Self { split_index, class, seconds, first, single_violations: Violations::default() }
    }

    /// Returns `true` if the split meets all limits.
    pub(super) fn feasible(&self) -> bool {
        self.class != Class::Infeasible
    }

    /// Returns `true` if lifting `limit` alone would make some split feasible.
    pub(super) fn blocked_only_by(&self, limit: Limit) -> bool {
        !self.feasible() && self.single_violations.contains(limit)
    }
}

/// Splits of one candidate, with what orders them.
pub(super) struct RankedSplits<'a> {
    pub(super) batch: &'a DemandBatch,
    /// Their entries in the batch.
    pub(super) range: Range<usize>,
    /// Accuracies to rank by, and leaks.
    pub(super) measured: MeasuredColumns<'a>,
    /// Indices of those that are allowed and have an accuracy, in the order of [`by_rating`].
    pub(super) rated: &'a [u16],
    /// `true` if others are allowed, but have no accuracy.
    pub(super) has_unrated: bool,
}

/// Evaluator of splits under the current knobs.
pub(super) struct Evaluator<'a> {
    pub(super) knobs: &'a Knobs,
    pub(super) rates: SystemRates,
    /// For each boundary of the space, whether a split is allowed there.
    pub(super) allowed: &'a [bool],
    /// Costs of the splits of neighbouring candidates.
    window: RefCell<CostWindow>,
}

impl<'a> Evaluator<'a> {
    /// Evaluator under `knobs`, with splits allowed where `allowed` says so by boundary.
    pub(super) fn new(knobs: &'a Knobs, allowed: &'a [bool]) -> Self {
        Self { knobs, rates: SystemRates::new(knobs), allowed, window: RefCell::default() }
    }

    pub(super) fn allows(&self, demand: &SplitDemand) -> bool {
        self.allowed.get(usize::from(demand.boundary)).is_some_and(|&allowed| allowed)
    }

    /// Cost of a split, with the limits on what was measured of it.
    pub(super) fn evaluate(&self, demand: &SplitDemand, measured: MeasuredShares) -> Evaluation {
        self.evaluate_frame(&self.rates.frame(demand), measured)
    }

    /// Cost of a frame, with the limits on what was measured of its split.
    #[inline]
    pub(super) fn evaluate_frame(&self, frame: &FrameDemand, measured: MeasuredShares) -> Evaluation {
        self.rates.evaluate_frame(frame).with_measured(measured, self.knobs)
    }

    /// Best of all splits of one design; see [`Evaluator::best`].
    pub(super) fn best_of(&self, demands: &[SplitDemand], measured: &[MeasuredShares]) -> Option<BestSplit> {
        let batch = DemandBatch::of(demands, self.knobs, |demand| self.allows(demand));
        let [accuracies, leaks] = [|one: &MeasuredShares| one.accuracy, |one: &MeasuredShares| one.leak]
            .map(|share| measured.iter().map(share).collect::<Vec<f64>>());
        let mut rated = vec![0; demands.len()];
        let order = by_rating(&accuracies, &mut rated, |index| batch.is_allowed(index));
        let splits = RankedSplits {
            batch: &batch,
            range: 0..demands.len(),
            measured: MeasuredColumns { accuracies: &accuracies, leaks: &leaks },
            rated: &rated[..order.rated],
            has_unrated: order.has_unrated,
        };
        // It holds costs of other batches.
        self.window.borrow_mut().clear();
        let best = self.best(&splits, batch.breakable(&self.rates));
        self.window.borrow_mut().clear();
        best
    }

    /// Best of some splits by the rule at [`RankedDesign`]. `None` if no split is allowed. No split of the batch breaks
    /// a limit on cost that is not `breakable`.
    #[inline(always)]
    pub(super) fn best(&self, splits: &RankedSplits<'_>, breakable: Violations) -> Option<BestSplit> {
        let RankedSplits { batch, ref range, measured, has_unrated, .. } = *splits;
        // If the candidates before it fit nowhere, it mostly fits nowhere either.
        if self.window.borrow().covers(range)
            && let Some(best) = self.least_violating(batch, breakable, range, measured)
            && !best.feasible()
        {
            return Some(best);
        }
        self.first_fitting(splits, breakable)
            // Were it rated, it would have been found already.
            .or_else(|| if has_unrated { self.fastest(batch, breakable, range.clone(), measured) } else { None })
            .or_else(|| self.least_violating(batch, breakable, range, measured))
    }

    /// The highest rated split that meets all limits; of equals the fastest, then the first.
    #[inline(always)]
    fn first_fitting(&self, splits: &RankedSplits<'_>, breakable: Violations) -> Option<BestSplit> {
        let RankedSplits { batch, ref range, measured, rated, .. } = *splits;
        let mut best: Option<BestSplit> = None;
        for &index in rated {
            let shares = measured.at(usize::from(index));
            if best.is_some_and(|best| -shares.accuracy > best.first) {
                break;
            }
            let entry = range.start + usize::from(index);
            if let Some(seconds) = self.seconds_if_fits(batch, entry, breakable, shares)
                && best.is_none_or(|best| seconds < best.seconds)
            {
                best = Some(BestSplit::new(usize::from(index), Class::Rated, seconds, -shares.accuracy));
            }
        }
        best
    }

    /// Seconds of a frame of the split at an entry of a batch if it meets all limits.
    #[inline]
    pub(super) fn seconds_if_fits(
        &self,
        batch: &DemandBatch,
        entry: usize,
        breakable: Violations,
        shares: MeasuredShares,
    ) -> Option<f64> {
        let seconds = batch.seconds(entry, &self.rates);
        let fits =
            shares.violations(self.knobs).is_empty() && batch.is_feasible(entry, seconds, &self.rates, breakable);
        fits.then_some(seconds)
    }

    /// The fastest split of all, if it fits. Most often it does, so only times are compared at first.
    #[inline(always)]
    fn fastest(
        &self,
        batch: &DemandBatch,
        breakable: Violations,
        range: Range<usize>,
        measured: MeasuredColumns<'_>,
    ) -> Option<BestSplit> {
        let (at, seconds) = batch.fastest(range.clone(), &self.rates)?;
        let index = at - range.start;
        let fits = batch.is_feasible(at, seconds, &self.rates, breakable)
            && (measured.is_empty() || measured.at(index).violations(self.knobs).is_empty());
        fits.then(|| BestSplit::new(index, Class::Unrated, seconds, 0.0))
    }

    /// The fastest split that fits; if none does, the one that exceeds limits least.
    #[inline(never)]
    fn least_violating(
        &self,
        batch: &DemandBatch,
        breakable: Violations,
        range: &Range<usize>,
        measured: MeasuredColumns<'_>,
    ) -> Option<BestSplit> {
        let mut window = self.window.borrow_mut();
        let best = window.best(batch, range, (&self.rates, breakable), (measured, self.knobs));
        let SplitChoice { index, broken, excess, seconds, single_violations } = best?;
        if broken == 0 {
            return Some(BestSplit::new(index, Class::Unrated, seconds, 0.0));
        }
        // Number of broken limits, with the excess squeezed into the fraction.
        let first = broken as f64 + 1.0 - (1.0 + excess).recip();
        Some(BestSplit { single_violations, ..BestSplit::new(index, Class::Infeasible, seconds, first) })
    }
}
