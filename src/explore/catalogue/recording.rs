//! Records of what is measured of designs, and their withdrawal.

use thiserror::Error;

use super::Catalogue;
use crate::cost::TransmitConfig;
use crate::explore::candidate::CandidateError;
use crate::explore::leaks::ShownLeak;
use crate::explore::measurements::{Accuracy, entry_of};
use crate::record::FinetunedRecord;
use crate::space::Design;

/// A measurement that can't be shown.
#[derive(Debug, Clone, PartialEq, Error)]
pub(in crate::explore) enum MeasurementError {
    /// Its design is of another space, or its accuracy is no share.
    #[error("a measurement does not fit the space and was left out")]
    Unfit,
    /// Its design can't be a candidate; the measurement is kept.
    #[error("a measured design can't be costed: {0}")]
    Candidate(CandidateError),
}

impl Catalogue {
    /// Records a measurement. A design that is no split of a candidate becomes a candidate.
    ///
    /// # Errors
    /// A measurement that does not fit the space, which is left out, or a design that can't be costed.
    pub(in crate::explore) fn measure(
        &mut self,
        design: &Design,
        views: u32,
        accuracy: Accuracy,
    ) -> Result<(), MeasurementError> {
        let design = self.fitting(design, [accuracy.accuracy])?;
        let is_first = self.measurements.readings(&design).is_empty();
        self.measurements.record(design.clone(), views, accuracy);
        self.link_measured(&design, is_first)
    }

    /// Records a design that another run has trained alone. It becomes a candidate if it is no split of one.
    ///
    /// # Errors
    /// A design that does not fit the space, which is left out, or one that can't be costed.
    pub(in crate::explore) fn record_finetuned(
        &mut self,
        design: &Design,
        record: &FinetunedRecord,
    ) -> Result<(), MeasurementError> {
        let design = self.fitting(design, record.accuracies.iter().map(|one| one.accuracy))?;
        let is_first = self.measurements.readings(&design).is_empty();
        self.measurements.record_finetuned(&design, record);
        self.link_measured(&design, is_first)
    }

    /// Records a leak. A design that is no split of a candidate becomes a candidate.
    ///
    /// # Errors
    /// A leak that does not fit the space, which is left out, or a design that can't be costed.
    pub(in crate::explore) fn record_leak(
        &mut self,
        design: &Design,
        views: u32,
        leak: ShownLeak,
    ) -> Result<(), MeasurementError> {
        let design = self.fitting(design, [leak.figures.leak])?;
        let is_first = !self.leaks.knows(&design);
        self.leaks.record(design.clone(), views, leak);
        self.stale = true;
        if !is_first {
            return Ok(());
        }
        let added = self.add_split(&design);
        self.leaks.link_design(&self.space, &self.pool, &design);
        added.map_err(MeasurementError::Candidate)
    }

    /// The canonical design of a measurement, if that is of this space and its figures are shares.
    fn fitting(&self, design: &Design, shares: impl IntoIterator<Item = f64>) -> Result<Design, MeasurementError> {
        let are_shares = shares.into_iter().all(|share| (0.0..=1.0).contains(&share));
        if !are_shares || design.genome.genes().len() != self.space.genes().len() {
            return Err(MeasurementError::Unfit);
        }
        Ok(self.space.canonical_design(design.clone()))
    }

    /// Makes a design whose accuracies were recorded a split of some candidate, the first time.
    fn link_measured(&mut self, design: &Design, is_first: bool) -> Result<(), MeasurementError> {
        self.stale = true;
        if !is_first {
            return Ok(());
        }
        let added = self.add_split(design);
        self.measurements.link_design(&self.space, &self.pool, design);
        added.map_err(MeasurementError::Candidate)
    }

    /// Adds a candidate of which a canonical design is a split, unless there is one.
    fn add_split(&mut self, design: &Design) -> Result<(), CandidateError> {
        if self.is_a_split(design) {
            return Ok(());
        }
        self.add(design.genome.clone(), TransmitConfig::from(design)).map(drop)
    }

    /// Records a measurement with blanked cameras, which ranks nothing.
    pub(in crate::explore) fn measure_blanked(&mut self, design: Design, views: u32, blanked: u32, accuracy: Accuracy) {
        let design = self.space.canonical_design(design);
        self.measurements.record_blanked(design, views, blanked, accuracy);
    }

    /// Removes measurements on weights after `step` of the run followed now.
    pub(in crate::explore) fn withdraw(&mut self, step: u64) {
        self.measurements.withdraw(step);
        self.predictions = None;
        self.leaks.withdraw(step);
        self.stale = true;
    }

    /// Follows a run: only measurements on its weights count from now on.
    pub(in crate::explore) fn follow(&mut self, run: &str) {
        if self.measurements.follow(run) {
            self.predictions = None;
            self.stale = true;
        }
        self.stale |= self.leaks.follow(run);
    }

    /// Returns `true` if a canonical design is a split of some candidate.
    fn is_a_split(&self, design: &Design) -> bool {
        let candidates = self.pool.of_genome(&design.genome);
        candidates.iter().any(|&id| entry_of(&self.space, &self.pool, id, design).is_some())
    }
}
