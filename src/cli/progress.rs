//! Plain lines for people and scripts: no escape sequences unless standard error is a terminal.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::record::{ChildRecord, EvaluationRecord, Event, EventRecord, StepRecord, Task};
use crate::run::EventSink;

/// A progress bar on standard error; silent where that is not a terminal.
pub(super) struct ProgressBar {
    name: &'static str,
    state: Mutex<(Instant, Instant)>,
    visible: bool,
}

impl ProgressBar {
    pub(super) fn new(name: &'static str) -> Self {
        let now = Instant::now();
        Self { name, state: Mutex::new((now, now)), visible: std::io::stderr().is_terminal() }
    }

    /// Shows the progress; drawn at most ten times a second, from half a second on.
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

/// Least time between two printed steps.
const STEP_INTERVAL: Duration = Duration::from_secs(2);

/// Printer of events on standard output: JSON lines if asked for, else a plain line for each event that matters.
#[derive(Clone)]
pub(super) struct Log {
    task: Task,
    json: bool,
    last_step: Option<Instant>,
}

impl Log {
    /// Printer of the events of one task.
    pub(super) fn new(task: Task, json: bool) -> Self {
        Self { task, json, last_step: None }
    }

    /// Sink that prints events.
    pub(super) fn sink(&self) -> EventSink {
        let mut log = self.clone();
        Box::new(move |event| log.print(event))
    }

    /// Prints an event.
    fn print(&mut self, event: &Event) {
        let text = if self.json {
            Some(EventRecord { task: self.task, event: event.clone() }.to_json())
        } else {
            self.sentence(event)
        };
        if let Some(text) = text {
            // A reader that has gone does not end the work.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Prints a line for people; nothing where JSON was asked for.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    fn sentence(&mut self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Started { resumed_from_step: Some(step), .. } => format!("going on from step {step}"),
            // A bar shows the progress of the data.
            Event::Started { .. } | Event::Preparing(_) | Event::Unknown(_) => return None,
            Event::Data(data) => format!(
                "data: {} classes, {} objects to train on, {} to validate, {} to test, {} views, {:.1} s",
                data.classes, data.train, data.validation, data.test, data.views, data.seconds
            ),
            Event::Step(record) => return self.step(record),
            Event::Evaluated(record) => return evaluation(record),
            Event::Checkpoint { step, best } => {
                format!("step {step}: checkpoint{}", if *best { ", the best so far" } else { "" })
            }
            Event::RolledBack { from, to, text } => format!("step {from}: {text}; back to step {to}"),
            Event::Generation(record) => format!(
                "generation {}: {} looked at, {} known, hypervolume {:.4}, front {}",
                record.generation, record.evaluations, record.cache_hits, record.hypervolume, record.front
            ),
            Event::Child(record) => child(record),
            Event::Predictor(record) => record.sentence(),
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
        let due = self.last_step.is_none_or(|last| last.elapsed() >= STEP_INTERVAL) || record.step == record.steps;
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

/// A measured design of a training; `None` for one of a search, which is printed with its origin.
fn evaluation(record: &EvaluationRecord) -> Option<String> {
    let EvaluationRecord { step, views, samples, .. } = record;
    let role = record.role?;
    Some(format!("step {step}: {role:<8} {views:>2} views  {:5.1} % of {samples}", record.accuracy * 100.0))
}

/// A measured design of a search and its origin.
fn child(record: &ChildRecord) -> String {
    let predicted = record.predicted.map(|value| format!(", {:.1} % predicted", value * 100.0)).unwrap_or_default();
    let front = if record.front { ", on the front" } else { "" };
    let ChildRecord { design, views, operator, accuracy, .. } = record;
    let operator = operator.name();
    format!("{:5.1} % with {views} views{predicted}: {design} by {operator}{front}", accuracy * 100.0)
}
