//! Statements on measured leaks.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::measurements::{KEY, KEY_COLUMNS, key};
use super::{Sqlite, sound};
use crate::record::{LeakFigures, LeakMeasurement, MeasurementKey};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::store::database::Database;
use crate::run::store::leaks::{LeakRows, digest};
use crate::run::store::measurements::key_values;
use crate::run::store::row::Stored;

const LEAK: &str =
    "SELECT id, time, process, design, views, lost, subset, step, precision, leak, body, digest FROM leaks";

impl LeakRows for Sqlite {
    fn record_leak(&self, measurement: &LeakMeasurement) -> Result<bool, RunError> {
        let LeakMeasurement { key, figures } = measurement;
        if !(0.0..=1.0).contains(&figures.leak) {
            return Err(RunError::NotAnAccuracy(figures.leak));
        }
        self.check()?;
        self.transact(|db| {
            let known = find(db, key)?.map(|known| known.value.figures);
            if known.is_some_and(|known| known.decoder.is_some() && figures.decoder.is_none()) {
                return Ok(false);
            }
            insert(db, measurement, &self.process.to_string(), now())?;
            Ok(true)
        })
    }

    fn leak(&self, key: &MeasurementKey) -> Result<Option<Stored<LeakMeasurement>>, RunError> {
        self.run(|db| find(db, key))
    }

    fn leaks_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<LeakMeasurement>>, RunError> {
        self.rows_after(LEAK, id, limit, leak)
    }
}

/// Writes a row.
pub(super) fn insert(db: &Connection, measurement: &LeakMeasurement, process: &str, time: f64) -> rusqlite::Result<()> {
    let LeakMeasurement { key, figures } = measurement;
    let body = serde_json::to_string(figures).unwrap_or_default();
    let (design, views, lost, subset, step, precision) = key_values(key);
    db.prepare_cached(&format!(
        "INSERT OR REPLACE INTO leaks ({KEY_COLUMNS}, leak, body, process, time, digest) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    ))?
    .execute(params![
        design,
        views,
        lost,
        subset,
        step,
        precision,
        figures.leak,
        body,
        process,
        time,
        digest(key, figures.leak, &body)
    ])
    .map(drop)
}

fn find(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<Option<Stored<LeakMeasurement>>> {
    db.prepare_cached(&format!("{LEAK} WHERE {KEY}"))?.query_row(key_values(key), leak).optional().map(Option::flatten)
}

/// Reads a row of [`LEAK`]; `None` if it is damaged or of a later version.
fn leak(row: &Row<'_>) -> rusqlite::Result<Option<Stored<LeakMeasurement>>> {
    let found = sound(row, |row| {
        let (key, share, body) = (key(row, 3)?, row.get::<_, f64>(9)?, row.get::<_, String>(10)?);
        let fits = row.get_ref(11)?.as_str() == Ok(&digest(&key, share, &body));
        let figures = if fits { serde_json::from_str::<LeakFigures>(&body).ok() } else { None };
        let (id, time, process) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(figures.map(|figures| Stored { id, time, process, value: LeakMeasurement { key, figures } }))
    })?;
    Ok(found.flatten())
}
