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
    let data: DataSpec = "arrangement-10:objects=40".parse().unwrap();
    let inputs = Inputs::new(Dataset::open(&data, 2, 32, 1).unwrap(), &space).unwrap();
    let mut trainer = Trainer::new(space.clone(), settings.clone(), &settings.device.open());
    for step in [10, 20, 30] {
        trainer.step = step;
        checkpoints.save(&trainer, None).unwrap();
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
    let data: DataSpec = "arrangement-10:objects=40".parse().unwrap();
    let inputs = Inputs::new(Dataset::open(&data, 2, 32, 1).unwrap(), &space).unwrap();
    let mut training = TrainingLoop::new(space, settings, inputs, Some(checkpoints.clone()));
    assert!(matches!(training.run(&mut Failing), Err(TrainError::Observer(_))));
    assert_eq!(checkpoints.steps(), [1]);
}
