//! The owner of a task as the database has it.

use std::fmt;

use super::clock::now;
use super::process::Process;
use crate::quantity::number;
use crate::record::Task;

/// Seconds without a signature after which an owner counts as gone, even if its process still exists.
pub(crate) const STALE_S: f64 = 60.0;

/// The owner of a task, as the database knows it. Times are Unix times in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Owner {
    /// The task.
    pub task: Task,
    /// The process that does it.
    pub process: Process,
    /// The command line, as a user would type it.
    pub command: String,
    /// Version of its program, where the database tells.
    pub version: Option<String>,
    /// Start of the ownership.
    pub since: f64,
    /// Last signature of the owner.
    pub heartbeat: f64,
}

impl Owner {
    /// Returns `true` if the owner still works: its process is not known to be dead and it has signed lately. Of a
    /// process that can't be looked at here, a signature far in the future counts no more than one far in the past.
    pub fn is_alive(&self) -> bool {
        match self.process.is_alive() {
            Some(alive) => alive && self.age_s() < STALE_S,
            None => self.age_s().abs() < STALE_S,
        }
    }

    /// Returns `true` if the last signature tells nothing of the owner: it is of another host, whose clock is far ahead
    /// of this one's.
    pub(super) fn is_far_ahead(&self) -> bool {
        self.age_s() <= -STALE_S && self.process.is_alive().is_none()
    }

    /// Seconds since the last signature; below zero if the clock of the owner is ahead of this one's.
    fn age_s(&self) -> f64 {
        now() - self.heartbeat
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process, command, .. } = self;
        write!(f, "process {} on {} ({command}) works on it", process.pid, process.host)?;
        if self.is_far_ahead() {
            let ahead = number::duration(-self.age_s());
            return write!(
                f,
                ": it signs, by a clock that is {ahead} ahead of this one's; to free the run, end it on {}",
                process.host
            );
        }
        write!(f, ", last heard of {} ago", number::duration(self.age_s().max(0.0)))?;
        if process.is_alive().is_none() {
            // Of another host, or of another container of this one: nobody here can look.
            let left = number::duration((STALE_S - self.age_s()).max(1.0));
            write!(f, "; if it is gone, the run is free again in {left}")?;
        }
        Ok(())
    }
}
