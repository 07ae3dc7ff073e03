//! Statements on measured leaks.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::measurements::{KEY, KEY_COLUMNS, key, key_values};
use super::{Store, Stored, now};
use crate::files;
use crate::record::{LeakFigures, LeakMeasurement, MeasurementKey};
use crate::run::error::RunError;

const LEAK: &str =
    "SELECT id, time, process, design, views, lost, subset, step, precision, leak, body, digest FROM leaks";

impl Store {
    /// Keeps a leak. If its key was measured before, the one with a trained decoder stays, else the given one; it comes
    /// with a new id. Returns whether the given one was kept.
    ///
    /// # Errors
    /// The leak is not between 0 and 1, or the database fails.
    pub fn record_leak(&self, measurement: &LeakMeasurement) -> Result<bool, RunError> {
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
                self.process.to_string(),
                now(),
                digest(key, figures.leak, &body)
            ])?;
            Ok(true)
        })
    }

    /// Leak of a key, if it was measured and is not damaged.
    ///
    /// # Errors
    /// The database fails.
    pub fn leak(&self, key: &MeasurementKey) -> Result<Option<Stored<LeakMeasurement>>, RunError> {
        self.run(|db| find(db, key))
    }

    /// At most `limit` leaks after the one with this id, in the order they came in. Damaged rows count for the limit
    /// and are left out.
    ///
    /// # Errors
    /// The database fails.
    pub fn leaks_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<LeakMeasurement>>, RunError> {
        self.rows_after(LEAK, id, limit, leak)
    }
}

fn find(db: &Connection, key: &MeasurementKey) -> rusqlite::Result<Option<Stored<LeakMeasurement>>> {
    db.prepare_cached(&format!("{LEAK} WHERE {KEY}"))?.query_row(key_values(key), leak).optional().map(Option::flatten)
}

/// Reads a row of [`LEAK`]; `None` if it is damaged or of a later version.
fn leak(row: &Row<'_>) -> rusqlite::Result<Option<Stored<LeakMeasurement>>> {
    let (id, time, process) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let read = || -> rusqlite::Result<Option<LeakMeasurement>> {
        let (key, share, body) = (key(row, 3)?, row.get::<_, f64>(9)?, row.get::<_, String>(10)?);
        let sound = row.get_ref(11)?.as_str() == Ok(&digest(&key, share, &body));
        let figures = serde_json::from_str::<LeakFigures>(&body).ok().filter(|_| sound);
        Ok(figures.map(|figures| LeakMeasurement { key, figures }))
    };
    // A damaged value may also be of another type.
    Ok(read().unwrap_or(None).map(|value| Stored { id, time, process, value }))
}

fn digest(key: &MeasurementKey, leak: f64, body: &str) -> String {
    let (design, views, lost, subset, step, precision) = key_values(key);
    let text = format!("{design} {views} {lost} {subset} {step} {precision} {:x} {body}", leak.to_bits());
    files::sha256(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Attacker, Precision, Subset};

    fn measured(leak: f64, decoder: Option<f64>) -> LeakMeasurement {
        let key = MeasurementKey {
            design: "a".into(),
            views: 6,
            lost: 0,
            subset: Subset::Test,
            precision: Precision::Float,
            step: 100,
        };
        let figures = LeakFigures {
            leak,
            attacker: Attacker::OneView,
            one_view: leak,
            all_views: Some(0.1 + 0.2),
            decoder,
            label: 0.1,
            raw: 1.0,
            psnr_db: 20.0,
            ssim: 0.5,
            azimuth: None,
            elevation: Some(0.3),
            resolution: 32,
            fitted_objects: 10,
            samples: 5,
            seconds: 1.5,
            attack_seconds: 0.5,
        };
        LeakMeasurement { key, figures }
    }

    #[test]
    fn a_leak_is_kept_whole_and_one_with_a_decoder_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(&directory.path().join("run.db")).unwrap();
        let first = measured(0.7, None);
        assert!(store.record_leak(&first).unwrap());
        assert_eq!(store.leak(&first.key).unwrap().unwrap().value, first);
        assert!(store.record_leak(&measured(0.8, Some(0.8))).unwrap());
        assert!(!store.record_leak(&measured(0.7, None)).unwrap());
        let all = store.leaks_after(0, 10).unwrap();
        assert_eq!((all.len(), all[0].value.figures.decoder), (1, Some(0.8)));
        assert!(matches!(store.record_leak(&measured(1.5, None)), Err(RunError::NotAnAccuracy(_))));
    }

    #[test]
    fn a_changed_digit_makes_no_answer_and_a_rollback_withdraws() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(&directory.path().join("run.db")).unwrap();
        let leak = measured(0.7, None);
        store.record_leak(&leak).unwrap();
        store.run(|db| db.execute("UPDATE leaks SET leak = 0.1", [])).unwrap();
        assert_eq!(store.leak(&leak.key).unwrap(), None);
        store.record_leak(&leak).unwrap();
        store.withdraw_after(99).unwrap();
        assert_eq!(store.leak(&leak.key).unwrap(), None);
    }
}
