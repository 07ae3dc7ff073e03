use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::network::LinkRange;
use crate::record::{
    Clipping, Control, Event, EventRecord, Measurement, MeasurementKey, Operator, OperatorRecord, Precision,
    Quantisation, Role, Subset, Task,
};
use crate::run::claim::Claim;

mod failures;
mod first_edition;

const TTL: Duration = Duration::from_mins(1);

fn database() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.db");
    drop(Store::create(&path).unwrap());
    (directory, path)
}

fn key(design: &str) -> MeasurementKey {
    let (subset, precision) = (Subset::Validation, Precision::Int8);
    MeasurementKey { design: design.into(), views: 6, lost: 0, subset, precision, step: 100 }
}

fn float_key(design: &str) -> MeasurementKey {
    MeasurementKey { precision: Precision::Float, ..key(design) }
}

fn measured_float(design: &str, samples: u64, accuracy: f64) -> Measurement {
    Measurement { key: float_key(design), quantisation: None, ..measured(design, samples, accuracy) }
}

fn measured(design: &str, samples: u64, accuracy: f64) -> Measurement {
    let quantisation =
        Some(Quantisation { clipping: Clipping::Mse, link_range: LinkRange::PerImage, code_entropy: 3.25 });
    Measurement { key: key(design), accuracy, samples, calibration_batches: 4, seconds: 0.5, quantisation }
}

fn warning(text: &str) -> Event {
    Event::Warning { text: text.into() }
}

impl Store {
    /// Writes several events at once; all or none.
    pub(in crate::run) fn append_all(&self, events: &[Event]) -> Result<(), RunError> {
        self.transact(|db| events.iter().try_for_each(|event| self.insert(db, Task::Train, event).map(drop)))
    }

    /// Reads the whole database and looks for damage.
    pub(in crate::run) fn verify(&self) -> Result<(), RunError> {
        let found: String = self.run(|db| db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))?;
        if found == "ok" { Ok(()) } else { Err(RunError::Corrupt { path: self.path.clone(), detail: found }) }
    }
}

#[test]
fn every_kind_of_event_comes_back_with_its_writer_and_time() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let events = crate::record::tests::one_of_each();
    let first = store.append(Task::Train, &events[0]).unwrap();
    store.append_all(&events[1..]).unwrap();
    let stored = store.events_after(0, 100).unwrap();
    assert_eq!(stored.iter().map(|stored| &stored.value.event).collect::<Vec<_>>(), events.iter().collect::<Vec<_>>());
    assert!(stored.iter().all(|stored| stored.process == Process::this().to_string()));
    assert!(stored.iter().all(|stored| (now() - stored.time).abs() < 60.0));
    assert_eq!(store.events_after(first, 2).unwrap(), stored[1..3]);
}

#[test]
fn an_event_of_a_later_splitscope_is_unknown_and_not_an_error() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let sql =
        "INSERT INTO events (time, process, version, kind, body) VALUES (0, '', 3, 'paused', '{\"kind\":\"paused\"}')";
    store.run(|db| db.execute(sql, [])).unwrap();
    let stored = store.events_after(0, 1).unwrap();
    assert!(matches!(&stored[0].value.event, Event::Unknown(value) if value["kind"] == "paused"));
}

#[test]
fn threads_that_write_at_once_lose_nothing_and_ids_grow() {
    let (_directory, path) = database();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::open(path).unwrap();
                for n in 0..50 {
                    store.append(Task::Train, &warning(&format!("{writer} {n}"))).unwrap();
                }
            });
        }
    });
    let stored = Store::open(&path).unwrap().events_after(0, 1000).unwrap();
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

#[test]
fn a_reader_gets_each_row_once_and_hears_of_its_own_writes_too() {
    let (_directory, path) = database();
    let (writer, reader) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
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
    assert_eq!(Store::open(&path).unwrap().changes(&mut cursor).unwrap().events.len(), 1);
    assert_eq!(reader.changes(&mut cursor).unwrap(), Changes::default());
}

#[test]
fn a_long_past_comes_in_pieces() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let events: Vec<_> = (0..5000).map(|n| Event::Checkpoint { step: n, best: false }).collect();
    store.append_all(&events).unwrap();
    let mut cursor = Cursor::default();
    let first = store.changes(&mut cursor).unwrap();
    let second = store.changes(&mut cursor).unwrap();
    assert!(first.more && !second.more);
    let all: Vec<_> = first.events.into_iter().chain(second.events).map(|stored| stored.value.event).collect();
    assert_eq!(all, events);
    assert_eq!(store.changes(&mut cursor).unwrap(), Changes::default());
}

#[test]
fn the_better_of_two_measurements_of_a_subject_stays() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    assert!(store.record(&measured("a", 100, 0.5)).unwrap());
    let first = store.measurement(&key("a")).unwrap().unwrap();
    assert!(!store.record(&measured("a", 50, 0.9)).unwrap(), "fewer samples");
    assert!(!store.record(&measured("a", 100, 0.9)).unwrap(), "the same work done again");
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap(), first);
    assert!(store.record(&measured("a", 200, 0.6)).unwrap());
    let second = store.measurements_after(first.id, 10).unwrap();
    assert_eq!(second.len(), 1, "a reader hears of the better one");
    assert_eq!(store.measured(100).unwrap(), second);
    assert_eq!((second[0].value.accuracy, store.measured(99).unwrap().len()), (0.6, 0));
    assert_eq!(store.measurement(&MeasurementKey { subset: Subset::Test, ..key("a") }).unwrap(), None);
}

#[test]
fn each_precision_is_another_subject() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let (float, measurement) = (float_key("a"), measured_float("a", 10, 0.75));
    store.record(&measured("a", 10, 0.7)).unwrap();
    assert_eq!(store.claim(&float, TTL).unwrap(), Claim::Granted);
    store.record(&measurement).unwrap();
    assert_eq!(store.measurement(&float).unwrap().unwrap().value, measurement);
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap().value, measured("a", 10, 0.7));
    // A row that was made a float one afterwards is damaged.
    let change = "UPDATE measurements SET precision = 'float', design = 'b' WHERE precision = 'int8'";
    store.run(|db| db.execute(change, [])).unwrap();
    assert_eq!(store.damaged_measurements().unwrap().len(), 1);
}

#[test]
fn lost_cameras_are_another_subject() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let lost = MeasurementKey { lost: 0b100, ..key("a") };
    store.record(&measured("a", 10, 0.9)).unwrap();
    assert_eq!(store.claim(&lost, TTL).unwrap(), Claim::Granted);
    let measurement = Measurement { key: lost.clone(), ..measured("a", 10, 0.7) };
    store.record(&measurement).unwrap();
    assert_eq!(store.measurement(&lost).unwrap().unwrap().value, measurement);
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap().value, measured("a", 10, 0.9));
}

#[test]
fn what_an_older_version_measured_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(schema::MIGRATIONS[0]).unwrap();
    let row = "INSERT INTO measurements VALUES (7, 'a', 6, 'validation', 100, 0.5, 10, 4, 0.5, 'host/1/1', 3.0)";
    db.execute(row, []).unwrap();
    db.pragma_update(None, "application_id", APPLICATION).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    drop(db);
    let store = Store::open(&path).unwrap();
    let kept = store.measurement(&float_key("a")).unwrap().unwrap();
    assert_eq!((kept.id, kept.value), (7, measured_float("a", 10, 0.5)));
    store.record(&measured("b", 10, 0.5)).unwrap();
    assert_eq!(store.measurements_after(7, 9).unwrap().len(), 1);
}

#[test]
fn what_is_no_accuracy_is_refused() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    for accuracy in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert!(matches!(store.record(&measured("a", 1, accuracy)), Err(RunError::NotAnAccuracy(_))));
    }
    assert!(store.measured(100).unwrap().is_empty());
}

#[test]
fn a_rollback_withdraws_what_was_measured_later() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    store.record(&measured("a", 1, 0.5)).unwrap();
    let later = MeasurementKey { step: 101, ..key("a") };
    store.record(&Measurement { key: later.clone(), ..measured("a", 1, 0.5) }).unwrap();
    assert_eq!(store.withdraw_after(100).unwrap(), 1);
    assert_eq!((store.measured(100).unwrap().len(), store.measured(101).unwrap().len()), (1, 0));
    assert_eq!(store.claim(&later, TTL).unwrap(), Claim::Granted);
}

#[test]
fn a_claim_is_held_until_released_expired_or_measured() {
    let (_directory, path) = database();
    let (one, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    let a = key("a");
    assert_eq!(one.claim(&a, TTL).unwrap(), Claim::Granted);
    assert_eq!(other.claim(&a, TTL).unwrap(), Claim::Held);
    assert_eq!(one.claim(&a, TTL).unwrap(), Claim::Held, "another thread of the same process is not let in either");
    assert_eq!(other.claim(&MeasurementKey { views: 5, ..a.clone() }, TTL).unwrap(), Claim::Granted);
    assert_eq!(one.claimed(100).unwrap().len(), 2);
    one.release(&a).unwrap();
    assert_eq!(other.claim(&a, Duration::ZERO).unwrap(), Claim::Granted);
    assert_eq!(one.claim(&a, TTL).unwrap(), Claim::Granted, "an expired claim is taken over");
    let measurement = measured("a", 10, 0.5);
    one.record(&measurement).unwrap();
    assert_eq!(other.claim(&a, TTL).unwrap(), Claim::Measured(measurement));
    assert_eq!(one.claimed(100).unwrap().len(), 1, "recording lifts the claim");
}

#[test]
fn threads_that_claim_at_once_never_get_the_same_subject() {
    let (_directory, path) = database();
    let granted: Vec<String> = std::thread::scope(|scope| {
        let claim = || {
            let store = Store::open(&path).unwrap();
            let designs = (0..60).map(|n| format!("design {n}"));
            designs.filter(|design| store.claim(&key(design), TTL).unwrap() == Claim::Granted).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut distinct = granted.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((granted.len(), distinct.len()), (60, 60));
}

#[test]
fn controls_are_read_per_task_and_in_order() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let first = store.send(Task::Train, &Control::Pause).unwrap();
    store.send(Task::Search, &Control::Stop).unwrap();
    store.send(Task::Train, &Control::Resume).unwrap();
    let lines = |id| store.controls_after(Task::Train, id).unwrap().into_iter().map(|s| s.value).collect::<Vec<_>>();
    assert_eq!(lines(0), ["pause", "resume"]);
    assert_eq!(lines(first), ["resume"]);
}

#[test]
fn a_task_has_one_owner_until_it_is_dead_or_silent() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.own(Task::Train, "first").unwrap(), 0);
    let Err(RunError::Owned(owner)) = store.own(Task::Train, "second") else { panic!("taken twice") };
    assert_eq!((owner.command.as_str(), owner.process), ("first", Process::this()));
    store.own(Task::Search, "another task").unwrap();
    let set = |column, value: &str| {
        let sql = format!("UPDATE owners SET {column} = {value} WHERE task = 'train'");
        store.run(|db| db.execute(&sql, [])).unwrap();
    };
    set("heartbeat", &format!("{}", now() - 61.0));
    store.own(Task::Train, "silent").unwrap();
    let Process { host, pid, born } = Process::this();
    set("process", &format!("'{host}/{pid}/{}'", born + 1));
    assert!(!store.heartbeat_owner(Task::Train).unwrap(), "the former owner learns that it is none any more");
    store.disown(Task::Train).unwrap();
    assert_eq!(store.owner(Task::Train).unwrap().unwrap().command, "silent", "only the owner gives it back");
    store.own(Task::Train, "dead").unwrap();
    set("process", "'another machine/1/1'");
    assert!(matches!(store.own(Task::Train, "far"), Err(RunError::Owned(_))), "of other machines only silence tells");
}

#[test]
fn any_name_of_a_directory_will_do_and_a_finished_run_can_be_read_without_writing() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("50% off? #1 é");
    std::fs::create_dir(&directory).unwrap();
    let path = directory.join("run.db");
    let store = Store::create(&path).unwrap();
    store.append(Task::Train, &Event::Paused).unwrap();
    drop(store);
    let files = || std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(files(), 1, "the last to close tidies up");
    let unchanging = format!("{}?immutable=1", uri(&path));
    let reader = Store::connect(&path, &unchanging, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(reader.events_after(0, 10).unwrap().len(), 1);
    assert!(matches!(reader.append(Task::Train, &Event::Paused), Err(RunError::ReadOnly(_))));
    assert_eq!(files(), 1, "nothing is written");
}

/// Not a check but a measurement: `cargo test --release store_speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn store_speed() {
    let (_directory, path) = database();
    let (writer, reader) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    let time = |name: &str, count: u32, mut work: Box<dyn FnMut(u32) + '_>| {
        let begun = Instant::now();
        (0..count).for_each(&mut work);
        println!("{name}: {:.1} us", begun.elapsed().as_secs_f64() / f64::from(count) * 1e6);
    };
    let record =
        crate::record::StepRecord { losses: vec![(crate::record::Role::Largest, 1.5); 4], ..Default::default() };
    time(
        "append a step",
        5000,
        Box::new(|_| assert!(writer.append(Task::Train, &Event::Step(record.clone())).is_ok())),
    );
    let name = |n: u32| format!("design {n}");
    time("claim", 2000, Box::new(|n| assert_eq!(writer.claim(&key(&name(n)), TTL).unwrap(), Claim::Granted)));
    time("record", 2000, Box::new(|n| assert!(writer.record(&measured(&name(n), 1, 0.5)).unwrap())));
    time(
        "read 5000 events and 2000 measurements, per row",
        1,
        Box::new(|_| {
            let mut cursor = Cursor::default();
            let begun = Instant::now();
            while reader.changes(&mut cursor).unwrap().more {}
            println!("  {:.2} us", begun.elapsed().as_secs_f64() / 7000.0 * 1e6);
        }),
    );
    let mut cursor = Cursor::default();
    while reader.changes(&mut cursor).unwrap().more {}
    time("changes() when idle", 100_000, Box::new(|_| assert!(reader.changes(&mut cursor).unwrap().events.is_empty())));
}
