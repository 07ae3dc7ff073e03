//! Statements on measurements and claims.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, Stored, now, process, to_sql};
use crate::files;
use crate::record::{Measurement, MeasurementKey, Subset};
use crate::run::claim::{Claim, Claimed};
use crate::run::error::RunError;
use crate::run::process::Process;

const MEASUREMENT: &str = "SELECT id, time, process, design, views, lost, subset, step, accuracy, samples, \
                           calibration_batches, seconds, digest FROM measurements";
/// Damaged rows that a message names.
const SHOWN_ROWS: usize = 5;
const KEY: &str = "design = ?1 AND views = ?2 AND lost = ?3 AND subset = ?4 AND step = ?5";

impl Store {
    /// Keeps a measurement and lifts the claim on it and the request for it. If its key was measured before, the one on
    /// more samples (then on more calibration batches) stays; a newer one comes with a new id. Returns whether the
    /// given one was kept.
    ///
    /// # Errors
    /// The accuracy is not between 0 and 1, or the database fails.
    pub fn record(&self, measurement: &Measurement) -> Result<bool, RunError> {
        let Measurement { key, accuracy, samples, calibration_batches, seconds } = measurement;
        if !(0.0..=1.0).contains(accuracy) {
            return Err(RunError::NotAnAccuracy(*accuracy));
        }
        self.check()?;
        self.transact(|db| {
            delete_claim(db, key)?;
            delete_request(db, key)?;
            let quality = |m: &Measurement| (m.samples, m.calibration_batches);
            if find(db, key)?.is_some_and(|known| quality(&known.value) >= quality(measurement)) {
                return Ok(false);
            }
            let MeasurementKey { design, views, lost, subset, step } = key;
            db.prepare_cached(
                "INSERT OR REPLACE INTO measurements (design, views, lost, subset, step, accuracy, samples, \
                 calibration_batches, seconds, process, time, digest) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                design,
                views,
                lost,
                subset.name(),
                to_sql(*step),
                accuracy,
                to_sql(*samples),
                calibration_batches,
                seconds,
                self.process.to_string(),
                now(),
                digest(measurement)
            ])?;
            Ok(true)
        })
    }

    /// Withdraws the measurements and claims of checkpoints after `step`: after a rollback those weights are gone.
    ///
    /// # Errors
    /// The database fails.
    pub fn withdraw_after(&self, step: u64) -> Result<usize, RunError> {
        self.transact(|db| {
            db.execute("DELETE FROM claims WHERE step > ?1", [to_sql(step)])?;
            db.execute("DELETE FROM requests WHERE step > ?1", [to_sql(step)])?;
            db.execute("DELETE FROM measurements WHERE step > ?1", [to_sql(step)])
        })
    }

    /// At most `limit` measurements after the one with this id, in the order they came in. Damaged rows count for the
    /// limit and are left out.
    ///
    /// # Errors
    /// The database fails.
    pub fn measurements_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<Measurement>>, RunError> {
        self.run(|db| {
            db.prepare_cached(&format!("{MEASUREMENT} WHERE id > ?1 ORDER BY id LIMIT ?2"))?
                .query_map(params![id, to_sql(limit as u64)], measurement)?
                .filter_map(Result::transpose)
                .collect()
        })
    }

    /// All measurements of the checkpoint after `step` that are not damaged.
    ///
    /// # Errors
    /// The database fails.
    pub fn measured(&self, step: u64) -> Result<Vec<Stored<Measurement>>, RunError> {
        self.run(|db| {
            db.prepare_cached(&format!("{MEASUREMENT} WHERE step = ?1 ORDER BY id"))?
                .query_map([to_sql(step)], measurement)?
                .filter_map(Result::transpose)
                .collect()
        })
    }

    /// Ids of the measurements whose content does not fit their digest. No answer is made of them; what is measured
    /// again takes their place.
    ///
    /// # Errors
    /// The database fails.
    pub fn damaged_measurements(&self) -> Result<Vec<i64>, RunError> {
        self.run(|db| {
            let mut statement = db.prepare(MEASUREMENT)?;
            let id = |row: &Row<'_>| Ok(measurement(row)?.is_none().then_some(row.get::<_, i64>(0)?));
            statement.query_map([], id)?.filter_map(Result::transpose).collect()
        })
    }

    /// Sentence on the damaged measurements; `None` if all are sound.
    ///
    /// # Errors
    /// The database fails.
    pub fn damage_warning(&self) -> Result<Option<String>, RunError> {
        let damaged = self.damaged_measurements()?;
        if damaged.is_empty() {
            return Ok(None);
        }
        let rows: Vec<String> = damaged.iter().take(SHOWN_ROWS).map(ToString::to_string).collect();
        let more = if damaged.len() > SHOWN_ROWS { ", ..." } else { "" };
        Ok(Some(format!(
            "{} of the measurements in {} are damaged and left out (rows {}{more}); measure them again",
            damaged.len(),
            self.path().display(),
            rows.join(", ")
        )))
    }

    /// Measurement of a key, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub fn measurement(&self, key: &MeasurementKey) -> Result<Option<Stored<Measurement>>, RunError> {
        self.run(|db| find(db, key))
    }

    /// Asks for the right to measure something for `ttl`. A claim that has expired, or whose process is dead, is taken
    /// over. Two askers never both get it, be they threads or processes.
    ///
    /// # Errors
    /// The database fails.
    pub fn claim(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError> {
        self.transact(|db| {
            if let Some(known) = find(db, key)? {
                return Ok(Claim::Measured(known.value));
            }
            let holder = holder(db, key)?;
            if holder.is_some() {
                return Ok(Claim::Held);
            }
            insert_claim(db, key, &self.process, ttl)?;
            Ok(Claim::Granted)
        })
    }

    /// Gives a claim of this process back without a measurement.
    ///
    /// # Errors
    /// The database fails.
    pub fn release(&self, key: &MeasurementKey) -> Result<(), RunError> {
        let MeasurementKey { design, views, lost, subset, step } = key;
        self.run(|db| {
            db.prepare_cached(&format!("DELETE FROM claims WHERE {KEY} AND process = ?6"))?
                .execute(params![design, views, lost, subset.name(), to_sql(*step), self.process.to_string()])
                .map(drop)
        })
    }

    /// The claims on a checkpoint's weights, the first to expire first; expired ones too.
    ///
    /// # Errors
    /// The database fails.
    pub fn claimed(&self, step: u64) -> Result<Vec<Claimed>, RunError> {
        self.run(|db| {
            db.prepare_cached(
                "SELECT design, views, lost, subset, step, process, expires FROM claims WHERE step = ?1 ORDER BY expires",
            )?
            .query_map([to_sql(step)], |row| {
                Ok(Claimed { key: key(row, 0)?, process: process(row, 5)?, expires: row.get(6)? })
            })?
            .collect()
        })
    }
}

pub(super) fn find(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<Option<Stored<Measurement>>> {
    let MeasurementKey { design, views, lost, subset, step } = key;
    db.prepare_cached(&format!("{MEASUREMENT} WHERE {KEY}"))?
        .query_row(params![design, views, lost, subset.name(), to_sql(*step)], measurement)
        .optional()
        .map(Option::flatten)
}

fn delete_claim(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<()> {
    let MeasurementKey { design, views, lost, subset, step } = key;
    db.prepare_cached(&format!("DELETE FROM claims WHERE {KEY}"))?
        .execute(params![design, views, lost, subset.name(), to_sql(*step)])
        .map(drop)
}

pub(super) fn delete_request(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<()> {
    let MeasurementKey { design, views, lost, subset, step } = key;
    db.prepare_cached(&format!("DELETE FROM requests WHERE {KEY}"))?
        .execute(params![design, views, lost, subset.name(), to_sql(*step)])
        .map(drop)
}

/// The living process whose claim on a key has not expired.
pub(super) fn holder(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<Option<Process>> {
    let MeasurementKey { design, views, lost, subset, step } = key;
    let found = db
        .prepare_cached(&format!("SELECT process, expires FROM claims WHERE {KEY}"))?
        .query_row(params![design, views, lost, subset.name(), to_sql(*step)], |row| {
            Ok((process(row, 0)?, row.get::<_, f64>(1)?))
        })
        .optional()?;
    Ok(found.filter(|(process, expires)| *expires > now() && process.is_alive() != Some(false)).map(|found| found.0))
}

pub(super) fn insert_claim(
    db: &Connection,
    key: &MeasurementKey,
    process: &Process,
    ttl: Duration,
) -> rusqlite::Result<()> {
    let MeasurementKey { design, views, lost, subset, step } = key;
    db.prepare_cached(
        "INSERT OR REPLACE INTO claims (design, views, lost, subset, step, process, expires) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![design, views, lost, subset.name(), to_sql(*step), process.to_string(), now() + ttl.as_secs_f64()])
    .map(drop)
}

/// Reads a row of [`MEASUREMENT`]; `None` if it is damaged.
fn measurement(row: &Row<'_>) -> rusqlite::Result<Option<Stored<Measurement>>> {
    match stored(row) {
        Ok(stored) if row.get_ref(12)?.as_str() == Ok(&digest(&stored.value)) => Ok(Some(stored)),
        // A damaged value may also be of another type, or out of range.
        _ => Ok(None),
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored<Measurement>> {
    let value = Measurement {
        key: key(row, 3)?,
        accuracy: row.get(8)?,
        samples: unsigned(row, 9)?,
        calibration_batches: row.get(10)?,
        seconds: row.get(11)?,
    };
    Ok(Stored { id: row.get(0)?, time: row.get(1)?, process: row.get(2)?, value })
}

/// Digest of all that is measured and how.
fn digest(measurement: &Measurement) -> String {
    let Measurement { key, accuracy, samples, calibration_batches, seconds } = measurement;
    let MeasurementKey { design, views, lost, subset, step } = key;
    let (accuracy, seconds, subset) = (accuracy.to_bits(), seconds.to_bits(), subset.name());
    let text =
        format!("{design} {views} {lost} {subset} {step} {accuracy:x} {samples} {calibration_batches} {seconds:x}");
    files::sha256(text.as_bytes())
}

/// Gives the rows of databases from before digests theirs.
pub(super) fn add_digests(db: &Connection) -> rusqlite::Result<()> {
    let mut statement = db.prepare(&format!("{MEASUREMENT} WHERE digest = ''"))?;
    let digests = statement.query_map([], |row| {
        let stored = stored(row)?;
        Ok((stored.id, digest(&stored.value)))
    })?;
    for found in digests.collect::<rusqlite::Result<Vec<_>>>()? {
        db.execute("UPDATE measurements SET digest = ?2 WHERE id = ?1", found)?;
    }
    Ok(())
}

/// Reads design, views, lost views, subset and step from five columns.
pub(super) fn key(row: &Row<'_>, first: usize) -> rusqlite::Result<MeasurementKey> {
    let subset: String = row.get(first + 3)?;
    let unknown = || rusqlite::Error::InvalidColumnName(format!("subset {subset}"));
    Ok(MeasurementKey {
        design: row.get(first)?,
        views: row.get(first + 1)?,
        lost: row.get(first + 2)?,
        subset: Subset::named(&subset).ok_or_else(unknown)?,
        step: unsigned(row, first + 4)?,
    })
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
