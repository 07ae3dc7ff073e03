//! Requests of searches.

use std::path::Path;
use std::time::Duration;

use super::{TTL, key, measured};
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
