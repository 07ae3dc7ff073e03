//! Operations on measurements and claims.

use std::time::Duration;

use super::row::{Stored, to_sql};
use crate::files;
use crate::record::{Measurement, MeasurementKey, Precision, Quantisation};
use crate::run::claim::{Claim, Claimed};
use crate::run::error::RunError;

/// Operations on measurements and claims.
pub trait MeasurementRows {
    /// Keeps a measurement and lifts the claim on it and the request for it. If its key was measured before, the one on
    /// more samples (then on more calibration batches) stays; a newer one comes with a new id. Returns whether the
    /// given one was kept.
    ///
    /// # Errors
    /// The accuracy is not between 0 and 1, or the database fails.
    fn record(&self, measurement: &Measurement) -> Result<bool, RunError>;

    /// Withdraws the measurements and claims of checkpoints after `step`: after a rollback those weights are gone.
    ///
    /// # Errors
    /// The database fails.
    fn withdraw_after(&self, step: u64) -> Result<usize, RunError>;

    /// At most `limit` measurements after the one with this id, in the order they came in. Damaged rows are left out
    /// and do not count for the limit.
    ///
    /// # Errors
    /// The database fails.
    fn measurements_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<Measurement>>, RunError>;

    /// All measurements of the checkpoint after `step` that are not damaged.
    ///
    /// # Errors
    /// The database fails.
    fn measured(&self, step: u64) -> Result<Vec<Stored<Measurement>>, RunError>;

    /// Ids of the measurements whose content does not fit their digest. No answer is made of them; what is measured
    /// again takes their place.
    ///
    /// # Errors
    /// The database fails.
    fn damaged_measurements(&self) -> Result<Vec<i64>, RunError>;

    /// Measurement of a key, if there is one.
    ///
    /// # Errors
    /// The database fails.
    fn measurement(&self, key: &MeasurementKey) -> Result<Option<Stored<Measurement>>, RunError>;

    /// Asks for the right to measure something for `ttl`. A claim that has expired, or whose process is dead, is taken
    /// over. Two askers never both get it, be they threads or processes.
    ///
    /// # Errors
    /// The database fails.
    fn claim(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError>;

    /// As [`MeasurementRows::claim`], of what is to be measured again, whatever is on record: it was measured on few
    /// objects. The answer is never that it was measured.
    ///
    /// # Errors
    /// The database fails.
    fn claim_again(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError>;

    /// Gives a claim of this process back without a measurement.
    ///
    /// # Errors
    /// The database fails.
    fn release(&self, key: &MeasurementKey) -> Result<(), RunError>;

    /// The claims on a checkpoint's weights, the first to expire first; expired ones too.
    ///
    /// # Errors
    /// The database fails.
    fn claimed(&self, step: u64) -> Result<Vec<Claimed>, RunError>;
}

/// Digest of all that is measured and how. Rows of measurements in single precision have the digest of older ones,
/// which had no precision.
pub(super) fn digest(measurement: &Measurement) -> String {
    let Measurement { key, accuracy, samples, calibration_batches, seconds, quantisation } = measurement;
    let (design, views, lost, subset, step, precision) = key_values(key);
    let (accuracy, seconds) = (accuracy.to_bits(), seconds.to_bits());
    let measured =
        format!("{design} {views} {lost} {subset} {step} {accuracy:x} {samples} {calibration_batches} {seconds:x}");
    let precision = match key.precision {
        Precision::Int8 => format!(" {precision}"),
        Precision::Float => String::new(),
    };
    let quantisation = match quantisation {
        Some(Quantisation { clipping, link_range, code_entropy }) => {
            format!(" {} {} {:x}", clipping.name(), link_range.name(), code_entropy.to_bits())
        }
        None => String::new(),
    };
    files::sha256([measured, precision, quantisation].concat().as_bytes())
}

/// Columns of a key, in the order `design, views, lost, subset, step, precision`.
pub(super) fn key_values(key: &MeasurementKey) -> (&str, u32, u32, &'static str, i64, &'static str) {
    let MeasurementKey { design, views, lost, subset, precision, step } = key;
    (design, *views, *lost, subset.name(), to_sql(*step), precision.name())
}
