//! Invariants of any design under any knobs and rules.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn energy_and_latency_add_up_and_every_share_is_in_range(seed: u64, which in 0_usize..9, sensors in 1_u32..13) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
        let knobs = Knobs { sensors, ..Knobs::from_profile(&profile) };
        for (demand, evaluation) in table.demands.iter().zip(sweep(&table, &knobs)) {
            let latency = evaluation.latency;
            let sum = latency.readout_s + latency.sensor_s + latency.link_s + latency.aggregator_s;
            prop_assert!((latency.total_s() - sum).abs() <= 1e-12 * sum);
            prop_assert!(evaluation.energy_j > 0.0 && evaluation.energy_j.is_finite());
            prop_assert!(evaluation.fps > 0.0 && evaluation.fps.is_finite());
            prop_assert!(latency.idle_shares().iter().all(|idle| (0.0..=1.0).contains(idle)));
            prop_assert!(demand.link_bytes > 0 && demand.sensor_peak_bytes > 0);
        }
        let all: f64 = layer_costs(&network, &profile.sensor.device).unwrap().iter().map(LayerCost::resident_cycles).sum();
        let whole = table.demands.last().unwrap();
        prop_assert!(whole.sensor.cycles >= all);
    }

    #[test]
    fn utilisation_is_between_zero_and_one(seed: u64, which in 0_usize..9) {
        let profile = profile(which);
        let (_, network) = design(&space("tabletop"), seed);
        for device in [&profile.sensor.device, &profile.aggregator] {
            for (layer, cost) in network.layers.iter().zip(layer_costs(&network, device).unwrap()) {
                let share = cost.utilisation(false, device.mapping.value.macs_per_cycle());
                prop_assert!((0.0..=1.0).contains(&share) && (layer.macs == 0) == (share == 0.0), "{}", layer.name);
                prop_assert!(cost.resident_cycles() > 0.0, "{} takes no cycle", layer.name);
            }
        }
    }

    #[test]
    fn faster_is_never_slower(seed: u64, which in 0_usize..9, factor in 1.0_f64..50.0) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
        let knobs = Knobs::from_profile(&profile);
        for faster in [
            Knobs { bandwidth_bytes_per_s: knobs.bandwidth_bytes_per_s * factor, ..knobs },
            Knobs { sensor_macs_per_s: knobs.sensor_macs_per_s * factor, ..knobs },
            Knobs { aggregator_macs_per_s: knobs.aggregator_macs_per_s * factor, ..knobs },
        ] {
            for (before, after) in sweep(&table, &knobs).zip(sweep(&table, &faster)) {
                prop_assert!(after.latency.total_s() <= before.latency.total_s());
            }
        }
    }

    #[test]
    fn what_meets_the_limits_breaks_none(seed: u64, which in 0_usize..9, at: prop::sample::Index, set in 0_u8..64) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
        let mut knobs = Knobs::from_profile(&profile);
        // Limits that one of the splits just meets.
        let edge = evaluate(&table, at.index(table.demands.len()), &knobs);
        let limit = |bit: u8, value: f64| (set >> bit & 1 == 1).then_some(value);
        knobs.latency_limit_s = limit(0, edge.latency.total_s());
        knobs.energy_limit_j = limit(1, edge.energy_j);
        knobs.frame_rate_floor_hz = limit(2, edge.fps);
        let middle = &table.demands[table.demands.len() / 2];
        let bytes = |bit: u8, value: u64| limit(bit, 0.0).map_or(u64::MAX, |_| value);
        knobs.sensor_memory_bytes = bytes(3, edge.sensor_peak_bytes);
        knobs.system.sensor_weight_memory_bytes = bytes(4, middle.sensor_weight_bytes);
        knobs.system.aggregator_weight_memory_bytes = bytes(5, middle.aggregator_weights(knobs.sensors));
        let rates = SystemRates::new(&knobs);
        let mut batch = DemandBatch::new(knobs.sensors);
        table.demands.iter().for_each(|demand| batch.push(demand, true));
        let mut costs = BatchCosts::default();
        let breakable = batch.breakable(&rates);
        batch.evaluate(0..batch.len(), &rates, breakable, &mut costs);
        for (index, demand) in table.demands.iter().enumerate() {
            let plain = rates.evaluate(demand);
            prop_assert_eq!(rates.is_feasible(&rates.frame(demand)), plain.feasible());
            prop_assert_eq!(costs.violations(index), plain.violations);
            prop_assert_eq!(costs.broken(index), u64::from(plain.violations.count()));
            prop_assert!(plain.violations.is_within(breakable));
            let seconds = plain.latency.total_s();
            prop_assert_eq!(batch.is_feasible(index, seconds, &rates, breakable), plain.feasible());
            prop_assert_eq!(costs.seconds()[index].to_bits(), plain.latency.total_s().to_bits());
            prop_assert_eq!(costs.excess()[index] > 0.0, !plain.feasible());
        }
        let feasible = |index: &usize| rates.evaluate(&table.demands[*index]).feasible();
        for from in 0..batch.len() {
            prop_assert_eq!(batch.count_feasible(from..batch.len(), &rates, breakable), (from..batch.len()).filter(feasible).count());
        }
    }

    #[test]
    fn more_sensors_are_never_cheaper(seed: u64, which in 0_usize..9, sensors in 1_u32..12) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
        let with = |sensors| Knobs { sensors, ..Knobs::from_profile(&profile) };
        for (fewer, more) in sweep(&table, &with(sensors)).zip(sweep(&table, &with(sensors + 1))) {
            prop_assert!(more.latency.aggregator_s >= fewer.latency.aggregator_s);
            prop_assert!(more.latency.link_s >= fewer.latency.link_s && more.energy_j >= fewer.energy_j);
        }
    }

    #[test]
    fn more_compression_sends_less_and_costs_the_weights_of_both_sides(seed: u64, ratio in 2_u8..16) {
        let (space, profile) = (space("tabletop"), profile(0));
        let (design, network) = design(&space, seed);
        let costs = |ratio| NetworkCosts::new(&network, TransmitConfig { ratio, ..TransmitConfig::from(&design) }, &profile).unwrap();
        let (plain, some, more) = (costs(1), costs(ratio), costs(ratio + 1));
        for ((plain, some), more) in plain.demands.iter().zip(&some.demands).zip(&more.demands) {
            prop_assert!(more.link_bytes <= some.link_bytes && some.link_bytes <= plain.link_bytes);
            prop_assert_eq!(plain.sensor_weight_bytes + plain.aggregator_weight_bytes, network.weights());
            let module = some.sensor_weight_bytes - plain.sensor_weight_bytes;
            prop_assert_eq!(some.aggregator_weight_bytes - plain.aggregator_weight_bytes, module);
        }
    }

    #[test]
    fn macs_of_both_parts_add_up(seed: u64) {
        let (_, network) = design(&space("attentive-nas"), seed);
        for boundary in &network.boundaries {
            let (sensor, aggregator) = network.layers.split_at(boundary.layers);
            let macs = |part: &[crate::network::Layer]| part.iter().map(|layer| layer.macs).sum::<u64>();
            prop_assert_eq!(macs(sensor) + macs(aggregator), network.macs());
        }
    }
}
