//! A comparison of methods, to be printed.

use crate::record::Precision;
use crate::search::SearchProblem;
use crate::search::baselines::BaselineOutcome;

/// A comparison to print.
pub(super) struct Comparison {
    pub(super) problem: SearchProblem,
    pub(super) outcomes: Vec<BaselineOutcome>,
    /// Training step of the weights.
    pub(super) step: u64,
    /// Precision of the accuracies.
    pub(super) precision: Precision,
    pub(super) budget: usize,
    pub(super) seed: u64,
    pub(super) validation_objects: usize,
    pub(super) test_objects: usize,
}
