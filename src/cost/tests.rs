//! Invariants of the cost model over random designs, knobs and rules.

use proptest::prelude::*;
use rand::SeedableRng;

use super::*;
use crate::diagnostic::Source;
use crate::hardware::{self, Profile};
use crate::network::memory::{self, MemoryRule, live_bytes};
use crate::network::{Builder, Network, Shape, Window};
use crate::space::{self, Design, SearchSpace};

fn space(name: &str) -> SearchSpace {
    let (_, text) = space::SHIPPED.iter().find(|(shipped, _)| *shipped == name).unwrap();
    SearchSpace::from_toml(&Source::new(name, *text)).unwrap()
}

fn profile(index: usize) -> Profile {
    let (name, text) = hardware::SHIPPED[index % hardware::SHIPPED.len()];
    Profile::from_toml(&Source::new(name, text)).unwrap()
}

fn design(space: &SearchSpace, seed: u64) -> (Design, Network) {
    let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
    let network = space.lower(&design.genome).unwrap();
    (design, network)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn energy_and_latency_add_up_and_every_share_is_in_range(seed: u64, which in 0_usize..7, sensors in 1_u32..13) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = CostTable::new(&network, Sending::from(&design), &profile).unwrap();
        let knobs = Knobs { sensors, ..Knobs::from_profile(&profile) };
        for (cut, evaluation) in table.cuts.iter().zip(sweep(&table, &knobs)) {
            let latency = evaluation.latency;
            let sum = latency.readout_s + latency.sensor_s + latency.link_s + latency.aggregator_s;
            prop_assert!((latency.total_s() - sum).abs() <= 1e-12 * sum);
            prop_assert!(evaluation.energy_j > 0.0 && evaluation.energy_j.is_finite());
            prop_assert!(evaluation.fps > 0.0 && evaluation.fps.is_finite());
            prop_assert!(latency.idle_shares().iter().all(|idle| (0.0..=1.0).contains(idle)));
            prop_assert!(cut.link_bytes > 0 && cut.sensor_peak_bytes > 0);
        }
        let all: f64 = layer_costs(&network, &profile.sensor.device).unwrap().iter().map(LayerCost::resident_cycles).sum();
        let whole = table.cuts.last().unwrap();
        prop_assert!(whole.sensor.cycles >= all);
    }

    #[test]
    fn utilisation_is_between_zero_and_one(seed: u64, which in 0_usize..7) {
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
    fn faster_is_never_slower(seed: u64, which in 0_usize..7, factor in 1.0_f64..50.0) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = CostTable::new(&network, Sending::from(&design), &profile).unwrap();
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
    fn more_sensors_are_never_cheaper(seed: u64, which in 0_usize..7, sensors in 1_u32..12) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = CostTable::new(&network, Sending::from(&design), &profile).unwrap();
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
        let costs = |ratio| CostTable::new(&network, Sending { ratio, ..Sending::from(&design) }, &profile).unwrap();
        let (plain, some, more) = (costs(1), costs(ratio), costs(ratio + 1));
        for ((plain, some), more) in plain.cuts.iter().zip(&some.cuts).zip(&more.cuts) {
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

    #[test]
    fn memory_grows_with_resolution_and_falls_with_cleverer_rules(side in 8_u32..64, width in 1_u32..32, hidden in 1_u32..96) {
        let live = |side, rule| {
            let mut builder = Builder::new(Shape::new(width, side, side)).unwrap();
            let expand = builder.conv("expand", 0, hidden, Window::same(1, 1), 1).unwrap();
            let depthwise = builder.conv("depthwise", expand, hidden, Window::same(3, 1), hidden).unwrap();
            let out = builder.conv("project", depthwise, width, Window::same(1, 1), 1).unwrap();
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
fn each_broken_limit_is_named_with_its_place() {
    let (space, profile) = (space("mobilenet-v2"), profile(4));
    let network = space.lower(&space.largest()).unwrap();
    let table = CostTable::new(&network, Sending { fusion: 0, ratio: 4, bits: 8 }, &profile).unwrap();
    let usual = Knobs::from_profile(&profile);
    let knobs = Knobs { latency_limit_s: Some(1e-3), accuracy_floor: Some(0.9), ..usual };
    let cut = &table.cuts[table.position(space.boundary_named("b5.1").unwrap()).unwrap()];
    let reasons = reasons(&network, cut, &knobs, Some(0.8));
    let limits: Vec<Limit> = reasons.iter().map(|reason| reason.limit).collect();
    assert_eq!(limits, [Limit::SensorMemory, Limit::SensorWeights, Limit::Latency, Limit::Accuracy]);
    let memory = &reasons[0];
    assert_eq!((memory.value as u64, memory.over() as u64), (1372 * 1024, (1372 - 512) * 1024));
    assert_eq!(
        memory.sentence(),
        "sensor memory 1372 KiB exceeds 512 KiB at b1.1.expand (output of b1.1.expand 1176 KiB, output of b0.project 196 KiB)"
    );
    assert!(memory.fix().starts_with("raise the sensor memory to 1372 KiB"));
    assert!(reasons[2].sentence().contains("ms of it in the sensors"), "{}", reasons[2].sentence());
    assert!(reasons[3].sentence().starts_with("accuracy 80.0 % is below 90.0 %"));
    assert!(reasons.iter().all(|reason| reason.over() > 0.0 && reason.summary().starts_with("designs ")));
}

#[test]
fn a_lone_sensor_fuses_nothing() {
    let (space, profile) = (space("tabletop"), profile(0));
    let network = space.lower(&space.smallest()).unwrap();
    let table = CostTable::new(&network, Sending { fusion: 3, ratio: 1, bits: 8 }, &profile).unwrap();
    let all: f64 = layer_costs(&network, &profile.aggregator).unwrap().iter().map(LayerCost::resident_cycles).sum();
    let knobs = Knobs { sensors: 1, ..Knobs::from_profile(&profile) };
    let expected = all / profile.aggregator.clock_hz.value;
    assert!((evaluate(&table, 0, &knobs).latency.aggregator_s / expected - 1.0).abs() < 1e-9);
}

#[test]
fn a_measured_device_needs_every_layer_that_computes() {
    let space = space("tabletop");
    let network = space.lower(&space.smallest()).unwrap();
    let mut profile = profile(0);
    let table = |skip: usize| {
        let layers = network.layers.iter().filter(|layer| layer.macs > 0).skip(skip);
        let lines: Vec<String> = layers.map(|layer| format!("{},1", layer.name)).collect();
        let source = Source::new("mine.csv", format!("name,ms\n{}\n", lines.join("\n")));
        hardware::Mapping::Measured(hardware::parse_measured(&source).unwrap())
    };
    profile.sensor.device.mapping.value = table(2);
    let sending = Sending { fusion: 1, ratio: 4, bits: 8 };
    let error = CostTable::new(&network, sending, &profile).unwrap_err().to_string();
    assert!(error.contains("mine.csv lacks 2 of the layers: stem, S1.1."), "{error}");
    profile.sensor.device.mapping.value = table(0);
    let costs = CostTable::new(&network, sending, &profile).unwrap();
    let computing = network.layers.iter().filter(|layer| layer.macs > 0).count();
    let knobs = Knobs::from_profile(&profile);
    let last = evaluate(&costs, costs.cuts.len() - 1, &knobs);
    assert!((last.latency.sensor_s - 1e-3 * computing as f64).abs() < 1e-9);
}

#[test]
fn the_regimes_of_mobilenet_v2() {
    // One 256-MAC sensor at 250 MHz, a 1024-MAC aggregator at 800 MHz, ratio 1: raw 12.53 ms and all-on-sensor 6.45 ms at
    // 12.5 MB/s, best 3.93 ms behind 64x14x14; 3.02 ms behind 32x28x28 at 37.5 MB/s; at 125 MB/s raw is as good.
    let space = space("mobilenet-v2");
    let network = space.lower(&space.largest()).unwrap();
    let mut profile = profile(4);
    for device in [&mut profile.sensor.device, &mut profile.aggregator] {
        device.elementwise_per_cycle = Some(constant(1e12));
        device.weight_bytes_per_s = None;
        device.activation_memory_bytes = None;
        device.weight_memory_bytes = None;
    }
    profile.link.latency_s.value = 0.0;
    profile.link.efficiency.value = 1.0;
    let table = CostTable::new(&network, Sending { fusion: 0, ratio: 1, bits: 8 }, &profile).unwrap();
    let knobs = |bandwidth_bytes_per_s| Knobs {
        sensors: 1,
        bandwidth_bytes_per_s,
        latency_limit_s: None,
        ..Knobs::from_profile(&profile)
    };
    let last = table.cuts.len() - 1;
    // The figures leave the classifier out: ceil(1000/8) * ceil(1280/4) and ceil(1000/32) * ceil(1280/2) cycles.
    let classifier = |index| if index == last { 40_000.0 / 250e6 } else { 20_480.0 / 800e6 };
    let milliseconds =
        |index, bandwidth| (evaluate(&table, index, &knobs(bandwidth)).latency.total_s() - classifier(index)) * 1e3;
    assert!((milliseconds(0, 12.5e6) - 12.53).abs() < 0.01, "{}", milliseconds(0, 12.5e6));
    assert!((milliseconds(last, 12.5e6) - 6.45).abs() < 0.01, "{}", milliseconds(last, 12.5e6));
    for (bandwidth, expected, name) in [(12.5e6, 3.93, "b3.1"), (37.5e6, 3.02, "b2.1")] {
        let best = best_cut(&table, &knobs(bandwidth), |_| true).unwrap();
        assert_eq!(network.boundaries[best].name, name);
        assert!((milliseconds(best, bandwidth) - expected).abs() < 0.01, "{}", milliseconds(best, bandwidth));
    }
    assert_eq!(best_cut(&table, &knobs(125e6), |_| true), Some(0));
}

fn constant(value: f64) -> hardware::Sourced<f64> {
    hardware::Sourced { value, shown: String::new(), source: None, assumed: true }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_fix_mends_and_is_the_smallest(
        seed: u64, which in 0_usize..7, limit in 0.05_f64..0.95, memory in 0.3_f64..1.2, index in 0_usize..14,
    ) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = CostTable::new(&network, Sending::from(&design), &profile).unwrap();
        let cut = &table.cuts[index % table.cuts.len()];
        let usual = Knobs::from_profile(&profile);
        let now = Rates::new(&usual).evaluate(cut);
        let knobs = Knobs {
            latency_limit_s: Some(now.latency.total_s() * limit),
            sensor_memory_bytes: (cut.sensor_peak_bytes as f64 * memory) as u64,
            ..usual
        };
        let feasible = |knobs: &Knobs| Rates::new(knobs).evaluate(cut).feasible();
        for change in single_fixes(cut, &knobs) {
            prop_assert!(feasible(&change.knob.at(change.to, &knobs)), "{}", change.sentence());
            let short = change.from + (change.to - change.from) * 0.99;
            let counted = matches!(change.knob, Knob::Sensors | Knob::SensorMemory);
            prop_assert!(counted || !feasible(&change.knob.at(short, &knobs)), "{} is too much", change.sentence());
        }
        if let Some(changes) = joint_fix(cut, &knobs) {
            let moved = changes.iter().fold(knobs, |knobs, change| change.knob.at(change.to, &knobs));
            prop_assert!(feasible(&moved), "{changes:?}");
        } else {
            let broken = now.violations;
            prop_assert!(broken.contains(Limit::SensorWeights) || broken.contains(Limit::AggregatorWeights));
        }
    }

    #[test]
    fn two_cuts_are_equally_fast_at_their_break_even_bandwidth(
        seed: u64, which in 0_usize..7, pair in (0_usize..14, 0_usize..14), sensors in 1_u32..13,
    ) {
        let (space, profile) = (space("tabletop"), profile(which));
        let (design, network) = design(&space, seed);
        let table = CostTable::new(&network, Sending::from(&design), &profile).unwrap();
        let (first, second) = (&table.cuts[pair.0 % table.cuts.len()], &table.cuts[pair.1 % table.cuts.len()]);
        let knobs = Knobs { sensors, ..Knobs::from_profile(&profile) };
        let total = |cut, bandwidth| {
            Rates::new(&Knob::Bandwidth.at(bandwidth, &knobs)).latency(cut).total_s()
        };
        if let Some(bandwidth) = break_even_bandwidth(first, second, &knobs) {
            let (one, other) = (total(first, bandwidth), total(second, bandwidth));
            prop_assert!((one / other - 1.0).abs() < 1e-6, "{one} and {other}");
            let (more, less) = if first.link_bytes > second.link_bytes { (first, second) } else { (second, first) };
            prop_assert!(total(more, bandwidth * 2.0) < total(less, bandwidth * 2.0));
            prop_assert!(total(less, bandwidth / 2.0) < total(more, bandwidth / 2.0));
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
    let sending = Sending { fusion: space.boundary_named("S2.1").unwrap(), ratio: 4, bits: 8 };
    let table = CostTable::new(&network, sending, &profile).unwrap();
    let knobs = Knobs::from_profile(&profile);
    let swings = tornado(&table, &knobs, |_| true);
    assert_eq!(swings.len(), Knob::HARDWARE.len());
    assert!(swings.windows(2).all(|pair| pair[0].width_s() >= pair[1].width_s()));
    let of = |knob| swings.iter().find(|swing| swing.knob == knob).unwrap();
    for knob in [Knob::Bandwidth, Knob::SensorCompute, Knob::AggregatorCompute] {
        assert!(of(knob).low.latency_s > of(knob).high.latency_s, "{knob:?}");
    }
    assert!(of(Knob::Sensors).low.latency_s < of(Knob::Sensors).high.latency_s);
    assert!((of(Knob::Sensors).low.value, of(Knob::Sensors).high.value) == (4.0, 8.0));
    assert!(tornado(&table, &knobs, |_| false).is_empty());
}

#[test]
fn before_a_search_the_limit_nobody_meets_is_named() {
    let (space, profile) = (space("tabletop"), profile(0));
    let network = space.lower(&space.smallest()).unwrap();
    let sending = Sending { fusion: space.boundary_named("S2.1").unwrap(), ratio: 4, bits: 8 };
    let table = CostTable::new(&network, sending, &profile).unwrap();
    let knobs = Knobs::from_profile(&profile);
    assert_eq!(why_none(&table.cuts, &knobs), None);
    let tight = Knobs { latency_limit_s: Some(1e-4), ..knobs };
    let shortfalls = why_none(&table.cuts, &tight).unwrap();
    assert_eq!(shortfalls.iter().map(|shortfall| shortfall.limit).collect::<Vec<_>>(), [Limit::Latency]);
    let best = sweep(&table, &knobs).map(|evaluation| evaluation.latency.total_s()).fold(f64::INFINITY, f64::min);
    assert!((shortfalls[0].reached - best).abs() < 1e-12);
    // Each limit alone is met by some cut, but never both by one.
    let total = |index: usize| evaluate(&table, index, &knobs).latency.total_s();
    let between = Knobs {
        latency_limit_s: Some(f64::midpoint(best, total(0))),
        sensor_memory_bytes: table.cuts[0].sensor_peak_bytes,
        ..knobs
    };
    assert_eq!(why_none(&table.cuts, &between), Some(Vec::new()));
}

#[test]
fn patches_make_mobilenet_v2_fit_and_cost_work() {
    // 4x4 patches: 172 KiB instead of 1372, up to the fourth bottleneck; see golden_networks for the memory alone.
    let (space, mut profile) = (space("mobilenet-v2"), profile(4));
    let network = space.lower(&space.largest()).unwrap();
    let sending = Sending { fusion: 0, ratio: 1, bits: 8 };
    let whole = CostTable::new(&network, sending, &profile).unwrap();
    profile.sensor.patches = Some(hardware::Sourced { value: 4, shown: "4".into(), source: None, assumed: true });
    let patched = CostTable::new(&network, sending, &profile).unwrap();
    let last = whole.cuts.len() - 1;
    assert_eq!((whole.cuts[last].sensor_peak_bytes, patched.cuts[last].sensor_peak_bytes), (1372 * 1024, 175_616));
    assert!(patched.cuts[last].sensor.cycles > whole.cuts[last].sensor.cycles);
    assert_eq!(patched.cuts[0], whole.cuts[0]);
    assert!(SpaceTable::new(&space, &profile).is_none());
}

#[test]
fn impossible_knobs_are_refused_in_words() {
    let usual = Knobs::from_profile(&profile(0));
    assert_eq!(usual.check(), Ok(()));
    let error = Knobs { bandwidth_bytes_per_s: 0.0, ..usual }.check().unwrap_err();
    assert_eq!(error.to_string(), "bandwidth must be a finite number above zero, not 0");
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

#[test]
fn a_cut_between_equal_devices_moves_energy_and_loses_none() {
    let space = space("tabletop");
    let (_, network) = design(&space, 3);
    let mut profile = profile(0);
    profile.aggregator = profile.sensor.device.clone();
    let table = CostTable::new(&network, Sending { fusion: space.last(), ratio: 1, bits: 8 }, &profile).unwrap();
    let joules = |cut: &Cut| cut.sensor.energy_j + cut.kept.first.energy_j;
    let cycles = |cut: &Cut| cut.sensor.cycles + cut.kept.first.cycles;
    for cut in &table.cuts {
        assert!((joules(cut) / joules(&table.cuts[0]) - 1.0).abs() < 1e-9);
        assert!((cycles(cut) - cycles(&table.cuts[0])).abs() < 1e-6);
    }
}

#[test]
fn the_weakest_camera_decides() {
    let (name, glasses) = hardware::SHIPPED[0];
    let slow = "[[sensor.camera]]\nname = \"eye\"\nclock = { value = 6.25, unit = \"MHz\" }\nactivations = 1024\n";
    let read = |text: &str| Profile::from_toml(&Source::new(name, text)).unwrap();
    let (alike, unlike) = (read(glasses), read(&format!("{glasses}\n{slow}")));
    let space = space("tabletop");
    let network = space.lower(&space.smallest()).unwrap();
    let table = CostTable::new(&network, Sending { fusion: 3, ratio: 4, bits: 8 }, &alike).unwrap();
    let [alike, unlike] = [alike, unlike].map(|profile| Rates::new(&Knobs::from_profile(&profile)));
    let cut = &table.cuts[3];
    assert!((unlike.latency(cut).sensor_s / alike.latency(cut).sensor_s - 2.0).abs() < 1e-6);
    assert!(!alike.evaluate(cut).violations.contains(Limit::SensorMemory));
    assert!(unlike.evaluate(cut).violations.contains(Limit::SensorMemory));
}

#[test]
fn a_table_by_names_is_refused_where_names_do_not_tell_layers_apart() {
    let mut profile = profile(0);
    let table = |text: &str| hardware::Mapping::Measured(hardware::parse_measured(&Source::new("mine", text)).unwrap());
    profile.aggregator.mapping.value = table("name,ms\nstem,1\n");
    let error = check_names(&space("tabletop"), &profile).unwrap_err().to_string();
    assert!(error.starts_with("the latency table mine goes by layer names, but tabletop has "), "{error}");
    assert!(error.contains("splitscope cost --space tabletop --list-layers space"), "{error}");
    assert_eq!(check_names(&space("mobilenet-v2"), &profile), Ok(()));
    assert!(matches!(smallest_cuts(&space("tabletop"), &profile), Err(SmallestError::Cost(_))));
    profile.aggregator.mapping.value = table("name,kind,cin,cout,hin,ms\nstem,conv,3,8,32,1\n");
    assert_eq!(check_names(&space("tabletop"), &profile), Ok(()));
}

#[test]
fn a_peak_names_its_layer_and_everything_held_then() {
    let space = space("mobilenet-v2");
    let network = space.lower(&space.largest()).unwrap();
    let sending = Sending { fusion: 0, ratio: 4, bits: 8 };
    for (buffers, patches, layer) in
        [(false, None, "b1.1.depthwise"), (true, None, "b1.1.depthwise"), (true, Some(4), "")]
    {
        let mut profile = profile(4);
        profile.sensor.memory_rule = MemoryRule::Strict;
        (profile.sensor.double_buffered_frame, profile.sensor.link_buffer) = (buffers, buffers);
        profile.sensor.patches =
            patches.map(|value| hardware::Sourced { value, shown: value.to_string(), source: None, assumed: true });
        let table = CostTable::new(&network, sending, &profile).unwrap();
        let knobs = Knobs::from_profile(&profile);
        let cut = table.cuts[table.position(space.boundary_named("b5.1").unwrap()).unwrap()];
        let At::Memory { during, tensors } = peak(&network, &cut, &knobs) else { panic!("a peak is in memory") };
        let held = |name: &str| tensors.iter().find(|(own, _)| own == name).map(|(_, bytes)| *bytes);
        assert_eq!(held("the next frame"), buffers.then_some(3 * 224 * 224));
        assert_eq!(held("the tensor being sent"), buffers.then_some(cut.link_bytes));
        assert!(tensors.is_sorted_by(|one, next| one.1 >= next.1), "{tensors:?}");
        match (&during, patches) {
            (During::Layer(name), None) => {
                assert_eq!(name, layer);
                // Under `strict` nothing is written over anything: what is named is all there is.
                assert_eq!(tensors.iter().map(|(_, bytes)| bytes).sum::<u64>(), cut.sensor_peak_bytes);
                assert_eq!(
                    (held("output of b1.1.expand"), held("output of b1.1.depthwise")),
                    (Some(1_204_224), Some(301_056))
                );
            }
            (During::Patch(name) | During::Layer(name), Some(_)) => {
                assert!(network.layers.iter().any(|layer| layer.name == *name), "{name}");
                let phrase = during.phrase(&tensors);
                assert!(phrase.contains(name.as_str()) && phrase.contains("output of "), "{phrase}");
                assert!(cut.sensor_peak_bytes < 1_470 * 1024);
            }
            other => panic!("{other:?}"),
        }
    }
    // The raw frame alone, where nothing runs before the cut.
    let profile = profile(4);
    let table = CostTable::new(&network, sending, &profile).unwrap();
    let At::Memory { during, tensors } = peak(&network, &table.cuts[0], &Knobs::from_profile(&profile)) else {
        panic!("a peak is in memory")
    };
    assert_eq!(during.phrase(&tensors), "with the raw frame alone");
}
