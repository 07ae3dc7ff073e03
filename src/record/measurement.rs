//! Measured accuracies and their keys.

use serde::{Deserialize, Serialize};

use super::figure;
use super::precision::{Precision, Quantisation};
use super::task::Role;

/// Set of objects that an accuracy is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subset {
    /// Ranks designs.
    Validation,
    /// Reports the final accuracy; no choice depends on it.
    Test,
}

impl Subset {
    /// Both subsets.
    pub const ALL: [Self; 2] = [Self::Validation, Self::Test];

    /// Name in the database and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The subset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subset| subset.name() == name)
    }
}

/// Key of a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MeasurementKey {
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Number of cameras of the rig.
    pub views: u32,
    /// Lost cameras as bits: bit n is camera n.
    pub lost: u32,
    /// Objects measured on.
    pub subset: Subset,
    /// Numbers that the network was evaluated with.
    pub precision: Precision,
    /// Training step of the weights.
    pub step: u64,
}

/// One measured accuracy and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Measured design and circumstances.
    pub key: MeasurementKey,
    /// Share of objects classified correctly, 0 to 1.
    pub accuracy: f64,
    /// Number of objects.
    pub samples: u64,
    /// Batches that batch norm was recalibrated on.
    pub calibration_batches: u32,
    /// Time the measurement took.
    pub seconds: f64,
    /// Quantisation of the network; `None` for one in single precision.
    pub quantisation: Option<Quantisation>,
}

/// Result of an evaluation during a training or search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationRecord {
    /// Training step of the weights.
    pub step: u64,
    /// Role of a design that a training watches; `None` in a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Number of views.
    pub views: u32,
    /// Numbers that the network was evaluated with.
    #[serde(default = "Precision::of_old_records")]
    pub precision: Precision,
    /// Share of objects classified correctly, 0 to 1.
    #[serde(with = "figure")]
    pub accuracy: f64,
    /// Number of objects.
    pub samples: u64,
}

impl EvaluationRecord {
    /// Record of a measurement.
    pub fn new(measurement: &Measurement, role: Option<Role>) -> Self {
        let Measurement { key, accuracy, samples, .. } = measurement;
        let (step, design, views, precision) = (key.step, key.design.clone(), key.views, key.precision);
        Self { step, role, design, views, precision, accuracy: *accuracy, samples: *samples }
    }
}
