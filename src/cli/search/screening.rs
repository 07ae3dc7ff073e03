//! Looks at children before they are measured: the predictor learns from every measurement and picks the most promising; until
//! it has enough to learn from, synflow does, as long as its ranks do not disagree with what was measured.
//!
//! A prediction decides what is measured next, and nothing else: it is never told to a search as an accuracy.

use anyhow::Result;

use super::terms::{Objective, Terms};
use crate::cli::space_genes;
use crate::record::{Event, PredictorKind, PredictorRecord};
use crate::search::{Gene, Objectives, Predictor, Sample, kendall_tau, most_promising};
use crate::space::Design;
use crate::supernet::Route;
use crate::train::Synflow;

/// Children looked at for one that is measured.
pub(super) const CHILDREN: usize = 24;
/// Of so many choices one is left to chance, so that the predictor also learns of what it does not favour.
const UNSCREENED: u64 = 5;
/// Scores without which synflow's rank correlation says nothing.
const LEAST_SCORES: usize = 6;

/// Designs scored beside being measured, at most: a score costs about as much as a small measurement.
const MOST_SCORES: usize = 40;

/// See the module's description.
pub(super) struct Screening {
    genes: Vec<Gene>,
    samples: Vec<Sample>,
    predictor: Option<Predictor>,
    synflow: Option<Synflow>,
    /// Synflow's score and the accuracy of designs that have both.
    scores: Vec<(f64, f64)>,
    choices: u64,
}

impl Screening {
    pub(super) fn new(terms: &Terms, synflow: Option<Synflow>) -> Self {
        let genes = space_genes::genes(&terms.space);
        Self { genes, samples: Vec::new(), predictor: None, synflow, scores: Vec::new(), choices: 0 }
    }

    fn features(views: u32) -> Box<[f64]> {
        Box::new([f64::from(views).ln()])
    }

    /// Takes in what was measured before: designs, views, accuracies.
    pub(super) fn recall(&mut self, terms: &Terms, rows: &[(Design, u32, f64)]) -> Result<()> {
        for (design, views, accuracy) in rows {
            self.keep(terms, design, *views, *accuracy);
        }
        self.predictor = Predictor::fit(&self.genes, &self.samples)?;
        Ok(())
    }

    /// Takes a measured accuracy in.
    pub(super) fn learn(&mut self, terms: &Terms, design: &Design, views: u32, accuracy: f64) -> Result<()> {
        self.keep(terms, design, views, accuracy);
        self.predictor = Predictor::fit(&self.genes, &self.samples)?;
        Ok(())
    }

    fn keep(&mut self, terms: &Terms, design: &Design, views: u32, accuracy: f64) {
        let genes = space_genes::encode(&terms.space, design).into();
        self.samples.push(Sample { genes, features: Self::features(views), value: accuracy });
        // Scored as long as scores may choose, and a little longer for a rank correlation.
        if self.scores.len() < MOST_SCORES
            && let Some(score) = self.score(terms, design)
        {
            self.scores.push((score, accuracy));
        }
    }

    fn score(&self, terms: &Terms, design: &Design) -> Option<f64> {
        self.synflow.as_ref()?.score(&Route::of_design(&terms.space, design))
    }

    /// Predicted accuracy, once there is a predictor.
    pub(super) fn predict(&self, genes: &[u8], views: u32) -> Option<f64> {
        let predicted = self.predictor.as_ref()?.predict(genes, &Self::features(views));
        Some(predicted.clamp(0.0, 1.0))
    }

    /// Which of some children to measure.
    pub(super) fn choose(&mut self, terms: &Terms, front: &[Objectives], children: &[Design]) -> Result<usize> {
        self.choices += 1;
        if children.len() < 2 || self.choices.is_multiple_of(UNSCREENED) {
            return Ok(0);
        }
        if self.predictor.is_none() {
            return Ok(self.by_score(terms, children).unwrap_or(0));
        }
        let (mut objectives, mut accuracies) = (Vec::new(), Vec::new());
        for child in children {
            let genes = space_genes::encode(&terms.space, child);
            let predicted = self.predict(&genes, terms.knobs.sensors);
            objectives.push(terms.outcome(child, predicted)?.objectives);
            accuracies.push(predicted.unwrap_or(0.0));
        }
        // Every child meets the limits, and within them accuracy is what a user asks for first: every other choice is its.
        if terms.objectives.contains(&Objective::Accuracy) && self.choices.is_multiple_of(2) {
            let best = (0..accuracies.len()).max_by(|&a, &b| accuracies[a].total_cmp(&accuracies[b]));
            return Ok(best.unwrap_or(0));
        }
        Ok(most_promising(front, &objectives, terms.objectives.len()).unwrap_or(0))
    }

    /// The child with the greatest score, if scores rank as accuracies do so far.
    fn by_score(&self, terms: &Terms, children: &[Design]) -> Option<usize> {
        let believed = self.scores.len() < LEAST_SCORES || self.tau() > 0.0;
        if !believed || !terms.objectives.contains(&Objective::Accuracy) {
            return None;
        }
        let scores = children.iter().enumerate().filter_map(|(at, child)| Some((at, self.score(terms, child)?)));
        scores.max_by(|a, b| a.1.total_cmp(&b.1)).map(|best| best.0)
    }

    fn tau(&self) -> f64 {
        let (scores, accuracies): (Vec<f64>, Vec<f64>) = self.scores.iter().copied().unzip();
        kendall_tau(&scores, &accuracies)
    }

    /// How well the stand-ins do, as far as that can be told.
    pub(super) fn standing(&self) -> Vec<Event> {
        let mut events = Vec::new();
        if self.scores.len() >= LEAST_SCORES {
            let (samples, kendall_tau) = (self.scores.len() as u64, self.tau());
            events.push(Event::Predictor(PredictorRecord {
                predictor: PredictorKind::Synflow,
                samples,
                rmse: f64::NAN,
                kendall_tau,
            }));
        }
        if let Some(quality) = self.predictor.as_ref().map(Predictor::quality) {
            events.push(Event::Predictor(PredictorRecord {
                predictor: PredictorKind::Ridge,
                samples: quality.samples as u64,
                rmse: quality.rmse,
                kendall_tau: quality.kendall_tau,
            }));
        }
        events
    }
}
