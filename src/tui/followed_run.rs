//! The run that the screen follows: starts a trainer or searcher on it, reads its changes, sends it controls.
//!
//! Invariants: nothing here waits for a child; whatever ends, the run stays on disk; leaving the program leaves the
//! children at work unless a stop was requested.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::record::{Control, Task};
use crate::run::{self, Changes, Child, Cursor, Document, Ending, Listed, Manifest, RunDir, RunError, Store};

/// Bytes of the log to show when a child has died.
const LOG_TAIL: u64 = 4096;

/// A run and the processes that work on it.
pub(crate) struct FollowedRun {
    run: RunDir,
    store: Store,
    cursor: Cursor,
    trainer: Option<Child>,
    searcher: Option<Child>,
}

/// A process that ended since the last poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Task of the process.
    pub(crate) task: Task,
    /// Exit status, or the signal that ended it.
    pub(crate) ending: Ending,
    /// Last lines of the run's log, if it did not end well.
    pub(crate) log: Vec<String>,
}

impl FollowedRun {
    /// Opens a run, from its first event on, with the processes at work on it.
    ///
    /// # Errors
    /// There is no run, or its database fails.
    pub(crate) fn open(path: &Path) -> Result<Self, RunError> {
        let run = RunDir::open(path)?;
        let store = run.store()?;
        let trainer = Child::attach(&run, Task::Train)?;
        let searcher = Child::attach(&run, Task::Search)?;
        Ok(Self { run, store, cursor: Cursor::default(), trainer, searcher })
    }

    /// Makes a new run below `root`, named by the first number that is free.
    ///
    /// # Errors
    /// The directory can't be written.
    pub(crate) fn create(root: &Path, template: &Manifest) -> Result<Self, RunError> {
        let run = run::make_next(root, |path| {
            let Manifest { seed, data, space, profile, settings, .. } = template.clone();
            // Made anew for the time in it.
            let manifest = Manifest::new(&run::name_of(path), seed, &data, space, profile, settings);
            RunDir::create(path, &manifest)
        })?;
        let store = run.store()?;
        Ok(Self { run, store, cursor: Cursor::default(), trainer: None, searcher: None })
    }

    /// The run.
    pub(crate) fn directory(&self) -> &RunDir {
        &self.run
    }

    /// Connection to the run's database.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Starts a trainer or searcher, or attaches to the running one. `arguments` follow `train --run DIR` or
    /// `search --run DIR`. Returns the id of a process that was started.
    ///
    /// # Errors
    /// The program can't be started, or the run fails.
    pub(crate) fn start(
        &mut self,
        task: Task,
        program: &Path,
        arguments: Vec<OsString>,
    ) -> Result<Option<u32>, RunError> {
        let slot = match task {
            Task::Train => &mut self.trainer,
            Task::Search => &mut self.searcher,
        };
        if slot.is_none() {
            *slot = Child::attach(&self.run, task)?;
        }
        if slot.is_some() {
            return Ok(None);
        }
        let mut line: Vec<OsString> = vec![task.name().into(), "--run".into(), self.run.path().into()];
        line.extend(arguments);
        let child = Child::start(program, &line, &self.run, task)?;
        let pid = child.pid();
        *slot = Some(child);
        Ok(Some(pid))
    }

    /// Reads the events once more, from the first one on; measurements stay known.
    pub(crate) fn rewind(&mut self) {
        let measurement = self.cursor.measurement;
        self.cursor = Cursor::default();
        self.cursor.measurement = measurement;
    }

    /// Releases the processes; they go on.
    pub(crate) fn detach(&mut self) {
        (self.trainer, self.searcher) = (None, None);
    }

    /// Asks for the end of a task through the database, which outlives this process.
    ///
    /// # Errors
    /// The run's database fails.
    pub(crate) fn stop_surely(&self, task: Task) -> Result<(), RunError> {
        self.store.send(task, &Control::Stop).map(drop)
    }

    /// Returns `true` if a process works on the task.
    pub(crate) const fn is_working(&self, task: Task) -> bool {
        match task {
            Task::Train => self.trainer.is_some(),
            Task::Search => self.searcher.is_some(),
        }
    }

    /// Returns `true` if a trainer or a searcher works on the run.
    pub(crate) const fn is_in_work(&self) -> bool {
        self.is_working(Task::Train) || self.is_working(Task::Search)
    }

    /// Sends a control to the process of a task. Returns `true` if there is one.
    pub(crate) fn send(&self, task: Task, control: Control) -> bool {
        let child = match task {
            Task::Train => self.trainer.as_ref(),
            Task::Search => self.searcher.as_ref(),
        };
        child.map(|child| child.send(control)).is_some()
    }

    /// Reads the changes since the last call, and the processes that ended. Cheap when nothing has happened.
    ///
    /// # Errors
    /// The run is gone, or its database fails.
    pub(crate) fn poll(&mut self) -> Result<(Changes, Vec<Ended>), RunError> {
        // An open database outlives its file: it would never tell.
        self.store.check()?;
        // Endings first: what a child wrote before it ended is then among the changes.
        let mut ended = Vec::new();
        for (task, slot) in [(Task::Train, &mut self.trainer), (Task::Search, &mut self.searcher)] {
            let Some(child) = slot else { continue };
            if let Some(ending) = child.poll()? {
                *slot = None;
                let failed = ending.status.is_some() && !ending.is_success();
                let log = if failed { self.run.log_tail(LOG_TAIL)? } else { String::new() };
                ended.push(Ended { task, ending, log: log.lines().map(str::to_owned).collect() });
            }
        }
        Ok((self.store.changes(&mut self.cursor)?, ended))
    }

    /// Attaches to processes that others started on the run.
    ///
    /// # Errors
    /// The run's database fails.
    pub(crate) fn attach(&mut self) -> Result<(), RunError> {
        if self.trainer.is_none() {
            self.trainer = Child::attach(&self.run, Task::Train)?;
        }
        if self.searcher.is_none() {
            self.searcher = Child::attach(&self.run, Task::Search)?;
        }
        Ok(())
    }
}

/// Latest run below `root` of this space that a process works on: the run to follow if none is named.
///
/// # Errors
/// The directory can't be read.
pub(crate) fn living_run(root: &Path, space: &Document) -> Result<Option<PathBuf>, RunError> {
    for Listed { path, manifest } in crate::run::list(root)? {
        // A run that can't be read is no reason not to start; it is the user's to look at by name.
        if manifest.is_ok_and(|manifest| manifest.space.text == space.text) && run::is_in_work(&path) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
