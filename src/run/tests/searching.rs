//! Search on a run: limits that move, budgets, what is known already, scores.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::small_run::{of_kind, process, trained};
use crate::record::{ChildRecord, Control, Event, EventRecord, Precision, Task};
use crate::run::{RunDir, RunSearchOptions, SearchRunner, Store, search_by_synflow};
use crate::search::{Objective, PredictorKind, SearchOptions, SearchProblem, StopRule};

/// Stop rule that never stops.
const NEVER: StopRule = StopRule { evaluations: None, gain: 0.0, generations: 0 };

fn problem(run: &RunDir, sensors: u32) -> SearchProblem {
    let (space, profile) = (run.manifest().search_space().unwrap(), run.manifest().hardware_profile().unwrap());
    let objectives = vec![Objective::Accuracy, Objective::Latency, Objective::Energy];
    let mut problem = SearchProblem::new(space, profile, objectives).unwrap();
    problem.knobs.sensors = sensors;
    problem
}

/// Options of a search by this process alone.
fn options(budget: usize) -> RunSearchOptions {
    let search = SearchOptions { budget, ..SearchOptions::default() };
    RunSearchOptions { search, max_seconds: None, workers: 0, precision: Precision::Int8 }
}

/// Searches to the end. `hear` is told every event as it is recorded.
fn search(run: &RunDir, sensors: u32, options: RunSearchOptions, hear: impl FnMut(&Event) + 'static) -> Vec<Event> {
    let (mut process, events) = process(run, Task::Search, hear);
    let mut runner = SearchRunner::new(run, problem(run, sensors), options, &mut process, &|_, _| {}).unwrap().unwrap();
    assert!(runner.run().unwrap());
    drop(runner);
    drop(process);
    events.take()
}

/// Sends limits that a search hears before it does anything else.
fn send_limits(store: &Store, limits: &[(&str, f64)]) {
    for &(name, value) in limits {
        store.send(Task::Search, &Control::Limits(BTreeMap::from([(name.into(), value)]))).unwrap();
    }
}

fn children(events: &[Event]) -> Vec<&ChildRecord> {
    fn child(event: &Event) -> Option<&ChildRecord> {
        if let Event::Child(child) = event { Some(child) } else { None }
    }
    events.iter().filter_map(child).collect()
}

fn reason(events: &[Event]) -> &str {
    match events.last() {
        Some(Event::Finished { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Design and views of everything measured for a search, in order.
fn measured(run: &RunDir) -> Vec<(String, u32)> {
    let events = run.store().unwrap().events_after(0, 10_000).unwrap().into_iter();
    let ours = events.filter_map(|stored| match stored.value {
        EventRecord { task: Task::Search, event: Event::Evaluated(record) } => Some((record.design, record.views)),
        _ => None,
    });
    ours.collect()
}

#[test]
fn limits_move_while_it_runs_nothing_measured_is_lost_and_predictions_are_no_measurements() {
    let (_folder, run) = trained();
    let (store, mut count) = (run.store().unwrap(), 0);
    let hear = move |event: &Event| {
        count += usize::from(event.kind() == "child");
        if count == 4 && event.kind() == "child" {
            send_limits(&store, &[("sensors", 3.0)]);
        }
    };
    let seen = search(&run, 2, options(34), hear);
    let changed = seen.iter().position(|event| event.kind() == "limits_changed").unwrap();
    let (before, after) = (children(&seen[..changed]), children(&seen[changed..]));
    assert!(before.len() == 4 && before.iter().all(|child| child.views == 2));
    assert_eq!(after.len(), 30, "the search went on with its budget");
    assert!(after.iter().all(|child| child.views == 3));
    let front: HashSet<&str> = before.iter().filter(|child| child.front).map(|child| &*child.design).collect();
    assert!(front.contains(&*after[0].design), "what was on the front is measured anew first");
    // Children name the designs they come from, and the last ones were predicted before they were measured.
    assert!(after.iter().any(|child| !child.parents.is_empty()));
    assert!(after.last().unwrap().predicted.is_some());
    let of_ridge = |event: &&Event| match event {
        Event::Predictor(record) => record.predictor == PredictorKind::Ridge,
        _ => false,
    };
    let Some(Event::Predictor(ridge)) = seen.iter().rfind(of_ridge) else { panic!("no predictor") };
    assert!(ridge.samples >= 12 && ridge.rmse.is_finite() && ridge.kendall_tau.is_finite());
    // Only what was measured is recorded.
    let known = measured(&run);
    assert_eq!(known.len(), 34);

    // Another search knows all of it, and does not measure it again.
    let again = children(&search(&run, 3, options(3), |_| {})).into_iter().cloned().collect::<Vec<_>>();
    assert_eq!((again.len(), measured(&run).len()), (3, 37));
    let known: HashSet<(String, u32)> = known.into_iter().collect();
    assert!(again.into_iter().all(|child| !known.contains(&(child.design, child.views))));
}

#[test]
fn limits_that_nothing_meets_are_waited_out() {
    let (_folder, run) = trained();
    let store = run.store().unwrap();
    let warnings = Rc::new(RefCell::new(Vec::new()));
    let (told, mut begun) = (Rc::clone(&warnings), false);
    let hear = move |event: &Event| {
        if event.kind() == "child" && !begun {
            begun = true;
            let wrong = [("latencyy", 1.0), ("latency", -1.0), ("sensors", 2.5), ("sensors", 99.0), ("latency", 1e-6)];
            send_limits(&store, &wrong);
        }
        let Event::Warning { text } = event else { return };
        told.borrow_mut().push(text.clone());
        match told.borrow().len() {
            // It waits: a search that gives up does so before it hears of anything else.
            5 => send_limits(&store, &[("energyy", 1.0)]),
            6 => send_limits(&store, &[("latency", 1.0)]),
            _ => {}
        }
    };
    let seen = search(&run, 2, options(12), hear);
    let parts = [
        "did you mean `latency`?",
        "above zero, not -1",
        "a whole number, not 2.5",
        "1 to 12 views",
        "waits for other limits",
        "did you mean `energy`?",
    ];
    let warnings = warnings.borrow();
    assert_eq!(warnings.len(), parts.len(), "{warnings:?}");
    assert!(warnings.iter().zip(parts).all(|(warning, part)| warning.contains(part)), "{warnings:?}");
    assert_eq!(children(&seen).len(), 12, "nothing measured is lost, and the search goes on");
    assert_eq!(of_kind(&seen, "limits_changed").len(), 2);
    assert!(reason(&seen).contains("12 designs are measured"));
}

#[test]
fn it_ends_in_time_or_when_it_gains_little() {
    let (_folder, run) = trained();
    let endless = SearchOptions { budget: 1_000_000, seed: 1, stop: NEVER, ..SearchOptions::default() };
    let timed = search(&run, 2, RunSearchOptions { max_seconds: Some(0.5), search: endless, ..options(0) }, |_| {});
    assert_eq!(reason(&timed), format!("the 0.5 s are over, {} designs are measured", children(&timed).len()));

    // Weights that have learnt nothing: the front soon stands still.
    let stop = StopRule { evaluations: None, gain: 0.9, generations: 1 };
    let little = SearchOptions { budget: 400, seed: 2, stop, ..SearchOptions::default() };
    let settled = search(&run, 2, RunSearchOptions { search: little, ..options(0) }, |_| {});
    assert!(reason(&settled).contains("grew by only") && children(&settled).len() < 400, "{}", reason(&settled));
    for event in &settled {
        if let Event::Generation(generation) = event {
            assert!(generation.hypervolume > 0.0 && generation.hypervolume <= 1.0);
        }
    }
}

#[test]
fn scores_are_held_against_what_is_measured() {
    let (_folder, run) = trained();
    search(&run, 2, options(6), |_| {});
    let options = SearchOptions { budget: 10, ..SearchOptions::default() };
    let found = search_by_synflow(Some(&run), run.manifest(), &problem(&run, 2), &options).unwrap();
    assert!(found.step == 2 && found.measured >= 6 && found.kendall_tau.is_some_and(|tau| tau.abs() <= 1.0));
    assert!(!found.front.is_empty() && found.front.iter().all(|scored| scored.score.is_finite()));
    let fresh = search_by_synflow(None, run.manifest(), &problem(&run, 2), &options).unwrap();
    assert_eq!((fresh.step, fresh.measured, fresh.kendall_tau), (0, 0, None));
    assert_eq!(measured(&run).len(), 6, "no score is recorded");
}
