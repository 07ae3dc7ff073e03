//! Statements on measurements and claims.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postgres::Row;

use super::Postgres;
use super::pending::PendingRecord;
use super::session::Listeners;
use super::values::{KeyValues, RecordValues};
use crate::network::LinkRange;
use crate::record::{Clipping, Measurement, MeasurementKey, Precision, Quantisation, Subset, Task};
use crate::run::claim::{Claim, Claimed};
use crate::run::error::RunError;
use crate::run::process::Process;
use crate::run::store::measurements::{MeasurementRows, digest};
use crate::run::store::requests::RequestRows;
use crate::run::store::row::{Stored, to_sql};

/// Columns of a measurement, with a condition on them.
macro_rules! measurement_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, time, process, design, views, lost, subset, step, precision, accuracy, samples, \
             calibration_batches, seconds, clipping, link_range, code_entropy, digest FROM measurements ",
            $condition
        )
    };
}

impl MeasurementRows for Postgres {
    fn record(&self, measurement: &Measurement) -> Result<bool, RunError> {
        check(measurement)?;
        if self.put(measurement, false)? {
            return Ok(true);
        }
        // A damaged row is no measurement; one that this call has written, before its connection was lost, is kept.
        match self.measurement(&measurement.key)? {
            None => self.put(measurement, true),
            Some(known) => Ok(known.value == *measurement && known.process == self.process.to_string()),
        }
    }

    fn withdraw_after(&self, step: u64) -> Result<usize, RunError> {
        let rows = self.write(
            "WITH a AS (DELETE FROM claims WHERE step > $1), b AS (DELETE FROM requests WHERE step > $1), \
             c AS (DELETE FROM leaks WHERE step > $1), d AS (DELETE FROM pictures WHERE step > $1), \
             e AS (DELETE FROM measurements WHERE step > $1 RETURNING 1) SELECT count(*) FROM e",
            &[&to_sql(step)],
            Listeners::Readers,
        )?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0)) as usize)
    }

    fn measurements_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<Measurement>>, RunError> {
        let last = self.settled("SELECT settled('measurements', 'measurements_id')")?;
        let sql = measurement_where!("WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3");
        self.sound_rows(sql, (id, last), limit, stored)
    }

    fn measured(&self, step: u64) -> Result<Vec<Stored<Measurement>>, RunError> {
        let rows = self.rows(measurement_where!("WHERE step = $1 ORDER BY id"), &[&to_sql(step)])?;
        Ok(rows.iter().filter_map(stored).collect())
    }

    fn damaged_measurements(&self) -> Result<Vec<i64>, RunError> {
        let rows = self.rows(measurement_where!("ORDER BY id"), &[])?;
        Ok(rows.iter().filter(|row| stored(row).is_none()).map(|row| row.get(0)).collect())
    }

    fn measurement(&self, key: &MeasurementKey) -> Result<Option<Stored<Measurement>>, RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        let rows = self.rows(
            measurement_where!(
                "WHERE design = $1 AND views = $2 AND lost = $3 AND subset = $4 AND step = $5 AND precision = $6"
            ),
            &[&design, &views, &lost, &subset, &step, &precision],
        )?;
        Ok(rows.first().and_then(stored))
    }

    fn claim(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError> {
        let answer = self.ask_claim(key, ttl, false)?;
        if answer != "measured" {
            return Ok(if answer == "granted" { Claim::Granted } else { Claim::Held });
        }
        if let Some(known) = self.measurement(key)? {
            return Ok(Claim::Measured(known.value));
        }
        // Damaged rows do not count.
        self.claim_again(key, ttl)
    }

    fn claim_again(&self, key: &MeasurementKey, ttl: Duration) -> Result<Claim, RunError> {
        Ok(if self.ask_claim(key, ttl, true)? == "granted" { Claim::Granted } else { Claim::Held })
    }

    fn release(&self, key: &MeasurementKey) -> Result<(), RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        let process = self.process.to_string();
        self.write(
            "WITH freed AS (DELETE FROM claims WHERE design = $1 AND views = $2 AND lost = $3 AND subset = $4 \
             AND step = $5 AND precision = $6 AND process = $7 RETURNING 1) \
             UPDATE requests SET free = true WHERE design = $1 AND views = $2 AND lost = $3 AND subset = $4 AND step = $5 \
             AND precision = $6 AND EXISTS (SELECT FROM freed)",
            &[&design, &views, &lost, &subset, &step, &precision, &process],
            Listeners::Workers,
        )
        .map(drop)
    }

    fn claimed(&self, step: u64) -> Result<Vec<Claimed>, RunError> {
        let rows = self.rows(
            "SELECT design, views, lost, subset, step, precision, process, expires FROM claims WHERE step = $1 \
             ORDER BY expires",
            &[&to_sql(step)],
        )?;
        let claimed = |row: &Row| {
            let expires = row.get(7);
            key(row, 0).map(|key| Claimed { key, process: process(row.get(6)), expires })
        };
        Ok(rows.iter().filter_map(claimed).collect())
    }
}

impl Postgres {
    /// Claims the next request and lets a thread record a measurement with its event and give the news of it. What was
    /// to be recorded before is on record then.
    pub(super) fn put_and_claim(
        &self,
        measurement: &Measurement,
        ttl: Duration,
    ) -> Result<Option<MeasurementKey>, RunError> {
        check(measurement)?;
        self.finish_record()?;
        let next = self.claim_next(measurement.key.step, ttl);
        self.pending.replace(Some(self.start_record(measurement)));
        if !matches!(next, Ok(Some(_))) {
            // Nothing to do meanwhile.
            self.finish_record()?;
        }
        next
    }

    /// Records a measurement with its event. Returns whether it was kept.
    pub(super) fn put_and_tell(&self, measurement: &Measurement) -> Result<bool, RunError> {
        check(measurement)?;
        self.finish_record()?;
        self.pending.replace(Some(self.start_record(measurement)));
        self.finish_record()
    }

    fn claim_next(&self, step: u64, ttl: Duration) -> Result<Option<MeasurementKey>, RunError> {
        let next = self.claim_request(step, ttl)?;
        self.locked().claimed(next.is_some())?;
        Ok(next)
    }

    /// Waits until the last measurement is on record. Returns `false` if there was none, or if another is as good.
    pub(super) fn finish_record(&self) -> Result<bool, RunError> {
        let Some(pending) = self.pending.take() else { return Ok(false) };
        let (measurement, event, is_kept) = pending.join()?;
        // A damaged row, which only a client can tell, is no measurement.
        if is_kept || self.measurement(&measurement.key)?.is_some() {
            return Ok(is_kept);
        }
        // In this order: the record is made before it is asked whether it was kept.
        let sql = "SELECT append_event($1, $2, $3, $4, $5, $6) FROM (SELECT record_measurement($7, $8, $9, $10, $11, \
            $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, true) AS kept OFFSET 0) AS row WHERE kept";
        let row = RecordValues::of(&measurement, &self.process);
        Ok(!self.append_by(sql, &row.values(), Task::Search, &event)?.is_empty())
    }

    fn start_record(&self, measurement: &Measurement) -> PendingRecord {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        PendingRecord::start(&self.session, measurement, &self.process, (self.serial, number))
    }
}

impl Postgres {
    /// Writes a measurement, unless one as good is there; also then if `anyway`.
    fn put(&self, measurement: &Measurement, anyway: bool) -> Result<bool, RunError> {
        let row = RecordValues::of(measurement, &self.process);
        let values = [&row.values()[..], &[&anyway]].concat();
        let rows = self.write(
            "SELECT record_measurement($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            &values,
            Listeners::Readers,
        )?;
        Ok(rows.first().is_some_and(|row| row.get(0)))
    }

    /// Answer to a claim: `granted`, `held` or `measured`; the last not if `anyway`.
    fn ask_claim(&self, key: &MeasurementKey, ttl: Duration, anyway: bool) -> Result<String, RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        let (process, ttl) = (self.process.to_string(), Self::lease_s(ttl));
        let rows = self.write_again(
            &mut |connection, again| {
                connection.rows(
                    "SELECT claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    &[
                        &design,
                        &views,
                        &lost,
                        &subset,
                        &step,
                        &precision,
                        &process,
                        &self.serial,
                        &ttl,
                        &again,
                        &anyway,
                    ],
                )
            },
            Listeners::None,
        )?;
        Ok(rows.first().map_or_else(String::new, |row| row.get(0)))
    }
}

fn check(measurement: &Measurement) -> Result<(), RunError> {
    let accuracy = measurement.accuracy;
    if (0.0..=1.0).contains(&accuracy) { Ok(()) } else { Err(RunError::NotAnAccuracy(accuracy)) }
}

/// Reads a row of [`measurement_where`]; `None` if it is damaged or of a later version.
fn stored(row: &Row) -> Option<Stored<Measurement>> {
    let (clipping, link_range): (Option<&str>, Option<&str>) = (row.get(13), row.get(14));
    let quantisation = match (clipping, link_range, row.get(15)) {
        (Some(clipping), Some(link_range), Some(code_entropy)) => Some(Quantisation {
            clipping: Clipping::named(clipping)?,
            link_range: LinkRange::named(link_range)?,
            code_entropy,
        }),
        _ => None,
    };
    let value = Measurement {
        key: key(row, 3)?,
        accuracy: row.get(9),
        samples: u64::try_from(row.get::<_, i64>(10)).ok()?,
        calibration_batches: u32::try_from(row.get::<_, i64>(11)).ok()?,
        seconds: row.get(12),
        quantisation,
    };
    let sound = row.get::<_, &str>(16) == digest(&value);
    sound.then(|| Stored { id: row.get(0), time: row.get(1), process: row.get(2), value })
}

/// Reads the columns of a key from column `first` on.
pub(super) fn key(row: &Row, first: usize) -> Option<MeasurementKey> {
    let small = |column: usize| u32::try_from(row.get::<_, i64>(first + column)).ok();
    Some(MeasurementKey {
        design: row.get(first),
        views: small(1)?,
        lost: small(2)?,
        subset: Subset::named(row.get(first + 3))?,
        precision: Precision::named(row.get(first + 5))?,
        step: u64::try_from(row.get::<_, i64>(first + 4)).ok()?,
    })
}

/// A process as written; one that can't be read counts as one on another machine, of which nothing is known.
pub(super) fn process(text: &str) -> Process {
    text.parse().unwrap_or(Process { host: text.to_owned(), pid: 0, born: 0 })
}
