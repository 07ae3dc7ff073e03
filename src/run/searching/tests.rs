use super::*;
use crate::record::Task;
use crate::run::tests::small_run::{process, trained};
use crate::search::Objective;

/// Does `check` with a search of this process alone that has asked for its first candidate.
fn with_candidate(check: impl FnOnce(&mut SearchRunner<'_>, &RunDir)) {
    let (_folder, run) = trained();
    let (space, profile) = (run.manifest().search_space().unwrap(), run.manifest().hardware_profile().unwrap());
    let problem = SearchProblem::new(space, profile, vec![Objective::Accuracy, Objective::Latency]).unwrap();
    let options = RunSearchOptions {
        search: SearchOptions::default(),
        max_seconds: None,
        workers: 0,
        precision: Precision::Float,
    };
    let (mut process, _) = process(&run, Task::Search, |_| {});
    let mut runner = SearchRunner::new(&run, problem, options, &mut process, &|_, _| {}).unwrap().unwrap();
    assert_eq!(runner.request_candidates().unwrap(), None);
    assert_eq!(runner.open.len(), 1);
    check(&mut runner, &run);
}

#[test]
fn a_design_measured_on_few_objects_is_measured_again_by_one_process_at_a_time() {
    for has_workers in [false, true] {
        with_candidate(|runner, run| {
            runner.has_workers = has_workers;
            let (key, store) = (runner.open[0].key.clone(), run.store().unwrap());
            let few = Measurement {
                key: key.clone(),
                accuracy: 1.0,
                samples: 1,
                calibration_batches: 1,
                seconds: 0.0,
                quantisation: None,
            };
            assert!(store.record(&few).unwrap());
            store.claim_again(&key, CLAIM_TTL).unwrap();
            assert!(!runner.take_result().unwrap(), "another process measures it");
            assert_eq!(store.measurement(&key).unwrap().unwrap().value, few);
            store.release(&key).unwrap();
            assert!(runner.take_result().unwrap());
            let all = store.measurement(&key).unwrap().unwrap().value;
            assert!(runner.evaluator.is_complete(&all) && store.claimed(key.step).unwrap().is_empty());
            assert_eq!(runner.driver.measured(), 1);
        });
    }
}

#[test]
fn a_measurement_under_way_ends_when_the_user_asks_to_stop() {
    for has_workers in [false, true] {
        with_candidate(|runner, run| {
            runner.has_workers = has_workers;
            let (key, store) = (runner.open[0].key.clone(), run.store().unwrap());
            if has_workers {
                store.enqueue(&key).unwrap();
            }
            store.send(Task::Search, &Control::Stop).unwrap();
            assert!(!runner.take_result().unwrap());
            assert_eq!(store.measurement(&key).unwrap(), None, "nothing of it is recorded");
            assert!(store.claimed(key.step).unwrap().is_empty());
            assert!(runner.handle_controls().unwrap(), "the search hears of it afterwards");
        });
    }
}
