//! Accuracies of designs: measured, predicted, published, and those that splits are ranked by.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::Catalogue;
use crate::cost::{MeasuredColumns, MeasuredShares};
use crate::explore::candidate::CandidateId;
use crate::explore::measurements::{AccuracyFigure, AccuracyKind, ShownAccuracy, accuracy_to_rank_by};
use crate::explore::predictions::{PredictionInput, Predictions};
use crate::network::BoundaryId;
use crate::record::Precision;
use crate::search::PredictedAccuracy;
use crate::space::{Design, LiteratureAccuracy};

impl Catalogue {
    /// Accuracy of a design to show with the current number of sensors.
    pub fn accuracy(&self, design: &Design) -> ShownAccuracy {
        self.accuracy_with(design, self.sensors)
    }

    /// Accuracy of a design to show with a number of sensors.
    pub(in crate::explore) fn accuracy_with(&self, design: &Design, sensors: u32) -> ShownAccuracy {
        let measured = self.measurements.present().shown(design, sensors);
        if matches!(measured, ShownAccuracy::Measured(_)) {
            return measured;
        }
        let published = || self.published(self.of_genome(&design.genome).first().map(|&id| self.macs(id))?);
        self.predicted(design, sensors).or_else(published).map_or(measured, ShownAccuracy::Estimated)
    }

    /// Accuracy of published networks of a size, which were not split.
    fn published(&self, macs: u64) -> Option<AccuracyFigure> {
        let LiteratureAccuracy { value, low, high } = self.space.literature.as_ref()?.accuracy(macs as f64)?;
        let kind = AccuracyKind::Literature;
        Some(AccuracyFigure { kind, value, low, high, precision: Precision::Float, samples: None })
    }

    fn predicted(&self, design: &Design, sensors: u32) -> Option<AccuracyFigure> {
        let predictions = self.predictions.as_ref()?;
        let found = predictions.of(&self.space, design, sensors)?;
        Some(figure(&found, predictions.precision(sensors)))
    }

    /// The predictions on the weights that are followed now.
    pub fn predictions(&self) -> Option<&Predictions> {
        self.predictions.as_deref()
    }

    /// Takes predictions, unless they are of other weights than those that are followed now.
    pub(in crate::explore) fn predict(&mut self, predictions: Arc<Predictions>) {
        if predictions.weights() == self.measurements.changes().1 {
            self.predictions = Some(predictions);
            self.stale = true;
        }
    }

    /// Precisions of the accuracies that are known with the current number of sensors, measured or not.
    pub(in crate::explore) fn precisions(&self) -> BTreeSet<Precision> {
        let predicted = if self.odds_over_lower_end.is_some() { self.predictions.as_ref() } else { None };
        let published = || self.space.literature.is_some().then_some(Precision::Float);
        let estimated = predicted.map(|all| all.precision(self.sensors)).or_else(published);
        self.measurements.current_precisions().iter().copied().chain(estimated).collect()
    }

    /// Number of changes of the measurements so far.
    pub const fn measured_changes(&self) -> u64 {
        self.measurements.changes().0
    }

    /// Everything to predict accuracies from.
    pub fn prediction_input(&self) -> PredictionInput {
        PredictionInput::new(&self.space, &self.pool, self.measurements.learned(), self.measurements.changes().1)
    }

    /// Accuracies that splits are ranked by (see [`accuracy_to_rank_by`]), given by their entries in the batch of all
    /// splits, with the current number of sensors: NaN where none is known, empty if none of them is.
    #[inline]
    pub(in crate::explore) fn ratings(&self, entries: Range<usize>) -> &[f64] {
        if self.ratings.is_empty() {
            return self.measurements.current(entries);
        }
        &self.ratings[entries]
    }

    /// Shares that splits are judged by with the current number of sensors, given by their entries in the batch of all
    /// splits: accuracies as they are ranked by, and measured leaks.
    #[inline]
    pub(in crate::explore) fn measured(&self, entries: Range<usize>) -> MeasuredColumns<'_> {
        MeasuredColumns { accuracies: self.ratings(entries.clone()), leaks: self.leaks.current(entries) }
    }

    /// Shares that a design is judged by with a number of sensors.
    pub(in crate::explore) fn measured_of(&self, design: &Design, sensors: u32) -> MeasuredShares {
        let accuracy = self.accuracy_with(design, sensors).ranked_by().unwrap_or(f64::NAN);
        let leak = self.leaks.shown(&self.space, design, sensors).map_or(f64::NAN, |shown| shown.figures.leak);
        MeasuredShares { accuracy, leak }
    }

    /// Accuracy that the split at an entry of the batch is ranked by; NaN if none is known with the current number of
    /// sensors.
    #[inline]
    pub(in crate::explore) fn rating_at(&self, entry: usize) -> f64 {
        self.ratings(entry..entry + 1).first().copied().unwrap_or(f64::NAN)
    }

    /// Accuracies that splits, given by their entries, are ranked by with 1, 2, .. sensors; NaN where none is known.
    pub(in crate::explore) fn ratings_by_sensors(&self, entries: &[u32]) -> Vec<Vec<f64>> {
        let mut places: Vec<(u32, usize)> = entries.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let with = |sensors: u32| {
            let mut ratings = match &self.predictions {
                Some(predictions) => predictions.lower_ends_of(&self.space, &self.pool, sensors, entries),
                None => vec![f64::NAN; entries.len()],
            };
            for (entry, accuracy) in self.measurements.with(sensors) {
                if let Ok(found) = places.binary_search_by_key(&(entry as u32), |(entry, _)| *entry) {
                    ratings[places[found].1] = accuracy;
                }
            }
            ratings
        };
        (1..=self.space.views).map(with).collect()
    }

    /// Returns `true` if a candidate's split at a boundary was measured with a number of sensors.
    pub(in crate::explore) fn is_measured_with(&self, id: CandidateId, split: BoundaryId, sensors: u32) -> bool {
        let design = self.design(id, split);
        design.is_some_and(|design| self.measurements.present().shown(&design, sensors).measured().is_some())
    }

    /// Returns `true` if the split at an entry of the batch was measured with the current number of sensors.
    #[inline]
    pub(in crate::explore) fn is_measured(&self, entry: usize) -> bool {
        self.measurements.is_measured(entry)
    }

    /// Accuracy of a candidate's split as it is shown which was not measured, from the one that it is ranked by; NaN if
    /// none is known.
    #[inline]
    pub(in crate::explore) fn shown_estimate(&self, id: CandidateId, rating: f64) -> f64 {
        if rating.is_nan() {
            return rating;
        }
        match self.odds_over_lower_end {
            Some(factor) => PredictedAccuracy::with_lower_end(rating, factor).value,
            None => self.published(self.macs(id)).map_or(rating, |figure| figure.value),
        }
    }

    /// Fills in the accuracies that splits are ranked by.
    pub(super) fn rate(&mut self) {
        self.ratings.clear();
        self.version += 1;
        self.odds_over_lower_end = self.predictions.as_ref().and_then(|all| all.odds_over_lower_end(self.sensors));
        if let Some(predictions) = &self.predictions {
            predictions.fill(&mut self.ratings, &self.space, &self.pool, self.sensors);
        }
        if self.ratings.is_empty() && self.space.literature.is_some() {
            for id in self.ids() {
                let low = self.published(self.macs(id)).map_or(f64::NAN, |figure| figure.low);
                self.ratings.resize(self.pool.range(id).end, low);
            }
        }
        if self.ratings.is_empty() {
            return;
        }
        for (entry, measured) in self.measurements.with(self.sensors) {
            self.ratings[entry] = accuracy_to_rank_by(measured, self.ratings[entry]);
        }
    }
}

/// A prediction as a figure.
fn figure(found: &PredictedAccuracy, precision: Precision) -> AccuracyFigure {
    let PredictedAccuracy { value, low, high } = *found;
    AccuracyFigure { kind: AccuracyKind::Predicted, value, low, high, precision, samples: None }
}
