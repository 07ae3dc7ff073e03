//! Statements on measured leaks.

use postgres::Row;

use super::Postgres;
use super::measurements::key;
use super::session::Listeners;
use super::values::KeyValues;
use crate::record::{LeakFigures, LeakMeasurement, MeasurementKey};
use crate::run::error::RunError;
use crate::run::store::leaks::{LeakRows, digest};
use crate::run::store::row::Stored;

impl LeakRows for Postgres {
    fn record_leak(&self, measurement: &LeakMeasurement) -> Result<bool, RunError> {
        let LeakMeasurement { key, figures } = measurement;
        if !(0.0..=1.0).contains(&figures.leak) {
            return Err(RunError::NotAnAccuracy(figures.leak));
        }
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        let body = serde_json::to_string(figures).unwrap_or_default();
        let (process, digest) = (self.process.to_string(), digest(key, figures.leak, &body));
        let decoder = figures.decoder.is_some();
        // A damaged row gives way too: its digest can't be had here, so that of a sound one is compared by the client.
        let keep = self.leak(key)?.is_some_and(|known| known.value.figures.decoder.is_some());
        let rows = self.write(
            "INSERT INTO leaks (design, views, lost, subset, step, precision, leak, body, process, digest, decoder) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (design, views, lost, subset, step, precision) DO UPDATE SET id = nextval('leaks_id'), \
             leak = excluded.leak, body = excluded.body, process = excluded.process, time = now_s(), \
             digest = excluded.digest, decoder = excluded.decoder WHERE excluded.decoder OR NOT $12 RETURNING id",
            &[
                &design,
                &views,
                &lost,
                &subset,
                &step,
                &precision,
                &figures.leak,
                &body,
                &process,
                &digest,
                &decoder,
                &keep,
            ],
            Listeners::Readers,
        )?;
        Ok(!rows.is_empty())
    }

    fn leak(&self, key: &MeasurementKey) -> Result<Option<Stored<LeakMeasurement>>, RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        let rows = self.rows(
            "SELECT id, time, process, design, views, lost, subset, step, precision, leak, body, digest FROM leaks \
             WHERE design = $1 AND views = $2 AND lost = $3 AND subset = $4 AND step = $5 AND precision = $6",
            &[&design, &views, &lost, &subset, &step, &precision],
        )?;
        Ok(rows.first().and_then(leak))
    }

    fn leaks_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<LeakMeasurement>>, RunError> {
        let last = self.settled("SELECT settled('leaks', 'leaks_id')")?;
        self.sound_rows(
            "SELECT id, time, process, design, views, lost, subset, step, precision, leak, body, digest FROM leaks \
             WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
            (id, last),
            limit,
            leak,
        )
    }
}

/// Reads a row; `None` if it is damaged or of a later version.
fn leak(row: &Row) -> Option<Stored<LeakMeasurement>> {
    let (key, share, body): (MeasurementKey, f64, &str) = (key(row, 3)?, row.get(9), row.get(10));
    if row.get::<_, &str>(11) != digest(&key, share, body) {
        return None;
    }
    let figures = serde_json::from_str::<LeakFigures>(body).ok()?;
    let value = LeakMeasurement { key, figures };
    Some(Stored { id: row.get(0), time: row.get(1), process: row.get(2), value })
}
