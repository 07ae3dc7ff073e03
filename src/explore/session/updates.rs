//! Applies updates from outside: measurements, progress of child processes, messages.

use super::Session;
use crate::explore::catalogue::MeasurementError;
use crate::explore::leaks::ShownLeak;
use crate::explore::measurements::Accuracy;
use crate::explore::message::Severity;
use crate::explore::progress::{SearchUpdate, TrainUpdate};
use crate::explore::update::Update;
use crate::record::Precision;
use crate::space::Design;

impl Session {
    /// Applies updates. Designs are evaluated and ranked once for all of them.
    pub(super) fn apply_updates(&mut self, updates: Vec<Update>, now_ms: u64) {
        for update in updates {
            // Pictures are never held back.
            if let Update::Withdrawn { step } = update {
                self.pictures.withdraw(step);
            }
            if self.activity.is_frozen() && self.activity.leaves_run(&update) {
                self.toggle_frozen(now_ms);
            }
            if let Some(update) = self.activity.admit(update) {
                self.apply_update(update, now_ms);
            }
        }
        if self.catalogue.refresh() {
            self.evaluate();
        }
    }

    /// Freezes the measurements shown, or thaws them with all that was held back.
    pub(super) fn toggle_frozen(&mut self, now_ms: u64) {
        for update in self.activity.toggle_frozen() {
            self.apply_update(update, now_ms);
        }
        if self.catalogue.refresh() {
            self.evaluate();
        }
    }

    fn apply_update(&mut self, update: Update, now_ms: u64) {
        match update {
            Update::Measured { design, views, accuracy, samples, step, quantisation } => {
                let precision = Precision::of_quantised(quantisation.is_some());
                let accuracy = Accuracy { accuracy, samples, step, precision, quantisation };
                self.measure(&design, views, accuracy, now_ms);
            }
            Update::MeasuredWithout { design, views, lost, accuracy, samples, step, quantisation } => {
                let precision = Precision::of_quantised(quantisation.is_some());
                let accuracy = Accuracy { accuracy, samples, step, precision, quantisation };
                self.catalogue.measure_blanked(design, views, lost, accuracy);
            }
            Update::Leak { design, views, precision, step, figures } => {
                let leak = ShownLeak { precision, step, figures: *figures };
                if let Err(error) = self.catalogue.record_leak(&design, views, leak) {
                    self.activity.say(Severity::Warning, error.to_string(), now_ms);
                }
            }
            Update::Finetuned { design, record } => {
                if let Err(error) = self.catalogue.record_finetuned(&design, &record) {
                    self.activity.say(Severity::Warning, error.to_string(), now_ms);
                }
            }
            Update::Pictures(record) => self.pictures.record(*record),
            Update::Predicted(predictions) => self.catalogue.predict(predictions),
            Update::Withdrawn { step } => self.catalogue.withdraw(step),
            Update::Training(update) => {
                if let TrainUpdate::Run(run) = &update {
                    self.pictures.follow(run);
                    self.catalogue.follow(run);
                }
                self.activity.update_training(update, now_ms);
            }
            Update::Search(update) => {
                if let SearchUpdate::Run(run) = &update {
                    self.pictures.follow(run);
                    self.catalogue.follow(run);
                }
                self.activity.update_search(update, now_ms);
            }
            Update::Message(severity, text) => self.activity.report(severity, text, now_ms),
        }
    }

    fn measure(&mut self, design: &Design, views: u32, accuracy: Accuracy, now_ms: u64) {
        let result: Result<(), MeasurementError> = self.catalogue.measure(design, views, accuracy);
        if let Err(error) = result {
            self.activity.say(Severity::Warning, error.to_string(), now_ms);
        }
    }
}
