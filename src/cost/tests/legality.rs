//! Layers that chips can't run.

use super::*;
use crate::network::FusionOperator;
use crate::search::Survey;
use crate::space;

fn max78000() -> Profile {
    Profile::shipped("max78000").unwrap()
}

/// The profile of MAX78000 chips with some of its text replaced.
fn changed(from: &str, to: &str) -> Profile {
    let text = hardware::shipped_text("max78000").unwrap();
    assert!(text.contains(from), "{from}");
    let source = Source::new("changed", text.replacen(from, to, 1));
    Profile::from_toml(&source).unwrap_or_else(|error| panic!("{error}"))
}

/// Sentences about the layers that can't run when a genome is split at a boundary of that name.
fn sentences(space: &SearchSpace, profile: &Profile, boundary: &str, ratio: u8) -> Vec<String> {
    let (genome, split) = (space.largest(), space.boundary_named(boundary).unwrap());
    let network = space.lower(&genome).unwrap();
    let model = CostModel::new(space.clone(), profile.clone()).unwrap();
    let demand = model.demand(&Design { genome, split, fusion: split, ratio, bits: space.split.bits[0] }).unwrap();
    let layers = unsupported_layers(&network, &demand, profile, 6);
    assert_eq!(layers.is_empty(), demand.unsupported_layers(6) == 0);
    layers.iter().map(UnsupportedLayer::sentence).collect()
}

#[test]
fn of_the_shipped_spaces_one_is_made_for_max78000() {
    let mut first_layer_only = Vec::new();
    for (name, _) in space::SHIPPED {
        let space = space(name);
        let fewest = fewest_unsupported(&space, &max78000()).unwrap();
        assert_eq!(fewest[0], 0, "{name}: nothing runs on the sensor");
        if *name == "pooled" {
            assert!(fewest.iter().all(|&fewest| fewest == 0));
            continue;
        }
        assert!(fewest[2..].iter().all(|&fewest| fewest > 0), "{name}: {fewest:?}");
        if fewest[1] == 0 {
            first_layer_only.push(*name);
        }
    }
    // A first convolution of stride 1 runs there, and nothing behind it.
    assert_eq!(first_layer_only, ["tabletop", "furniture"]);
    let model = CostModel::new(space("pooled"), max78000()).unwrap();
    let survey = Survey::new(&model).unwrap();
    let legal = survey.count_feasible(&model.knobs().without_limits());
    assert_eq!((legal.designs, legal.interval), (survey.designs() as f64, None));
}

#[test]
fn a_reason_names_layer_operator_chip_and_rule() {
    let (tabletop, profile) = (space("tabletop"), max78000());
    let found = sentences(&tabletop, &profile, "S1.1", 1);
    assert_eq!(found, ["S1.1.depthwise: depthwise is not supported by max78000"]);
    let found = sentences(&space("resnet-18"), &profile, "stem", 1);
    let expected = [
        "stem: a kernel of 7x7 is not supported by max78000 (1, 3)",
        "stem: a stride of 2 is not supported by max78000 (1)",
        "stem: a channel of 50176 B is not supported by max78000 (8192 B at most)",
    ];
    assert_eq!(found, expected);
    // 48 channels reduced to 12.
    let pooled = space("pooled");
    assert!(sentences(&pooled, &profile, "S3.1", 4).is_empty());
    let only_3 = changed("values = [1, 3]", "values = [3]");
    assert_eq!(
        sentences(&pooled, &only_3, "S3.1", 4),
        ["reduce at S3.1: a kernel of 1x1 is not supported by max78000 (3)"]
    );
    assert!(sentences(&pooled, &only_3, "S3.1", 1).is_empty());
    let no_relu = changed("values = [\"relu\"]", "values = [\"relu6\"]");
    assert_eq!(
        sentences(&pooled, &no_relu, "pool1", 1),
        ["stem: the activation relu is not supported by max78000 (relu6)"]
    );
    let two_layers = changed("layers = { value = 32", "layers = { value = 2");
    assert!(sentences(&pooled, &two_layers, "S1.1", 1).is_empty());
    let third = "reduce at S1.1: layer number 3 is not supported by max78000 (2 at most)";
    assert_eq!(sentences(&pooled, &two_layers, "S1.1", 2), [third]);
    let narrow = changed("channels = { value = 1024", "channels = { value = 40");
    let wide = "S3.1: a layer of 64 channels is not supported by max78000 (40 at most)";
    assert_eq!(sentences(&pooled, &narrow, "S3.1", 1), [wide]);
}

#[test]
fn the_aggregator_has_operators_too() {
    let text = hardware::shipped_text("glasses").unwrap();
    let operators = "[aggregator.operators]\nchip = \"hub\"\nkinds = { values = [\"conv\", \"depthwise\", \"add\", \"combine\"] }\n[limits]";
    let source = Source::new("hub", text.replacen("[limits]", operators, 1));
    let profile = Profile::from_toml(&source).unwrap_or_else(|error| panic!("{error}"));
    let expected = ["pool: global-pool is not supported by hub", "classifier: linear is not supported by hub"];
    assert_eq!(sentences(&space("tabletop"), &profile, "S3.1", 4), expected);
    assert_eq!(sentences(&space("tabletop"), &profile, "pool", 4), expected[1..]);
}

#[test]
fn a_fusion_that_the_aggregator_lacks_bars_designs_of_several_views() {
    let text = hardware::shipped_text("glasses").unwrap();
    let operators = "[aggregator.operators]\nchip = \"hub\"\nkinds = { values = [\"conv\", \"depthwise\", \"add\", \
                     \"global-pool\", \"linear\"] }\n[limits]";
    let source = Source::new("hub", text.replacen("[limits]", operators, 1));
    let profile = Profile::from_toml(&source).unwrap_or_else(|error| panic!("{error}"));
    for (operator, expected) in [
        (FusionOperator::Max, &["fusion at S3.1: combine is not supported by hub"][..]),
        (FusionOperator::Mean, &[]),
        (
            FusionOperator::Mix,
            &["fusion at S3.1: combine is not supported by hub", "fusion at S3.1: scale is not supported by hub"],
        ),
        (FusionOperator::Concat, &[]),
    ] {
        let mut tabletop = space("tabletop");
        tabletop.fusion.operator = operator;
        assert_eq!(sentences(&tabletop, &profile, "S3.1", 4), expected, "{operator:?}");
        let (genome, split) = (tabletop.largest(), tabletop.boundary_named("S3.1").unwrap());
        let model = CostModel::new(tabletop.clone(), profile.clone()).unwrap();
        let demand = model.demand(&Design { genome, split, fusion: split, ratio: 4, bits: 8 }).unwrap();
        for sensors in [1, 6, 2] {
            let rates = SystemRates::new(&Knobs { sensors, ..model.knobs().without_limits() });
            let legal = sensors == 1 || expected.is_empty();
            assert_eq!(rates.evaluate(&demand).feasible(), legal, "{operator:?} with {sensors}");
            let mut batch = DemandBatch::new(6);
            batch.push(&demand, true);
            batch.set_sensors(sensors);
            assert_eq!(batch.frame(0), rates.frame(&demand));
            assert_eq!(batch.breakable(&rates).is_empty(), legal);
        }
    }
}

#[test]
fn an_illegal_split_is_infeasible_under_any_knobs() {
    let (tabletop, profile) = (space("tabletop"), max78000());
    let genome = tabletop.largest();
    let network = tabletop.lower(&genome).unwrap();
    let model = CostModel::new(tabletop.clone(), profile.clone()).unwrap();
    let costs = model.demands(&genome, TransmitConfig { fusion: tabletop.last(), ratio: 4, bits: 8 }).unwrap();
    let knobs = model.knobs().without_limits();
    let rates = SystemRates::new(&knobs);
    for demand in &costs.demands {
        let legal = demand.boundary < 2;
        assert_eq!(demand.unsupported == 0, legal);
        assert_eq!(rates.evaluate(demand).feasible(), legal);
        assert_eq!(rates.evaluate(demand).violations.contains(Limit::Operators), !legal);
        let reasons = reasons(&network, demand, &profile, &knobs, MeasuredShares::UNKNOWN);
        assert_eq!(reasons.len(), usize::from(!legal));
        for reason in reasons {
            assert!(reason.sentence().starts_with("S1.1.depthwise: depthwise is not supported by max78000"));
            assert!(reason.fix().contains("so that S1.1.depthwise runs on the other side"), "{}", reason.fix());
            assert!(single_fixes(&[(demand, MeasuredShares::UNKNOWN)], &knobs).is_empty());
            assert_eq!(joint_fix(&[(demand, MeasuredShares::UNKNOWN)], &knobs), None);
        }
    }
    assert_eq!(best_split(&costs, &knobs, |_| true).map(|index| costs.demands[index].boundary < 2), Some(true));
}

#[test]
fn the_smallest_network_is_no_proof_where_another_kernel_runs() {
    let only_3 = changed("values = [1, 3]", "values = [3]");
    let pooled = space("pooled");
    let demands = smallest_demands(&pooled, &only_3).unwrap();
    let behind = |demand: &&SplitDemand| demand.boundary > 2;
    assert!(demands.iter().filter(behind).any(|demand| demand.unsupported == 0));
    let demands = smallest_demands(&space("tabletop"), &max78000()).unwrap();
    assert!(demands.iter().filter(behind).all(|demand| demand.unsupported > 0));
}
