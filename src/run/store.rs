//! The run's database: every SQL statement of the program stands in a leaf below `store/`.
//!
//! | file | contents |
//! |---|---|
//! | `events`, `measurements`, ... | operations on the rows of one kind, as traits |
//! | `database` | all operations, as one trait, and what readers ask |
//! | `sqlite` | an embedded database in the run's directory, for the processes of one machine |
//! | `postgres` | a PostgreSQL server, for those of many |
//! | `checkpoints` | weights, where machines share no disk |
//!
//! The operations are those of the run, so that each database does them in its own way: as one statement, or as one
//! transaction. Every one of them is whole or absent after kill -9. Row ids grow in the order in which readers can see
//! the rows, so a reader that has seen id n misses nothing by asking for what is after n. Times are Unix times in
//! seconds. A [`Store`] is one connection: each thread opens its own.

use std::ops::Deref;
use std::path::Path;

#[cfg(feature = "postgres")]
use self::postgres::Postgres;
use super::address::ServerAddress;
use super::error::RunError;

mod checkpoints;
mod database;
mod events;
mod leaks;
mod measurements;
mod owners;
mod pictures;
#[cfg(feature = "postgres")]
mod postgres;
mod requests;
mod row;
mod sqlite;
#[cfg(test)]
mod tests;

pub use checkpoints::{CheckpointFile, CheckpointRows};
pub use database::{Changes, Cursor, Database, DatabaseState, ServerRun};
pub use events::EventRows;
pub use leaks::LeakRows;
pub use measurements::MeasurementRows;
pub use owners::OwnerRows;
pub use pictures::{PictureRequest, PictureRows};
pub use requests::RequestRows;
pub use row::Stored;
pub(super) use sqlite::Sqlite;

/// One connection to a run's database, with all operations of [`Database`].
pub struct Store(Box<dyn Database>);

impl Deref for Store {
    type Target = dyn Database;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Store {
    /// Makes the database of a new run.
    pub(super) fn create(path: &Path) -> Result<Self, RunError> {
        Ok(Self(Box::new(Sqlite::create(path)?)))
    }

    /// Opens the database of a run.
    ///
    /// # Errors
    /// It is missing, damaged, not a run's database, of a later version, or can't be written.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        match ServerAddress::read(path) {
            Some(address) => Self::on_server(&address?),
            None => Ok(Self(Box::new(Sqlite::open(path)?))),
        }
    }

    /// Lets the connection wait for other writers as long as for a server that is away: for processes that work, in
    /// contrast to screens.
    #[must_use]
    pub(super) fn waiting_long(mut self) -> Self {
        self.0.wait_long();
        self
    }

    /// Makes a new run on a server.
    #[cfg(feature = "postgres")]
    pub(super) fn create_on_server(address: &ServerAddress, manifest: &str) -> Result<(), RunError> {
        Postgres::create(address, manifest)
    }

    #[cfg(feature = "postgres")]
    fn on_server(address: &ServerAddress) -> Result<Self, RunError> {
        Ok(Self(Box::new(Postgres::open(address)?)))
    }

    /// Servers are unknown to this build.
    #[cfg(not(feature = "postgres"))]
    pub(super) fn create_on_server(address: &ServerAddress, _manifest: &str) -> Result<(), RunError> {
        Self::on_server(address).map(drop)
    }

    #[cfg(not(feature = "postgres"))]
    fn on_server(address: &ServerAddress) -> Result<Self, RunError> {
        Err(RunError::NoServers(address.shown.clone()))
    }
}
