//! Peak memory: how it grows, what it names, and patch-based inference.

use proptest::prelude::*;

use super::*;
use crate::network::memory::{self, MemoryRule, live_bytes};
use crate::network::{NetworkBuilder, Shape, SlidingWindow};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn memory_grows_with_resolution_and_falls_with_cleverer_rules(side in 8_u32..64, width in 1_u32..32, hidden in 1_u32..96) {
        let live = |side, rule| {
            let mut builder = NetworkBuilder::new(Shape::new(width, side, side)).unwrap();
            let expand = builder.conv("expand", 0, hidden, SlidingWindow::same(1, 1), 1).unwrap();
            let depthwise = builder.conv("depthwise", expand, hidden, SlidingWindow::same(3, 1), hidden).unwrap();
            let out = builder.conv("project", depthwise, width, SlidingWindow::same(1, 1), 1).unwrap();
            builder.add("add", out, 0).unwrap();
            let network = builder.finish();
            memory::peak(&live_bytes(&network, rule), network.layers.len()).bytes
        };
        let rules = [MemoryRule::Strict, MemoryRule::InplaceDepthwise, MemoryRule::FusedBlock];
        for rule in rules {
            prop_assert!(live(side + 1, rule) > live(side, rule));
        }
        prop_assert!(rules.windows(2).all(|pair| live(side, pair[1]) <= live(side, pair[0])));
    }
}

#[test]
fn patches_make_mobilenet_v2_fit_and_cost_work() {
    // 4x4 patches: 172 KiB instead of 1372, up to the fourth bottleneck; see golden_networks for the memory alone.
    let (space, mut profile) = (space("mobilenet-v2"), profile(4));
    let network = space.lower(&space.largest()).unwrap();
    let transmit = TransmitConfig { fusion: 0, ratio: 1, bits: 8 };
    let whole = NetworkCosts::new(&network, transmit, &profile).unwrap();
    profile.sensor.patches = Some(hardware::Sourced { value: 4, shown: "4".into(), source: None, assumed: true });
    let patched = NetworkCosts::new(&network, transmit, &profile).unwrap();
    let last = whole.demands.len() - 1;
    assert_eq!(
        (whole.demands[last].sensor_peak_bytes, patched.demands[last].sensor_peak_bytes),
        (1372 * 1024, 175_616)
    );
    assert!(patched.demands[last].sensor.cycles > whole.demands[last].sensor.cycles);
    assert_eq!(patched.demands[0], whole.demands[0]);
    assert!(SpaceCostTable::new(&space, &profile).is_none());
}

#[test]
fn a_peak_names_its_layer_and_everything_held_then() {
    let space = space("mobilenet-v2");
    let network = space.lower(&space.largest()).unwrap();
    let transmit = TransmitConfig { fusion: 0, ratio: 4, bits: 8 };
    for (buffers, patches, layer) in
        [(false, None, "b1.1.depthwise"), (true, None, "b1.1.depthwise"), (true, Some(4), "")]
    {
        let mut profile = profile(4);
        profile.sensor.memory_rule = MemoryRule::Strict;
        (profile.sensor.double_buffered_frame, profile.sensor.link_buffer) = (buffers, buffers);
        profile.sensor.patches =
            patches.map(|value| hardware::Sourced { value, shown: value.to_string(), source: None, assumed: true });
        let table = NetworkCosts::new(&network, transmit, &profile).unwrap();
        let demand = table.demands[table.position(space.boundary_named("b5.1").unwrap()).unwrap()];
        let ReasonSite::Memory { during, tensors } = reason::peak(&network, &demand, &profile) else {
            panic!("a peak is in memory")
        };
        let held = |name: &str| tensors.iter().find(|(own, _)| own == name).map(|(_, bytes)| *bytes);
        assert_eq!(held("the next frame"), buffers.then_some(3 * 224 * 224));
        assert_eq!(held("the tensor being sent"), buffers.then_some(demand.link_bytes));
        assert!(tensors.is_sorted_by(|one, next| one.1 >= next.1), "{tensors:?}");
        match (&during, patches) {
            (PeakMoment::Layer(name), None) => {
                assert_eq!(name, layer);
                // Under `strict` nothing is written over anything: what is named is all there is.
                assert_eq!(tensors.iter().map(|(_, bytes)| bytes).sum::<u64>(), demand.sensor_peak_bytes);
                assert_eq!(
                    (held("output of b1.1.expand"), held("output of b1.1.depthwise")),
                    (Some(1_204_224), Some(301_056))
                );
            }
            (PeakMoment::Patch(name) | PeakMoment::Layer(name), Some(_)) => {
                assert!(network.layers.iter().any(|layer| layer.name == *name), "{name}");
                let phrase = during.phrase(&tensors);
                assert!(phrase.contains(name.as_str()) && phrase.contains("output of "), "{phrase}");
                assert!(demand.sensor_peak_bytes < 1_470 * 1024);
            }
            other => panic!("{other:?}"),
        }
    }
    // The raw frame alone, where nothing runs before the split.
    let profile = profile(4);
    let table = NetworkCosts::new(&network, transmit, &profile).unwrap();
    let ReasonSite::Memory { during, tensors } = reason::peak(&network, &table.demands[0], &profile) else {
        panic!("a peak is in memory")
    };
    assert_eq!(during.phrase(&tensors), "with the raw frame alone");
}

#[test]
fn patches_of_a_small_network_worked_out_by_hand() {
    // 1x12x12, 3x3 to 4 channels, 3x3 with stride 2 to 8 channels at 6x6, 1x1 to 2 channels. Two by two patches of 3x3
    // at 6x6 need 7x7 of the first layer's output and 9x9 of the input.
    let mut builder = NetworkBuilder::new(Shape::new(1, 12, 12)).unwrap();
    let first = builder.conv("first", 0, 4, SlidingWindow::same(3, 1), 1).unwrap();
    let second = builder.conv("second", first, 8, SlidingWindow::same(3, 2), 1).unwrap();
    builder.boundary(1, "second");
    builder.conv("last", second, 2, SlidingWindow::same(1, 1), 1).unwrap();
    builder.boundary(2, "last");
    let network = builder.finish();
    let (transmit, mut profile) = (TransmitConfig { fusion: 1, ratio: 1, bits: 8 }, profile(0));
    profile.sensor.device.activation_bytes_per_cycle = None;
    let whole = NetworkCosts::new(&network, transmit, &profile).unwrap().demands[1];
    profile.sensor.patches = Some(hardware::Sourced { value: 2, shown: "2".into(), source: None, assumed: true });
    let patched = NetworkCosts::new(&network, transmit, &profile).unwrap();
    // Whole: 4 * 144 + 8 * 36. In patches: 81 read and 4 * 49 made at the first layer, beside what is assembled: 8 * 36
    // at the second layer, 2 * 36 at the last.
    assert_eq!((whole.sensor_peak_bytes, whole.peak_at), (864, PeakLocation::Layer(1)));
    for (demand, assembled) in patched.demands[1..].iter().zip([288, 72]) {
        assert_eq!((demand.sensor_peak_bytes, demand.peak_at), (81 + 196 + assembled, PeakLocation::Patch(0)));
    }
    // On 8x8 lanes, one channel a cycle: 9 * 4 * (2 * 2) and 9 * 32 cycles; four times 9 * 4 and 9 * 32 in patches.
    let demand = &patched.demands[1];
    assert!((whole.sensor.cycles - (144.0 + 288.0)).abs() < 1e-9, "{whole:?}");
    assert!((demand.sensor.cycles - 4.0 * (36.0 + 288.0)).abs() < 1e-9, "{demand:?}");
    // Multiply-accumulates: 36 * 49 + 288 * 9 four times instead of 36 * 144 + 288 * 36. Bytes: 81 + 196 and 196 + 72
    // four times instead of 144 + 576 and 576 + 288; the weights, 36 + 288, three times more.
    let (macs, bytes) = (4 * (36 * 49 + 288 * 9) - (36 * 144 + 288 * 36), 4 * (277 + 268) - (720 + 864) + 3 * 324);
    assert_eq!((macs, bytes), (1872, 1568));
    let more = f64::from(macs) * 0.4e-12 + f64::from(bytes) * 0.42e-12;
    assert!(((demand.sensor.energy_j - whole.sensor.energy_j) / more - 1.0).abs() < 1e-9);
}
