//! Run that is followed, and the polls that read it.

use std::{
    ffi::OsString,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    explore::{Severity, Update, progress::State},
    record::{Event, Task},
    run::{Changes, RunError},
    space::SearchSpace,
    tui::{
        event_reader::{self, EventReader},
        followed_run::{self, FollowedRun},
    },
};

use super::following::{Following, StartedProcess};

/// Longest wait for input.
pub(super) const MAX_WAIT: Duration = Duration::from_hours(1);
/// Poll interval of the database of a run with a running process.
const POLL_INTERVAL: Duration = Duration::from_millis(120);
/// Poll interval of other runs: another process may begin to work on them.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Interval of looks for an answer.
const ANSWER_INTERVAL: Duration = Duration::from_millis(20);
/// Time without an answer after which a database is said to be silent.
const SILENCE: Duration = Duration::from_secs(3);
/// Time after which the rest of the events is left to the next poll: keys come first, however long a run is.
const POLL_TIME: Duration = Duration::from_millis(30);

/// Run that is followed, and the state of reading it.
#[allow(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub(super) struct Follower {
    pub(super) run: Following,
    pub(super) reader: EventReader,
    /// Time of the last poll; `None` before the first one.
    pub(super) polled: Option<Instant>,
    /// `true` once all that there was has been read since the start or since the work began.
    pub(super) answered: bool,
    /// `true` while the database of the run is silent.
    pub(super) silent: bool,
    /// More changes are at hand than the last poll read.
    pub(super) has_more: bool,
    /// The training of the run is finished: the next one begins a new run.
    pub(super) trained: bool,
    /// The run is not polled until a training or search is started on it.
    detached: bool,
    /// Process that was started and has not told of it yet.
    awaited: Option<StartedProcess>,
    /// The run tells of earlier work on the task of that process.
    resumes: bool,
    /// Pictures were requested and did not come yet.
    pub(super) expects_pictures: bool,
    /// Error of the last request for pictures.
    pub(super) unrequested: Option<RunError>,
}

/// Result of one poll.
pub(super) struct Poll {
    pub(super) updates: Vec<Update>,
    pub(super) ended: Vec<followed_run::Ended>,
    /// Tasks that could not be started.
    pub(super) failed: Vec<(Task, RunError)>,
    /// Error that ended the poll.
    pub(super) error: Option<RunError>,
}

impl Follower {
    /// Follower of a run from its first event on.
    pub(super) fn new(run: FollowedRun) -> Self {
        let reader = EventReader::new(run.path());
        Self {
            run: Following::new(run),
            reader,
            polled: None,
            answered: false,
            silent: false,
            has_more: true,
            trained: false,
            detached: false,
            awaited: None,
            resumes: false,
            expects_pictures: false,
            unrequested: None,
        }
    }

    /// Time until the next poll.
    pub(super) fn wait_time(&self) -> Duration {
        let is_busy = self.run.is_in_work() || self.expects_pictures;
        let interval = if is_busy { POLL_INTERVAL } else { IDLE_POLL_INTERVAL };
        match self.polled {
            _ if self.detached => MAX_WAIT,
            Some(_) if self.run.silence().is_some_and(|silence| silence < SILENCE) => ANSWER_INTERVAL,
            Some(_) if self.run.silence().is_some() => POLL_INTERVAL,
            Some(_) if !self.has_more => interval,
            _ => Duration::ZERO,
        }
    }

    /// Returns `true` if it is time for the next poll.
    pub(super) fn is_due(&self) -> bool {
        !self.detached && self.polled.is_none_or(|polled| polled.elapsed() >= self.wait_time())
    }

    /// Starts a trainer or searcher on the run, or attaches to the running one. Returns the updates to apply first.
    pub(super) fn start(&mut self, task: Task, program: &Path, arguments: Vec<OsString>) -> Vec<Update> {
        self.detached = false;
        // The session forgot the curves when the training began; a resumed run tells them again.
        self.run.start(task, program, arguments);
        (self.awaited, self.resumes) = (None, false);
        (self.polled, self.answered) = (None, false);
        self.reader.initial_updates()
    }

    /// Releases the processes; the run is no longer polled.
    pub(super) fn detach(&mut self) {
        self.run.detach();
        self.detached = true;
    }

    /// Reads changes for about [`POLL_TIME`]; `None` if nothing is known yet.
    pub(super) fn poll(&mut self, space: &SearchSpace) -> Option<Poll> {
        let mut poll = Poll { updates: Vec::new(), ended: Vec::new(), failed: Vec::new(), error: None };
        let (mut is_answered, mut is_read_up) = (false, false);
        self.has_more = true;
        let begun = Instant::now();
        loop {
            match self.run.poll() {
                Ok(Some(news)) => {
                    is_answered = true;
                    self.has_more = news.changes.more;
                    is_read_up = !news.changes.more;
                    self.trained |= EventReader::finishes(&news.changes);
                    let awaited = news.started.or(self.awaited);
                    self.resumes |= awaited.is_some_and(|awaited| tells_of(&news.changes, awaited.task));
                    self.awaited = awaited.filter(|awaited| !is_started(&news.changes, awaited.pid));
                    poll.updates.extend(self.reader.read(space, news.changes));
                    poll.ended.extend(news.ended);
                    poll.failed.extend(news.failed);
                    self.unrequested = news.unrequested.or(self.unrequested.take());
                }
                // The rest of what there is comes with the next poll.
                Ok(None) => self.has_more = false,
                Err(error) => (poll.error, self.has_more) = (Some(error), false),
            }
            if !self.has_more || begun.elapsed() >= POLL_TIME {
                break;
            }
        }
        if is_read_up && let Some(StartedProcess { task, .. }) = self.awaited.take() {
            // The run tells of the end of earlier work; the present one begins only now.
            let now = if task == Task::Train && self.resumes { State::Resuming } else { State::Starting };
            poll.updates.push(event_reader::state(task, now));
        }
        self.polled = Some(Instant::now());
        (is_answered || poll.error.is_some()).then_some(poll)
    }

    /// Notes whether the database of the run answers. Returns what is new about that.
    pub(super) fn note_silence(&mut self) -> Option<(Severity, String)> {
        let silent = self.run.silence().is_some_and(|silence| silence >= SILENCE);
        if silent == std::mem::replace(&mut self.silent, silent) {
            return None;
        }
        let path = self.run.path().display();
        let who = if self.run.directory().is_on_server() { "server" } else { "database" };
        if silent {
            Some((Severity::Warning, format!("the {who} does not answer; what is shown may be old ({path})")))
        } else {
            Some((Severity::Info, format!("the {who} answers again ({path})")))
        }
    }
}

/// Returns `true` if there are events of a task.
fn tells_of(changes: &Changes, task: Task) -> bool {
    changes.events.iter().any(|stored| stored.value.task == task)
}

/// Returns `true` if the process of this id tells that it has started.
fn is_started(changes: &Changes, own: u32) -> bool {
    changes.events.iter().any(|stored| matches!(stored.value.event, Event::Started { pid, .. } if pid == own))
}
