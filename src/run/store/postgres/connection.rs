//! One connection to a PostgreSQL server, as long as it holds; failures and settings of the client.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Config, Error, NoTls, Row, Statement};

use crate::run::address::ServerAddress;
use crate::run::error::RunError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection on which nothing is answered for about this long is lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Rows of a statement, or the failure of the client.
pub(super) type FoundRows = Result<Vec<Row>, Error>;

/// One connection, as long as it holds.
pub(super) struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Connection {
    /// Connects to the server of an address, at one attempt.
    pub(super) fn open(address: &ServerAddress) -> Result<Self, RunError> {
        let config = settings(address)?;
        config.connect(NoTls).map(Self::new).map_err(|error| failed(address, &error))
    }

    /// Connects again, with settings that were right before.
    pub(super) fn open_again(address: &ServerAddress) -> Result<Self, Error> {
        settings(address).map_err(drop).unwrap_or_default().connect(NoTls).map(Self::new)
    }

    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new() }
    }

    /// Returns `true` once the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The rows of a statement.
    pub(super) fn rows(&mut self, sql: &'static str, values: Values<'_>) -> FoundRows {
        if !self.statements.contains_key(sql) {
            let statement = self.client.prepare(sql)?;
            self.statements.insert(sql, statement);
        }
        self.client.query(&self.statements[sql], values)
    }

    /// Carries out statements without values or rows.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql)
    }

    /// The client, for a transaction.
    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// Returns `true` for failures that a later attempt may not have: the server restarts, or the network was cut.
pub(super) fn is_passing(error: &Error) -> bool {
    let Some(code) = error.code() else {
        // Without a code the failure is the client's: it could not connect, or the connection broke off.
        return error.is_closed() || io_cause(error).is_some();
    };
    let passing = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    passing.contains(code) || code.code().starts_with("08")
}

/// Returns `true` for failures of a server that was there and may be again in seconds.
pub(super) fn is_restarting(error: &Error) -> bool {
    let broken = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    match error.code() {
        Some(_) => is_passing(error),
        None => error.is_closed() || io_cause(error).is_some_and(|kind| broken.contains(&kind)),
    }
}

/// Kind of the failure of the operating system behind that of the client.
fn io_cause(error: &Error) -> Option<ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(error) = found.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        cause = found.source();
    }
    None
}

/// A failure of the server or the client, in a sentence.
pub(super) fn failed(address: &ServerAddress, error: &Error) -> RunError {
    if error.code() == Some(&SqlState::UNDEFINED_TABLE) || error.code() == Some(&SqlState::INVALID_SCHEMA_NAME) {
        return RunError::Gone(address.shown.clone());
    }
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        reason = format!("{reason}: {found}");
        cause = found.source();
    }
    RunError::server(&address.shown, &reason)
}

/// Settings of the client: those of the address, then those of the environment (`PGHOST`, `PGPORT`, `PGUSER`,
/// `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE`).
pub(super) fn settings(address: &ServerAddress) -> Result<Config, RunError> {
    let mut config: Config = address.server.parse().map_err(|error: Error| failed(address, &error))?;
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if config.get_hosts().is_empty() {
        config.host(variable("PGHOST").as_deref().unwrap_or("/var/run/postgresql"));
    }
    if let (true, Some(port)) = (config.get_ports().is_empty(), variable("PGPORT").and_then(|port| port.parse().ok())) {
        config.port(port);
    }
    if let (None, Some(user)) = (config.get_user(), variable("PGUSER")) {
        config.user(&user);
    }
    if let (None, Some(database)) = (config.get_dbname(), variable("PGDATABASE")) {
        config.dbname(&database);
    }
    if let Some(password) = address.password().or_else(|| variable("PGPASSWORD")) {
        config.password(password);
    }
    let mode = variable("PGSSLMODE").filter(|_| !address.server.contains("sslmode="));
    let encrypted = config.get_ssl_mode() == SslMode::Require;
    if encrypted || mode.is_some_and(|mode| !["disable", "allow", "prefer"].contains(&&*mode)) {
        return Err(RunError::server(
            &address.shown,
            "this build can't encrypt connections; use a tunnel (ssh -L, WireGuard) and sslmode=disable",
        ));
    }
    config.application_name("splitscope").connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(ANSWER_TIMEOUT);
    config.keepalives_idle(ANSWER_TIMEOUT / 2).keepalives_interval(ANSWER_TIMEOUT / 5).keepalives_retries(3);
    if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) {
        config.keepalives(false);
    }
    Ok(config)
}
