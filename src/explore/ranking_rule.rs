//! Ranking of candidates: the rule, and the best split of a candidate by it.

use std::cell::RefCell;
use std::ops::Range;

use crate::cost::{
    BatchCosts, DemandBatch, Evaluation, FrameDemand, Knobs, MeasuredColumns, MeasuredShares, RatedSplit, SplitChoice,
    SplitDemand, SystemRates, Violations,
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

/// Evaluator of splits under the current knobs.
pub(super) struct Evaluator<'a> {
    pub(super) knobs: &'a Knobs,
    pub(super) rates: SystemRates,
    /// For each boundary of the space, whether a split is allowed there.
    pub(super) allowed: &'a [bool],
    /// Costs of the splits of one candidate, kept so that their room is used again.
    costs: RefCell<BatchCosts>,
}

impl<'a> Evaluator<'a> {
    /// Evaluator under `knobs`, with splits allowed where `allowed` says so by boundary.
    pub(super) fn new(knobs: &'a Knobs, allowed: &'a [bool]) -> Self {
        Self { knobs, rates: SystemRates::new(knobs), allowed, costs: RefCell::default() }
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
        let columns = MeasuredColumns { accuracies: &accuracies, leaks: &leaks };
        self.best(&batch, batch.breakable(&self.rates), 0..demands.len(), columns)
    }

    /// Best of the splits in `range` by the rule at [`RankedDesign`], given the accuracies to rank by and the leaks.
    /// `None` if no split is allowed. No split of the batch breaks a limit on cost that is not `breakable`.
    #[inline(always)]
    pub(super) fn best(
        &self,
        batch: &DemandBatch,
        breakable: Violations,
        range: Range<usize>,
        measured: MeasuredColumns<'_>,
    ) -> Option<BestSplit> {
        // Before anything is known this is all there is to do.
        if measured.is_empty() {
            let nothing = MeasuredColumns::default();
            let fastest = self.fastest(batch, breakable, range.clone(), nothing);
            return fastest.or_else(|| self.least_violating(batch, breakable, range, nothing));
        }
        self.most_accurate(batch, breakable, range.clone(), measured)
            .or_else(|| self.fastest(batch, breakable, range.clone(), measured))
            .or_else(|| self.least_violating(batch, breakable, range, measured))
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

    /// Among splits with an accuracy that fit: the most accurate, then the fastest.
    #[inline(always)]
    fn most_accurate(
        &self,
        batch: &DemandBatch,
        breakable: Violations,
        range: Range<usize>,
        measured: MeasuredColumns<'_>,
    ) -> Option<BestSplit> {
        let (first, ratings) = (range.start, measured.accuracies);
        if ratings.is_empty() {
            return None;
        }
        let floor = self.knobs.accuracy_floor.unwrap_or(f64::NEG_INFINITY);
        let under = (&self.rates, breakable);
        let found = match self.knobs.leak_limit {
            Some(limit) if !measured.leaks.is_empty() => {
                let admits = |index: usize| !Limit::Leak.is_broken(measured.leaks[index], limit);
                batch.best_rated(range, ratings, floor, under, admits)
            }
            _ => batch.best_rated(range, ratings, floor, under, |_| true),
        };
        let RatedSplit { entry, rating, seconds } = found?;
        Some(BestSplit::new(entry - first, Class::Rated, seconds, -rating))
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
        range: Range<usize>,
        measured: MeasuredColumns<'_>,
    ) -> Option<BestSplit> {
        let mut costs = self.costs.borrow_mut();
        batch.evaluate(range, &self.rates, breakable, &mut costs);
        if !measured.is_empty() {
            costs.add_measured(measured, self.knobs);
        }
        let SplitChoice { index, broken, excess, seconds, single_violations } = costs.best()?;
        if broken == 0 {
            return Some(BestSplit::new(index, Class::Unrated, seconds, 0.0));
        }
        // Number of broken limits, with the excess squeezed into the fraction.
        let first = broken as f64 + 1.0 - (1.0 + excess).recip();
        Some(BestSplit { single_violations, ..BestSplit::new(index, Class::Infeasible, seconds, first) })
    }
}
