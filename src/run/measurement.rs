//! Measured accuracies, and the claims of workers on measuring them. Plain data; [`Store`](super::Store) keeps it.

use super::process::Process;

/// Which samples an accuracy was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subset {
    Validation,
    Test,
}

impl Subset {
    /// Name in the database and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The subset of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Validation, Self::Test].into_iter().find(|subset| subset.name() == name)
    }
}

/// What was, or is to be, measured: the accuracy of this design, with so many views of which some may be lost, on this
/// subset, with the weights of the checkpoint after `step`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Cameras of the rig.
    pub views: u32,
    /// Cameras of the rig that see nothing: bit n is camera n. 0 where all work.
    pub lost: u32,
    pub subset: Subset,
    pub step: u64,
}

/// One measured accuracy and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    pub subject: Subject,
    /// Share of samples put into their class, 0 to 1.
    pub accuracy: f64,
    /// Number of samples this was measured on.
    pub samples: u64,
    /// Batches that batch norm was recalibrated on.
    pub calibration_batches: u32,
    /// Time the measurement took.
    pub seconds: f64,
}

/// Answer to a worker that wants to measure something.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// The subject is the asker's to measure, until the claim expires.
    Granted,
    /// Another worker is at it.
    Held,
    /// It is measured already.
    Measured(Measurement),
}

/// A claim as it stands in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub subject: Subject,
    pub process: Process,
    /// Unix time in seconds after which anyone may take the claim over.
    pub expires: f64,
}
