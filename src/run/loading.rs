//! Loading of a run's data, with progress, and under control messages where a process owns a task.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::error::RunError;
use super::manifest::Manifest;
use super::task_process::TaskProcess;
use crate::data::{Access, Cache, DataError, Dataset, PixelStatistics, Progress};
use crate::record::{Control, Event, PreparingRecord};
use crate::space::SearchSpace;
use crate::train::Inputs;

/// Time between two looks for control messages while data are loaded.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Reason of the end of work whose data were not ready yet.
pub(super) const BEFORE_DATA: &str = "before the data were ready";
/// Time between two progress events.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Display of the progress: objects ready and objects in all. Called from several threads.
pub(crate) type LoadingProgress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Loads the data of a run: to train with, all of it; to measure with, normalised as its weights were trained, if that
/// is known. Then few objects are seen, and a set whose objects can be made one by one is there at once.
///
/// # Errors
/// The data set is unknown, can't be read, or does not fit the space.
pub(crate) fn load_inputs(
    manifest: &Manifest,
    space: &SearchSpace,
    normalisation: &[PixelStatistics],
    progress: LoadingProgress<'_>,
) -> Result<Inputs, RunError> {
    load(manifest, space, normalisation, &|done, total| {
        progress(done, total);
        ControlFlow::Continue(())
    })
}

/// As [`load_inputs`], under control messages and recording the progress; `None` if the user asked to stop.
///
/// # Errors
/// As [`load_inputs`]; the database fails, or another process has taken the task over.
pub(super) fn load_inputs_controlled(
    manifest: &Manifest,
    space: &SearchSpace,
    normalisation: &[PixelStatistics],
    process: &mut TaskProcess,
    progress: LoadingProgress<'_>,
) -> Result<Option<Inputs>, RunError> {
    let gate = LoadingGate::default();
    if gate.handle_controls(process)? {
        return Ok(None);
    }
    let pass = |done, total| {
        progress(done, total);
        gate.pass(done, total)
    };
    thread::scope(|scope| {
        let (sender, ready) = mpsc::channel();
        // The receiver is gone only if this process is about to end.
        scope.spawn(move || drop(sender.send(load(manifest, space, normalisation, &pass))));
        let (started, mut reported) = (Instant::now(), Instant::now());
        loop {
            match ready.recv_timeout(POLL_INTERVAL) {
                Ok(loaded) => return loaded.map(Some),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(RunError::LoadingBrokeOff),
            }
            let mut stop = gate.handle_controls(process);
            if matches!(stop, Ok(false)) && reported.elapsed() >= REPORT_INTERVAL {
                reported = Instant::now();
                stop = gate.report(started).map_or(Ok(()), |event| process.emit(event)).map(|()| false);
            }
            if !matches!(stop, Ok(false)) {
                gate.ended.store(true, Ordering::Relaxed);
                return stop.map(|_| None);
            }
        }
    })
}

fn load(
    manifest: &Manifest,
    space: &SearchSpace,
    normalisation: &[PixelStatistics],
    progress: Progress<'_>,
) -> Result<Inputs, RunError> {
    let is_normalised = !normalisation.is_empty();
    let data = open(manifest, space, is_normalised, progress)?;
    Ok(if is_normalised {
        Inputs::normalised_by(data, space, normalisation.to_vec())?
    } else {
        Inputs::new(data, space)?
    })
}

fn open(
    manifest: &Manifest,
    space: &SearchSpace,
    on_demand: bool,
    progress: Progress<'_>,
) -> Result<Dataset, RunError> {
    let spec = manifest.data_spec()?;
    let size = space.resolutions.last().copied().unwrap_or(32) as usize;
    let (views, channels) = (space.views as usize, space.input_channels as usize);
    let cache = Cache::of_user();
    let access = Access { cache: cache.as_ref(), classes: Some(space.classes as usize), on_demand, progress };
    match Dataset::open_with(&spec, views, size, channels, access) {
        Err(source @ DataError::WrongClasses { .. }) => {
            Err(RunError::Classes { space: space.name.clone(), classes: space.classes, source })
        }
        data => Ok(data?),
    }
}

/// Shared state of the loading threads: they report their progress here after each object, wait while work is paused,
/// and learn when it is over.
#[derive(Default)]
struct LoadingGate {
    done: AtomicUsize,
    total: AtomicUsize,
    paused: AtomicBool,
    ended: AtomicBool,
}

impl LoadingGate {
    fn pass(&self, done: usize, total: usize) -> ControlFlow<()> {
        self.done.fetch_max(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        while self.paused.load(Ordering::Relaxed) && !self.ended.load(Ordering::Relaxed) {
            thread::sleep(POLL_INTERVAL);
        }
        if self.ended.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Returns `true` if the user has asked to stop. Other messages, as new limits of a search, wait for the data.
    fn handle_controls(&self, process: &mut TaskProcess) -> Result<bool, RunError> {
        let controls = process.controls_noting(&mut |paused| self.paused.store(paused, Ordering::Relaxed))?;
        let stop = controls.contains(&Control::Stop);
        process.put_off(controls);
        Ok(stop)
    }

    /// Progress event, once an object is ready.
    fn report(&self, started: Instant) -> Option<Event> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let left_s = started.elapsed().as_secs_f64() * total.saturating_sub(done) as f64 / done as f64;
        (done > 0).then_some(Event::Preparing(PreparingRecord { done: done as u64, total: total as u64, left_s }))
    }
}
