//! Plain lines for people and scripts: no escape sequences unless standard error is a terminal.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::output::{self, mention};
use crate::quantity::number;
use crate::record::{Event, EventRecord, Task};
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
        output::passing(&format!("{} {done} of {total}, {} left  ", self.name, number::duration(left)));
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.visible {
            output::passing(&format!("{:60}\r", ""));
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
            mention!("{text}");
        }
    }

    /// Prints a line for people; nothing where JSON was asked for.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            mention!("{text}");
        }
    }

    /// The line of an event; of the steps only some are printed.
    fn sentence(&mut self, event: &Event) -> Option<String> {
        if let Event::Step(record) = event {
            let due = self.last_step.is_none_or(|last| last.elapsed() >= STEP_INTERVAL) || record.step == record.steps;
            if !due {
                return None;
            }
            self.last_step = Some(Instant::now());
        }
        event.sentence()
    }
}
