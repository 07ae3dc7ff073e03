//! Measurements on record of the weights of a run.

use super::RunEvaluator;
use crate::record::{Measurement, Precision, Subset};
use crate::run::error::RunError;
use crate::run::store::Store;
use crate::search::MeasuredDesign;
use crate::space::{Design, SearchSpace};

impl RunEvaluator {
    /// Validation accuracies of the current weights in this precision, on all objects and without lost cameras. Designs
    /// of other spaces are left out.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn measured(&self) -> Result<Vec<MeasuredDesign>, RunError> {
        let objects = self.objects(Subset::Validation) as u64;
        measured_designs(&self.store, &self.space, self.step, self.precision, objects)
    }

    /// As [`RunEvaluator::measured`], those recorded after the row `last`, which becomes the newest one.
    ///
    /// # Errors
    /// The database fails.
    pub(in crate::run) fn measured_after(&self, last: &mut i64) -> Result<Vec<MeasuredDesign>, RunError> {
        let objects = self.objects(Subset::Validation) as u64;
        let rows = self.store.measurements_after(*last, usize::MAX)?;
        *last = rows.last().map_or(*last, |row| row.id);
        let rows = rows.into_iter().map(|row| row.value).filter(|row| row.key.step == self.step);
        Ok(designs_of(rows, &self.space, self.precision, objects))
    }

    /// Designs with an accuracy of the current weights on record, in the order of their first one. Designs of other
    /// spaces are left out.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn designs_on_record(&self) -> Result<Vec<Design>, RunError> {
        let mut designs: Vec<Design> = Vec::new();
        for row in self.store.measured(self.step)? {
            if let Ok(design) = self.space.parse_design(&row.value.key.design)
                && !designs.contains(&design)
            {
                designs.push(design);
            }
        }
        Ok(designs)
    }

    /// Returns `true` if a measurement was made on all objects of its subset. A live search ends some early.
    pub(in crate::run) fn is_complete(&self, measurement: &Measurement) -> bool {
        measurement.samples >= self.objects(measurement.key.subset) as u64
    }
}

/// Validation accuracies of the weights after `step` in a precision, on at least so many objects and without lost
/// cameras. Designs of other spaces are left out.
///
/// # Errors
/// The database fails.
pub(in crate::run) fn measured_designs(
    store: &Store,
    space: &SearchSpace,
    step: u64,
    precision: Precision,
    objects: u64,
) -> Result<Vec<MeasuredDesign>, RunError> {
    let rows = store.measured(step)?.into_iter().map(|row| row.value);
    Ok(designs_of(rows, space, precision, objects))
}

/// Designs of a space with their validation accuracies in a precision, on at least so many objects and without lost
/// cameras.
fn designs_of(
    rows: impl Iterator<Item = Measurement>,
    space: &SearchSpace,
    precision: Precision,
    objects: u64,
) -> Vec<MeasuredDesign> {
    let rows = rows.filter(|row| row.key.subset == Subset::Validation && row.key.lost == 0);
    let rows = rows.filter(|row| row.key.precision == precision && row.samples >= objects);
    let measured = rows.filter_map(|row| {
        let design = space.parse_design(&row.key.design).ok()?;
        Some(MeasuredDesign { design, views: row.key.views, accuracy: row.accuracy })
    });
    measured.collect()
}
