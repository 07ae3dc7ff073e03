//! Statements on measurements and claims.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postgres::Row;
use postgres::types::ToSql;

use super::Postgres;
use super::connection::Values;
use super::session::Listeners;
use crate::network::LinkRange;
use crate::record::{
    Clipping, EVENT_VERSION, EvaluationRecord, Event, EventRecord, Measurement, MeasurementKey, Precision,
    Quantisation, Subset, Task,
};
use crate::run::claim::{Claim, Claimed};
use crate::run::error::RunError;
use crate::run::process::Process;
use crate::run::store::database::Recorded;
use crate::run::store::events::EventRows;
use crate::run::store::measurements::{MeasurementRows, digest, key_values};
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

/// Values of a key, as the columns have them.
pub(super) struct KeyValues<'a> {
    pub(super) design: &'a str,
    pub(super) views: i64,
    pub(super) lost: i64,
    pub(super) subset: &'static str,
    pub(super) step: i64,
    pub(super) precision: &'static str,
}

impl<'a> KeyValues<'a> {
    pub(super) fn of(key: &'a MeasurementKey) -> Self {
        let (design, views, lost, subset, step, precision) = key_values(key);
        Self { design, views: i64::from(views), lost: i64::from(lost), subset, step, precision }
    }
}

/// Values of a measurement, as the columns have them.
struct RecordValues<'a> {
    key: KeyValues<'a>,
    accuracy: f64,
    samples: i64,
    calibration_batches: i64,
    seconds: f64,
    process: String,
    digest: String,
    clipping: Option<&'static str>,
    link_range: Option<&'static str>,
    code_entropy: Option<f64>,
}

impl<'a> RecordValues<'a> {
    fn of(measurement: &'a Measurement, process: &Process) -> Self {
        let quantisation = measurement.quantisation;
        Self {
            key: KeyValues::of(&measurement.key),
            accuracy: measurement.accuracy,
            samples: to_sql(measurement.samples),
            calibration_batches: to_sql(u64::from(measurement.calibration_batches)),
            seconds: measurement.seconds,
            process: process.to_string(),
            digest: digest(measurement),
            clipping: quantisation.map(|found| found.clipping.name()),
            link_range: quantisation.map(|found| found.link_range.name()),
            code_entropy: quantisation.map(|found| found.code_entropy),
        }
    }

    /// The values in the order of the arguments of `record_measurement` and `record_and_claim`.
    fn values(&self) -> [&(dyn ToSql + Sync); 15] {
        let KeyValues { design, views, lost, subset, step, precision } = &self.key;
        [
            design,
            views,
            lost,
            subset,
            step,
            precision,
            &self.accuracy,
            &self.samples,
            &self.calibration_batches,
            &self.seconds,
            &self.process,
            &self.digest,
            &self.clipping,
            &self.link_range,
            &self.code_entropy,
        ]
    }
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

    /// Records a measurement with its event, gives the news of it and claims the next request, in one statement.
    pub(super) fn put_and_claim(&self, measurement: &Measurement, ttl: Duration) -> Result<Recorded, RunError> {
        check(measurement)?;
        let row = RecordValues::of(measurement, &self.process);
        let event = Event::Evaluated(EvaluationRecord::new(measurement, None));
        let (number, version, kind) = (self.number.fetch_add(1, Ordering::Relaxed), EVENT_VERSION, event.kind());
        let (body, lease) = (EventRecord { task: Task::Search, event: event.clone() }.to_json(), Self::lease_s(ttl));
        let rows = self.write_again(
            &mut |connection, again| {
                let more: Values<'_> = &[&self.serial, &number, &version, &kind, &body, &lease, &again];
                connection.rows(
                    "CALL record_and_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
                     $18, $19, $20, $21, $22, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
                    &[&row.values()[..], more].concat(),
                )
            },
            Listeners::None,
        )?;
        let answer = rows.first().ok_or_else(|| RunError::server(&self.address.shown, "it has not answered"))?;
        let kept: bool = answer.get(0);
        let has_next = answer.get::<_, Option<&str>>(2).is_some();
        let next = if has_next { key(answer, 2) } else { None };
        self.locked().told_at_work(answer.get(1), has_next)?;
        // A damaged row, which only a client can tell, is no measurement.
        if !kept && self.measurement(&measurement.key)?.is_none() && self.put(measurement, true)? {
            self.append(Task::Search, &event)?;
            return Ok(Recorded { is_kept: true, next });
        }
        Ok(Recorded { is_kept: kept, next })
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
