//! Record of a design of a run that another run has trained alone.

use serde::{Deserialize, Serialize};

use super::figure;
use super::precision::Precision;
use crate::quantity::Metric;

/// Design that was trained alone, in the events of the run that it was chosen on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinetunedRecord {
    /// Run of the weights.
    pub run: String,
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Numbers that its training computed with.
    pub precision: Precision,
    /// `true` if the training began with fresh weights.
    pub from_scratch: bool,
    /// Training step of the weights.
    pub step: u64,
    /// Accuracies on validation objects.
    pub accuracies: Vec<FinetunedAccuracy>,
}

/// Accuracy of a finetuned design on validation objects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FinetunedAccuracy {
    /// Number of views.
    pub views: u32,
    /// Numbers that the network was evaluated with.
    pub precision: Precision,
    /// Share of objects classified correctly, 0 to 1.
    #[serde(with = "figure")]
    pub accuracy: f64,
    /// Number of objects.
    pub samples: u64,
}

impl FinetunedRecord {
    /// Kind of its training, for instance "finetuned in int8".
    pub fn kind(&self) -> String {
        let start = if self.from_scratch { "from scratch" } else { "finetuned" };
        format!("{start} in {}", self.precision.name())
    }

    /// Sentence, for instance "finetuned in int8: 94.1 % with 6 views, largest@S2.1/S3.1:r4b8 in runs/run-002".
    pub(super) fn sentence(&self) -> String {
        let own = self.accuracies.iter().filter(|one| one.precision == self.precision);
        let figures: Vec<String> =
            own.map(|one| format!("{} with {} views", Metric::Accuracy.format(one.accuracy), one.views)).collect();
        format!("{}: {}, {} in {}", self.kind(), figures.join(", "), self.design, self.run)
    }
}
