//! Errors of runs, in sentences that a user can act on.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::owner_record::Owner;
use crate::data::DataError;
use crate::diagnostic::Diagnostic;
use crate::search::{DriverError, ProblemError};
use crate::train::TrainError;

/// Errors of a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing is at this path.
    #[error("there is no run at {}", .0.display())]
    NoSuchRun(PathBuf),
    /// Something is at this path, but not a run.
    #[error("{} is not a run: it has no {what}", path.display())]
    NotARun {
        /// Directory that was opened.
        path: PathBuf,
        /// Missing file: `run.toml` or `run.db`.
        what: &'static str,
    },
    /// A run that was open is no longer where it was, or no longer one.
    #[error("the run {} is gone: its directory, or run.db or run.toml in it, was deleted or moved", .0.display())]
    Gone(PathBuf),
    /// The log of a database that was open is no longer there.
    #[error(
        "{} was deleted or replaced while the run's database was in use; what was written since may be lost: end all that \
         works on the run before anything else opens it",
        .0.display()
    )]
    LogGone(PathBuf),
    /// A new run was asked for where one is already.
    #[error("{} already holds a run; resume it, or choose another directory", .0.display())]
    AlreadyARun(PathBuf),
    /// A new run was asked for in a directory with other files in it.
    #[error("{} holds other files; a new run needs a new or empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// The run's files are of a later format than this program knows.
    #[error(
        "{} was written by a newer splitscope, in format {found}; this one reads formats up to {known}: update it, or use \
         the other one",
        path.display()
    )]
    Newer {
        /// Manifest or database of the later format.
        path: PathBuf,
        /// Format of the file.
        found: i64,
        /// Latest format that this program reads.
        known: i64,
    },
    /// The values of a new run can't be written as TOML.
    #[error("the run can't be described in run.toml: {0}")]
    Unwritable(String),
    /// `run.toml` is wrong at some place.
    #[error(transparent)]
    Manifest(Box<Diagnostic>),
    /// Another living process does this task on this run.
    #[error("the run is in use: {0}")]
    Owned(Box<Owner>),
    /// A measurement that can't be one.
    #[error("an accuracy must be between 0 and 1, not {0}")]
    NotAnAccuracy(f64),
    /// Another process owns the task now.
    #[error("another process has taken this run over")]
    TakenOver,
    /// An archive of a run is damaged, or a run can't be put into one.
    #[error("the archive of a run: {0}")]
    Archive(String),
    /// Signals can't be caught.
    #[error("signals can't be caught: {0}")]
    Signals(io::Error),
    /// The user asked to stop a comparison.
    #[error("stopped on request; what was measured is kept, so the same command goes on from there")]
    StoppedOnRequest,
    /// The space, profile or settings in `run.toml` are wrong.
    #[error("run.toml: {0}")]
    Document(Box<Diagnostic>),
    /// The settings in `run.toml` are wrong.
    #[error("the settings in run.toml: {0}")]
    Settings(toml::de::Error),
    /// The device for tensors does not answer.
    #[error("{0}")]
    Device(String),
    /// There are no weights to measure with.
    #[error("the run has nothing to measure yet; train it first, or rank without measuring: search --proxy")]
    Untrained(#[source] TrainError),
    /// The weights of a search under way are gone, or can't be kept.
    #[error(
        "the search under way measures with the weights of step {step}, whose checkpoint can't be kept or read; start it \
         again once it can"
    )]
    WeightsGone {
        /// Training step of the weights.
        step: u64,
        /// Error in reading the checkpoint.
        source: TrainError,
    },
    /// Steps are on record, but there is no checkpoint to continue from.
    #[error(
        "the run has {recorded} steps on record, but no checkpoint is left to continue from; bring the folder \
         checkpoint/ back, or start another run"
    )]
    CheckpointsGone {
        /// Steps on record.
        recorded: u64,
    },
    /// The threads that load the data have ended without a result.
    #[error("loading the data broke off")]
    LoadingBrokeOff,
    /// The data have another number of classes than the space.
    #[error("the space {space} has {classes} classes")]
    Classes {
        /// Name of the space.
        space: String,
        /// Classes of the space.
        classes: u32,
        /// Mismatch, with the classes of the data.
        source: DataError,
    },
    /// The data can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A training or an evaluation failed.
    #[error(transparent)]
    Train(TrainError),
    /// A search failed.
    #[error(transparent)]
    Search(DriverError),
    /// The child process could not be started.
    #[error("could not start {}: {source}", program.display())]
    NotStarted {
        /// Program that was to run.
        program: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A process can't be watched.
    #[error("process {pid} can't be watched: {source}")]
    Process {
        /// Process id.
        pid: u32,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// Verb for the sentence: "read", "create".
        action: &'static str,
        /// File or directory.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// No space left.
    #[error("the disk is full: {} could not be written; free some space, then try again", .0.display())]
    DiskFull(PathBuf),
    /// No permission to write, or a read-only disk.
    #[error("{} can't be written: it, its directory or its disk is read-only for this user", .0.display())]
    ReadOnly(PathBuf),
    /// The database is damaged, or something else is in its place.
    #[error("{} is damaged or is not a run's database ({detail}); what can be read of it is recovered by: sqlite3 run.db .recover", path.display())]
    Corrupt {
        /// Database file.
        path: PathBuf,
        /// SQLite's message.
        detail: String,
    },
    /// Another process holds the database for longer than anyone should.
    #[error("{} is locked by another process; try again once it has finished", .0.display())]
    Locked(PathBuf),
    /// An address of a server without the name of a run.
    #[error("{} names no run; add ?run=NAME, of letters, digits, `.`, `_` and `-`", .0.display())]
    NoRunName(PathBuf),
    /// This build can't use servers.
    #[error("{} is on a server, which this build can't use; build it with --features postgres", .0.display())]
    NoServers(PathBuf),
    /// The server of a run fails or can't be reached.
    #[error("the server of {} failed: {reason}", address.display())]
    Server {
        /// Address of the run without a password.
        address: PathBuf,
        /// Message of server or client.
        reason: String,
    },
    /// The server of a run is silent.
    #[error("the server of {} does not answer", .0.display())]
    NoAnswer(PathBuf),
    /// Worker and search measure with different weights.
    #[error(
        "the search measures with other weights of step {step} ({search}) than this worker would ({worker}): training \
         began again since; start the search again"
    )]
    OtherWeights {
        /// Training step of the weights.
        step: u64,
        /// SHA-256 of the weights of the search.
        search: String,
        /// SHA-256 of those loaded here.
        worker: String,
    },
    /// Worker and search are of different versions.
    #[error("the search is of splitscope {search}, this worker of {worker}; use one version")]
    OtherVersion {
        /// Version of the search.
        search: String,
        /// Version of this program.
        worker: String,
    },
    /// Any other failure of the database.
    #[error("the run's database {} failed: {source}", path.display())]
    Database {
        /// Database file.
        path: PathBuf,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
}

impl From<TrainError> for RunError {
    /// A failed observer is this program's own record keeping, whose error is already one of a run.
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Observer(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(inner) => Self::Train(TrainError::Observer(inner)),
            },
            error => Self::Train(error),
        }
    }
}

impl From<DriverError> for RunError {
    /// As for [`TrainError`]: accuracies are measured by this module.
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Accuracy(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(inner) => Self::Search(DriverError::Accuracy(inner)),
            },
            error => Self::Search(error),
        }
    }
}

impl From<ProblemError> for RunError {
    fn from(error: ProblemError) -> Self {
        Self::Search(error.into())
    }
}

/// Returns `true` if SQLite could not make its shared memory, a small file beside the database, as large as it must be.
fn is_of_shared_memory(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// SQLite's word of a table or column that a statement names and that is not there, without the statement.
fn missing_table(error: &rusqlite::Error) -> Option<&str> {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => Some(msg),
        rusqlite::Error::SqliteFailure(_, Some(msg)) => Some(&**msg).filter(|msg| msg.starts_with("no such ")),
        _ => None,
    }
}

impl RunError {
    /// The error and its causes in one sentence.
    pub fn sentence(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let own = error.to_string();
            if !text.ends_with(&own) {
                text = format!("{text}: {own}");
            }
            cause = error.source();
        }
        text
    }

    /// A failed file operation; `action` is a verb, for instance "read".
    pub(super) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path.to_owned()),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied if action != "read" => {
                Self::ReadOnly(path.to_owned())
            }
            _ => Self::File { action, path: path.to_owned(), source },
        }
    }

    /// A failure of the server of a run.
    #[cfg(feature = "postgres")]
    pub(super) fn server(address: &Path, reason: &str) -> Self {
        Self::Server { address: address.to_owned(), reason: reason.to_owned() }
    }

    /// A database whose tables are not those of the version that it tells.
    pub(super) fn wrong_tables(path: PathBuf, detail: impl std::fmt::Display) -> Self {
        Self::Corrupt { path, detail: format!("its tables are not those of its version: {detail}") }
    }

    /// A failed statement on the database at `path`.
    pub(super) fn database(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull(path),
            // There is no room for the index of the write-ahead log, which even a reader needs.
            _ if is_of_shared_memory(&source) => Self::DiskFull(path),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt { path, detail: source.to_string() }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path),
            // Every statement fits the tables of its version.
            _ if let Some(missing) = missing_table(&source) => Self::wrong_tables(path, missing),
            _ => Self::Database { path, source },
        }
    }
}
