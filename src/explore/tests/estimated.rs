//! Accuracies that were not measured: predictions, what a moved knob gains, the literature.

use super::measured::{learn, measured};
use super::{pair, session, set, shipped_space};
use crate::explore::*;
use crate::quantity::{Knob, Limit};

/// A session in which every third design of the table is measured, by its size.
fn measured_in_part() -> Session {
    let mut session = session(120);
    let ids: Vec<CandidateId> = session.order().iter().copied().step_by(3).collect();
    let accuracy = |id| 0.95 - 0.3 * (-(session.catalogue().get(id).unwrap().macs as f64) / 1.5e6).exp();
    let updates = ids.iter().map(|&id| measured(&session, id, 6, accuracy(id))).collect();
    session.apply(Command::Update(updates), 0);
    session
}

#[test]
fn every_design_without_a_measurement_is_predicted_and_ranked_by_the_lower_end() {
    let mut session = measured_in_part();
    let measured: Vec<CandidateId> =
        session.order().iter().copied().filter(|&id| session.row(id).unwrap().accuracy.measured().is_some()).collect();
    session.predict(0);
    let mut kinds = [0, 0];
    let mut last = f64::INFINITY;
    for row in session.rows(0..session.order().len()) {
        let figure = row.accuracy.figure().unwrap();
        assert!(figure.low <= figure.value && figure.value <= figure.high);
        kinds[usize::from(figure.kind == AccuracyKind::Predicted)] += 1;
        let ranked_by = session.ranked(row.id).unwrap().accuracy().unwrap();
        assert!((ranked_by - row.accuracy.ranked_by().unwrap()).abs() < 1e-6);
        let expected = if figure.kind == AccuracyKind::Measured { figure.value } else { figure.low };
        assert!((ranked_by - expected).abs() < 1e-6 && ranked_by <= last);
        last = ranked_by;
    }
    assert!(kinds.iter().all(|&count| count > 0), "{kinds:?}");
    // All splits of a measured design have an accuracy too; the measured one keeps its own.
    let strip = session.strip().unwrap();
    assert!(strip.accuracy.figure().is_some());
    for id in measured {
        assert!(session.catalogue().measurements().readings(&session.best_design(id).unwrap()).len() <= 1);
    }
    let points = session.points(Column::Accuracy, Column::Latency);
    assert_eq!(points.len(), session.order().len());
    for point in points {
        let row = session.row(point.candidate).unwrap();
        assert!((row.accuracy.value().unwrap() - point.up).abs() < 1e-6);
        assert_eq!(point.estimated, row.accuracy.measured().is_none());
    }
    assert_eq!(session.unmeasured_rows(), kinds[1]);
}

#[test]
fn another_number_of_sensors_is_no_gain_by_a_faster_but_less_accurate_split() {
    let mut session = measured_in_part();
    session.predict(0);
    let ids: Vec<CandidateId> = session.order().iter().copied().take(20).collect();
    for id in ids {
        session.apply(Command::SelectCandidate(id), 0);
        let swing = session.tornado().into_iter().find(|swing| swing.knob == Knob::Sensors).unwrap();
        assert!(swing.down.split.is_none() && swing.down.change_s.is_some_and(|change| change <= 1e-12), "{swing:?}");
        assert!(swing.up.split.is_some() || swing.up.change_s.is_none_or(|change| change >= -1e-12), "{swing:?}");
    }
}

/// A session whose first candidate has these accuracies at every split, each with so many sensors more or fewer.
fn measured_with_others(accuracies: &[(i64, f64)]) -> Session {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    let sensors = i64::from(session.knobs().sensors);
    for split in session.catalogue().boundaries(0).to_vec() {
        let Some(design) = session.catalogue().design(0, split) else { continue };
        for (more, accuracy) in accuracies {
            learn(&mut session, &design, u32::try_from(sensors + more).unwrap(), *accuracy);
        }
    }
    session
}

#[test]
fn another_number_of_sensors_is_told_with_the_accuracy_it_has() {
    let session = measured_with_others(&[(0, 0.8), (1, 0.85)]);
    let swings = session.tornado();
    let of = |knob| *swings.iter().find(|swing: &&DesignSwing| swing.knob == knob).unwrap();
    let sensors = of(Knob::Sensors);
    assert!((sensors.up.accuracy_change.unwrap() - 0.05).abs() < 1e-9 && !sensors.up.is_estimated, "{sensors:?}");
    assert_eq!(sensors.down.accuracy_change, None, "not measured with one sensor fewer");
    assert_eq!(of(Knob::LinkBandwidth).up.accuracy_change, Some(0.0));
}

#[test]
fn the_limit_on_accuracy_holds_the_lower_end_of_a_prediction() {
    let mut session = measured_in_part();
    session.predict(0);
    set(&mut session, Knob::AccuracyFloor, "90 %");
    for id in session.ranking() {
        let ranked = session.ranked(*id).unwrap();
        assert_eq!(ranked.feasible(), ranked.accuracy().unwrap() >= 0.9, "{ranked:?}");
    }
    assert!((1..120).contains(&session.feasible_count()));
    assert!(Knob::AccuracyFloor.info().about.contains("lower end"), "the help of the knob says so");
}

#[test]
fn predictions_hold_only_for_the_weights_and_views_they_were_fitted_to() {
    let mut session = measured_in_part();
    let late = session.catalogue().prediction_input().fit().unwrap().unwrap();
    session.predict(0);
    let predicted = |session: &Session| {
        session.rows(0..session.order().len()).filter(|row| matches!(row.accuracy, ShownAccuracy::Estimated(_))).count()
    };
    assert!(predicted(&session) > 0);
    set(&mut session, Knob::Sensors, "3");
    assert_eq!(predicted(&session), 0, "no other number of views was measured");
    set(&mut session, Knob::Sensors, "6");
    session.apply(Command::Update(vec![Update::Withdrawn { step: 50 }]), 0);
    assert!(session.catalogue().predictions().is_none() && !session.has_accuracies());
    // A fit that was begun before comes too late.
    session.apply(Command::Update(vec![Update::Predicted(std::sync::Arc::new(late))]), 0);
    assert!(session.catalogue().predictions().is_none());
    assert!(session.catalogue().prediction_input().fit().unwrap().is_none(), "nothing is measured any more");
}

#[test]
fn candidates_that_come_after_a_fit_are_predicted_too() {
    let mut session = measured_in_part();
    session.predict(0);
    let mut design = session.best_design(0).unwrap();
    let ratios = &session.space().split.ratios;
    design.ratio = *ratios.iter().find(|ratio| **ratio != design.ratio && **ratio > 1).unwrap();
    design.split = session.space().boundary_named("S2.1").unwrap();
    let design = session.space().canonical_design(design);
    let before = session.catalogue().len();
    learn(&mut session, &design, 6, 0.9);
    assert_eq!(session.catalogue().len(), before + 1);
    let id = before as CandidateId;
    assert!(session.ranked(id).unwrap().accuracy().is_some());
    let strip_less = session.catalogue().design(id, session.space().boundary_named("S1.1").unwrap()).unwrap();
    assert!(matches!(session.accuracy(&strip_less), ShownAccuracy::Estimated(_)));
}

/// The track of every knob says what a session says whose knob stands there.
fn assert_tracks_agree(session: &Session) {
    for range in session.ranges().all() {
        let steps = range.steps.iter().zip(session.track(range.knob)).step_by(3);
        for (&step, stop) in steps {
            let mut moved = session.clone();
            moved.apply(Command::SetKnobs(vec![(range.knob, step)]), 0);
            let best = moved.best_accuracy().unwrap_or(f64::NAN);
            let track = stop.map_or(f64::NAN, |stop| stop.accuracy);
            assert!((best - track).abs() < 1e-6 || best.is_nan() && track.is_nan(), "{range:?} {step}: {best} {track}");
            // Of equally accurate ones the fastest, as in the ranking.
            let design = |stop: &TrackStop| session.catalogue().design(stop.candidate, stop.split);
            let first = if best.is_nan() { None } else { moved.first_ranked() };
            let first = first.and_then(|id| moved.best_design(id));
            assert_eq!(stop.as_ref().and_then(design), first, "{range:?} {step}");
        }
    }
}

#[test]
fn tracks_show_what_lies_beyond_the_present_limits() {
    let mut session = measured_in_part();
    session.predict(0);
    let best = session.best_accuracy().unwrap();
    let limits = [
        (Knob::LatencyLimit, "2.5 ms"),
        (Knob::LatencyLimit, "3.5 ms"),
        (Knob::SensorMemory, "20 KiB"),
        (Knob::LinkBandwidth, "4 Mbit/s"),
    ];
    let mut barred = 0;
    for (knob, limit) in limits {
        set(&mut session, knob, limit);
        assert_tracks_agree(&session);
        let here = session.best_accuracy().unwrap_or(0.0);
        if here < best {
            barred += 1;
            let gains = session.accuracy_changes(false);
            assert!(gains.iter().any(|gain| gain.knob == knob), "{knob:?} {limit}: {gains:?}");
        }
        session.apply(Command::ResetKnobs, 0);
    }
    assert!(barred > 0);
}

#[test]
fn more_sensors_and_fewer_may_gain_accuracy() {
    let mut session = session(20);
    let design = session.best_design(3).unwrap();
    let gain = |session: &Session, strict: bool| {
        let changes = session.accuracy_changes(strict);
        changes.into_iter().find(|change| change.knob == Knob::Sensors).map(|change| change.value as u32)
    };
    learn(&mut session, &design, 6, 0.8);
    assert_eq!(gain(&session, false), None);
    learn(&mut session, &design, 7, 0.85);
    learn(&mut session, &design, 4, 0.7);
    assert_eq!((gain(&session, false), gain(&session, true)), (Some(7), Some(4)));
    learn(&mut session, &design, 5, 0.9);
    assert_eq!(gain(&session, false), Some(5));
}

#[test]
fn tracks_are_the_best_accuracy_at_each_step() {
    let mut session = measured_in_part();
    for predicts in [false, true] {
        if predicts {
            session.predict(0);
        }
        set(&mut session, Knob::LatencyLimit, "5 ms");
        assert_tracks_agree(&session);
        let now = session.best_accuracy().unwrap();
        let best_at = |knob, value| {
            let mut moved = session.clone();
            moved.apply(Command::SetKnobs(vec![(knob, value)]), 0);
            moved.best_accuracy()
        };
        for strict in [false, true] {
            for change in session.accuracy_changes(strict) {
                let there = best_at(change.knob, change.value).unwrap();
                assert!((there - now - change.change).abs() < 1e-6, "{change:?}");
                assert_eq!(change.change < 0.0, strict);
                assert!(predicts || !change.estimated, "all are measured: {change:?}");
            }
        }
        // The loss from the value that costs nothing down to the least one near it at which any design fits.
        let slope = session.accuracy_slope(Knob::LatencyLimit).unwrap();
        assert!((best_at(Knob::LatencyLimit, slope.from).unwrap() - now).abs() < 1e-3, "{slope:?}");
        let steps = &session.ranges().of(Knob::LatencyLimit).unwrap().steps;
        let near = steps.iter().filter(|&&step| step * 2.0 >= slope.from);
        let (least, lowest) = near.clone().find_map(|&step| Some((step, best_at(Knob::LatencyLimit, step)?))).unwrap();
        let loss = slope.change * (slope.from - least) / slope.step;
        assert!((lowest - now - loss).abs() < 1e-3, "{slope:?} {lowest} at {least}");
    }
}

#[test]
fn of_a_large_pool_no_split_is_missing_in_a_track() {
    let (space, profile) = pair();
    let mut session = Session::new(space, profile, 2000, 0);
    crate::tui::replay_shipped(&mut session).unwrap();
    session.predict(0);
    for (knob, limit) in [(Knob::LatencyLimit, "0.68 ms"), (Knob::SensorCompute, "600 MMAC/s")] {
        set(&mut session, knob, limit);
        let range = session.ranges().of(knob).unwrap();
        let values: Vec<f64> = range.steps.iter().copied().step_by(5).collect();
        let swept = session.sweep(knob, &values).unwrap();
        for (point, stop) in swept.iter().zip(session.track(knob).iter().step_by(5)) {
            let design = stop.and_then(|stop| session.catalogue().design(stop.candidate, stop.split));
            assert_eq!(design.as_ref(), point.best.as_ref().map(|best| &best.design), "{knob:?} {}", point.value);
        }
        session.apply(Command::ResetKnobs, 0);
    }
}

#[test]
fn equally_accurate_designs_stand_by_latency_in_tracks() {
    let mut session = session(120);
    let ids: Vec<CandidateId> = session.order().to_vec();
    let accuracy = |id| (session.catalogue().get(id).unwrap().macs as f64 / 1e6).round().min(3.0) / 10.0 + 0.5;
    let updates = ids.iter().map(|&id| measured(&session, id, 6, accuracy(id))).collect();
    session.apply(Command::Update(updates), 0);
    set(&mut session, Knob::LatencyLimit, "4 ms");
    assert_tracks_agree(&session);
}

#[test]
fn another_number_of_sensors_that_breaks_the_floor_on_accuracy_does_not_fit() {
    let mut session = measured_with_others(&[(-1, 0.7), (0, 0.8), (1, 0.85)]);
    let sensors = |session: &Session| {
        let swings = session.tornado();
        *swings.iter().find(|swing: &&DesignSwing| swing.knob == Knob::Sensors).unwrap()
    };
    assert!(sensors(&session).down.change_s.is_some() && sensors(&session).up.change_s.is_some());
    set(&mut session, Knob::AccuracyFloor, "75 %");
    assert!(
        sensors(&session).down.change_s.is_none() && sensors(&session).up.change_s.is_some(),
        "{:?}",
        sensors(&session)
    );
}

#[test]
fn a_slope_is_not_that_of_a_cliff_far_away() {
    let mut session = session(120);
    let ids: Vec<CandidateId> = session.order().to_vec();
    let latency = |id| session.ranked(id).unwrap().evaluation.latency.total_s();
    let fastest = ids.iter().map(|&id| latency(id)).fold(f64::INFINITY, f64::min);
    // Hardly less accurate but for the fastest ones.
    let accuracy = |id| if latency(id) < fastest * 1.2 { 0.3 } else { 0.8 + latency(id) };
    let updates = ids.iter().map(|&id| measured(&session, id, 6, accuracy(id))).collect();
    session.apply(Command::Update(updates), 0);
    let slope = session.accuracy_slope(Knob::LatencyLimit).unwrap();
    let by_ms = slope.change / slope.step * 1e-3;
    assert!((-0.002..-0.0005).contains(&by_ms), "{slope:?}");
}

#[test]
fn unsplit_networks_have_the_accuracy_that_was_published_for_their_size() {
    let space = shipped_space("attentive-nas");
    let session = Session::new(space, pair().1, 40, 1);
    assert!(session.has_accuracies() && session.catalogue().measurements().is_empty());
    let mut known = 0;
    for row in session.rows(0..session.order().len()) {
        let published = (202e6..713e6).contains(&(row.candidate.macs as f64));
        let figure = row.accuracy.figure();
        assert_eq!(figure.is_some(), published, "{}", row.candidate.macs);
        let Some(figure) = figure else { continue };
        known += 1;
        assert_eq!((figure.kind, figure.samples), (AccuracyKind::Literature, None));
        assert!((0.76..0.82).contains(&figure.value) && figure.low < figure.value);
        assert_eq!(session.ranked(row.id).unwrap().accuracy(), Some(figure.low));
    }
    assert!(known > 0);
    let points = session.points(Column::Accuracy, Column::Latency);
    assert!(points.len() == known && points.iter().all(|point| point.estimated));
}

#[test]
fn reasons_and_splits_tell_an_accuracy_that_was_not_measured() {
    let mut session = measured_in_part();
    session.predict(0);
    set(&mut session, Knob::AccuracyFloor, "99 %");
    let mut seen = [false; 2];
    for id in 0..session.catalogue().len() as CandidateId {
        session.apply(Command::SelectCandidate(id), 0);
        let is_estimated = session.accuracy(&session.selected_design().unwrap()).measured().is_none();
        let why = session.why();
        let reason = why.iter().find(|reason| reason.limit == Limit::Accuracy).unwrap();
        assert_eq!(reason.estimated, is_estimated);
        for words in [reason.sentence(), reason.brief()] {
            assert_eq!(words.contains("not measured"), is_estimated, "{words}");
        }
        let words = session.split_in_words(session.strip().unwrap().here().boundary);
        assert_eq!(words.contains("(≈"), is_estimated, "{words}");
        seen[usize::from(is_estimated)] = true;
    }
    assert_eq!(seen, [true; 2]);
}

#[test]
fn the_precisions_of_the_accuracies_shown_are_known() {
    let mut session = session(20);
    assert_eq!(session.accuracy_precisions(), "");
    let (id, views) = (0, session.knobs().sensors);
    let updates = vec![measured(&session, id, views, 0.8)];
    session.apply(Command::Update(updates), 0);
    assert_eq!(session.accuracy_precisions(), "int8");
    let (design, samples, step, quantisation) = (session.best_design(id + 1).unwrap(), 400, 1, None);
    let in_float = Update::Measured { design, views, accuracy: 0.8, samples, step, quantisation };
    session.apply(Command::Update(vec![in_float]), 0);
    assert_eq!(session.accuracy_precisions(), "int8 and float");
    set(&mut session, Knob::Sensors, "2");
    assert_eq!(session.accuracy_precisions(), "", "measured with another number of sensors");
    assert_eq!(Session::new(shipped_space("attentive-nas"), pair().1, 10, 0).accuracy_precisions(), "float");
}
