//! Operations on events.

use super::row::Stored;
use crate::record::{DataRecord, Event, EventRecord, Task};
use crate::run::error::RunError;

/// Operations on events.
pub trait EventRows {
    /// Writes an event of a task's process; returns its id.
    ///
    /// # Errors
    /// The database fails.
    fn append(&self, task: Task, event: &Event) -> Result<i64, RunError>;

    /// Writes an event of the owner of a task, if this process still is it; returns `false` if not. No other process
    /// takes the task over in between.
    ///
    /// # Errors
    /// The database fails.
    fn append_as_owner(&self, task: Task, event: &Event) -> Result<bool, RunError>;

    /// At most `limit` events after the one with this id, oldest first. Damaged rows are left out and do not count for
    /// the limit.
    ///
    /// # Errors
    /// The database fails.
    fn events_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<EventRecord>>, RunError>;

    /// Ids of the events whose text is no JSON. They are left out, or are [`Event::Unknown`].
    ///
    /// # Errors
    /// The database fails.
    fn damaged_events(&self) -> Result<Vec<i64>, RunError>;

    /// Last training step on record, whatever became of its weights; 0 if there is none.
    ///
    /// # Errors
    /// The database fails.
    fn last_step(&self) -> Result<u64, RunError>;

    /// Data that a training was last at work on; `None` if it is not on record.
    ///
    /// # Errors
    /// The database fails.
    fn last_data(&self) -> Result<Option<DataRecord>, RunError>;

    /// SHA-256 of the weights of the checkpoint that was last saved after `step`; `None` if it is not on record, or if
    /// that step was trained again since: another checkpoint may be in its place.
    ///
    /// # Errors
    /// The database fails.
    fn checkpoint_digest(&self, step: u64) -> Result<Option<String>, RunError>;

    /// Returns `true` if a checkpoint is on record.
    ///
    /// # Errors
    /// The database fails.
    fn has_checkpoint_event(&self) -> Result<bool, RunError>;
}

/// Returns `true` if a text is JSON, as that of every event is, also of a later splitscope.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
