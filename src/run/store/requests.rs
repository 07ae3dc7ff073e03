//! Operations on requests, designs that a search asks its workers to measure, and on the workers that come.

use std::time::Duration;

use crate::record::MeasurementKey;
use crate::run::error::RunError;
use crate::run::process::Process;

/// Operations on requests and workers.
pub trait RequestRows {
    /// Requests a measurement. A request that is already waiting or known is not added again.
    ///
    /// # Errors
    /// The database fails.
    fn enqueue(&self, key: &MeasurementKey) -> Result<(), RunError>;

    /// Takes a request back. A worker that has claimed it already measures it all the same.
    ///
    /// # Errors
    /// The database fails.
    fn dequeue(&self, key: &MeasurementKey) -> Result<(), RunError>;

    /// Takes all requests back, as a search does when it begins and when it ends.
    ///
    /// # Errors
    /// The database fails.
    fn dequeue_all(&self) -> Result<(), RunError>;

    /// All requests for the weights of the checkpoint after `step`, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    fn requests(&self, step: u64) -> Result<Vec<MeasurementKey>, RunError>;

    /// Step of the weights that the oldest request is for; `None` if nothing is wished for.
    ///
    /// # Errors
    /// The database fails.
    fn requested_step(&self) -> Result<Option<u64>, RunError>;

    /// Claims the oldest request that no other worker has claimed, for `ttl`. As with any
    /// [claim](super::MeasurementRows::claim), two workers never get the same, and the claim of a dead process, or one
    /// that has expired, does not count. Requests whose measurement is on record are dropped. `None` if there is
    /// nothing to do.
    ///
    /// # Errors
    /// The database fails.
    fn claim_request(&self, step: u64, ttl: Duration) -> Result<Option<MeasurementKey>, RunError>;

    /// Signs that this process is a worker of the run and alive.
    ///
    /// # Errors
    /// The database fails.
    fn heartbeat(&self) -> Result<(), RunError>;

    /// Signs a process off as a worker, which is this one or has ended, and gives its claims back.
    ///
    /// # Errors
    /// The database fails.
    fn sign_off(&self, process: &Process) -> Result<(), RunError>;

    /// Number of other processes that are workers of the run: alive on this machine, or on another one and heard of
    /// within `ttl`.
    ///
    /// # Errors
    /// The database fails.
    fn workers(&self, ttl: Duration) -> Result<usize, RunError>;
}
