//! Interface between a search and whatever knows accuracies: a trained supernet, a table, a formula.

use std::rc::Rc;

use crate::space::Design;

/// Error of an accuracy source.
pub type AccuracyError = Box<dyn std::error::Error + Send + Sync>;

/// Source of accuracies. Any `FnMut(&Design, u32) -> f64` is one.
pub trait AccuracySource {
    /// Accuracy of a design with a number of views, as a share of validation objects.
    ///
    /// # Errors
    /// The accuracy can't be measured, or the user asked to stop.
    fn accuracy(&mut self, design: &Design, views: u32) -> Result<f64, AccuracyError>;

    /// Accuracy on test objects, which no choice depends on. The default is the validation accuracy.
    ///
    /// # Errors
    /// As [`AccuracySource::accuracy`].
    fn test_accuracy(&mut self, design: &Design, views: u32) -> Result<f64, AccuracyError> {
        self.accuracy(design, views)
    }
}

impl<F: FnMut(&Design, u32) -> f64> AccuracySource for F {
    fn accuracy(&mut self, design: &Design, views: u32) -> Result<f64, AccuracyError> {
        Ok(self(design, views))
    }
}

/// Score that is likely to rank designs as their accuracies do and needs no measurement; `None` where it can't be
/// computed.
pub type DesignScore = Rc<dyn Fn(&Design) -> Option<f64>>;

/// A design with its accuracy at a number of views.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredDesign {
    /// The design, canonical.
    pub design: Design,
    /// Number of views.
    pub views: u32,
    /// Share of objects classified correctly.
    pub accuracy: f64,
}
