//! A trainer or searcher at work on a run, seen from the program that shows it: started here as a child process, or
//! found at work. It lives on when the program that shows it ends, and the program lives on when it dies.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::RunDir;
use super::error::RunError;
use super::owner_record::Owner;
use super::process::Process;
use super::store::Store;
use crate::files;
use crate::quantity::knob_values;
use crate::record::{Control, Task};

/// Niceness by which a child yields to the screen: the greater, the lower its priority. At the lowest one the screen's
/// keys come first at once, and a machine with nothing else to do is still wholly the child's. It holds because the
/// child stays in the session of the terminal: Linux weighs niceness only within one.
const NICENESS: i32 = 19;
/// Variable of the environment with another one, up to that; 0 leaves children at the priority of this program.
const NICENESS_VARIABLE: &str = "SPLITSCOPE_NICENESS";

/// A trainer or searcher at work. It works on when this value is dropped.
pub(crate) struct Child {
    process: Process,
    tie: Tie,
    outbox: Sender<Control>,
    ending: Option<Ending>,
}

/// Relation of this program to the process.
enum Tie {
    /// As its parent; `None` once that is handed on.
    Parent(Option<std::process::Child>),
    /// By the run's database.
    Database(Box<Store>, Task),
}

/// End of a process; the status is known to its parent only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Exit status; `None` if this program is not the parent.
    pub status: Option<ExitStatus>,
}

impl Ending {
    /// Returns `true` if it is known to have ended well.
    pub(crate) fn is_success(self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// The predicate of a sentence about the process, for instance "was killed by signal 9".
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status.map(|status| (status.code(), status.signal())) {
            Some((Some(0), _)) => f.write_str("ended normally"),
            Some((Some(code), _)) => write!(f, "failed with exit code {code}"),
            Some((None, Some(signal))) => write!(f, "was killed by signal {signal}"),
            _ => f.write_str("has ended"),
        }
    }
}

impl Child {
    /// Starts `program` on a run, out of reach of this terminal's Ctrl-C and hang-up, at low priority. What it prints
    /// goes to the end of the run's log.
    ///
    /// # Errors
    /// The log can't be opened, the program can't be started, or the run's database can't be opened.
    pub(crate) fn start(
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
        run: &RunDir,
        task: Task,
    ) -> Result<Self, RunError> {
        let not_started = |source| RunError::NotStarted { program: program.to_owned(), source };
        if !program.is_file() {
            return Err(not_started(io::ErrorKind::NotFound.into()));
        }
        let store = run.store()?;
        let log = run.log_path();
        let open = || {
            let output = files::append(&log)?;
            Ok((output.try_clone()?, output))
        };
        let (output, errors) = open().map_err(|error| RunError::file("open", &log, error))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(output).stderr(errors);
        run.admit(&mut command);
        let mut handle = spawn_at_low_priority(&mut command).map_err(not_started)?;
        let process = Process::here(handle.id());
        let outbox = outbox(handle.stdin.take(), store, task);
        Ok(Self { process, tie: Tie::Parent(Some(handle)), outbox, ending: None })
    }

    /// The living owner of a task of this run, by whatever program started; `None` if none is at work.
    ///
    /// # Errors
    /// The run's database fails.
    pub(crate) fn attach(run: &RunDir, task: Task) -> Result<Option<Self>, RunError> {
        let store = run.store()?;
        let Some(owner) = store.owner(task)?.filter(Owner::is_alive) else { return Ok(None) };
        let outbox = outbox(None, run.store()?, task);
        Ok(Some(Self { process: owner.process, tie: Tie::Database(Box::new(store), task), outbox, ending: None }))
    }

    /// Process id.
    pub(crate) const fn pid(&self) -> u32 {
        self.process.pid
    }

    /// Tells the process something. Never blocks: a thread brings it to the process's standard input, or, if this is
    /// not open, to the run's database. Limits that a busy process has not taken yet are replaced by later ones.
    pub(crate) fn send(&self, control: Control) {
        // The thread is gone only if the database has failed, which the reader of the run's events learns by itself.
        let _ = self.outbox.send(control);
    }

    /// End of the process; `None` while it works.
    ///
    /// # Errors
    /// The system, or the run's database, does not say.
    pub(crate) fn poll(&mut self) -> Result<Option<Ending>, RunError> {
        if self.ending.is_some() {
            return Ok(self.ending);
        }
        self.ending = match &mut self.tie {
            Tie::Parent(handle) => {
                let waited = handle.as_mut().map_or(Ok(None), std::process::Child::try_wait);
                let failed = |source| RunError::Process { pid: self.process.pid, source };
                waited.map_err(failed)?.map(|status| Ending { status: Some(status) })
            }
            Tie::Database(store, task) => {
                let owner = store.owner(*task)?.filter(|owner| owner.process == self.process && owner.is_alive());
                owner.is_none().then_some(Ending { status: None })
            }
        };
        Ok(self.ending)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Someone has to take note of the end of a child, or its entry stays in the system's table.
        if let (Tie::Parent(handle), None) = (&mut self.tie, self.ending)
            && let Some(mut handle) = handle.take()
        {
            thread::spawn(move || handle.wait());
        }
    }
}

/// Starts a program in a process group of its own, at low priority.
pub(super) fn spawn_at_low_priority(command: &mut Command) -> io::Result<std::process::Child> {
    let child = command.process_group(0).spawn()?;
    // Of the group: that holds for threads which the program has started by now. A child of usual priority is no
    // failure.
    if let niceness @ 1.. = niceness(std::env::var(NICENESS_VARIABLE).ok().as_deref()) {
        let _ = rustix::process::setpriority_pgrp(Some(rustix::process::Pid::from_child(&child)), niceness);
    }
    Ok(child)
}

/// Niceness of children, by the text of the variable.
fn niceness(text: Option<&str>) -> i32 {
    let asked = text.and_then(|text| text.trim().parse().ok());
    asked.filter(|niceness| (0..=NICENESS).contains(niceness)).unwrap_or(NICENESS)
}

/// Starts the thread that brings controls to a process.
fn outbox(mut input: Option<ChildStdin>, store: Store, task: Task) -> Sender<Control> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        while let Ok(first) = receiver.recv() {
            for control in newest(first, &receiver) {
                let piped = input.as_mut().map(|input| writeln!(input, "{control}").and_then(|()| input.flush()));
                if matches!(piped, Some(Ok(()))) {
                    continue;
                }
                input = None;
                if store.send(task, &control).is_err() {
                    return;
                }
            }
        }
    });
    sender
}

/// All that waits, without limits that later ones replace.
fn newest(first: Control, receiver: &Receiver<Control>) -> Vec<Control> {
    let mut controls = vec![first];
    for next in receiver.try_iter() {
        match (controls.last_mut(), next) {
            (Some(Control::Limits(earlier)), Control::Limits(later)) => knob_values::update(earlier, later),
            (_, next) => controls.push(next),
        }
    }
    controls
}

/// The program itself, to start again as a trainer or searcher.
///
/// # Errors
/// The system does not say where it is.
pub(crate) fn this_program() -> Result<PathBuf, RunError> {
    std::env::current_exe().map_err(|source| RunError::NotStarted { program: "splitscope".into(), source })
}

#[cfg(test)]
mod tests;
