//! Requests of searches.

use std::path::Path;
use std::time::Duration;

use super::{TTL, execute, key, measured};
use crate::record::Event;
use crate::run::claim::Claim;
use crate::run::store::Store;

pub(super) fn requests_are_claimed_once_each_the_oldest_first(path: &Path) {
    let store = Store::open(path).unwrap();
    for design in ["a", "b", "a"] {
        store.enqueue(&key(design)).unwrap();
    }
    assert_eq!(store.requests(100).unwrap(), [key("a"), key("b")]);
    assert_eq!(store.requested_step().unwrap(), Some(100));
    assert_eq!(store.claim_request(99, TTL).unwrap(), None, "weights of another checkpoint");
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("b")));
    assert_eq!(store.claim_request(100, TTL).unwrap(), None);
    assert_eq!(store.claim(&key("a"), TTL).unwrap(), Claim::Held);
}

pub(super) fn a_measured_request_is_gone_and_an_expired_claim_is_taken_over(path: &Path) {
    let store = Store::open(path).unwrap();
    store.enqueue(&key("a")).unwrap();
    store.enqueue(&key("b")).unwrap();
    assert_eq!(store.claim_request(100, Duration::ZERO).unwrap(), Some(key("a")));
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")), "the first claim has expired");
    store.record(&measured("a", 10, 0.5)).unwrap();
    assert_eq!(store.requests(100).unwrap(), [key("b")]);
    // Measured before it was wished for: there is nothing left to do.
    store.record(&measured("b", 10, 0.5)).unwrap();
    store.enqueue(&key("b")).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), None);
    assert!(store.requests(100).unwrap().is_empty() && store.requested_step().unwrap().is_none());
}

pub(super) fn a_request_that_is_given_back_is_the_next_one_again(path: &Path) {
    let store = Store::open(path).unwrap();
    for design in ["a", "b"] {
        store.enqueue(&key(design)).unwrap();
    }
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    store.release(&key("a")).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    // One that is claimed without being requested first is passed over.
    assert_eq!(store.claim(&key("b"), TTL).unwrap(), Claim::Granted);
    assert_eq!(store.claim_request(100, TTL).unwrap(), None);
    store.release(&key("b")).unwrap();
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("b")));
}

pub(super) fn requests_can_be_taken_back(path: &Path) {
    let store = Store::open(path).unwrap();
    for design in ["a", "b", "c"] {
        store.enqueue(&key(design)).unwrap();
    }
    store.dequeue(&key("b")).unwrap();
    assert_eq!(store.requests(100).unwrap(), [key("a"), key("c")]);
    store.dequeue_all().unwrap();
    assert!(store.requests(100).unwrap().is_empty());
}

/// Designs of the measurements that events tell of.
fn told(store: &Store) -> Vec<String> {
    let events = store.events_after(0, 10).unwrap().into_iter();
    let design = |event| if let Event::Evaluated(record) = event { Some(record.design) } else { None };
    events.filter_map(|stored| design(stored.value.event)).collect()
}

pub(super) fn a_worker_records_with_the_event_and_has_the_next_request(path: &Path) {
    let store = Store::open(path).unwrap();
    for design in ["a", "b"] {
        store.enqueue(&key(design)).unwrap();
    }
    assert_eq!(store.claim_request(100, TTL).unwrap(), Some(key("a")));
    assert_eq!(store.record_and_claim(&measured("a", 10, 0.5), TTL).unwrap(), Some(key("b")));
    assert_eq!(store.claim(&key("b"), TTL).unwrap(), Claim::Held);
    store.settle().unwrap();
    assert_eq!(store.requests(100).unwrap(), [key("b")]);
    assert_eq!(store.record_and_claim(&measured("b", 10, 0.5), TTL).unwrap(), None);
    assert_eq!(told(&store), ["a", "b"]);
    assert!(store.record_and_claim(&measured("c", 10, 1.5), TTL).is_err(), "no accuracy");
}

pub(super) fn what_another_recorded_meanwhile_is_not_told_again(path: &Path) {
    let store = Store::open(path).unwrap();
    store.record(&measured("a", 10, 0.5)).unwrap();
    execute(path, "UPDATE measurements SET process = 'elsewhere/1/1'");
    store.record_and_claim(&measured("a", 10, 0.25), TTL).unwrap();
    assert_eq!(store.measurement(&key("a")).unwrap().unwrap().value, measured("a", 10, 0.5));
    assert!(told(&store).is_empty());
    execute(path, "UPDATE measurements SET accuracy = 0.75");
    store.record_and_claim(&measured("a", 10, 0.25), TTL).unwrap();
    let known = store.measurement(&key("a")).unwrap().unwrap().value;
    assert_eq!(known, measured("a", 10, 0.25), "the other one was damaged");
    assert_eq!(told(&store), ["a"]);
}

pub(super) fn a_measurement_is_recorded_with_its_event_or_not_at_all(path: &Path) {
    let store = Store::open(path).unwrap();
    assert!(store.record_and_tell(&measured("a", 10, 0.5)).unwrap());
    assert!(!store.record_and_tell(&measured("a", 10, 0.25)).unwrap(), "as good a one is there");
    assert!(store.record_and_tell(&measured("a", 20, 0.25)).unwrap());
    assert!(store.record_and_tell(&measured("c", 10, 1.5)).is_err(), "no accuracy");
    assert_eq!(told(&store), ["a", "a"]);
}
