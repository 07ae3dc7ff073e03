//! Tests on a run that the first edition's program made: six steps of training and a search of 14 measurements.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use super::small_run::copy_folder;
use crate::record::{Event, Precision, Role, Subset, Task};
use crate::run::{Cursor, EvaluatorOptions, RunDir, RunEvaluator};
use crate::search::{NextCandidate, Objective, SearchDriver, SearchOptions, SearchProblem};
use crate::train::{Checkpoints, TrainingLoop};

fn opened() -> (TempDir, RunDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/first-edition-run"), &path);
    let run = RunDir::open(&path).unwrap();
    (folder, run)
}

#[test]
fn a_look_for_work_changes_nothing() {
    let (folder, run) = opened();
    let files = || {
        let entries = std::fs::read_dir(folder.path().join("run")).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
        files.sort();
        files.into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = files();
    assert!(!crate::run::is_in_work(run.path()));
    assert!(files() == before, "a run of an older version stays one");
    let owner = run.own(Task::Train, "train").unwrap();
    assert!(crate::run::is_in_work(run.path()));
    drop(owner);
    assert!(!crate::run::is_in_work(run.path()));
}

#[test]
fn events_and_measurements_are_read() {
    let (_folder, run) = opened();
    assert_eq!(run.warnings(&run.store().unwrap()).unwrap(), [""; 0], "it never had a digest of its manifest");
    let changes = run.store().unwrap().changes(&mut Cursor::default()).unwrap();
    assert_eq!(changes.measurements.len(), 22);
    let measured = || changes.measurements.iter().map(|stored| &stored.value);
    assert!(measured().all(|one| one.key.precision == Precision::Float && one.quantisation.is_none()));
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for stored in &changes.events {
        *kinds.entry((stored.value.task.name(), stored.value.event.kind())).or_default() += 1;
    }
    let expected = BTreeMap::from([
        (("train", "started"), 1),
        (("train", "data"), 1),
        (("train", "step"), 6),
        (("train", "evaluated"), 5),
        (("train", "checkpoint"), 1),
        (("train", "finished"), 1),
        (("search", "started"), 1),
        (("search", "evaluated"), 14),
        (("search", "child"), 14),
        (("search", "predictor"), 3),
        (("search", "generation"), 1),
        (("search", "finished"), 1),
    ]);
    assert_eq!(kinds, expected);
    for stored in &changes.events {
        match &stored.value.event {
            Event::Evaluated(record) => assert_eq!(record.role.is_none(), stored.value.task == Task::Search),
            Event::Step(step) => assert_eq!(step.losses[0].0, Role::Largest),
            _ => {}
        }
    }
}

#[test]
fn it_is_measured_and_searched_further() {
    let (_folder, run) = opened();
    let evaluator =
        RunEvaluator::open(&run, EvaluatorOptions::default(), &|_, _| {}).unwrap().with_precision(Precision::Float);
    assert_eq!((evaluator.step(), evaluator.objects(Subset::Validation)), (6, 10));
    let rows = evaluator.store().measured(6).unwrap().into_iter().map(|row| row.value);
    let validated: Vec<_> = rows.filter(|row| row.key.subset == Subset::Validation).collect();
    for row in validated.iter().take(3) {
        let again = evaluator.evaluator().measure(&row.key).unwrap();
        assert_eq!((again.accuracy, again.samples), (row.accuracy, row.samples), "{}", row.key.design);
    }

    let (space, profile) = (run.manifest().search_space().unwrap(), run.manifest().hardware_profile().unwrap());
    let objectives = vec![Objective::Accuracy, Objective::Latency];
    let mut problem = SearchProblem::new(space, profile, objectives).unwrap();
    problem.knobs.sensors = 2;
    let mut driver = SearchDriver::new(problem, SearchOptions::default(), None).unwrap();
    driver.warm_start(&evaluator.measured().unwrap()).unwrap();
    assert_eq!(driver.search().archive().len(), 14);
    let NextCandidate::Measure(candidate) = driver.next_candidate().unwrap() else { panic!("nothing is left") };
    let key = evaluator.key(&candidate.design, 2, Subset::Validation);
    assert!(evaluator.store().measurement(&key).unwrap().is_none(), "known designs are not proposed");
    assert_eq!(evaluator.measurement(&key).unwrap().samples, 10);
}

#[test]
fn it_is_trained_further() {
    let (_folder, run) = opened();
    let manifest = run.manifest();
    let space = manifest.search_space().unwrap();
    let mut settings = manifest.training_settings().unwrap();
    settings.steps = 8;
    let inputs = super::loading::load_inputs(manifest, &space, &[], &|_, _| {}).unwrap();
    let mut steps = Vec::new();
    let mut observe = |event: &Event| {
        if let Event::Step(step) = event {
            steps.push(step.step);
        }
    };
    let mut training = TrainingLoop::new(space, settings, inputs, Some(Checkpoints::new(run.checkpoint_dir())));
    let trainer = training.run(&mut observe).unwrap().unwrap();
    assert_eq!((trainer.steps_done(), steps), (8, vec![7, 8]));
}
