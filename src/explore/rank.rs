//! How candidates stand: the rule, and which split of a candidate is its best one by it.

use std::cell::RefCell;
use std::ops::Range;

use crate::cost::{Columns, Cut, Evaluation, Knobs, Limit, Load, Misses, Rates};

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
pub struct Standing {
    /// Index of its best split among its cuts.
    pub cut: u16,
    /// What that split costs, judged by the accuracy too if it was measured.
    pub evaluation: Evaluation,
    /// Accuracy of that split with the present number of sensors; NaN if it was not measured.
    pub(super) accuracy: f64,
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
}

/// The best split of a candidate, and what the candidate is ordered by: all of a [`Standing`] that every knob change needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    /// Index of the split among the candidate's cuts.
    pub(super) cut: u16,
    pub(super) class: Class,
    /// Seconds of a frame.
    pub(super) seconds: f64,
    /// What it is ordered by within its class before latency, ascending; multiply-accumulates come from the candidate.
    pub(super) first: f64,
    /// Limits that are the only one broken at some split, as bits in the order of [`Limit::ALL`].
    lone: u8,
}

impl Verdict {
    /// Whether the split meets all limits.
    pub(super) fn feasible(&self) -> bool {
        self.class != Class::Infeasible
    }

    /// Whether lifting that limit alone would make some split fit.
    pub(super) fn freed_by(&self, limit: Limit) -> bool {
        !self.feasible() && self.lone >> limit as u8 & 1 == 1
    }

    fn new(index: usize, class: Class, seconds: f64, first: f64) -> Self {
        let cut = u16::try_from(index).expect("a network has at most 256 boundaries");
        Self { cut, class, seconds, first, lone: 0 }
    }

    /// Whether it comes before another split of its candidate and its class.
    fn before(&self, other: &Self) -> bool {
        self.first.total_cmp(&other.first).then_with(|| self.seconds.total_cmp(&other.seconds)).is_lt()
    }
}

/// Everything needed to judge cuts under the present knobs.
pub(super) struct Judge<'a> {
    pub(super) knobs: &'a Knobs,
    pub(super) rates: Rates,
    /// Whether a split is allowed at each boundary of the space.
    pub(super) allowed: &'a [bool],
    misses: RefCell<Misses>,
}

impl<'a> Judge<'a> {
    /// The judge of these knobs, with splits allowed where `allowed` says so by boundary.
    pub(super) fn new(knobs: &'a Knobs, allowed: &'a [bool]) -> Self {
        let rates = Rates::new(knobs);
        Self { knobs, rates, allowed, misses: RefCell::new(Misses::new(knobs, &rates)) }
    }

    pub(super) fn allows(&self, cut: &Cut) -> bool {
        self.allowed.get(usize::from(cut.boundary)).is_some_and(|&allowed| allowed)
    }

    /// What a cut costs, judged by its accuracy if that is not NaN.
    pub(super) fn evaluate(&self, cut: &Cut, accuracy: f64) -> Evaluation {
        self.evaluate_load(&self.rates.load(cut), accuracy)
    }

    /// The same of a cut with the present number of sensors.
    #[inline]
    pub(super) fn evaluate_load(&self, load: &Load, accuracy: f64) -> Evaluation {
        let evaluation = self.rates.evaluate_load(load);
        if accuracy.is_nan() { evaluation } else { evaluation.with_accuracy(accuracy, self.knobs) }
    }

    /// Some cuts as [`Judge::best`] reads them.
    pub(super) fn columns(&self, cuts: &[Cut]) -> Columns {
        let mut columns = Columns::new(self.knobs.sensors);
        for cut in cuts {
            columns.push(cut, self.allows(cut));
        }
        columns
    }

    /// The best of some cuts by the rule at [`Standing`]; accuracies beyond the slice are unknown. `None` if no split is
    /// allowed.
    #[inline(always)]
    pub(super) fn best(&self, columns: &Columns, range: Range<usize>, accuracies: &[f64]) -> Option<Verdict> {
        // Before anything is measured this is all there is to do.
        if accuracies.is_empty() {
            return self.fastest(columns, range.clone(), &[]).or_else(|| self.of_misses(columns, range, &[]));
        }
        self.most_accurate(columns, range.start, accuracies)
            .or_else(|| self.fastest(columns, range.clone(), accuracies))
            .or_else(|| self.of_misses(columns, range, accuracies))
    }

    /// Among measured cuts that fit: the most accurate, then the fastest.
    #[inline(never)]
    fn most_accurate(&self, columns: &Columns, start: usize, accuracies: &[f64]) -> Option<Verdict> {
        let mut best: Option<Verdict> = None;
        let measured = accuracies.iter().enumerate();
        let measured = measured.filter(|(index, accuracy)| !accuracy.is_nan() && columns.is_allowed(start + *index));
        for (index, &accuracy) in measured {
            let evaluation = self.evaluate_load(&columns.load(start + index), accuracy);
            let found = Verdict::new(index, Class::Measured, evaluation.latency.total_s(), -accuracy);
            if evaluation.feasible() && best.as_ref().is_none_or(|best| found.before(best)) {
                best = Some(found);
            }
        }
        best
    }

    /// The fastest cut of all, if it fits. Most often it does, so only times are compared at first.
    #[inline(always)]
    fn fastest(&self, columns: &Columns, range: Range<usize>, accuracies: &[f64]) -> Option<Verdict> {
        let (at, seconds) = columns.fastest(range.clone(), &self.rates)?;
        let index = at - range.start;
        let below = |accuracy: &f64| self.knobs.accuracy_floor.is_some_and(|floor| *accuracy < floor);
        let fits = columns.meets(at, seconds, &self.rates) && !accuracies.get(index).is_some_and(below);
        fits.then(|| Verdict::new(index, Class::Unmeasured, seconds, 0.0))
    }

    /// The fastest cut that fits; if none does, the one that misses limits least.
    #[inline(never)]
    fn of_misses(&self, columns: &Columns, range: Range<usize>, accuracies: &[f64]) -> Option<Verdict> {
        let mut misses = self.misses.borrow_mut();
        misses.fill(columns.rows(range), accuracies, &self.rates);
        if let Some(index) = misses.fastest() {
            return Some(Verdict::new(index, Class::Unmeasured, misses.seconds()[index], 0.0));
        }
        let mut best = Missing { broken: u32::MAX, excess: f64::INFINITY, seconds: f64::INFINITY, index: 0 };
        let mut lone = 0;
        for (index, (&seconds, &excess)) in misses.seconds().iter().zip(misses.excess()).enumerate() {
            if seconds == f64::INFINITY {
                continue;
            }
            let broken = misses.count(index);
            if broken == 1 {
                lone |= misses.bits(index);
            }
            let found = Missing { broken, excess, seconds, index };
            if found.before(&best) {
                best = found;
            }
        }
        if best.broken == u32::MAX {
            return None;
        }
        Some(Verdict { lone, ..Verdict::new(best.index, Class::Infeasible, best.seconds, best.misses()) })
    }
}

/// How far a cut is from meeting the limits.
struct Missing {
    /// Number of limits it breaks.
    broken: u32,
    excess: f64,
    seconds: f64,
    index: usize,
}

impl Missing {
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
