//! The database of a run on a PostgreSQL server, for processes of any number of machines.
//!
//! | file | contents |
//! |---|---|
//! | `schema` | tables and functions; ids that grow in the order in which rows are seen |
//! | `settings`, `encryption`, `tls` | settings of the client, TLS (feature `postgres-tls`) among them |
//! | `connection`, `failure` | one connection as long as it holds; failures of the client |
//! | `session` | connection made again when it is lost; news from other connections |
//! | `pending`, `values` | measurement that is recorded while its worker goes on; values of statements |
//! | `events`, `measurements`, `leaks`, `pictures`, `requests`, `owners`, `checkpoints` | operations |
//!
//! Each operation is one statement, so no transaction ever waits for a client. It is made again after a lost connection
//! and is such that twice is once. Claims are leases on the clock of the server, which heartbeats renew: of a process
//! that is dead or cut off, others measure what it had claimed.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postgres::Row;

use super::checkpoints::CheckpointRows;
use super::database::{Database, DatabaseState, ServerRun};
use crate::record::{Measurement, MeasurementKey};
use crate::run::address::ServerAddress;
use crate::run::error::RunError;
use crate::run::process::Process;
use crate::run::store::row::{Stored, to_sql};
use connection::{Connection, FoundRows, Values};
use failure::failed;
use pending::PendingRecord;
use session::{Listeners, ServerSession};
use settings::ServerSettings;

mod checkpoints;
mod connection;
mod encryption;
mod events;
mod failure;
mod leaks;
mod measurements;
mod owners;
mod pending;
mod pictures;
mod requests;
mod schema;
mod session;
mod settings;
#[cfg(test)]
pub(super) mod tests;
#[cfg(feature = "postgres-tls")]
mod tls;
mod values;

/// Time that a claim holds without a heartbeat, in seconds. Heartbeats come every 5 s.
const LEASE_S: f64 = 20.0;

/// Connection to a run on a server. Those of one process and one run share the session.
pub(in crate::run) struct Postgres {
    session: Arc<Mutex<ServerSession>>,
    address: ServerAddress,
    process: Process,
    /// Different for each of this process: it tells its claims from those of others.
    serial: i64,
    /// Number of the next event, by which one written twice is known.
    number: AtomicI64,
    /// Id after which no control was found, and the count of news then.
    controls_seen: Cell<Option<(i64, i64)>>,
    /// Count of the news of the session.
    news: Arc<AtomicI64>,
    /// Name of the last claim of a request; the one before has another, and the one before that is settled.
    claim_name: Cell<i64>,
    pending: RefCell<Option<PendingRecord>>,
}

impl Postgres {
    /// Makes the schema of a new run.
    pub(in crate::run) fn create(address: &ServerAddress, manifest: &str) -> Result<(), RunError> {
        let connection = Connection::open(&ServerSettings::of(address)?);
        schema::create(&mut connection.map_err(|error| failed(address, &error))?, address, manifest)
    }

    /// Opens a run.
    pub(in crate::run) fn open(address: &ServerAddress) -> Result<Self, RunError> {
        static SERIAL: AtomicU64 = AtomicU64::new(1);
        let session = session::shared(address)?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed).cast_signed();
        let (process, address) = (Process::this(), address.clone());
        let news = session.lock().unwrap_or_else(PoisonError::into_inner).news();
        Ok(Self {
            session,
            address,
            process,
            serial,
            number: AtomicI64::new(0),
            controls_seen: Cell::new(None),
            news,
            // Below zero, as no serial is.
            claim_name: Cell::new(-2 * serial),
            pending: RefCell::new(None),
        })
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, ServerSession> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of a statement that changes nothing, or whose repetition changes nothing.
    fn rows(&self, sql: &'static str, values: Values<'_>) -> Result<Vec<Row>, RunError> {
        self.locked().ask(&mut |connection, _| connection.rows(sql, values))
    }

    /// Up to `limit` sound rows of a table with ids above `id` and not above `last`, by a statement on these and a
    /// number of rows. Fewer than `limit` mean that there are no more.
    fn sound_rows<T>(
        &self,
        sql: &'static str,
        (id, last): (i64, i64),
        limit: usize,
        read: impl Fn(&Row) -> Option<Stored<T>>,
    ) -> Result<Vec<Stored<T>>, RunError> {
        let (mut sound, mut after) = (Vec::new(), id);
        loop {
            let wanted = limit - sound.len();
            let rows = self.rows(sql, &[&after, &last, &to_sql(wanted as u64)])?;
            sound.extend(rows.iter().filter_map(&read));
            match rows.last() {
                Some(row) if rows.len() == wanted && sound.len() < limit => after = row.get(0),
                _ => return Ok(sound),
            }
        }
    }

    /// The one row of a statement.
    fn row(&self, sql: &'static str, values: Values<'_>) -> Result<Row, RunError> {
        let rows = self.rows(sql, values)?;
        rows.into_iter().next().ok_or_else(|| RunError::server(&self.address.shown, "it has lost a row"))
    }

    /// As [`Self::rows`] for a statement that writes, with news of it to the listeners.
    fn write(&self, sql: &'static str, values: Values<'_>, listeners: Listeners) -> Result<Vec<Row>, RunError> {
        self.locked().write(&mut |connection, _| connection.rows(sql, values), listeners)
    }

    /// As [`Self::write`] for a statement that is told whether it is made again.
    fn write_again(
        &self,
        work: &mut dyn FnMut(&mut Connection, bool) -> FoundRows,
        listeners: Listeners,
    ) -> Result<Vec<Row>, RunError> {
        self.locked().write(work, listeners)
    }

    /// Id of the last row of a table that is there for good; later rows have greater ids.
    fn settled(&self, sql: &'static str) -> Result<i64, RunError> {
        Ok(self.row(sql, &[])?.get(0))
    }

    /// Time that a claim is granted for, in seconds.
    fn lease_s(ttl: Duration) -> f64 {
        ttl.as_secs_f64().min(LEASE_S)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            // Its failure is told to callers that settle before; nobody is left to hear of it here.
            let _ = pending.join();
        }
    }
}

impl Database for Postgres {
    fn path(&self) -> &Path {
        &self.address.shown
    }

    fn server_run(&self) -> Result<Option<ServerRun>, RunError> {
        let row = self.row("SELECT id, manifest FROM run", &[])?;
        Ok(Some(ServerRun { id: row.get(0), manifest: row.get(1) }))
    }

    fn check(&self) -> Result<(), RunError> {
        // A statement on a schema that is gone fails by itself.
        Ok(())
    }

    fn state(&self) -> Result<DatabaseState, RunError> {
        self.locked().state(true)
    }

    fn wait(&self, timeout: Duration) -> Result<(), RunError> {
        self.locked().wait(timeout)
    }

    fn record_and_claim(&self, measurement: &Measurement, ttl: Duration) -> Result<Option<MeasurementKey>, RunError> {
        self.put_and_claim(measurement, ttl)
    }

    fn record_and_tell(&self, measurement: &Measurement) -> Result<bool, RunError> {
        self.put_and_tell(measurement)
    }

    fn settle(&self) -> Result<(), RunError> {
        self.finish_record().map(drop)
    }

    fn checkpoints(&self) -> Option<&dyn CheckpointRows> {
        Some(self)
    }
}
