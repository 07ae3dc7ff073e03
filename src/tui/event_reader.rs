//! Reader of a run's events and measurements: turns them into updates of the session.

use std::path::Path;

use crate::{
    explore::{
        Severity, Update,
        progress::{Found, SearchUpdate, State, TrainUpdate},
    },
    quantity::{Metric, number},
    record::{EvaluationRecord, Event, EventRecord, LeakMeasurement, LiveRecord, Measurement, Subset, Task},
    run::{Changes, RunArchive, RunError, SHIPPED, Stored},
    space::SearchSpace,
};

/// Reader of one run.
#[derive(Debug)]
pub(crate) struct EventReader {
    /// The run's directory.
    run: String,
    /// Unix time of the first event.
    began: Option<f64>,
    /// Progress that a live search told last; `None` if the search is not live.
    live: Option<LiveRecord>,
}

impl EventReader {
    /// Reader that starts at the beginning of a run.
    pub(crate) fn new(run: &Path) -> Self {
        Self { run: run.display().to_string(), began: None, live: None }
    }

    /// Reader of the run that comes with the program.
    pub(crate) fn of_shipped() -> Self {
        Self::new(Path::new(SHIPPED))
    }

    /// Updates that name the run, to be applied before all others.
    pub(crate) fn initial_updates(&self) -> Vec<Update> {
        [Task::Train, Task::Search].map(|task| run(task, self.run.clone())).to_vec()
    }

    /// Updates for some changes of the run, in order.
    pub(crate) fn read(&mut self, space: &SearchSpace, changes: Changes) -> Vec<Update> {
        let mut updates = Vec::new();
        for event in changes.events {
            self.event(space, event, &mut updates);
        }
        updates.extend(changes.measurements.into_iter().filter_map(|stored| measured(space, &stored.value)));
        updates.extend(changes.pictures.into_iter().map(|stored| Update::Pictures(Box::new(stored.value))));
        updates.extend(changes.leaks.into_iter().filter_map(|stored| leak(space, stored.value)));
        updates
    }

    /// Returns `true` if the last step among the changes is the last one of its training.
    pub(crate) fn finishes(changes: &Changes) -> bool {
        let steps = changes.events.iter().rev().find_map(|stored| match &stored.value.event {
            Event::Step(step) => Some(step),
            _ => None,
        });
        steps.is_some_and(|step| step.steps > 0 && step.step >= step.steps)
    }

    fn event(&mut self, space: &SearchSpace, stored: Stored<EventRecord>, updates: &mut Vec<Update>) {
        let EventRecord { task, event } = stored.value;
        let since = stored.time - *self.began.get_or_insert(stored.time);
        let note = |text: String| note(task, format!("{} {text}", number::clock(since)));
        match event {
            Event::Started { resumed_from_step, .. } => {
                if task == Task::Search {
                    self.live = None;
                }
                // Work that begins anew forgets the curves of the one before; work that is resumed continues them.
                if resumed_from_step.is_none() {
                    updates.extend([state(task, State::Starting), run(task, self.run.clone())]);
                }
                updates.push(state(task, State::Running));
                updates.extend(resumed_from_step.map(|step| note(format!("resumed from step {step}"))));
            }
            Event::Data(_) => updates.extend(event.sentence().map(note)),
            Event::Evaluated(record) if task == Task::Search => {
                let live_note = self.live.and_then(|live| Some(note(found_sentence(space, &record, live.best)?)));
                updates.extend(found(space, &record).into_iter().chain(live_note));
            }
            Event::Preparing(_) if task == Task::Search => updates.push(Update::Search(SearchUpdate::Event(event))),
            Event::Preparing(_) | Event::Step(_) | Event::Evaluated(_) | Event::Checkpoint { .. } => {
                updates.push(Update::Training(TrainUpdate::Event(event)));
            }
            Event::RolledBack { to, .. } => {
                updates.push(Update::Withdrawn { step: to });
                updates.push(Update::Training(TrainUpdate::Event(event)));
            }
            Event::Live(record) => {
                self.live = Some(record);
                updates.push(Update::Search(SearchUpdate::Event(event)));
            }
            Event::Generation(_) | Event::Predictor(_) | Event::LimitsChanged { .. } => {
                updates.push(Update::Search(SearchUpdate::Event(event)));
            }
            Event::Finetuned(record) => {
                updates.extend(Event::Finetuned(record.clone()).sentence().map(note));
                if let Ok(design) = space.parse_design(&record.design) {
                    updates.push(Update::Finetuned { design, record });
                }
            }
            Event::Paused => updates.push(state(task, State::Paused)),
            Event::Resumed => updates.push(state(task, State::Running)),
            Event::Warning { text } => updates.push(note(text)),
            Event::Stopped { reason } => updates.push(state(task, State::Finished(format!("stopped ({reason})")))),
            Event::Finished { reason } => updates.push(state(task, State::Finished(reason))),
            Event::Failed { text } => updates.extend([note(text.clone()), state(task, State::Failed(text))]),
            // The design of a child is told by its evaluation; the screens do not show its parents.
            Event::Child(_) | Event::Unknown(_) => {}
        }
    }
}

/// Updates for everything in the archive of the run that comes with the program.
///
/// # Errors
/// The archive is damaged.
pub(crate) fn updates_of(archive: &RunArchive, space: &SearchSpace) -> Result<Vec<Update>, RunError> {
    let mut reader = EventReader::of_shipped();
    let mut updates = reader.initial_updates();
    updates.extend(reader.read(space, archive.records()?));
    keep_last_states(&mut updates);
    Ok(updates)
}

/// Update for the state of a task.
pub(crate) fn state(task: Task, state: State) -> Update {
    match task {
        Task::Train => Update::Training(TrainUpdate::State(state)),
        Task::Search => Update::Search(SearchUpdate::State(state)),
    }
}

/// Update for the run that a task works on.
fn run(task: Task, run: String) -> Update {
    match task {
        Task::Train => Update::Training(TrainUpdate::Run(run)),
        Task::Search => Update::Search(SearchUpdate::Run(run)),
    }
}

/// Removes all but the last state of each task, keeping states that begin anew.
pub(crate) fn keep_last_states(updates: &mut Vec<Update>) {
    let task = |update: &Update| match update {
        Update::Training(TrainUpdate::State(state)) if *state != State::Starting => Some(Task::Train),
        Update::Search(SearchUpdate::State(state)) if *state != State::Starting => Some(Task::Search),
        _ => None,
    };
    let tasks: Vec<Option<Task>> = updates.iter().map(task).collect();
    let mut index = 0;
    updates.retain(|_| {
        index += 1;
        tasks[index - 1].is_none_or(|one| !tasks[index..].contains(&Some(one)))
    });
}

/// Note about a task.
pub(crate) fn note(task: Task, text: String) -> Update {
    match task {
        Task::Train => Update::Training(TrainUpdate::Note(text)),
        Task::Search => Update::Search(SearchUpdate::Note(text)),
    }
}

/// Error message.
pub(crate) fn error(text: String) -> Update {
    Update::Message(Severity::Error, text)
}

/// A design that a search measured; `None` for a design of another space.
fn found(space: &SearchSpace, record: &EvaluationRecord) -> Option<Update> {
    let design = space.parse_design(&record.design).ok()?;
    let found = Found { design, views: record.views, accuracy: record.accuracy, generation: 0 };
    Some(Update::Search(SearchUpdate::Found(found)))
}

/// Sentence on a measurement of a live search: "93.1 % at S1.2 with 6 sensors, the best so far". `None` for a design
/// of another space.
fn found_sentence(space: &SearchSpace, record: &EvaluationRecord, best: Option<f64>) -> Option<String> {
    let design = space.parse_design(&record.design).ok()?;
    let EvaluationRecord { views, accuracy, .. } = record;
    let (boundary, figure) = (space.boundary_name(design.split), Metric::Accuracy.format(*accuracy));
    let sensors = if *views == 1 { "sensor" } else { "sensors" };
    let is_best = best.is_none_or(|best| *accuracy > best);
    let rank = if is_best { ", the best so far" } else { "" };
    Some(format!("{figure} at {boundary} with {views} {sensors}{rank}"))
}

/// A measurement on validation objects; `None` for one on test objects, which rank nothing, or of another space.
fn measured(space: &SearchSpace, measurement: &Measurement) -> Option<Update> {
    let Measurement { key, accuracy, samples, quantisation, .. } = measurement;
    if key.subset != Subset::Validation {
        return None;
    }
    let design = space.parse_design(&key.design).ok()?;
    let (views, lost, step, accuracy, samples) = (key.views, key.lost, key.step, *accuracy, *samples);
    let quantisation = *quantisation;
    Some(match lost {
        0 => Update::Measured { design, views, accuracy, samples, step, quantisation },
        _ => Update::MeasuredWithout { design, views, lost, accuracy, samples, step, quantisation },
    })
}

/// A leak on test objects; `None` for one on validation objects, with lost cameras or of another space.
fn leak(space: &SearchSpace, measurement: LeakMeasurement) -> Option<Update> {
    let LeakMeasurement { key, figures } = measurement;
    if key.subset != Subset::Test || key.lost != 0 {
        return None;
    }
    let design = space.parse_design(&key.design).ok()?;
    let (views, precision, step) = (key.views, key.precision, key.step);
    Some(Update::Leak { design, views, precision, step, figures: Box::new(figures) })
}
