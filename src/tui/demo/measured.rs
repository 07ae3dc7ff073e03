//! The accuracies, leaks and pictures that the tour shows: those of the run that comes with the program.

use crate::{
    explore::Update,
    quantity::number,
    record::{MeasurementKey, Precision, Subset},
    run::{Changes, RunArchive, RunError},
    space::SearchSpace,
    tui::event_reader,
};

/// Number of the test object that the tour shows.
pub(super) const OBJECT: u32 = 5;

/// Records of a run as the session is told them, and how its accuracies were made, in a sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) updates: Vec<Update>,
    pub(crate) made: String,
}

impl Measured {
    /// The records that come with the program, if they are of this space: a design of another one is none here.
    pub(crate) fn shipped(space: &SearchSpace) -> Self {
        RunArchive::shipped().and_then(|archive| Self::of(&archive, space)).unwrap_or_default()
    }

    /// The records of a run, if they are of this space.
    ///
    /// # Errors
    /// The archive is damaged.
    pub(super) fn of(archive: &RunArchive, space: &SearchSpace) -> Result<Self, RunError> {
        if archive.manifest().search_space()? != *space {
            return Ok(Self::default());
        }
        let data = archive.manifest().data.split(':').next().unwrap_or_default();
        let made = sentence(data, &archive.records()?);
        Ok(Self { updates: event_reader::updates_of(archive, space)?, made })
    }

    /// Returns `true` if there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.updates.is_empty()
    }
}

/// Objects and weights of the accuracies by which designs are ranked.
fn sentence(data: &str, records: &Changes) -> String {
    let ranks = |key: &MeasurementKey| key.subset == Subset::Validation && key.precision == Precision::Int8;
    let Some(one) = records.measurements.iter().map(|row| &row.value).find(|one| ranks(&one.key)) else {
        return String::new();
    };
    let (samples, step) = (number::grouped(one.samples), number::grouped(one.key.step));
    format!("Measured in int8 on {samples} validation objects of {data} after {step} training steps.")
}
