//! Description of a study.

use super::error::StudyError;
use super::input::StudyInput;
use super::rows::{StudyPoint, StudyRow};
use crate::svg::Scale;

/// A study.
pub(crate) struct StudyInfo {
    /// Name on the command line and of its files.
    pub name: &'static str,
    /// Claim of the paper that it tests.
    pub claim: &'static str,
    /// Needs of its points.
    pub needs: StudyNeeds,
    /// Title and kind of the axis to the right.
    pub x: (&'static str, StudyAxis),
    /// Title of the axis upwards.
    pub y: &'static str,
    /// The points of one seed.
    pub(super) plan: fn(&StudyInput) -> Result<Vec<StudyPoint>, StudyError>,
    /// The rows of a point.
    pub(super) measure: fn(&mut StudyInput, &StudyPoint) -> Result<Vec<StudyRow>, StudyError>,
    /// Sentence on all rows, which begins with whether they agree with the paper.
    pub(super) finding: fn(&[StudyRow]) -> String,
}

/// Axis of a study's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StudyAxis {
    /// Figures.
    Figures(Scale),
    /// Names in an order that means something, such as splits from the input to the logits: points are joined.
    Ordered,
    /// Names in any order: points of several series stand side by side.
    Named,
}

/// Needs of the points of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StudyNeeds {
    /// Costs alone: a seed changes nothing.
    Costs,
    /// A trained run for each seed.
    Runs,
    /// Short trainings for each setting and seed.
    Trainings,
}
