//! Follows a run: its events and measurements become updates of the session, as does the end of its processes.

use std::{path::Path, time::Duration};

use super::{
    App, SETTLE_TIME,
    background::Background,
    follower::{Follower, Poll},
    recording::forget,
};
use crate::{
    explore::{Command, Severity, Update, WorkControl, progress::State},
    record::{self, Task},
    run::{self, Listed, RunError, SHIPPED},
    tui::{
        RunChoice,
        command::UserCommand,
        event_reader, followed_run,
        model::menu::{Choice, Menu},
    },
};

/// Time that the first frame may wait for a look at the runs that there are, or for one to be opened.
const LOOK_WAIT: Duration = Duration::from_millis(20);

impl App {
    /// Follows the run that was named, else one that a process is at work on; or opens one to be replayed.
    pub(super) fn open(&mut self) {
        if let Some(path) = self.options.replay.clone() {
            return self.replay(&path);
        }
        self.start_split();
        if self.options.tour {
            return self.start_tour();
        }
        match self.options.run.clone() {
            RunChoice::Named(path) => self.open_early(&path),
            RunChoice::Shipped => self.show_shipped(),
            RunChoice::Usual => self.open_usual(),
            RunChoice::None => {}
        }
    }

    /// Follows a run, which the first frame shows if it is opened at once.
    fn open_early(&mut self, path: &Path) {
        self.follow(path);
        self.tend_opening(LOOK_WAIT);
    }

    /// Follows a run that a process is at work on; where there is none, shows the shipped one. A look at all runs may
    /// take long: until it is over, the shipped one is shown.
    fn open_usual(&mut self) {
        let (root, space) = (self.options.runs_root.clone(), self.options.template.space.clone());
        let look = Background::start(&self.waker, move || followed_run::living_run(&root, &space));
        match look.result_within(LOOK_WAIT) {
            Some(Ok(Ok(Some(path)))) => return self.open_early(&path),
            Some(Ok(Ok(None))) => {}
            Some(Ok(Err(error))) => self.say(Severity::Error, error.to_string()),
            Some(Err(died)) => self.say(Severity::Error, died.to_string()),
            None => self.living_run = Some(look),
        }
        if self.is_of_shipped_space() {
            self.show_shipped();
        }
    }

    /// Follows the run that a process is at work on, once it is found. Returns `true` if anything is new.
    pub(super) fn tend_living_run(&mut self) -> bool {
        let Some(found) = Background::take(&mut self.living_run) else { return false };
        match found {
            // The user may have chosen another one.
            Ok(Ok(Some(path))) if self.follower.is_none() && self.opening.is_none() && self.recording.is_none() => {
                self.switch_to(&path);
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => self.say(Severity::Error, error.to_string()),
            Err(died) => self.say(Severity::Error, died.to_string()),
        }
        true
    }

    /// Offers the runs of this space in a menu, the latest first.
    pub(super) fn offer_runs(&mut self) {
        let runs = match run::list(&self.options.runs_root) {
            Ok(runs) => runs,
            Err(error) => return self.say(Severity::Error, error.to_string()),
        };
        let of_space = |listed: &&Listed| {
            listed.manifest.as_ref().is_ok_and(|manifest| manifest.space.text == self.options.template.space.text)
        };
        let followed = self.follower.as_ref().map(Follower::path);
        let choices: Vec<Choice> = runs
            .iter()
            .filter(of_space)
            .map(|listed| {
                let mark = if followed == Some(&*listed.path) { "  (followed now)" } else { "" };
                let label = format!("{}{mark}", listed.path.display());
                Choice::new(label, UserCommand::FollowRun(listed.path.clone()))
            })
            .collect();
        let root = self.options.runs_root.display();
        let text = if choices.is_empty() {
            format!(
                "There is no run of this space below {root}; {} starts one.",
                self.ui.keys.key(Command::StartTraining)
            )
        } else {
            "A process at work on a run continues whether the run is followed or not.".to_owned()
        };
        let mut choices = choices;
        if self.shipped.is_none() && self.is_of_shipped_space() {
            let label = format!("{SHIPPED}  (the run that comes with splitscope)");
            choices.push(Choice::new(label, UserCommand::FollowRun(SHIPPED.into())));
        }
        self.ui.menu = Some(Menu::new("Follow a run", text, choices));
    }

    /// Follows another run, from its beginning.
    pub(super) fn switch_to(&mut self, path: &Path) {
        if let Some(mut follower) = self.follower.take() {
            follower.detach();
        }
        (self.recording, self.recording_read, self.ui.replay, self.opening) = (None, None, None, None);
        self.end_pictures();
        (self.shipped, self.living_run) = (None, None);
        self.feed(forget());
        if run::is_shipped(path) {
            self.show_shipped();
        } else {
            self.follow(path);
        }
    }

    /// Polls the run if it is time to. Returns `true` if anything is new.
    pub(super) fn poll_run(&mut self) -> bool {
        let expects_pictures = self.expects_pictures();
        let Some(follower) = &mut self.follower else { return false };
        if !follower.is_due(expects_pictures) {
            return false;
        }
        let polled = follower.poll(self.session.space());
        let silence = follower.note_silence();
        let told = silence.is_some();
        let Some(Poll { mut updates, ended, failed, error, is_of_past, is_read_up }) = polled else {
            if let Some((severity, text)) = silence {
                self.say(severity, text);
            }
            return told;
        };
        if let Some(error) = error {
            updates.extend(self.lose(&error));
        }
        if is_of_past {
            event_reader::keep_last_states(&mut updates);
        }
        let new = told || !updates.is_empty() || !ended.is_empty() || !failed.is_empty();
        self.feed(updates);
        // How a run ended that is only now looked at is shown, and is no news.
        let toast = self.session.toast(self.now_ms()).map(|message| message.severity);
        if is_of_past && toast == Some(Severity::Info) {
            self.act(Command::Dismiss);
        }
        if let Some((severity, text)) = silence {
            self.say(severity, text);
        }
        for (task, error) in failed {
            self.failed(task, error.to_string());
        }
        for one in ended {
            self.ended(&one);
        }
        if is_read_up {
            self.reconcile();
        }
        new
    }

    /// Lets go of a run that can't be read any more; what is told of it. Whoever works on one that is gone is told to
    /// stop.
    fn lose(&mut self, error: &RunError) -> Vec<Update> {
        let gone = matches!(error, RunError::Gone(_));
        let why = if gone {
            format!("{error}; {} offers others", self.ui.keys.key(UserCommand::OfferRuns))
        } else {
            error.to_string()
        };
        let Some(Follower { run, .. }) = self.follower.take() else { return Vec::new() };
        let stopped =
            [Task::Train, Task::Search].into_iter().filter(|task| gone && run.send(*task, record::Control::Stop));
        let failed = stopped.map(|task| event_reader::state(task, State::Failed(why.clone())));
        failed.chain([event_reader::error(why.clone())]).collect()
    }

    /// Says how a child ended, if the run does not say so itself.
    fn ended(&mut self, ended: &followed_run::Ended) {
        if ended.ending.status.is_none() || ended.ending.is_success() {
            return;
        }
        let mut updates: Vec<Update> =
            ended.log.iter().map(|line| event_reader::note(ended.task, line.clone())).collect();
        // What a process said last says why it failed, but not why it was killed.
        let killed = ended.ending.status.is_some_and(|status| status.code().is_none());
        let tail = ended.log.iter().rev().find(|line| !line.trim().is_empty());
        let ending = format!("the process {}", ended.ending);
        let why = match tail.map(|tail| (tail, tail.strip_prefix("error: "))) {
            _ if killed => format!("{ending}; {}", self.again(ended.task)),
            Some((_, Some(error))) => error.to_owned(),
            Some((tail, None)) => format!("{ending}: {tail}"),
            None => ending,
        };
        updates.push(event_reader::state(ended.task, State::Failed(why)));
        self.feed(updates);
    }

    /// A run may say that it is at work when none is: its process was killed.
    fn reconcile(&mut self) {
        let Some(Follower { run, .. }) = &self.follower else { return };
        let gone = |task, state: &State| state.is_active() && *state != State::Starting && !run.is_working(task);
        let states = [(Task::Train, &self.session.training().state), (Task::Search, &self.session.searching().state)];
        let updates = states.into_iter().filter(|(task, state)| gone(*task, state)).map(|(task, _)| {
            event_reader::state(task, State::Failed(format!("its process is gone; {}", self.again(task))))
        });
        let updates = updates.collect();
        self.feed(updates);
    }

    /// Sentence on how to continue interrupted work.
    fn again(&self, task: Task) -> String {
        match task {
            Task::Train => format!("{} goes on from the last checkpoint", self.ui.keys.key(Command::StartTraining)),
            Task::Search => format!("{} starts it again", self.ui.keys.key(Command::StartSearch)),
        }
    }

    /// Sends the limits to a running search once they stand still. Returns `true` if it did.
    pub(super) fn send_settled_limits(&mut self) -> bool {
        let settled = self.recording.is_none() && self.moved.is_some_and(|moved| moved.elapsed() >= SETTLE_TIME);
        if settled {
            self.moved = None;
            self.act(Command::Control(WorkControl::SendLimits));
        }
        settled
    }
}
