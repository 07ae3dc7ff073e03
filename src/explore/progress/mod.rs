//! Progress of a training and of a search: plain data for the Train and Search screens, built up from updates.

mod search;
mod training;

pub use search::{Found, SearchUpdate, Searching};
pub use training::{RoleCurves, TrainUpdate, Training};

use std::fmt;

/// Notes kept for display.
const MAX_NOTES: usize = 200;

/// State of the process that trains or searches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// No process was started.
    #[default]
    Idle,
    /// It was started and has not reported yet.
    Starting,
    /// It is running.
    Running,
    /// It was asked to pause and has not confirmed.
    Pausing,
    /// It is suspended.
    Paused,
    /// It was asked to go on and has not confirmed.
    Resuming,
    /// It was asked to stop and has not ended.
    Stopping,
    /// It ended, for this reason.
    Finished(String),
    /// It failed, for this reason.
    Failed(String),
    /// It runs, but is not followed.
    Detached,
}

impl State {
    /// Returns `true` if there is a process that accepts controls.
    pub const fn is_active(&self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Pausing | Self::Paused | Self::Resuming | Self::Stopping => true,
            Self::Idle | Self::Finished(_) | Self::Failed(_) | Self::Detached => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "not started",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Resuming => "resuming",
            Self::Stopping => "stopping",
            Self::Finished(_) => "finished",
            Self::Failed(_) => "failed",
            Self::Detached => "detached",
        })
    }
}

fn note(notes: &mut Vec<String>, text: String) {
    if notes.len() == MAX_NOTES {
        notes.remove(0);
    }
    notes.push(text);
}
