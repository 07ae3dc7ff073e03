//! Operations on controls and owners.

use super::row::Stored;
use crate::record::{Control, Task};
use crate::run::error::RunError;
use crate::run::owner_record::Owner;

/// Operations on controls and owners.
pub trait OwnerRows {
    /// Tells the owner of a task something.
    ///
    /// # Errors
    /// The database fails.
    fn send(&self, task: Task, control: &Control) -> Result<i64, RunError>;

    /// The lines sent to the owner of a task after the one with this id, for [`Control::parse`].
    ///
    /// # Errors
    /// The database fails.
    fn controls_after(&self, task: Task, id: i64) -> Result<Vec<Stored<String>>, RunError>;

    /// Id of the last control sent to any task; 0 if there is none.
    ///
    /// # Errors
    /// The database fails.
    fn last_control_id(&self) -> Result<i64, RunError>;

    /// The process that last said it does a task, dead or alive.
    ///
    /// # Errors
    /// The database fails.
    fn owner(&self, task: Task) -> Result<Option<Owner>, RunError>;

    /// Makes this process the owner of a task, if it has none that is alive. Returns the id of the last control that
    /// was sent before.
    ///
    /// # Errors
    /// [`RunError::Owned`] if a living process is the owner; or the database fails.
    fn own(&self, task: Task, command: &str) -> Result<i64, RunError>;

    /// Signs that the owner is alive; false if this process is not the owner any more.
    ///
    /// # Errors
    /// The database fails.
    fn heartbeat_owner(&self, task: Task) -> Result<bool, RunError>;

    /// Gives a task of this process back.
    ///
    /// # Errors
    /// The database fails.
    fn disown(&self, task: Task) -> Result<(), RunError>;
}
