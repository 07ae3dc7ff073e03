//! Runs small enough for a test: easy objects, few images, a supernet that has learnt next to nothing.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::diagnostic::Source;
use crate::hardware::Profile;
use crate::record::{Event, Role, Task};
use crate::run::{Document, Manifest, RunDir, RunError, TaskProcess, train};
use crate::space::SearchSpace;
use crate::train::Settings;

/// Settings with small steps.
pub(super) fn small(steps: u64) -> Settings {
    Settings { steps, images: 24, calibration_objects: 16, evaluate_every: 1000, ..Settings::default() }
}

/// A run on the default space that is not trained yet.
pub(super) fn untrained(path: &Path, settings: &Settings) -> RunDir {
    let source = |name: &str, shipped: &[(&str, &str)]| {
        let text = shipped.iter().find(|(known, _)| *known == name).unwrap().1;
        Source::new(name, text)
    };
    let space_source = source(crate::space::DEFAULT, crate::space::SHIPPED);
    let profile_source = source(crate::hardware::DEFAULT, crate::hardware::SHIPPED);
    let space = SearchSpace::from_toml(&space_source).unwrap();
    let profile = Profile::shipped(crate::hardware::DEFAULT).unwrap();
    let (space, profile) = (Document::of_space(&space, &space_source), Document::of_profile(&profile, &profile_source));
    let data = Some("arrangement-10:objects=100");
    RunDir::create(path, &Manifest::of_settings("small", data, space, profile, settings).unwrap()).unwrap()
}

/// A copy of a run of two steps: enough to measure.
pub(in crate::run) fn trained() -> (TempDir, RunDir) {
    static TRAINED: OnceLock<TempDir> = OnceLock::new();
    let original = TRAINED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = untrained(&folder.path().join("run"), &small(2));
        go_on(&run, |_| {}).1.unwrap();
        folder
    });
    let folder = tempfile::tempdir().unwrap();
    copy_folder(original.path(), folder.path());
    let run = RunDir::open(&folder.path().join("run")).unwrap();
    (folder, run)
}

pub(in crate::run) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A process of a task in this process. Returns it with the events that it will have recorded; `hear` is told each.
pub(in crate::run) fn process(
    run: &RunDir,
    task: Task,
    mut hear: impl FnMut(&Event) + 'static,
) -> (TaskProcess, Rc<RefCell<Vec<Event>>>) {
    let events = Rc::new(RefCell::new(Vec::new()));
    let recorded = Rc::clone(&events);
    let sink = Box::new(move |event: &Event| {
        recorded.borrow_mut().push(event.clone());
        hear(event);
    });
    (TaskProcess::new(run, task, sink).unwrap().listening_closely(), events)
}

/// Trains a run by its own settings, from where it is. Returns the events and the end.
pub(super) fn go_on(run: &RunDir, hear: impl FnMut(&Event) + 'static) -> (Vec<Event>, Result<(), RunError>) {
    let (mut process, events) = process(run, Task::Train, hear);
    let settings = run.manifest().training_settings().unwrap();
    let alone: std::rc::Rc<dyn crate::train::Exchange> = std::rc::Rc::new(crate::train::Alone);
    let result = train(run, settings, &alone, &mut process, &|_, _| {});
    let result = process.record_failure(result);
    drop(process);
    (events.take(), result)
}

/// Losses of every step, by step.
pub(super) fn losses(events: &[Event]) -> std::collections::BTreeMap<u64, Vec<(Role, f64)>> {
    let losses = |event: &Event| match event {
        Event::Step(step) => Some((step.step, step.losses.clone())),
        _ => None,
    };
    events.iter().filter_map(losses).collect()
}

/// Events of one kind.
pub(super) fn of_kind<'a>(events: &'a [Event], kind: &str) -> Vec<&'a Event> {
    events.iter().filter(|event| event.kind() == kind).collect()
}
