//! The run that is followed, in the hands of a thread: a database may be locked, a disk slow, a server cut off, and no
//! key waits for any of it.
//!
//! The thread opens or makes the run, and owns the [`FollowedRun`]. It is told what to do, also before the run is open,
//! and answers one poll at a time; what it knew at the last answer is kept here. Each answer wakes the main loop.

use std::{
    ffi::OsString,
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use super::{
    background::{Background, Promise},
    opened_run::{OpenedFacts, OpenedRun},
};
use crate::{
    record::{Control, Task},
    run::{Changes, PictureRequest, RunError},
    tui::{
        followed_run::{Ended, FollowedRun},
        terminal::LoopWaker,
    },
};

/// Time that a frame may wait for an answer: a disk at rest, or a server nearby, has given it by then.
const FRAME_WAIT: Duration = Duration::from_millis(4);
/// Time that the end of the program waits until a run is open, a control is sent, or a task started.
pub(super) const LAST_WAIT: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce(&mut FollowedRun) + Send>;

/// The run that is followed.
pub(super) struct Following {
    jobs: Sender<Job>,
    sender: AnswerSender,
    answers: Receiver<PollAnswer>,
    /// Poll that is not answered yet.
    asked: Option<PendingPoll>,
    working: WorkingTasks,
    /// Pictures were requested and not made yet.
    pictures: bool,
    /// Process that was started since the last answer to a poll.
    started: Option<StartedProcess>,
    /// Tells which tasks are at work once the one that was asked for last is started, or could not be.
    starting: Option<Receiver<WorkingTasks>>,
}

/// The tasks that processes work on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct WorkingTasks {
    training: bool,
    search: bool,
}

impl WorkingTasks {
    fn of(run: &FollowedRun) -> Self {
        Self { training: run.is_working(Task::Train), search: run.is_working(Task::Search) }
    }

    const fn has(self, task: Task) -> bool {
        match task {
            Task::Train => self.training,
            Task::Search => self.search,
        }
    }

    const fn add(&mut self, task: Task) {
        match task {
            Task::Train => self.training = true,
            Task::Search => self.search = true,
        }
    }
}

/// A process that was started on the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartedProcess {
    pub(super) task: Task,
    pub(super) pid: u32,
}

/// A poll under way.
struct PendingPoll {
    since: Instant,
    /// `true` once something was told to the run after it, which the answer does not know of.
    is_old: bool,
}

/// Answer of the thread.
enum PollAnswer {
    Polled(Box<Polled>),
    Lost(RunError),
    Started(StartedProcess),
    /// A task could not be started.
    NotStarted(Task, RunError),
    /// Pictures could not be requested.
    NotRequested(RunError),
}

struct Polled {
    changes: Changes,
    ended: Vec<Ended>,
    working: WorkingTasks,
    pictures: bool,
}

/// The thread's end of the answers.
#[derive(Clone)]
struct AnswerSender {
    sender: Sender<PollAnswer>,
    waker: LoopWaker,
}

impl AnswerSender {
    /// Sends an answer and wakes the main loop; the screen is gone if nobody receives it.
    fn send(&self, answer: PollAnswer) {
        let _ = self.sender.send(answer);
        self.waker.wake();
    }
}

/// News of a followed run.
#[derive(Default)]
pub(super) struct RunNews {
    /// Changes that a poll found; `None` if there is only news of what was asked for.
    pub(super) changes: Option<Changes>,
    pub(super) ended: Vec<Ended>,
    /// Process that was started; the changes hold what was told of it.
    pub(super) started: Option<StartedProcess>,
    /// Tasks that could not be started.
    pub(super) failed: Vec<(Task, RunError)>,
    /// Error of the last request for pictures.
    pub(super) unrequested: Option<RunError>,
}

impl Following {
    /// Starts a thread that opens a run and keeps it, and that ends with this value. The second value tells how the
    /// opening went.
    pub(super) fn open(
        waker: &LoopWaker,
        open: impl FnOnce() -> Result<OpenedRun, RunError> + Send + 'static,
    ) -> (Self, Background<Result<OpenedFacts, RunError>>) {
        let (jobs, received) = mpsc::channel::<Job>();
        let (sender, answers) = mpsc::channel();
        let sender = AnswerSender { sender, waker: waker.clone() };
        let (promise, opened) = Background::promised(waker);
        thread::spawn(move || keep_run(open(), promise, received));
        let working = WorkingTasks::default();
        let (asked, started, starting) = (None, None, None);
        (Self { jobs, sender, answers, asked, working, pictures: false, started, starting }, opened)
    }

    /// Returns `true` if a trainer or a searcher works on the run.
    pub(super) const fn is_in_work(&self) -> bool {
        self.is_working(Task::Train) || self.is_working(Task::Search)
    }

    /// Returns `true` if a process works on the task.
    pub(super) const fn is_working(&self, task: Task) -> bool {
        self.working.has(task)
    }

    /// Time since which a poll has not been answered.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.asked.as_ref().map(|asked| asked.since.elapsed())
    }

    /// Starts a trainer or searcher on the run, or attaches to the running one; reads the events once more. The process
    /// that was started comes with the news, as does a failure.
    pub(super) fn start(&mut self, task: Task, program: &Path, arguments: Vec<OsString>) {
        let (program, sender) = (program.to_owned(), self.sender.clone());
        let (done, starting) = mpsc::channel();
        self.tell(move |run| {
            let answer = match run.start(task, &program, arguments) {
                Ok(pid) => pid.map(|pid| PollAnswer::Started(StartedProcess { task, pid })),
                Err(error) => Some(PollAnswer::NotStarted(task, error)),
            };
            if let Some(answer) = answer {
                sender.send(answer);
            }
            run.rewind();
            // Nobody waits unless the program ends.
            let _ = done.send(WorkingTasks::of(run));
        });
        self.working.add(task);
        self.starting = Some(starting);
    }

    /// Waits until a task that was asked for is started, or could not be: it would not be once the program has ended.
    pub(super) fn finish_start(&mut self) {
        let started = self.starting.take().and_then(|starting| starting.recv_timeout(LAST_WAIT).ok());
        if let Some(working) = started {
            self.working = working;
        }
    }

    /// Releases the processes; they go on.
    pub(super) fn detach(&mut self) {
        self.working = WorkingTasks::default();
        self.tell(FollowedRun::detach);
    }

    /// Sends a control to the process of a task. Returns `true` if there is one.
    pub(super) fn send(&self, task: Task, control: Control) -> bool {
        if self.is_working(task) {
            self.pass(move |run| {
                // Whoever has ended meanwhile needs no control.
                let _ = run.send(task, control);
            });
        }
        self.is_working(task)
    }

    /// Asks for the end of a task through the database, which outlives this process; `None` if the thread does not
    /// answer.
    pub(super) fn stop_surely(&self, task: Task) -> Option<Result<(), RunError>> {
        let (sender, done) = mpsc::channel();
        self.pass(move |run| drop(sender.send(run.stop_surely(task))));
        done.recv_timeout(LAST_WAIT).ok()
    }

    /// Requests pictures. A failure comes with the news.
    pub(super) fn request_pictures(&mut self, request: PictureRequest) {
        let sender = self.sender.clone();
        self.tell(move |run| {
            if let Err(error) = run.store().request_pictures(&request) {
                sender.send(PollAnswer::NotRequested(error));
            }
        });
        self.pictures = true;
    }

    /// Returns `true` while pictures are requested that were not made yet.
    pub(super) const fn awaits_pictures(&self) -> bool {
        self.pictures
    }

    /// News since the last call; `None` while the thread waits for the database.
    ///
    /// # Errors
    /// The run is gone, or its database fails.
    pub(super) fn poll(&mut self) -> Result<Option<RunNews>, RunError> {
        let mut wait = Duration::ZERO;
        if self.asked.is_none() {
            self.ask();
            wait = FRAME_WAIT;
        }
        let mut news = RunNews::default();
        while let Ok(answer) = self.answers.recv_timeout(wait) {
            match answer {
                PollAnswer::Started(process) => self.started = Some(process),
                PollAnswer::NotStarted(task, error) => news.failed.push((task, error)),
                PollAnswer::NotRequested(error) => news.unrequested = Some(error),
                PollAnswer::Lost(error) => {
                    self.asked = None;
                    return Err(error);
                }
                PollAnswer::Polled(polled) => {
                    let is_old = self.asked.take().is_some_and(|asked| asked.is_old);
                    news.changes = Some(polled.changes);
                    (news.ended, news.started) = (polled.ended, self.started.take());
                    if !is_old {
                        self.starting = None;
                        (self.working, self.pictures) = (polled.working, polled.pictures);
                    }
                    return Ok(Some(news));
                }
            }
        }
        let is_news = !news.failed.is_empty() || news.unrequested.is_some();
        Ok(is_news.then_some(news))
    }

    fn ask(&mut self) {
        let (sender, looks) = (self.sender.clone(), self.pictures);
        self.asked = Some(PendingPoll { since: Instant::now(), is_old: false });
        self.pass(move |run| sender.send(answer(run, looks)));
    }

    /// Tells the thread something that answers under way know nothing of.
    fn tell(&mut self, job: impl FnOnce(&mut FollowedRun) + Send + 'static) {
        if let Some(asked) = &mut self.asked {
            asked.is_old = true;
        }
        self.pass(job);
    }

    fn pass(&self, job: impl FnOnce(&mut FollowedRun) + Send + 'static) {
        // The thread is there as long as this value, unless the run could not be opened.
        let _ = self.jobs.send(Box::new(job));
    }
}

/// The thread: tells how a run was opened, and does what it is told on it.
fn keep_run(opened: Result<OpenedRun, RunError>, promise: Promise<Result<OpenedFacts, RunError>>, jobs: Receiver<Job>) {
    match opened {
        Ok(OpenedRun { mut run, warnings, folder }) => {
            promise.keep(Ok(OpenedFacts { directory: run.directory().clone(), warnings, folder }));
            for job in jobs {
                job(&mut run);
            }
        }
        Err(error) => promise.keep(Err(error)),
    }
}

/// Poll in the thread; `looks` for the request of pictures too.
fn answer(run: &mut FollowedRun, looks: bool) -> PollAnswer {
    if !run.is_in_work() {
        // A process that can't be attached to now may be the next time.
        let _ = run.attach();
    }
    match run.poll() {
        Err(error) => PollAnswer::Lost(error),
        Ok((changes, ended)) => {
            let pictures = looks && !matches!(run.store().picture_request(), Ok(None));
            PollAnswer::Polled(Box::new(Polled { changes, ended, working: WorkingTasks::of(run), pictures }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Event;
    use crate::tui::tests::fixture::options;

    fn warning(text: &str) -> Event {
        Event::Warning { text: text.into() }
    }

    fn news(work: &mut Following) -> RunNews {
        loop {
            if let Some(news) = work.poll().unwrap() {
                return news;
            }
        }
    }

    fn events(work: &mut Following) -> usize {
        news(work).changes.map_or(0, |changes| changes.events.len())
    }

    fn following(run: FollowedRun) -> Following {
        Following::open(&LoopWaker::default(), || Ok(OpenedRun::new(run))).0
    }

    #[test]
    fn no_poll_waits_for_a_database_that_does_not_answer() {
        let root = tempfile::tempdir().unwrap();
        let run = FollowedRun::create(root.path(), &options().template).unwrap();
        let store = run.directory().store().unwrap();
        let mut work = following(run);
        assert_eq!(events(&mut work), 0);
        let (cut, network) = mpsc::channel::<()>();
        work.pass(move |_| network.recv().unwrap_or_default());
        store.append(Task::Train, &warning("unseen")).unwrap();
        for _ in 0..3 {
            assert!(work.poll().unwrap().is_none(), "nobody can know anything yet");
        }
        assert!(work.silence().is_some() && !work.send(Task::Train, Control::Stop));
        drop(cut);
        assert_eq!(events(&mut work), 1);
        assert!(work.silence().is_none());
    }

    #[test]
    fn no_request_waits_for_a_lock() {
        let root = tempfile::tempdir().unwrap();
        let run = FollowedRun::create(root.path(), &options().template).unwrap();
        let store = run.directory().store().unwrap();
        let other = rusqlite::Connection::open(run.directory().path().join("run.db")).unwrap();
        let mut work = following(run);
        news(&mut work);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let request = PictureRequest { design: "a".into(), views: 1, object: 0 };
        work.request_pictures(request.clone());
        assert!(work.poll().unwrap().is_none() && work.awaits_pictures(), "the thread waits, nobody else");
        other.execute_batch("COMMIT").unwrap();
        assert!(news(&mut work).unrequested.is_none());
        assert_eq!(store.picture_request().unwrap(), Some(request));
    }

    /// A new run whose training is asked for with a program that does not exist.
    fn with_failing_start(root: &Path) -> Following {
        let mut work = following(FollowedRun::create(root, &options().template).unwrap());
        work.start(Task::Train, Path::new("/nowhere/splitscope"), Vec::new());
        work
    }

    #[test]
    fn a_start_is_finished_before_the_program_ends() {
        let root = tempfile::tempdir().unwrap();
        let mut work = with_failing_start(root.path());
        assert!(work.is_in_work());
        work.finish_start();
        assert!(!work.is_in_work(), "it could not be started");
    }

    #[test]
    fn what_cannot_be_started_comes_with_the_news() {
        let root = tempfile::tempdir().unwrap();
        let mut work = with_failing_start(root.path());
        assert!(work.is_working(Task::Train), "until the contrary is known");
        assert_eq!(news(&mut work).failed.len(), 1);
        news(&mut work);
        assert!(!work.is_working(Task::Train));
    }

    #[test]
    fn a_deleted_run_is_reported() {
        let root = tempfile::tempdir().unwrap();
        let run = FollowedRun::create(root.path(), &options().template).unwrap();
        let path = run.directory().path().to_owned();
        let mut work = following(run);
        news(&mut work);
        std::fs::remove_dir_all(&path).unwrap();
        let gone = loop {
            match work.poll() {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(matches!(gone, RunError::Gone(found) if found == path));
    }
}
