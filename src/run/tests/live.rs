//! Live search on a run: it measures, rests, wakes at new limits, and ends when it is told to.

use std::collections::BTreeMap;

use super::small_run::{of_kind, process, trained};
use super::{new_run, until};
use crate::record::{Control, Event, LiveRecord, Precision, Task};
use crate::run::LiveRunner;
use crate::search::{Objective, SearchProblem};

#[test]
fn it_rests_when_nothing_is_left_wakes_at_new_limits_and_stops() {
    let (_folder, run) = trained();
    let (space, profile) = (run.manifest().search_space().unwrap(), run.manifest().hardware_profile().unwrap());
    let mut problem = SearchProblem::new(space, profile, vec![Objective::Accuracy, Objective::Latency]).unwrap();
    problem.knobs.sensors = 1;
    let (store, mut rests) = (run.store().unwrap(), 0);
    let hear = move |event: &Event| {
        if matches!(event, Event::Live(LiveRecord { rests: true, .. })) {
            rests += 1;
            let limits = BTreeMap::from([("sensors".to_owned(), 2.0), ("latency".to_owned(), 0.004)]);
            let control = if rests == 1 { Control::Limits(limits) } else { Control::Stop };
            store.send(Task::Search, &control).unwrap();
        }
    };
    let (mut process, events) = process(&run, Task::Search, hear);
    LiveRunner::new(&run, problem, (Precision::Float, 0), &mut process, &|_, _| {}).unwrap().unwrap().run().unwrap();
    let events = events.take();
    let changed = events.iter().position(|event| event.kind() == "limits_changed").unwrap();
    let text = |event: &Event| if let Event::LimitsChanged { text } = event { text.clone() } else { String::new() };
    assert!(!text(&events[changed]).contains("bandwidth"), "knobs that stand still are not told");
    assert!(text(&events[changed]).contains("latency 4.00 ms"), "{}", text(&events[changed]));
    let views = |events: &[Event]| -> Vec<u32> {
        let evaluated = of_kind(events, "evaluated");
        evaluated.iter().map(|event| if let Event::Evaluated(record) = event { record.views } else { 0 }).collect()
    };
    let (before, after) = (views(&events[..changed]), views(&events[changed..]));
    assert!(!before.is_empty() && before.iter().all(|views| *views == 1), "{before:?}");
    assert!(!after.is_empty() && after.iter().all(|views| *views == 2), "{after:?}");
    assert!(matches!(events.last(), Some(Event::Stopped { .. })));
}

#[test]
fn orders_are_heard_of_during_a_measurement_and_wait_for_its_end() {
    let (_folder, run) = new_run();
    let store = run.store().unwrap();
    let (mut process, _) = process(&run, Task::Search, |_| {});
    assert!(!process.has_orders().unwrap(), "nothing was sent");
    let limits = Control::Limits(BTreeMap::from([("latency".to_owned(), 0.004)]));
    store.send(Task::Search, &limits).unwrap();
    until("the order is there", || process.has_orders().unwrap());
    assert!(process.has_orders().unwrap(), "it is not taken");
    assert_eq!(process.controls().unwrap(), [limits]);
    assert!(!process.has_orders().unwrap());
}
