//! Options of a search of designs.

use super::generation::StopRule;
use crate::network::BoundaryId;

/// Part of the space that may be proposed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchScope {
    /// All designs.
    #[default]
    All,
    /// Designs split at this boundary.
    Split(BoundaryId),
}

/// Options of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// Measurements at most; designs looked at if no accuracy is needed. Default 60.
    pub budget: usize,
    /// Source of all randomness. Default 0.
    pub seed: u64,
    /// Stop rule on the hypervolume; its number of evaluations is ignored.
    pub stop: StopRule,
    /// Part of the space that may be proposed. Default all of it.
    pub scope: SearchScope,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { budget: 60, seed: 0, stop: StopRule::default(), scope: SearchScope::default() }
    }
}
