//! Weights that a training starts from: sorted channels, and splitting modules that keep principal components.

use super::*;

#[test]
fn sorting_keeps_the_largest_network_and_leads_with_what_matters() {
    let space = shipped("tabletop", str::to_owned);
    let supernet = stirred(&space);
    let whole = |genome| Route::new(&space, genome, 0, space.last(), Splitting::None);
    let (largest, smallest) = (space.largest(), space.smallest());
    let before = logits(&supernet, &space, &whole(&largest));
    let narrow_before = logits(&supernet, &space, &whole(&smallest));
    let sorted = supernet.sorted();
    assert!(distance(&logits(&sorted, &space, &whole(&largest)), &before) < 1e-4);
    assert!(distance(&logits(&sorted, &space, &whole(&smallest)), &narrow_before) > 1e-3, "smaller ones change");
}

#[test]
fn the_students_start_closer_to_their_teacher_than_as_drawn() {
    let space = shipped("tabletop", str::to_owned);
    let supernet = stirred(&space);
    let genome = space.largest();
    let last = space.last();
    let whole = Route::new(&space, &genome, 0, last, Splitting::None);
    let wanted = logits(&supernet, &space, &whole);
    let mut covariances = ChannelCovariances::new(&space);
    supernet.valid().observe(images(&space, 6, 2, &Device::flex()), &ViewSet::first(2), &whole, &mut covariances);
    let drawn = supernet.with_sensor_as_aggregator();
    let started = drawn.clone().with_principal_splits(&covariances);
    let on_sensor = Route::new(&space, &genome, last, last, Splitting::None);
    assert!(distance(&logits(&started, &space, &on_sensor), &wanted) < 1e-4, "the sensor is a copy");
    for name in ["S1.2", "S2.1", "S3.2"] {
        let split = space.boundary_named(name).unwrap();
        let route = Route::new(&space, &genome, split, last, Splitting::At { ratio: 2, bits: PLAIN_BITS });
        let [found, drawn] = [&started, &drawn].map(|supernet| distance(&logits(supernet, &space, &route), &wanted));
        assert!(found < drawn, "{name}: {found} from the teacher, {drawn} as drawn");
    }
}

/// A tensor that spans no more directions than the link has channels is recovered exactly.
#[test]
fn a_tensor_of_few_directions_passes_the_splitting_module_unchanged() {
    let device = Device::flex().autodiff();
    let mut weights = WeightInit::new(ChaCha8Rng::seed_from_u64(4), device.clone());
    let module =
        SplittingModuleConfig { wide: 16, narrow: 8, initialisation: Initialisation::default() }.init(&mut weights);
    let few: Tensor<2> = normal::<2>(1, [90, 3], &device).matmul(normal(2, [3, 16], &device)) + 0.7;
    let x: Tensor<4> = few.reshape([10, 3, 3, 16]);
    let mut covariance = principal_components::ChannelCovariance::default();
    covariance.add(x.clone());
    let module = inherit::with_components(module, &covariance.components().unwrap());
    for ratio in [2, 4] {
        let crossing = route::LinkCrossing { ratio, bits: None };
        let back = module.forward(x.clone().into(), crossing, &mut Numerics::Batch).tensor();
        assert!(distance(&values(back), &values(x.clone())) < 1e-3, "ratio {ratio}");
    }
}
