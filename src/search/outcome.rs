//! Outcome of an evaluation, and the comparison of two.
//!
//! Invariant: objectives that a search does not use are 0, so that every comparison may look at all of them.

use serde::{Deserialize, Serialize};

use super::front::covers;

/// The most objectives a search may have.
pub const MAX_OBJECTIVES: usize = 4;

/// Objective values in a fixed width; unused ones are 0.
pub type Objectives = [f64; MAX_OBJECTIVES];

/// The result of evaluating one design.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Values to minimise (negate what is to be maximised).
    pub objectives: Objectives,
    /// By how much the limits are missed: the sum over the limits of (value - limit) / limit where positive.
    /// 0 means feasible; infinity is allowed and means that the design could not be evaluated at all.
    pub violation: f64,
}

impl Outcome {
    /// A design that meets every limit. Objectives beyond [`MAX_OBJECTIVES`] are ignored.
    pub fn feasible(objectives: &[f64]) -> Self {
        Self::new(objectives, 0.0)
    }

    /// A design that misses the limits by `violation`; see [`Outcome::violation`].
    pub fn new(objectives: &[f64], violation: f64) -> Self {
        let mut all = [0.0; MAX_OBJECTIVES];
        for (slot, value) in all.iter_mut().zip(objectives) {
            *slot = *value;
        }
        Self { objectives: all, violation }
    }

    /// Returns `true` if every limit is met.
    pub fn is_feasible(&self) -> bool {
        self.violation == 0.0
    }

    /// Constraint domination (Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II", section
    /// VI): of two designs of which one is infeasible the smaller violation wins, of two feasible ones the
    /// Pareto-better.
    ///
    /// ```
    /// use splitscope::search::Outcome;
    /// let fast = Outcome::feasible(&[1.0, 5.0]);
    /// let slow = Outcome::feasible(&[2.0, 5.0]);
    /// let too_big = Outcome::new(&[0.5, 0.5], 0.1);
    /// assert!(fast.dominates(&slow) && slow.dominates(&too_big) && !fast.dominates(&fast));
    /// ```
    #[allow(clippy::float_cmp, reason = "equal objectives are those that are the same number")]
    pub fn dominates(&self, other: &Self) -> bool {
        if self.violation > 0.0 || other.violation > 0.0 {
            return self.violation < other.violation;
        }
        covers(&self.objectives, &other.objectives) && self.objectives != other.objectives
    }

    /// Returns `true` if the outcome can be compared: no NaN, a violation of at least 0, finite objectives where
    /// feasible.
    pub fn is_comparable(&self) -> bool {
        self.violation >= 0.0
            && self.objectives.iter().all(|value| if self.is_feasible() { value.is_finite() } else { !value.is_nan() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_violation_wins_whatever_the_objectives_are() {
        let near = Outcome::new(&[9.0, 9.0], 0.1);
        let far = Outcome::new(&[1.0, 1.0], 0.2);
        let unmeasured = Outcome::new(&[], f64::INFINITY);
        assert!(near.dominates(&far) && !far.dominates(&near));
        assert!(far.dominates(&unmeasured));
    }

    #[test]
    fn equal_and_incomparable_points_do_not_dominate() {
        let a = Outcome::feasible(&[1.0, 2.0]);
        let b = Outcome::feasible(&[2.0, 1.0]);
        assert!(!a.dominates(&a) && !a.dominates(&b) && !b.dominates(&a));
    }

    #[test]
    fn not_a_number_is_not_comparable() {
        assert!(!Outcome::feasible(&[f64::NAN]).is_comparable());
        assert!(!Outcome::feasible(&[f64::INFINITY]).is_comparable());
        assert!(!Outcome::new(&[1.0], -0.1).is_comparable());
        assert!(!Outcome::new(&[1.0], f64::NAN).is_comparable());
        assert!(Outcome::new(&[f64::INFINITY], f64::INFINITY).is_comparable());
    }
}
