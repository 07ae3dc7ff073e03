//! A session on a PostgreSQL server: one connection, made again when it is lost, with the news of other connections.
//!
//! All stores of a process on one run share a session, so that a worker takes one connection of the server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::{Error, Row};

use super::connection::{Connection, FoundRows};
use super::failure::{failed, is_passing, is_restarting};
use super::schema;
use super::settings::ServerSettings;
use crate::quantity::Dimension;
use crate::run::address::ServerAddress;
use crate::run::error::RunError;
use crate::run::store::database::DatabaseState;
use crate::run::waits::{LONGEST_WAIT, tell_wait};

/// Pauses between attempts to connect again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Time after which a server that does not come back is an error.
const RECONNECT_LIMIT: Duration = LONGEST_WAIT;
/// Time after which a server that does not come back is an error for a process that begins.
const OPEN_LIMIT: Duration = Duration::from_secs(15);
/// Readers ask at least so often, whatever news came.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);
/// Measurements in a row without a wait after which a worker listens no more until it waits again.
const BUSY_AFTER: u32 = 4;

/// Receivers of the news that something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listeners {
    /// No process waits for it.
    None,
    /// Workers and others who take requests and controls.
    Workers,
    /// Readers of records.
    Readers,
}

/// Wait for a server, of which the user is told once.
struct ToldWait {
    limit: Duration,
    is_told: bool,
}

impl ToldWait {
    const fn new(limit: Duration) -> Self {
        Self { limit, is_told: false }
    }

    /// Tells why a server is waited for, and for how long at most.
    fn tell(&mut self, address: &ServerAddress, error: &Error) {
        if !std::mem::replace(&mut self.is_told, true) {
            let (reason, limit) = (failed(address, error), Dimension::Time.format(self.limit.as_secs_f64()));
            tell_wait(&format!("{reason}; trying again for up to {limit}"));
        }
    }
}

/// Session of this process on a run.
pub(super) struct ServerSession {
    address: ServerAddress,
    settings: ServerSettings,
    connection: Option<Connection>,
    /// Different for each session of this process.
    serial: u64,
    /// Number of pieces of news, and of connections made.
    news: Arc<AtomicI64>,
    /// That number at the end of the last wait.
    waited_for: i64,
    written: u64,
    /// `true` once news of records is asked for, not only of work.
    reads_records: bool,
    /// `true` while news of work is asked for.
    hears_of_work: bool,
    /// Requests claimed since the last wait.
    claimed_in_a_row: u32,
    /// Id of the last control, as the last answer to a record told it.
    last_control: Option<i64>,
    last_look: Instant,
}

/// The session of this process on a run.
pub(super) fn shared(address: &ServerAddress) -> Result<Arc<Mutex<ServerSession>>, RunError> {
    static SESSIONS: Mutex<Option<HashMap<std::path::PathBuf, Weak<Mutex<ServerSession>>>>> = Mutex::new(None);
    let mut sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let sessions = sessions.get_or_insert_with(HashMap::new);
    if let Some(session) = sessions.get(&address.shown).and_then(Weak::upgrade) {
        return Ok(session);
    }
    let session = Arc::new(Mutex::new(ServerSession::open(address)?));
    sessions.insert(address.shown.clone(), Arc::downgrade(&session));
    Ok(session)
}

impl ServerSession {
    /// Opens the session on a run.
    fn open(address: &ServerAddress) -> Result<Self, RunError> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let mut session = Self {
            address: address.clone(),
            settings: ServerSettings::of(address)?,
            connection: None,
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            news: Arc::default(),
            waited_for: 0,
            written: 0,
            reads_records: false,
            hears_of_work: true,
            claimed_in_a_row: 0,
            last_control: None,
            last_look: Instant::now(),
        };
        let (started, mut wait) = (Instant::now(), ToldWait::new(OPEN_LIMIT));
        let version = loop {
            match session.begin() {
                Ok(version) => break version,
                // It may just restart. What else keeps it from answering is an error at once.
                Err(error) if is_restarting(&error) && started.elapsed() < OPEN_LIMIT => {
                    wait.tell(address, &error);
                    std::thread::sleep(FIRST_PAUSE);
                }
                Err(error) => return Err(failed(address, &error)),
            }
        };
        let (path, known) = (address.shown.clone(), schema::known());
        match version {
            None => Err(RunError::NoSuchRun(path)),
            Some(found) if found > known => Err(RunError::Newer { path, found: found.into(), known: known.into() }),
            Some(_) => Ok(session),
        }
    }

    /// Connects for the first time. Returns the version of the run's schema; `None` if there is no run.
    fn begin(&mut self) -> Result<Option<i32>, Error> {
        let mut connection = Connection::open(&self.settings)?;
        let version = schema::migrate(&mut connection, &self.address, &schema::MIGRATIONS)?;
        if version.is_some() {
            self.set_up(&mut connection)?;
        }
        self.connection = Some(connection);
        Ok(version)
    }

    /// Chooses the schema of the run and asks for news.
    fn set_up(&self, connection: &mut Connection) -> Result<(), Error> {
        let run = &self.address.run;
        // The server, too, gives a client up that does not answer: its locks are free again then. The tables of a run
        // that has just begun are so small that the server would plan to read them whole, and keep to it while they
        // grow.
        connection.batch(&format!(
            "SET search_path TO \"run:{run}\"; SET lock_timeout TO '10s'; SET client_min_messages TO warning; \
             SET enable_seqscan TO off; SET jit TO off; \
             SET tcp_keepalives_idle TO 5; SET tcp_keepalives_interval TO 2; SET tcp_keepalives_count TO 3"
        ))?;
        if self.hears_of_work {
            connection.batch(&format!("LISTEN \"work:{run}\""))?;
        }
        if self.reads_records { connection.batch(&format!("LISTEN \"record:{run}\"")) } else { Ok(()) }
    }

    /// Makes a statement until it is answered. `work` learns whether it was made before, perhaps with success. A lost
    /// connection is made again, with pauses.
    pub(super) fn ask<T>(
        &mut self,
        work: &mut dyn FnMut(&mut Connection, bool) -> Result<T, Error>,
    ) -> Result<T, RunError> {
        let (started, mut pause, mut again) = (Instant::now(), FIRST_PAUSE, false);
        let mut wait = ToldWait::new(RECONNECT_LIMIT);
        loop {
            let error = match self.connected() {
                Ok(connection) => match work(connection, again) {
                    Ok(answer) => return Ok(answer),
                    Err(error) => {
                        again = true;
                        error
                    }
                },
                Err(error) => {
                    if is_passing(&error) {
                        wait.tell(&self.address, &error);
                    }
                    error
                }
            };
            if !is_passing(&error) || started.elapsed() > RECONNECT_LIMIT {
                return Err(failed(&self.address, &error));
            }
            let is_lock = |code| [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED].contains(code);
            if !error.code().is_some_and(is_lock) {
                self.connection = None;
            }
            // A number of its own for each process, so that not all of them come back at once.
            let part = 0.5 + f64::from(std::process::id() % 100) / 200.0;
            std::thread::sleep(pause.mul_f64(part));
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// As [`Self::ask`] for a statement that writes; then gives the news of it.
    pub(super) fn write(
        &mut self,
        work: &mut dyn FnMut(&mut Connection, bool) -> FoundRows,
        listeners: Listeners,
    ) -> Result<Vec<Row>, RunError> {
        let rows = self.ask(work)?;
        self.written += 1;
        let channel = match listeners {
            Listeners::None => return Ok(rows),
            Listeners::Workers => "work",
            Listeners::Readers => "record",
        };
        // In a transaction of its own, since the server lets only one at a time commit with news, and this one has
        // nothing to wait for.
        let notify = format!("NOTIFY \"{channel}:{}\"", self.address.run);
        self.ask(&mut |connection, _| connection.batch(&notify))?;
        Ok(rows)
    }

    /// State of the database by the news that has come; `records` for all news, not only that of work.
    pub(super) fn state(&mut self, records: bool) -> Result<DatabaseState, RunError> {
        if records && !self.reads_records {
            self.reads_records = true;
            let listen = format!("LISTEN \"record:{}\"", self.address.run);
            self.ask(&mut |connection, _| connection.batch(&listen))?;
        }
        let came = self.ask(&mut |connection, _| connection.client().notifications().iter().count())?;
        if came > 0 || self.last_look.elapsed() >= LONGEST_SILENCE {
            self.last_look = Instant::now();
            self.note_news();
        }
        Ok(DatabaseState { connection: self.serial, others: self.news_count(), own: self.written })
    }

    /// Count of the news.
    pub(super) fn news(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.news)
    }

    /// Notes whether a worker has more to measure. One that is busy listens no more: the server wakes all that listen
    /// on a database at any news, which for many workers is more work than theirs.
    pub(super) fn claimed(&mut self, has_more: bool) -> Result<(), RunError> {
        self.claimed_in_a_row = if has_more { self.claimed_in_a_row + 1 } else { 0 };
        if self.hears_of_work && self.claimed_in_a_row >= BUSY_AFTER {
            self.hears_of_work = false;
            let unlisten = format!("UNLISTEN \"work:{}\"", self.address.run);
            self.ask(&mut |connection, _| connection.batch(&unlisten))?;
        }
        Ok(())
    }

    /// Notes the id of the last control, which answers to records tell.
    pub(super) fn hear_of(&mut self, last_control: i64) {
        if self.last_control.replace(last_control) != Some(last_control) {
            self.note_news();
        }
        self.last_look = Instant::now();
    }

    fn note_news(&self) {
        self.news.fetch_add(1, Ordering::Relaxed);
    }

    fn news_count(&self) -> i64 {
        self.news.load(Ordering::Relaxed)
    }

    /// Waits for news since the last wait, at most for `timeout`.
    pub(super) fn wait(&mut self, timeout: Duration) -> Result<(), RunError> {
        self.claimed_in_a_row = 0;
        if !self.hears_of_work {
            self.hears_of_work = true;
            let listen = format!("LISTEN \"work:{}\"", self.address.run);
            self.ask(&mut |connection, _| connection.batch(&listen))?;
            // Work that came before the subscription was not heard of.
            self.note_news();
        }
        if self.news_count() == self.waited_for {
            let came = self.ask(&mut |connection, _| {
                connection.client().notifications().timeout_iter(timeout).next().map(|news| news.is_some())
            })?;
            self.news.fetch_add(i64::from(came), Ordering::Relaxed);
        }
        // A connection that has ended has no news; this makes another.
        self.ask(&mut |_, _| Ok(()))?;
        self.waited_for = self.news_count();
        Ok(())
    }

    fn connected(&mut self) -> Result<&mut Connection, Error> {
        if self.connection.as_ref().is_none_or(Connection::is_closed) {
            self.connection = None;
            let mut connection = Connection::open(&self.settings)?;
            self.set_up(&mut connection)?;
            // Notices of rows written meanwhile did not arrive here.
            self.note_news();
            self.connection = Some(connection);
        }
        Ok(self.connection.as_mut().expect("it was made above"))
    }
}
