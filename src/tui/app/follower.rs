//! Run that is followed, and the polls that read it.

use std::{
    ffi::OsString,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    explore::{Update, progress::State},
    record::{Event, Task},
    run::{Changes, RunError},
    space::SearchSpace,
    tui::{
        event_reader::{self, EventReader},
        followed_run::{self, FollowedRun},
    },
};

/// Longest wait for input.
pub(super) const MAX_WAIT: Duration = Duration::from_hours(1);
/// Poll interval of the database of a run with a running process.
const POLL_INTERVAL: Duration = Duration::from_millis(120);
/// Poll interval of other runs: another process may begin to work on them.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Chunks of events applied before the next frame.
const CHUNKS: usize = 16;

/// Run that is followed, and the state of reading it.
#[allow(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub(super) struct Follower {
    pub(super) run: FollowedRun,
    pub(super) reader: EventReader,
    /// Time of the last poll; `None` before the first one.
    pub(super) polled: Option<Instant>,
    /// More changes are at hand than the last poll read.
    pub(super) has_more: bool,
    /// The training of the run is finished: the next one begins a new run.
    pub(super) trained: bool,
    /// The run is not polled until a training or search is started on it.
    detached: bool,
    /// Process that was started and has not told of it yet.
    awaited: Option<AwaitedProcess>,
    /// Pictures were requested and did not come yet.
    pub(super) expects_pictures: bool,
}

/// A process that was started on the run.
#[derive(Clone, Copy)]
struct AwaitedProcess {
    task: Task,
    pid: u32,
}

/// Result of one poll.
pub(super) struct Poll {
    pub(super) updates: Vec<Update>,
    pub(super) ended: Vec<followed_run::Ended>,
    /// Error that ended the poll.
    pub(super) error: Option<RunError>,
}

impl Follower {
    /// Follower of a run from its first event on.
    pub(super) fn new(run: FollowedRun) -> Self {
        let reader = EventReader::new(run.path());
        Self {
            run,
            reader,
            polled: None,
            has_more: true,
            trained: false,
            detached: false,
            awaited: None,
            expects_pictures: false,
        }
    }

    /// Time until the next poll.
    pub(super) fn wait_time(&self) -> Duration {
        let is_busy = self.run.is_in_work() || self.expects_pictures;
        let interval = if is_busy { POLL_INTERVAL } else { IDLE_POLL_INTERVAL };
        match self.polled {
            _ if self.detached => MAX_WAIT,
            Some(_) if !self.has_more => interval,
            _ => Duration::ZERO,
        }
    }

    /// Returns `true` if it is time for the next poll.
    pub(super) fn is_due(&self) -> bool {
        !self.detached && self.polled.is_none_or(|polled| polled.elapsed() >= self.wait_time())
    }

    /// Starts a trainer or searcher on the run, or attaches to the running one. Returns the updates to apply first.
    ///
    /// # Errors
    /// The program can't be started, or the run fails.
    pub(super) fn start(
        &mut self,
        task: Task,
        program: &Path,
        arguments: Vec<OsString>,
    ) -> Result<Vec<Update>, RunError> {
        self.detached = false;
        self.awaited = self.run.start(task, program, arguments)?.map(|pid| AwaitedProcess { task, pid });
        // The session forgot the curves when the training began; a resumed run tells them again.
        self.run.rewind();
        self.polled = None;
        Ok(self.reader.initial_updates())
    }

    /// Releases the processes; the run is no longer polled.
    pub(super) fn detach(&mut self) {
        self.run.detach();
        self.detached = true;
    }

    /// Reads at most [`CHUNKS`] chunks of changes.
    pub(super) fn poll(&mut self, space: &SearchSpace) -> Poll {
        if !self.run.is_in_work() {
            // A process that can't be attached to now may be the next time.
            let _ = self.run.attach();
        }
        let mut poll = Poll { updates: Vec::new(), ended: Vec::new(), error: None };
        self.has_more = true;
        for _ in 0..CHUNKS {
            match self.run.poll() {
                Ok((changes, ended)) => {
                    self.has_more = changes.more;
                    self.trained |= EventReader::finishes(&changes);
                    self.awaited = self.awaited.filter(|awaited| !is_started(&changes, awaited.pid));
                    poll.updates.extend(self.reader.read(space, changes));
                    poll.ended.extend(ended);
                }
                Err(error) => (poll.error, self.has_more) = (Some(error), false),
            }
            if !self.has_more {
                break;
            }
        }
        if !self.has_more
            && let Some(AwaitedProcess { task, .. }) = self.awaited.take()
        {
            // The run tells of the end of earlier work; the present one begins only now.
            let now = if task == Task::Search { State::Starting } else { State::Resuming };
            poll.updates.push(event_reader::state(task, now));
        }
        self.polled = Some(Instant::now());
        poll
    }
}

/// Returns `true` if the process of this id tells that it has started.
fn is_started(changes: &Changes, own: u32) -> bool {
    changes.events.iter().any(|stored| matches!(stored.value.event, Event::Started { pid, .. } if pid == own))
}
