//! Loading the data of a run: with a bar for people to watch, and, where a process has an owner, while it obeys.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{progress, steer};
use crate::data::{Access, Cache, DataError, DataSpec, Dataset, Progress};
use crate::record::{Control, Event, PreparingRecord};
use crate::run::{Inbox, Manifest, Ownership};
use crate::space::SearchSpace;
use crate::train::Inputs;

/// How long the data may be unready before orders are looked for.
const GLANCE: Duration = Duration::from_millis(50);
/// How often it is told how far they are.
const EVERY: Duration = Duration::from_secs(1);

/// The data of a run, and the seconds they took.
pub(super) type Loaded = (Inputs, f64);

/// Loads the data of a run.
pub(super) fn open(manifest: &Manifest, space: &SearchSpace) -> Result<Loaded> {
    let bar = progress::Bar::new("rendering");
    let loaded = load(manifest, space, &|done, total| {
        bar.show(done, total);
        ControlFlow::Continue(())
    });
    bar.end();
    loaded
}

/// Loads the data of a run, telling how far it is and doing what the user asks; `None` if that is to stop.
pub(super) fn open_obeying(
    manifest: &Manifest,
    space: &SearchSpace,
    (inbox, owner): (&mut Inbox, &Ownership),
    tell: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Option<Loaded>> {
    let (gate, bar) = (Gate::default(), progress::Bar::new("rendering"));
    let pass = |done, total| {
        bar.show(done, total);
        gate.pass(done, total)
    };
    let found = thread::scope(|scope| {
        let (sender, ready) = mpsc::channel();
        let work = || load(manifest, space, &pass);
        // Whoever waits for it has gone only if this process is about to end.
        scope.spawn(move || drop(sender.send(work())));
        let (started, mut told) = (Instant::now(), Instant::now());
        loop {
            match ready.recv_timeout(GLANCE) {
                Ok(loaded) => return loaded.map(Some),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("loading the data broke off"),
            }
            let mut obeyed = gate.obey(inbox, owner, tell);
            if told.elapsed() >= EVERY {
                told = Instant::now();
                obeyed = obeyed.and_then(|stop| gate.report(started).map_or(Ok(()), &mut *tell).map(|()| stop));
            }
            if !matches!(obeyed, Ok(false)) {
                gate.ended.store(true, Ordering::Relaxed);
                return obeyed.map(|_| None);
            }
        }
    });
    bar.end();
    found
}

fn load(manifest: &Manifest, space: &SearchSpace, progress: Progress) -> Result<Loaded> {
    let started = Instant::now();
    let spec: DataSpec = manifest.data.parse()?;
    let size = space.resolutions.last().copied().unwrap_or(32) as usize;
    let (views, channels) = (space.views as usize, space.input_channels as usize);
    let cache = Cache::of_user();
    let access = Access { cache: cache.as_ref(), classes: Some(space.classes as usize), progress };
    let data = match Dataset::open_with(&spec, views, size, channels, access) {
        Err(error @ DataError::WrongClasses { .. }) => {
            return Err(error).with_context(|| format!("the space {} has {} classes", space.name, space.classes));
        }
        data => data?,
    };
    Ok((Inputs::new(data, space)?, started.elapsed().as_secs_f64()))
}

/// Where the threads that make the samples pass after each object: they leave word how far they are, wait while work is
/// paused, and learn when it is over.
#[derive(Default)]
struct Gate {
    done: AtomicUsize,
    total: AtomicUsize,
    paused: AtomicBool,
    ended: AtomicBool,
}

impl Gate {
    fn pass(&self, done: usize, total: usize) -> ControlFlow<()> {
        self.done.fetch_max(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        while self.paused.load(Ordering::Relaxed) && !self.ended.load(Ordering::Relaxed) {
            thread::sleep(GLANCE);
        }
        if self.ended.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Does what the user asks. Says whether to stop.
    fn obey(&self, inbox: &mut Inbox, owner: &Ownership, tell: &mut dyn FnMut(Event) -> Result<()>) -> Result<bool> {
        let orders = steer::orders(inbox, owner, &mut |event| {
            self.paused.store(event == Event::Paused, Ordering::Relaxed);
            tell(event)
        })?;
        Ok(orders.contains(&Control::Stop))
    }

    /// How far it is, once an object is ready.
    fn report(&self, started: Instant) -> Option<Event> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let left_s = started.elapsed().as_secs_f64() * total.saturating_sub(done) as f64 / done as f64;
        (done > 0).then_some(Event::Preparing(PreparingRecord { done: done as u64, total: total as u64, left_s }))
    }
}
