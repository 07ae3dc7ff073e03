//! Follows a run: its events and measurements become updates of the session, as does the end of its processes.

use std::{
    path::Path,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use super::{
    App, SETTLE_TIME,
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
        event_reader,
        followed_run::{self, FollowedRun},
        model::menu::{Choice, Menu},
    },
};

/// Time that the first frame may wait for a look at the runs that there are.
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
            RunChoice::Named(path) => self.follow(&path),
            RunChoice::Shipped => self.show_shipped(),
            RunChoice::Usual => self.open_usual(),
            RunChoice::None => {}
        }
    }

    /// Follows a run that a process is at work on; where there is none, shows the shipped one. A look at all runs may
    /// take long: until it is over, the shipped one is shown.
    fn open_usual(&mut self) {
        let (root, space) = (self.options.runs_root.clone(), self.options.template.space.clone());
        let (sender, found) = mpsc::channel();
        // Nobody receives it if the screen is left meanwhile.
        thread::spawn(move || drop(sender.send(followed_run::living_run(&root, &space))));
        match found.recv_timeout(LOOK_WAIT) {
            Ok(Ok(Some(path))) => return self.follow(&path),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => self.say(Severity::Error, error.to_string()),
            Err(_) => self.living_run = Some(found),
        }
        if self.is_of_shipped_space() {
            self.show_shipped();
        }
    }

    /// Follows the run that a process is at work on, once it is found. Returns `true` if anything is new.
    pub(super) fn tend_living_run(&mut self) -> bool {
        let Some(Ok(found)) = self.living_run.as_ref().map(Receiver::try_recv) else { return false };
        self.living_run = None;
        match found {
            // The user may have chosen another one.
            Ok(Some(path)) if self.follower.is_none() && self.recording.is_none() => self.switch_to(&path),
            Ok(_) => {}
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
        true
    }

    /// Follows a run from its beginning.
    fn follow(&mut self, path: &Path) {
        match FollowedRun::open(path) {
            Ok(run) => {
                // Asking a server takes its time; who works on its run tells of damage in the run's log.
                let damage = if run.directory().is_on_server() { Ok(None) } else { run.store().damage_warning() };
                let follower = Follower::new(run);
                self.feed(follower.reader.initial_updates());
                self.follower = Some(follower);
                match damage {
                    Ok(Some(warning)) => self.say(Severity::Error, warning),
                    Ok(None) => {}
                    Err(error) => self.say(Severity::Error, error.to_string()),
                }
            }
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
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
        let followed = self.follower.as_ref().map(|follower| follower.run.path());
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
        (self.recording, self.recording_read, self.ui.replay) = (None, None, None);
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
        let Some(follower) = self.follower.as_mut().filter(|follower| follower.is_due()) else { return false };
        let polled = follower.poll(self.session.space());
        let silence = follower.note_silence();
        let told = silence.is_some();
        let Some(Poll { mut updates, ended, failed, error }) = polled else {
            if let Some((severity, text)) = silence {
                self.say(severity, text);
            }
            return told;
        };
        let has_more = follower.has_more;
        let first = !follower.answered;
        follower.answered |= !has_more;
        if let Some(error) = error {
            updates.extend(self.lose(&error));
        }
        if first {
            event_reader::keep_last_states(&mut updates);
        }
        let new = told || !updates.is_empty() || !ended.is_empty() || !failed.is_empty();
        self.feed(updates);
        // How a run ended that is only now looked at is shown, and is no news.
        let toast = self.session.toast(self.now_ms()).map(|message| message.severity);
        if first && toast == Some(Severity::Info) {
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
        if !has_more {
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
