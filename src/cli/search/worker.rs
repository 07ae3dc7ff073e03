//! `splitscope search --worker RUN`: a process that measures what a search on the run wishes for. As many as there are cores
//! may run; each claims one wish at a time, and one that is killed loses the measurement it is at, which another takes over.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::CLAIM;
use super::meter::Meter;
use crate::cli::Answer;
use crate::cli::progress::Log;
use crate::record::{Control, MeasurementKey, Task};
use crate::run::{Inbox, RunDir, this_program};

/// How long a worker waits before it looks again for something to do.
const GLANCE: Duration = Duration::from_millis(100);
/// How long it waits for a search to begin, or to begin again.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it stays once it has measured something and the search is over.
const AFTERWARDS: Duration = Duration::from_secs(1);

pub(super) fn run(run: &RunDir, json: bool) -> Result<Answer> {
    let mut log = Log::new(Task::Search, json);
    let mut meter = Meter::open(run)?;
    let mut inbox = Inbox::beside(run.store()?, Task::Search)?;
    inbox.catch_signals().context("signals can't be caught")?;
    let (mut measured, mut busy, mut paused) = (0_u32, false, false);
    let mut idle = Instant::now();
    let reason = loop {
        let orders = if busy { inbox.poll()? } else { inbox.wait(GLANCE)? };
        paused = orders.iter().fold(paused, |paused, order| match order {
            Control::Pause => true,
            Control::Resume => false,
            _ => paused,
        });
        if orders.contains(&Control::Stop) {
            break "told to stop";
        }
        meter.store.heartbeat()?;
        let wish = if paused { None } else { claim(&mut meter)? };
        busy = wish.is_some();
        if let Some(key) = wish {
            let event = meter.measure(&key)?;
            log.print(&event);
            meter.store.append(Task::Search, &event)?;
            measured += 1;
        }
        if busy || meter.store.owner(Task::Search)?.is_some_and(|owner| owner.is_alive()) {
            idle = Instant::now();
            continue;
        }
        if idle.elapsed() >= if measured > 0 { AFTERWARDS } else { PATIENCE } {
            break "no search is under way";
        }
        // For the search to come; the one under way keeps to the weights it began with.
        meter.refresh()?;
    };
    meter.store.unregister()?;
    log.note(&format!("{measured} designs measured; {reason}"));
    Ok(Answer::Yes)
}

/// The next thing to measure, with the weights it is wished for: training may have gone on since the search began.
fn claim(meter: &mut Meter) -> Result<Option<MeasurementKey>> {
    let Some(step) = meter.store.requested_step()? else { return Ok(None) };
    if let Err(error) = meter.turn_to(step) {
        meter.store.unregister()?;
        return Err(error);
    }
    Ok(meter.store.claim_request(step, CLAIM)?)
}

/// A worker this process has started; it is told to end with it.
pub(super) struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        // It ends by itself once the search is over; nothing is lost if it is ended in the middle of a measurement.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts workers on a run.
pub(super) fn start(run: &RunDir, count: usize) -> Result<Vec<Helper>> {
    let program = this_program()?;
    let start = |_| {
        let mut command = Command::new(&program);
        command.args(["search", "--threads", "1", "--worker"]).arg(run.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Helper(child.context("a worker can't be started")?))
    };
    (0..count).map(start).collect()
}
