//! Statements on controls and owners.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{Sqlite, log_of, process, text, uri};
use crate::record::{Control, Task};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::owner_record::Owner;
use crate::run::store::owners::OwnerRows;
use crate::run::store::row::Stored;

impl Sqlite {
    /// Returns `true` if a living process owns a task of the run with this database. Only looks: where no process has
    /// the database open, which its log shows, it is not opened.
    pub(in crate::run) fn has_living_owner(path: &Path) -> bool {
        if !log_of(path).exists() {
            return false;
        }
        let is_owned = |store: Self| {
            let mut owners = [Task::Train, Task::Search].into_iter().map(|task| store.owner(task));
            owners.any(|owner| matches!(owner, Ok(Some(owner)) if owner.is_alive()))
        };
        Self::connect(path, &uri(path), OpenFlags::SQLITE_OPEN_READ_ONLY).is_ok_and(is_owned)
    }
}

impl OwnerRows for Sqlite {
    fn send(&self, task: Task, control: &Control) -> Result<i64, RunError> {
        self.run(|db| {
            db.prepare_cached("INSERT INTO controls (time, task, body) VALUES (?1, ?2, ?3)")?.insert(params![
                now(),
                task.name(),
                control.to_string()
            ])
        })
    }

    fn controls_after(&self, task: Task, id: i64) -> Result<Vec<Stored<String>>, RunError> {
        self.run(|db| {
            db.prepare_cached("SELECT id, time, body FROM controls WHERE id > ?1 AND task = ?2 ORDER BY id")?
                .query_map(params![id, task.name()], |row| {
                    Ok(Stored { id: row.get(0)?, time: row.get(1)?, process: String::new(), value: text(row, 2)? })
                })?
                .collect()
        })
    }

    fn last_control_id(&self) -> Result<i64, RunError> {
        self.number("SELECT coalesce(max(id), 0) FROM controls")
    }

    fn owner(&self, task: Task) -> Result<Option<Owner>, RunError> {
        self.run(|db| find_owner(db, task))
    }

    fn own(&self, task: Task, command: &str) -> Result<i64, RunError> {
        let taken = self.transact(|db| {
            if let Some(owner) = find_owner(db, task)?.filter(Owner::is_alive) {
                return Ok(Err(owner));
            }
            db.execute(
                "INSERT OR REPLACE INTO owners (task, process, command, since, heartbeat) VALUES (?1, ?2, ?3, ?4, ?4)",
                params![task.name(), self.process.to_string(), command, now()],
            )?;
            db.query_row("SELECT coalesce(max(id), 0) FROM controls", [], |row| row.get(0)).map(Ok)
        })?;
        taken.map_err(|owner| RunError::Owned(Box::new(owner)))
    }

    fn heartbeat_owner(&self, task: Task) -> Result<bool, RunError> {
        let params = params![task.name(), self.process.to_string(), now()];
        let sql = "UPDATE owners SET heartbeat = ?3 WHERE task = ?1 AND process = ?2";
        Ok(self.run(|db| db.prepare_cached(sql)?.execute(params))? > 0)
    }

    fn disown(&self, task: Task) -> Result<(), RunError> {
        let params = params![task.name(), self.process.to_string()];
        self.run(|db| db.execute("DELETE FROM owners WHERE task = ?1 AND process = ?2", params)).map(drop)
    }
}

fn find_owner(db: &Connection, task: Task) -> rusqlite::Result<Option<Owner>> {
    db.query_row("SELECT process, command, since, heartbeat FROM owners WHERE task = ?1", [task.name()], |row| {
        Ok(Owner {
            task,
            process: process(row, 0)?,
            command: text(row, 1)?,
            version: None,
            since: row.get(2)?,
            heartbeat: row.get(3)?,
        })
    })
    .optional()
}
