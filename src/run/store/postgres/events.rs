//! Statements on events.

use std::sync::atomic::Ordering;

use postgres::Row;

use super::Postgres;
use super::connection::Values;
use super::session::Listeners;
use crate::record::{DataRecord, EVENT_VERSION, Event, EventRecord, Task};
use crate::run::error::RunError;
use crate::run::store::events::{EventRows, is_json};
use crate::run::store::row::{Stored, to_sql};

impl EventRows for Postgres {
    fn append(&self, task: Task, event: &Event) -> Result<i64, RunError> {
        let rows = self.append_by("SELECT append_event($1, $2, $3, $4, $5, $6)", &[], task, event)?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    fn append_as_owner(&self, task: Task, event: &Event) -> Result<bool, RunError> {
        // The row of the owner is locked before anything is written: who takes the task over waits for that.
        let sql = "SELECT append_event($1, $2, $3, $4, $5, $6)
            FROM (SELECT FROM owners WHERE task = $7 AND process = $1 FOR SHARE) AS held";
        Ok(!self.append_by(sql, &[&task.name()], task, event)?.is_empty())
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

    fn last_data(&self) -> Result<Option<DataRecord>, RunError> {
        let rows = self.rows("SELECT body FROM events WHERE kind = 'data' ORDER BY id DESC LIMIT 1", &[])?;
        Ok(rows.first().and_then(|row| serde_json::from_str(row.get(0)).ok()))
    }

    fn checkpoint_digest(&self, step: u64) -> Result<Option<String>, RunError> {
        let sql = "SELECT json_or_null(saved.body)->>'weights_sha256' FROM events AS saved
            WHERE saved.kind = 'checkpoint' AND (json_or_null(saved.body)->>'step')::numeric = $1::bigint
                AND NOT EXISTS (SELECT FROM events AS later WHERE later.id > saved.id AND later.kind = 'step'
                    AND (json_or_null(later.body)->>'step')::numeric <= $1::bigint)
            ORDER BY saved.id DESC LIMIT 1";
        let rows = self.rows(sql, &[&to_sql(step)])?;
        Ok(rows.first().and_then(|row| row.get(0)))
    }

    fn has_checkpoint_event(&self) -> Result<bool, RunError> {
        Ok(self.row("SELECT EXISTS (SELECT FROM events WHERE kind = 'checkpoint')", &[])?.get(0))
    }
}

impl Postgres {
    /// Writes an event by a statement on what `append_event` takes, and on `more`.
    pub(super) fn append_by(
        &self,
        sql: &'static str,
        more: Values<'_>,
        task: Task,
        event: &Event,
    ) -> Result<Vec<Row>, RunError> {
        let body = EventRecord { task, event: event.clone() }.to_json();
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (process, version) = (self.process.to_string(), EVENT_VERSION);
        let values: Values<'_> = &[&process, &self.serial, &number, &version, &event.kind(), &body];
        self.write(sql, &[values, more].concat(), Listeners::Readers)
    }
}
