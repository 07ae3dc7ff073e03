//! Events as lines for people: the ones that commands print, and the notes of the explorer.

use super::event::Event;
use super::measurement::EvaluationRecord;
use super::search::{ChildRecord, GenerationRecord, LiveRecord, PredictorRecord};
use super::training::{DataRecord, StepRecord};
use crate::quantity::{Dimension, Metric, number};

impl Event {
    /// The event in one line; `None` for an event that is only a sign of life, and for one that can't be read.
    pub fn sentence(&self) -> Option<String> {
        Some(match self {
            Self::Started { resumed_from_step: Some(step), .. } => format!("resumed from step {step}"),
            Self::Started { .. } | Self::Preparing(_) | Self::Unknown(_) => return None,
            Self::Data(record) => record.sentence(),
            Self::Step(record) => record.sentence(),
            Self::Evaluated(record) => return record.sentence(),
            Self::Checkpoint { step, best: true, .. } => format!("step {step}: best checkpoint so far"),
            Self::Checkpoint { step, best: false, .. } => format!("step {step}: checkpoint"),
            Self::RolledBack { from, to, text } => format!("step {from}: {text}; back to step {to}"),
            Self::Generation(record) => record.sentence(),
            Self::Child(record) => record.sentence(),
            Self::Predictor(record) => record.sentence(),
            Self::Live(record) => record.sentence(),
            Self::LimitsChanged { text } => format!("new limits: {text}"),
            Self::Finetuned(record) => record.sentence(),
            Self::Paused => "paused".to_owned(),
            Self::Resumed => "resumed".to_owned(),
            Self::Warning { text } => format!("warning: {text}"),
            Self::Stopped { reason } => format!("stopped: {reason}"),
            Self::Finished { reason } => format!("finished: {reason}"),
            Self::Failed { text } => format!("failed: {text}"),
        })
    }
}

impl DataRecord {
    fn sentence(&self) -> String {
        let Self { classes, train, validation, test, views, seconds, .. } = self;
        let seconds = Dimension::Time.format(*seconds);
        format!(
            "data: {classes} classes, {train} + {validation} + {test} objects to train, validate and test, {views} views, \
             ready in {seconds}"
        )
    }
}

impl StepRecord {
    fn sentence(&self) -> String {
        let losses: Vec<String> =
            self.losses.iter().map(|(role, loss)| format!("{role} {}", number::figure(*loss))).collect();
        let left = self.eta_s.map(|eta| format!(", {} left", number::duration(eta))).unwrap_or_default();
        let (losses, rate) = (losses.join(", "), number::figure(self.images_per_s));
        format!("step {} of {}: loss {losses}; {rate} images/s{left}", self.step, self.steps)
    }
}

impl EvaluationRecord {
    /// The measurement of a design that a training watches; `None` in a search, whose [`Event::Child`] says more.
    fn sentence(&self) -> Option<String> {
        let Self { step, views, samples, accuracy, precision, .. } = self;
        let (role, accuracy) = (self.role?, Metric::Accuracy.format(*accuracy));
        let precision = precision.name();
        Some(format!("step {step}: {role:<8} {views:>2} views  {accuracy:>6} of {samples} in {precision}"))
    }
}

impl GenerationRecord {
    fn sentence(&self) -> String {
        let Self { generation, evaluations, cache_hits, front, .. } = self;
        let hypervolume = number::figure(self.hypervolume);
        format!(
            "generation {generation}: {evaluations} designs evaluated, {cache_hits} known before, hypervolume {hypervolume}, \
             {front} on the front"
        )
    }
}

impl ChildRecord {
    fn sentence(&self) -> String {
        let Self { design, views, operator, .. } = self;
        let accuracy = Metric::Accuracy.format(self.accuracy);
        let predicted = self.predicted.map(|value| format!(", {} predicted", Metric::Accuracy.format(value)));
        let predicted = predicted.unwrap_or_default();
        let front = if self.front { ", on the front" } else { "" };
        format!("{accuracy:>6} with {views} views{predicted}: {design} by {}{front}", operator.name())
    }
}

impl LiveRecord {
    /// Work of a live search in a clause: "measuring 3 of 12 that could beat 94.5 %".
    pub fn sentence(&self) -> String {
        let Self { measured, contenders, best, rests } = *self;
        let best = best.map(|best| Metric::Accuracy.format(best));
        match best {
            Some(best) if rests => format!("nothing is left that could beat {best}"),
            None if rests => "no design that is left could win".to_owned(),
            Some(best) => format!("measuring {} of {contenders} that could beat {best}", measured + 1),
            None => format!("measuring {} of {contenders} that could win", measured + 1),
        }
    }

    /// Work of a live search that has ended: "2 of 12 were measured that could beat 94.5 %".
    pub fn past_sentence(&self) -> String {
        let Self { measured, contenders, best, rests } = *self;
        match best.map(|best| Metric::Accuracy.format(best)) {
            _ if rests => self.sentence(),
            Some(best) => format!("{measured} of {contenders} were measured that could beat {best}"),
            None => format!("{measured} of {contenders} were measured that could win"),
        }
    }

    /// Work of a live search in few words: "measuring 3 of 12".
    pub fn brief(&self) -> String {
        if self.rests {
            "search rests".to_owned()
        } else {
            format!("measuring {} of {}", self.measured + 1, self.contenders)
        }
    }
}

impl PredictorRecord {
    /// Sentence, for instance "ridge on 40 designs held out: error 2.10 %, rank correlation 0.710".
    pub fn sentence(&self) -> String {
        let error =
            if self.rmse.is_nan() { String::new() } else { format!("error {}, ", Metric::Accuracy.format(self.rmse)) };
        let (name, samples, tau) = (self.predictor.name(), self.samples, number::figure(self.kendall_tau));
        let interval = if self.half_width.is_nan() {
            String::new()
        } else {
            format!(", 90 % within {} points", number::figure(self.half_width * 100.0))
        };
        let kept = if self.predicted == 0 {
            String::new()
        } else {
            format!("; {} of {} measured since lay within", self.within, self.predicted)
        };
        format!("{name} on {samples} designs held out: {error}rank correlation {tau}{interval}{kept}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PredictorKind, Role, tests::one_of_each};

    #[test]
    fn all_events_but_signs_of_life_are_sentences() {
        for event in one_of_each() {
            let silent = matches!(event, Event::Preparing(_) | Event::Unknown(_));
            assert_eq!(event.sentence().is_none(), silent, "{event:?}");
        }
        assert_eq!(Event::Unknown("sheep".into()).sentence(), None);
    }

    #[test]
    fn figures_of_a_step_have_three_digits() {
        let losses = vec![(Role::Largest, 2.25), (Role::Smallest, f64::INFINITY)];
        let record =
            StepRecord { step: 1, steps: 20, losses, eta_s: Some(75.2), images_per_s: 123.4, ..StepRecord::default() };
        assert_eq!(record.sentence(), "step 1 of 20: loss largest 2.25, smallest -; 123 images/s, 1:15 left");
    }

    #[test]
    fn predictor_quality_in_a_sentence() {
        let live = LiveRecord { measured: 2, contenders: 12, best: Some(0.945), rests: false };
        assert_eq!(live.sentence(), "measuring 3 of 12 that could beat 94.5 %");
        let mut record = PredictorRecord {
            predictor: PredictorKind::Ridge,
            samples: 20,
            rmse: 0.021,
            kendall_tau: 0.6,
            half_width: 0.034,
            predicted: 10,
            within: 9,
        };
        assert_eq!(
            record.sentence(),
            "ridge on 20 designs held out: error 2.10 %, rank correlation 0.600, 90 % within 3.40 points; 9 of 10 \
             measured since lay within"
        );
        (record.rmse, record.half_width, record.predicted) = (f64::NAN, f64::NAN, 0);
        assert_eq!(record.sentence(), "ridge on 20 designs held out: rank correlation 0.600");
    }
}
