//! Records of a training: preparation of the data, and steps.

use serde::{Deserialize, Serialize};

use super::figure;
use super::task::Role;

/// Progress of the data preparation before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PreparingRecord {
    /// Objects ready.
    pub done: u64,
    /// Objects in all.
    pub total: u64,
    /// Estimated seconds until all objects are ready.
    #[serde(with = "figure")]
    pub left_s: f64,
}

/// Size of the prepared data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// Number of classes.
    pub classes: u32,
    /// Training objects.
    pub train: u64,
    /// Validation objects.
    pub validation: u64,
    /// Test objects.
    pub test: u64,
    /// Views of an object.
    pub views: u32,
    /// Time the preparation took.
    #[serde(with = "figure")]
    pub seconds: f64,
    /// Hash of the labels of all objects and of their parts; 0 where it is not on record.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub labels_hash: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(hash: &u32) -> bool {
    *hash == 0
}

/// Figures of one training step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepRecord {
    /// Steps done, this one included.
    pub step: u64,
    /// Steps of the whole training.
    pub steps: u64,
    /// Passes over the training objects.
    #[serde(with = "figure")]
    pub epoch: f64,
    /// Learning rate of this step.
    #[serde(with = "figure")]
    pub learning_rate: f64,
    /// Views of this step's batch.
    pub views: u32,
    /// Cross-entropy loss by role.
    #[serde(with = "figure::by_role")]
    pub losses: Vec<(Role, f64)>,
    /// Accuracy on the training batch by role, 0 to 1.
    #[serde(with = "figure::by_role")]
    pub accuracies: Vec<(Role, f64)>,
    /// Norm of the gradient before clipping.
    #[serde(with = "figure")]
    pub gradient_norm: f64,
    /// Images per second, summed over views and networks.
    #[serde(with = "figure")]
    pub images_per_s: f64,
    /// Steps per second.
    #[serde(with = "figure")]
    pub steps_per_s: f64,
    /// Estimated seconds until the last step; `None` during the first few steps.
    pub eta_s: Option<f64>,
    /// Time of each part of this step.
    pub seconds: StepSeconds,
    /// Resident memory of the process in bytes.
    pub rss_bytes: u64,
}

/// Seconds of one training step by part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepSeconds {
    /// Assembling the batch.
    pub data: f64,
    /// Forward passes.
    pub forward: f64,
    /// Backward passes.
    pub backward: f64,
    /// The update.
    pub optimiser: f64,
}

impl StepSeconds {
    /// Seconds of the whole step.
    pub fn total(&self) -> f64 {
        self.data + self.forward + self.backward + self.optimiser
    }
}
