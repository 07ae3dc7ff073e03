//! Predicted accuracies of the splits of all candidates, fitted to the measured ones outside the session.
//!
//! [`PredictionInput::fit`] takes up to a second, so whoever holds the session runs it beside: it takes the input from
//! [`Session::prediction_input`](super::Session::prediction_input) and gives the result back as an
//! [`Update::Predicted`](super::Update::Predicted). Invariant: predictions count only on the weights they were fitted
//! to; a rollback or another run makes them void.

use std::collections::BTreeMap;

use super::candidate::{CandidateDesign, design};
use super::pool::{CandidatePool, PoolSplits};
use crate::network::BoundaryId;
use crate::record::Precision;
use crate::search::{AccuracyByViews, AccuracySamples, PredictedAccuracy, PredictorError, Quality};
use crate::space::{Design, SearchSpace};

/// A measured accuracy to learn from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LearnedReading {
    pub(super) design: Design,
    pub(super) views: u32,
    pub(super) accuracy: f64,
}

/// Measured accuracies to learn from with one number of views.
#[derive(Debug, Clone, Default)]
pub(super) struct LearnedReadings {
    pub(super) precision: Precision,
    pub(super) readings: Vec<LearnedReading>,
}

/// Everything that a fit needs: measured accuracies, and the candidates with their splits.
#[derive(Debug, Clone)]
pub struct PredictionInput {
    space: SearchSpace,
    /// Of each number of views.
    learned: BTreeMap<u32, LearnedReadings>,
    candidates: Vec<CandidateDesign>,
    splits: PoolSplits,
    /// Weights that the accuracies belong to.
    weights: u64,
}

/// Models of the accuracies, and the lower end of the interval of every split of every candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    models: AccuracyByViews,
    /// Of each number of views that was measured.
    precisions: BTreeMap<u32, Precision>,
    /// For each number of views that is predicted, one a split; NaN where no split is allowed.
    lower_ends: Vec<Vec<f32>>,
    weights: u64,
}

impl PredictionInput {
    pub(super) fn new(
        space: &SearchSpace,
        pool: &CandidatePool,
        learned: BTreeMap<u32, LearnedReadings>,
        weights: u64,
    ) -> Self {
        let (candidates, splits) = (pool.candidates().to_vec(), pool.splits().clone());
        Self { space: space.clone(), learned, candidates, splits, weights }
    }

    /// Fits the models and predicts every split; `None` while too little is measured.
    ///
    /// # Errors
    /// A measured design that is not of the space.
    pub fn fit(&self) -> Result<Option<Predictions>, PredictorError> {
        let mut samples: BTreeMap<u32, AccuracySamples> = BTreeMap::new();
        for reading in self.learned.values().flat_map(|learned| &learned.readings) {
            let LearnedReading { design, views, accuracy } = reading;
            samples.entry(*views).or_default().add(&self.space, design, *views, *accuracy);
        }
        let Some(models) = AccuracyByViews::fit(&self.space, &samples)? else { return Ok(None) };
        let precisions = self.learned.iter().map(|(&views, learned)| (views, learned.precision)).collect();
        let mut lower_ends: Vec<Vec<f32>> = models.views().map(|_| Vec::new()).collect();
        for (id, candidate) in (0..).zip(&self.candidates) {
            for entry in self.splits.range(id) {
                let first = self.splits.first_alike(entry) as usize;
                if first < entry {
                    // An earlier entry is this design, and has its prediction.
                    for all in &mut lower_ends {
                        all.push(all[first]);
                    }
                    continue;
                }
                let ends = lower_ends_of(&self.space, &models, candidate, self.splits.boundary(entry));
                lower_ends.iter_mut().zip(ends).for_each(|(all, end)| all.push(end as f32));
            }
        }
        Ok(Some(Predictions { models, precisions, lower_ends, weights: self.weights }))
    }
}

/// Lower ends of the intervals of a candidate's split, by number of views; NaN if no split is allowed there.
fn lower_ends_of(
    space: &SearchSpace,
    models: &AccuracyByViews,
    candidate: &CandidateDesign,
    split: BoundaryId,
) -> Vec<f64> {
    if !space.split.at.contains(&split) {
        return vec![f64::NAN; models.views().count()];
    }
    models.lower_ends(space, &design(space, &candidate.genome, candidate.transmit, split))
}

impl Predictions {
    /// Weights that the predictions belong to.
    pub(super) const fn weights(&self) -> u64 {
        self.weights
    }

    /// Predicted accuracy of a canonical design; `None` for a number of views beyond those that were measured.
    pub(super) fn of(&self, space: &SearchSpace, design: &Design, views: u32) -> Option<PredictedAccuracy> {
        if !space.split.at.contains(&design.split) {
            return None;
        }
        self.models.predict(space, design, views)
    }

    /// Odds of each prediction over those of its lower end with a number of views.
    pub(super) fn odds_over_lower_end(&self, views: u32) -> Option<f64> {
        self.models.odds_over_lower_end(views)
    }

    /// Precision of the accuracies that are predicted for a number of views: `float` if any that they follow from is.
    pub(super) fn precision(&self, views: u32) -> Precision {
        let around = [self.precisions.range(..=views).next_back(), self.precisions.range(views..).next()];
        let float = around.into_iter().flatten().any(|(_, precision)| *precision == Precision::Float);
        if float { Precision::Float } else { Precision::Int8 }
    }

    /// Error on held-out designs, for each number of views that was measured.
    pub fn qualities(&self) -> impl Iterator<Item = (u32, Quality)> {
        self.models.qualities()
    }

    /// Writes the lower ends for every split of a pool with a number of views; none beyond those that were measured.
    /// Splits of candidates that came after the fit are predicted now.
    pub(super) fn fill(&self, lower_ends: &mut Vec<f64>, space: &SearchSpace, pool: &CandidatePool, views: u32) {
        lower_ends.clear();
        let Some(fitted) = self.fitted(views) else { return };
        lower_ends.extend(fitted.iter().map(|&low| f64::from(low)));
        let later = fitted.len()..pool.split_count();
        lower_ends.extend(later.map(|entry| self.lower_end_of(space, pool, views, entry)));
    }

    /// Lower ends for some splits of a pool, given by their entries, with a number of views; NaN beyond those that were
    /// measured.
    pub(super) fn lower_ends_of(
        &self,
        space: &SearchSpace,
        pool: &CandidatePool,
        views: u32,
        entries: &[u32],
    ) -> Vec<f64> {
        let Some(fitted) = self.fitted(views) else { return vec![f64::NAN; entries.len()] };
        let end = |entry: usize| match fitted.get(entry) {
            Some(&low) => f64::from(low),
            None => self.lower_end_of(space, pool, views, entry),
        };
        entries.iter().map(|&entry| end(entry as usize)).collect()
    }

    /// Lower ends by split of the pool of the fit.
    fn fitted(&self, views: u32) -> Option<&[f32]> {
        let at = views.checked_sub(*self.models.views().start())?;
        self.lower_ends.get(at as usize).map(Vec::as_slice)
    }

    /// Lower end of a split that came after the fit; NaN where none is allowed.
    fn lower_end_of(&self, space: &SearchSpace, pool: &CandidatePool, views: u32, entry: usize) -> f64 {
        let (id, split) = pool.split_of(entry);
        let design = pool.design(space, id, split);
        design.and_then(|design| self.of(space, &design, views)).map_or(f64::NAN, |found| found.low)
    }
}
