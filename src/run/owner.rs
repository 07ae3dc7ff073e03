//! Owners of a run's tasks: at most one living process trains on it, and at most one searches on it, at a time.
//!
//! Ownership is a row in the run's database. A thread of the owner signs it every few seconds, so that it stays signed
//! during long evaluations and pauses; an owner that is dead, or has not signed for
//! [`STALE_S`](super::owner_record::STALE_S), is replaced.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::error::RunError;
use super::owner_record::Owner;
use super::store::Store;
use super::waits::tell_wait;
use crate::record::Task;

/// Time between two signatures of an owner.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Time within which an owner whose clock is ahead signs again, if it lives.
const WATCHED: Duration = Duration::from_secs(12);

/// The right to work on a run, given back when dropped.
pub struct Ownership {
    database: PathBuf,
    task: Task,
    controls_before: i64,
    held: Arc<AtomicBool>,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ownership {
    /// Takes the task over, if it is free or its owner is gone.
    pub(super) fn take(store: Store, task: Task, command: &str) -> Result<Self, RunError> {
        Self::take_watching(store, task, command, || thread::sleep(WATCHED))
    }

    /// As [`Self::take`]; `wait` lets the time pass in which a living owner whose clock is ahead signs again.
    fn take_watching(store: Store, task: Task, command: &str, wait: impl FnOnce()) -> Result<Self, RunError> {
        if let Some(owner) = store.owner(task)?.filter(Owner::is_far_ahead) {
            watch(&store, &owner, wait)?;
        }
        let controls_before = store.own(task, command)?;
        let held = Arc::new(AtomicBool::new(true));
        let (end, ended) = mpsc::channel();
        let database = store.path().to_owned();
        let thread = thread::spawn({
            let held = Arc::clone(&held);
            move || {
                while ended.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
                    // A failure to sign (a full or busy disk) is no loss: the row stands until another takes it over.
                    if matches!(store.heartbeat_owner(task), Ok(false)) {
                        held.store(false, Ordering::Relaxed);
                        return;
                    }
                }
                // If the row can't be removed, the next owner sees that this process is gone.
                let _ = store.disown(task);
            }
        });
        Ok(Self { database, task, controls_before, held, end: Some(end), thread: Some(thread) })
    }

    /// The task owned.
    pub fn task(&self) -> Task {
        self.task
    }

    /// False once another process has taken the task over, which it does if this one was suspended for long. The work
    /// must then end without writing a checkpoint.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// As [`Ownership::is_held`], asked of the database: for what must not be written after another process has taken
    /// the task over. The owner signs on the way.
    pub(super) fn is_surely_held(&self, store: &Store) -> bool {
        // A failure to sign (a full or busy disk) is no loss, as above.
        if self.is_held() && matches!(store.heartbeat_owner(self.task), Ok(false)) {
            self.held.store(false, Ordering::Relaxed);
        }
        self.is_held()
    }

    /// Last control that was meant for an earlier owner.
    pub(super) fn controls_before(&self) -> i64 {
        self.controls_before
    }

    pub(super) fn open_store(&self) -> Result<Store, RunError> {
        Store::open(&self.database)
    }
}

/// Looks whether an owner signs again, whose last signature tells nothing as its clock is ahead.
///
/// # Errors
/// [`RunError::Owned`] if it does; or the database fails.
fn watch(store: &Store, owner: &Owner, wait: impl FnOnce()) -> Result<(), RunError> {
    let (pid, host) = (owner.process.pid, &owner.process.host);
    tell_wait(&format!("the clock of {host} is ahead of this one's; looking whether process {pid} there is at work"));
    wait();
    match store.owner(owner.task)? {
        Some(now) if now.process == owner.process && now.heartbeat > owner.heartbeat => {
            Err(RunError::Owned(Box::new(now)))
        }
        _ => Ok(()),
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // It only ends by panic if the store does, and then there is nothing left to give back.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::clock::now;

    #[test]
    fn an_owner_whose_clock_is_ahead_holds_a_run_only_while_it_signs() {
        let (_root, run) = crate::run::tests::new_run();
        let set = |sql: &str| {
            rusqlite::Connection::open(run.path().join("run.db")).unwrap().execute(sql, []).unwrap();
        };
        let own = |wait: &mut dyn FnMut()| Ownership::take_watching(run.store().unwrap(), Task::Train, "train", wait);
        let insert = "INSERT OR REPLACE INTO owners (task, process, command, since, heartbeat) \
                      VALUES ('train', 'other/12/34', 'train there', 0, ";
        set(&format!("{insert}{})", now() + 86400.0));
        let owner = run.store().unwrap().owner(Task::Train).unwrap().unwrap();
        assert!(!owner.is_alive() && owner.is_far_ahead());
        let refused = own(&mut || set("UPDATE owners SET heartbeat = heartbeat + 5")).err().unwrap().to_string();
        assert!(refused.contains("ahead of this one's") && refused.contains("end it on other"), "{refused}");
        assert!(own(&mut || {}).unwrap().is_held(), "it has not signed again");
        set(&format!("{insert}9e12)"));
        assert!(own(&mut || {}).unwrap().is_held());
        set(&format!("{insert}{})", now() + 30.0));
        let refused = own(&mut || panic!("a clock may be some seconds ahead")).err().unwrap().to_string();
        assert!(refused.contains("if it is gone, the run is free again in 1:"), "{refused}");
    }
}
