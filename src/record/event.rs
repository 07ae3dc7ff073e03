//! Events of a run and their JSON form, which is the same in the database, in `--json` output and in users' own
//! queries.
//!
//! A later splitscope may know more kinds and fields: what this one can't read is [`Event::Unknown`], never an error,
//! and fields that are absent are zero or empty where their record says so.

use serde::{Deserialize, Serialize};

use super::finetuned::FinetunedRecord;
use super::measurement::EvaluationRecord;
use super::search::{ChildRecord, GenerationRecord, LiveRecord, PredictorRecord};
use super::task::Task;
use super::training::{DataRecord, PreparingRecord, StepRecord};

/// Version of the events' JSON form. Raised when a field changes its meaning, not when one is added.
pub const EVENT_VERSION: i64 = 2;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A process began to work on the run.
    Started {
        /// Command line.
        command: String,
        /// Process id.
        pid: u32,
        /// Step of the checkpoint it continues from; `None` for a fresh start.
        resumed_from_step: Option<u64>,
    },
    /// The data are being prepared.
    Preparing(PreparingRecord),
    /// The data are ready.
    Data(DataRecord),
    /// One training step is done.
    Step(StepRecord),
    /// A design was measured.
    Evaluated(EvaluationRecord),
    /// A checkpoint was written.
    Checkpoint {
        /// Training step of the weights.
        step: u64,
        /// `true` if it is the best so far.
        best: bool,
        /// SHA-256 of the file of the weights; `None` in records of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weights_sha256: Option<String>,
    },
    /// Training collapsed and went back to an earlier checkpoint. Measurements of later checkpoints are withdrawn.
    RolledBack {
        /// Step of the collapse.
        from: u64,
        /// Step of the checkpoint.
        to: u64,
        /// Reason, as a sentence.
        text: String,
    },
    /// One generation of a search is done.
    Generation(GenerationRecord),
    /// A search has the accuracy of a design, measured by it or by one of its workers.
    Child(ChildRecord),
    /// Quality of a predictor.
    Predictor(PredictorRecord),
    /// A live search measures what could win, or rests.
    Live(LiveRecord),
    /// A search continues under other limits.
    LimitsChanged {
        /// The new limits in words.
        text: String,
    },
    /// Another run has trained a design of this run alone.
    Finetuned(FinetunedRecord),
    /// Work is suspended until it is resumed.
    Paused,
    /// Work continues.
    Resumed,
    /// Something the user should know that does not end the work.
    Warning {
        /// The message.
        text: String,
    },
    /// The work has ended in order on request.
    Stopped {
        /// Reason, as a clause.
        reason: String,
    },
    /// All the work is done.
    Finished {
        /// Reason, as a clause.
        reason: String,
    },
    /// The work could not continue.
    Failed {
        /// The error message.
        text: String,
    },
    /// An event of a later splitscope, as it was written.
    #[serde(untagged)]
    Unknown(serde_json::Value),
}

impl Event {
    /// Name of the kind, as in the JSON.
    pub fn kind(&self) -> &str {
        match self {
            Self::Started { .. } => "started",
            Self::Preparing(_) => "preparing",
            Self::Data(_) => "data",
            Self::Step(_) => "step",
            Self::Evaluated(_) => "evaluated",
            Self::Checkpoint { .. } => "checkpoint",
            Self::RolledBack { .. } => "rolled_back",
            Self::Generation(_) => "generation",
            Self::Child(_) => "child",
            Self::Predictor(_) => "predictor",
            Self::Live(_) => "live",
            Self::LimitsChanged { .. } => "limits_changed",
            Self::Finetuned(_) => "finetuned",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Warning { .. } => "warning",
            Self::Stopped { .. } => "stopped",
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
            Self::Unknown(value) => value.get("kind").and_then(serde_json::Value::as_str).unwrap_or("unknown"),
        }
    }

    /// Returns `true` unless a figure can't be one: an accuracy that is no share, an error below zero.
    fn is_possible(&self) -> bool {
        let is_share = |figure: f64| (0.0..=1.0).contains(&figure);
        match self {
            Self::Evaluated(record) => is_share(record.accuracy),
            Self::Child(record) => is_share(record.accuracy),
            Self::Finetuned(record) => record.accuracies.iter().all(|one| is_share(one.accuracy)),
            Self::Live(record) => record.best.is_none_or(is_share),
            Self::Predictor(record) => record.is_possible(),
            _ => true,
        }
    }
}

/// An event and the task of the process that wrote it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventRecord {
    /// Task of the process; [`Task::Train`] where the event is [`Event::Unknown`] and its task can't be read.
    pub task: Task,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

impl EventRecord {
    /// The record as one line of JSON.
    pub fn to_json(&self) -> String {
        match &self.event {
            Event::Unknown(value) => value.to_string(),
            _ => serde_json::to_string(self).expect("an event has string keys only and writes all its figures"),
        }
    }

    /// Reads a record of the given [`EVENT_VERSION`]; an unreadable event is [`Event::Unknown`].
    pub fn from_json(body: &str, version: i64) -> Self {
        /// The task alone.
        #[derive(Deserialize)]
        struct OfTask {
            task: Task,
        }
        let task = serde_json::from_str(body).map(|OfTask { task }| task);
        if version <= EVENT_VERSION
            && let (Ok(task), Ok(event)) = (&task, serde_json::from_str::<Event>(body))
            && event.is_possible()
        {
            return Self { task: *task, event };
        }
        let event = Event::Unknown(serde_json::from_str(body).unwrap_or_else(|_| body.into()));
        Self { task: task.unwrap_or(Task::Train), event }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::record::{FinetunedAccuracy, Operator, OperatorRecord, Precision, PredictorKind, Role, StepSeconds};

    pub(crate) fn one_of_each() -> Vec<Event> {
        let text = || "a\n\"text\" é".to_owned();
        vec![
            Event::Started { command: text(), pid: 7, resumed_from_step: Some(3) },
            Event::Preparing(PreparingRecord { done: 120, total: 427, left_s: 3.5 }),
            Event::Data(DataRecord {
                classes: 10,
                train: 8000,
                validation: 1000,
                test: 1000,
                views: 6,
                seconds: 0.5,
                labels_hash: 7,
            }),
            Event::Step(StepRecord {
                step: 1,
                steps: 2,
                losses: vec![(Role::Largest, 2.25), (Role::Smallest, f64::INFINITY)],
                eta_s: Some(1.5),
                seconds: StepSeconds { data: 0.5, ..StepSeconds::default() },
                ..StepRecord::default()
            }),
            Event::Evaluated(EvaluationRecord {
                step: 1,
                role: Some(Role::Random),
                design: text(),
                views: 6,
                precision: Precision::Int8,
                accuracy: 0.9,
                samples: 1000,
            }),
            Event::Checkpoint { step: 100, best: true, weights_sha256: Some(text()) },
            Event::RolledBack { from: 200, to: 100, text: text() },
            Event::Generation(GenerationRecord {
                generation: 1,
                evaluations: 64,
                hypervolume: 0.4,
                operators: vec![OperatorRecord { operator: Operator::Mutation, evaluated: 8, successes: 2 }],
                ..GenerationRecord::default()
            }),
            Event::Child(ChildRecord {
                design: text(),
                operator: Operator::BoundaryMove,
                parents: vec![text()],
                predicted: Some(0.5),
                predicted_low: Some(0.45),
                predicted_high: Some(0.55),
                ..ChildRecord::default()
            }),
            Event::Predictor(PredictorRecord {
                predictor: PredictorKind::Ridge,
                samples: 40,
                rmse: 0.02,
                kendall_tau: 0.7,
                half_width: 0.03,
                predicted: 10,
                within: 9,
            }),
            Event::Live(LiveRecord { measured: 3, contenders: 12, best: Some(0.945), rests: false }),
            Event::LimitsChanged { text: text() },
            Event::Finetuned(FinetunedRecord {
                run: text(),
                design: text(),
                precision: Precision::Int8,
                from_scratch: false,
                step: 300,
                accuracies: vec![FinetunedAccuracy {
                    views: 6,
                    precision: Precision::Float,
                    accuracy: 0.9,
                    samples: 480,
                }],
            }),
            Event::Paused,
            Event::Resumed,
            Event::Warning { text: text() },
            Event::Stopped { reason: text() },
            Event::Finished { reason: text() },
            Event::Failed { text: text() },
        ]
    }

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        for (event, task) in one_of_each().into_iter().zip([Task::Train, Task::Search].into_iter().cycle()) {
            let record = EventRecord { task, event };
            let json = record.to_json();
            assert_eq!(EventRecord::from_json(&json, EVENT_VERSION), record, "{json}");
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(
                (value["kind"].as_str(), value["task"].as_str()),
                (Some(record.event.kind()), Some(task.name()))
            );
            assert!(!json.contains('\n'));
        }
    }

    #[test]
    fn a_diverged_loss_is_readable() {
        let step = StepRecord { losses: vec![(Role::Largest, f64::NAN)], ..StepRecord::default() };
        let json = EventRecord { task: Task::Train, event: Event::Step(step) }.to_json();
        let Event::Step(back) = EventRecord::from_json(&json, EVENT_VERSION).event else { panic!("not a step") };
        assert!(back.losses[0].1.is_nan());
    }

    #[test]
    fn events_of_a_later_version_are_unknown_and_keep_their_text() {
        for (body, version, kind) in [
            (r#"{"task":"train","kind":"dreamt","of":"sheep"}"#, EVENT_VERSION, "dreamt"),
            (r#"{"task":"dream","kind":"paused"}"#, EVENT_VERSION, "paused"),
            (r#"{"task":"train","kind":"checkpoint","step":"a word"}"#, EVENT_VERSION, "checkpoint"),
            (r#"{"task":"train","kind":"checkpoint","step":1,"best":true}"#, EVENT_VERSION + 1, "checkpoint"),
            ("no json", EVENT_VERSION, "unknown"),
        ] {
            let event = EventRecord::from_json(body, version).event;
            assert!(matches!(event, Event::Unknown(_)), "{event:?}");
            assert_eq!(event.kind(), kind);
        }
        let later = r#"{"kind":"dreamt","of":"sheep"}"#;
        assert_eq!(EventRecord::from_json(later, EVENT_VERSION).to_json(), later);
    }

    #[test]
    fn figures_that_can_not_be_make_an_event_unknown() {
        let predictor = |of: &str, rmse: &str| {
            format!(
                r#"{{"task":"search","kind":"predictor","predictor":"{of}","samples":7,"rmse":{rmse},"kendall_tau":0.5}}"#
            )
        };
        let evaluated = |accuracy: &str| {
            format!(
                r#"{{"task":"search","kind":"evaluated","step":1,"design":"d","views":6,"accuracy":{accuracy},"samples":9}}"#
            )
        };
        for body in [evaluated("0.5"), predictor("ridge", "0.02"), predictor("synflow", "\"NaN\"")] {
            let event = EventRecord::from_json(&body, EVENT_VERSION).event;
            assert!(!matches!(event, Event::Unknown(_)), "{body}");
        }
        let never = [r#""NaN""#, r#""inf""#, "-0.1"];
        let of_ridge = never.iter().map(|rmse| predictor("ridge", rmse));
        for body in of_ridge.chain([predictor("synflow", r#""inf""#), evaluated("1.5"), evaluated("-1e300")]) {
            let event = EventRecord::from_json(&body, EVENT_VERSION).event;
            assert!(matches!(event, Event::Unknown(_)), "{body}");
        }
    }

    #[test]
    fn more_and_fewer_fields_of_a_step_are_read() {
        let body = r#"{"task":"train","kind":"step","step":4,"mood":"good","losses":[["largest",1.0],["new",2.0]]}"#;
        let expected = StepRecord { step: 4, losses: vec![(Role::Largest, 1.0)], ..StepRecord::default() };
        assert_eq!(EventRecord::from_json(body, EVENT_VERSION).event, Event::Step(expected));
    }
}
