//! Knobs move, best splits and counts follow.

use proptest::prelude::*;

use super::{best_split, session, set, shipped_space, step};
use crate::cost::best_split as cost_best_split;
use crate::cost::{DesignReport, NetworkCosts, Paradigm, TransmitConfig, evaluate, paradigms, sweep};
use crate::explore::ranking_rule::Evaluator;
use crate::explore::*;
use crate::network::BoundaryId;
use crate::quantity::{Knob, Limit};
use crate::space::Design;

#[test]
fn the_largest_design_is_split_inside_the_network() {
    let session = session(50);
    assert_eq!(session.catalogue().candidates()[0].genome, session.space().largest());
    let split = best_split(&session);
    assert!(split > 0 && split < session.space().last(), "{}", session.space().boundary_name(split));
    assert!(session.ranked(0).unwrap().feasible());
}

#[test]
fn less_bandwidth_moves_the_split_towards_the_logits_and_more_towards_the_input() {
    let mut session = session(20);
    set(&mut session, Knob::LatencyLimit, "none");
    let home = best_split(&session);
    for direction in [-1, 1] {
        session.apply(Command::ResetKnobs, 0);
        set(&mut session, Knob::LatencyLimit, "none");
        set(&mut session, Knob::SensorMemory, "none");
        let mut splits = vec![best_split(&session)];
        for _ in 0..session.ranges().of(Knob::LinkBandwidth).unwrap().steps.len() {
            step(&mut session, Knob::LinkBandwidth, direction, 0);
            splits.push(best_split(&session));
        }
        assert_eq!(splits[0], home);
        assert!(
            if direction < 0 { splits.is_sorted() } else { splits.is_sorted_by(|one, next| one >= next) },
            "{splits:?}"
        );
        assert_ne!(splits.last(), Some(&home), "{splits:?}");
    }
}

#[test]
fn less_sensor_memory_moves_the_split_back() {
    let mut session = session(20);
    set(&mut session, Knob::LinkBandwidth, "2 Mbit/s");
    set(&mut session, Knob::LatencyLimit, "none");
    let mut before = best_split(&session);
    let mut moved = 0;
    for _ in 0..40 {
        step(&mut session, Knob::SensorMemory, -1, 0);
        let now = best_split(&session);
        if !session.ranked(0).unwrap().feasible() {
            break;
        }
        assert!(now <= before, "from {before} to {now}");
        moved += u32::from(now < before);
        before = now;
    }
    assert!(moved > 0);
    assert_eq!(before, 0, "only raw input needs no more memory than the frame");
}

#[test]
fn cost_paradigms_and_explorer_choose_the_same_split() {
    let session = session(30);
    let (space, model) = (session.space(), session.catalogue().model().unwrap());
    let mut ties = 0;
    // At endless speed all splits take the readout and the link's latency, so that limits and order alone decide.
    for (speed, limit) in [(1.0, 0.01), (1.0, 0.003), (1.0, 1e-3), (1e300, 1.0), (1e300, 1e-6)] {
        let mut knobs = *session.knobs();
        for knob in [Knob::LinkBandwidth, Knob::SensorCompute, Knob::AggregatorCompute] {
            knobs.set(knob, knobs.get(knob) * speed);
        }
        knobs.latency_limit_s = Some(limit);
        for id in 0..30 {
            let CandidateDesign { genome, transmit, .. } = &session.catalogue().candidates()[id as usize];
            let costs = NetworkCosts { demands: session.catalogue().demands(id) };
            let splits = space.splits(genome);
            let chosen = |is_allowed: &dyn Fn(BoundaryId) -> bool| {
                let allowed: Vec<bool> =
                    (0..=space.last()).map(|split| splits.contains(&split) && is_allowed(split)).collect();
                let by_cost = cost_best_split(&costs, &knobs, |demand| allowed[usize::from(demand.boundary)]);
                let by_explorer = Evaluator::new(&knobs, &allowed).best_of(&costs.demands, &[]);
                assert_eq!(by_explorer.map(|best| usize::from(best.split_index)), by_cost, "{limit} #{id}");
                by_cost.unwrap()
            };
            let boundary = |index: usize| costs.demands[index].boundary;
            let best = chosen(&|_| true);
            let report = DesignReport::new(model, genome, *transmit, knobs).unwrap();
            let feasible = evaluate(&costs, best, &knobs).feasible();
            assert_eq!(report.best_split().map(|split| split.demand.boundary), feasible.then(|| boundary(best)));

            let TransmitConfig { fusion, ratio, bits } = *transmit;
            let unsplit = Design { genome: genome.clone(), split: 0, fusion, ratio, bits };
            let figures = paradigms(model, &unsplit, &knobs).unwrap();
            let distributed = figures.iter().find(|figures| figures.paradigm == Paradigm::Distributed).unwrap();
            let inside = chosen(&|split| space.has_splitting_module(split));
            assert_eq!(distributed.design.split, boundary(inside), "{limit} #{id}");
            let inside_s = evaluate(&costs, inside, &knobs).latency.total_s();
            ties += sweep(&costs, &knobs).filter(|cost| cost.latency.total_s() == inside_s).count() - 1;
        }
    }
    assert!(ties > 100, "{ties} ties");
}

#[test]
fn before_anything_is_measured_the_largest_network_that_fits_stands_first() {
    let mut session = session(300);
    for limit in ["10 ms", "4 ms", "3 ms", "2 ms"] {
        set(&mut session, Knob::LatencyLimit, limit);
        let first = session.ranking()[0];
        let macs = |id: CandidateId| session.catalogue().candidates()[id as usize].macs;
        let fit = (0..300).filter(|&id| session.ranked(id).unwrap().feasible());
        assert_eq!(Some(macs(first)), fit.map(macs).max().or(Some(macs(first))), "{limit}");
        let classes: Vec<Class> = session.ranking().iter().map(|&id| session.ranked(id).unwrap().class).collect();
        assert!(classes.is_sorted());
        assert_eq!(session.feasible_count(), classes.iter().filter(|class| **class != Class::Infeasible).count());
    }
    assert!(session.feasible_count() < 300);
}

#[test]
fn what_breaks_least_stands_first_among_what_does_not_fit() {
    let mut session = session(200);
    set(&mut session, Knob::LatencyLimit, "1 ms");
    assert_eq!(session.feasible_count(), 0);
    // Latency orders by its first seven digits.
    let latency = |&id: &CandidateId| session.ranked(id).unwrap().evaluation.latency.total_s() as f32;
    let latencies: Vec<f32> = session.ranking().iter().map(latency).collect();
    assert!(latencies.is_sorted(), "with one limit broken the least latency is the least excess");
    assert_eq!(session.binding(), [(Limit::Latency, 200)]);
}

#[test]
fn of_a_large_pool_a_sample_says_what_a_knob_would_bring() {
    let mut session = session(3000);
    set(&mut session, Knob::LatencyLimit, "4 ms");
    assert!(session.sampled() < 400 && session.gains().len() > 2);
    let before = session.feasible_count();
    for gain in session.gains().to_vec() {
        let mut there = session.clone();
        let fraction = session.ranges().of(gain.change.knob).unwrap().fraction(gain.change.to);
        there.apply(Command::SetKnob { knob: gain.change.knob, fraction }, 0);
        // Within four standard errors of a share of at most a half, of the whole pool and not of the sample.
        let error = 4.0 * 0.5 / (session.sampled() as f64).sqrt() * 3000.0;
        let gained = (there.feasible_count() - before) as f64;
        assert!((f64::from(gain.gained) - gained).abs() < error, "{gain:?}: {gained}");
        assert!(gain.gained as usize <= 3000 - before, "{gain:?}");
    }
}

#[test]
fn a_limit_binds_what_would_fit_without_it() {
    let mut session = session(200);
    set(&mut session, Knob::LatencyLimit, "4 ms");
    set(&mut session, Knob::SensorMemory, "2 KiB");
    let fit = session.feasible_count();
    let barred = session.binding();
    assert!(fit < 200 && !barred.is_empty());
    for (limit, count) in barred {
        let knob = if limit == Limit::Latency { Knob::LatencyLimit } else { Knob::SensorMemory };
        let mut lifted = session.clone();
        set(&mut lifted, knob, "none");
        assert_eq!(lifted.feasible_count(), fit + count, "{limit:?}");
    }
}

#[test]
fn locked_knobs_stay_and_others_reset() {
    let mut session = session(10);
    set(&mut session, Knob::LinkBandwidth, "5 Mbit/s");
    session.apply(Command::LockKnob, 0);
    set(&mut session, Knob::Sensors, "3");
    session.apply(Command::SetKnob { knob: Knob::LinkBandwidth, fraction: 1.0 }, 0);
    assert!(session.toast(0).unwrap().text.contains("locked"));
    session.apply(Command::ResetKnobs, 0);
    assert_eq!((session.value(Knob::LinkBandwidth), session.value(Knob::Sensors)), (625e3, 6.0));
    assert!(session.setup().is_locked(Knob::LinkBandwidth));
}

#[test]
fn queued_steps_take_effect_together() {
    let (mut queued, mut stepped) = (session(20), session(20));
    let bandwidth = queued.ranges().all().iter().position(|range| range.knob == Knob::LinkBandwidth).unwrap();
    for session in [&mut queued, &mut stepped] {
        session.apply(Command::SelectKnob(Move::To(bandwidth)), 0);
    }
    let before = queued.setup().clone();
    for steps in [1, -10, -10, 1, -3] {
        queued.queue(Command::MoveKnob(Move::By(steps)), 0);
        stepped.apply(Command::MoveKnob(Move::By(steps)), 0);
        assert_eq!(queued.setup(), &before);
    }
    queued.apply_pending_steps(0);
    assert_eq!((queued.setup(), queued.order(), queued.history().past().len()), (stepped.setup(), stepped.order(), 1));
    // Another action applies the steps before it.
    queued.queue(Command::MoveKnob(Move::By(2)), 0);
    queued.queue(Command::LockKnob, 1000);
    stepped.apply(Command::MoveKnob(Move::By(2)), 0);
    stepped.apply(Command::LockKnob, 1000);
    assert_eq!(queued.setup(), stepped.setup());
    queued.queue(Command::MoveKnob(Move::By(2)), 2000);
    queued.apply_pending_steps(2000);
    assert_eq!(queued.setup(), stepped.setup());
    assert!(queued.toast(2000).unwrap().text.contains("locked"));
}

#[test]
fn a_wrong_value_changes_nothing_and_says_why() {
    let mut session = session(10);
    let before = session.setup().clone();
    session.apply(Command::TypeKnob("many".into()), 5);
    assert_eq!(session.setup(), &before);
    assert_eq!(session.toast(1_000_000).map(|message| message.text.as_str()), Some("`many` is not a number"));
    session.apply(Command::Dismiss, 6);
    assert_eq!(session.toast(7), None);
}

#[test]
fn a_space_of_one_view_takes_one_sensor() {
    let (_, profile) = super::pair();
    let session = Session::new(shipped_space("mobilenet-v2"), profile, 100, 1);
    assert_eq!(session.value(Knob::Sensors), 1.0);
    assert!(session.toast(0).unwrap().text.contains("takes one view; the profile has 6 sensors"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_histogram_says_how_many_fit_if_the_knob_stood_there(
        fractions in prop::collection::vec(0.0_f64..1.0, 8),
        which in 0_usize..8,
        step in 0.0_f64..1.0,
    ) {
        let mut session = session(60);
        let ids: Vec<Knob> = session.ranges().all().iter().map(|range| range.knob).collect();
        // Within the middle of the ranges, where there is something to count.
        for (&knob, fraction) in ids.iter().zip(&fractions) {
            session.apply(Command::SetKnob { knob, fraction: 0.3 + 0.5 * fraction }, 0);
        }
        let knob = ids[which];
        let step = (step * session.ranges().of(knob).unwrap().last() as f64) as usize;
        let said = session.histogram(knob)[step];
        let before = session.clone();
        session.apply(Command::SelectKnob(Move::To(which)), 0);
        session.apply(Command::MoveKnob(Move::To(step)), 0);
        prop_assert_eq!(said as usize, session.feasible_count(), "{:?} at step {}", knob, step);
        for gain in before.gains() {
            let mut there = before.clone();
            there.apply(Command::SetKnob { knob: gain.change.knob, fraction: before.ranges().of(gain.change.knob).unwrap().fraction(gain.change.to) }, 0);
            prop_assert_eq!(there.feasible_count() - before.feasible_count(), gain.gained as usize);
        }
    }

    #[test]
    fn a_fix_mends(fractions in prop::collection::vec(0.0_f64..1.0, 8), row in 0_usize..60) {
        let mut session = session(60);
        let ids: Vec<Knob> = session.ranges().all().iter().map(|range| range.knob).collect();
        for (&knob, fraction) in ids.iter().zip(&fractions) {
            session.apply(Command::SetKnob { knob, fraction: 0.2 + 0.4 * fraction }, 0);
        }
        session.apply(Command::Select(Move::To(59 - row)), 0);
        let selected = session.selected().unwrap();
        let fixes = session.fixes();
        prop_assert!(fixes.is_empty() || !session.ranked(selected).unwrap().feasible());
        for fix in fixes {
            let mut mended = session.clone();
            mended.apply(Command::SetKnobs(vec![(fix.knob, fix.to)]), 0);
            prop_assert!(mended.ranked(selected).unwrap().feasible(), "{:?}", fix);
        }
    }
}

#[test]
fn a_fix_is_that_of_the_split_shown_as_its_costs_tell_it() {
    let mut session = session(60);
    set(&mut session, Knob::LatencyLimit, "0.5 ms");
    let mut compared = 0;
    for row in [0, 20, 40, 59] {
        session.apply(Command::Select(Move::To(row)), 0);
        let split = session.selected_design().unwrap().split;
        let report = session.design_report().unwrap();
        let told: Vec<String> =
            report.split_at(split).unwrap().single.iter().map(crate::cost::KnobChange::sentence).collect();
        for fix in session.fixes() {
            assert!(told.contains(&fix.sentence()), "{} is not among {told:?}", fix.sentence());
            let mut mended = session.clone();
            mended.apply(Command::SetKnobs(vec![(fix.knob, fix.to)]), 0);
            assert!(mended.design_report().unwrap().split_at(split).unwrap().cost.feasible(), "{}", fix.sentence());
            compared += 1;
        }
    }
    assert!(compared >= 4, "{compared}");
}
