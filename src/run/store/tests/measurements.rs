//! Measurements and claims.

use std::path::Path;
use std::time::Duration;

use super::{TTL, execute, float_key, key, measured, measured_float};
use crate::record::{Measurement, MeasurementKey, Subset};
use crate::run::claim::Claim;
use crate::run::error::RunError;
use crate::run::store::Store;

pub(super) fn the_better_of_two_measurements_of_a_subject_stays(path: &Path) {
    let store = Store::open(path).unwrap();
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

pub(super) fn each_precision_is_another_subject(path: &Path) {
    let store = Store::open(path).unwrap();
    let (float, measurement) = (float_key("a"), measured_float("a", 10, 0.75));
    store.record(&measured("a", 10, 0.7)).unwrap();
    assert_eq!(store.claim(&float, TTL).unwrap(), Claim::Granted);
    store.record(&measurement).unwrap();
    assert_eq!(store.measurement(&float).unwrap().unwrap().value, measurement);
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap().value, measured("a", 10, 0.7));
    // A row that was made a float one afterwards is damaged.
    let change = "UPDATE measurements SET precision = 'float', design = 'b' WHERE precision = 'int8'";
    execute(path, change);
    assert_eq!(store.damaged_measurements().unwrap().len(), 1);
}

pub(super) fn lost_cameras_are_another_subject(path: &Path) {
    let store = Store::open(path).unwrap();
    let lost = MeasurementKey { lost: 0b100, ..key("a") };
    store.record(&measured("a", 10, 0.9)).unwrap();
    assert_eq!(store.claim(&lost, TTL).unwrap(), Claim::Granted);
    let measurement = Measurement { key: lost.clone(), ..measured("a", 10, 0.7) };
    store.record(&measurement).unwrap();
    assert_eq!(store.measurement(&lost).unwrap().unwrap().value, measurement);
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap().value, measured("a", 10, 0.9));
}

pub(super) fn what_is_no_accuracy_is_refused(path: &Path) {
    let store = Store::open(path).unwrap();
    for accuracy in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert!(matches!(store.record(&measured("a", 1, accuracy)), Err(RunError::NotAnAccuracy(_))));
    }
    assert!(store.measured(100).unwrap().is_empty());
}

pub(super) fn a_rollback_withdraws_what_was_measured_later(path: &Path) {
    let store = Store::open(path).unwrap();
    store.record(&measured("a", 1, 0.5)).unwrap();
    let later = MeasurementKey { step: 101, ..key("a") };
    store.record(&Measurement { key: later.clone(), ..measured("a", 1, 0.5) }).unwrap();
    assert_eq!(store.withdraw_after(100).unwrap(), 1);
    assert_eq!((store.measured(100).unwrap().len(), store.measured(101).unwrap().len()), (1, 0));
    assert_eq!(store.claim(&later, TTL).unwrap(), Claim::Granted);
}

pub(super) fn a_claim_is_held_until_released_expired_or_measured(path: &Path) {
    let (one, other) = (Store::open(path).unwrap(), Store::open(path).unwrap());
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

pub(super) fn what_is_measured_again_on_more_objects_is_claimed_too(path: &Path) {
    let (one, other) = (Store::open(path).unwrap(), Store::open(path).unwrap());
    let (a, few) = (key("a"), measured("a", 10, 0.5));
    one.record(&few).unwrap();
    assert_eq!(one.claim(&a, TTL).unwrap(), Claim::Measured(few));
    assert_eq!(one.claim_again(&a, TTL).unwrap(), Claim::Granted);
    assert_eq!(other.claim_again(&a, TTL).unwrap(), Claim::Held, "two never get it");
    one.record(&measured("a", 20, 0.5)).unwrap();
    assert!(one.claimed(100).unwrap().is_empty());
}

pub(super) fn threads_that_claim_at_once_never_get_the_same_subject(path: &Path) {
    let granted: Vec<String> = std::thread::scope(|scope| {
        let claim = || {
            let store = Store::open(path).unwrap();
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

pub(super) fn a_measurement_with_a_changed_value_is_left_out_and_told(path: &Path) {
    let store = Store::open(path).unwrap();
    for design in ["a", "b", "c"] {
        store.record(&measured(design, 10, 0.25)).unwrap();
    }
    assert_eq!(store.damage_warning().unwrap(), None);
    for change in ["accuracy = 0.75 WHERE design = 'a'", "design = 'd' WHERE design = 'b'"] {
        execute(path, &format!("UPDATE measurements SET {change}"));
    }
    assert_eq!(store.damaged_measurements().unwrap(), [1, 2]);
    assert!(store.damage_warning().unwrap().unwrap().contains("left out: 2 (rows 1, 2)"));
    let sound: Vec<String> = store.measured(100).unwrap().into_iter().map(|row| row.value.key.design).collect();
    assert_eq!(sound, ["c"]);
    let next = store.measurements_after(0, 1).unwrap();
    assert_eq!(next.len(), 1, "damaged rows take no room among those that are asked for: fewer mean the end");
    assert_eq!(next[0].value.key.design, "c");
    assert_eq!(store.measurement(&key("a")).unwrap(), None);
    store.record(&measured("a", 10, 0.25)).unwrap();
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap().value, measured("a", 10, 0.25));
    assert_eq!(store.damaged_measurements().unwrap(), [2]);
}
