//! How candidates stand: the rule, and which split of a candidate is its best one by it.

use std::cell::RefCell;
use std::ops::Range;

use crate::cost::{DemandBatch, Evaluation, FrameDemand, Knobs, Misses, SplitDemand, SystemRates};
use crate::quantity::Limit;

/// Kind of a ranked candidate; better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Meets every limit, and its accuracy was measured with this number of sensors.
    Measured,
    /// Meets every limit as far as is known: its accuracy was not measured with this number of sensors.
    Unmeasured,
    /// Breaks limits at every split that is allowed.
    Infeasible,
}

impl Class {
    pub(super) const COUNT: usize = 3;
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
/// Ties go to the earlier split and to the lower number. Between candidates, latencies that agree in seven digits are a tie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedDesign {
    /// Index of its best split among its splits.
    pub split_index: u16,
    /// What that split costs, judged by the accuracy too if it was measured.
    pub evaluation: Evaluation,
    /// Accuracy of that split with the present number of sensors; NaN if it was not measured.
    pub(super) accuracy: f64,
    /// Kind.
    pub class: Class,
}

impl RankedDesign {
    /// Accuracy of the best split, if it was measured with the present number of sensors.
    pub fn accuracy(&self) -> Option<f64> {
        Some(self.accuracy).filter(|accuracy| !accuracy.is_nan())
    }

    /// Whether the best split meets all limits.
    pub fn feasible(&self) -> bool {
        self.class != Class::Infeasible
    }
}

/// The best split of a candidate, and what the candidate is ordered by: all of a [`RankedDesign`] that every knob change needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct BestSplit {
    /// Index of the split among the candidate's splits.
    pub(super) split_index: u16,
    pub(super) class: Class,
    /// Seconds of a frame.
    pub(super) seconds: f64,
    /// What it is ordered by within its class before latency, ascending; multiply-accumulates come from the candidate.
    pub(super) first: f64,
    /// Limits that are the only one broken at some split, as bits in the order of [`Limit::ALL`].
    single_violations: u8,
}

impl BestSplit {
    /// Whether the split meets all limits.
    pub(super) fn feasible(&self) -> bool {
        self.class != Class::Infeasible
    }

    /// Whether lifting that limit alone would make some split fit.
    pub(super) fn blocked_only_by(&self, limit: Limit) -> bool {
        !self.feasible() && self.single_violations >> limit as u8 & 1 == 1
    }

    fn new(index: usize, class: Class, seconds: f64, first: f64) -> Self {
        let split_index = u16::try_from(index).expect("a network has at most 256 boundaries");
        Self { split_index, class, seconds, first, single_violations: 0 }
    }

    /// Whether it comes before another split of its candidate and its class.
    fn before(&self, other: &Self) -> bool {
        self.first.total_cmp(&other.first).then_with(|| self.seconds.total_cmp(&other.seconds)).is_lt()
    }
}

/// Everything needed to evaluate splits under the present knobs.
pub(super) struct Evaluator<'a> {
    pub(super) knobs: &'a Knobs,
    pub(super) rates: SystemRates,
    /// Whether a split is allowed at each boundary of the space.
    pub(super) allowed: &'a [bool],
    misses: RefCell<Misses>,
}

impl<'a> Evaluator<'a> {
    /// The evaluator of these knobs, with splits allowed where `allowed` says so by boundary.
    pub(super) fn new(knobs: &'a Knobs, allowed: &'a [bool]) -> Self {
        let rates = SystemRates::new(knobs);
        Self { knobs, rates, allowed, misses: RefCell::new(Misses::new(knobs, &rates)) }
    }

    pub(super) fn allows(&self, demand: &SplitDemand) -> bool {
        self.allowed.get(usize::from(demand.boundary)).is_some_and(|&allowed| allowed)
    }

    /// What a split costs, judged by its accuracy if that is not NaN.
    pub(super) fn evaluate(&self, demand: &SplitDemand, accuracy: f64) -> Evaluation {
        self.evaluate_frame(&self.rates.frame(demand), accuracy)
    }

    /// The same of a split with the present number of sensors.
    #[inline]
    pub(super) fn evaluate_frame(&self, frame: &FrameDemand, accuracy: f64) -> Evaluation {
        let evaluation = self.rates.evaluate_frame(frame);
        if accuracy.is_nan() { evaluation } else { evaluation.with_accuracy(accuracy, self.knobs) }
    }

    /// Some splits as [`Evaluator::best`] reads them.
    pub(super) fn batch(&self, demands: &[SplitDemand]) -> DemandBatch {
        let mut batch = DemandBatch::new(self.knobs.sensors);
        for demand in demands {
            batch.push(demand, self.allows(demand));
        }
        batch
    }

    /// The best of some splits by the rule at [`RankedDesign`]; accuracies beyond the slice are unknown. `None` if no split is
    /// allowed.
    #[inline(always)]
    pub(super) fn best(&self, batch: &DemandBatch, range: Range<usize>, accuracies: &[f64]) -> Option<BestSplit> {
        // Before anything is measured this is all there is to do.
        if accuracies.is_empty() {
            return self.fastest(batch, range.clone(), &[]).or_else(|| self.least_violating(batch, range, &[]));
        }
        self.most_accurate(batch, range.start, accuracies)
            .or_else(|| self.fastest(batch, range.clone(), accuracies))
            .or_else(|| self.least_violating(batch, range, accuracies))
    }

    /// Among measured splits that fit: the most accurate, then the fastest.
    #[inline(never)]
    fn most_accurate(&self, batch: &DemandBatch, start: usize, accuracies: &[f64]) -> Option<BestSplit> {
        let mut best: Option<BestSplit> = None;
        let measured = accuracies.iter().enumerate();
        let measured = measured.filter(|(index, accuracy)| !accuracy.is_nan() && batch.is_allowed(start + *index));
        for (index, &accuracy) in measured {
            let evaluation = self.evaluate_frame(&batch.frame(start + index), accuracy);
            let found = BestSplit::new(index, Class::Measured, evaluation.latency.total_s(), -accuracy);
            if evaluation.feasible() && best.as_ref().is_none_or(|best| found.before(best)) {
                best = Some(found);
            }
        }
        best
    }

    /// The fastest split of all, if it fits. Most often it does, so only times are compared at first.
    #[inline(always)]
    fn fastest(&self, batch: &DemandBatch, range: Range<usize>, accuracies: &[f64]) -> Option<BestSplit> {
        let (at, seconds) = batch.fastest(range.clone(), &self.rates)?;
        let index = at - range.start;
        let below = |accuracy: &f64| self.knobs.accuracy_floor.is_some_and(|floor| *accuracy < floor);
        let fits = batch.meets(at, seconds, &self.rates) && !accuracies.get(index).is_some_and(below);
        fits.then(|| BestSplit::new(index, Class::Unmeasured, seconds, 0.0))
    }

    /// The fastest split that fits; if none does, the one that misses limits least.
    #[inline(never)]
    fn least_violating(&self, batch: &DemandBatch, range: Range<usize>, accuracies: &[f64]) -> Option<BestSplit> {
        let mut misses = self.misses.borrow_mut();
        misses.fill(batch.rows(range), accuracies, &self.rates);
        if let Some(index) = misses.fastest() {
            return Some(BestSplit::new(index, Class::Unmeasured, misses.seconds()[index], 0.0));
        }
        let mut best = Violation { broken: u32::MAX, excess: f64::INFINITY, seconds: f64::INFINITY, index: 0 };
        let mut single_violations = 0;
        for (index, (&seconds, &excess)) in misses.seconds().iter().zip(misses.excess()).enumerate() {
            if seconds == f64::INFINITY {
                continue;
            }
            let broken = misses.count(index);
            if broken == 1 {
                single_violations |= misses.bits(index);
            }
            let found = Violation { broken, excess, seconds, index };
            if found.before(&best) {
                best = found;
            }
        }
        if best.broken == u32::MAX {
            return None;
        }
        Some(BestSplit {
            single_violations,
            ..BestSplit::new(best.index, Class::Infeasible, best.seconds, best.misses())
        })
    }
}

/// How far a split is from meeting the limits.
struct Violation {
    /// Number of limits it breaks.
    broken: u32,
    excess: f64,
    seconds: f64,
    index: usize,
}

impl Violation {
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
