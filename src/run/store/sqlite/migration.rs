//! Migration of a run's database to the present schema.

use super::Sqlite;
use super::measurements::add_digests;
use super::schema::{APPLICATION, MIGRATIONS};
use crate::run::error::RunError;
use crate::run::store::row::to_sql;

impl Sqlite {
    /// Brings the schema up to date.
    pub(super) fn migrate(&self) -> Result<(), RunError> {
        let known = to_sql(MIGRATIONS.len() as u64);
        let found = self.pragma("user_version")?;
        if found > known {
            return Err(RunError::Newer { path: self.path.clone(), found, known });
        }
        if found == known {
            return Ok(());
        }
        let migrated = self.transact(|db| {
            // Another process may have done it since.
            let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
            for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
                db.execute_batch(step)?;
            }
            add_digests(db)?;
            db.pragma_update(None, "application_id", APPLICATION)?;
            db.pragma_update(None, "user_version", known)
        });
        migrated.map_err(|error| match error {
            // Each step fits the tables of the version before it.
            RunError::Database { path, source } => RunError::wrong_tables(path, source),
            error => error,
        })
    }
}
