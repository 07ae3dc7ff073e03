//! Views for readers with other tools.

use super::*;
use crate::record::{ChildRecord, Measurement, MeasurementKey, Subset};

#[test]
fn designs_are_told_by_their_parts_with_their_newest_figures() {
    let (_directory, path) = database();
    let store = Sqlite::open(&path).unwrap();
    let design = "0-00-1101-00@S2.1/pool:r4b8";
    let one = |key: MeasurementKey, accuracy: f64| store.record(&Measurement { key, ..measured(design, 10, accuracy) });
    one(key(design), 0.5).unwrap();
    one(MeasurementKey { step: 200, ..key(design) }, 0.75).unwrap();
    one(MeasurementKey { subset: Subset::Test, ..key(design) }, 0.625).unwrap();
    one(MeasurementKey { lost: 1, step: 300, ..key(design) }, 0.25).unwrap();
    let child = |front| {
        Event::Child(ChildRecord {
            design: design.to_owned(),
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
    store.append_all(&[child(false)]).unwrap();
    let text = |sql: &str| -> Vec<String> {
        store.run(|db| db.prepare(sql)?.query_map([], |row| row.get(0))?.collect()).unwrap()
    };
    let parts =
        "SELECT genome || ' ' || split || ' ' || fusion || ' ' || ratio || ' ' || bits || ' ' || views || ' ' ||
        step || ' ' || validation_int8 || ' ' || coalesce(validation_float, 'none') || ' ' || test_int8 || ' ' ||
        coalesce(leak || ' ' || leak_precision, 'none') FROM designs";
    assert_eq!(text(parts), ["0-00-1101-00 S2.1 pool 4 8 6 200 0.75 none 0.625 none"]);
    // In int8 where that was measured, though it is older.
    for (step, precision, leak) in [(300, "float", "0.75"), (100, "int8", "0.5"), (200, "int8", "0.625")] {
        let columns = "design, views, subset, step, precision, leak, body, process, time, digest";
        let row = params![design, step, precision, leak];
        let insert = format!("INSERT INTO leaks ({columns}) VALUES (?1, 6, 'test', ?2, ?3, ?4, '', '', 0.0, '')");
        store.run(|db| db.execute(&insert, row)).unwrap();
        assert_eq!(text("SELECT leak || ' ' || leak_precision FROM designs"), [format!("{leak} {precision}")]);
    }
    assert!(text("SELECT design FROM front").is_empty());
    store.append_all(&[child(true), child(true)]).unwrap();
    assert_eq!(text("SELECT design FROM front"), [design]);
}
