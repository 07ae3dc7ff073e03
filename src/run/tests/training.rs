//! Training on a run: what it can be told, what it survives.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::small_run::{copy_folder, go_on, losses, of_kind, small, untrained};
use crate::record::{Control, Event, Role, StepRecord, Task};
use crate::run::{EvaluatorOptions, RunDir, RunError, RunEvaluator};
use crate::supernet::Initialisation;
use crate::train::{Attention, DeviceKind, Distillation, Optimiser, Sampling, Settings, SplitStart};

fn steps(events: &[Event]) -> Vec<&StepRecord> {
    fn step(event: &Event) -> Option<&StepRecord> {
        if let Event::Step(step) = event { Some(step) } else { None }
    }
    events.iter().filter_map(step).collect()
}

fn resumed_from(events: &[Event]) -> Option<u64> {
    match events.first() {
        Some(Event::Started { resumed_from_step, .. }) => *resumed_from_step,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_sampling_loss_and_optimiser_trains() {
    let folder = tempfile::tempdir().unwrap();
    let start = Settings { teacher_first: 0.5, ..small(4) };
    let series = Settings { sampling: Sampling::SplitAware, distillation: Distillation::Alpha, ..start.clone() };
    let plain = Settings {
        sampling: Sampling::Sandwich,
        optimiser: Optimiser::Sgd,
        attention: Attention::BestUp,
        ..start.clone()
    };
    let alone = Settings {
        sampling: Sampling::Uniform,
        distillation: Distillation::None,
        attention: Attention::WorstUp,
        ..start.clone()
    };
    let drawn = Settings {
        label_share: 0.5,
        split_start: SplitStart::Drawn,
        device: DeviceKind::Ndarray,
        initialisation: Initialisation::FanIn,
        ..start
    };
    for (name, settings, roles) in [
        ("a", series, &[Role::Largest, Role::Series, Role::Smallest, Role::Random][..]),
        ("b", plain, &[Role::Largest, Role::Smallest, Role::Random]),
        ("c", alone, &[Role::Random]),
        ("d", drawn, &[Role::Series]),
    ] {
        let run = untrained(&folder.path().join(name), &settings);
        let (events, result) = go_on(&run, |_| {});
        result.unwrap();
        let steps = steps(&events);
        assert_eq!(steps.len(), 4, "{name}");
        let loss =
            |step: &StepRecord, role: Role| step.losses.iter().find(|(known, _)| *known == role).map(|pair| pair.1);
        for &role in roles {
            assert!(loss(steps[3], role).is_some_and(f64::is_finite), "{name} {role}: {:?}", steps[3]);
        }
        assert_eq!(loss(steps[0], Role::Random), None, "{name}: the teacher is alone at first");
        assert!(steps[3].steps_per_s > 0.0 && steps[3].rss_bytes > 0);
        let parts = steps[3].seconds;
        assert!([parts.data, parts.forward, parts.backward, parts.optimiser].into_iter().all(|part| part > 0.0));
    }
}

#[test]
fn a_training_that_is_stopped_goes_on_as_if_it_never_was() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { checkpoint_every: 6, ..small(12) };
    let (events, result) = go_on(&untrained(&folder.path().join("whole"), &settings), |_| {});
    result.unwrap();
    let unbroken = losses(&events);
    assert_eq!(unbroken.len(), 12);

    let run = untrained(&folder.path().join("parts"), &settings);
    let store = run.store().unwrap();
    let stop = move |event: &Event| {
        if matches!(event, Event::Step(step) if step.step == 3) {
            store.send(Task::Train, &Control::Stop).unwrap();
        }
    };
    let (seen, result) = go_on(&run, stop);
    result.unwrap();
    assert_eq!(seen.last().unwrap().kind(), "stopped");
    let mut broken = losses(&seen);
    assert_eq!(broken.len(), 3);

    let (rest, result) = go_on(&run, |_| {});
    result.unwrap();
    assert_eq!(resumed_from(&rest), Some(3));
    broken.extend(losses(&rest));
    assert_eq!(broken, unbroken, "the same losses to the last digit");
    assert!(of_kind(&rest, "evaluated").len() >= 6, "the end of a training measures on the test objects");
}

#[test]
fn a_training_that_is_stopped_in_its_last_evaluation_measures_the_rest_later() {
    let folder = tempfile::tempdir().unwrap();
    let run = untrained(&folder.path().join("run"), &small(2));
    let store = run.store().unwrap();
    let stop = move |event: &Event| {
        if matches!(event, Event::Step(step) if step.step == 2) {
            store.send(Task::Train, &Control::Stop).unwrap();
        }
    };
    let (seen, result) = go_on(&run, stop);
    result.unwrap();
    let Some(Event::Stopped { reason }) = seen.last() else { panic!("{seen:?}") };
    assert!(reason.contains("measurements are still to be made"), "{reason}");
    assert!(of_kind(&seen, "evaluated").is_empty());
    assert!(run.store().unwrap().measured(2).unwrap().is_empty());
    let (rest, result) = go_on(&run, |_| {});
    result.unwrap();
    assert_eq!((resumed_from(&rest), of_kind(&rest, "step").len()), (Some(2), 0));
    assert_eq!(rest.last().unwrap().kind(), "finished");
    assert!(of_kind(&rest, "evaluated").len() >= 6 && of_kind(&rest, "checkpoint").len() == 1);
}

#[test]
fn a_damaged_checkpoint_is_told_and_the_one_before_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let run = untrained(&folder.path().join("run"), &Settings { checkpoint_every: 2, ..small(6) });
    let (events, result) = go_on(&run, |_| {});
    result.unwrap();
    let unbroken = losses(&events);
    for file in ["weights.bpk", "optimiser.bpk", "state.json"] {
        let path = run.checkpoint_dir().join("step-00000006").join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let (again, result) = go_on(&run, |_| {});
        result.unwrap();
        let warning = of_kind(&again, "warning");
        let Some(Event::Warning { text }) = warning.first() else { panic!("{file} is damaged: {again:?}") };
        assert!(text.contains("step-00000006"), "{text}");
        assert_eq!(resumed_from(&again), Some(4));
        let redone = |step| (step, unbroken[&step].clone());
        assert_eq!(losses(&again), BTreeMap::from([5, 6].map(redone)));
    }
}

#[test]
fn a_trainer_whose_run_was_taken_over_writes_no_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let run = untrained(&folder.path().join("run"), &Settings { checkpoint_every: 2, ..small(6) });
    let database = run.path().join("run.db");
    let lose = move |event: &Event| {
        // In the very step after which a checkpoint is due.
        if matches!(event, Event::Step(step) if step.step == 4) {
            let db = rusqlite::Connection::open(&database).unwrap();
            db.execute("UPDATE owners SET process = 'elsewhere/1/1'", []).unwrap();
        }
    };
    let (_, result) = go_on(&run, lose);
    assert!(matches!(result, Err(RunError::TakenOver)), "{result:?}");
    let names = fs::read_dir(run.checkpoint_dir()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["step-00000002"]);
}

#[test]
fn a_run_whose_space_was_changed_says_so_in_a_sentence() {
    let (folder, run) = super::small_run::trained();
    let manifest = run.path().join("run.toml");
    let changed = fs::read_to_string(&manifest).unwrap().replace("widths = [16]", "widths = [24]");
    fs::write(&manifest, changed).unwrap();
    let (events, result) = go_on(&RunDir::open(&folder.path().join("run")).unwrap(), |_| {});
    assert_eq!(resumed_from(&events), None);
    let warning = of_kind(&events, "warning");
    assert!(
        matches!(warning[..], [Event::Warning { text }] if text.contains("it was edited, or is damaged")),
        "{events:?}"
    );
    let error = result.unwrap_err().sentence();
    assert!(error.contains("another space") && error.contains("run.toml") && error.len() < 300, "{error}");
    assert_eq!(of_kind(&events, "failed"), [&Event::Failed { text: error }]);
}

#[test]
fn checkpoints_of_another_run_are_told_and_neither_measured_nor_trained_further() {
    const OTHERS: &str = "it is not the checkpoint that this run saved";
    let folder = tempfile::tempdir().unwrap();
    let [run, other] = [("own", 0), ("other", 5)].map(|(name, seed)| {
        let run = untrained(&folder.path().join(name), &Settings { checkpoint_every: 2, seed, ..small(4) });
        go_on(&run, |_| {}).1.unwrap();
        run
    });
    let measured = || {
        let opened = RunEvaluator::open(&run, EvaluatorOptions::default(), &|_, _| {});
        opened.map(|evaluator| (evaluator.step(), evaluator.warnings().concat()))
    };
    assert_eq!(measured().unwrap(), (4, String::new()));
    let own = folder.path().join("kept");
    copy_folder(&run.checkpoint_dir(), &own);
    let put = |from: &Path| {
        fs::remove_dir_all(run.checkpoint_dir()).unwrap();
        copy_folder(from, &run.checkpoint_dir());
    };
    put(&other.checkpoint_dir());
    let refused = measured().unwrap_err().sentence();
    assert!(refused.contains(OTHERS), "{refused}");
    let (_, result) = go_on(&run, |_| {});
    let refused = result.unwrap_err().sentence();
    assert!(refused.contains(OTHERS), "{refused}");
    assert!(run.checkpoint_dir().join("step-00000004").is_dir(), "nothing is deleted before something can go on");

    put(&own);
    let newest = run.checkpoint_dir().join("step-00000004");
    fs::remove_dir_all(run.checkpoint_dir().join("best-00000004")).unwrap();
    fs::remove_dir_all(&newest).unwrap();
    copy_folder(&other.checkpoint_dir().join("step-00000004"), &newest);
    let (step, told) = measured().unwrap();
    assert!(step == 2 && told.contains(OTHERS) && told.contains("step-00000004"), "{step} {told}");
    let (events, result) = go_on(&run, |_| {});
    result.unwrap();
    let Some(Event::Warning { text }) = of_kind(&events, "warning").first() else { panic!("{events:?}") };
    assert!(text.contains(OTHERS), "{text}");
    assert_eq!(resumed_from(&events), Some(2));
    assert_eq!(measured().unwrap(), (4, String::new()), "its own again");
}
