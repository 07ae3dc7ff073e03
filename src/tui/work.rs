//! The run the screen follows: starting a trainer or searcher on it, reading what it wrote, telling it things.
//!
//! Invariants: nothing here waits for a child; whatever ends, the run stays on disk; leaving the program leaves the
//! children at work unless they were told to stop.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::record::{Control, Task};
use crate::run::{Changes, Child, Cursor, Document, Ending, Listed, Manifest, RunDir, RunError, Store};

/// Bytes of the log to show when a child has died.
const LOG_TAIL: u64 = 4096;

/// A run and whoever works on it.
pub struct Work {
    run: RunDir,
    store: Store,
    cursor: Cursor,
    trainer: Option<Child>,
    searcher: Option<Child>,
}

/// A child that ended since the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it did.
    pub task: Task,
    /// How it ended.
    pub ending: Ending,
    /// Last lines of the run's log, if it did not end well.
    pub log: Vec<String>,
}

impl Work {
    /// Opens a run, from its first event on, with whoever is at work on it.
    ///
    /// # Errors
    /// There is no run, or its database fails.
    pub fn open(path: &Path) -> Result<Self, RunError> {
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
    pub fn create(root: &Path, template: &Manifest) -> Result<Self, RunError> {
        let free = |number: &u32| !root.join(format!("run-{number:03}")).exists();
        let name = format!("run-{:03}", (1..u32::MAX).find(free).unwrap_or(u32::MAX));
        let Manifest { seed, data, space, profile, settings, .. } = template.clone();
        // Made anew for the time in it.
        let manifest = Manifest::new(&name, seed, &data, space, profile, settings);
        let run = RunDir::create(&root.join(name), &manifest)?;
        let store = run.store()?;
        Ok(Self { run, store, cursor: Cursor::default(), trainer: None, searcher: None })
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        self.run.path()
    }

    /// Starts a trainer or searcher, or attaches to the one at work. `arguments` follow `train --run DIR` or `search --run DIR`.
    ///
    /// # Errors
    /// The program can't be started, or the run fails.
    pub fn start(&mut self, task: Task, program: &Path, arguments: Vec<OsString>) -> Result<(), RunError> {
        let slot = match task {
            Task::Train => &mut self.trainer,
            Task::Search => &mut self.searcher,
        };
        if slot.is_none() {
            *slot = Child::attach(&self.run, task)?;
        }
        if slot.is_none() {
            let mut line: Vec<OsString> = vec![task.name().into(), "--run".into(), self.run.path().into()];
            line.extend(arguments);
            *slot = Some(Child::start(program, &line, &self.run, task)?);
        }
        Ok(())
    }

    /// Reads the events once more, from the first one on; measurements stay known.
    pub fn rewind(&mut self) {
        let measurement = self.cursor.measurement;
        self.cursor = Cursor::default();
        self.cursor.measurement = measurement;
    }

    /// Lets go of whoever is at work.
    pub fn detach(&mut self) {
        for child in [self.trainer.take(), self.searcher.take()].into_iter().flatten() {
            child.detach();
        }
    }

    /// Asks for the end of a task through the database, which outlives this process.
    ///
    /// # Errors
    /// The run's database fails.
    pub fn stop_surely(&self, task: Task) -> Result<(), RunError> {
        self.store.send(task, &Control::Stop).map(drop)
    }

    /// Whether somebody is at work.
    pub const fn is_working(&self, task: Task) -> bool {
        match task {
            Task::Train => self.trainer.is_some(),
            Task::Search => self.searcher.is_some(),
        }
    }

    /// Tells whoever does the task. Returns whether there is somebody.
    pub fn send(&self, task: Task, control: Control) -> bool {
        let child = match task {
            Task::Train => self.trainer.as_ref(),
            Task::Search => self.searcher.as_ref(),
        };
        child.map(|child| child.send(control)).is_some()
    }

    /// What was written since the last look, and who has ended. Cheap when nothing has happened.
    ///
    /// # Errors
    /// The run is gone, or its database fails.
    pub fn look(&mut self) -> Result<(Changes, Vec<Ended>), RunError> {
        // An open database outlives its file: it would never tell.
        self.run.check()?;
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

    /// Looks for work that others began on the run meanwhile.
    ///
    /// # Errors
    /// The run's database fails.
    pub fn attach(&mut self) -> Result<(), RunError> {
        if self.trainer.is_none() {
            self.trainer = Child::attach(&self.run, Task::Train)?;
        }
        if self.searcher.is_none() {
            self.searcher = Child::attach(&self.run, Task::Search)?;
        }
        Ok(())
    }
}

/// The run to follow when none was named: the latest one below `root`, of this space, that somebody is at work on.
///
/// # Errors
/// The directory can't be read.
pub fn living_run(root: &Path, space: &Document) -> Result<Option<PathBuf>, RunError> {
    for Listed { path, manifest } in crate::run::list(root)? {
        // A run that can't be opened is no reason not to start; it is the user's to look at by name.
        if manifest.is_ok_and(|manifest| manifest.space.text == space.text)
            && let Ok(work) = Work::open(&path)
            && (work.is_working(Task::Train) || work.is_working(Task::Search))
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
