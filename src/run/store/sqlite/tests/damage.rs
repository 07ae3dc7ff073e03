//! Single damaged values: the row that has one is left out, and all others are read.

use super::*;
use crate::record::{Control, EventRecord};
use crate::run::store::PictureRequest;
use crate::run::store::Store;
use crate::run::store::row::Stored;
use crate::run::store::tests::leaks::{measured_leak, pictures_of};

#[test]
fn an_event_with_any_bit_changed_hides_no_other() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    store.append_all(&[warning("before"), warning("one"), warning("after")]).unwrap();
    let cell = |column: &str| -> Vec<u8> {
        let sql = format!("SELECT CAST({column} AS BLOB) FROM events WHERE id = 2");
        store.run(|db| db.query_row(&sql, [], |row| row.get(0))).unwrap()
    };
    let is_there = |events: &[Stored<EventRecord>], id: i64, text: &str| {
        events.iter().any(|stored| stored.id == id && stored.value.event == warning(text))
    };
    for column in ["body", "process"] {
        let sound = cell(column);
        for bit in 0..sound.len() * 8 {
            let mut damaged = sound.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let sql = format!("UPDATE events SET {column} = CAST(?1 AS TEXT) WHERE id = 2");
            store.run(|db| db.execute(&sql, [&damaged])).unwrap();
            let events = store.events_after(0, 3).unwrap();
            assert!(is_there(&events, 1, "before") && is_there(&events, 3, "after"), "bit {bit} of {column}");
            assert_eq!(store.events_after(1, 1).unwrap().len(), 1, "a damaged row takes no room among those asked for");
        }
        let sql = format!("UPDATE events SET {column} = CAST(?1 AS TEXT) WHERE id = 2");
        store.run(|db| db.execute(&sql, [&sound])).unwrap();
    }
    store.run(|db| db.execute("UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE id = 2", [])).unwrap();
    assert_eq!(store.damaged_events().unwrap(), [2]);
}

/// One row of each kind.
fn full(store: &Store) {
    store.append(Task::Train, &warning("one")).unwrap();
    store.record(&measured("a", 10, 0.5)).unwrap();
    store.record_leak(&measured_leak(0.7, None)).unwrap();
    store.record_pictures(&pictures_of(4)).unwrap();
    store.request_pictures(&PictureRequest { design: "a".into(), views: 1, object: 3 }).unwrap();
    store.enqueue(&key("b")).unwrap();
    store.claim(&key("b"), TTL).unwrap();
    store.heartbeat().unwrap();
    store.send(Task::Train, &Control::Pause).unwrap();
    store.own(Task::Train, "train").unwrap();
}

#[test]
fn no_text_that_is_none_ends_the_reading() {
    let (_directory, path) = database();
    full(&Store::open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    let columns: Vec<(String, String)> = db
        .prepare(
            "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
                WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.type = 'TEXT'",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert!(columns.len() > 30, "{columns:?}");
    db.execute_batch("PRAGMA ignore_check_constraints = on").unwrap();
    for (table, column) in columns {
        db.execute(&format!("UPDATE {table} SET {column} = CAST(x'ff' AS TEXT)"), []).unwrap();
        let store = Store::open(&path).unwrap();
        let read = || -> Result<(), RunError> {
            store.changes(&mut Cursor::default())?;
            store.damage_warning()?;
            store.last_step()?;
            store.measured(100)?;
            store.measurement(&key("a"))?;
            store.leak(&measured_leak(0.7, None).key)?;
            store.pictures(&pictures_of(4).key)?;
            store.picture_request()?;
            store.requests(100)?;
            store.claimed(100)?;
            store.claim(&key("b"), TTL)?;
            store.claim_request(100, TTL)?;
            store.workers(TTL)?;
            store.controls_after(Task::Train, 0)?;
            store.owner(Task::Train)?;
            Ok(())
        };
        assert!(read().is_ok(), "{column} of {table}: {:?}", read());
    }
}
