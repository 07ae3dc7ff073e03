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
    /// Returns `true` if the owner still works: its process is not known to be dead and it has signed lately.
    pub fn is_alive(&self) -> bool {
        now() - self.heartbeat < STALE_S && self.process.is_alive() != Some(false)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process, command, heartbeat, .. } = self;
        let age = (now() - heartbeat).max(0.0);
        let age = number::duration(age);
        write!(f, "process {} on {} ({command}) works on it, last heard of {age} ago", process.pid, process.host)?;
        if process.is_alive().is_none() {
            // Of another host, or of another container of this one: nobody here can look.
            let left = number::duration((STALE_S - (now() - heartbeat)).max(1.0));
            write!(f, "; if it is gone, the run is free again in {left}")?;
        }
        Ok(())
    }
}
