//! Databases that are damaged, of another program, of a newer one, full, read-only or locked.

use std::sync::atomic::{AtomicI32, Ordering};

use super::*;
use crate::run::store::row::to_sql;
use crate::run::tests::until;

#[test]
fn damage_is_told_as_such() {
    let (_directory, path) = database();
    std::fs::write(&path, "this is no database at all, but long enough to be read as one").unwrap();
    let error = Sqlite::open(&path).err().unwrap();
    assert!(matches!(error, RunError::Corrupt { .. }) && error.to_string().contains(".recover"), "{error}");

    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    let events: Vec<_> = (0..500).map(|n| warning(&format!("{n}"))).collect();
    store.append_all(&events).unwrap();
    drop(store);
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[4096..length - 4096].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let store = Sqlite::open(&path);
    let error = store.and_then(|store| store.verify().and_then(|()| store.events_after(0, 1000).map(drop)));
    assert!(matches!(error, Err(RunError::Corrupt { .. })), "{error:?}");
}

#[test]
fn another_programs_database_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Sqlite::open(&path).err().unwrap();
    assert!(error.to_string().contains("another program's"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_schema_is_told_as_such() {
    let (_directory, path) = database();
    Sqlite::open(&path).unwrap().run(|db| db.pragma_update(None, "user_version", 99)).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(RunError::Newer { found: 99, known: 9, .. })));
}

#[test]
fn a_full_disk_is_told_as_such_and_nothing_is_half_written() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    let pages = store.pragma("page_count").unwrap();
    store.run(|db| db.pragma_update(None, "max_page_count", pages + 4)).unwrap();
    let events: Vec<_> = (0..100).map(|_| warning(&"x".repeat(1000))).collect();
    let error = store.append_all(&events).unwrap_err();
    assert!(matches!(error, RunError::DiskFull(_)) && error.to_string().starts_with("the disk is full"), "{error}");
    assert!(store.events_after(0, 1).unwrap().is_empty());
    store.append(Task::Train, &Event::Paused).unwrap();
    store.verify().unwrap();
}

#[test]
fn a_read_only_database_is_told_as_such() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    store.run(|db| db.pragma_update(None, "query_only", true)).unwrap();
    let error = store.append(Task::Train, &Event::Paused).unwrap_err();
    assert!(matches!(error, RunError::ReadOnly(_)) && error.to_string().contains("read-only"), "{error}");
}

#[test]
fn a_lock_that_is_never_given_back_is_told_as_such() {
    let (_directory, path) = database();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = Sqlite::open(&path).unwrap();
    store.db.busy_timeout(Duration::from_millis(20)).unwrap();
    let error = store.append(Task::Train, &Event::Paused).unwrap_err();
    assert!(matches!(error, RunError::Locked(_)), "{error}");
    assert!(store.events_after(0, 1).unwrap().is_empty(), "reading goes on meanwhile");
    holder.execute_batch("ROLLBACK").unwrap();
    store.append(Task::Train, &Event::Paused).unwrap();
}

#[test]
fn rows_of_an_older_database_get_their_digests() {
    for version in [4, 5] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.db");
        let db = Connection::open(&path).unwrap();
        schema::MIGRATIONS[..version].iter().for_each(|step| db.execute_batch(step).unwrap());
        let columns =
            "design, views, lost, subset, step, accuracy, samples, calibration_batches, seconds, process, time";
        let row = "'a', 6, 0, 'validation', 100, 0.25, 10, 4, 0.5, 'host/1/1', 3.0";
        db.execute(&format!("INSERT INTO measurements ({columns}) VALUES ({row})"), []).unwrap();
        if version == 5 {
            // The digest of version 5, which had no precision.
            let text = format!("a 6 0 validation 100 {:x} 10 4 {:x}", 0.25_f64.to_bits(), 0.5_f64.to_bits());
            let digest = crate::files::sha256(text.as_bytes());
            db.execute("UPDATE measurements SET digest = ?1", [digest]).unwrap();
        }
        db.pragma_update(None, "application_id", APPLICATION).unwrap();
        db.pragma_update(None, "user_version", to_sql(version as u64)).unwrap();
        drop(db);
        let store = Sqlite::open(&path).unwrap();
        assert_eq!(store.measurement(&float_key("a")).unwrap().unwrap().value, measured_float("a", 10, 0.25));
    }
}

#[test]
fn a_deleted_or_replaced_database_is_noticed_before_anything_is_written() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    store.check().unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(store.append(Task::Train, &warning("lost")), Err(RunError::Gone(_))));
    drop(Sqlite::create(&path).unwrap());
    assert!(matches!(store.record(&measured("a", 10, 0.25)), Err(RunError::Gone(_))));
}

#[test]
fn a_process_that_works_waits_longer_for_another_writer() {
    static WAITS: AtomicI32 = AtomicI32::new(0);
    fn wait_and_count(times: i32) -> bool {
        WAITS.store(times, Ordering::Relaxed);
        wait_for_writer(times)
    }
    let (_directory, path) = database();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut store = Sqlite::open(&path).unwrap();
    // Less than the first of the waits below.
    store.db.busy_timeout(Duration::from_micros(1)).unwrap();
    assert!(matches!(store.append(Task::Train, &Event::Paused), Err(RunError::Locked(_))));
    store.wait_by(wait_and_count);
    let writer = std::thread::spawn(move || store.append(Task::Train, &Event::Paused).map(drop));
    until("it has waited several times", || WAITS.load(Ordering::Relaxed) > 3);
    holder.execute_batch("ROLLBACK").unwrap();
    writer.join().unwrap().unwrap();
    assert!(wait_for_writer(PAUSES - 1) && !wait_for_writer(PAUSES), "not for ever");
}

#[test]
fn a_measurement_is_on_record_with_its_event_or_not_at_all() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    store.run(|db| db.execute_batch("ALTER TABLE events RENAME TO gone")).unwrap();
    assert!(store.record_and_tell(&measured("a", 10, 0.5)).is_err());
    assert!(store.record_and_claim(&measured("a", 10, 0.5), TTL).is_err());
    assert_eq!(store.measurement(&key("a")).unwrap(), None);
    store.run(|db| db.execute_batch("ALTER TABLE gone RENAME TO events")).unwrap();
    assert!(store.record_and_tell(&measured("a", 10, 0.5)).unwrap());
    assert!(!store.record_and_tell(&measured("a", 10, 0.5)).unwrap(), "as good a one is there");
    assert_eq!(store.events_after(0, 9).unwrap().len(), 1);
}

#[test]
fn a_log_that_is_deleted_under_a_process_is_noticed_before_anything_is_written() {
    for replaced in [false, true] {
        let (_directory, path) = database();
        let (store, other) = (Sqlite::open(&path).unwrap(), Sqlite::open(&path).unwrap());
        store.append(Task::Train, &warning("one")).unwrap();
        drop(other);
        store.append(Task::Train, &warning("two")).unwrap();
        std::fs::remove_file(log_of(&path)).unwrap();
        if replaced {
            std::fs::write(log_of(&path), "").unwrap();
        }
        let error = store.append(Task::Train, &warning("lost")).unwrap_err();
        assert!(matches!(error, RunError::LogGone(_)) && error.to_string().contains("run.db-wal"), "{error}");
    }
}

#[test]
fn a_run_whose_manifest_is_deleted_is_gone_and_one_that_an_editor_replaces_is_not() {
    let (directory, path) = database();
    let manifest = directory.path().join("run.toml");
    std::fs::write(&manifest, "").unwrap();
    let store = Sqlite::open(&path).unwrap();
    std::fs::remove_file(&manifest).unwrap();
    std::fs::write(&manifest, "edited").unwrap();
    store.append(Task::Train, &warning("kept")).unwrap();
    std::fs::remove_file(&manifest).unwrap();
    let error = store.append(Task::Train, &warning("lost")).unwrap_err();
    assert!(matches!(error, RunError::Gone(_)) && error.to_string().contains("run.toml"), "{error}");
    assert!(matches!(store.record(&measured("a", 10, 0.25)), Err(RunError::Gone(_))));
}

#[test]
fn tables_that_are_not_those_of_the_version_are_told_in_words() {
    for version in [0, 3, i32::try_from(schema::MIGRATIONS.len()).unwrap()] {
        let (_directory, path) = database();
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        db.execute_batch("DROP TABLE owners").unwrap();
        drop(db);
        let error = Sqlite::open(&path).and_then(|store| store.owner(Task::Train)).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, RunError::Corrupt { .. }), "{text}");
        assert!(text.contains("its tables are not those of its version"), "{text}");
        assert!(!text.contains("SELECT") && !text.contains("CREATE"), "{text}");
    }
}
