//! Databases of the first edition: their events are migrated.

use super::*;

/// A database as the first edition left it: schema version 3.
fn first_edition() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.db");
    let db = Connection::open(&path).unwrap();
    schema::MIGRATIONS[..3].iter().for_each(|step| db.execute_batch(step).unwrap());
    db.pragma_update(None, "application_id", APPLICATION).unwrap();
    db.pragma_update(None, "user_version", 3).unwrap();
    for (process, kind, body) in [
        ("h/1/1", "started", r#"{"kind":"started","command":"train","pid":1,"resumed_from_step":null}"#),
        (
            "h/1/1",
            "evaluated",
            r#"{"kind":"evaluated","step":8,"role":"largest","design":"d","views":6,"accuracy":0.5,"samples":9}"#,
        ),
        ("h/1/1", "step", r#"{"kind":"step","step":1,"losses":[["largest","NaN"]],"eta_s":null}"#),
        ("h/2/2", "started", r#"{"kind":"started","command":"search --baselines","pid":2,"resumed_from_step":null}"#),
        (
            "h/3/3",
            "evaluated",
            r#"{"kind":"evaluated","step":8,"role":"search","design":"e","views":6,"accuracy":0.5,"samples":9}"#,
        ),
        (
            "h/2/2",
            "bred",
            r#"{"kind":"bred","design":"e","views":6,"operator":"boundary move","parents":["d"],"predicted":null,"accuracy":0.5,"front":true}"#,
        ),
        ("h/2/2", "predicts", r#"{"kind":"predicts","by":"synflow","samples":7,"rmse":"NaN","kendall_tau":0.5}"#),
        (
            "h/2/2",
            "generation",
            r#"{"kind":"generation","generation":0,"evaluations":12,"hypervolume":0.4,"front":3,"cache_hits":1,"wanted":60,"reassessments":0,"operators":[["crossover and mutation",8,2]],"seconds":1.5}"#,
        ),
        ("h/2/2", "paused", r#"{"kind":"paused"}"#),
        ("h/2/2", "dreamt", "no json"),
    ] {
        db.execute(
            "INSERT INTO events (time, process, version, kind, body) VALUES (1.0, ?1, 1, ?2, ?3)",
            rusqlite::params![process, kind, body],
        )
        .unwrap();
    }
    db.execute("INSERT INTO wishes (design, views, subset, step) VALUES ('w', 6, 'validation', 100)", []).unwrap();
    (directory, path)
}

#[test]
fn events_of_the_first_edition_are_migrated() {
    let (_directory, path) = first_edition();
    for store in [Sqlite::open_copy(&path).unwrap(), Sqlite::open(&path).unwrap(), Sqlite::open(&path).unwrap()] {
        let events: Vec<EventRecord> = store.events_after(0, 99).unwrap().into_iter().map(|row| row.value).collect();
        let kinds: Vec<(&str, &str)> = events.iter().map(|record| (record.task.name(), record.event.kind())).collect();
        let expected = [
            ("train", "started"),
            ("train", "evaluated"),
            ("train", "step"),
            ("search", "started"),
            ("search", "evaluated"),
            ("search", "child"),
            ("search", "predictor"),
            ("search", "generation"),
            ("search", "paused"),
            ("train", "unknown"),
        ];
        assert_eq!(kinds, expected);
        assert!(matches!(&events[1].event, Event::Evaluated(record) if record.role == Some(Role::Largest)));
        assert!(matches!(&events[4].event, Event::Evaluated(record) if record.role.is_none()));
        assert!(matches!(&events[5].event, Event::Child(child) if child.operator == Operator::BoundaryMove));
        let Event::Generation(generation) = &events[7].event else { panic!("{:?}", events[7]) };
        let tally = OperatorRecord { operator: Operator::CrossoverMutation, evaluated: 8, successes: 2 };
        assert_eq!((generation.budget, &generation.operators[..]), (60, &[tally][..]));
        assert_eq!(store.requests(100).unwrap(), [float_key("w")]);
    }
}

#[test]
fn a_read_only_run_of_an_older_version_is_read_from_a_copy() {
    let (_directory, path) = first_edition();
    let before = std::fs::read(&path).unwrap();
    let store = Sqlite::open_copy(&path).unwrap();
    assert_eq!(store.path(), path);
    assert!(matches!(store.append(Task::Train, &Event::Paused), Err(RunError::ReadOnly(_))));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
