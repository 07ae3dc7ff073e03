//! Claims of workers on measurements. Plain data; [`Store`](super::Store) keeps it.

use super::process::Process;
use crate::record::{Measurement, MeasurementKey};

/// Answer to a worker that asks for a measurement.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Reserved for the asking worker until the claim expires.
    Granted,
    /// Claimed by another worker.
    Held,
    /// Measured already.
    Measured(Measurement),
}

/// Claim as stored in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Key of the measurement.
    pub key: MeasurementKey,
    /// Worker that holds the claim.
    pub process: Process,
    /// Unix time in seconds after which another worker may take the claim over.
    pub expires: f64,
}
