//! Devices whose latencies were measured.

use super::*;

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
    let transmit = TransmitConfig { fusion: 1, ratio: 4, bits: 8 };
    let error = NetworkCosts::new(&network, transmit, &profile).unwrap_err().to_string();
    assert!(error.contains("mine.csv lacks 2 of the layers: stem, S1.1."), "{error}");
    profile.sensor.device.mapping.value = table(0);
    let costs = NetworkCosts::new(&network, transmit, &profile).unwrap();
    let computing = network.layers.iter().filter(|layer| layer.macs > 0).count();
    let knobs = Knobs::from_profile(&profile);
    let last = evaluate(&costs, costs.demands.len() - 1, &knobs);
    assert!((last.latency.sensor_s - 1e-3 * computing as f64).abs() < 1e-9);
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
    assert!(matches!(smallest_demands(&space("tabletop"), &profile), Err(DesignCostError::Cost(_))));
    profile.aggregator.mapping.value = table("name,kind,cin,cout,hin,ms\nstem,conv,3,8,32,1\n");
    assert_eq!(check_names(&space("tabletop"), &profile), Ok(()));
}
