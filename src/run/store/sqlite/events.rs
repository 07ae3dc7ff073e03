//! Statements on events.

use rusqlite::{Connection, params};

use super::Sqlite;
use crate::record::{EVENT_VERSION, Event, EventRecord, Task};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::store::database::Database;
use crate::run::store::events::EventRows;
use crate::run::store::row::{Stored, to_sql};

impl EventRows for Sqlite {
    fn append(&self, task: Task, event: &Event) -> Result<i64, RunError> {
        self.check()?;
        self.run(|db| self.insert(db, task, event))
    }

    fn events_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<EventRecord>>, RunError> {
        self.run(|db| {
            db.prepare_cached("SELECT id, time, process, body, version FROM events WHERE id > ?1 ORDER BY id LIMIT ?2")?
                .query_map(params![id, to_sql(limit as u64)], |row| {
                    let value = EventRecord::from_json(row.get_ref(3)?.as_str()?, row.get(4)?);
                    Ok(Stored { id: row.get(0)?, time: row.get(1)?, process: row.get(2)?, value })
                })?
                .collect()
        })
    }

    fn last_step(&self) -> Result<u64, RunError> {
        let step = self.number(
            "SELECT coalesce((SELECT json_extract(body, '$.step') FROM events
                WHERE kind = 'step' AND json_valid(body) ORDER BY id DESC LIMIT 1), 0)",
        )?;
        Ok(u64::try_from(step).unwrap_or(0))
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
