//! Plain lines for people and scripts: no escape sequences unless standard error is a terminal.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::explore::progress::Predicts;
use crate::run::{BredRecord, Event, StepRecord};

/// A progress bar on standard error; silent where that is not a terminal.
pub(super) struct Bar {
    name: &'static str,
    state: Mutex<(Instant, Instant)>,
    visible: bool,
}

impl Bar {
    pub(super) fn new(name: &'static str) -> Self {
        let now = Instant::now();
        Self { name, state: Mutex::new((now, now)), visible: std::io::stderr().is_terminal() }
    }

    /// Tells how far it is; drawn at most ten times a second, from half a second on.
    pub(super) fn show(&self, done: usize, total: usize) {
        if !self.visible {
            return;
        }
        let Ok(mut state) = self.state.try_lock() else { return };
        let now = Instant::now();
        if now - state.0 < Duration::from_millis(500) || now - state.1 < Duration::from_millis(100) {
            return;
        }
        state.1 = now;
        let left = (now - state.0).as_secs_f64() / done.max(1) as f64 * total.saturating_sub(done) as f64;
        eprint!("\r{} {done} of {total}, {left:.0} s left  ", self.name);
        let _ = std::io::stderr().flush();
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.visible {
            eprint!("\r{:60}\r", "");
        }
    }
}

/// How often a step is printed.
const EVERY: Duration = Duration::from_secs(2);

/// Prints events: JSON lines if asked for, else a plain line for what matters.
pub(super) struct Log {
    json: bool,
    last_step: Option<Instant>,
}

impl Log {
    pub(super) fn new(json: bool) -> Self {
        Self { json, last_step: None }
    }

    pub(super) fn tell(&mut self, event: &Event) {
        let text = if self.json { Some(event.to_json()) } else { self.sentence(event) };
        if let Some(text) = text {
            // A reader that has gone does not end the work.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Prints a line for people; nothing where JSON was asked for.
    pub(super) fn note(&mut self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    fn sentence(&mut self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Started { resumed_from_step: Some(step), .. } => format!("going on from step {step}"),
            // A bar shows how far the data are.
            Event::Started { .. } | Event::Preparing { .. } | Event::Unknown(_) => return None,
            Event::Data { classes, train, validation, test, views, seconds } => format!(
                "data: {classes} classes, {train} objects to train on, {validation} to validate, {test} to test, \
                 {views} views, {seconds:.1} s"
            ),
            Event::Step(record) => return self.step(record),
            // What a search measured is told with how it came about.
            Event::Evaluated { role, .. } if role == "search" => return None,
            Event::Evaluated { step, role, views, accuracy, samples, .. } => {
                format!("step {step}: {role:<8} {views:>2} views  {:5.1} % of {samples}", accuracy * 100.0)
            }
            Event::Checkpoint { step, best } => {
                format!("step {step}: checkpoint{}", if *best { ", the best so far" } else { "" })
            }
            Event::RolledBack { from, to, text } => format!("step {from}: {text}; back to step {to}"),
            Event::Generation { generation, evaluations, hypervolume, front, cache_hits, .. } => format!(
                "generation {generation}: {evaluations} looked at, {cache_hits} known, hypervolume {hypervolume:.4}, front {front}"
            ),
            Event::Bred(record) => bred(record),
            Event::Predicts { by, samples, rmse, kendall_tau } => {
                let (by, samples, rmse, kendall_tau) = (by.clone(), *samples, *rmse, *kendall_tau);
                Predicts { by, samples, rmse, kendall_tau }.sentence()
            }
            Event::LimitsChanged { text } => format!("limits: {text}"),
            Event::Paused => "paused".into(),
            Event::Resumed => "resumed".into(),
            Event::Warning { text } => format!("warning: {text}"),
            Event::Stopped { reason } => format!("stopped: {reason}"),
            Event::Finished { reason } => format!("finished: {reason}"),
            Event::Failed { text } => format!("failed: {text}"),
        })
    }

    fn step(&mut self, record: &StepRecord) -> Option<String> {
        let due = self.last_step.is_none_or(|last| last.elapsed() >= EVERY) || record.step == record.steps;
        if !due {
            return None;
        }
        self.last_step = Some(Instant::now());
        let losses: Vec<String> = record.losses.iter().map(|(role, loss)| format!("{role} {loss:.3}")).collect();
        let eta = record.eta_s.map(|eta| format!(", {eta:.0} s left")).unwrap_or_default();
        Some(format!(
            "step {} of {}: loss {}; {:.0} images/s{eta}",
            record.step,
            record.steps,
            losses.join(", "),
            record.images_per_s
        ))
    }
}

/// A measured design of a search and how it came about.
fn bred(record: &BredRecord) -> String {
    let predicted = record.predicted.map(|value| format!(", {:.1} % predicted", value * 100.0)).unwrap_or_default();
    let front = if record.front { ", on the front" } else { "" };
    let BredRecord { design, views, operator, accuracy, .. } = record;
    format!("{:5.1} % with {views} views{predicted}: {design} by {operator}{front}", accuracy * 100.0)
}

/// Resident memory of this process in bytes; 0 where the system does not tell.
pub(super) fn resident_bytes() -> u64 {
    let pages =
        || -> Option<u64> { std::fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok() };
    pages().unwrap_or(0) * 4096
}

/// Most memory this process has ever had resident, in bytes; 0 where the system does not tell.
pub(super) fn peak_resident_bytes() -> u64 {
    let kibibytes = || -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
    };
    kibibytes().unwrap_or(0) * 1024
}

/// CPU seconds of this process, all threads together; 0 where the system does not tell.
pub(super) fn cpu_seconds() -> f64 {
    let ticks = || -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    };
    // The kernel counts in hundredths of a second for user space on every Linux platform.
    ticks().unwrap_or(0.0) / 100.0
}
