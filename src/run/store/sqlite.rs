//! The embedded database of a run: `SQLite` in write-ahead mode.
//!
//! Any number of processes of one machine read while one writes, a writer waits for its turn, a transaction is whole or
//! absent after kill -9, and tidying the log into the main file never blocks a reader. Row ids grow in the order of
//! commits, since there is one writer at a time.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};

use super::database::{Database, DatabaseState};
use crate::files;
use crate::quantity::Dimension;
use crate::record::{EvaluationRecord, Event, Measurement, Task};
use crate::run::error::RunError;
use crate::run::manifest::Manifest;
use crate::run::process::Process;
use crate::run::waits::{LONGEST_WAIT, tell_wait};
use schema::APPLICATION;

mod events;
mod import;
mod leaks;
mod measurements;
mod migration;
mod owners;
mod pictures;
mod requests;
mod schema;
#[cfg(test)]
mod tests;

/// Time a statement waits for another writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Pauses of a process that works between two attempts grow by a millisecond up to this one.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// Number of them after which the user is told, about [`BUSY_TIMEOUT`].
const TOLD_PAUSES: i32 = 150;
/// Number of them after which it gives up, about [`LONGEST_WAIT`].
const PAUSES: i32 = 6050;
/// Time within which an editor has put the new file in the place of the old one.
const REPLACING: Duration = Duration::from_millis(500);

/// One connection to a run's database file.
pub(in crate::run) struct Sqlite {
    db: Connection,
    path: PathBuf,
    process: Process,
    /// Different for each connection of this process.
    serial: u64,
    /// File to remove after closing the connection.
    copy: Option<tempfile::TempPath>,
    identity: Option<FileIdentity>,
    /// The log, where this connection may write to it.
    log: Option<FileIdentity>,
    /// `true` if the database is that of a run that was whole when it was opened.
    is_of_run: bool,
    /// `true` if the disk was full when it was opened, so that it can only be read.
    is_full: bool,
}

/// Device and inode of a file: what tells it from another one of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity(u64, u64);

impl FileIdentity {
    fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|file| Self(file.dev(), file.ino()))
    }
}

/// The path as a `file:` name, with the bytes that mean something there written as `%xx`.
fn uri(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let encode = |byte: &u8| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02x}") };
    let start = if path.is_absolute() { "file://" } else { "file:" };
    start.chars().map(String::from).chain(path.as_os_str().as_bytes().iter().map(encode)).collect()
}

/// Log of what is not in the main file yet. It stays as long as anybody has the database open.
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Returns `true` if there is something that is not in the main file yet.
fn has_log(path: &Path) -> bool {
    log_of(path).metadata().is_ok_and(|log| log.len() > 0)
}

/// Returns `true` if the directory of a database has a manifest beside it, and so is a run.
fn has_manifest(path: &Path) -> bool {
    Manifest::is_in(path.parent().unwrap_or(path))
}

/// As [`has_manifest`], of a run in use. A second look decides: an editor may just put another file in its place.
fn keeps_manifest(path: &Path) -> bool {
    has_manifest(path) || {
        std::thread::sleep(REPLACING);
        has_manifest(path)
    }
}

impl Sqlite {
    /// Makes the database of a new run.
    pub(in crate::run) fn create(path: &Path) -> Result<Self, RunError> {
        let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let store = Self::connect(path, &uri(path), access)?;
        store.run(|db| db.pragma_update(None, "journal_mode", "wal"))?;
        store.migrate()?;
        Ok(store.with_log())
    }

    /// Opens the database of a run.
    ///
    /// # Errors
    /// It is missing, damaged, not a run's database, of a later version, or can't be written.
    pub(in crate::run) fn open(path: &Path) -> Result<Self, RunError> {
        if !path.is_file() {
            let run = path.parent().unwrap_or(path).to_owned();
            return Err(RunError::NotARun { path: run, what: "run.db" });
        }
        let open = |uri: &str, flags| {
            let store = Self::connect(path, uri, flags)?;
            Ok((store.pragma("application_id")?, store))
        };
        let plain = open(&uri(path), OpenFlags::SQLITE_OPEN_READ_WRITE);
        let mut is_full = false;
        let (application, store) = match plain {
            // Write-ahead mode has to write even to read, but not if nothing is left in the log and nothing will
            // change: the case of a finished run on a read-only or full disk.
            Err(error @ (RunError::ReadOnly(_) | RunError::DiskFull(_))) if !has_log(path) => {
                is_full = matches!(error, RunError::DiskFull(_));
                open(&format!("{}?immutable=1", uri(path)), OpenFlags::SQLITE_OPEN_READ_ONLY)
            }
            opened => opened,
        }?;
        if application != APPLICATION {
            return Err(RunError::Corrupt { path: path.to_owned(), detail: "it is another program's database".into() });
        }
        let mut store = match store.migrate() {
            Err(RunError::ReadOnly(_)) if !has_log(path) => Self::open_copy(path),
            done => done.map(|()| store.with_log()),
        }?;
        store.is_full = is_full;
        Ok(store)
    }

    /// Opens a migrated copy of an older run's database that can't be written itself. The copy can't be written either.
    fn open_copy(path: &Path) -> Result<Self, RunError> {
        let copy = || {
            let mut file = tempfile::NamedTempFile::new()?;
            io::copy(&mut files::open(path)?, &mut file)?;
            Ok(file.into_temp_path())
        };
        let copy = copy().map_err(|error| RunError::file("copy", path, error))?;
        let mut store = Self::connect(&copy, &uri(&copy), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        store.migrate()?;
        store.run(|db| db.pragma_update(None, "query_only", true))?;
        path.clone_into(&mut store.path);
        store.identity = FileIdentity::of(path);
        store.is_of_run = has_manifest(path);
        store.copy = Some(copy);
        Ok(store)
    }

    fn connect(path: &Path, uri: &str, access: OpenFlags) -> Result<Self, RunError> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let open = || {
            let flags = access | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let db = Connection::open_with_flags(uri, flags)?;
            db.busy_timeout(BUSY_TIMEOUT)?;
            // In write-ahead mode this is safe against crashes of programs; a power cut may lose the last transactions,
            // never tear one.
            db.pragma_update(None, "synchronous", "normal")?;
            db.set_prepared_statement_cache_capacity(64);
            Ok(db)
        };
        let db = open().map_err(|error| RunError::database(path, error))?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let identity = FileIdentity::of(path);
        let is_of_run = has_manifest(path);
        let (path, process) = (path.to_owned(), Process::this());
        Ok(Self { db, path, process, serial, copy: None, identity, log: None, is_of_run, is_full: false })
    }

    /// Remembers the log, which is there once something was read.
    fn with_log(self) -> Self {
        Self { log: FileIdentity::of(&log_of(&self.path)), ..self }
    }

    fn pragma(&self, name: &str) -> Result<i64, RunError> {
        self.run(|db| db.pragma_query_value(None, name, |row| row.get(0)))
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, RunError> {
        work(&self.db).map_err(|error| match RunError::database(&self.path, error) {
            RunError::ReadOnly(path) if self.is_full => RunError::DiskFull(path),
            error => error,
        })
    }

    /// The number a query answers with.
    fn number(&self, sql: &str) -> Result<i64, RunError> {
        self.run(|db| db.prepare_cached(sql)?.query_row([], |row| row.get(0)))
    }

    /// At most `limit` rows of a query after the one with this id, in the order they came in. Rows that `read` makes
    /// nothing of are left out and do not count for the limit.
    fn rows_after<T>(
        &self,
        query: &str,
        id: i64,
        limit: usize,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
    ) -> Result<Vec<T>, RunError> {
        self.run(|db| {
            // Damaged rows are left out before counting: fewer than `limit` rows mean that there are no more.
            db.prepare_cached(&format!("{query} WHERE id > ?1 ORDER BY id"))?
                .query_map([id], read)?
                .filter_map(Result::transpose)
                .take(limit)
                .collect()
        })
    }

    /// Does several things or none of them, with no other writer in between.
    fn transact<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, RunError> {
        self.run(|db| {
            let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
    }
}

impl Database for Sqlite {
    fn path(&self) -> &Path {
        &self.path
    }

    fn check(&self) -> Result<(), RunError> {
        if FileIdentity::of(&self.path) != self.identity || self.is_of_run && !keeps_manifest(&self.path) {
            return Err(RunError::Gone(self.path.parent().unwrap_or(&self.path).to_owned()));
        }
        let log = log_of(&self.path);
        if self.log.is_some() && FileIdentity::of(&log) != self.log {
            return Err(RunError::LogGone(log));
        }
        Ok(())
    }

    fn state(&self) -> Result<DatabaseState, RunError> {
        let others = self.number("PRAGMA data_version")?;
        Ok(DatabaseState { connection: self.serial, others, own: self.db.total_changes() })
    }

    fn wait(&self, timeout: Duration) -> Result<(), RunError> {
        std::thread::sleep(timeout);
        Ok(())
    }

    fn record_and_tell(&self, measurement: &Measurement) -> Result<bool, RunError> {
        let event = Event::Evaluated(EvaluationRecord::new(measurement, None));
        self.record_with(measurement, |db| self.insert(db, Task::Search, &event).map(drop))
    }

    fn wait_long(&mut self) {
        self.wait_by(wait_for_writer);
    }
}

impl Sqlite {
    /// Waits for other writers by a function, which is told the number of times before.
    fn wait_by(&mut self, wait: fn(i32) -> bool) {
        // Nothing but a pointer to the function is set, which can't fail.
        let _ = self.db.busy_handler(Some(wait));
    }
}

/// Reads a process; one that can't be read counts as one on another machine, of which nothing is known.
fn process(row: &Row<'_>, column: usize) -> rusqlite::Result<Process> {
    let text = text(row, column)?;
    Ok(text.parse().unwrap_or(Process { host: text, pid: 0, born: 0 }))
}

/// Waits for another writer, `times` before; the user is told once. Returns `false` to give up.
fn wait_for_writer(times: i32) -> bool {
    if times == TOLD_PAUSES {
        let limit = Dimension::Time.format(LONGEST_WAIT.as_secs_f64());
        tell_wait(&format!("another process holds the run's database; trying again for up to {limit}"));
    }
    std::thread::sleep(LONGEST_PAUSE.min(Duration::from_millis(u64::from(times.unsigned_abs()) + 1)));
    times < PAUSES
}

/// Text of a column, also where a damaged byte of it is no letter.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes()?).into_owned())
}

/// Value that `read` makes of a row; `None` if it can't be read: a damaged value may be no text, of another type or out
/// of range, and the rows after it can be read all the same.
#[allow(clippy::unnecessary_wraps, reason = "what reads a row returns a result")]
fn sound<T>(row: &Row<'_>, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    Ok(read(row).ok())
}
