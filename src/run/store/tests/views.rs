//! Views for readers with other tools.

use std::path::Path;

use super::leaks::measured_leak;
use super::{execute, key, measured, texts};
use crate::record::{
    ChildRecord, Event, LeakMeasurement, Measurement, MeasurementKey, Operator, Precision, Subset, Task,
};
use crate::run::store::Store;

const DESIGN: &str = "0-00-1101-00@S2.1/pool:r4b8";

pub(super) fn designs_are_told_by_their_parts_with_their_newest_figures(path: &Path) {
    let store = Store::open(path).unwrap();
    let one = |key: MeasurementKey, accuracy: f64| store.record(&Measurement { key, ..measured(DESIGN, 10, accuracy) });
    one(key(DESIGN), 0.5).unwrap();
    one(MeasurementKey { step: 200, ..key(DESIGN) }, 0.75).unwrap();
    one(MeasurementKey { subset: Subset::Test, ..key(DESIGN) }, 0.625).unwrap();
    one(MeasurementKey { lost: 1, step: 300, ..key(DESIGN) }, 0.25).unwrap();
    let parts = "SELECT genome || ' ' || split || ' ' || fusion || ' ' || CAST(ratio AS TEXT) || ' ' ||
        CAST(bits AS TEXT) || ' ' || CAST(views AS TEXT) || ' ' || CAST(step AS TEXT) || ' ' ||
        CAST(validation_int8 AS TEXT) || ' ' || coalesce(CAST(validation_float AS TEXT), 'none') || ' ' ||
        CAST(test_int8 AS TEXT) || ' ' || coalesce(CAST(leak AS TEXT) || ' ' || leak_precision, 'none') FROM designs";
    assert_eq!(texts(path, parts), ["0-00-1101-00 S2.1 pool 4 8 6 200 0.75 none 0.625 none"]);
    // In int8 where that was measured, though it is older.
    for (step, precision, leak, shown) in [
        (300, Precision::Float, 0.75, "0.75 float"),
        (100, Precision::Int8, 0.5, "0.5 int8"),
        (200, Precision::Int8, 0.625, "0.625 int8"),
    ] {
        let LeakMeasurement { key, figures } = measured_leak(leak, None);
        let key = MeasurementKey { design: DESIGN.into(), step, precision, ..key };
        store.record_leak(&LeakMeasurement { key, figures }).unwrap();
        assert_eq!(texts(path, "SELECT CAST(leak AS TEXT) || ' ' || leak_precision FROM designs"), [shown]);
    }
}

pub(super) fn the_front_is_what_joined_one_in_a_search(path: &Path) {
    let store = Store::open(path).unwrap();
    store.record(&measured(DESIGN, 10, 0.75)).unwrap();
    let child = |front| {
        Event::Child(ChildRecord {
            design: DESIGN.to_owned(),
            views: 6,
            operator: Operator::Random,
            parents: Vec::new(),
            predicted: None,
            predicted_low: None,
            predicted_high: None,
            accuracy: 0.75,
            front,
        })
    };
    let front = || texts(path, "SELECT design FROM front");
    store.append(Task::Search, &child(false)).unwrap();
    // A damaged row hides no other.
    let damaged = "INSERT INTO events (time, process, version, kind, body) VALUES (0, '', 1, 'child', '{\"front\":tr')";
    execute(path, damaged);
    assert!(front().is_empty());
    for _ in 0..2 {
        store.append(Task::Search, &child(true)).unwrap();
    }
    assert_eq!(front(), [DESIGN]);
}
