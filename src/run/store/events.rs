//! Statements on events, and the cheap question "is there anything new?".

use rusqlite::{Connection, params};

use super::{Store, Stored, now, to_sql};
use crate::record::{EVENT_VERSION, Event, EventRecord, LeakMeasurement, Measurement, PictureRecord, Task};
use crate::run::error::RunError;

/// Rows of a kind that one call of [`Store::changes`] brings at most.
const CHUNK: usize = 4096;
/// Pictures that one call brings at most: they are large.
const PICTURES: usize = 16;
/// Position of a reader.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cursor {
    /// Id of the last event seen.
    pub event: i64,
    /// Id of the last measurement seen.
    pub measurement: i64,
    /// Id of the last leak seen.
    pub leak: i64,
    /// Id of the last pictures seen.
    pub picture: i64,
    /// State of the database in which nothing after the above was left.
    seen: Option<Seen>,
}

/// Connection, `PRAGMA data_version` (changes of others) and count of changed rows (changes of its own).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen(u64, i64, u64);

/// Rows written since a cursor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Events, in the order of writing.
    pub events: Vec<Stored<EventRecord>>,
    /// Measured accuracies, in the order of writing.
    pub measurements: Vec<Stored<Measurement>>,
    /// Measured leaks, in the order of writing.
    pub leaks: Vec<Stored<LeakMeasurement>>,
    /// Pictures of objects, in the order of writing.
    pub pictures: Vec<Stored<PictureRecord>>,
    /// There is more to read: call again.
    pub more: bool,
}

impl Store {
    /// Writes an event of a task's process; returns its id.
    ///
    /// # Errors
    /// The database fails.
    pub fn append(&self, task: Task, event: &Event) -> Result<i64, RunError> {
        self.check()?;
        self.run(|db| self.insert(db, task, event))
    }

    pub(super) fn insert(&self, db: &Connection, task: Task, event: &Event) -> rusqlite::Result<i64> {
        let record = EventRecord { task, event: event.clone() };
        db.prepare_cached("INSERT INTO events (time, process, version, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .insert(params![now(), self.process.to_string(), EVENT_VERSION, event.kind(), record.to_json()])
    }

    /// At most `limit` events after the one with this id, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn events_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<EventRecord>>, RunError> {
        self.run(|db| {
            db.prepare_cached("SELECT id, time, process, body, version FROM events WHERE id > ?1 ORDER BY id LIMIT ?2")?
                .query_map(params![id, to_sql(limit as u64)], |row| {
                    let value = EventRecord::from_json(row.get_ref(3)?.as_str()?, row.get(4)?);
                    Ok(Stored { id: row.get(0)?, time: row.get(1)?, process: row.get(2)?, value })
                })?
                .collect()
        })
    }

    /// Last training step on record, whatever became of its weights; 0 if there is none.
    ///
    /// # Errors
    /// The database fails.
    pub fn last_step(&self) -> Result<u64, RunError> {
        let step = self.number(
            "SELECT coalesce((SELECT json_extract(body, '$.step') FROM events
                WHERE kind = 'step' AND json_valid(body) ORDER BY id DESC LIMIT 1), 0)",
        )?;
        Ok(u64::try_from(step).unwrap_or(0))
    }

    /// Returns `true` if a checkpoint is on record.
    ///
    /// # Errors
    /// The database fails.
    pub fn has_checkpoint_event(&self) -> Result<bool, RunError> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM events WHERE kind = 'checkpoint')")? > 0)
    }

    /// Rows that any connection has written since the cursor, which moves on. If that is nothing, this costs
    /// microseconds, so a screen may ask at every frame.
    ///
    /// # Errors
    /// The database fails; the cursor stays where it was.
    pub fn changes(&self, cursor: &mut Cursor) -> Result<Changes, RunError> {
        let version = self.number("PRAGMA data_version")?;
        let seen = Seen(self.serial, version, self.db.total_changes());
        if cursor.seen == Some(seen) {
            return Ok(Changes::default());
        }
        let events = self.events_after(cursor.event, CHUNK)?;
        let measurements = self.measurements_after(cursor.measurement, CHUNK)?;
        let leaks = self.leaks_after(cursor.leak, CHUNK)?;
        let pictures = self.pictures_after(cursor.picture, PICTURES)?;
        let full = [events.len(), measurements.len(), leaks.len()].contains(&CHUNK);
        let more = full || pictures.len() == PICTURES;
        *cursor = Cursor {
            event: events.last().map_or(cursor.event, |event| event.id),
            measurement: measurements.last().map_or(cursor.measurement, |measurement| measurement.id),
            picture: pictures.last().map_or(cursor.picture, |picture| picture.id),
            leak: leaks.last().map_or(cursor.leak, |leak| leak.id),
            seen: (!more).then_some(seen),
        };
        Ok(Changes { events, measurements, leaks, pictures, more })
    }
}
