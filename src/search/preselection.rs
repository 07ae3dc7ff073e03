//! Preselection of children before they are measured. A predictor learns from every measurement and picks the child
//! with the best acquisition value; until it has enough samples, a score does, as long as its ranks do not contradict
//! what was measured. A prediction decides what is measured next and is never an accuracy.

use super::accuracy::DesignScore;
use super::accuracy_model::{AccuracyModel, AccuracySamples, PredictedAccuracy, PredictorKind, Quality};
use super::acquisition::best_candidate;
use super::config::SearchGene;
use super::correlation::kendall_tau;
use super::genes;
use super::objective::Objective;
use super::outcome::Objectives;
use super::predictor::PredictorError;
use super::problem::{ProblemError, SearchProblem};
use crate::space::{Design, SearchSpace};

/// Children proposed for one that is measured.
pub(super) const CHILDREN: usize = 24;
/// One choice out of so many is random, so that the predictor also learns about what it does not favour.
const RANDOM_CHOICE_EVERY: u64 = 5;
/// Scored and measured designs below which a rank correlation says nothing.
const MIN_SCORES: usize = 6;
/// Designs scored beside being measured, at most: a score costs about as much as a small measurement.
const MAX_SCORES: usize = 40;

/// Predictor, score and their training samples.
pub(super) struct Preselection {
    genes: Vec<SearchGene>,
    samples: AccuracySamples,
    model: Option<AccuracyModel>,
    score: Option<DesignScore>,
    /// Score and accuracy of designs that have both.
    scores: Vec<(f64, f64)>,
    choices: u64,
}

impl Preselection {
    pub(super) fn new(problem: &SearchProblem, score: Option<DesignScore>) -> Self {
        let genes = genes::of_space(&problem.space);
        Self { genes, samples: AccuracySamples::default(), model: None, score, scores: Vec::new(), choices: 0 }
    }

    /// Adds a measured accuracy; [`Preselection::fit`] makes it count.
    pub(super) fn add(&mut self, problem: &SearchProblem, design: &Design, views: u32, accuracy: f64) {
        self.samples.add(&problem.space, design, views, accuracy);
        // Scored as long as scores may choose, and a little longer for a rank correlation.
        if self.scores.len() < MAX_SCORES
            && let Some(score) = self.score.as_ref().and_then(|score| score(design))
        {
            self.scores.push((score, accuracy));
        }
    }

    /// Fits the model to all samples.
    pub(super) fn fit(&mut self) -> Result<(), PredictorError> {
        self.model = AccuracyModel::fit_genes(&self.genes, &self.samples)?;
        Ok(())
    }

    /// Predicted accuracy; `None` before there are enough samples.
    pub(super) fn predict(&self, space: &SearchSpace, design: &Design, views: u32) -> Option<PredictedAccuracy> {
        Some(self.model.as_ref()?.predict(space, design, views))
    }

    /// Index of the child to measure.
    pub(super) fn choose(
        &mut self,
        problem: &SearchProblem,
        front: &[Objectives],
        children: &[Design],
    ) -> Result<usize, ProblemError> {
        self.choices += 1;
        if children.len() < 2 || self.choices.is_multiple_of(RANDOM_CHOICE_EVERY) {
            return Ok(0);
        }
        if self.model.is_none() {
            return Ok(self.best_score(problem, children).unwrap_or(0));
        }
        let (mut objectives, mut accuracies) = (Vec::new(), Vec::new());
        for child in children {
            let predicted = self.predict(&problem.space, child, problem.knobs.sensors).map(|found| found.value);
            objectives.push(problem.outcome(child, predicted)?.objectives);
            accuracies.push(predicted.unwrap_or(0.0));
        }
        // All children are feasible, and among feasible designs users ask for accuracy first: it decides every other
        // choice.
        if problem.objectives.contains(&Objective::Accuracy) && self.choices.is_multiple_of(2) {
            let best = (0..accuracies.len()).max_by(|&a, &b| accuracies[a].total_cmp(&accuracies[b]));
            return Ok(best.unwrap_or(0));
        }
        Ok(best_candidate(front, &objectives, problem.objectives.len()).unwrap_or(0))
    }

    /// Index of the child with the greatest score; `None` if scores have not ranked as accuracies do.
    fn best_score(&self, problem: &SearchProblem, children: &[Design]) -> Option<usize> {
        let trusted = self.scores.len() < MIN_SCORES || self.score_correlation() > 0.0;
        if !trusted || !problem.objectives.contains(&Objective::Accuracy) {
            return None;
        }
        let score = self.score.as_ref()?;
        let scores = children.iter().enumerate().filter_map(|(at, child)| Some((at, score(child)?)));
        scores.max_by(|a, b| a.1.total_cmp(&b.1)).map(|best| best.0)
    }

    fn score_correlation(&self) -> f64 {
        let (scores, accuracies): (Vec<f64>, Vec<f64>) = self.scores.iter().copied().unzip();
        kendall_tau(&scores, &accuracies)
    }

    /// Quality of score and predictor, each once it can be estimated.
    pub(super) fn qualities(&self) -> Vec<(PredictorKind, Quality)> {
        let mut qualities = Vec::new();
        if self.scores.len() >= MIN_SCORES {
            let (samples, kendall_tau) = (self.scores.len(), self.score_correlation());
            qualities.push((
                PredictorKind::Synflow,
                Quality {
                    samples,
                    rmse: f64::NAN,
                    kendall_tau,
                    penalty: 0.0,
                    half_width: f64::NAN,
                    coverage: f64::NAN,
                },
            ));
        }
        if let Some(model) = &self.model {
            qualities.push((PredictorKind::Ridge, model.quality()));
        }
        qualities
    }
}
