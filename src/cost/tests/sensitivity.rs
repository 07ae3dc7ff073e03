//! Break-even bandwidth and tornado.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn two_splits_are_equally_fast_at_their_break_even_bandwidth(
        seed: u64, which in 0_usize..7, pair in (0_usize..14, 0_usize..14), sensors in 1_u32..13,
    ) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
        let (first, second) = (&table.demands[pair.0 % table.demands.len()], &table.demands[pair.1 % table.demands.len()]);
        let knobs = Knobs { sensors, ..Knobs::from_profile(&profile) };
        let total = |demand, bandwidth| {
            SystemRates::new(&knobs.with(Knob::LinkBandwidth, bandwidth)).latency(demand).total_s()
        };
        if let Some(bandwidth) = break_even_bandwidth(first, second, &knobs) {
            let (one, other) = (total(first, bandwidth), total(second, bandwidth));
            prop_assert!((one / other - 1.0).abs() < 1e-6, "{one} and {other}");
            let (more, less) = if first.link_bytes > second.link_bytes { (first, second) } else { (second, first) };
            for factor in [2.0, 1.0 + 1e-4] {
                let faster = [total(more, bandwidth * factor), total(less, bandwidth * factor)];
                prop_assert!(faster[0] < faster[1], "{factor}: {faster:?}");
                let slower = [total(less, bandwidth / factor), total(more, bandwidth / factor)];
                prop_assert!(slower[0] < slower[1], "{factor}: {slower:?}");
            }
        } else {
            let wins = [1e-3, 1e12].map(|bandwidth| total(first, bandwidth) <= total(second, bandwidth));
            prop_assert!(wins[0] == wins[1] || first.link_bytes == second.link_bytes);
        }
    }
}

#[test]
fn a_tornado_is_sorted_and_its_bandwidth_bar_points_the_right_way() {
    let (space, profile) = (space("tabletop"), profile(0));
    let network = space.lower(&space.largest()).unwrap();
    let transmit = TransmitConfig { fusion: space.boundary_named("S2.1").unwrap(), ratio: 4, bits: 8 };
    let table = NetworkCosts::new(&network, transmit, &profile).unwrap();
    let knobs = Knobs::from_profile(&profile);
    let best = |_, knobs: &Knobs| {
        let demand = &table.demands[best_split(&table, knobs, |_| true)?];
        let cost = SystemRates::new(knobs).evaluate(demand);
        let (latency_s, boundary) = (cost.latency.total_s(), demand.boundary);
        Some(SwingEnd { value: 0.0, latency_s, boundary, feasible: cost.feasible() })
    };
    let swings = tornado(Knob::HARDWARE, &knobs, 12, best);
    assert_eq!(swings.len(), Knob::HARDWARE.len());
    assert!(swings.windows(2).all(|pair| pair[0].width_s() >= pair[1].width_s()));
    let of = |knob| swings.iter().find(|swing| swing.knob == knob).unwrap();
    for knob in [Knob::LinkBandwidth, Knob::SensorCompute, Knob::AggregatorCompute] {
        assert!(of(knob).low.unwrap().latency_s > of(knob).high.unwrap().latency_s, "{knob:?}");
    }
    let (fewer, more) = (of(Knob::Sensors).low.unwrap(), of(Knob::Sensors).high.unwrap());
    assert!(fewer.latency_s < more.latency_s);
    assert!((fewer.value, more.value) == (5.0, 7.0));
    let most = tornado([Knob::Sensors], &knobs, 6, best);
    assert!(most[0].high.is_none() && most[0].low.is_some());
    assert!(tornado(Knob::HARDWARE, &knobs, 12, |_, _| None).is_empty());
}

#[test]
fn the_break_even_bandwidth_of_pairs_worked_out_by_hand() {
    let (space, mut profile) = (space("tabletop"), profile(0));
    let network = space.lower(&space.largest()).unwrap();
    let table = NetworkCosts::new(&network, TransmitConfig { fusion: 3, ratio: 4, bits: 8 }, &profile).unwrap();
    // 12,500 cycles of a sensor take 1 ms, 50,000 of the aggregator too.
    let demand = |sensor_ms: f64, aggregator_ms: f64, link_bytes: u64| {
        let work = |cycles| ProcessorWork { cycles, energy_j: 0.0 };
        let one_view = work(aggregator_ms * 50_000.0);
        let spent = AggregatorWork { one_view, ..AggregatorWork::default() };
        SplitDemand {
            sensor: work(sensor_ms * 12_500.0),
            resident: spent,
            streamed: spent,
            link_bytes,
            ..table.demands[0]
        }
    };
    let late = demand(3.0, 1.0, 100);
    let check = |profile: &Profile, sensors: u32, other: &SplitDemand, expected: Option<f64>| {
        let knobs = Knobs { sensors, ..Knobs::from_profile(profile) };
        for found in [break_even_bandwidth(&late, other, &knobs), break_even_bandwidth(other, &late, &knobs)] {
            assert_eq!(found.is_some(), expected.is_some(), "{sensors}: {found:?}");
            assert!(found.zip(expected).is_none_or(|(own, wanted)| (own / wanted - 1.0).abs() < 1e-9), "{found:?}");
        }
    };
    // 1,000 bytes more and 1 ms less on the way: 6 of them cross the bus at 0.8 of 7.5 MB/s in 1 ms, 1 at 0.8 of 1.25.
    check(&profile, 6, &demand(2.0, 1.0, 1100), Some(7.5e6));
    check(&profile, 1, &demand(2.0, 1.0, 1100), Some(1.25e6));
    // The time may be saved on either side: 3 + 1 ms against 0.5 + 3 ms.
    check(&profile, 6, &demand(0.5, 3.0, 1100), Some(15e6));
    // Parallel lines: the same bytes. No module at a bandwidth above 0: more bytes and more time; the same time.
    check(&profile, 6, &demand(2.0, 1.0, 100), None);
    check(&profile, 6, &demand(4.0, 1.0, 1100), None);
    check(&profile, 6, &demand(2.0, 2.0, 1100), None);
    check(&profile, 6, &late.clone(), None);
    // A fixed latency delays both alike.
    profile.link.latency_s.value = 5e-3;
    check(&profile, 6, &demand(2.0, 1.0, 1100), Some(7.5e6));
    // All of the bandwidth is payload; links of their own; one of them a quarter as fast as the knob says.
    profile.link.efficiency.value = 1.0;
    check(&profile, 6, &demand(2.0, 1.0, 1100), Some(6e6));
    profile.link.topology = hardware::Topology::Dedicated;
    check(&profile, 6, &demand(2.0, 1.0, 1100), Some(1e6));
    let name = "far".to_owned();
    let (clock_hz, activation_memory_bytes) = (None, None);
    let bandwidth_bytes_per_s = Some(constant(25.0 * 125e3 / 4.0));
    profile.sensor.cameras = vec![hardware::Camera { name, clock_hz, bandwidth_bytes_per_s, activation_memory_bytes }];
    check(&profile, 6, &demand(2.0, 1.0, 1100), Some(4e6));
}
