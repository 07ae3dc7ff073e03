//! Baselines of the joint search: simpler methods on the same problem, each with the same number of evaluations.
//!
//! A method picks by validation accuracy; its pick is then measured once on test objects, which no method has seen.
//! Accuracies are shared between methods, so that nothing is measured twice; what a method has asked for counts against its
//! budget all the same. The joint search learns from nothing but its own measurements.

mod comparison;
mod methods;

use std::collections::{HashMap, HashSet};

use super::accuracy::{AccuracySource, DesignScore};
use super::driver::DriverError;
use super::problem::SearchProblem;
use crate::cost::Evaluation;
use crate::space::Design;
pub use comparison::{JOINT_SEARCH, front_share, verdict};

/// Result of one method.
#[derive(Debug, Clone)]
pub struct BaselineOutcome {
    /// Name of the method.
    pub method: String,
    /// What the method may choose, in a few words.
    pub chooses: &'static str,
    /// Designs whose accuracy it has asked for, in order.
    pub evaluated: Vec<EvaluatedDesign>,
    /// Reason why it found nothing or was not run.
    pub reason: Option<String>,
    /// Test accuracy of its best design.
    pub test_accuracy: Option<f64>,
}

/// A design with its accuracy and costs.
#[derive(Debug, Clone)]
pub struct EvaluatedDesign {
    /// The design.
    pub design: Design,
    /// Validation accuracy, as a share.
    pub accuracy: f64,
    /// Costs under the knobs.
    pub evaluation: Evaluation,
}

impl BaselineOutcome {
    /// Feasible design of the greatest accuracy; of equal ones the quickest.
    pub fn best(&self) -> Option<&EvaluatedDesign> {
        let key = |one: &EvaluatedDesign| (one.accuracy, -one.evaluation.latency.total_s());
        let feasible = self.evaluated.iter().filter(|one| one.evaluation.feasible());
        feasible.max_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal))
    }
}

/// Comparison of the joint search with its baselines on one problem.
pub struct BaselineStudy<'a> {
    problem: SearchProblem,
    source: &'a mut dyn AccuracySource,
    score: Option<DesignScore>,
    accuracies: HashMap<Design, f64>,
    budget: usize,
    seed: u64,
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

    /// Runs all methods, from the simplest to the joint search, and then every design if there are few. Each outcome is
    /// passed to `progress` as soon as it is known.
    ///
    /// # Errors
    /// An accuracy can't be measured, or a design can't be costed.
    pub fn run(mut self, progress: &mut dyn FnMut(&BaselineOutcome)) -> Result<Vec<BaselineOutcome>, DriverError> {
        methods::run_all(&mut self, progress)
    }

    /// Validation accuracy of a design, asked for once.
    fn accuracy(&mut self, design: &Design) -> Result<f64, DriverError> {
        if let Some(&accuracy) = self.accuracies.get(design) {
            return Ok(accuracy);
        }
        let views = self.problem.knobs.sensors;
        let accuracy = self.source.accuracy(design, views).map_err(DriverError::Accuracy)?;
        self.accuracies.insert(design.clone(), accuracy);
        Ok(accuracy)
    }

    fn test_accuracy(&mut self, design: &Design) -> Result<f64, DriverError> {
        let views = self.problem.knobs.sensors;
        self.source.test_accuracy(design, views).map_err(DriverError::Accuracy)
    }

    fn evaluate(&mut self, design: Design) -> Result<EvaluatedDesign, DriverError> {
        let accuracy = self.accuracy(&design)?;
        let evaluation = self.problem.evaluation(&design)?.with_accuracy(accuracy, &self.problem.knobs);
        Ok(EvaluatedDesign { design, accuracy, evaluation })
    }

    /// Evaluates the feasible ones of some designs in order, each once, until the budget is spent.
    fn evaluate_feasible(
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
