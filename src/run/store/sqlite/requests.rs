//! Statements on requests, designs that a search asks its workers to measure, and on the workers that come.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::measurements::{KEY_COLUMNS, delete_request, find, holder, insert_claim, key};
use super::{Sqlite, process, sound};
use crate::record::MeasurementKey;
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::process::Process;
use crate::run::store::measurements::key_values;
use crate::run::store::requests::RequestRows;
use crate::run::store::row::to_sql;

impl RequestRows for Sqlite {
    fn enqueue(&self, key: &MeasurementKey) -> Result<(), RunError> {
        self.run(|db| {
            let insert = format!("INSERT OR IGNORE INTO requests ({KEY_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
            db.prepare_cached(&insert)?.execute(key_values(key)).map(drop)
        })
    }

    fn dequeue(&self, key: &MeasurementKey) -> Result<(), RunError> {
        self.run(|db| delete_request(db, key))
    }

    fn dequeue_all(&self) -> Result<(), RunError> {
        self.run(|db| db.execute("DELETE FROM requests", []).map(drop))
    }

    fn requests(&self, step: u64) -> Result<Vec<MeasurementKey>, RunError> {
        self.run(|db| requests(db, step))
    }

    fn requested_step(&self) -> Result<Option<u64>, RunError> {
        let step: Option<i64> = self.run(|db| {
            db.prepare_cached("SELECT step FROM requests ORDER BY id LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()
        })?;
        Ok(step.map(i64::cast_unsigned))
    }

    fn claim_request(&self, step: u64, ttl: Duration) -> Result<Option<MeasurementKey>, RunError> {
        // Most of the time there is nothing, and asking so often must not keep others from writing.
        if self.requests(step)?.is_empty() {
            return Ok(None);
        }
        self.transact(|db| {
            for request in requests(db, step)? {
                if find(db, &request)?.is_some() {
                    delete_request(db, &request)?;
                } else if holder(db, &request, ttl)?.is_none() {
                    insert_claim(db, &request, &self.process, ttl)?;
                    return Ok(Some(request));
                }
            }
            Ok(None)
        })
    }

    fn heartbeat(&self) -> Result<(), RunError> {
        self.run(|db| {
            db.prepare_cached("INSERT OR REPLACE INTO workers (process, heartbeat) VALUES (?1, ?2)")?
                .execute(params![self.process.to_string(), now()])
                .map(drop)
        })
    }

    fn sign_off(&self, process: &Process) -> Result<(), RunError> {
        let process = process.to_string();
        self.transact(|db| {
            db.execute("DELETE FROM claims WHERE process = ?1", [&process])?;
            db.execute("DELETE FROM workers WHERE process = ?1", [&process]).map(drop)
        })
    }

    fn workers(&self, ttl: Duration) -> Result<usize, RunError> {
        let list: Vec<_> = self.run(|db| {
            db.prepare_cached("SELECT process, heartbeat FROM workers")?
                .query_map([], |row| Ok((process(row, 0)?, row.get::<_, f64>(1)?)))?
                .collect()
        })?;
        let lives = |(process, heartbeat): &(Process, f64)| {
            let alive = process.is_alive().unwrap_or((now() - heartbeat).abs() < ttl.as_secs_f64());
            alive && *process != self.process
        };
        Ok(list.iter().filter(|worker| lives(worker)).count())
    }
}

fn requests(db: &Connection, step: u64) -> rusqlite::Result<Vec<MeasurementKey>> {
    db.prepare_cached(&format!("SELECT {KEY_COLUMNS} FROM requests WHERE step = ?1 ORDER BY id"))?
        .query_map([to_sql(step)], |row| sound(row, |row| key(row, 0)))?
        .filter_map(Result::transpose)
        .collect()
}
