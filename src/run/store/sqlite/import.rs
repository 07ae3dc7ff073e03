//! Statements that put rows of another run's database into this one, with their times.

use rusqlite::{Connection, params};

use super::{Sqlite, leaks, measurements, pictures};
use crate::record::{EVENT_VERSION, EventRecord};
use crate::run::error::RunError;
use crate::run::store::database::Changes;
use crate::run::store::row::Stored;

impl Sqlite {
    /// Writes rows into an empty database: all or none. They get new ids, in their order.
    ///
    /// # Errors
    /// The database fails.
    pub(in crate::run) fn import(&self, rows: &Changes) -> Result<(), RunError> {
        self.transact(|db| {
            for event in &rows.events {
                insert_event(db, event)?;
            }
            for row in &rows.measurements {
                measurements::insert(db, &row.value, &row.process, row.time)?;
            }
            for row in &rows.leaks {
                leaks::insert(db, &row.value, &row.process, row.time)?;
            }
            for row in &rows.pictures {
                pictures::insert(db, &row.value, &row.process, row.time)?;
            }
            Ok(())
        })
    }
}

fn insert_event(db: &Connection, event: &Stored<EventRecord>) -> rusqlite::Result<()> {
    let Stored { time, process, value, .. } = event;
    db.prepare_cached("INSERT INTO events (time, process, version, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![time, process, EVENT_VERSION, value.event.kind(), value.to_json()])
        .map(drop)
}
