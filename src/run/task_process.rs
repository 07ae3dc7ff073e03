//! A process at work on a run: owns its task, records events, receives control messages.

use std::path::PathBuf;
use std::time::Duration;

use super::RunDir;
use super::error::RunError;
use super::inbox::Inbox;
use super::owner::Ownership;
use super::store::Store;
use super::weights;
use crate::record::{Control, Event, Task};

/// Time between two checks of a paused process whether it still owns its task.
const PAUSED_INTERVAL: Duration = Duration::from_secs(1);

/// Receiver of recorded events, for instance a log on standard output.
pub(crate) type EventSink = Box<dyn FnMut(&Event)>;

/// The process that does a task on a run.
pub(crate) struct TaskProcess {
    owner: Ownership,
    inbox: Inbox,
    store: Store,
    sink: EventSink,
    /// Options of the command that its result depends on, for the record of the start.
    options: String,
    run: RunDir,
    /// Folder of the checkpoints of a training.
    checkpoints: Option<PathBuf>,
    /// Control messages that were put off, oldest first.
    put_off: Vec<Control>,
}

impl TaskProcess {
    /// Makes this process the owner of a task, which hears what is sent through the database. Every recorded event is
    /// passed to `sink` as well.
    ///
    /// # Errors
    /// A living process does the task already, or the database fails.
    pub(crate) fn new(run: &RunDir, task: Task, sink: EventSink) -> Result<Self, RunError> {
        let owner = run.own(task, &format!("splitscope {task}"))?;
        let inbox = Inbox::of(&owner)?;
        let store = run.store()?.waiting_long();
        Ok(Self {
            owner,
            inbox,
            store,
            sink,
            options: String::new(),
            run: run.clone(),
            checkpoints: None,
            put_off: Vec::new(),
        })
    }

    /// As [`TaskProcess::new`], for a command: lines on standard input are control messages too, and an interrupt
    /// (Ctrl-C) is [`Control::Stop`].
    ///
    /// # Errors
    /// As [`TaskProcess::new`]; or signals can't be caught.
    pub(crate) fn of_command(run: &RunDir, task: Task, sink: EventSink) -> Result<Self, RunError> {
        let mut process = Self::new(run, task, sink)?;
        process.inbox.read_input();
        process.inbox.catch_signals().map_err(RunError::Signals)?;
        Ok(process)
    }

    /// Hears at once what is sent through the database.
    #[cfg(test)]
    #[must_use]
    pub(super) fn listening_closely(mut self) -> Self {
        self.inbox.ask_always();
        self
    }

    /// Records the start with these options, as a shell takes them.
    #[must_use]
    pub(crate) fn with_options(self, options: &[String]) -> Self {
        Self { options: options.concat(), ..self }
    }

    /// Records an event.
    ///
    /// # Errors
    /// The database fails, or another process has taken the task over, to whom the record then belongs.
    pub(crate) fn emit(&mut self, event: Event) -> Result<(), RunError> {
        self.show(&event)?;
        if self.store.append_as_owner(self.owner.task(), &event)? { Ok(()) } else { Err(RunError::TakenOver) }
    }

    /// Passes an event that is on record on to who listens to this process.
    ///
    /// # Errors
    /// Another process has taken the task over.
    pub(super) fn show(&mut self, event: &Event) -> Result<(), RunError> {
        if !self.owner.is_held() {
            return Err(RunError::TakenOver);
        }
        (self.sink)(event);
        Ok(())
    }

    /// Makes sure that the task is still this process's own, so that it may change what is not in the database.
    ///
    /// # Errors
    /// Another process has taken the task over, or the run is gone.
    pub(super) fn confirm(&self) -> Result<(), RunError> {
        self.store.check()?;
        if self.owner.is_surely_held(&self.store) { Ok(()) } else { Err(RunError::TakenOver) }
    }

    /// Records a failure of the work as an event. Returns `result`.
    ///
    /// # Errors
    /// That of `result`.
    pub(crate) fn record_failure<T>(&mut self, result: Result<T, RunError>) -> Result<T, RunError> {
        if let Err(error) = &result {
            // The error itself is the one to report.
            let _ = self.emit(Event::Failed { text: error.sentence() });
        }
        result
    }

    /// Records the start of the work.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn emit_started(&mut self, command: &str, resumed_from_step: Option<u64>) -> Result<(), RunError> {
        let command = format!("{command}{}", self.options);
        self.emit(Event::Started { command, pid: std::process::id(), resumed_from_step })?;
        let warnings = self.run.warnings(&self.store)?;
        warnings.into_iter().try_for_each(|text| self.emit(Event::Warning { text }))
    }

    /// Publishes the checkpoints of a folder from now on, if the run is on a server.
    pub(super) fn publish_from(&mut self, folder: PathBuf) {
        self.checkpoints = Some(folder);
    }

    /// Makes the checkpoints on the server those of the training.
    ///
    /// # Errors
    /// The folder can't be read, or the database fails.
    pub(super) fn publish(&self) -> Result<(), RunError> {
        match (&self.checkpoints, self.store.checkpoints()) {
            (Some(folder), Some(rows)) => weights::publish(folder, rows),
            _ => Ok(()),
        }
    }

    /// The database.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Control messages since the last call, except pause and resume, which are carried out here: while paused, this
    /// blocks without using the processor.
    ///
    /// # Errors
    /// The database fails, or another process has taken the task over.
    pub(crate) fn controls(&mut self) -> Result<Vec<Control>, RunError> {
        self.controls_noting(&mut |_| {})
    }

    /// Puts control messages off until [`TaskProcess::controls`] is called again.
    pub(super) fn put_off(&mut self, controls: Vec<Control>) {
        self.put_off.extend(controls);
    }

    /// Returns `true` if [`TaskProcess::controls`] will tell of new limits, or that the user has asked to stop.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn has_orders(&mut self) -> Result<bool, RunError> {
        Ok(self.waiting()?.iter().any(|control| matches!(control, Control::Limits(_) | Control::Stop)))
    }

    /// Returns `true` if [`TaskProcess::controls`] will tell that the user has asked to stop.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn is_told_to_stop(&mut self) -> Result<bool, RunError> {
        Ok(self.waiting()?.contains(&Control::Stop))
    }

    /// Control messages that wait for [`TaskProcess::controls`].
    fn waiting(&mut self) -> Result<&[Control], RunError> {
        let new = self.inbox.poll()?;
        self.put_off(new);
        Ok(&self.put_off)
    }

    /// As [`TaskProcess::controls`]; calls `paused` with `true` before waiting and with `false` after it.
    pub(super) fn controls_noting(&mut self, paused: &mut dyn FnMut(bool)) -> Result<Vec<Control>, RunError> {
        let new = self.inbox.poll()?;
        self.carry_out(new, paused)
    }

    /// As [`TaskProcess::controls`], but waits until something arrives, or for `timeout`.
    pub(super) fn next_controls(&mut self, timeout: Duration) -> Result<Vec<Control>, RunError> {
        let timeout = if self.put_off.is_empty() { timeout } else { Duration::ZERO };
        let new = self.inbox.wait(timeout)?;
        self.carry_out(new, &mut |_| {})
    }

    /// Returns `true` once the process that started this one is gone, or has closed its standard input.
    pub(super) fn is_left_alone(&self) -> bool {
        self.inbox.is_left_alone()
    }

    fn carry_out(&mut self, mut new: Vec<Control>, paused: &mut dyn FnMut(bool)) -> Result<Vec<Control>, RunError> {
        let (mut controls, mut was_paused) = (std::mem::take(&mut self.put_off), false);
        loop {
            if !self.owner.is_held() {
                return Err(RunError::TakenOver);
            }
            self.store.check()?;
            controls.extend(new);
            controls.retain(|control| !matches!(control, Control::Pause | Control::Resume));
            if controls.contains(&Control::Stop) {
                return Ok(controls);
            }
            let is_paused = self.inbox.is_paused();
            if is_paused != was_paused {
                was_paused = is_paused;
                paused(is_paused);
                self.emit(if is_paused { Event::Paused } else { Event::Resumed })?;
            }
            if !is_paused {
                return Ok(controls);
            }
            new = self.inbox.wait(PAUSED_INTERVAL)?;
        }
    }

    /// Waits while the user pauses. Returns `true` if the user has asked to stop; other control messages are dropped.
    ///
    /// # Errors
    /// As [`TaskProcess::controls`].
    pub(crate) fn should_stop(&mut self) -> Result<bool, RunError> {
        Ok(self.controls()?.contains(&Control::Stop))
    }
}
