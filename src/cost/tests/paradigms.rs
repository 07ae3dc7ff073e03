//! Offload paradigms: identities over random designs, profiles and numbers of sensors.

use proptest::prelude::*;

use super::*;

/// Paradigms of a design drawn at random.
fn drawn(seed: u64, which: usize, sensors: u32) -> (CostModel, Knobs, Design, Vec<ParadigmFigures>) {
    let model = CostModel::new(space("tabletop"), profile(which)).unwrap();
    let knobs = Knobs { sensors, ..model.knobs() };
    let (design, _) = design(model.space(), seed);
    let all = paradigms(&model, &design, &knobs).unwrap();
    (model, knobs, design, all)
}

fn shares(utilisation: &Utilisation) -> [f64; 3] {
    [utilisation.sensor, utilisation.aggregator, utilisation.system].map(|share| share.expect("a known peak"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn identities_hold(seed: u64, which in 0_usize..7, sensors in 1_u32..13) {
        let (model, knobs, design, all) = drawn(seed, which, sensors);
        let [on_sensors, on_aggregator, distributed] = &all[..] else { panic!("{all:?}") };
        prop_assert!((on_aggregator.speedup - 1.0).abs() < 1e-12);
        let logits = model.space().lower(&design.genome).unwrap().boundaries.last().unwrap().shape.elements();
        prop_assert_eq!(on_sensors.traffic.link_bytes, logits);
        prop_assert!((on_aggregator.traffic.raw_share - 1.0).abs() < 1e-12);
        prop_assert!(shares(&on_aggregator.pipelined)[0].abs() < 1e-12);
        if model.space().has_splitting_module(design.split) {
            prop_assert_eq!(&distributed.design, &design);
        }
        for one in &all {
            prop_assert_eq!(one.evaluation, model.evaluate(&one.design, &knobs).unwrap());
            prop_assert_eq!(one.traffic.total_bytes, u64::from(sensors) * one.traffic.link_bytes);
            prop_assert!((one.efficiency * f64::from(sensors) - one.speedup).abs() < 1e-12 * one.speedup);
            for (single, pipelined) in shares(&one.single_frame).into_iter().zip(shares(&one.pipelined)) {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&pipelined) && single <= pipelined, "{:?}", one);
            }
        }
    }

    #[test]
    fn no_multiply_accumulate_is_lost(seed: u64, which in 0_usize..7) {
        let (model, knobs, design, all) = drawn(seed, which, 1);
        let macs = model.space().lower(&design.genome).unwrap().macs() as f64;
        let peaks = [knobs.sensor_macs_per_s, knobs.aggregator_macs_per_s];
        for one in &all {
            let [sensor, aggregator, _] = shares(&one.single_frame);
            let done = (sensor * peaks[0] + aggregator * peaks[1]) * one.evaluation.latency.total_s();
            match one.paradigm {
                Paradigm::Distributed => prop_assert!(done >= macs * (1.0 - 1e-12)),
                _ => prop_assert!((done - macs).abs() <= 1e-9 * macs, "{done} {macs}"),
            }
        }
    }
}

#[test]
fn unlike_cameras_are_used_by_their_own_clocks() {
    let slow = "[[sensor.camera]]\nname = \"eye\"\nclock = { value = 1, unit = \"MHz\" }\n";
    let model = CostModel::new(space("tabletop"), with_cameras(0, slow)).unwrap();
    let knobs = Knobs { sensors: 2, ..model.knobs() };
    let (design, _) = design(model.space(), 1);
    let all = paradigms(&model, &design, &knobs).unwrap();
    let [sensor, aggregator, system] = shares(&all[0].pipelined);
    assert!(aggregator.abs() < 1e-12);
    // Both do the same work; the peak of the slow one is a small part of that of both.
    let device = &model.profile().sensor.device;
    let (own, units) = (device.peak_macs_per_s(), device.mapping.value.macs_per_cycle() * 1e6);
    let both = 2.0 * sensor * units / (own + units + knobs.aggregator_macs_per_s);
    assert!((system - both).abs() < 1e-9 * both, "{system} {both}");
}

#[test]
fn ticks_differ_only_where_figures_are_known() {
    let (_, _, _, all) = drawn(3, 0, 6);
    for row in paradigm_rows(&all) {
        assert_eq!(row.cells.len(), all.len(), "{}", row.name);
    }
    for figures in &all {
        let privacy = MeritTick::new(Merit::Privacy, figures, &all);
        assert!(privacy.figures.is_none() && !privacy.differs());
    }
    let ticks = Merit::ALL.iter().flat_map(|merit| all.iter().map(|one| MeritTick::new(*merit, one, &all)));
    assert_eq!(ticks.filter(|tick| tick.differs()).count(), paradigm_differences(&all).len());
}
