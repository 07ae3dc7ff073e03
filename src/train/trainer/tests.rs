//! Several ranks train as one process does.

use super::*;
use crate::data::{DataSpec, Dataset};
use crate::record::Event;
use crate::train::{Checkpoints, ObserverError, Optimiser, ThreadExchange, TrainingLoop, TrainingObserver};

fn space() -> SearchSpace {
    SearchSpace::shipped("tabletop").unwrap()
}

fn inputs() -> Inputs {
    let spec: DataSpec = "arrangement-10:objects=100".parse().unwrap();
    Inputs::new(Dataset::open(&spec, 12, 32, 1).unwrap(), &space()).unwrap()
}

/// By plain steps, so that what differs by rounding is updated in a way that differs by rounding; all nets see all
/// objects.
fn settings() -> Settings {
    let (optimiser, momentum, weight_decay) = (Optimiser::Sgd, 0.0, 0.0);
    Settings { images: 16, student_share: 1.0, optimiser, momentum, weight_decay, ..Settings::default() }
}

/// Runs `work` on each of several ranks.
fn on_ranks<T: Send>(ranks: usize, work: impl Fn(Rc<dyn Exchange>) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let start = |exchange| scope.spawn(|| work(Rc::new(exchange)));
        let threads: Vec<_> = ThreadExchange::ranks(ranks).into_iter().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn weights(trainer: &Trainer) -> Vec<f32> {
    use burn::module::{ModuleVisitor, Param};
    struct Collect(Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().try_into_vec::<f32>().unwrap());
        }
    }
    let mut collect = Collect(Vec::new());
    trainer.supernet.visit(&mut collect);
    collect.0
}

/// A trainer after two steps on its share of the objects.
fn stepped(exchange: Rc<dyn Exchange>, settings: &Settings, objects: &[u32], first_step: u64) -> Trainer {
    let share = exchange.share();
    let device = settings.device.open();
    let mut trainer = Trainer::new(space(), settings.clone(), &device);
    trainer.step = first_step;
    trainer.join(exchange).unwrap();
    let batch = inputs().batch(&objects[share.of(objects.len())], 2, &device.autodiff()).unwrap();
    let batch = Batch { rank_objects: share.sizes(objects.len()), ..batch };
    for _ in 0..2 {
        trainer.step_on(&batch).unwrap();
    }
    trainer
}

/// Largest change of a weight in one process, and largest difference between it and two ranks.
fn compared(first_step: u64) -> (f32, f32) {
    // Each half has the same objects, so that its statistics are those of the whole.
    let objects: Vec<u32> = (0..8).chain(0..8).collect();
    let fresh = weights(&Trainer::new(space(), settings(), &settings().device.open()));
    let whole = weights(&stepped(Rc::new(Alone), &settings(), &objects, first_step));
    let halves = on_ranks(2, |exchange| weights(&stepped(exchange, &settings(), &objects, first_step)));
    assert!(halves[0] == halves[1], "the same bits on both");
    (largest_difference(&fresh, &whole), largest_difference(&whole, &halves[0]))
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn two_ranks_with_half_the_batch_train_as_one_with_the_whole() {
    let (change, difference) = compared(0);
    assert!(change > 1e-4 && difference < 1e-5, "{change} {difference}");
}

/// Rounding of the link's codes may turn either way where sums differ by rounding.
#[test]
fn two_ranks_train_all_nets_as_one_does() {
    let (change, difference) = compared(settings().teacher_steps());
    assert!(change > 1e-4 && difference < 0.02 * change, "{change} {difference}");
}

/// Each normalises by its own objects, and students see their part of each, as ranks do.
#[test]
fn micro_batches_train_as_so_many_ranks_do() {
    let objects: Vec<u32> = (0..16).collect();
    for (first_step, allowed) in [(0, 1e-3), (settings().teacher_steps(), 0.05)] {
        let whole = Settings { student_share: 0.5, ..settings() };
        // Two views of eight objects.
        let halves = Settings { micro_batch: 17, ..whole.clone() };
        let at_once = weights(&stepped(Rc::new(Alone), &whole, &objects, first_step));
        let ranks = on_ranks(2, |exchange| weights(&stepped(exchange, &whole, &objects, first_step)));
        let in_turn = weights(&stepped(Rc::new(Alone), &halves, &objects, first_step));
        let other = largest_difference(&at_once, &ranks[0]);
        let found = largest_difference(&in_turn, &ranks[0]);
        assert!(other > 1e-4 && found < allowed * other, "{first_step}: {other} {found}");
    }
}

#[test]
fn a_loss_that_is_no_number_on_one_rank_is_a_collapse_on_all() {
    let outcomes = on_ranks(2, |exchange| {
        let rank = exchange.share().rank;
        let mut trainer = Trainer::new(space(), settings(), &settings().device.open());
        trainer.exchange = exchange;
        let mut pass = Pass::default();
        let loss = if rank == 1 { f64::NAN } else { 1.0 };
        pass.reports.push(NetReport { role: Role::Largest, loss, accuracy: 0.5 });
        trainer.sum_over_ranks(Vec::new(), &[0.5], &mut pass).unwrap();
        trainer.check(&pass.reports[0]).is_err_and(|error| error.is_collapse())
    });
    assert_eq!(outcomes, [true, true]);
}

/// Stops a training before a step.
struct StopAt {
    step: u64,
    steps: Vec<u64>,
}

impl TrainingObserver for StopAt {
    fn event(&mut self, event: Event) -> Result<(), ObserverError> {
        if let Event::Step(step) = event {
            self.steps.push(step.step);
        }
        Ok(())
    }

    fn should_stop(&mut self) -> Result<bool, ObserverError> {
        Ok(self.steps.last().is_some_and(|&step| step >= self.step))
    }
}

#[test]
fn a_stopped_training_goes_on_with_another_number_of_ranks() {
    let root = tempfile::tempdir().unwrap();
    let steps = Settings { steps: 4, teacher_first: 0.5, images: 12, calibration_objects: 8, ..Settings::default() };
    let train = |ranks, stop| {
        on_ranks(ranks, |exchange| {
            let leads = exchange.share().leads();
            let checkpoints = leads.then(|| Checkpoints::new(root.path().join("checkpoint")));
            let mut observer = StopAt { step: stop, steps: Vec::new() };
            let mut training = TrainingLoop::new(space(), steps.clone(), inputs(), checkpoints);
            training = training.with_exchange(exchange);
            let trainer = training.run(&mut observer).unwrap();
            (trainer.map(|trainer| trainer.weights_hash().unwrap()), observer.steps)
        })
    };
    let first = train(2, 3);
    assert!(first.iter().all(|(trainer, _)| trainer.is_none()), "both end");
    assert_eq!((&first[0].1[..], &first[1].1[..]), (&[1, 2, 3][..], &[][..]));
    let second = train(3, 9);
    assert_eq!(second[0].1, [4]);
    assert!(second[0].0.is_some() && second.iter().all(|(hash, _)| *hash == second[0].0));
}

#[test]
fn ranks_with_other_weights_are_found_out() {
    let found = on_ranks(2, |exchange| {
        let rank = exchange.share().rank;
        let mut trainer = Trainer::new(space(), settings(), &settings().device.open());
        trainer.join(exchange).unwrap();
        trainer.compare_ranks().unwrap();
        if rank == 1 {
            let other = Settings { seed: 1, ..settings() };
            trainer.supernet = Trainer::new(space(), other, &settings().device.open()).supernet;
        }
        trainer.compare_ranks()
    });
    assert!(found[0].is_ok() && matches!(found[1], Err(TrainError::RanksDiffer { step: 0, rank: 1 })));
}
