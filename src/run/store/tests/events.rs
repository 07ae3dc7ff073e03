//! Events, controls, and readers of them.

use std::path::Path;

use super::{execute, measured, warning};
use crate::record::{Control, Event, StepRecord, Task};
use crate::run::clock::now;
use crate::run::process::Process;
use crate::run::store::{Changes, Cursor, Store};

pub(super) fn every_kind_of_event_comes_back_with_its_writer_and_time(path: &Path) {
    let store = Store::open(path).unwrap();
    let events = crate::record::tests::one_of_each();
    let first = store.append(Task::Train, &events[0]).unwrap();
    for event in &events[1..] {
        store.append(Task::Train, event).unwrap();
    }
    let stored = store.events_after(0, 100).unwrap();
    assert_eq!(stored.iter().map(|stored| &stored.value.event).collect::<Vec<_>>(), events.iter().collect::<Vec<_>>());
    assert!(stored.iter().all(|stored| stored.process == Process::this().to_string()));
    assert!(stored.iter().all(|stored| (now() - stored.time).abs() < 60.0));
    assert_eq!(store.events_after(first, 2).unwrap(), stored[1..3]);
}

pub(super) fn an_event_of_a_later_splitscope_is_unknown_and_not_an_error(path: &Path) {
    let store = Store::open(path).unwrap();
    let sql =
        "INSERT INTO events (time, process, version, kind, body) VALUES (0, '', 3, 'paused', '{\"kind\":\"paused\"}')";
    execute(path, sql);
    let stored = store.events_after(0, 1).unwrap();
    assert!(matches!(&stored[0].value.event, Event::Unknown(value) if value["kind"] == "paused"));
}

pub(super) fn threads_that_write_at_once_lose_nothing_and_ids_grow(path: &Path) {
    std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                let store = Store::open(path).unwrap();
                for n in 0..50 {
                    store.append(Task::Train, &warning(&format!("{writer} {n}"))).unwrap();
                }
            });
        }
    });
    let stored = Store::open(path).unwrap().events_after(0, 1000).unwrap();
    assert!(stored.is_sorted_by(|a, b| a.id < b.id));
    for writer in 0..4 {
        let texts = |n| warning(&format!("{writer} {n}"));
        let own: Vec<_> = stored
            .iter()
            .map(|s| &s.value.event)
            .filter(|e| matches!(e, Event::Warning { text } if text.starts_with(&format!("{writer} "))))
            .collect();
        assert_eq!(own, (0..50).map(texts).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }
}

pub(super) fn a_reader_gets_each_row_once_and_hears_of_its_own_writes_too(path: &Path) {
    let (writer, reader) = (Store::open(path).unwrap(), Store::open(path).unwrap());
    let mut cursor = Cursor::default();
    assert_eq!(reader.changes(&mut cursor).unwrap(), Changes::default());
    writer.append(Task::Train, &Event::Paused).unwrap();
    writer.record(&measured("a", 10, 0.5)).unwrap();
    let changes = reader.changes(&mut cursor).unwrap();
    assert_eq!((changes.events.len(), changes.measurements.len(), changes.more), (1, 1, false));
    assert_eq!(reader.changes(&mut cursor).unwrap(), Changes::default());
    reader.append(Task::Train, &Event::Resumed).unwrap();
    assert_eq!(reader.changes(&mut cursor).unwrap().events[0].value.event, Event::Resumed);
    assert_eq!(reader.changes(&mut cursor).unwrap(), Changes::default());
    // A cursor may go on with another connection.
    writer.append(Task::Train, &Event::Paused).unwrap();
    assert_eq!(Store::open(path).unwrap().changes(&mut cursor).unwrap().events.len(), 1);
    assert_eq!(reader.changes(&mut cursor).unwrap(), Changes::default());
}

pub(super) fn a_long_past_comes_in_pieces(path: &Path) {
    let store = Store::open(path).unwrap();
    let events: Vec<_> = (0..5000).map(|n| Event::Checkpoint { step: n, best: false, weights_sha256: None }).collect();
    for event in &events {
        store.append(Task::Train, event).unwrap();
    }
    let mut cursor = Cursor::default();
    let first = store.changes(&mut cursor).unwrap();
    let second = store.changes(&mut cursor).unwrap();
    assert!(first.more && !second.more);
    let all: Vec<_> = first.events.into_iter().chain(second.events).map(|stored| stored.value.event).collect();
    assert_eq!(all, events);
    assert_eq!(store.changes(&mut cursor).unwrap(), Changes::default());
}

pub(super) fn controls_are_read_per_task_and_in_order(path: &Path) {
    let store = Store::open(path).unwrap();
    let first = store.send(Task::Train, &Control::Pause).unwrap();
    store.send(Task::Search, &Control::Stop).unwrap();
    store.send(Task::Train, &Control::Resume).unwrap();
    let lines = |id| store.controls_after(Task::Train, id).unwrap().into_iter().map(|s| s.value).collect::<Vec<_>>();
    assert_eq!(lines(0), ["pause", "resume"]);
    assert_eq!(lines(first), ["resume"]);
}

pub(super) fn an_event_that_is_no_json_is_unknown_and_told(path: &Path) {
    let store = Store::open(path).unwrap();
    for text in ["a", "b", "c"] {
        store.append(Task::Train, &warning(text)).unwrap();
    }
    assert_eq!(store.damage_warning().unwrap(), None);
    execute(path, "UPDATE events SET body = '{{' WHERE id = 2");
    assert!(matches!(store.events_after(1, 1).unwrap()[0].value.event, Event::Unknown(_)));
    let told = store.damage_warning().unwrap().unwrap();
    assert!(told.contains("damaged events") && told.contains("1 (rows 2)"), "{told}");
}

pub(super) fn an_event_of_an_owner_who_is_none_any_more_is_not_written(path: &Path) {
    let store = Store::open(path).unwrap();
    assert!(!store.append_as_owner(Task::Train, &warning("before")).unwrap());
    store.own(Task::Train, "train").unwrap();
    assert!(store.append_as_owner(Task::Train, &warning("one")).unwrap());
    assert!(!store.append_as_owner(Task::Search, &warning("another task")).unwrap());
    execute(path, "UPDATE owners SET process = 'other/5/5'");
    assert!(!store.append_as_owner(Task::Train, &warning("two")).unwrap());
    assert_eq!(store.events_after(0, 9).unwrap().len(), 1);
}

pub(super) fn weights_are_known_by_the_last_checkpoint_of_a_step_until_it_is_trained_again(path: &Path) {
    let store = Store::open(path).unwrap();
    let saved = |step, digest: &str| {
        let weights_sha256 = (!digest.is_empty()).then(|| digest.to_owned());
        store.append(Task::Train, &Event::Checkpoint { step, best: false, weights_sha256 }).unwrap();
    };
    let trained = |step| store.append(Task::Train, &Event::Step(StepRecord { step, ..StepRecord::default() })).unwrap();
    let known = |step| store.checkpoint_digest(step).unwrap();
    trained(20);
    saved(20, "a");
    trained(40);
    saved(40, "b");
    assert_eq!((known(20).as_deref(), known(40).as_deref(), known(60)), (Some("a"), Some("b"), None));
    saved(40, "c");
    assert_eq!(known(40).as_deref(), Some("c"), "it was stopped there, and then saved at its end");
    execute(path, "UPDATE events SET body = '{{' WHERE id = 1");
    trained(21);
    assert_eq!(
        (known(20).as_deref(), known(40)),
        (Some("a"), None),
        "a kill may come between a checkpoint and its record"
    );
    saved(40, "");
    assert_eq!(known(40), None, "an earlier version has no digest");
}
