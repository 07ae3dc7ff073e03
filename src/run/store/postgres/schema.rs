//! Tables and functions of a run on a server, and migrations from older versions. Each run has a schema of its own.
//!
//! Rows that readers follow have ids from a sequence. Writers hold a shared lock on their table from before the id is
//! taken until their transaction is committed; `settled` waits for them by taking that lock alone for an instant, and
//! tells the last id so far. Rows up to that id are all that will ever be there.

use postgres::Error;

use super::connection::Connection;
use super::failure::failed;
use crate::run::address::ServerAddress;
use crate::run::error::RunError;

/// Step n of this list leads from version n to n + 1 (table `version`); steps are added, never changed.
pub(super) const MIGRATIONS: [&str; 2] = [include_str!("schema/first.sql"), include_str!("schema/views.sql")];

/// Makes the schema of a new run, whole or not at all.
pub(super) fn create(connection: &mut Connection, address: &ServerAddress, manifest: &str) -> Result<(), RunError> {
    let run = &address.run;
    let mut make = || -> Result<bool, Error> {
        let mut transaction = connection.client().transaction()?;
        // Two of one name at once: the second waits here, then finds the first.
        transaction.batch_execute("SELECT pg_advisory_xact_lock(1397771348, 0)")?;
        let sql = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
        if transaction.query_one(sql, &[&format!("run:{run}")])?.get(0) {
            return Ok(false);
        }
        transaction.batch_execute(&format!("CREATE SCHEMA \"run:{run}\"; SET LOCAL search_path TO \"run:{run}\""))?;
        for step in MIGRATIONS {
            transaction.batch_execute(step)?;
        }
        transaction.execute("UPDATE version SET version = $1", &[&known()])?;
        transaction.execute("INSERT INTO run (id, manifest) VALUES (gen_random_uuid()::text, $1)", &[&manifest])?;
        transaction.commit()?;
        Ok(true)
    };
    match make() {
        Ok(true) => Ok(()),
        Ok(false) => Err(RunError::AlreadyARun(address.shown.clone())),
        Err(error) => Err(failed(address, &error)),
    }
}

/// Brings the schema of a run up to date by the steps that lead from version 0. Returns its version, which may be a
/// later one; `None` if there is no run.
pub(super) fn migrate(
    connection: &mut Connection,
    address: &ServerAddress,
    steps: &[&str],
) -> Result<Option<i32>, Error> {
    let newest = version_after(steps);
    let run = &address.run;
    let table = format!("\"run:{run}\".version");
    if !connection.client().query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])?.get::<_, bool>(0) {
        return Ok(None);
    }
    let found: i32 = connection.client().query_one(&format!("SELECT version FROM {table}"), &[])?.get(0);
    if found >= newest {
        return Ok(Some(found));
    }
    let mut transaction = connection.client().transaction()?;
    transaction.batch_execute(&format!("SET LOCAL search_path TO \"run:{run}\""))?;
    // Another process may have done it since.
    let found: i32 = transaction.query_one("SELECT version FROM version FOR UPDATE", &[])?.get(0);
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.batch_execute(step)?;
    }
    transaction.execute("UPDATE version SET version = $1", &[&newest.max(found)])?;
    transaction.commit()?;
    Ok(Some(newest.max(found)))
}

/// The version that this program knows.
pub(super) fn known() -> i32 {
    version_after(&MIGRATIONS)
}

fn version_after(steps: &[&str]) -> i32 {
    i32::try_from(steps.len()).expect("the migrations are few")
}
