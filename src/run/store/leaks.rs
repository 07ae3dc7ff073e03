//! Operations on measured leaks.

use super::measurements::key_values;
use super::row::Stored;
use crate::files;
use crate::record::{LeakMeasurement, MeasurementKey};
use crate::run::error::RunError;

/// Operations on measured leaks.
pub trait LeakRows {
    /// Keeps a leak. If its key was measured before, the one with a trained decoder stays, else the given one; it comes
    /// with a new id. Returns whether the given one was kept.
    ///
    /// # Errors
    /// The leak is not between 0 and 1, or the database fails.
    fn record_leak(&self, measurement: &LeakMeasurement) -> Result<bool, RunError>;

    /// Leak of a key, if it was measured and is not damaged.
    ///
    /// # Errors
    /// The database fails.
    fn leak(&self, key: &MeasurementKey) -> Result<Option<Stored<LeakMeasurement>>, RunError>;

    /// At most `limit` leaks after the one with this id, in the order they came in. Damaged rows are left out and do
    /// not count for the limit.
    ///
    /// # Errors
    /// The database fails.
    fn leaks_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<LeakMeasurement>>, RunError>;
}

/// Digest of a leak; `body` is the JSON of its figures.
pub(super) fn digest(key: &MeasurementKey, leak: f64, body: &str) -> String {
    let (design, views, lost, subset, step, precision) = key_values(key);
    let text = format!("{design} {views} {lost} {subset} {step} {precision} {:x} {body}", leak.to_bits());
    files::sha256(text.as_bytes())
}
