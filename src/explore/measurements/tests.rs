//! Tests of the reading that counts among several.

use super::*;
use crate::explore::draw::default_transmit;
use crate::explore::tests::{model, pair, quantisation};

fn accuracy(accuracy: f64, step: u64) -> Accuracy {
    Accuracy { accuracy, samples: 400, step, precision: Precision::Int8, quantisation: Some(quantisation()) }
}

#[test]
fn int8_is_shown_before_float_which_is_shown_where_it_is_all_there_is() {
    let (space, profile) = pair();
    let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2, 1);
    let design = pool.design(&space, 0, 3).unwrap();
    let mut measured = Measurements::default();
    let float = Accuracy { precision: Precision::Float, quantisation: None, ..accuracy(0.9, 300) };
    measured.record(design.clone(), 6, float);
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(float));
    measured.record(design.clone(), 6, accuracy(0.89, 200));
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.89, 200)));
    assert_eq!(measured.present().newest_in(Precision::Float, &design, 6), Some(float));
    assert_eq!(measured.present().newest_in(Precision::Int8, &design, 2), None);
}

#[test]
fn an_accuracy_belongs_to_its_number_of_views_and_the_newest_one_counts() {
    let (space, profile) = pair();
    let (pool, _) = CandidatePool::sample(&model(&space, &profile), 4, 1);
    let design = pool.design(&space, 0, 3).unwrap();
    let mut measured = Measurements::default();
    measured.record(design.clone(), 6, accuracy(0.8, 200));
    measured.record(design.clone(), 6, accuracy(0.5, 100));
    measured.record(design.clone(), 2, accuracy(0.6, 200));
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.8, 200)));
    assert_eq!(
        measured.present().shown(&design, 3),
        ShownAccuracy::OtherViews { views: 2, accuracy: accuracy(0.6, 200) }
    );
    assert_eq!(measured.present().shown(&pool.design(&space, 0, 4).unwrap(), 6), ShownAccuracy::None);
    assert_eq!(measured.readings(&design).len(), 3);
    assert_eq!(measured.present().by_views(&design), [(2, accuracy(0.6, 200)), (6, accuracy(0.8, 200))]);
    measured.withdraw(150);
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.5, 100)));
}

#[test]
fn only_the_run_followed_now_counts_and_nothing_is_forgotten() {
    let (space, profile) = pair();
    let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2, 1);
    let design = pool.design(&space, 0, 3).unwrap();
    let mut measured = Measurements::default();
    measured.follow("one");
    measured.record(design.clone(), 6, accuracy(0.9, 3000));
    measured.follow("two");
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::None);
    measured.record(design.clone(), 6, accuracy(0.4, 100));
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.4, 100)));
    measured.withdraw(0);
    measured.follow("one");
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::Measured(accuracy(0.9, 3000)));
}

#[test]
fn a_lost_camera_changes_no_other_accuracy() {
    let (space, profile) = pair();
    let (pool, _) = CandidatePool::sample(&model(&space, &profile), 2, 1);
    let design = pool.design(&space, 0, 3).unwrap();
    let mut measured = Measurements::default();
    for (lost, share, step) in [(1 << 4, 0.6, 10), (1 << 1, 0.7, 10), (1 << 1, 0.8, 20), (0b11, 0.2, 20)] {
        measured.record_blanked(design.clone(), 6, lost, accuracy(share, step));
    }
    assert_eq!(measured.present().without_one(&design, 6), [(1, accuracy(0.8, 20)), (4, accuracy(0.6, 10))]);
    assert!(measured.present().without_one(&design, 4).is_empty());
    assert_eq!(measured.present().shown(&design, 6), ShownAccuracy::None);
    measured.withdraw(10);
    assert_eq!(measured.present().without_one(&design, 6), [(1, accuracy(0.7, 10)), (4, accuracy(0.6, 10))]);
}

#[test]
fn one_design_may_be_a_split_of_several_candidates() {
    let (space, profile) = pair();
    let mut pool = CandidatePool::empty();
    let usual = default_transmit(&space, &space.largest());
    for ratio in [2, 4] {
        let transmit = crate::cost::TransmitConfig { ratio, ..usual };
        pool.add(&model(&space, &profile), space.largest(), transmit).unwrap();
    }
    // Raw input crosses as it is, whatever the ratio.
    let raw = pool.design(&space, 0, 0).unwrap();
    let mut measured = Measurements::default();
    measured.record(raw.clone(), 6, accuracy(0.9, 1));
    measured.link_design(&space, &pool, &raw);
    measured.refresh(pool.split_count(), 6);
    for id in [0, 1] {
        let present = measured.current(pool.range(id));
        assert!((present[0] - 0.9).abs() < 1e-12 && present[1..].iter().all(|other| other.is_nan()));
    }
}

#[test]
fn the_standard_error_shrinks_with_the_samples() {
    assert!((accuracy(0.5, 0).standard_error() - 0.025).abs() < 1e-12);
}

#[test]
fn measured_splits_are_found_in_every_candidate() {
    let (space, profile) = pair();
    let (pool, _) = CandidatePool::sample(&model(&space, &profile), 60, 1);
    let mut measured = Measurements::default();
    measured.refresh(pool.split_count(), 6);
    assert!(measured.current(0..pool.split_count()).is_empty() && measured.current_at(0).is_nan());
    for id in (0..60).step_by(7) {
        let split = pool.boundaries(id)[id as usize % 3];
        let design = pool.design(&space, id, split).unwrap();
        measured.record(design.clone(), 6, accuracy(0.5, 100));
        measured.link_design(&space, &pool, &design);
    }
    measured.refresh(pool.split_count(), 6);
    let known = |entry: &usize| !measured.current_at(*entry).is_nan();
    assert!((0..pool.split_count()).filter(known).count() >= 9);
    for id in 0..60 {
        let range = pool.range(id);
        let present = measured.current(range.clone());
        assert_eq!(present.is_empty(), !range.clone().any(|entry| known(&entry)));
        let both = present.iter().zip(range);
        both.for_each(|(one, entry)| assert_eq!(one.to_bits(), measured.current_at(entry).to_bits()));
    }
    assert!(measured.current_at(pool.split_count() + 64).is_nan());
}
