//! Types of progress records, controls and measurements: what a training or search process writes into a run, and what
//! the explorer, the terminal and scripts read from it.
//!
//! | file | contents |
//! |---|---|
//! | `task` | [`Task`] of a process and [`Role`] of a network in a training step |
//! | `training` | records of data preparation and training steps |
//! | `search` | records of generations, children and predictors |
//! | `measurement` | measured accuracies and their keys |
//! | `precision` | [`Precision`] of an accuracy, and its [`Quantisation`] |
//! | `leak` | measured leaks |
//! | `picture` | pictures of an object: seen, sent, rebuilt |
//! | `running` | [`RunningEvent`] of a split whose halves run as processes |
//! | `event` | [`Event`] and its JSON form, [`EventRecord`] |
//! | `sentence` | events as lines for people |
//! | `control` | [`Control`] messages to a running process |
//! | `figure` | numbers in JSON that may be NaN or infinite |
//!
//! Plain data with `serde`; no thread, clock, terminal or tensor. An event is one JSON object with its kind in `kind`
//! and the task of its process in `task`:
//!
//! ```
//! use splitscope::record::{Event, EventRecord, Task};
//!
//! let record = EventRecord { task: Task::Train, event: Event::Paused };
//! assert_eq!(record.to_json(), r#"{"task":"train","kind":"paused"}"#);
//! ```

mod control;
mod event;
mod figure;
mod finetuned;
mod leak;
mod measurement;
mod picture;
mod precision;
mod running;
mod search;
mod sentence;
mod task;
mod training;

pub use crate::search::{Operator, PredictorKind};
pub use control::{Control, ControlError};
pub use event::{EVENT_VERSION, Event, EventRecord};
pub use finetuned::{FinetunedAccuracy, FinetunedRecord};
pub use leak::{Attacker, LeakFigures, LeakMeasurement, leak_sentence};
pub use measurement::{EvaluationRecord, Measurement, MeasurementKey, Subset};
pub use picture::{Bitmap, CameraPictures, ObjectPictures, PictureKey, PictureRecord};
pub use precision::{Clipping, Precision, Quantisation};
pub use running::{RunningEvent, RunningObject, RunningPlan, RunningSummary, StageSeconds};
pub use search::{ChildRecord, GenerationRecord, GenerationSeconds, LiveRecord, OperatorRecord, PredictorRecord};
pub use task::{Role, Task};
pub use training::{DataRecord, PreparingRecord, StepRecord, StepSeconds};

#[cfg(test)]
pub(crate) use event::tests;
