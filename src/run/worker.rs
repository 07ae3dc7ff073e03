//! Worker: a process that measures what a search on the run requests. As many as there are cores may run; each claims
//! one request at a time, and a killed worker loses only its current measurement, which another takes over.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::RunDir;
use super::child::this_program;
use super::error::RunError;
use super::evaluator::{CLAIM_TTL, EvaluatorOptions, RunEvaluator};
use super::inbox::Inbox;
use super::loading::LoadingProgress;
use super::process::Process;
use super::store::Store;
use super::task_process::EventSink;
use crate::record::{Control, Event, MeasurementKey, Task};

/// Time between two looks for requests.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time between two signs of life. The claims of a worker on another machine hold for a few of them.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// Time to wait for a search to begin.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// Time to stay after the end of a search.
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
    // Asked first: a search may end while the data are loaded.
    let mut has_met_search = is_search_under_way(&run.store()?)?;
    let mut evaluator = RunEvaluator::open(run, EvaluatorOptions::default(), progress)?;
    for warning in evaluator.warnings() {
        sink(&Event::Warning { text: warning.clone() });
    }
    let mut inbox = Inbox::beside(run.store()?, Task::Search)?;
    inbox.catch_signals().map_err(RunError::Signals)?;
    let heartbeat = Heartbeat::start(run.store()?)?;
    check_version(evaluator.store())?;
    let (mut measured, mut last_active, mut claimed) = (0_u32, Instant::now(), None);
    // Told once it is on record.
    let mut recording = None;
    let reason = loop {
        if claimed.is_none() {
            evaluator.store().settle()?;
            recording.take().into_iter().for_each(|record| sink(&Event::Evaluated(record)));
        }
        let controls = if claimed.is_some() { inbox.poll()? } else { inbox.wait(POLL_INTERVAL)? };
        let stops = controls.contains(&Control::Stop);
        if (stops || inbox.is_paused())
            && let Some(key) = claimed.take()
        {
            evaluator.store().release(&key)?;
        }
        if stops {
            break "stopped on request";
        }
        evaluator.store().check()?;
        if claimed.is_none() && !inbox.is_paused() {
            claimed = claim_first(&mut evaluator)?;
        }
        if let Some(key) = claimed.take() {
            let (record, next) = evaluator.measure_and_claim(&key)?;
            recording.replace(record).into_iter().for_each(|before| sink(&Event::Evaluated(before)));
            measured += 1;
            (claimed, last_active, has_met_search) = (next, Instant::now(), true);
            continue;
        }
        if is_search_under_way(evaluator.store())? {
            last_active = Instant::now();
            has_met_search = true;
            continue;
        }
        let max_idle = if has_met_search { MAX_IDLE_AFTER_SEARCH } else { MAX_IDLE };
        if last_active.elapsed() >= max_idle {
            break "no search is under way";
        }
        // For the next search; one under way keeps the weights it began with.
        evaluator.refresh()?;
    };
    evaluator.store().settle()?;
    recording.take().into_iter().for_each(|record| sink(&Event::Evaluated(record)));
    drop(heartbeat);
    Ok(WorkerSummary { measured, reason })
}

fn is_search_under_way(store: &Store) -> Result<bool, RunError> {
    Ok(store.owner(Task::Search)?.is_some_and(|owner| owner.is_alive()))
}

/// Thread that signs for a worker, also while it measures, and signs it off when dropped.
pub(super) struct Heartbeat {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    pub(super) fn start(store: Store) -> Result<Self, RunError> {
        store.heartbeat()?;
        let (end, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            while ended.recv_timeout(HEARTBEAT_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // The worker itself learns that the database fails.
                let _ = store.heartbeat();
            }
            let _ = store.sign_off(&Process::this());
        });
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // It only ends by panic if the store does, and then there is nothing left to sign off.
            let _ = thread.join();
        }
    }
}

/// Claims the first of some requests and loads the weights that they are for: training may have gone on since the
/// search began.
fn claim_first(evaluator: &mut RunEvaluator) -> Result<Option<MeasurementKey>, RunError> {
    let Some(step) = evaluator.store().requested_step()? else { return Ok(None) };
    evaluator.load_step(step)?;
    check_version(evaluator.store())?;
    evaluator.check_pinned()?;
    evaluator.store().claim_request(step, CLAIM_TTL)
}

/// Makes sure that the search is of this version: another one may measure in another way.
fn check_version(store: &Store) -> Result<(), RunError> {
    let worker = env!("CARGO_PKG_VERSION");
    match store.owner(Task::Search)?.and_then(|owner| owner.version) {
        Some(search) if search != worker => Err(RunError::OtherVersion { search, worker: worker.to_owned() }),
        _ => Ok(()),
    }
}

/// Worker process started by a search; killed with it.
pub(super) struct WorkerProcess {
    child: Child,
    process: Process,
    store: Store,
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // It ends by itself once the search is over; a killed measurement is made again by another worker.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its claims expire by themselves if the database fails.
        let _ = self.store.sign_off(&self.process);
    }
}

/// Starts workers on a run.
pub(super) fn start_workers(run: &RunDir, count: usize) -> Result<Vec<WorkerProcess>, RunError> {
    let program = this_program()?;
    let start = |_| {
        let store = run.store()?;
        let mut command = Command::new(&program);
        command.args(["search", "--threads", "1", "--worker"]).arg(run.path());
        run.admit(&mut command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|source| RunError::NotStarted { program: program.clone(), source })?;
        Ok(WorkerProcess { process: Process::here(child.id()), child, store })
    };
    (0..count).map(start).collect()
}
