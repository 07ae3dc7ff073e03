use super::*;
use crate::diagnostic::Source;
use crate::hardware::{self, Profile};
use crate::network::FusionOperator;
use crate::space::Design;

/// A space small enough to list every design, with everything a path of the graph may meet: a stage whose blocks share
/// their choices, one whose blocks choose for themselves, elastic widths and resolutions, an expansion, pools, splits
/// and fusions at some boundaries only.
const SMALL: &str = r#"
[space]
name = "small"
channels = 3
resolutions = [24, 32]
views = 4
classes = 5
[[stage]]
name = "stem"
block = "conv"
widths = [8, 16]
kernels = [3]
stride = 2
[[stage]]
name = "A"
block = "mbconv"
widths = [16, 24]
depths = [1, 3]
kernels = [3, 5]
expansions = [2, 4]
stride = 2
[[stage]]
name = "B"
block = "basic"
widths = [32]
depths = [1, 2]
kernels = [3, 5]
stride = 2
choice = "block"
[[stage]]
name = "wide"
block = "expand"
expansions = [1, 2]
[[stage]]
name = "pool"
block = "global-pool"
[[stage]]
name = "classifier"
block = "linear"
[split]
at = ["input", "stem", "A", "B", "logits"]
ratios = [1, 4]
bits = [4, 8]
[fusion]
at = ["A.3", "B", "wide"]
"#;

fn small() -> SearchSpace {
    SearchSpace::from_toml(&Source::new("small", SMALL)).unwrap_or_else(|error| panic!("{error}"))
}

fn shipped_space(name: &str) -> SearchSpace {
    SearchSpace::shipped(name).unwrap()
}

fn profiles() -> Vec<Profile> {
    let mut all: Vec<Profile> = hardware::SHIPPED.iter().map(|(name, _)| Profile::shipped(name).unwrap()).collect();
    // Weights that are loaded where they do not fit, on both sides and in a shared memory, at sizes some designs
    // exceed.
    for layout in ["separate", "shared"] {
        for (weight_byte, limit) in [(87.5, 9_000), (0.01, 20_000)] {
            let glasses = hardware::shipped_text("glasses").unwrap();
            let text = glasses
                .replacen("weights = { value = 64, unit = \"KiB\"", &format!("weights = {{ value = {limit}, unit = \"B\""), 1)
                .replacen("residency = \"resident\"", &format!("layout = \"{layout}\"\nresidency = \"cached\"\nweight-bandwidth = {{ value = 1, unit = \"MB/s\" }}"), 1)
                .replacen("[sensor.energy]", &format!("[sensor.energy]\nweight-byte = {{ value = {weight_byte}, unit = \"pJ\" }}"), 1)
                .replacen("weights = { value = 1, unit = \"MiB\"", "residency = \"cached\"\nweight-bandwidth = { value = 1, unit = \"MB/s\" }\nweights = { value = 30000, unit = \"B\"", 1)
                .replacen("[aggregator.energy]", &format!("[aggregator.energy]\nweight-byte = {{ value = {weight_byte}, unit = \"pJ\" }}"), 1);
            let profile = Profile::from_toml(&Source::new("cached", text)).unwrap_or_else(|error| panic!("{error}"));
            all.push(profile);
        }
    }
    all
}

/// Every design, made from the rules of the space alone.
fn every_design(space: &SearchSpace) -> Vec<Design> {
    let mut genomes = vec![vec![]];
    for gene in space.genes() {
        genomes = genomes
            .into_iter()
            .flat_map(|genes: Vec<u8>| (0..gene.choices).map(move |value| [genes.clone(), vec![value]].concat()))
            .collect();
    }
    let canonical = genomes.iter().filter(|genes| space.canonical((*genes).clone()).genes() == genes.as_slice());
    let mut designs = Vec::new();
    for genome in canonical.map(|genes| space.canonical(genes.clone())) {
        for split in space.splits(&genome) {
            for fusion in space.fusions(&genome, split) {
                for &ratio in &space.split.ratios {
                    for &bits in &space.split.bits {
                        let design = Design { genome: genome.clone(), split, fusion, ratio, bits };
                        designs.push(space.canonical_design(design));
                    }
                }
            }
        }
    }
    designs.sort();
    designs.dedup();
    designs
}

/// Knobs around those of a profile: other numbers of sensors, limits that cut through the middle of the designs.
fn knobs(profile: &Profile, demands: &[SplitDemand], variant: usize) -> Knobs {
    let mut knobs = Knobs::from_profile(profile);
    knobs.sensors = [1, 3, 4][variant % 3];
    knobs.bandwidth_bytes_per_s *= [1.0, 0.1, 20.0][variant % 3];
    let rates = SystemRates::new(&knobs);
    let middle = |value: &dyn Fn(&SplitDemand) -> f64| {
        let mut values: Vec<f64> = demands.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        // A little more, so that no design stands on its limit, where rounding would decide.
        values[values.len() / [2, 3, 5][variant % 3]] * (1.0 + 1e-9)
    };
    knobs.latency_limit_s = Some(middle(&|demand| rates.evaluate(demand).latency.total_s()));
    if variant > 0 {
        knobs.energy_limit_j = Some(middle(&|demand| rates.evaluate(demand).energy_j));
        knobs.sensor_memory_bytes = middle(&|demand| demand.sensor_peak_bytes as f64) as u64 * 2;
        knobs.frame_rate_floor_hz = Some(0.5 / middle(&|demand| rates.evaluate(demand).latency.period_s()));
    }
    knobs
}

#[test]
fn counts_and_minima_equal_those_over_every_design() {
    let mut space = small();
    let designs = every_design(&space);
    let operators = [FusionOperator::Max, FusionOperator::Mix, FusionOperator::Mean];
    for (index, profile) in profiles().into_iter().enumerate() {
        // Where loading depends on the weights, the operator that adds some with every view.
        space.fusion.operator = if index < 7 { operators[index % 3] } else { FusionOperator::Concat };
        let model = CostModel::new(space.clone(), profile.clone()).unwrap();
        let survey = Survey::new(&model).unwrap();
        assert_eq!(survey.designs(), designs.len() as u128);
        assert_eq!(survey.genomes(), space.count());
        let demands: Vec<SplitDemand> = designs.iter().map(|design| model.demand(design).unwrap()).collect();
        for variant in 0..3 {
            let knobs = knobs(&profile, &demands, variant);
            let rates = SystemRates::new(&knobs);
            let feasible = demands.iter().filter(|demand| rates.evaluate(demand).feasible()).count();
            let found = survey.count_feasible(&knobs);
            assert_eq!((found.designs, found.interval), (feasible as f64, None), "{}", profile.name);
            assert_eq!(survey.feasible_designs(&knobs).len(), feasible);
            for goal in Goal::ALL {
                least_is_least(&survey, &model, &demands, &knobs, goal);
            }
        }
    }
}

fn value(goal: Goal, demand: &SplitDemand, rates: &SystemRates) -> f64 {
    let found = rates.evaluate(demand);
    match goal {
        Goal::Latency => found.latency.total_s(),
        Goal::Energy => found.energy_j,
        Goal::SensorMemory => found.sensor_peak_bytes as f64,
    }
}

fn least_is_least(survey: &Survey, model: &CostModel, demands: &[SplitDemand], knobs: &Knobs, goal: Goal) {
    let rates = SystemRates::new(knobs);
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs();
    let found = survey.optimum(goal, knobs);
    assert_eq!(found.iter().map(|least| least.split).collect::<Vec<_>>(), model.space().split.at);
    for least in found {
        let own = demands.iter().filter(|demand| demand.boundary == least.split);
        let true_least = own.clone().map(|demand| value(goal, demand, &rates)).fold(f64::INFINITY, f64::min);
        if goal == Goal::SensorMemory {
            let seconds = |demand: &SplitDemand| rates.evaluate(demand).latency.total_s();
            let equals = own.filter(|demand| near(value(goal, demand, &rates), true_least));
            let fastest = equals.map(seconds).fold(f64::INFINITY, f64::min);
            let found = seconds(&model.demand(&least.design).unwrap());
            assert!(near(fastest, found), "of equals at {}: {fastest} by listing, {found} found", least.split);
        }
        let design = value(goal, &model.demand(&least.design).unwrap(), &rates);
        assert!(
            near(true_least, least.value) && near(design, least.value),
            "{goal:?} at {}: {true_least} by listing, {} by the solver, {design} of its design {}",
            least.split,
            least.value,
            model.space().print_design(&least.design)
        );
    }
}

#[test]
fn the_default_space_is_counted_exactly() {
    let space = shipped_space("tabletop");
    let profile = &profiles()[0];
    let survey = Survey::new(&CostModel::new(space.clone(), profile.clone()).unwrap()).unwrap();
    assert_eq!(survey.designs(), every_design(&space).len() as u128);
    let found = survey.count_feasible(&Knobs::from_profile(profile));
    assert_eq!(found.interval, None);
    assert!(found.designs > 0.0 && found.designs < survey.designs() as f64, "{found}");
}

/// Draws at every split against the true share of a space that can also be counted.
#[test]
fn an_estimate_holds_the_truth_in_its_interval() {
    let space = small();
    let profile = &profiles()[0];
    let model = CostModel::new(space.clone(), profile.clone()).unwrap();
    let counted = Survey::new(&model).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut held, trials) = (0, 60);
    let all: Vec<SplitDemand> = every_design(&space).iter().map(|design| model.demand(design).unwrap()).collect();
    let knobs = knobs(profile, &all, 2);
    let truth = counted.count_feasible(&knobs).designs;
    for _ in 0..trials {
        let mut drawn = counted.clone();
        drawn.exact = false;
        for split in &mut drawn.splits {
            let own: Vec<(usize, u128)> = (0..counted.graph.nodes.len())
                .filter(|&node| counted.graph.nodes[node].boundary == Some(split.boundary))
                .map(|node| (node, counted.paths.designs(&counted.graph, node)))
                .collect();
            let draw = |_| model.demand(&counted.paths.draw_among(&space, &counted.graph, &own, &mut rng)).unwrap();
            split.looked_at = FeasibilityCounter::with_room(0);
            (0..100).map(draw).for_each(|demand| split.looked_at.push(&demand));
            split.looked_at.order(&SystemRates::new(&knobs));
        }
        let (low, high) = drawn.count_feasible(&knobs).interval.unwrap();
        held += usize::from(low <= truth && truth <= high);
    }
    // 57 of 60 on average at 95 %; fewer than 50 would happen once in ten thousand times.
    assert!(held >= 50, "{held} of {trials} intervals hold {truth}");
}

#[test]
fn a_large_space_is_estimated_and_splits_out_of_reach_are_ruled_out() {
    let space = shipped_space("attentive-nas");
    let profile = &profiles()[0];
    let survey = Survey::new(&CostModel::new(space.clone(), profile.clone()).unwrap()).unwrap();
    assert_eq!(survey.genomes(), 440_301_256_704);
    let mut knobs = Knobs::from_profile(profile);
    let least = survey.optimum(Goal::Latency, &knobs);
    let quickest = least.iter().map(|least| least.value).fold(f64::INFINITY, f64::min);
    knobs.latency_limit_s = Some(0.999 * quickest);
    let none = survey.count_feasible(&knobs);
    assert_eq!((none.designs, none.interval), (0.0, Some((0.0, 0.0))));
    knobs = Knobs::from_profile(&profiles()[3]);
    knobs.latency_limit_s = Some(10.0);
    let some = survey.count_feasible(&knobs);
    let (low, high) = some.interval.unwrap();
    assert!(low <= some.designs && some.designs <= high && some.designs > 0.0, "{some}");
}

#[test]
fn numbers_read_well() {
    let show = |designs, interval, of| FeasibleCount { designs, interval, of }.to_string();
    assert_eq!(show(1204.0, None, 143_360), "1 204 of 143 360 designs fit");
    assert_eq!(
        show(3.24e9, Some((2.9e9, 3.61e9)), 160_000_000_000_000),
        "3.2e9 (2.9e9 to 3.6e9) of 1.6e14 designs fit"
    );
    assert_eq!(show(7.0, None, 12), "7 of 12 designs fit");
}
