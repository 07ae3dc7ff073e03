//! What happened in a run, as the trainer and the searcher tell it. An event is one JSON object with its kind in
//! `kind`; the same text is in the database, in `--json` output and in users' own queries.
//!
//! A later splitscope may know more kinds and more fields: what this one can't read is [`Event::Unknown`], never an
//! error, and fields that an older one did not write are zero or empty.

use serde::{Deserialize, Serialize};

use super::figure;

/// Version of the events' meaning. Raised when a field changes its meaning, not when one is added.
pub const EVENT_VERSION: i64 = 1;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A process began to work on the run.
    Started { command: String, pid: u32, resumed_from_step: Option<u64> },
    /// The samples are being made: objects ready, objects in all, seconds until all are.
    Preparing {
        done: u64,
        total: u64,
        #[serde(with = "figure")]
        left_s: f64,
    },
    /// The samples are ready: numbers of classes, of samples in each subset, and of views of a sample.
    Data {
        classes: u32,
        train: u64,
        validation: u64,
        test: u64,
        views: u32,
        #[serde(with = "figure")]
        seconds: f64,
    },
    /// One training step is done.
    Step(StepRecord),
    /// The accuracy of one of the watched designs (`role`: largest, series, smallest, random) was measured.
    Evaluated {
        step: u64,
        role: String,
        design: String,
        views: u32,
        #[serde(with = "figure")]
        accuracy: f64,
        samples: u64,
    },
    /// The state after `step` is on disk; `best` if it is the best so far.
    Checkpoint { step: u64, best: bool },
    /// Training went wrong at step `from` and went back to the checkpoint of step `to`. Measurements of later
    /// checkpoints are withdrawn.
    RolledBack { from: u64, to: u64, text: String },
    /// One generation of a search is done. `front` is the number of designs no other one beats; `wanted` of measurements
    /// the search was asked for. `operators` tells what made the designs of this generation: name, designs evaluated,
    /// those of them that came onto the front. `hypervolume` is what the front dominates, as a share of the box between
    /// nothing and the worst feasible values of the start. Hypervolumes compare only where `reassessments`, the number of times the
    /// limits have changed, is the same.
    Generation {
        generation: u32,
        evaluations: u64,
        #[serde(with = "figure")]
        hypervolume: f64,
        front: u32,
        cache_hits: u64,
        #[serde(default)]
        wanted: u64,
        #[serde(default)]
        reassessments: u32,
        #[serde(default)]
        operators: Vec<(String, u64, u64)>,
        #[serde(with = "figure")]
        seconds: f64,
    },
    /// A search has a design's accuracy, measured by it or by one of its workers: how it came to ask for it.
    Bred(BredRecord),
    /// How well a stand-in for measuring does: `by` is "ridge" (a regression on measured designs; error and rank
    /// correlation on designs held out of it) or "synflow" (a score of the weights as they are; rank correlation alone).
    Predicts {
        by: String,
        samples: u64,
        #[serde(with = "figure")]
        rmse: f64,
        #[serde(with = "figure")]
        kendall_tau: f64,
    },
    /// A search goes on under other limits.
    LimitsChanged { text: String },
    /// Work is suspended until it is resumed.
    Paused,
    /// Work goes on.
    Resumed,
    /// Something the user should know that does not end the work.
    Warning { text: String },
    /// Someone asked for the end, and the work has ended in order.
    Stopped { reason: String },
    /// All the work is done.
    Finished { reason: String },
    /// The work could not go on.
    Failed { text: String },
    /// An event of a later splitscope, as it was written.
    #[serde(untagged)]
    Unknown(serde_json::Value),
}

/// How a search came to ask for a design.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BredRecord {
    pub design: String,
    pub views: u32,
    /// Name of the operator that made it.
    pub operator: String,
    /// The designs it was made from, none to two.
    pub parents: Vec<String>,
    /// Accuracy that was predicted for it, if any was.
    pub predicted: Option<f64>,
    /// Accuracy as measured.
    pub accuracy: f64,
    /// Whether it joined the front.
    pub front: bool,
}

/// Figures of one training step. Roles are largest, series, smallest and random.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepRecord {
    /// Steps done, this one included.
    pub step: u64,
    /// Steps of the whole training.
    pub steps: u64,
    /// Passes over the training samples.
    #[serde(with = "figure")]
    pub epoch: f64,
    /// Learning rate of this step.
    #[serde(with = "figure")]
    pub learning_rate: f64,
    /// Views of this step's batch.
    pub views: u32,
    /// Loss by role.
    #[serde(with = "figure::pairs")]
    pub losses: Vec<(String, f64)>,
    /// Accuracy on the training batch by role, 0 to 1.
    #[serde(with = "figure::pairs")]
    pub accuracies: Vec<(String, f64)>,
    /// Norm of the gradient before clipping.
    #[serde(with = "figure")]
    pub gradient_norm: f64,
    /// Images of all views and roles gone through in a second.
    #[serde(with = "figure")]
    pub images_per_s: f64,
    /// Steps done in a second.
    #[serde(with = "figure")]
    pub steps_per_s: f64,
    /// Seconds until the last step, once it can be told.
    pub eta_s: Option<f64>,
    /// Where the time of this step went.
    pub seconds: PartSeconds,
    /// Resident memory of the process in bytes.
    pub rss_bytes: u64,
}

/// Seconds of one step by part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PartSeconds {
    pub data: f64,
    pub forward: f64,
    pub backward: f64,
    pub optimiser: f64,
}

impl PartSeconds {
    /// Seconds of the whole step.
    pub fn total(&self) -> f64 {
        self.data + self.forward + self.backward + self.optimiser
    }
}

impl Event {
    /// Name of the kind, as in the JSON.
    pub fn kind(&self) -> &str {
        match self {
            Self::Started { .. } => "started",
            Self::Preparing { .. } => "preparing",
            Self::Data { .. } => "data",
            Self::Step(_) => "step",
            Self::Evaluated { .. } => "evaluated",
            Self::Checkpoint { .. } => "checkpoint",
            Self::RolledBack { .. } => "rolled_back",
            Self::Generation { .. } => "generation",
            Self::Bred(_) => "bred",
            Self::Predicts { .. } => "predicts",
            Self::LimitsChanged { .. } => "limits_changed",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Warning { .. } => "warning",
            Self::Stopped { .. } => "stopped",
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
            Self::Unknown(value) => value.get("kind").and_then(serde_json::Value::as_str).unwrap_or("unknown"),
        }
    }

    /// The event as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an event has string keys only and writes all its figures")
    }

    /// Reads an event of the given [`EVENT_VERSION`]; what can't be understood is [`Event::Unknown`].
    pub fn from_json(body: &str, version: i64) -> Self {
        let unread = || Self::Unknown(serde_json::from_str(body).unwrap_or_else(|_| body.into()));
        if version > EVENT_VERSION { unread() } else { serde_json::from_str(body).unwrap_or_else(|_| unread()) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::run) fn one_of_each() -> Vec<Event> {
        let text = || "a\n\"text\" é".to_owned();
        vec![
            Event::Started { command: text(), pid: 7, resumed_from_step: Some(3) },
            Event::Preparing { done: 120, total: 427, left_s: 3.5 },
            Event::Data { classes: 10, train: 8000, validation: 1000, test: 1000, views: 6, seconds: 0.5 },
            Event::Step(StepRecord {
                step: 1,
                steps: 2,
                losses: vec![("largest".into(), 2.25), ("smallest".into(), f64::INFINITY)],
                eta_s: Some(1.5),
                ..StepRecord::default()
            }),
            Event::Evaluated { step: 1, role: text(), design: text(), views: 6, accuracy: 0.9, samples: 1000 },
            Event::Checkpoint { step: 100, best: true },
            Event::RolledBack { from: 200, to: 100, text: text() },
            Event::Generation {
                generation: 1,
                evaluations: 64,
                hypervolume: 0.4,
                front: 9,
                cache_hits: 3,
                wanted: 60,
                reassessments: 1,
                operators: vec![("mutation".into(), 8, 2)],
                seconds: 1.,
            },
            Event::Bred(BredRecord {
                design: text(),
                parents: vec![text()],
                predicted: Some(0.5),
                ..Default::default()
            }),
            Event::Predicts { by: "ridge".into(), samples: 40, rmse: 0.02, kendall_tau: 0.7 },
            Event::LimitsChanged { text: text() },
            Event::Paused,
            Event::Resumed,
            Event::Warning { text: text() },
            Event::Stopped { reason: text() },
            Event::Finished { reason: text() },
            Event::Failed { text: text() },
        ]
    }

    #[test]
    fn every_kind_comes_back_as_it_was_and_names_itself_as_in_the_json() {
        for event in one_of_each() {
            let json = event.to_json();
            assert_eq!(Event::from_json(&json, EVENT_VERSION), event, "{json}");
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(value["kind"], event.kind());
            assert!(!json.contains('\n'));
        }
    }

    #[test]
    fn a_diverged_loss_is_still_readable() {
        let record = StepRecord { losses: vec![("largest".into(), f64::NAN)], ..StepRecord::default() };
        let Event::Step(back) = Event::from_json(&Event::Step(record).to_json(), 1) else { panic!("not a step") };
        assert!(back.losses[0].1.is_nan());
    }

    #[test]
    fn what_a_later_version_wrote_is_unknown_and_keeps_its_text() {
        for (body, version, kind) in [
            (r#"{"kind":"dreamt","of":"sheep"}"#, 1, "dreamt"),
            (r#"{"kind":"checkpoint","step":"a word"}"#, 1, "checkpoint"),
            (r#"{"kind":"checkpoint","step":1,"best":true}"#, 2, "checkpoint"),
            ("no json", 1, "unknown"),
        ] {
            let event = Event::from_json(body, version);
            assert!(matches!(event, Event::Unknown(_)), "{event:?}");
            assert_eq!(event.kind(), kind);
        }
        let later = r#"{"kind":"dreamt","of":"sheep"}"#;
        assert_eq!(Event::from_json(later, 1).to_json(), later);
    }

    #[test]
    fn more_and_fewer_fields_of_a_step_are_read() {
        let event = Event::from_json(r#"{"kind":"step","step":4,"mood":"good"}"#, 1);
        assert_eq!(event, Event::Step(StepRecord { step: 4, ..StepRecord::default() }));
    }
}
