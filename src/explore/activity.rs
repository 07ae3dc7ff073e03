//! Training and search as far as they are known, messages to the user, and updates held back while the view is frozen.
//!
//! Invariants: a control is accepted only while the process it is for is active; limits count as moved only while a
//! search is active; measurements are held back only while frozen, in the order in which they came.

use super::command::WorkControl;
use super::message::{Message, MessageSource, Messages, Severity};
use super::progress::{SearchUpdate, Searching, State, TrainUpdate, Training};
use super::update::Update;
use crate::record::Task;

/// Progress of the child processes, the newest message, and held-back updates.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    training: Training,
    search: Searching,
    messages: Messages,
    frozen: bool,
    /// Changes of measurements that came while frozen.
    held_back: Vec<Update>,
    /// `true` if a limit changed since the active search got the limits.
    limits_moved: bool,
}

impl Activity {
    /// The training.
    pub(super) const fn training(&self) -> &Training {
        &self.training
    }

    /// The search.
    pub(super) const fn search(&self) -> &Searching {
        &self.search
    }

    /// Run directory that the training or the search was last seen on.
    pub(super) fn run(&self) -> Option<&str> {
        self.training.run.as_deref().or(self.search.run.as_deref())
    }

    /// Sets the run directory of the training, as read from a session file.
    pub(super) fn set_run(&mut self, run: Option<String>) {
        self.training.run = run;
    }

    /// The message to show at `now_ms`.
    pub(super) fn toast(&self, now_ms: u64) -> Option<&Message> {
        self.messages.toast(now_ms)
    }

    /// Adds the answer to a command.
    pub(super) fn say(&mut self, severity: Severity, text: impl Into<String>, now_ms: u64) {
        self.messages.say(MessageSource::Command, severity, text, now_ms);
    }

    /// Adds a message from outside.
    pub(super) fn report(&mut self, severity: Severity, text: impl Into<String>, now_ms: u64) {
        self.messages.say(MessageSource::Outside, severity, text, now_ms);
    }

    /// Dismisses the message shown at `now_ms`. Returns `true` if there was one.
    pub(super) fn dismiss(&mut self, now_ms: u64) -> bool {
        self.messages.dismiss(now_ms)
    }

    /// Returns `true` while measurements are held back.
    pub const fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Number of updates held back.
    pub const fn held_back(&self) -> usize {
        self.held_back.len()
    }

    /// Freezes the measurements shown, or thaws them. Returns the updates that were held back, to be applied now.
    pub(super) fn toggle_frozen(&mut self) -> Vec<Update> {
        self.frozen = !self.frozen;
        if self.frozen { Vec::new() } else { std::mem::take(&mut self.held_back) }
    }

    /// Returns the update to be applied now, or keeps it back while frozen.
    pub(super) fn admit(&mut self, update: Update) -> Option<Update> {
        if self.frozen && is_of_measurements(&update) {
            self.held_back.push(update);
            return None;
        }
        Some(update)
    }

    /// Returns `true` if an update names another run than the one that is followed: what is held back is of the latter.
    pub(super) fn leaves_run(&self, update: &Update) -> bool {
        match update {
            Update::Training(TrainUpdate::Run(run)) | Update::Search(SearchUpdate::Run(run)) => {
                self.run().is_some_and(|known| known != run)
            }
            _ => false,
        }
    }

    /// Applies progress of the training and announces how it ended.
    pub(super) fn update_training(&mut self, update: TrainUpdate, now_ms: u64) {
        if let TrainUpdate::State(state) = &update {
            announce(&mut self.messages, Task::Train, state, now_ms);
        }
        self.training.update(update);
    }

    /// Applies progress of the search and announces how it ended.
    pub(super) fn update_search(&mut self, update: SearchUpdate, now_ms: u64) {
        if let SearchUpdate::State(state) = &update {
            announce(&mut self.messages, Task::Search, state, now_ms);
        }
        self.search.update(update);
    }

    /// Marks the training as starting. Returns `false`, with a warning, if one is active.
    pub(super) fn start_training(&mut self, now_ms: u64) -> bool {
        let inactive = refuse_if_active(&mut self.messages, Task::Train, &self.training.state, now_ms);
        if inactive {
            self.training.update(TrainUpdate::State(State::Starting));
        }
        inactive
    }

    /// Marks the search as starting under the present limits. Returns `false`, with a warning, if one is active.
    pub(super) fn start_search(&mut self, now_ms: u64) -> bool {
        let inactive = refuse_if_active(&mut self.messages, Task::Search, &self.search.state, now_ms);
        if inactive {
            self.search.update(SearchUpdate::State(State::Starting));
            self.limits_moved = false;
        }
        inactive
    }

    /// Accepts a control for the active process (the training, if both are active; the search for limits), and shows
    /// that it was asked for. Returns `false`, with a warning, if there is no such process.
    pub(super) fn control(&mut self, control: WorkControl, now_ms: u64) -> bool {
        let to_search =
            control == WorkControl::SendLimits || (self.search.state.is_active() && !self.training.state.is_active());
        let state = if to_search { &mut self.search.state } else { &mut self.training.state };
        if !state.is_active() {
            let text = "neither a training nor a search is running";
            self.messages.say(MessageSource::Command, Severity::Warning, text, now_ms);
            return false;
        }
        match control {
            WorkControl::Pause => *state = State::Pausing,
            WorkControl::Resume => *state = State::Resuming,
            WorkControl::Stop => *state = State::Stopping,
            WorkControl::Detach => *state = State::Detached,
            WorkControl::SendLimits => self.limits_moved = false,
        }
        true
    }

    /// Returns `true` if a limit changed since the active search got the limits.
    pub const fn limits_moved(&self) -> bool {
        self.limits_moved
    }

    /// Notes that a knob changed.
    pub(super) fn note_moved_knob(&mut self) {
        self.limits_moved |= self.search.state.is_active();
    }
}

/// Returns `true` for what changes measurements, which only its order makes whole: a withdrawal is of those before it.
const fn is_of_measurements(update: &Update) -> bool {
    match update {
        Update::Measured { .. }
        | Update::MeasuredWithout { .. }
        | Update::Leak { .. }
        | Update::Finetuned { .. }
        | Update::Withdrawn { .. }
        | Update::Predicted(_) => true,
        Update::Pictures(_) | Update::Training(_) | Update::Search(_) | Update::Message(..) => false,
    }
}

/// Warns that a process is active. Returns `true` if it is not.
fn refuse_if_active(messages: &mut Messages, task: Task, state: &State, now_ms: u64) -> bool {
    if state.is_active() {
        let text = format!("a {} is {state} already", process(task));
        messages.say(MessageSource::Command, Severity::Warning, text, now_ms);
    }
    !state.is_active()
}

/// Says how the process of a task ended. A process that goes on after a failure takes the message of that failure away.
fn announce(messages: &mut Messages, task: Task, state: &State, now_ms: u64) {
    let (source, process) = (MessageSource::Task(task), process(task));
    match state {
        State::Finished(why) => {
            messages.say(source, Severity::Info, format!("{process} finished: {why}"), now_ms);
        }
        State::Failed(why) => messages.say(source, Severity::Error, format!("{process} failed: {why}"), now_ms),
        State::Starting | State::Running => messages.withdraw(source),
        _ => {}
    }
}

/// Name of what a task does.
const fn process(task: Task) -> &'static str {
    match task {
        Task::Train => "training",
        Task::Search => "search",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search_state(activity: &mut Activity, state: State) {
        activity.update_search(SearchUpdate::State(state), 0);
    }

    #[test]
    fn a_process_is_paused_once_it_says_so() {
        let mut activity = Activity::default();
        assert!(!activity.control(WorkControl::Pause, 0), "nothing runs");
        assert!(activity.start_search(0) && !activity.start_search(0), "one runs already");
        search_state(&mut activity, State::Running);
        assert!(activity.control(WorkControl::Pause, 0));
        assert_eq!(activity.search().state, State::Pausing);
        search_state(&mut activity, State::Paused);
        assert!(activity.control(WorkControl::Resume, 0));
        assert_eq!(activity.search().state, State::Resuming);
        search_state(&mut activity, State::Running);
        assert_eq!(activity.search().state, State::Running);
    }

    #[test]
    fn limits_move_only_while_a_search_is_active() {
        let mut activity = Activity::default();
        activity.note_moved_knob();
        assert!(!activity.limits_moved() && activity.start_search(0));
        activity.note_moved_knob();
        assert!(activity.limits_moved());
        assert!(activity.control(WorkControl::SendLimits, 0) && !activity.limits_moved());
    }

    #[test]
    fn a_process_that_goes_on_takes_its_failure_away() {
        let mut activity = Activity::default();
        search_state(&mut activity, State::Failed("disk full".to_owned()));
        assert_eq!(activity.toast(9).map(|message| message.text.as_str()), Some("search failed: disk full"));
        search_state(&mut activity, State::Running);
        assert_eq!(activity.toast(9), None);
    }
}
