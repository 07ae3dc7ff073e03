//! Tests of the figures that screens show.

use super::{best_split, session, set};
use crate::explore::*;
use crate::network::BoundaryId;
use crate::quantity::{Knob, RelaxDirection};

#[test]
fn the_strip_shows_every_boundary_with_its_state() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    let strip = session.strip().unwrap();
    assert_eq!(strip.places.len(), 11);
    assert_eq!((strip.places[0].name, strip.places[10].name), ("input", "logits"));
    assert_eq!(strip.places[0].shape.to_string(), "1x32x32");
    assert_eq!(strip.here().boundary, best_split(&session));
    assert_eq!(strip.here().state, SplitState::Feasible);
    assert!(strip.fusion >= strip.split && !strip.overridden);
    set(&mut session, Knob::LinkBandwidth, "1 Mbit/s");
    set(&mut session, Knob::SensorMemory, "8 KiB");
    let strip = session.strip().unwrap();
    assert_eq!(strip.places[0].state, SplitState::Barred("link"));
    assert_eq!(strip.places[5].state, SplitState::Barred("mem"));
}

#[test]
fn a_split_behind_the_fusion_fuses_at_the_split() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    session.apply(Command::Override(DesignPart::Split, Move::To(6)), 0);
    let strip = session.strip().unwrap();
    assert_eq!((strip.split, strip.fusion, strip.overridden), (6, 6, true));
    assert_ne!(strip.split, strip.best);
    session.apply(Command::Override(DesignPart::Fusion, Move::By(2)), 0);
    assert_eq!(session.strip().unwrap().fusion, 8);
    session.apply(Command::Override(DesignPart::Split, Move::First), 0);
    let strip = session.strip().unwrap();
    assert_eq!((strip.split, strip.fusion), (0, 8));
    session.apply(Command::ResetOverride, 0);
    assert!(!session.strip().unwrap().overridden);
}

#[test]
fn what_is_changed_by_hand_costs_what_the_design_costs() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    for (part, to) in [
        (DesignPart::Fusion, Move::To(4)),
        (DesignPart::Ratio, Move::Last),
        (DesignPart::Bits, Move::First),
        (DesignPart::Split, Move::To(3)),
    ] {
        session.apply(Command::Override(part, to), 0);
    }
    let strip = session.strip().unwrap();
    let design = strip.design.clone();
    assert_eq!((design.split, design.ratio, design.bits), (3, 8, 4));
    let shown = strip.here().evaluation;
    let exact = session.catalogue().model().unwrap().evaluate(&design, session.knobs()).unwrap();
    assert_eq!((shown.sensor_peak_bytes, shown.link_bytes), (exact.sensor_peak_bytes, exact.link_bytes));
    for (shown, exact) in [(shown.latency.total_s(), exact.latency.total_s()), (shown.energy_j, exact.energy_j)] {
        assert!((shown - exact).abs() <= 1e-9 * exact);
    }
    assert_eq!(session.bars(BarQuantity::Latency, 3).iter().find(|bar| bar.selected).unwrap().evaluation, shown);
    // A pin keeps the design as it is shown.
    session.apply(Command::Pin, 0);
    let pin = session.setup().pins()[0];
    assert_eq!(session.catalogue().design(pin.candidate, pin.split.unwrap()), Some(design.clone()));
    let compared = &session.compared()[0];
    assert_eq!((&compared.design, compared.evaluation, compared.pin), (&design, shown, 'A'));
    let slow = session.compared_at(compared, Knob::LinkBandwidth, 12_500.0).unwrap();
    assert!(slow.latency.link_s > shown.latency.link_s && slow.latency.sensor_s == shown.latency.sensor_s);
    let gone = self::session(0);
    assert_eq!(gone.compared_at(compared, Knob::LinkBandwidth, 1.0), None);
}

#[test]
fn a_pin_is_looked_at_and_opened_again_at_the_split_it_was_pinned_with() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    let best = session.selected_design();
    let other = |design: &Option<crate::space::Design>| *design != best;
    session.apply(Command::Override(DesignPart::Split, Move::To(3)), 0);
    if session.selected_design() == best {
        session.apply(Command::Override(DesignPart::Split, Move::To(4)), 0);
    }
    session.apply(Command::Pin, 0);
    let pinned = session.selected_design();
    assert!(other(&pinned) && session.selected_pin() == Some(0) && session.pin_letter(0) == Some('A'));
    session.apply(Command::ResetOverride, 0);
    assert_eq!((session.selected_design(), session.selected_pin(), session.pin_letter(0)), (best.clone(), None, None));

    session.apply(Command::SelectPinned(0), 0);
    assert_eq!((session.selected_design(), session.selected_pin()), (pinned.clone(), Some(0)));
    let (strip, row) = (session.strip().unwrap(), session.pinned_rows().next().unwrap());
    let compared = &session.compared()[0];
    assert!(strip.overridden);
    assert_eq!((strip.here().evaluation, row.evaluation), (compared.evaluation, compared.evaluation));
    assert_eq!((row.split, row.pin), (pinned.as_ref().unwrap().split, Some('A')));
    assert_eq!(session.paradigms().unwrap().last().map(|one| one.design.clone()), pinned);
    let (space, profile) = super::pair();
    let opened = Session::open(&session.to_file(), space, profile).unwrap();
    assert_eq!((opened.selected_design(), opened.selected_pin()), (pinned.clone(), Some(0)));

    // Changes go on from the pin, and the way back is to the best split.
    session.apply(Command::Override(DesignPart::Bits, Move::First), 0);
    let moved = session.selected_design().unwrap();
    assert_eq!((moved.split, moved.bits), (pinned.as_ref().unwrap().split, 4));
    session.apply(Command::SelectPinned(0), 0);
    session.apply(Command::ResetOverride, 0);
    assert_eq!(session.selected_design(), best);
}

#[test]
fn parts_of_a_bar_add_up_in_every_breakdown() {
    let session = session(30);
    for unit in BarQuantity::ALL {
        for bar in session.bars(unit, 10) {
            let cost = &bar.evaluation;
            let total = match unit {
                BarQuantity::Latency => cost.latency.total_s(),
                BarQuantity::Energy => cost.energy_j,
                BarQuantity::Link => cost.link_bytes as f64 * f64::from(session.knobs().sensors),
                BarQuantity::Memory => bar.total(),
                BarQuantity::Frames => cost.latency.period_s().recip(),
            };
            assert!((bar.total() - total).abs() <= 1e-9 * total && bar.parts().len() == unit.parts().len());
        }
    }
}

#[test]
fn bars_show_the_selected_and_the_pinned_designs_wherever_they_stand() {
    let mut session = session(50);
    session.apply(Command::Select(Move::To(40)), 0);
    session.apply(Command::Pin, 0);
    session.apply(Command::Select(Move::To(30)), 0);
    let bars = session.bars(BarQuantity::Latency, 5);
    assert_eq!(bars.len(), 5);
    assert!(bars[3].selected && bars[4].pin == Some('A'));
    assert_eq!(bars[0].candidate, session.order()[0]);
}

#[test]
fn points_on_the_front_are_beaten_by_none() {
    let mut session = session(200);
    set(&mut session, Knob::LatencyLimit, "4 ms");
    let (up, right) = (Column::Macs, Column::Latency);
    let points = session.points(up, right);
    assert_eq!((points.len(), session.has_accuracies()), (session.order().len(), false));
    for point in points.iter().filter(|point| point.class != PointClass::Infeasible) {
        let beaten = points.iter().any(|other| {
            other.class != PointClass::Infeasible
                && other.right <= point.right
                && other.up >= point.up
                && (other.right < point.right || other.up > point.up)
        });
        assert_eq!(point.class == PointClass::Front, !beaten, "{point:?}");
    }
    assert_eq!(session.selected_point(up, right).map(|point| point.candidate), session.selected());
    // Other rows and other axes have other points.
    let before = points.to_vec();
    assert_ne!(session.points(Column::Energy, right), before);
    assert_eq!(session.points(up, right), before);
    session.apply(Command::Filter("split=S2".into()), 0);
    assert_eq!(session.points(up, right).len(), session.order().len());
    assert!(session.points(up, right).len() < before.len());
}

#[test]
fn rows_sort_by_any_column_and_what_fits_stays_first() {
    let mut session = session(100);
    set(&mut session, Knob::LatencyLimit, "3.5 ms");
    for column in Column::ALL.into_iter().skip(1) {
        for reversed in [false, true] {
            session.apply(Command::Sort(column), 0);
            assert_eq!(session.setup().sort(), Sort { column, reversed });
            let fits = |id: &&CandidateId| session.ranked(**id).unwrap().feasible();
            let fit = session.order().iter().take_while(fits).count();
            assert_eq!(session.order().iter().filter(fits).count(), fit);
            let figures: Vec<f64> = session.order().iter().map(|&id| session.figure(id, column)).collect();
            for part in [&figures[..fit], &figures[fit..]] {
                let known: Vec<f64> = part.iter().copied().filter(|figure| !figure.is_nan()).collect();
                let ascends = column.descends() == reversed;
                assert!(known.is_sorted_by(|one, next| if ascends { one <= next } else { one >= next }), "{column:?}");
            }
        }
    }
}

#[test]
fn candidates_that_are_one_design_stand_in_one_row() {
    let (_, profile) = super::pair();
    let mut session = Session::new(super::shipped_space("mobilenet-v2"), profile, 500, 1);
    let designs = |session: &Session| {
        let mut designs: Vec<_> = session.order().iter().map(|&id| session.best_design(id).unwrap()).collect();
        let rows = designs.len();
        designs.sort();
        designs.dedup();
        (rows, designs.len())
    };
    let (rows, different) = designs(&session);
    assert!(rows == different && rows < session.catalogue().len(), "{rows} rows, {different} designs");
    // What is pinned stands for the others, or beside them.
    for id in [3, 5, 8] {
        session.apply(Command::SelectCandidate(id), 0);
        session.apply(Command::Pin, 0);
        assert!(session.order().contains(&id) && session.selected_row().is_some());
    }
}

#[test]
fn rows_are_compared_with_the_baseline() {
    let mut session = session(20);
    session.apply(Command::Select(Move::To(3)), 0);
    session.apply(Command::Baseline, 0);
    let rows: Vec<TableRow> = session.rows(0..10).collect();
    assert_eq!(rows[3].latency_delta_s, 0.0);
    let delta = rows[0].evaluation.latency.total_s() - rows[3].evaluation.latency.total_s();
    assert!((rows[0].latency_delta_s - delta).abs() < 1e-15);
}

#[test]
fn the_status_says_what_binds_and_what_would_help() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    let status = session.status().unwrap();
    assert!(status.feasible && status.sentence.ends_with("sensor memory 37.5 % spare"), "{}", status.sentence);
    set(&mut session, Knob::LatencyLimit, "3 ms");
    session.apply(Command::SelectCandidate(0), 0);
    let status = session.status().unwrap();
    assert!(!status.feasible);
    assert!(status.sentence.contains("latency") && status.sentence.contains(" > 3.00 ms. "), "{}", status.sentence);
    assert!(status.sentence.contains("Smallest fix: raise the "), "{}", status.sentence);
    assert_eq!(session.why().len(), 1);
}

#[test]
fn at_the_break_even_bandwidth_two_splits_take_the_same_time() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    let mut found = 0;
    for (one, other) in [(0, 3), (1, 5), (0, 10), (3, 7)] {
        let Some(bandwidth) = session.break_even_bandwidth(one, other) else { continue };
        let mut there = session.clone();
        let at = there.ranges().all().iter().position(|range| range.knob == Knob::LinkBandwidth).unwrap();
        there.apply(Command::SelectKnob(Move::To(at)), 0);
        there.apply(Command::TypeKnob(format!("{bandwidth} B/s")), 0);
        let strip = there.strip().unwrap();
        let total = |index: BoundaryId| strip.places[usize::from(index)].evaluation.latency.total_s();
        assert!((total(one) / total(other) - 1.0).abs() < 1e-9, "{one} {other} {bandwidth}");
        found += 1;
    }
    assert!(found > 0);
    assert_eq!(session.break_even_bandwidth(3, 3), None);
    assert_eq!(session.break_even_bandwidth(3, 200), None);
}

#[test]
fn the_tornado_is_what_moving_the_knobs_does() {
    let mut session = session(20);
    session.apply(Command::SelectCandidate(0), 0);
    let swings = session.tornado();
    assert_eq!(swings.len(), session.ranges().all().len());
    let before = session.ranked(0).unwrap().evaluation.latency.total_s();
    let swing = swings.iter().find(|swing| swing.knob == Knob::LinkBandwidth).unwrap();
    set(&mut session, Knob::LinkBandwidth, "20 Mbit/s");
    let change = session.ranked(0).unwrap().evaluation.latency.total_s() - before;
    assert!((swing.down.change_s.unwrap() - change).abs() < 1e-12 && swing.up.change_s.unwrap() < 0.0);
    let size =
        |swing: &DesignSwing| swing.down.change_s.unwrap_or(0.0).abs().max(swing.up.change_s.unwrap_or(0.0).abs());
    assert!(swings.is_sorted_by(|one, next| size(one) >= size(next)));
}

#[test]
fn a_design_is_printed_as_toml() {
    let session = session(20);
    let table: toml::Table = session.design_toml(&session.selected_design().unwrap()).parse().unwrap();
    assert_eq!(table["design"]["space"].as_str(), Some("tabletop"));
}

#[test]
fn filters_combine_columns_words_and_denials() {
    let mut session = session(200);
    let count = |session: &mut Session, text: &str| {
        session.apply(Command::Filter(text.into()), 0);
        assert_eq!(session.setup().filter().text(), text, "{:?}", session.toast(0));
        session.order().len()
    };
    let all = session.order().len();
    let fast = count(&mut session, "lat<4ms");
    assert!(fast > 0 && fast < all);
    assert_eq!(count(&mut session, "lat<4"), fast, "the range's unit is ms");
    assert_eq!(count(&mut session, "-lat<4ms"), all - fast);
    assert_eq!(count(&mut session, "lat<0.004s ratio>=4") + count(&mut session, "lat<4000us ratio<4"), fast);
    let largest = session.catalogue().candidates()[0].macs as f64;
    assert!(count(&mut session, &format!("macs={}", largest / 1e6)) >= 1);
    assert_eq!(count(&mut session, "measured"), 0);
    assert!(count(&mut session, "split>=S2 split<=S3") >= count(&mut session, "split=S2"));
    assert!(count(&mut session, "front fits") > 0);
    assert_eq!(count(&mut session, "acc>10"), 0, "what is not measured is above nothing");
}

#[test]
fn every_pair_of_figures_has_points() {
    let session = session(60);
    for up in Column::FIGURES {
        for right in Column::FIGURES {
            let points = session.points(up, right);
            assert!(points.len() <= session.order().len());
            assert!(
                points.iter().all(|point| point.right.to_bits() == session.figure(point.candidate, right).to_bits())
            );
        }
    }
    assert!(session.points(Column::Split, Column::Latency).is_empty(), "a split is no figure");
}

#[test]
fn several_knobs_turn_as_one_step_and_the_joint_fix_makes_the_design_fit() {
    let mut session = session(60);
    assert!(session.status().unwrap().feasible && session.joint_fixes().is_empty(), "what fits needs no fix");
    set(&mut session, Knob::LatencyLimit, "0.7 ms");
    set(&mut session, Knob::SensorMemory, "8 KiB");
    session.apply(Command::SelectCandidate(0), 0);
    session.apply(Command::Override(DesignPart::Split, Move::To(4)), 0);
    assert!(session.fixes().is_empty(), "{:?}", session.fixes());
    let joint = session.joint_fixes();
    assert!(joint.len() > 1, "{joint:?}");
    let sentence = session.status().unwrap().sentence;
    assert!(sentence.contains(&joint[0].knob.format(joint[0].to)), "{sentence}");
    let (before, steps) = (session.setup().clone(), session.history().past().len());
    session.apply(Command::SetKnobs(joint.iter().map(|fix| (fix.knob, fix.to)).collect()), 9000);
    assert!(session.status().unwrap().feasible && session.fixes().is_empty() && session.joint_fixes().is_empty());
    assert_eq!(session.history().past().len(), steps + 1);
    session.apply(Command::Undo, 9000);
    assert_eq!(*session.setup(), before);
}

#[test]
fn beyond_the_bandwidths_it_holds_between_another_split_is_fastest() {
    let mut session = session(60);
    session.apply(Command::SelectCandidate(0), 0);
    let hold = session.hold().unwrap();
    assert_eq!(Some(hold.split), session.best_split(0));
    let fastest_at = |bandwidth: f64| {
        let mut session = session.clone();
        session.apply(Command::SetKnobs(vec![(Knob::LinkBandwidth, bandwidth)]), 0);
        session.hold().unwrap().split
    };
    let (low, below) = hold.below.expect("a slow link moves the split");
    let (high, above) = hold.above.expect("a fast link moves it too");
    assert_eq!(
        [low * 0.99, low * 1.01, high * 0.99, high * 1.01].map(fastest_at),
        [below, hold.split, hold.split, above]
    );
    let sentence = session.hold_sentence().unwrap();
    // Further away yet others may be.
    for (split, side) in [(below, "next below"), (above, "next above")] {
        assert!(sentence.contains(&format!("{} {side}", session.split_in_words(split))), "{sentence}");
    }
}

#[test]
fn a_limit_without_effect_says_how_far_it_may_go() {
    let mut session = session(60);
    session.apply(Command::SelectCandidate(0), 0);
    let split = session.best_split(0);
    for knob in [Knob::SensorMemory, Knob::LatencyLimit, Knob::EnergyLimit, Knob::FrameRateFloor] {
        let swing = session.tornado().into_iter().find(|swing| swing.knob == knob).unwrap();
        let at = |value: f64| {
            let mut session = session.clone();
            session.apply(Command::SetKnobs(vec![(knob, value)]), 0);
            (session.ranked(0).unwrap().feasible(), session.best_split(0))
        };
        let tighter = if knob.info().relax == RelaxDirection::Up { 0.999 } else { 1.001 };
        assert_eq!(at(swing.needed / tighter), (true, split), "{knob:?} {}", swing.needed);
        assert_ne!(at(swing.needed * tighter), (true, split), "{knob:?} {}", swing.needed);
    }
}
