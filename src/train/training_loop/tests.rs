use std::collections::BTreeSet;

use tempfile::TempDir;

use super::*;
use crate::data::{DataSpec, Dataset};

/// Observer that keeps what it is told of rollbacks.
#[derive(Default)]
struct Told {
    withdrawn: Vec<u64>,
    events: Vec<Event>,
}

impl TrainingObserver for Told {
    fn event(&mut self, event: Event) -> Result<(), ObserverError> {
        self.events.push(event);
        Ok(())
    }

    fn withdraw_after(&mut self, step: u64) -> Result<(), ObserverError> {
        self.withdrawn.push(step);
        Ok(())
    }
}

#[test]
fn a_rollback_withdraws_what_was_measured_after_the_checkpoint_that_it_goes_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().join("checkpoint"));
    let (space, settings) = (SearchSpace::shipped("tabletop").unwrap(), Settings::default());
    let data: DataSpec = "arrangement-10:objects=100".parse().unwrap();
    let inputs = Inputs::new(Dataset::open(&data, 2, 32, 1).unwrap(), &space).unwrap();
    let mut trainer = Trainer::new(space.clone(), settings.clone(), &settings.device.open());
    for step in [10, 20, 30] {
        trainer.step = step;
        checkpoints.save(&trainer).unwrap();
    }
    std::fs::write(folder.path().join("checkpoint/step-00000030/weights.bpk"), "no weights").unwrap();
    trainer.step = 33;
    let training = TrainingLoop::new(space, settings, inputs, Some(checkpoints));
    let mut told = Told::default();
    let collapse = TrainError::Forgotten { step: 33, best: 0.5, loss: 9.0 };
    let back = training.roll_back(&trainer, &collapse, false, &mut told).unwrap();
    assert_eq!((back.steps_done(), told.withdrawn), (20, vec![20]), "the checkpoint of step 30 is damaged");
    assert!(matches!(told.events[..], [Event::Warning { .. }, Event::RolledBack { from: 33, to: 20, .. }]));
}

#[test]
fn what_was_trained_is_kept_where_its_record_fails() {
    /// Observer that can't record steps.
    struct Failing;
    impl TrainingObserver for Failing {
        fn event(&mut self, event: Event) -> Result<(), ObserverError> {
            if matches!(event, Event::Step(_)) { Err("the database is locked".into()) } else { Ok(()) }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().join("checkpoint"));
    let space = SearchSpace::shipped("tabletop").unwrap();
    let settings = Settings { images: 8, ..Settings::default() };
    let data: DataSpec = "arrangement-10:objects=100".parse().unwrap();
    let inputs = Inputs::new(Dataset::open(&data, 2, 32, 1).unwrap(), &space).unwrap();
    let mut training = TrainingLoop::new(space, settings, inputs, Some(checkpoints.clone()));
    assert!(matches!(training.run(&mut Failing), Err(TrainError::Observer(_))));
    assert_eq!(checkpoints.steps(), [1]);
}

/// Observer that asks to stop when it is asked for the `at`th time after a step.
struct Stopping {
    after: u64,
    at: usize,
    has_begun: bool,
    asked: usize,
    events: Vec<Event>,
}

impl Stopping {
    fn new(after: u64, at: usize) -> Self {
        Self { after, at, has_begun: false, asked: 0, events: Vec::new() }
    }
}

impl TrainingObserver for Stopping {
    fn event(&mut self, event: Event) -> Result<(), ObserverError> {
        self.has_begun |= matches!(&event, Event::Step(step) if step.step == self.after);
        self.events.push(event);
        Ok(())
    }

    fn should_stop(&mut self) -> Result<bool, ObserverError> {
        self.asked += usize::from(self.has_begun);
        Ok(self.has_begun && self.asked == self.at)
    }
}

/// A training of three steps in a folder of its own, of one design alone or not, which saves after each and evaluates
/// after the second.
fn three_steps(is_alone: bool) -> (TempDir, Checkpoints, TrainingLoop) {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().join("checkpoint"));
    let space = SearchSpace::shipped("tabletop").unwrap();
    let design = is_alone.then(|| space.print_design(&space.unsplit_design(space.largest())));
    let often = Settings { evaluate_every: 2, checkpoint_every: 1, ..Settings::default() };
    let settings = Settings { steps: 3, images: 8, calibration_objects: 4, design, ..often };
    let data: DataSpec = "arrangement-10:objects=100".parse().unwrap();
    let inputs = Inputs::new(Dataset::open(&data, 2, 32, 1).unwrap(), &space).unwrap();
    (folder, checkpoints.clone(), TrainingLoop::new(space, settings, inputs, Some(checkpoints)))
}

/// Measurements that were told of.
fn evaluated(events: &[Event]) -> BTreeSet<String> {
    let measured = events.iter().filter(|event| matches!(event, Event::Evaluated(_)));
    measured.map(|event| format!("{event:?}")).collect()
}

fn count(events: &[Event], kind: &str) -> usize {
    events.iter().filter(|event| event.kind() == kind).count()
}

#[test]
fn an_evaluation_ends_when_the_user_asks_to_stop_and_is_made_up_later() {
    for is_alone in [false, true] {
        let (_folder, checkpoints, mut training) = three_steps(is_alone);
        let mut whole = Told::default();
        training.run(&mut whole).unwrap().unwrap();
        let (best, all) = (checkpoints.best().unwrap(), evaluated(&whole.events));
        // It is asked first after the recalibration for the first design, then after its objects are classified.
        for (after, at) in [(2, 1), (2, 2), (3, 1), (3, 5)] {
            let (_folder, checkpoints, mut training) = three_steps(is_alone);
            let mut stopping = Stopping::new(after, at);
            assert!(training.run(&mut stopping).unwrap().is_none(), "{is_alone} {after} {at}");
            assert_eq!(stopping.asked, at, "nothing more is measured");
            let seen = stopping.events;
            assert_eq!((seen.last().unwrap().kind(), count(&seen, "step")), ("stopped", after as usize));
            assert_eq!(checkpoints.steps().last(), Some(&after));
            assert!(evaluated(&seen).len() < all.len());

            let mut rest = Told::default();
            training.run(&mut rest).unwrap().unwrap();
            assert_eq!(
                (rest.events.last().unwrap().kind(), count(&rest.events, "step")),
                ("finished", 3 - after as usize)
            );
            let both = &evaluated(&seen) | &evaluated(&rest.events);
            assert_eq!(both, all, "{is_alone} {after} {at}");
            assert_eq!(checkpoints.best().unwrap(), best);
        }
    }
}
