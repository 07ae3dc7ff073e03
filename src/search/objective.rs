//! Objectives of a search.

use crate::quantity::{Metric, ascii};

/// Objective of a search; all are minimised, accuracy as the share of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Share of objects classified wrongly.
    Accuracy,
    /// End-to-end latency of one frame (s).
    Latency,
    /// Energy of one frame, all devices together (J).
    Energy,
    /// Peak memory of a sensor (B).
    Memory,
    /// Share of the pictures that can be rebuilt from what crosses the link.
    Leak,
    /// Multiply-accumulates of the whole network, wherever it runs: chooses an architecture before anyone splits it.
    Macs,
}

impl Objective {
    /// Objectives that a user may choose.
    pub const CHOICES: [Self; 5] = [Self::Accuracy, Self::Latency, Self::Energy, Self::Memory, Self::Leak];

    /// Name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Latency => "latency",
            Self::Energy => "energy",
            Self::Memory => "memory",
            Self::Leak => "leak",
            Self::Macs => "macs",
        }
    }

    /// The objective of this name that a user may choose.
    pub fn named(name: &str) -> Option<Self> {
        Self::CHOICES.into_iter().find(|objective| objective.name() == name)
    }

    /// Metric that it minimises; for accuracy, the metric that it maximises.
    pub const fn metric(self) -> Metric {
        match self {
            Self::Accuracy => Metric::Accuracy,
            Self::Latency => Metric::Latency,
            Self::Energy => Metric::Energy,
            Self::Memory => Metric::SensorMemory,
            Self::Leak => Metric::Leak,
            Self::Macs => Metric::Macs,
        }
    }

    /// Formats a value of the objective with its unit, in plain characters; an accuracy instead of a share of errors.
    pub fn format(self, value: f64) -> String {
        let shown = if self == Self::Accuracy { 1.0 - value } else { value };
        ascii(&self.metric().format(shown)).into_owned()
    }
}
