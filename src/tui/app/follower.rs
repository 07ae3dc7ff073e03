//! Run that is followed, and the polls that read it.

use std::{
    ffi::OsString,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    explore::{Severity, Update, progress::State},
    record::{Event, Task},
    run::{Changes, RunDir, RunError},
    space::SearchSpace,
    tui::{
        event_reader::{self, EventReader},
        followed_run,
    },
};

use super::following::{Following, StartedProcess};

/// Longest wait for input.
pub(super) const MAX_WAIT: Duration = Duration::from_hours(1);
/// Poll interval of the database of a run with a running process.
const POLL_INTERVAL: Duration = Duration::from_millis(120);
/// Poll interval of other runs: another process may begin to work on them.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Time without an answer after which a database is said to be silent.
const SILENCE: Duration = Duration::from_secs(3);
/// Time after which the rest of the events is left to the next poll: keys come first, however long a run is.
const POLL_TIME: Duration = Duration::from_millis(30);

/// Progress of reading a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadProgress {
    /// From its first event, or from that of work that was asked for: what comes was there before, and is no news.
    Past,
    /// All that there was: what comes is news.
    Present,
    /// Not until a training or search is started on it.
    Detached,
}

/// A process that was started and has not told of it yet.
#[derive(Clone, Copy)]
struct AwaitedProcess {
    started: StartedProcess,
    /// The run tells of earlier work on its task.
    resumes: bool,
}

/// Run that is followed, and the state of reading it.
pub(super) struct Follower {
    pub(super) run: Following,
    pub(super) directory: RunDir,
    reader: EventReader,
    reading: ReadProgress,
    /// Time of the last poll; `None` before the first one, and if it left more to read.
    polled: Option<Instant>,
    /// `true` while the database of the run is silent.
    is_silent: bool,
    /// The training of the run is finished: the next one begins a new run.
    pub(super) trained: bool,
    awaited: Option<AwaitedProcess>,
    /// Error of the last request for pictures.
    pub(super) unrequested: Option<RunError>,
}

/// Result of one poll.
#[derive(Default)]
pub(super) struct Poll {
    pub(super) updates: Vec<Update>,
    pub(super) ended: Vec<followed_run::Ended>,
    /// Tasks that could not be started.
    pub(super) failed: Vec<(Task, RunError)>,
    /// Error that ended the poll.
    pub(super) error: Option<RunError>,
    /// The updates are of the past: they are no news.
    pub(super) is_of_past: bool,
    /// All that there is was read.
    pub(super) is_read_up: bool,
}

impl Follower {
    /// Follower of a run from its first event on.
    pub(super) fn new(run: Following, directory: RunDir, reader: EventReader) -> Self {
        Self {
            run,
            directory,
            reader,
            reading: ReadProgress::Past,
            polled: None,
            is_silent: false,
            trained: false,
            awaited: None,
            unrequested: None,
        }
    }

    /// Directory or address of the run.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Updates that name the run.
    pub(super) fn initial_updates(&self) -> Vec<Update> {
        self.reader.initial_updates()
    }

    /// Time until the next poll of a run, from which pictures may be expected. An answer to the last one comes sooner:
    /// it wakes the main loop.
    pub(super) fn wait_time(&self, expects_pictures: bool) -> Duration {
        if self.reading == ReadProgress::Detached {
            return MAX_WAIT;
        }
        if let Some(silence) = self.run.silence() {
            return if self.is_silent { MAX_WAIT } else { SILENCE.saturating_sub(silence) };
        }
        let is_busy = self.run.is_in_work() || expects_pictures;
        let interval = if is_busy { POLL_INTERVAL } else { IDLE_POLL_INTERVAL };
        self.polled.map_or(Duration::ZERO, |polled| interval.saturating_sub(polled.elapsed()))
    }

    /// Returns `true` if it is time for the next poll, or if the last one may be answered.
    pub(super) fn is_due(&self, expects_pictures: bool) -> bool {
        let is_asked = self.reading != ReadProgress::Detached && self.run.silence().is_some();
        is_asked || self.wait_time(expects_pictures).is_zero()
    }

    /// Starts a trainer or searcher on the run, or attaches to the running one. Returns the updates to apply first.
    pub(super) fn start(&mut self, task: Task, program: &Path, arguments: Vec<OsString>) -> Vec<Update> {
        // The session forgot the curves when the training began; a resumed run tells them again.
        self.run.start(task, program, arguments);
        (self.reading, self.polled, self.awaited) = (ReadProgress::Past, None, None);
        self.reader.initial_updates()
    }

    /// Releases the processes; the run is no longer polled.
    pub(super) fn detach(&mut self) {
        self.run.detach();
        self.reading = ReadProgress::Detached;
    }

    /// Asks for the end of a task through the database, which outlives this process.
    ///
    /// # Errors
    /// The database fails, or does not answer.
    pub(super) fn stop_surely(&self, task: Task) -> Result<(), RunError> {
        self.run.stop_surely(task).unwrap_or_else(|| Err(RunError::NoAnswer(self.path().to_owned())))
    }

    /// Reads changes for about [`POLL_TIME`]; `None` if nothing is known yet.
    pub(super) fn poll(&mut self, space: &SearchSpace) -> Option<Poll> {
        let mut poll = Poll { is_of_past: self.reading == ReadProgress::Past, ..Poll::default() };
        let (mut is_answered, begun) = (false, Instant::now());
        let has_more = loop {
            let has_more = match self.run.poll() {
                Ok(Some(news)) => {
                    is_answered = true;
                    poll.failed.extend(news.failed);
                    poll.ended.extend(news.ended);
                    self.unrequested = news.unrequested.or(self.unrequested.take());
                    news.changes.is_some_and(|changes| {
                        let has_more = changes.more;
                        poll.is_read_up = !has_more;
                        self.note_start(news.started, &changes);
                        self.trained |= EventReader::finishes(&changes);
                        poll.updates.extend(self.reader.read(space, changes));
                        has_more
                    })
                }
                // The rest of what there is comes with the next poll.
                Ok(None) => false,
                Err(error) => {
                    poll.error = Some(error);
                    false
                }
            };
            if !has_more || begun.elapsed() >= POLL_TIME {
                break has_more;
            }
        };
        self.polled = (!has_more).then(Instant::now);
        if poll.is_read_up {
            poll.updates.extend(self.awaited_state());
            self.reading = ReadProgress::Present;
        }
        (is_answered || poll.error.is_some()).then_some(poll)
    }

    /// Notes a process that was started, until the changes tell of it.
    fn note_start(&mut self, started: Option<StartedProcess>, changes: &Changes) {
        if let Some(started) = started {
            self.awaited = Some(AwaitedProcess { started, resumes: false });
        }
        let Some(awaited) = &mut self.awaited else { return };
        awaited.resumes |= tells_of(changes, awaited.started.task);
        if is_started(changes, awaited.started.pid) {
            self.awaited = None;
        }
    }

    /// State of a task whose process has not told of it yet: the run tells of the end of earlier work; the present one
    /// begins only now.
    fn awaited_state(&mut self) -> Option<Update> {
        let AwaitedProcess { started, resumes } = self.awaited.take()?;
        let now = if started.task == Task::Train && resumes { State::Resuming } else { State::Starting };
        Some(event_reader::state(started.task, now))
    }

    /// Notes whether the database of the run answers. Returns what is new about that.
    pub(super) fn note_silence(&mut self) -> Option<(Severity, String)> {
        let is_silent = self.run.silence().is_some_and(|silence| silence >= SILENCE);
        if is_silent == std::mem::replace(&mut self.is_silent, is_silent) {
            return None;
        }
        let path = self.path().display();
        let database = if self.directory.is_on_server() { "server" } else { "database" };
        Some(if is_silent {
            (Severity::Warning, format!("the {database} does not answer; what is shown may be old ({path})"))
        } else {
            (Severity::Info, format!("the {database} answers again ({path})"))
        })
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
