//! A connection to a run's database: operations on all kinds of rows, and the cheap question "is there anything new?".

use std::path::Path;
use std::time::Duration;

use super::checkpoints::CheckpointRows;
use super::events::EventRows;
use super::leaks::LeakRows;
use super::measurements::MeasurementRows;
use super::owners::OwnerRows;
use super::pictures::PictureRows;
use super::requests::RequestRows;
use super::row::Stored;
use crate::record::{EventRecord, LeakMeasurement, Measurement, MeasurementKey, PictureRecord};
use crate::run::error::RunError;

/// Rows of a kind that one call of [`Database::changes`] brings at most.
const CHUNK: usize = 4096;
/// Pictures that one call brings at most: they are large.
const PICTURES: usize = 16;
/// Damaged rows that a message names.
const SHOWN_ROWS: usize = 5;

/// A connection to a run's database.
pub trait Database: EventRows + MeasurementRows + LeakRows + PictureRows + RequestRows + OwnerRows + Send {
    /// Address of the database: its file, or that of the run on a server, without a password.
    fn path(&self) -> &Path;

    /// The checkpoints, if the database keeps them; else they are in the run's directory.
    fn checkpoints(&self) -> Option<&dyn CheckpointRows> {
        None
    }

    /// The run as a server has it; `None` if it is in a directory.
    ///
    /// # Errors
    /// The database fails.
    fn server_run(&self) -> Result<Option<ServerRun>, RunError> {
        Ok(None)
    }

    /// Makes sure that the database still is where it was opened, in a directory that still is a run: what is written
    /// to a file that was deleted or moved is lost or goes to another run, and no command opens a run without manifest.
    ///
    /// # Errors
    /// The run was deleted or moved, or another one is in its place.
    fn check(&self) -> Result<(), RunError>;

    /// State of the database. If nothing has changed, asking costs microseconds.
    ///
    /// # Errors
    /// The database fails.
    fn state(&self) -> Result<DatabaseState, RunError>;

    /// Waits until others may have written something, at most for `timeout`; a database that does not tell waits as
    /// long as that.
    ///
    /// # Errors
    /// The database fails.
    fn wait(&self, timeout: Duration) -> Result<(), RunError>;

    /// Rows that any connection has written since the cursor, which moves on. If that is nothing, this costs
    /// microseconds, so a screen may ask at every frame.
    ///
    /// # Errors
    /// The database fails; the cursor stays where it was.
    fn changes(&self, cursor: &mut Cursor) -> Result<Changes, RunError> {
        let seen = self.state()?;
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

    /// All that a worker does between two measurements: claims the next request for the same weights for `ttl`, and
    /// records what was measured for the last one, with its event if it was kept. A server records while the worker
    /// measures: what was given to the call before this one is on record then, and [`Database::settle`] waits for all.
    ///
    /// # Errors
    /// The accuracy is not between 0 and 1, or the database fails.
    fn record_and_claim(&self, measurement: &Measurement, ttl: Duration) -> Result<Option<MeasurementKey>, RunError> {
        self.record_and_tell(measurement)?;
        self.claim_request(measurement.key.step, ttl)
    }

    /// Keeps a measurement of a search as [`MeasurementRows::record`] does, with its event if it was kept: both or
    /// neither. Returns whether it was.
    ///
    /// # Errors
    /// The accuracy is not between 0 and 1, or the database fails.
    fn record_and_tell(&self, measurement: &Measurement) -> Result<bool, RunError>;

    /// Lets this connection wait for other writers as long as for a server that is away: for processes that work, in
    /// contrast to screens.
    fn wait_long(&mut self) {}

    /// Waits until all measurements of [`Database::record_and_claim`] are on record.
    ///
    /// # Errors
    /// The database fails.
    fn settle(&self) -> Result<(), RunError> {
        Ok(())
    }

    /// Sentence on the damaged measurements and events; `None` if all are sound.
    ///
    /// # Errors
    /// The database fails.
    fn damage_warning(&self) -> Result<Option<String>, RunError> {
        let path = self.path().display();
        let mut parts = Vec::new();
        if let Some(rows) = rows_text(&self.damaged_measurements()?) {
            parts.push(format!("damaged measurements in {path} are left out: {rows}; measure them again"));
        }
        if let Some(rows) = rows_text(&self.damaged_events()?) {
            parts.push(format!("damaged events in {path} can't be read: {rows}"));
        }
        Ok((!parts.is_empty()).then(|| parts.join("; ")))
    }
}

/// Number of some rows, and the first of them; `None` if there are none.
fn rows_text(ids: &[i64]) -> Option<String> {
    let shown: Vec<String> = ids.iter().take(SHOWN_ROWS).map(ToString::to_string).collect();
    let more = if ids.len() > SHOWN_ROWS { ", ..." } else { "" };
    (!ids.is_empty()).then(|| format!("{} (rows {}{more})", ids.len(), shown.join(", ")))
}

/// A run on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRun {
    /// Identity, which no other run ever has.
    pub id: String,
    /// Text of the manifest.
    pub manifest: String,
}

/// State of a database as one connection sees it: after any change, its own or another's, the state is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseState {
    /// Number of the connection within this process.
    pub(super) connection: u64,
    /// Count of the changes of others.
    pub(super) others: i64,
    /// Count of the changes of this connection.
    pub(super) own: u64,
}

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
    seen: Option<DatabaseState>,
}

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
