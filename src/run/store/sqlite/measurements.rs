//! Statements on measurements and claims.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Sqlite, process, sound};
use crate::network::LinkRange;
use crate::record::{Clipping, Measurement, MeasurementKey, Precision, Quantisation, Subset};
use crate::run::claim::{Claim, Claimed};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::owner_record::STALE_S;
use crate::run::process::Process;
use crate::run::store::database::Database;
use crate::run::store::measurements::{MeasurementRows, digest, key_values};
use crate::run::store::row::{Stored, to_sql};

const MEASUREMENT: &str = "SELECT id, time, process, design, views, lost, subset, step, precision, accuracy, samples, \
                           calibration_batches, seconds, clipping, link_range, code_entropy, digest FROM measurements";
/// Condition on the [`key_values`].
pub(super) const KEY: &str =
    "design = ?1 AND views = ?2 AND lost = ?3 AND subset = ?4 AND step = ?5 AND precision = ?6";
/// Columns of a key, in the order of the [`key_values`].
pub(super) const KEY_COLUMNS: &str = "design, views, lost, subset, step, precision";

impl MeasurementRows for Sqlite {
    fn record(&self, measurement: &Measurement) -> Result<bool, RunError> {
        self.record_with(measurement, |_| Ok(()))
    }

    fn withdraw_after(&self, step: u64) -> Result<usize, RunError> {
        self.transact(|db| {
            db.execute("DELETE FROM claims WHERE step > ?1", [to_sql(step)])?;
            db.execute("DELETE FROM requests WHERE step > ?1", [to_sql(step)])?;
            db.execute("DELETE FROM leaks WHERE step > ?1", [to_sql(step)])?;
            db.execute("DELETE FROM pictures WHERE step > ?1", [to_sql(step)])?;
            db.execute("DELETE FROM measurements WHERE step > ?1", [to_sql(step)])
        })
    }

    fn measurements_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<Measurement>>, RunError> {
        self.rows_after(MEASUREMENT, id, limit, measurement)
    }

    fn measured(&self, step: u64) -> Result<Vec<Stored<Measurement>>, RunError> {
        self.run(|db| {
            db.prepare_cached(&format!("{MEASUREMENT} WHERE step = ?1 ORDER BY id"))?
                .query_map([to_sql(step)], measurement)?
                .filter_map(Result::transpose)
                .collect()
        })
    }

    fn damaged_measurements(&self) -> Result<Vec<i64>, RunError> {
        self.run(|db| {
            let mut statement = db.prepare(MEASUREMENT)?;
            let id = |row: &Row<'_>| Ok(measurement(row)?.is_none().then_some(row.get::<_, i64>(0)?));
            statement.query_map([], id)?.filter_map(Result::transpose).collect()
        })
    }

    fn measurement(&self, key: &MeasurementKey) -> Result<Option<Stored<Measurement>>, RunError> {
        self.run(|db| find(db, key))
    }

    fn claim(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError> {
        self.transact(|db| {
            if let Some(known) = find(db, key)? {
                return Ok(Claim::Measured(known.value));
            }
            take_claim(db, key, &self.process, ttl)
        })
    }

    fn claim_again(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError> {
        self.transact(|db| take_claim(db, key, &self.process, ttl))
    }

    fn release(&self, key: &MeasurementKey) -> Result<(), RunError> {
        let (design, views, lost, subset, step, precision) = key_values(key);
        self.run(|db| {
            db.prepare_cached(&format!("DELETE FROM claims WHERE {KEY} AND process = ?7"))?
                .execute(params![design, views, lost, subset, step, precision, self.process.to_string()])
                .map(drop)
        })
    }

    fn claimed(&self, step: u64) -> Result<Vec<Claimed>, RunError> {
        self.run(|db| {
            db.prepare_cached(&format!(
                "SELECT {KEY_COLUMNS}, process, expires FROM claims WHERE step = ?1 ORDER BY expires"
            ))?
            .query_map([to_sql(step)], |row| sound(row, claimed))?
            .filter_map(Result::transpose)
            .collect()
        })
    }
}

fn claimed(row: &Row<'_>) -> rusqlite::Result<Claimed> {
    Ok(Claimed { key: key(row, 0)?, process: process(row, 6)?, expires: row.get(7)? })
}

impl Sqlite {
    /// Keeps a measurement, unless one as good is there, and does what is to be done `with` one that is kept: all or
    /// nothing.
    pub(super) fn record_with(
        &self,
        measurement: &Measurement,
        with: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<bool, RunError> {
        let Measurement { key, accuracy, .. } = measurement;
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
            insert(db, measurement, &self.process.to_string(), now())?;
            with(db)?;
            Ok(true)
        })
    }
}

pub(super) fn find(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<Option<Stored<Measurement>>> {
    db.prepare_cached(&format!("{MEASUREMENT} WHERE {KEY}"))?
        .query_row(key_values(key), measurement)
        .optional()
        .map(Option::flatten)
}

/// Writes a row.
pub(super) fn insert(db: &Connection, measurement: &Measurement, process: &str, time: f64) -> rusqlite::Result<()> {
    let Measurement { key, accuracy, samples, calibration_batches, seconds, quantisation } = measurement;
    let (design, views, lost, subset, step, precision) = key_values(key);
    db.prepare_cached(&format!(
        "INSERT OR REPLACE INTO measurements ({KEY_COLUMNS}, accuracy, samples, calibration_batches, seconds, process, \
         time, digest, clipping, link_range, code_entropy) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    ))?
    .execute(params![
        design,
        views,
        lost,
        subset,
        step,
        precision,
        accuracy,
        to_sql(*samples),
        calibration_batches,
        seconds,
        process,
        time,
        digest(measurement),
        quantisation.map(|found| found.clipping.name()),
        quantisation.map(|found| found.link_range.name()),
        quantisation.map(|found| found.code_entropy)
    ])
    .map(drop)
}

fn delete_claim(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<()> {
    db.prepare_cached(&format!("DELETE FROM claims WHERE {KEY}"))?.execute(key_values(key)).map(drop)
}

pub(super) fn delete_request(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<()> {
    db.prepare_cached(&format!("DELETE FROM requests WHERE {KEY}"))?.execute(key_values(key)).map(drop)
}

/// The living process whose claim on a key, made for `ttl` as others are, has not expired. Of a process that can't be
/// looked at here, one that would hold far longer is of a clock that is ahead, and does not count.
pub(super) fn holder(db: &Connection, key: &MeasurementKey, ttl: Duration) -> rusqlite::Result<Option<Process>> {
    let found = db
        .prepare_cached(&format!("SELECT process, expires FROM claims WHERE {KEY}"))?
        .query_row(key_values(key), |row| Ok((process(row, 0)?, row.get::<_, f64>(1)?)))
        .optional()?;
    let holds = |(process, expires): &(Process, f64)| {
        let left = expires - now();
        left > 0.0 && process.is_alive().unwrap_or(left < ttl.as_secs_f64() + STALE_S)
    };
    Ok(found.filter(holds).map(|found| found.0))
}

fn take_claim(db: &Connection, key: &MeasurementKey, process: &Process, ttl: Duration) -> rusqlite::Result<Claim> {
    if holder(db, key, ttl)?.is_some() {
        return Ok(Claim::Held);
    }
    insert_claim(db, key, process, ttl)?;
    Ok(Claim::Granted)
}

pub(super) fn insert_claim(
    db: &Connection,
    key: &MeasurementKey,
    process: &Process,
    ttl: Duration,
) -> rusqlite::Result<()> {
    let (design, views, lost, subset, step, precision) = key_values(key);
    let expires = now() + ttl.as_secs_f64();
    db.prepare_cached(&format!(
        "INSERT OR REPLACE INTO claims ({KEY_COLUMNS}, process, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    ))?
    .execute(params![design, views, lost, subset, step, precision, process.to_string(), expires])
    .map(drop)
}

/// Reads a row of [`MEASUREMENT`]; `None` if it is damaged.
fn measurement(row: &Row<'_>) -> rusqlite::Result<Option<Stored<Measurement>>> {
    let found = sound(row, |row| {
        let stored = stored(row)?;
        let fits = row.get_ref(16)?.as_str() == Ok(&digest(&stored.value));
        Ok(fits.then_some(stored))
    })?;
    Ok(found.flatten())
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored<Measurement>> {
    let value = Measurement {
        key: key(row, 3)?,
        accuracy: row.get(9)?,
        samples: unsigned(row, 10)?,
        calibration_batches: row.get(11)?,
        seconds: row.get(12)?,
        quantisation: quantisation(row)?,
    };
    Ok(Stored { id: row.get(0)?, time: row.get(1)?, process: row.get(2)?, value })
}

/// Reads the columns on quantisation; `None` if they are empty.
fn quantisation(row: &Row<'_>) -> rusqlite::Result<Option<Quantisation>> {
    let (clipping, link_range): (Option<String>, Option<String>) = (row.get(13)?, row.get(14)?);
    let (Some(clipping), Some(link_range)) = (clipping, link_range) else { return Ok(None) };
    let unknown = |what: &str, name: &str| rusqlite::Error::InvalidColumnName(format!("{what} {name}"));
    Ok(Some(Quantisation {
        clipping: Clipping::named(&clipping).ok_or_else(|| unknown("clipping", &clipping))?,
        link_range: LinkRange::named(&link_range).ok_or_else(|| unknown("link range", &link_range))?,
        code_entropy: row.get(15)?,
    }))
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

/// Reads the [`KEY_COLUMNS`] from column `first` on.
pub(super) fn key(row: &Row<'_>, first: usize) -> rusqlite::Result<MeasurementKey> {
    let (subset, precision): (String, String) = (row.get(first + 3)?, row.get(first + 5)?);
    let unknown = |what: &str, name: &str| rusqlite::Error::InvalidColumnName(format!("{what} {name}"));
    Ok(MeasurementKey {
        design: row.get(first)?,
        views: row.get(first + 1)?,
        lost: row.get(first + 2)?,
        subset: Subset::named(&subset).ok_or_else(|| unknown("subset", &subset))?,
        precision: Precision::named(&precision).ok_or_else(|| unknown("precision", &precision))?,
        step: unsigned(row, first + 4)?,
    })
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
