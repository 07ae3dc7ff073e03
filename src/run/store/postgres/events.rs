//! Statements on events.

use std::sync::atomic::Ordering;

use postgres::Row;

use super::Postgres;
use super::session::Listeners;
use crate::record::{EVENT_VERSION, Event, EventRecord, Task};
use crate::run::error::RunError;
use crate::run::store::events::{EventRows, is_json};
use crate::run::store::row::{Stored, to_sql};

impl EventRows for Postgres {
    fn append(&self, task: Task, event: &Event) -> Result<i64, RunError> {
        let body = EventRecord { task, event: event.clone() }.to_json();
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (process, version) = (self.process.to_string(), EVENT_VERSION);
        let rows = self.write(
            "SELECT append_event($1, $2, $3, $4, $5, $6)",
            &[&process, &self.serial, &number, &version, &event.kind(), &body],
            Listeners::Readers,
        )?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    fn events_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<EventRecord>>, RunError> {
        let last = self.settled("SELECT settled('events', 'events_id')")?;
        let rows = self.rows(
            "SELECT id, time, process, body, version FROM events WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
            &[&id, &last, &to_sql(limit as u64)],
        )?;
        let event = |row: &Row| {
            let value = EventRecord::from_json(row.get(3), row.get(4));
            Stored { id: row.get(0), time: row.get(1), process: row.get(2), value }
        };
        Ok(rows.iter().map(event).collect())
    }

    fn damaged_events(&self) -> Result<Vec<i64>, RunError> {
        let rows = self.rows("SELECT id, body FROM events ORDER BY id", &[])?;
        Ok(rows.iter().filter(|row| !is_json(row.get(1))).map(|row| row.get(0)).collect())
    }

    fn last_step(&self) -> Result<u64, RunError> {
        let sql = "SELECT coalesce((SELECT (body::json->>'step')::bigint FROM events WHERE kind = 'step'
            ORDER BY id DESC LIMIT 1), 0)";
        Ok(u64::try_from(self.row(sql, &[])?.get::<_, i64>(0)).unwrap_or(0))
    }

    fn has_checkpoint_event(&self) -> Result<bool, RunError> {
        Ok(self.row("SELECT EXISTS (SELECT FROM events WHERE kind = 'checkpoint')", &[])?.get(0))
    }
}
