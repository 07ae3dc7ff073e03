//! The embedded database: its file, its past versions, its processes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::params;
use tempfile::TempDir;

use super::measurements::insert_claim;
use super::*;
use crate::record::{Event, EventRecord, Operator, OperatorRecord, Role, Task};
use crate::run::claim::Claim;
use crate::run::clock::now;
use crate::run::store::database::Cursor;
use crate::run::store::events::EventRows;
use crate::run::store::measurements::MeasurementRows;
use crate::run::store::owners::OwnerRows;
use crate::run::store::requests::RequestRows;
use crate::run::store::tests::{TTL, float_key, key, measured, measured_float, warning};

mod damage;
mod failures;
mod first_edition;

fn database() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.db");
    drop(Sqlite::create(&path).unwrap());
    (directory, path)
}

impl Sqlite {
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
    let store = Sqlite::open(&path).unwrap();
    let kept = store.measurement(&float_key("a")).unwrap().unwrap();
    assert_eq!((kept.id, kept.value), (7, measured_float("a", 10, 0.5)));
    store.record(&measured("b", 10, 0.5)).unwrap();
    assert_eq!(store.measurements_after(7, 9).unwrap().len(), 1);
}

#[test]
fn a_task_has_one_owner_until_it_is_dead_or_silent() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
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
    let store = Sqlite::create(&path).unwrap();
    store.append(Task::Train, &Event::Paused).unwrap();
    drop(store);
    let files = || std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(files(), 1, "the last to close tidies up");
    let unchanging = format!("{}?immutable=1", uri(&path));
    let reader = Sqlite::connect(&path, &unchanging, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(reader.events_after(0, 10).unwrap().len(), 1);
    assert!(matches!(reader.append(Task::Train, &Event::Paused), Err(RunError::ReadOnly(_))));
    assert_eq!(files(), 1, "nothing is written");
}

/// A process that lives until its input is closed.
fn living() -> std::process::Child {
    std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_request_of_a_dead_process_is_taken_over() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    store.enqueue(&key("a")).unwrap();
    let mut child = living();
    let process = crate::run::process::Process::here(child.id());
    store.transact(|db| insert_claim(db, &key("a"), &process, TTL)).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), None, "its claimer lives");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
}

#[test]
fn claims_and_workers_of_a_clock_that_is_ahead_hold_no_longer_than_others() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    let elsewhere: Process = "elsewhere/1/2".parse().unwrap();
    store.transact(|db| insert_claim(db, &key("a"), &elsewhere, TTL)).unwrap();
    assert_eq!(store.claim(&key("a"), TTL).unwrap(), Claim::Held);
    store.run(|db| db.execute("UPDATE claims SET expires = expires + 86400", [])).unwrap();
    assert_eq!(store.claim(&key("a"), TTL).unwrap(), Claim::Granted);
    let sql = "INSERT INTO workers (process, heartbeat) VALUES ('elsewhere/1/2', ?1)";
    store.run(|db| db.execute(sql, [now() + 86400.0])).unwrap();
    assert_eq!(store.workers(TTL).unwrap(), 0);
}

#[test]
fn workers_are_counted_while_they_live() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    store.heartbeat().unwrap();
    assert_eq!(store.workers(TTL).unwrap(), 0, "oneself is no other");
    let mut child = living();
    let there = crate::run::process::Process::here(child.id()).to_string();
    for (name, heartbeat) in [(there.as_str(), 0.0), ("elsewhere/1/2", now()), ("elsewhere/3/4", now() - 3600.0)] {
        let sql = "INSERT INTO workers (process, heartbeat) VALUES (?1, ?2)";
        store.run(|db| db.execute(sql, params![name, heartbeat])).unwrap();
    }
    assert_eq!(store.workers(TTL).unwrap(), 2);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.workers(TTL).unwrap(), 1);
    store.sign_off(&store.process).unwrap();
}

/// Not a check but a measurement: `cargo test --release store_speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn store_speed() {
    let (_directory, path) = database();
    let (writer, reader) = (Sqlite::open(&path).unwrap(), Sqlite::open(&path).unwrap());
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
