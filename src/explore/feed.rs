//! News from outside: measurements, the progress of children, messages.

use super::accuracy::Accuracy;
use super::candidate::{CandidateId, PoolError};
use super::message::Kind;
use super::progress::{SearchUpdate, State, TrainUpdate};
use super::session::Session;
use super::update::Update;
use crate::cost::Sending;
use crate::space::{Design, Genome};

impl Session {
    /// Takes news in; designs are costed and ranked once for all of them.
    pub(super) fn feed(&mut self, updates: Vec<Update>, now_ms: u64) {
        let mut learned = false;
        for feed in updates {
            match feed {
                feed @ (Update::Measured { .. } | Update::Withdrawn { .. }) if self.ui.frozen => {
                    self.held_back.push(feed)
                }
                Update::Measured { design, views, accuracy, samples, step } => {
                    learned |= self.take_in(&design, views, Accuracy { accuracy, samples, step }, now_ms);
                }
                Update::MeasuredWithout { design, views, lost, accuracy, samples, step } => {
                    let design = self.space.canonical_design(design);
                    self.measurements.learn_loss(design, views, lost, Accuracy { accuracy, samples, step });
                }
                Update::Withdrawn { step } => {
                    self.measurements.withdraw(step);
                    learned = true;
                }
                Update::Training(update) => {
                    match &update {
                        TrainUpdate::State(state) => self.announce("training", state, now_ms),
                        // What was measured on another one's weights no longer counts.
                        TrainUpdate::Run(run) => learned |= self.measurements.follow(run),
                        _ => {}
                    }
                    self.training.update(update);
                }
                Update::Search(update) => {
                    match &update {
                        SearchUpdate::State(state) => self.announce("search", state, now_ms),
                        SearchUpdate::Run(run) => learned |= self.measurements.follow(run),
                        _ => {}
                    }
                    self.searching.update(update);
                }
                Update::Message(kind, text) => self.messages.say(kind, text, now_ms),
            }
        }
        if learned {
            self.relearn();
        }
    }

    /// Keeps one measurement at once. For many, [`Action::Update`](super::Action::Update) ranks once for all.
    pub fn learn(&mut self, design: &Design, views: u32, accuracy: f64, samples: u64, step: u64) {
        if self.take_in(design, views, Accuracy { accuracy, samples, step }, 0) {
            self.relearn();
        }
    }

    /// Holds measurements back, or takes in those that were held back.
    pub(super) fn freeze(&mut self, now_ms: u64) {
        self.ui.frozen = !self.ui.frozen;
        if !self.ui.frozen {
            let held_back = std::mem::take(&mut self.held_back);
            self.feed(held_back, now_ms);
        }
    }

    /// Number of measurements held back.
    pub fn held_back(&self) -> usize {
        self.held_back.len()
    }

    /// Adds a candidate and brings everything up to date.
    pub(super) fn add_candidate(&mut self, genome: Genome, sending: Sending) -> Result<CandidateId, PoolError> {
        let before = self.pool.len();
        let id = self.pool.add(&self.space, &self.profile, genome, sending)?;
        if self.pool.len() > before {
            self.measurements.link_candidate(&self.space, &self.pool, id);
            self.relearn();
        }
        Ok(id)
    }

    /// Keeps a measurement, with a candidate for its design if there is none. Whether it could.
    fn take_in(&mut self, design: &Design, views: u32, accuracy: Accuracy, now_ms: u64) -> bool {
        let sound = (0.0..=1.0).contains(&accuracy.accuracy);
        if !sound || design.genome.genes().len() != self.space.genes().len() {
            self.messages.say(Kind::Warning, "a measurement does not fit the space and was left out", now_ms);
            return false;
        }
        let design = self.space.canonical_design(design.clone());
        let new = self.measurements.readings(&design).is_empty();
        self.measurements.learn(design.clone(), views, accuracy);
        if !new {
            return true;
        }
        let of_design = |&id: &CandidateId| super::accuracy::cell_of(&self.space, &self.pool, id, &design).is_some();
        if !self.pool.of_genome(&design.genome).iter().any(of_design) {
            let added = self.pool.add(&self.space, &self.profile, design.genome.clone(), Sending::from(&design));
            match added {
                Ok(id) => self.measurements.link_candidate(&self.space, &self.pool, id),
                Err(error) => {
                    self.messages.say(Kind::Warning, format!("a measured design can't be costed: {error}"), now_ms);
                }
            }
        }
        self.measurements.link_design(&self.space, &self.pool, &design);
        true
    }

    fn relearn(&mut self) {
        self.remeasure();
        self.recost();
        self.refresh();
    }

    fn announce(&mut self, what: &str, state: &State, now_ms: u64) {
        match state {
            State::Finished(why) => self.messages.say(Kind::Info, format!("{what} finished: {why}"), now_ms),
            State::Failed(why) => self.messages.say(Kind::Error, format!("{what} failed: {why}"), now_ms),
            // What failed goes on: the failure is not the news any more.
            State::Starting | State::Running => {
                let failure = format!("{what} failed: ");
                if self.messages.toast(now_ms).is_some_and(|message| message.text.starts_with(&failure)) {
                    self.messages.dismiss(now_ms);
                }
            }
            _ => {}
        }
    }
}
