//! Run on a server, followed by a thread: a server may be slow, restart or be cut off, and no key waits for it.
//!
//! The thread owns the [`FollowedRun`]. It is told what to do and answers one poll at a time; what it knew at the last
//! answer is kept here.

use std::{
    ffi::OsString,
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use crate::{
    record::{Control, Task},
    run::{Changes, PictureRequest, RunDir, RunError},
    tui::followed_run::{Ended, FollowedRun},
};

/// Time that a frame may wait for an answer: a server nearby has given it by then.
const FRAME_WAIT: Duration = Duration::from_millis(4);
/// Time that the end of the program waits until a control is sent.
const LAST_WAIT: Duration = Duration::from_secs(5);

type Errand = Box<dyn FnOnce(&mut FollowedRun) + Send>;

/// A followed run in the hands of a thread.
pub(super) struct ServerWork {
    directory: RunDir,
    errands: Sender<Errand>,
    sender: Sender<PollAnswer>,
    answers: Receiver<PollAnswer>,
    /// Poll that is not answered yet.
    asked: Option<PendingPoll>,
    /// Tasks at work: train, search.
    working: [bool; 2],
    /// Pictures were requested and not made yet.
    pictures: bool,
    /// Process that was started since the last answer to a poll.
    started: Option<StartedProcess>,
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
}

struct Polled {
    changes: Changes,
    ended: Vec<Ended>,
    working: [bool; 2],
    pictures: bool,
}

/// News of a followed run.
#[derive(Default)]
pub(super) struct RunNews {
    pub(super) changes: Changes,
    pub(super) ended: Vec<Ended>,
    /// Process that was started; the changes hold what was told of it.
    pub(super) started: Option<StartedProcess>,
    /// Tasks that could not be started.
    pub(super) failed: Vec<(Task, RunError)>,
}

impl ServerWork {
    /// Hands a run to a thread, which ends with this value.
    pub(super) fn start(mut run: FollowedRun) -> Self {
        let (errands, received) = mpsc::channel::<Errand>();
        let (sender, answers) = mpsc::channel();
        let (directory, working) = (run.directory().clone(), working(&run));
        thread::spawn(move || received.into_iter().for_each(|errand| errand(&mut run)));
        Self { directory, errands, sender, answers, asked: None, working, pictures: false, started: None }
    }

    pub(super) fn directory(&self) -> &RunDir {
        &self.directory
    }

    pub(super) const fn is_working(&self, task: Task) -> bool {
        self.working[task as usize]
    }

    /// Time since which a poll has not been answered.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.asked.as_ref().map(|asked| asked.since.elapsed())
    }

    /// Starts a task. A failure comes with the news.
    pub(super) fn start_task(&mut self, task: Task, program: &Path, arguments: Vec<OsString>) {
        let (program, sender) = (program.to_owned(), self.sender.clone());
        self.tell(move |run| {
            let answer = match run.start(task, &program, arguments) {
                Ok(pid) => pid.map(|pid| PollAnswer::Started(StartedProcess { task, pid })),
                Err(error) => Some(PollAnswer::NotStarted(task, error)),
            };
            // The screen is gone if nobody receives it.
            if let Some(answer) = answer {
                drop(sender.send(answer));
            }
            run.rewind();
        });
        self.working[task as usize] = true;
    }

    pub(super) fn detach(&mut self) {
        self.working = [false; 2];
        self.tell(FollowedRun::detach);
    }

    pub(super) fn send(&self, task: Task, control: Control) -> bool {
        if self.is_working(task) {
            self.pass(move |run| {
                // Whoever has ended meanwhile needs no control.
                let _ = run.send(task, control);
            });
        }
        self.is_working(task)
    }

    /// Asks for the end of a task through the database.
    ///
    /// # Errors
    /// The database fails, or does not answer.
    pub(super) fn stop_surely(&self, task: Task) -> Result<(), RunError> {
        let (sender, done) = mpsc::channel();
        self.pass(move |run| drop(sender.send(run.stop_surely(task))));
        let path = self.directory.path().to_owned();
        done.recv_timeout(LAST_WAIT).unwrap_or(Err(RunError::NoAnswer(path)))
    }

    pub(super) fn request_pictures(&mut self, request: PictureRequest) {
        // Made again with the next picture, if the database fails.
        self.tell(move |run| drop(run.store().request_pictures(&request)));
        self.pictures = true;
    }

    pub(super) const fn awaits_pictures(&self) -> bool {
        self.pictures
    }

    /// News since the last call; `None` while the thread waits for the server.
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
                PollAnswer::Lost(error) => {
                    self.asked = None;
                    return Err(error);
                }
                PollAnswer::Polled(polled) => {
                    let is_old = self.asked.take().is_some_and(|asked| asked.is_old);
                    (news.changes, news.ended, news.started) = (polled.changes, polled.ended, self.started.take());
                    if !is_old {
                        (self.working, self.pictures) = (polled.working, polled.pictures);
                    }
                    return Ok(Some(news));
                }
            }
        }
        Ok((!news.failed.is_empty()).then_some(news))
    }

    fn ask(&mut self) {
        let (sender, looks) = (self.sender.clone(), self.pictures);
        self.asked = Some(PendingPoll { since: Instant::now(), is_old: false });
        self.pass(move |run| drop(sender.send(answer(run, looks))));
    }

    /// Tells the thread something that answers under way know nothing of.
    fn tell(&mut self, errand: impl FnOnce(&mut FollowedRun) + Send + 'static) {
        if let Some(asked) = &mut self.asked {
            asked.is_old = true;
        }
        self.pass(errand);
    }

    fn pass(&self, errand: impl FnOnce(&mut FollowedRun) + Send + 'static) {
        // The thread is there as long as this value.
        let _ = self.errands.send(Box::new(errand));
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
            PollAnswer::Polled(Box::new(Polled { changes, ended, working: working(run), pictures }))
        }
    }
}

fn working(run: &FollowedRun) -> [bool; 2] {
    [Task::Train, Task::Search].map(|task| run.is_working(task))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Event;
    use crate::tui::tests::fixture::options;

    fn warning(text: &str) -> Event {
        Event::Warning { text: text.into() }
    }

    fn news(work: &mut ServerWork) -> RunNews {
        loop {
            if let Some(news) = work.poll().unwrap() {
                return news;
            }
        }
    }

    #[test]
    fn no_poll_waits_for_a_server_that_does_not_answer() {
        let root = tempfile::tempdir().unwrap();
        let run = FollowedRun::create(root.path(), &options().template).unwrap();
        let store = run.directory().store().unwrap();
        let mut work = ServerWork::start(run);
        assert!(news(&mut work).changes.events.is_empty());
        let (cut, network) = mpsc::channel::<()>();
        work.pass(move |_| network.recv().unwrap_or_default());
        store.append(Task::Train, &warning("unseen")).unwrap();
        for _ in 0..3 {
            assert!(work.poll().unwrap().is_none(), "nobody can know anything yet");
        }
        assert!(work.silence().is_some() && !work.send(Task::Train, Control::Stop));
        drop(cut);
        assert_eq!(news(&mut work).changes.events.len(), 1);
        assert!(work.silence().is_none());
    }

    #[test]
    fn what_cannot_be_started_comes_with_the_news() {
        let root = tempfile::tempdir().unwrap();
        let run = FollowedRun::create(root.path(), &options().template).unwrap();
        let mut work = ServerWork::start(run);
        work.start_task(Task::Train, Path::new("/nowhere/splitscope"), Vec::new());
        assert!(work.is_working(Task::Train), "until the contrary is known");
        assert_eq!(news(&mut work).failed.len(), 1);
        news(&mut work);
        assert!(!work.is_working(Task::Train));
    }

    #[test]
    fn a_deleted_run_is_reported() {
        let root = tempfile::tempdir().unwrap();
        let run = FollowedRun::create(root.path(), &options().template).unwrap();
        let path = run.path().to_owned();
        let mut work = ServerWork::start(run);
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
