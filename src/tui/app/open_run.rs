//! Opens the run that is followed next in a thread, and goes over to it once it is open.

use std::{ffi::OsString, path::Path, time::Duration};

use super::{
    App,
    follower::Follower,
    opened_run::{OpenedFacts, OpenedRun},
    opening::{Opening, OpeningPurpose, ShippedRun},
    picture_work::PictureRequestState,
};
use crate::{
    explore::Severity,
    record::Task,
    run::RunError,
    tui::{
        event_reader::{self, EventReader},
        followed_run::FollowedRun,
    },
};

impl App {
    /// Begins to open a run; one that was being opened is let go.
    pub(super) fn begin_opening(
        &mut self,
        purpose: OpeningPurpose,
        open: impl FnOnce() -> Result<OpenedRun, RunError> + Send + 'static,
    ) {
        self.opening = Some(Opening::begin(&self.waker, purpose, open));
    }

    /// Begins to follow a run from its beginning.
    pub(super) fn follow(&mut self, path: &Path) {
        let path = path.to_owned();
        self.begin_opening(OpeningPurpose::Follow, move || {
            let run = FollowedRun::open(&path)?;
            // Asking a server takes its time; who works on its run tells of damage in the run's log.
            let warnings = if run.directory().is_on_server() {
                Vec::new()
            } else {
                run.directory().warnings(run.store()).unwrap_or_else(|error| vec![error.to_string()])
            };
            Ok(OpenedRun { warnings, ..OpenedRun::new(run) })
        });
    }

    /// Goes over to the run that is being opened, if it is open within some time. Returns `true` if anything is new.
    pub(super) fn tend_opening(&mut self, time: Duration) -> bool {
        let Some(opening) = self.opening.take() else { return false };
        match opening.result_within(time) {
            None => {
                self.opening = Some(opening);
                return false;
            }
            Some(Ok(opened)) => self.go_over(opening, opened),
            Some(Err(error)) => self.not_opened(&opening, error),
        }
        true
    }

    /// Follows a run that is open now.
    fn go_over(&mut self, opening: Opening, opened: OpenedFacts) {
        let Opening { run, purpose, is_detached, .. } = opening;
        let OpenedFacts { directory, warnings, folder } = opened;
        let path = directory.path().to_owned();
        if purpose == OpeningPurpose::Pictures {
            self.shipped = Some(ShippedRun::unpacked(folder));
            self.picture_work.request = PictureRequestState::Settling;
            self.follower = Some(Follower::new(run, directory, EventReader::of_shipped()));
            return;
        }
        let mut follower = Follower::new(run, directory, EventReader::new(&path));
        if is_detached {
            follower.detach();
        }
        self.end_pictures();
        // The run is named at once, also where no process can be started on it.
        self.feed(follower.initial_updates());
        (self.shipped, self.follower) = (None, Some(follower));
        if purpose == OpeningPurpose::Search {
            let text = format!("the search writes to {}, a copy of the shipped run", path.display());
            self.feed(vec![event_reader::note(Task::Search, text.clone())]);
            self.say(Severity::Info, text);
        }
        for warning in warnings {
            self.say(Severity::Error, warning);
        }
    }

    /// Says that a run could not be opened, where it is missed.
    fn not_opened(&mut self, opening: &Opening, error: String) {
        for task in [Task::Train, Task::Search] {
            if opening.run.is_working(task) {
                self.failed(task, error.clone());
            }
        }
        if opening.purpose == OpeningPurpose::Pictures {
            self.picture_work.request = PictureRequestState::Failed(error);
            return;
        }
        if opening.purpose == OpeningPurpose::Follow {
            self.say(Severity::Error, error);
        }
        if self.picture_work.request == PictureRequestState::Opening {
            self.picture_work.request = PictureRequestState::Settling;
        }
    }

    /// Starts a task on the run that is followed next, if there is one, else on the present one.
    pub(super) fn start(&mut self, task: Task, arguments: Vec<OsString>) {
        if let Some(opening) = &mut self.opening {
            return opening.run.start(task, &self.options.exe, arguments);
        }
        let Some(follower) = &mut self.follower else { return };
        let initial = follower.start(task, &self.options.exe, arguments);
        self.feed(initial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunDir;
    use crate::tui::{
        RunChoice, picture_theme,
        tests::fixture::{options, session},
        theme::ColourScheme,
    };

    #[test]
    fn what_is_wrong_with_a_run_is_said_when_it_is_followed_and_when_it_is_replayed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("run");
        RunDir::create(&path, &options().template).unwrap();
        std::fs::remove_file(path.join("SHA256SUMS")).unwrap();
        let said = |app: &App| app.session.toast(app.now_ms()).map(|message| message.text.clone()).unwrap_or_default();
        for replay in [None, Some(path.clone())] {
            let options = crate::tui::Options { run: RunChoice::Named(path.clone()), replay, ..options() };
            let mut app = App::new(session(), options, picture_theme(ColourScheme::OkabeIto));
            app.open();
            while app.opening.is_some() || app.recording_read.is_some() {
                app.tend_opening(Duration::ZERO);
                app.tend_recording();
                std::thread::yield_now();
            }
            assert!(said(&app).contains("SHA256SUMS is missing"), "{}", said(&app));
        }
    }
}
