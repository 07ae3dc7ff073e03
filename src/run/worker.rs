//! Worker: a process that measures what a search on the run requests. As many as there are cores may run; each claims
//! one request at a time, and a killed worker loses only its current measurement, which another takes over.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::RunDir;
use super::child::this_program;
use super::error::RunError;
use super::evaluator::{CLAIM_TTL, RunEvaluator};
use super::inbox::Inbox;
use super::loading::LoadingProgress;
use super::task_process::EventSink;
use crate::record::{Control, Event, MeasurementKey, Task};

/// Time between two looks for requests.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time to wait for a search to begin, or to begin again.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// Time to stay after the end of a search, once something was measured.
const MAX_IDLE_AFTER_SEARCH: Duration = Duration::from_secs(1);

/// End of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkerSummary {
    /// Designs measured.
    pub measured: u32,
    /// Reason for the end.
    pub reason: &'static str,
}

/// Measures requests of searches on a run until none is under way or the user asks to stop. Every measurement is passed
/// to `sink` as an event.
///
/// # Errors
/// The run is untrained, its data or the weights of the search can't be read, or the database fails.
pub(crate) fn serve_requests(
    run: &RunDir,
    progress: LoadingProgress<'_>,
    mut sink: EventSink,
) -> Result<WorkerSummary, RunError> {
    let mut evaluator = RunEvaluator::open(run, progress)?;
    for warning in evaluator.warnings() {
        sink(&Event::Warning { text: warning.clone() });
    }
    let mut inbox = Inbox::beside(run.store()?, Task::Search)?;
    inbox.catch_signals().map_err(RunError::Signals)?;
    let (mut measured, mut busy) = (0_u32, false);
    let mut last_active = Instant::now();
    let reason = loop {
        let controls = if busy { inbox.poll()? } else { inbox.wait(POLL_INTERVAL)? };
        if controls.contains(&Control::Stop) {
            break "stopped on request";
        }
        evaluator.store().check()?;
        evaluator.store().heartbeat()?;
        let request = if inbox.is_paused() { None } else { claim_request(&mut evaluator)? };
        busy = request.is_some();
        if let Some(key) = request {
            let event = Event::Evaluated(evaluator.measure_claimed(&key)?);
            sink(&event);
            evaluator.store().append(Task::Search, &event)?;
            measured += 1;
        }
        if busy || evaluator.store().owner(Task::Search)?.is_some_and(|owner| owner.is_alive()) {
            last_active = Instant::now();
            continue;
        }
        let max_idle = if measured > 0 { MAX_IDLE_AFTER_SEARCH } else { MAX_IDLE };
        if last_active.elapsed() >= max_idle {
            break "no search is under way";
        }
        // For the next search; one under way keeps the weights it began with.
        evaluator.refresh()?;
    };
    evaluator.store().unregister()?;
    Ok(WorkerSummary { measured, reason })
}

/// Claims the next request and loads the weights it is for: training may have gone on since the search began.
fn claim_request(evaluator: &mut RunEvaluator) -> Result<Option<MeasurementKey>, RunError> {
    let Some(step) = evaluator.store().requested_step()? else { return Ok(None) };
    if let Err(error) = evaluator.load_step(step) {
        evaluator.store().unregister()?;
        return Err(error);
    }
    evaluator.store().claim_request(step, CLAIM_TTL)
}

/// Worker process started by a search; killed with it.
pub(super) struct WorkerProcess(Child);

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // It ends by itself once the search is over; a killed measurement is made again by another worker.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts workers on a run.
pub(super) fn start_workers(run: &RunDir, count: usize) -> Result<Vec<WorkerProcess>, RunError> {
    let program = this_program()?;
    let start = |_| {
        let mut command = Command::new(&program);
        command.args(["search", "--threads", "1", "--worker"]).arg(run.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        child.map(WorkerProcess).map_err(|source| RunError::NotStarted { program: program.clone(), source })
    };
    (0..count).map(start).collect()
}
