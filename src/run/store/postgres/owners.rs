//! Statements on controls and owners.

use std::sync::TryLockError;
use std::sync::atomic::Ordering;

use postgres::Row;

use super::measurements::process;
use super::session::Listeners;
use super::{LEASE_S, Postgres};
use crate::record::{Control, Task};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::owner_record::Owner;
use crate::run::store::owners::OwnerRows;
use crate::run::store::row::Stored;

impl OwnerRows for Postgres {
    fn send(&self, task: Task, control: &Control) -> Result<i64, RunError> {
        let rows = self.write(
            "INSERT INTO controls (task, body) VALUES ($1, $2) RETURNING id",
            &[&task.name(), &control.to_string()],
            Listeners::Workers,
        )?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    fn controls_after(&self, task: Task, id: i64) -> Result<Vec<Stored<String>>, RunError> {
        // Asked often: without news there is nothing new.
        let news = match self.session.try_lock() {
            Ok(mut session) => session.state(false)?.others,
            // It records what was measured, and hears of controls by that.
            Err(TryLockError::WouldBlock) => self.news.load(Ordering::Relaxed),
            Err(TryLockError::Poisoned(session)) => session.into_inner().state(false)?.others,
        };
        let seen = Some((id, news));
        if self.controls_seen.get() == seen {
            return Ok(Vec::new());
        }
        let last = self.settled("SELECT settled('controls', 'controls_id')")?;
        let rows = self.rows(
            "SELECT id, time, body FROM controls WHERE id > $1 AND id <= $2 AND task = $3 ORDER BY id",
            &[&id, &last, &task.name()],
        )?;
        if rows.is_empty() {
            self.controls_seen.set(seen);
        }
        let control =
            |row: &Row| Stored { id: row.get(0), time: row.get(1), process: String::new(), value: row.get(2) };
        Ok(rows.iter().map(control).collect())
    }

    fn last_control_id(&self) -> Result<i64, RunError> {
        let last = self.settled("SELECT settled('controls', 'controls_id')")?;
        Ok(self.row("SELECT coalesce(max(id), 0) FROM controls WHERE id <= $1", &[&last])?.get(0))
    }

    fn owner(&self, task: Task) -> Result<Option<Owner>, RunError> {
        let rows = self.rows(
            "SELECT process, command, now_s() - since, now_s() - heartbeat, version FROM owners WHERE task = $1",
            &[&task.name()],
        )?;
        // Ages are those on the server's clock; the clock of this machine may differ.
        let owner = |row: &Row| Owner {
            task,
            process: process(row.get(0)),
            command: row.get(1),
            version: Some(row.get(4)),
            since: now() - row.get::<_, f64>(2),
            heartbeat: now() - row.get::<_, f64>(3),
        };
        Ok(rows.first().map(owner))
    }

    fn own(&self, task: Task, command: &str) -> Result<i64, RunError> {
        let (process, version) = (self.process.to_string(), env!("CARGO_PKG_VERSION"));
        // Of a process on this machine it is known whether it lives; others are given time.
        let known = self.owner(task)?.filter(|owner| !owner.is_alive());
        let dead = known.map_or_else(String::new, |owner| owner.process.to_string());
        let rows = self.write_again(
            &mut |connection, again| {
                connection.rows(
                    "SELECT own($1, $2, $3, $4, $5, $6, $7)",
                    &[&task.name(), &process, &command, &version, &LEASE_S, &dead, &again],
                )
            },
            Listeners::None,
        )?;
        if rows.first().is_some_and(|row| row.get(0)) {
            return self.last_control_id();
        }
        match self.owner(task)? {
            Some(owner) => Err(RunError::Owned(Box::new(owner))),
            // Given back between the two statements.
            None => self.own(task, command),
        }
    }

    /// Renews the claims of this process too.
    fn heartbeat_owner(&self, task: Task) -> Result<bool, RunError> {
        let process = self.process.to_string();
        let rows = self.write(
            "WITH renewed AS (UPDATE claims SET expires = now_s() + $3 WHERE process = $2 AND expires > now_s()) \
             UPDATE owners SET heartbeat = now_s() WHERE task = $1 AND process = $2 RETURNING 1",
            &[&task.name(), &process, &LEASE_S],
            Listeners::None,
        )?;
        Ok(!rows.is_empty())
    }

    fn disown(&self, task: Task) -> Result<(), RunError> {
        let process = self.process.to_string();
        self.write("DELETE FROM owners WHERE task = $1 AND process = $2", &[&task.name(), &process], Listeners::None)
            .map(drop)
    }
}
