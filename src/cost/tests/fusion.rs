//! Fusion by every operator: figures worked out by hand, and what must hold of any design.

use proptest::prelude::*;
use rand::SeedableRng;

use super::*;
use crate::hardware::{Residency, Sourced};
use crate::network::memory::MemoryRule;
use crate::network::{FusionOperator, Network, NetworkBuilder, Shape, SlidingWindow};

const OPERATORS: [FusionOperator; 4] =
    [FusionOperator::Max, FusionOperator::Mean, FusionOperator::Mix, FusionOperator::Concat];

/// A 1x1 convolution from 3 to 8 channels over 4x4, then a classifier of 5. Weights 3 * 8 + 128 * 5 = 664.
fn network(operator: FusionOperator) -> Network {
    let mut builder = NetworkBuilder::new(Shape::new(3, 4, 4)).unwrap();
    builder.fusion(operator);
    let stem = builder.conv("stem", 0, 8, SlidingWindow::same(1, 1), 1).unwrap();
    builder.boundary(1, "stem");
    builder.linear("logits", stem, 5).unwrap();
    builder.boundary(2, "logits");
    builder.finish()
}

fn table(operator: FusionOperator, profile: &Profile) -> NetworkCosts {
    NetworkCosts::new(&network(operator), TransmitConfig { fusion: 1, ratio: 1, bits: 8 }, profile).unwrap()
}

fn report(operator: FusionOperator, position: usize, profile: &Profile, knobs: &Knobs) -> FusionReport {
    let network = network(operator);
    let layers = layer_costs(&network, &profile.aggregator).unwrap();
    fusion_report(&network, position, profile, &layers, knobs, false)
}

#[test]
fn three_views_of_128_elements_by_hand() {
    // The aggregator of `glasses`: K8 C8 OX2 OY2 at 50 MHz, so 32 elements a cycle; 128 B a cycle; 0.2 pJ a MAC, 1.63
    // pJ a byte. One view is 8x4x4, E = 128.
    //
    // sum of two tensors: ceil(128 / 32) = 4 cycles (3 * 128 B moved in 3); 384 * 1.63 = 625.92 pJ
    // product by channel: 4 cycles (256 B in 2); 8 shares; (256 + 8) * 1.63 = 430.32 pJ
    // 1x1 from 8 to 8:    1 * 1 * ceil(4/2) * ceil(4/2) = 4 cycles (256 B in 2); 8 * 8 * 16 = 1,024 MACs; 64 weights;
    //                     1,024 * 0.2 + (256 + 64) * 1.63 = 726.4 pJ
    //
    // max, mean: 2 sums                       8 cycles   1,251.84 pJ   live 3 E (strict: one result beside, 4 E)
    // mix:       2 * 2 sums, 2 sums, product  28 cycles  4,185.84 pJ   live 4 E (strict: 5 E)
    // concat:    3 convolutions, 2 sums       20 cycles  3,431.04 pJ   live 4 E; 3,072 MACs, 192 weights
    let mut profile = profile(0);
    let knobs = Knobs { sensors: 3, ..Knobs::from_profile(&profile) };
    let expected = [
        (FusionOperator::Max, 0, 0, 8.0, 1251.84, [384, 512]),
        (FusionOperator::Mean, 0, 0, 8.0, 1251.84, [384, 512]),
        (FusionOperator::Mix, 0, 8, 28.0, 4185.84, [512, 640]),
        (FusionOperator::Concat, 3072, 192, 20.0, 3431.04, [512, 512]),
    ];
    let max = SystemRates::new(&knobs).evaluate(&table(FusionOperator::Max, &profile).demands[0]);
    for (operator, macs, weights, cycles, picojoules, live) in expected {
        for (rule, live) in [MemoryRule::InplaceDepthwise, MemoryRule::Strict].into_iter().zip(live) {
            profile.sensor.memory_rule = rule;
            let line = report(operator, 1, &profile, &knobs);
            assert_eq!(
                (line.macs, line.weights, line.live_bytes, line.views),
                (macs, weights, live, 3),
                "{operator:?}"
            );
            assert!((line.cycles - cycles).abs() < 1e-9 && (line.seconds - cycles / 50e6).abs() < 1e-15);
            assert!((line.energy_j * 1e12 - picojoules).abs() < 1e-6, "{operator:?}: {}", line.energy_j);
        }
        // The whole design differs from that by `max` by the fusion alone; the aggregator draws 5 mW while it works.
        let demand = table(operator, &profile).demands[0];
        let cost = SystemRates::new(&knobs).evaluate(&demand);
        let seconds = (cycles - 8.0) / 50e6;
        assert!((cost.latency.aggregator_s - max.latency.aggregator_s - seconds).abs() < 1e-15);
        let joules = (picojoules - 1251.84) * 1e-12 + seconds * 5e-3;
        assert!((cost.energy_j - max.energy_j - joules).abs() < 1e-18, "{operator:?}");
        assert_eq!((demand.aggregator_weights(1), demand.aggregator_weights(3)), (664, 664 + weights));
        // Logits are averaged whatever the operator; a single view is not fused.
        let late = report(operator, 2, &profile, &knobs);
        assert_eq!((late.operator, late.macs, late.weights), (FusionOperator::Mean, 0, 0));
        let single = report(operator, 1, &profile, &Knobs { sensors: 1, ..knobs });
        assert_eq!((single.macs, single.weights, single.live_bytes), (0, 0, 128));
        assert!(single.cycles == 0.0 && single.energy_j == 0.0);
    }
}

#[test]
fn the_weights_of_many_views_may_no_longer_stay() {
    // 664 weights and 64 for each of two views or more: 792 B keep two views, 791 B one, 663 B none.
    let constant = |value| Some(Sourced { value, shown: String::new(), source: None, assumed: true });
    for (room, max_resident_views) in [(663, 0), (664, 1), (791, 1), (792, 2), (855, 2), (856, 3)] {
        let mut profile = profile(0);
        let device = &mut profile.aggregator;
        device.residency = Residency::Cached;
        device.weight_memory_bytes = constant(room);
        device.weight_bytes_per_s = Some(Sourced { value: 1e6, shown: String::new(), source: None, assumed: true });
        let demand = table(FusionOperator::Concat, &profile).demands[0];
        assert_eq!(demand.max_resident_views, max_resident_views, "{room}");
        assert!(demand.streamed.one_view.cycles > demand.resident.one_view.cycles);
        let views = |sensors| SystemRates::new(&Knobs { sensors, ..Knobs::from_profile(&profile) }).evaluate(&demand);
        // Beyond the last that is kept every weight is streamed at 1 MB/s, 50 cycles a byte, and so hides the
        // computing; two sums a layer do not wait.
        let streamed = |views: u32| {
            let weights = f64::from(3 * 8 * views.min(1) + 640 + 64 * views);
            weights * 50.0 + f64::from(views - 1) * 4.0
        };
        if max_resident_views == 1 || max_resident_views == 2 {
            let cycles = views(max_resident_views + 1).latency.aggregator_s * 50e6;
            // The stem runs once a view with its weights streamed each time.
            let stems = f64::from(max_resident_views) * 24.0 * 50.0;
            assert!((cycles - streamed(max_resident_views + 1) - stems).abs() < 1e-6, "{cycles}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn learned_fusion_never_costs_less_and_all_grow_with_the_views(seed: u64, which in 0_usize..7, sensors in 1_u32..12) {
        let mut space = SearchSpace::shipped("tabletop").unwrap();
        let profile = profile(which);
        let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let cost = |operator, sensors| {
            space.fusion.operator = operator;
            let network = space.lower(&design.genome).unwrap();
            let table = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap();
            let knobs = Knobs { sensors, ..Knobs::from_profile(&profile) };
            sweep(&table, &knobs).map(|cost| (cost.latency.aggregator_s, cost.energy_j)).collect::<Vec<_>>()
        };
        let mut cost = cost;
        let max = cost(FusionOperator::Max, sensors);
        for operator in OPERATORS {
            let (now, more) = (cost(operator, sensors), cost(operator, sensors + 1));
            for ((now, more), max) in now.iter().zip(&more).zip(&max) {
                prop_assert!(more.0 > now.0 && more.1 > now.1, "{:?}", operator);
                prop_assert!(now.0 >= max.0 && now.1 >= max.1 * (1.0 - 1e-12), "{:?}", operator);
            }
        }
    }

    #[test]
    fn columns_are_the_splits_with_any_number_of_sensors(seed: u64, which in 0_usize..7, first in 1_u32..13, then in 1_u32..13) {
        let mut space = SearchSpace::shipped("tabletop").unwrap();
        let mut profile = profile(which);
        // Just room for some views' weights, so that their number decides whether they are streamed.
        profile.aggregator.residency = Residency::Cached;
        profile.aggregator.weight_bytes_per_s =
            Some(Sourced { value: 1e8, shown: String::new(), source: None, assumed: true });
        profile.aggregator.weight_memory_bytes =
            Some(Sourced { value: 60_000, shown: String::new(), source: None, assumed: true });
        let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        for operator in OPERATORS {
            space.fusion.operator = operator;
            let network = space.lower(&design.genome).unwrap();
            let demands = NetworkCosts::new(&network, TransmitConfig::from(&design), &profile).unwrap().demands;
            let mut batch = DemandBatch::new(first);
            for (index, demand) in demands.iter().enumerate() {
                batch.push(demand, index != 1);
            }
            batch.set_sensors(then);
            let rates = SystemRates::new(&Knobs { sensors: then, ..Knobs::from_profile(&profile) });
            for (index, demand) in demands.iter().enumerate() {
                prop_assert_eq!(batch.is_allowed(index), index != 1);
                if index != 1 {
                    let frame = batch.frame(index);
                    prop_assert_eq!(frame, rates.frame(demand));
                    prop_assert_eq!(batch.frame_with(index, first), FrameDemand::new(demand, first));
                    prop_assert_eq!(rates.evaluate_frame(&frame), rates.evaluate(demand));
                }
            }
            let seconds = |demand: &SplitDemand| rates.latency(demand).total_s();
            let open = demands.iter().enumerate().filter(|(index, _)| *index != 1);
            let best = open.min_by(|a, b| seconds(a.1).total_cmp(&seconds(b.1))).unwrap();
            prop_assert_eq!(batch.fastest(0..demands.len(), &rates), Some((best.0, seconds(best.1))));
        }
    }
}
