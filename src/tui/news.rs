//! From what a run wrote to what the session is told.
//!
//! The database says which process wrote an event, and what a process does is said by its first event; so events that
//! both kinds of work write (paused, finished) reach the right one.

use std::{collections::HashMap, path::Path};

use crate::{
    explore::{
        Severity, Update,
        progress::{
            Bred, Evaluated, Found, Generation, Predicts, Preparing, Role, SearchUpdate, State, TrainStep, TrainUpdate,
        },
    },
    run::{BredRecord, Changes, Event, Measurement, StepRecord, Stored, Subset, Task},
    space::SearchSpace,
};

use super::text;

/// Reads the news of one run.
#[derive(Debug)]
pub struct News {
    /// The run's directory.
    run: String,
    tasks: HashMap<String, Task>,
    /// Time of the first event.
    began: Option<f64>,
}

impl News {
    /// Reads a run from its beginning.
    pub fn of(run: &Path) -> Self {
        Self { run: run.display().to_string(), tasks: HashMap::new(), began: None }
    }

    /// Tells which run is followed.
    pub fn greeting(&self) -> Vec<Update> {
        [Task::Train, Task::Search].map(|task| run(task, self.run.clone())).to_vec()
    }

    /// What the session is to be told, in order.
    pub fn read(&mut self, space: &SearchSpace, changes: Changes) -> Vec<Update> {
        let mut updates = Vec::new();
        for event in changes.events {
            self.event(space, event, &mut updates);
        }
        updates.extend(changes.measurements.into_iter().filter_map(|stored| measured(space, &stored.value)));
        updates
    }

    /// Whether the training came to its end among these changes.
    pub fn finishes(changes: &Changes) -> bool {
        let mut last = None;
        for event in &changes.events {
            if let Event::Step(step) = &event.value {
                last = Some(step.steps > 0 && step.step >= step.steps);
            }
        }
        last.unwrap_or(false)
    }

    fn event(&mut self, space: &SearchSpace, stored: Stored<Event>, updates: &mut Vec<Update>) {
        if let Event::Started { command, .. } = &stored.value {
            let task = if command.split_whitespace().any(|word| word == "search") { Task::Search } else { Task::Train };
            self.tasks.insert(stored.process.clone(), task);
        }
        let task = self.tasks.get(&stored.process).copied().unwrap_or(Task::Train);
        let since = stored.time - *self.began.get_or_insert(stored.time);
        let note = |text: String| note(task, format!("{} {text}", text::clock(since)));
        match stored.value {
            Event::Started { resumed_from_step, .. } => {
                // A work that begins anew forgets the curves of the one before; one that is resumed goes on with them.
                if resumed_from_step.is_none() {
                    updates.extend([state(task, State::Starting), run(task, self.run.clone())]);
                }
                updates.push(state(task, State::Running));
                if let Some(step) = resumed_from_step {
                    updates.push(note(format!("resumed from step {step}")));
                }
            }
            Event::Preparing { done, total, left_s } => {
                updates.push(Update::Training(TrainUpdate::Preparing(Preparing { done, total, left_s })));
            }
            Event::Data { classes, train, validation, test, views, seconds } => updates.push(note(format!(
                "data: {classes} classes, {train} + {validation} + {test} samples of {views} views, {seconds:.1} s"
            ))),
            Event::Step(step) => updates.push(Update::Training(TrainUpdate::Step(train_step(&step)))),
            // A search's workers say nothing of themselves, only what they measured.
            Event::Evaluated { role, design, views, accuracy, .. } if task == Task::Search || role == "search" => {
                // A design of another space is no design of this session.
                if let Ok(design) = space.parse_design(&design) {
                    let found = Found { design, views, accuracy, generation: 0 };
                    updates.push(Update::Search(SearchUpdate::Found(found)));
                }
            }
            Event::Evaluated { step, role, design, views, accuracy, samples } => {
                if let Some(role) = Role::named(&role) {
                    let evaluated = Evaluated { role, design, views, accuracy, samples, step };
                    updates.push(Update::Training(TrainUpdate::Evaluated(evaluated)));
                }
            }
            Event::Checkpoint { step, best } => updates.push(Update::Training(TrainUpdate::Checkpoint { step, best })),
            Event::RolledBack { from, to, text } => {
                updates.push(Update::Withdrawn { step: to });
                updates.push(Update::Training(TrainUpdate::RolledBack { from, to, text }));
            }
            Event::Generation {
                generation,
                evaluations,
                hypervolume,
                front,
                cache_hits,
                wanted,
                reassessments,
                operators,
                seconds,
            } => {
                let generation = Generation {
                    generation,
                    evaluations,
                    hypervolume,
                    front,
                    cache_hits,
                    wanted,
                    reassessments,
                    operators,
                    seconds,
                };
                updates.push(Update::Search(SearchUpdate::Generation(generation)));
            }
            Event::Bred(record) => updates.push(Update::Search(SearchUpdate::Bred(bred(record)))),
            Event::Predicts { by, samples, rmse, kendall_tau } => {
                let predicts = Predicts { by, samples, rmse, kendall_tau };
                updates.push(Update::Search(SearchUpdate::Note(predicts.sentence())));
                updates.push(Update::Search(SearchUpdate::Predicts(predicts)));
            }
            Event::LimitsChanged { text } => updates.push(Update::Search(SearchUpdate::LimitsChanged(text))),
            Event::Paused => updates.push(state(task, State::Paused)),
            Event::Resumed => updates.push(state(task, State::Running)),
            Event::Warning { text } => updates.push(note(text)),
            Event::Stopped { reason } => updates.push(state(task, State::Finished(format!("stopped ({reason})")))),
            Event::Finished { reason } => updates.push(state(task, State::Finished(reason))),
            Event::Failed { text } => {
                updates.push(note(text.clone()));
                updates.push(state(task, State::Failed(text)));
            }
            Event::Unknown(_) => {}
        }
    }
}

fn bred(record: BredRecord) -> Bred {
    let BredRecord { design, views, operator, parents, predicted, accuracy, front } = record;
    Bred { design, views, operator, parents, predicted, accuracy, front }
}

/// Tells a work's state.
pub fn state(task: Task, state: State) -> Update {
    match task {
        Task::Train => Update::Training(TrainUpdate::State(state)),
        Task::Search => Update::Search(SearchUpdate::State(state)),
    }
}

/// Tells which run a work is on.
fn run(task: Task, run: String) -> Update {
    match task {
        Task::Train => Update::Training(TrainUpdate::Run(run)),
        Task::Search => Update::Search(SearchUpdate::Run(run)),
    }
}

/// Of the states a run went through before it was opened, keeps the last of each work, and those that begin anew.
pub fn keep_last_states(updates: &mut Vec<Update>) {
    let task = |feed: &Update| match feed {
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

/// Tells something about a work.
pub fn note(task: Task, text: String) -> Update {
    match task {
        Task::Train => Update::Training(TrainUpdate::Note(text)),
        Task::Search => Update::Search(SearchUpdate::Note(text)),
    }
}

/// Tells an error.
pub fn error(text: String) -> Update {
    Update::Message(Severity::Error, text)
}

/// A measurement on the validation samples; those on test samples rank nothing.
fn measured(space: &SearchSpace, measurement: &Measurement) -> Option<Update> {
    let Measurement { subject, accuracy, samples, .. } = measurement;
    if subject.subset != Subset::Validation {
        return None;
    }
    // A design of another space is no design of this session.
    let design = space.parse_design(&subject.design).ok()?;
    let (views, lost, step, accuracy, samples) = (subject.views, subject.lost, subject.step, *accuracy, *samples);
    Some(match lost {
        0 => Update::Measured { design, views, accuracy, samples, step },
        _ => Update::MeasuredWithout { design, views, lost, accuracy, samples, step },
    })
}

fn train_step(step: &StepRecord) -> TrainStep {
    let by_role = |pairs: &[(String, f64)]| {
        pairs.iter().filter_map(|(role, figure)| Some((Role::named(role)?, *figure))).collect()
    };
    TrainStep {
        step: step.step,
        steps: step.steps,
        epoch: step.epoch,
        learning_rate: step.learning_rate,
        views: step.views,
        losses: by_role(&step.losses),
        accuracies: by_role(&step.accuracies),
        gradient_norm: step.gradient_norm,
        images_per_s: step.images_per_s,
        eta_s: step.eta_s,
        part_seconds: [step.seconds.data, step.seconds.forward, step.seconds.backward, step.seconds.optimiser],
        rss_bytes: step.rss_bytes,
    }
}
