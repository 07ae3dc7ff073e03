//! News from outside: measurements, the progress of children, messages.

use super::Session;
use crate::cost::TransmitConfig;
use crate::explore::accuracy::Accuracy;
use crate::explore::candidate::{CandidateId, PoolError};
use crate::explore::message::Severity;
use crate::explore::progress::{SearchUpdate, TrainUpdate};
use crate::explore::update::Update;
use crate::space::{Design, Genome};

impl Session {
    /// Applies updates; designs are costed and ranked once for all of them.
    pub(super) fn feed(&mut self, updates: Vec<Update>, now_ms: u64) {
        let mut learned = false;
        for update in updates {
            let Some(update) = self.activity.admit(update) else { continue };
            match update {
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
                    // Measurements on the weights of another run no longer count.
                    if let TrainUpdate::Run(run) = &update {
                        learned |= self.measurements.follow(run);
                    }
                    self.activity.update_training(update, now_ms);
                }
                Update::Search(update) => {
                    if let SearchUpdate::Run(run) = &update {
                        learned |= self.measurements.follow(run);
                    }
                    self.activity.update_search(update, now_ms);
                }
                Update::Message(severity, text) => self.activity.say(severity, text, now_ms),
            }
        }
        if learned {
            self.relearn();
        }
    }

    /// Keeps one measurement at once. For many, [`Session::apply`] ranks once for all.
    pub fn learn(&mut self, design: &Design, views: u32, accuracy: f64, samples: u64, step: u64) {
        if self.take_in(design, views, Accuracy { accuracy, samples, step }, 0) {
            self.relearn();
        }
    }

    /// Adds a candidate and brings everything up to date.
    pub(super) fn add_candidate(&mut self, genome: Genome, transmit: TransmitConfig) -> Result<CandidateId, PoolError> {
        let before = self.pool.len();
        let id = self.pool.add(&self.space, &self.profile, genome, transmit)?;
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
            self.activity.say(Severity::Warning, "a measurement does not fit the space and was left out", now_ms);
            return false;
        }
        let design = self.space.canonical_design(design.clone());
        let new = self.measurements.readings(&design).is_empty();
        self.measurements.learn(design.clone(), views, accuracy);
        if !new {
            return true;
        }
        let of_design =
            |&id: &CandidateId| crate::explore::accuracy::cell_of(&self.space, &self.pool, id, &design).is_some();
        if !self.pool.of_genome(&design.genome).iter().any(of_design) {
            let added = self.pool.add(&self.space, &self.profile, design.genome.clone(), TransmitConfig::from(&design));
            match added {
                Ok(id) => self.measurements.link_candidate(&self.space, &self.pool, id),
                Err(error) => {
                    self.activity.say(Severity::Warning, format!("a measured design can't be costed: {error}"), now_ms);
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
}
