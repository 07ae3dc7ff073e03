//! Statements on requests, designs that a search asks its workers to measure, and on the workers that come.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::measurements::{KEY_COLUMNS, delete_request, find, holder, insert_claim, key, key_values};
use super::{Store, now, process, to_sql};
use crate::record::MeasurementKey;
use crate::run::error::RunError;

impl Store {
    /// Requests a measurement. A request that is already waiting or known is not added again.
    ///
    /// # Errors
    /// The database fails.
    pub fn enqueue(&self, key: &MeasurementKey) -> Result<(), RunError> {
        self.run(|db| {
            let insert = format!("INSERT OR IGNORE INTO requests ({KEY_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
            db.prepare_cached(&insert)?.execute(key_values(key)).map(drop)
        })
    }

    /// Takes a request back. A worker that has claimed it already measures it all the same.
    ///
    /// # Errors
    /// The database fails.
    pub fn dequeue(&self, key: &MeasurementKey) -> Result<(), RunError> {
        self.run(|db| delete_request(db, key))
    }

    /// Takes all requests back, as a search does when it begins and when it ends.
    ///
    /// # Errors
    /// The database fails.
    pub fn dequeue_all(&self) -> Result<(), RunError> {
        self.run(|db| db.execute("DELETE FROM requests", []).map(drop))
    }

    /// All requests for the weights of the checkpoint after `step`, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn requests(&self, step: u64) -> Result<Vec<MeasurementKey>, RunError> {
        self.run(|db| requests(db, step))
    }

    /// Step of the weights that the oldest request is for; `None` if nothing is wished for.
    ///
    /// # Errors
    /// The database fails.
    pub fn requested_step(&self) -> Result<Option<u64>, RunError> {
        let step: Option<i64> = self.run(|db| {
            db.prepare_cached("SELECT step FROM requests ORDER BY id LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()
        })?;
        Ok(step.map(i64::cast_unsigned))
    }

    /// Claims the oldest request that no other worker has claimed, for `ttl`. As with [`Store::claim`], two workers
    /// never get the same, and the claim of a dead process, or one that has expired, does not count. Requests whose
    /// measurement is on record are dropped. `None` if there is nothing to do.
    ///
    /// # Errors
    /// The database fails.
    pub fn claim_request(&self, step: u64, ttl: Duration) -> Result<Option<MeasurementKey>, RunError> {
        // Most of the time there is nothing, and asking so often must not keep others from writing.
        if self.requests(step)?.is_empty() {
            return Ok(None);
        }
        self.transact(|db| {
            for request in requests(db, step)? {
                if find(db, &request)?.is_some() {
                    delete_request(db, &request)?;
                } else if holder(db, &request)?.is_none() {
                    insert_claim(db, &request, &self.process, ttl)?;
                    return Ok(Some(request));
                }
            }
            Ok(None)
        })
    }

    /// Signs that this process is a worker of the run and alive.
    ///
    /// # Errors
    /// The database fails.
    pub fn heartbeat(&self) -> Result<(), RunError> {
        self.run(|db| {
            db.prepare_cached("INSERT OR REPLACE INTO workers (process, heartbeat) VALUES (?1, ?2)")?
                .execute(params![self.process.to_string(), now()])
                .map(drop)
        })
    }

    /// Signs this process off as a worker.
    ///
    /// # Errors
    /// The database fails.
    pub fn unregister(&self) -> Result<(), RunError> {
        self.run(|db| db.execute("DELETE FROM workers WHERE process = ?1", [self.process.to_string()]).map(drop))
    }

    /// Number of other processes that are workers of the run: alive on this machine, or on another one and heard of
    /// within `ttl`.
    ///
    /// # Errors
    /// The database fails.
    pub fn workers(&self, ttl: Duration) -> Result<usize, RunError> {
        let list: Vec<_> = self.run(|db| {
            db.prepare_cached("SELECT process, heartbeat FROM workers")?
                .query_map([], |row| Ok((process(row, 0)?, row.get::<_, f64>(1)?)))?
                .collect()
        })?;
        let lives = |(process, heartbeat): &(crate::run::Process, f64)| {
            let alive = process.is_alive().unwrap_or(now() - heartbeat < ttl.as_secs_f64());
            alive && *process != self.process
        };
        Ok(list.iter().filter(|worker| lives(worker)).count())
    }
}

fn requests(db: &Connection, step: u64) -> rusqlite::Result<Vec<MeasurementKey>> {
    db.prepare_cached(&format!("SELECT {KEY_COLUMNS} FROM requests WHERE step = ?1 ORDER BY id"))?
        .query_map([to_sql(step)], |row| key(row, 0))?
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::record::{Measurement, Precision, Subset};
    use crate::run::claim::Claim;

    const TTL: Duration = Duration::from_mins(1);

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(&directory.path().join("run.db")).unwrap();
        (directory, store)
    }

    fn request(design: &str) -> MeasurementKey {
        let (subset, precision) = (Subset::Validation, Precision::Int8);
        MeasurementKey { design: design.into(), views: 6, lost: 0, subset, precision, step: 100 }
    }

    fn measured(design: &str) -> Measurement {
        let (accuracy, quantisation) = (0.5, None);
        Measurement { key: request(design), accuracy, samples: 10, calibration_batches: 1, seconds: 0.1, quantisation }
    }

    #[test]
    fn wishes_are_claimed_once_each_the_oldest_first() {
        let (_directory, store) = store();
        for design in ["a", "b", "a"] {
            store.enqueue(&request(design)).unwrap();
        }
        assert_eq!(store.requests(100).unwrap(), [request("a"), request("b")]);
        assert_eq!(store.requested_step().unwrap(), Some(100));
        assert_eq!(store.claim_request(99, TTL).unwrap(), None, "weights of another checkpoint");
        assert_eq!(store.claim_request(100, TTL).unwrap(), Some(request("a")));
        assert_eq!(store.claim_request(100, TTL).unwrap(), Some(request("b")));
        assert_eq!(store.claim_request(100, TTL).unwrap(), None);
        assert_eq!(store.claim(&request("a"), TTL).unwrap(), Claim::Held);
    }

    #[test]
    fn a_measured_wish_is_gone_and_an_expired_claim_is_taken_over() {
        let (_directory, store) = store();
        store.enqueue(&request("a")).unwrap();
        store.enqueue(&request("b")).unwrap();
        assert_eq!(store.claim_request(100, Duration::ZERO).unwrap(), Some(request("a")));
        assert_eq!(store.claim_request(100, TTL).unwrap(), Some(request("a")), "the first claim has expired");
        store.record(&measured("a")).unwrap();
        assert_eq!(store.requests(100).unwrap(), [request("b")]);
        // Measured before it was wished for: there is nothing left to do.
        store.record(&measured("b")).unwrap();
        store.enqueue(&request("b")).unwrap();
        assert_eq!(store.claim_request(100, TTL).unwrap(), None);
        assert!(store.requests(100).unwrap().is_empty() && store.requested_step().unwrap().is_none());
    }

    #[test]
    fn a_wish_of_a_dead_process_is_taken_over() {
        let (_directory, store) = store();
        store.enqueue(&request("a")).unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = crate::run::process::Process::here(child.id());
        store.transact(|db| insert_claim(db, &request("a"), &process, TTL)).unwrap();
        assert_eq!(store.claim_request(100, TTL).unwrap(), None, "its claimer lives");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(store.claim_request(100, TTL).unwrap(), Some(request("a")));
    }

    #[test]
    fn workers_are_counted_while_they_live() {
        let (_directory, store) = store();
        store.heartbeat().unwrap();
        assert_eq!(store.workers(TTL).unwrap(), 0, "oneself is no other");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let there = crate::run::process::Process::here(child.id()).to_string();
        for (name, heartbeat) in [(there.as_str(), 0.0), ("elsewhere/1/2", now()), ("elsewhere/3/4", now() - 3600.0)] {
            let sql = "INSERT INTO workers (process, heartbeat) VALUES (?1, ?2)";
            store.run(|db| db.execute(sql, params![name, heartbeat])).unwrap();
        }
        assert_eq!(store.workers(TTL).unwrap(), 2);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(store.workers(TTL).unwrap(), 1);
        store.unregister().unwrap();
    }

    #[test]
    fn wishes_can_be_taken_back() {
        let (_directory, store) = store();
        for design in ["a", "b", "c"] {
            store.enqueue(&request(design)).unwrap();
        }
        store.dequeue(&request("b")).unwrap();
        assert_eq!(store.requests(100).unwrap(), [request("a"), request("c")]);
        store.dequeue_all().unwrap();
        assert!(store.requests(100).unwrap().is_empty());
    }
}
