//! Following a run: what it wrote is told to the session, and what became of its children.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::App;
use crate::{
    explore::{Action, Control, Feed, Kind, progress::State},
    run::Task,
    tui::{
        news::{self, News},
        work::{self, Work},
    },
};

/// How often the database of a run at work is looked at.
const LOOK: Duration = Duration::from_millis(120);
/// How often that of a run at rest is: others may begin to work on it.
const LOOK_AT_REST: Duration = Duration::from_secs(2);
/// Limits that stand still for so long are told to a running search.
pub const SETTLED: Duration = Duration::from_millis(600);
/// Chunks of news taken in before the next frame.
const CHUNKS: usize = 16;

impl App {
    /// Follows the run that was named, else one that somebody is at work on.
    pub(super) fn open(&mut self) {
        let named = self.options.run.clone();
        let run = named.map_or_else(
            || work::living_run(&self.options.runs_root, &self.options.template.space),
            |path| Ok(Some(path)),
        );
        match run {
            Ok(Some(path)) => self.follow(&path),
            Ok(None) => {}
            Err(error) => self.say(Kind::Error, error.to_string()),
        }
    }

    /// Follows a run from its beginning.
    fn follow(&mut self, path: &Path) {
        match Work::open(path) {
            Ok(work) => {
                let news = News::of(work.path());
                self.feed(news.greeting());
                self.news = Some(news);
                self.work = Some(work);
                self.more = true;
            }
            Err(error) => self.say(Kind::Error, error.to_string()),
        }
    }

    /// Looks at the run if it is time to. Returns whether anything is new.
    pub(super) fn look(&mut self) -> bool {
        let due = self.more || self.looked.is_none_or(|looked| looked.elapsed() >= self.pace());
        let (Some(work), Some(reader)) = (self.work.as_mut().filter(|_| due && !self.detached), &mut self.news) else {
            return false;
        };
        if !work.is_working(Task::Train) && !work.is_working(Task::Search) {
            // What can't be attached to now may be the next time.
            let _ = work.attach();
        }
        let first = self.looked.is_none();
        let mut feeds = Vec::new();
        let mut ended = Vec::new();
        self.more = false;
        for _ in 0..CHUNKS {
            match work.look() {
                Ok((changes, gone)) => {
                    self.more = changes.more;
                    self.trained |= News::finishes(&changes);
                    feeds.extend(reader.read(self.session.space(), changes));
                    ended.extend(gone);
                }
                Err(error) => {
                    feeds.push(news::error(error.to_string()));
                    self.work = None;
                    break;
                }
            }
            if !self.more {
                break;
            }
        }
        self.looked = Some(Instant::now());
        if first {
            news::keep_last_states(&mut feeds);
        }
        let new = !feeds.is_empty() || !ended.is_empty();
        self.feed(feeds);
        for one in ended {
            self.ended(&one);
        }
        if !self.more {
            self.reconcile();
        }
        new
    }

    /// Says how a child ended, if the run does not say so itself.
    fn ended(&mut self, ended: &work::Ended) {
        if ended.ending.status.is_none() || ended.ending.is_success() {
            return;
        }
        let mut feeds: Vec<Feed> = ended.log.iter().map(|line| news::note(ended.task, line.clone())).collect();
        let tail = ended.log.iter().rev().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default();
        let why = format!("the process {}{}{tail}", ended.ending, if tail.is_empty() { "" } else { ": " });
        feeds.push(news::state(ended.task, State::Failed(why)));
        self.feed(feeds);
    }

    /// A run may say that it is at work when nobody is: its process was killed.
    fn reconcile(&mut self) {
        let Some(work) = &self.work else { return };
        let gone = |task, state: &State| state.is_active() && *state != State::Starting && !work.is_working(task);
        let mut feeds = Vec::new();
        if gone(Task::Train, &self.session.training().state) {
            feeds.push(news::state(
                Task::Train,
                State::Failed("its process is gone; T goes on from the last checkpoint".to_owned()),
            ));
        }
        if gone(Task::Search, &self.session.searching().state) {
            feeds.push(news::state(Task::Search, State::Failed("its process is gone; S starts it again".to_owned())));
        }
        self.feed(feeds);
    }

    pub(super) fn pace(&self) -> Duration {
        let at_work = |work: &Work| work.is_working(Task::Train) || work.is_working(Task::Search);
        if self.work.as_ref().is_some_and(at_work) { LOOK } else { LOOK_AT_REST }
    }

    /// Tells a running search the limits once they stand still.
    pub(super) fn settle(&mut self) -> bool {
        let settled = self.moved.is_some_and(|moved| moved.elapsed() >= SETTLED);
        if settled {
            self.moved = None;
            self.act(Action::Control(Control::SendLimits));
        }
        settled
    }
}
