//! Statements on events.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Sqlite, sound};
use crate::record::{DataRecord, EVENT_VERSION, Event, EventRecord, Task};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::store::database::Database;
use crate::run::store::events::{EventRows, is_json};
use crate::run::store::row::{Stored, to_sql};

const EVENT: &str = "SELECT id, time, process, body, version FROM events";

impl EventRows for Sqlite {
    fn append(&self, task: Task, event: &Event) -> Result<i64, RunError> {
        self.check()?;
        self.run(|db| self.insert(db, task, event))
    }

    fn append_as_owner(&self, task: Task, event: &Event) -> Result<bool, RunError> {
        self.check()?;
        self.transact(|db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM owners WHERE task = ?1 AND process = ?2)";
            let owner = params![task.name(), self.process.to_string()];
            let is_owner: bool = db.prepare_cached(sql)?.query_row(owner, |row| row.get(0))?;
            if is_owner {
                self.insert(db, task, event)?;
            }
            Ok(is_owner)
        })
    }

    fn events_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<EventRecord>>, RunError> {
        self.rows_after(EVENT, id, limit, |row| sound(row, event))
    }

    fn damaged_events(&self) -> Result<Vec<i64>, RunError> {
        self.run(|db| {
            let mut statement = db.prepare("SELECT id, body FROM events ORDER BY id")?;
            let id = |row: &Row<'_>| {
                let is_event = row.get_ref(1)?.as_str().is_ok_and(is_json);
                Ok((!is_event).then_some(row.get::<_, i64>(0)?))
            };
            statement.query_map([], id)?.filter_map(Result::transpose).collect()
        })
    }

    fn last_step(&self) -> Result<u64, RunError> {
        let step = self.number(
            "SELECT coalesce((SELECT CAST(json_extract(body, '$.step') AS INTEGER) FROM events
                WHERE kind = 'step' AND json_valid(body) ORDER BY id DESC LIMIT 1), 0)",
        )?;
        Ok(u64::try_from(step).unwrap_or(0))
    }

    fn last_data(&self) -> Result<Option<DataRecord>, RunError> {
        let body = self.run(|db| {
            db.prepare_cached(
                "SELECT body FROM events WHERE kind = 'data' AND json_valid(body) ORDER BY id DESC LIMIT 1",
            )?
            .query_row([], |row| sound(row, |row| row.get::<_, String>(0)))
            .optional()
        })?;
        Ok(body.flatten().and_then(|body| serde_json::from_str(&body).ok()))
    }

    fn checkpoint_digest(&self, step: u64) -> Result<Option<String>, RunError> {
        let digest = self.run(|db| {
            db.prepare_cached(
                "SELECT json_extract(saved.body, '$.weights_sha256') FROM events AS saved
                WHERE saved.kind = 'checkpoint' AND iif(json_valid(body), json_extract(body, '$.step') = ?1, 0)
                    AND NOT EXISTS (SELECT 1 FROM events AS later WHERE later.id > saved.id AND later.kind = 'step'
                        AND iif(json_valid(later.body), json_extract(later.body, '$.step') <= ?1, 0))
                ORDER BY saved.id DESC LIMIT 1",
            )?
            .query_row([to_sql(step)], |row| sound(row, |row| row.get::<_, Option<String>>(0)))
            .optional()
        })?;
        Ok(digest.flatten().flatten())
    }

    fn has_checkpoint_event(&self) -> Result<bool, RunError> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM events WHERE kind = 'checkpoint')")? > 0)
    }
}

impl Sqlite {
    pub(super) fn insert(&self, db: &Connection, task: Task, event: &Event) -> rusqlite::Result<i64> {
        let record = EventRecord { task, event: event.clone() };
        db.prepare_cached("INSERT INTO events (time, process, version, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .insert(params![now(), self.process.to_string(), EVENT_VERSION, event.kind(), record.to_json()])
    }
}

/// Reads a row of [`EVENT`].
fn event(row: &Row<'_>) -> rusqlite::Result<Stored<EventRecord>> {
    let value = EventRecord::from_json(row.get_ref(3)?.as_str()?, row.get(4)?);
    Ok(Stored { id: row.get(0)?, time: row.get(1)?, process: row.get(2)?, value })
}
