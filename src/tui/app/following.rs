//! The run that is followed: one in a directory is read by the screen itself, one on a server by a thread.

use std::{ffi::OsString, path::Path, time::Duration};

use super::server_work::{RunNews, ServerWork, StartedProcess};
use crate::{
    record::{Control, Task},
    run::{PictureRequest, RunDir, RunError},
    tui::followed_run::FollowedRun,
};

/// The run that is followed.
pub(super) enum Following {
    Here(FollowedRun),
    OnServer(ServerWork),
}

impl Following {
    pub(super) fn new(run: FollowedRun) -> Self {
        if run.directory().is_on_server() { Self::OnServer(ServerWork::start(run)) } else { Self::Here(run) }
    }

    /// Directory or address of the run.
    pub(super) fn path(&self) -> &Path {
        self.directory().path()
    }

    /// The run.
    pub(super) fn directory(&self) -> &RunDir {
        match self {
            Self::Here(run) => run.directory(),
            Self::OnServer(work) => work.directory(),
        }
    }

    /// Starts a trainer or searcher on the run, or attaches to the running one; reads the events once more. Returns the
    /// process that was started; on a server it comes with the news, as does a failure.
    ///
    /// # Errors
    /// The program can't be started, or the run fails.
    pub(super) fn start(
        &mut self,
        task: Task,
        program: &Path,
        arguments: Vec<OsString>,
    ) -> Result<Option<StartedProcess>, RunError> {
        match self {
            Self::Here(run) => {
                let pid = run.start(task, program, arguments)?;
                run.rewind();
                Ok(pid.map(|pid| StartedProcess { task, pid }))
            }
            Self::OnServer(work) => {
                work.start_task(task, program, arguments);
                Ok(None)
            }
        }
    }

    /// Releases the processes; they go on.
    pub(super) fn detach(&mut self) {
        match self {
            Self::Here(run) => run.detach(),
            Self::OnServer(work) => work.detach(),
        }
    }

    /// Asks for the end of a task through the database, which outlives this process.
    ///
    /// # Errors
    /// The run's database fails.
    pub(super) fn stop_surely(&self, task: Task) -> Result<(), RunError> {
        match self {
            Self::Here(run) => run.stop_surely(task),
            Self::OnServer(work) => work.stop_surely(task),
        }
    }

    /// Returns `true` if a process works on the task.
    pub(super) const fn is_working(&self, task: Task) -> bool {
        match self {
            Self::Here(run) => run.is_working(task),
            Self::OnServer(work) => work.is_working(task),
        }
    }

    /// Returns `true` if a trainer or a searcher works on the run.
    pub(super) const fn is_in_work(&self) -> bool {
        self.is_working(Task::Train) || self.is_working(Task::Search)
    }

    /// Sends a control to the process of a task. Returns `true` if there is one.
    pub(super) fn send(&self, task: Task, control: Control) -> bool {
        match self {
            Self::Here(run) => run.send(task, control),
            Self::OnServer(work) => work.send(task, control),
        }
    }

    /// Requests pictures.
    ///
    /// # Errors
    /// The run's database fails.
    pub(super) fn request_pictures(&mut self, request: PictureRequest) -> Result<(), RunError> {
        match self {
            Self::Here(run) => run.store().request_pictures(&request),
            Self::OnServer(work) => {
                work.request_pictures(request);
                Ok(())
            }
        }
    }

    /// Returns `true` while pictures are requested that were not made yet.
    pub(super) fn awaits_pictures(&self) -> bool {
        match self {
            Self::Here(run) => !matches!(run.store().picture_request(), Ok(None)),
            Self::OnServer(work) => work.awaits_pictures(),
        }
    }

    /// Attaches to processes that others started on the run.
    pub(super) fn attach(&mut self) {
        if let Self::Here(run) = self
            && !run.is_in_work()
        {
            // A process that can't be attached to now may be the next time.
            let _ = run.attach();
        }
    }

    /// News since the last call; `None` while the server has not answered.
    ///
    /// # Errors
    /// The run is gone, or its database fails.
    pub(super) fn poll(&mut self) -> Result<Option<RunNews>, RunError> {
        match self {
            Self::Here(run) => {
                let (changes, ended) = run.poll()?;
                Ok(Some(RunNews { changes, ended, ..RunNews::default() }))
            }
            Self::OnServer(work) => work.poll(),
        }
    }

    /// Time since which the server has not answered.
    pub(super) fn silence(&self) -> Option<Duration> {
        match self {
            Self::Here(_) => None,
            Self::OnServer(work) => work.silence(),
        }
    }
}
