//! Outcome of one method.

use crate::cost::Evaluation;
use crate::space::Design;

/// Result of one method.
#[derive(Debug, Clone)]
pub struct BaselineOutcome {
    /// Name of the method.
    pub method: String,
    /// Choices that are open to the method, in a few words.
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
