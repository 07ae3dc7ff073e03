//! Tests of reasons and fixes.

use proptest::prelude::*;

use super::*;

#[test]
fn each_broken_limit_is_named_with_its_place() {
    let (space, profile) = (space("mobilenet-v2"), profile(4));
    let network = space.lower(&space.largest()).unwrap();
    let table = NetworkCosts::new(&network, TransmitConfig { fusion: 0, ratio: 4, bits: 8 }, &profile).unwrap();
    let usual = Knobs::from_profile(&profile);
    let knobs = Knobs { latency_limit_s: Some(1e-3), accuracy_floor: Some(0.9), ..usual };
    let demand = &table.demands[table.position(space.boundary_named("b5.1").unwrap()).unwrap()];
    let reasons = reasons(&network, demand, &profile, &knobs, MeasuredShares::of_accuracy(0.8));
    let limits: Vec<Limit> = reasons.iter().map(|reason| reason.limit).collect();
    assert_eq!(limits, [Limit::SensorMemory, Limit::SensorWeights, Limit::Latency, Limit::Accuracy]);
    let memory = &reasons[0];
    assert_eq!((memory.value as u64, memory.over() as u64), (1372 * 1024, (1372 - 512) * 1024));
    assert_eq!(
        memory.sentence(),
        "sensor memory 1.34 MiB exceeds 512 KiB at b1.1.expand (output of b1.1.expand 1.15 MiB, output of b0.project 196 KiB)"
    );
    assert!(memory.fix().starts_with("raise the sensor memory to 1.34 MiB"));
    assert!(reasons[2].sentence().contains("ms of it in the sensors"), "{}", reasons[2].sentence());
    assert!(reasons[3].sentence().starts_with("accuracy 80.0 % is below 90.0 %"));
    assert!(reasons.iter().all(|reason| reason.over() > 0.0));
}

#[test]
fn no_layer_is_named_to_split_before_where_the_frame_alone_is_too_large() {
    let (space, profile) = (space("mobilenet-v2"), profile(4));
    let network = space.lower(&space.largest()).unwrap();
    let table = NetworkCosts::new(&network, TransmitConfig { fusion: 0, ratio: 4, bits: 8 }, &profile).unwrap();
    let knobs = Knobs { sensor_memory_bytes: 1024, ..Knobs::from_profile(&profile) };
    for demand in &table.demands {
        let reasons = reasons(&network, demand, &profile, &knobs, MeasuredShares::UNKNOWN);
        let memory = reasons.iter().find(|reason| reason.limit == Limit::SensorMemory).unwrap();
        let names_a_layer = memory.fix().contains("split before that layer");
        let during = match &memory.at {
            ReasonSite::Memory { during, .. } => during,
            other => panic!("{other:?}"),
        };
        assert_eq!(names_a_layer, matches!(during, PeakMoment::Layer(_) | PeakMoment::Patch(_)), "{during:?}");
        assert!(demand.boundary != 0 || !names_a_layer, "{}", memory.fix());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_fix_mends_and_is_the_smallest(
        seed: u64, which in 0_usize..7, limit in 0.05_f64..0.95, memory in 0.3_f64..1.2, index in 0_usize..14,
    ) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
        let demand = &table.demands[index % table.demands.len()];
        let usual = Knobs::from_profile(&profile);
        let now = SystemRates::new(&usual).evaluate(demand);
        let knobs = Knobs {
            latency_limit_s: Some(now.latency.total_s() * limit),
            sensor_memory_bytes: (demand.sensor_peak_bytes as f64 * memory) as u64,
            ..usual
        };
        let feasible = |knobs: &Knobs| SystemRates::new(knobs).evaluate(demand).feasible();
        let changes = single_fixes(&[(demand, MeasuredShares::UNKNOWN)], &knobs);
        prop_assert!(changes.is_sorted_by(|one, next| one.distance() <= next.distance()), "{changes:?}");
        for change in changes {
            prop_assert!(feasible(&knobs.with(change.knob, change.to)), "{}", change.sentence());
            let short = change.from + (change.to - change.from) * 0.99;
            let counted = matches!(change.knob, Knob::Sensors | Knob::SensorMemory);
            prop_assert!(counted || !feasible(&knobs.with(change.knob, short)), "{} is too much", change.sentence());
        }
        if let Some(changes) = joint_fix(&[(demand, MeasuredShares::UNKNOWN)], &knobs) {
            let moved = changes.iter().fold(knobs, |knobs, change| knobs.with(change.knob, change.to));
            prop_assert!(feasible(&moved), "{changes:?}");
            // None of them is for nothing, and speeds a little lower are too low.
            for change in &changes {
                prop_assert!(!feasible(&moved.with(change.knob, change.from)), "{} is for nothing", change.sentence());
            }
            let slower = |knobs: Knobs, change: &KnobChange| match change.knob {
                Knob::LinkBandwidth | Knob::SensorCompute | Knob::AggregatorCompute => {
                    knobs.with(change.knob, change.to * 0.999)
                }
                _ => knobs,
            };
            let less = changes.iter().fold(moved, slower);
            prop_assert!(less == moved || !feasible(&less), "{changes:?} is too much");
        } else {
            let broken = now.violations;
            prop_assert!(broken.contains(Limit::SensorWeights) || broken.contains(Limit::AggregatorWeights));
        }
    }
}

#[test]
fn the_limit_that_no_design_meets_is_named_before_a_search() {
    let (space, profile) = (space("tabletop"), profile(0));
    let network = space.lower(&space.smallest()).unwrap();
    let transmit = TransmitConfig { fusion: space.boundary_named("S2.1").unwrap(), ratio: 4, bits: 8 };
    let table = NetworkCosts::new(&network, transmit, &profile).unwrap();
    let knobs = Knobs::from_profile(&profile);
    assert_eq!(why_none(&table.demands, &knobs), None);
    let tight = Knobs { latency_limit_s: Some(1e-4), ..knobs };
    let shortfalls = why_none(&table.demands, &tight).unwrap();
    assert_eq!(shortfalls.iter().map(|shortfall| shortfall.limit).collect::<Vec<_>>(), [Limit::Latency]);
    let best = sweep(&table, &knobs).map(|evaluation| evaluation.latency.total_s()).fold(f64::INFINITY, f64::min);
    assert!((shortfalls[0].reached - best).abs() < 1e-12);
    // Each limit alone is met by some split, but never both by one.
    let total = |index: usize| evaluate(&table, index, &knobs).latency.total_s();
    let between = Knobs {
        latency_limit_s: Some(f64::midpoint(best, total(0))),
        sensor_memory_bytes: table.demands[0].sensor_peak_bytes,
        ..knobs
    };
    assert_eq!(why_none(&table.demands, &between), Some(Vec::new()));
}

#[test]
fn impossible_knobs_are_refused_in_words() {
    let usual = Knobs::from_profile(&profile(0));
    assert_eq!(usual.check(), Ok(()));
    let error = Knobs { bandwidth_bytes_per_s: 0.0, ..usual }.check().unwrap_err();
    assert_eq!(error.to_string(), "link bandwidth must be a finite number above zero, not 0");
    for knobs in [
        Knobs { sensors: 0, ..usual },
        Knobs { sensors: 65, ..usual },
        Knobs { sensor_macs_per_s: f64::NAN, ..usual },
        Knobs { latency_limit_s: Some(-1.0), ..usual },
        Knobs { aggregator_macs_per_s: f64::INFINITY, ..usual },
    ] {
        assert!(knobs.check().is_err());
    }
}
