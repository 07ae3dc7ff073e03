//! A study: one problem and one source of accuracies, shared by all methods.

use std::collections::{HashMap, HashSet};

use super::outcome::EvaluatedDesign;
use crate::cost::MeasuredShares;
use crate::search::accuracy::{AccuracySource, DesignScore};
use crate::search::driver::DriverError;
use crate::search::problem::SearchProblem;
use crate::space::Design;

/// Comparison of the joint search with its baselines on one problem.
pub struct BaselineStudy<'a> {
    pub(super) problem: SearchProblem,
    source: &'a mut dyn AccuracySource,
    pub(super) score: Option<DesignScore>,
    accuracies: HashMap<Design, f64>,
    pub(super) budget: usize,
    pub(super) seed: u64,
}

impl<'a> BaselineStudy<'a> {
    /// Study with `budget` evaluations for each method. `score` preselects as in a search.
    pub fn new(
        problem: SearchProblem,
        source: &'a mut dyn AccuracySource,
        score: Option<DesignScore>,
        budget: usize,
        seed: u64,
    ) -> Self {
        Self { problem, source, score, accuracies: HashMap::new(), budget, seed }
    }

    /// Validation accuracy of a design, asked for once.
    pub(super) fn accuracy(&mut self, design: &Design) -> Result<f64, DriverError> {
        if let Some(&accuracy) = self.accuracies.get(design) {
            return Ok(accuracy);
        }
        let views = self.problem.knobs.sensors;
        let accuracy = self.source.accuracy(design, views).map_err(DriverError::Accuracy)?;
        self.accuracies.insert(design.clone(), accuracy);
        Ok(accuracy)
    }

    pub(super) fn test_accuracy(&mut self, design: &Design) -> Result<f64, DriverError> {
        let views = self.problem.knobs.sensors;
        self.source.test_accuracy(design, views).map_err(DriverError::Accuracy)
    }

    pub(super) fn evaluate(&mut self, design: Design) -> Result<EvaluatedDesign, DriverError> {
        let accuracy = self.accuracy(&design)?;
        let measured = MeasuredShares::of_accuracy(accuracy);
        let evaluation = self.problem.evaluation(&design)?.with_measured(measured, &self.problem.knobs);
        Ok(EvaluatedDesign { design, accuracy, evaluation })
    }

    /// Evaluates the feasible ones of some designs in order, each once, until the budget is spent.
    pub(super) fn evaluate_feasible(
        &mut self,
        designs: impl IntoIterator<Item = Design>,
        budget: usize,
    ) -> Result<Vec<EvaluatedDesign>, DriverError> {
        let (mut evaluated, mut seen) = (Vec::new(), HashSet::new());
        for design in designs {
            if evaluated.len() >= budget {
                break;
            }
            if self.problem.evaluation(&design)?.feasible() && seen.insert(design.clone()) {
                evaluated.push(self.evaluate(design)?);
            }
        }
        Ok(evaluated)
    }
}
