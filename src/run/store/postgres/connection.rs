//! One connection to a PostgreSQL server, as long as it holds.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Error, Row, Statement};

use super::settings::ServerSettings;

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
    /// Connects to a server, at one attempt.
    pub(super) fn open(settings: &ServerSettings) -> Result<Self, Error> {
        Ok(Self { client: settings.connect()?, statements: HashMap::new() })
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
