//! Measured leaks of designs: shares by split for the current number of sensors, and all their figures.
//!
//! Invariant: as for accuracies, a leak counts only at the number of views it was measured with, and on the weights of
//! the run that is followed now.

use std::collections::HashMap;

use super::candidate::CandidateId;
use super::measurements::{Accuracy, Measurements};
use super::pool::CandidatePool;
use crate::record::LeakFigures;
use crate::space::{Design, SearchSpace};

/// All leaks of a session.
#[derive(Debug, Clone, Default)]
pub struct Leaks {
    /// Shares, kept as accuracies are.
    shares: Measurements,
    /// Run followed now.
    run: String,
    /// Newest figures of each design and number of views, with the training step of their weights.
    figures: HashMap<(Design, u32), (u64, LeakFigures)>,
}

impl Leaks {
    /// Returns `true` if no leak was measured on the run followed now.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// Figures of a design with a number of views.
    pub fn figures(&self, design: &Design, views: u32) -> Option<&LeakFigures> {
        self.figures.get(&(design.clone(), views)).map(|(_, figures)| figures)
    }

    /// Leak of a split with the current number of views, NaN if it was not measured.
    #[inline]
    pub(super) fn current_at(&self, demand: usize) -> f64 {
        self.shares.current_at(demand)
    }

    /// Records the leak of a canonical design.
    pub(super) fn record(&mut self, design: Design, views: u32, step: u64, figures: LeakFigures) {
        let share = Accuracy { accuracy: figures.leak, samples: figures.samples, step, quantisation: None };
        self.shares.record(design.clone(), views, share);
        let newest = self.figures.entry((design, views)).or_insert_with(|| (step, figures.clone()));
        if newest.0 <= step {
            *newest = (step, figures);
        }
    }

    /// Returns `true` if the design has a leak on record, of any run.
    pub(super) fn knows(&self, design: &Design) -> bool {
        !self.shares.readings(design).is_empty()
    }

    /// Follows a run. Returns `true` if shares may have changed; the figures of another run are read anew.
    pub(super) fn follow(&mut self, run: &str) -> bool {
        if self.run != run {
            run.clone_into(&mut self.run);
            self.figures.clear();
        }
        self.shares.follow(run)
    }

    /// Removes leaks on weights after `step` of the run followed now.
    pub(super) fn withdraw(&mut self, step: u64) {
        self.shares.withdraw(step);
        self.figures.retain(|_, (own, _)| *own <= step);
    }

    /// Links a measured design with the splits of the pool that are this design.
    pub(super) fn link_design(&mut self, space: &SearchSpace, pool: &CandidatePool, design: &Design) {
        self.shares.link_design(space, pool, design);
    }

    /// Links a new candidate with the measured designs of its genome.
    pub(super) fn link_candidate(&mut self, space: &SearchSpace, pool: &CandidatePool, id: CandidateId) {
        self.shares.link_candidate(space, pool, id);
    }

    /// Fills in the leaks of a pool with `splits` splits at a number of views.
    pub(super) fn refresh(&mut self, splits: usize, views: u32) {
        self.shares.refresh(splits, views);
    }
}
