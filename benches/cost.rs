//! What a cost takes: `cargo bench --bench cost`. Prints one line a figure with its budget; CPU time where the system
//! tells it (Linux), else wall time. Fails if a budget is missed by more than a factor of two, so that a busy machine
//! passes.

use std::hint::black_box;
use std::time::Instant;

use rand::SeedableRng;
use splitscope::cost::{
    BatchCosts, DemandBatch, Knobs, NetworkCosts, SpaceCostTable, SystemRates, TransmitConfig, layer_costs,
};
use splitscope::hardware::Profile;
use splitscope::network::Network;
use splitscope::network::memory::live_bytes;
use splitscope::space::{Design, SearchSpace};

fn main() {
    let profile = Profile::shipped("glasses").expect("it is shipped");
    let mut missed = Vec::new();
    for name in ["tabletop", "attentive-nas"] {
        let space = SearchSpace::shipped(name).expect("it is shipped");
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let designs: Vec<Design> = (0..10_000).map(|_| space.sample_design(&mut rng)).collect();
        missed.extend(fresh(name, &space, &profile, &designs));
        missed.extend(again(name, &space, &profile, &designs));
        missed.extend(layer_by_layer(name, &space, &profile, &designs));
    }
    for line in &missed {
        eprintln!("missed: {line}");
    }
    std::process::exit(i32::from(!missed.is_empty()));
}

/// A fresh design, nothing known but the blocks of the space: 250 ns.
fn fresh(name: &str, space: &SearchSpace, profile: &Profile, designs: &[Design]) -> Option<String> {
    let start = Instant::now();
    let table = SpaceCostTable::new(space, profile).expect("no device is measured");
    println!("{name}: table of all blocks: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let rates = SystemRates::new(&Knobs::from_profile(profile));
    // Plain splits carry ratio 1 and 8 bits, which every shipped space has.
    let seconds = mean(|| {
        designs
            .iter()
            .map(|design| rates.evaluate(&table.demand(design).expect("a design of the space")).energy_j)
            .sum()
    });
    let each = seconds / designs.len() as f64;
    report(&format!("{name}: fresh design"), each * 1e9, "ns", if name == "tabletop" { 250.0 } else { 500.0 })
}

/// 10,000 designs at all boundaries after a knob moved, one after the other as an explorer costs them: 2 ms.
fn again(name: &str, space: &SearchSpace, profile: &Profile, designs: &[Design]) -> Option<String> {
    let blocks = SpaceCostTable::new(space, profile).expect("no device is measured");
    let mut knobs = Knobs::from_profile(profile);
    let (mut table, mut ends, mut batch) = (NetworkCosts::default(), Vec::new(), DemandBatch::new(knobs.sensors));
    for design in designs {
        blocks.fill(&design.genome, TransmitConfig::from(design), &mut table).expect("a design of the space");
        table.demands.iter().for_each(|demand| batch.push(demand, true));
        ends.push(batch.len());
    }
    let mut costs = BatchCosts::default();
    let mut cost = |knobs: &Knobs, batch: &DemandBatch| {
        let (rates, mut start, mut sum) = (SystemRates::new(knobs), 0, 0.0);
        let breakable = batch.breakable(&rates);
        for &end in &ends {
            batch.evaluate(start..end, &rates, breakable, &mut costs);
            sum += costs.seconds()[0] + costs.excess()[0];
            start = end;
        }
        sum
    };
    let seconds = mean(|| {
        knobs.bandwidth_bytes_per_s *= 1.001;
        cost(&knobs, &batch)
    });
    println!("{name}: {} demands, {:.1} ns each", batch.len(), seconds * 1e9 / batch.len() as f64);
    let sensors = mean(|| {
        knobs.sensors = 1 + knobs.sensors % 12;
        batch.set_sensors(knobs.sensors);
        cost(&knobs, &batch)
    });
    println!("{name}: 10,000 designs after another number of sensors: {:.2} ms", sensors * 1e3);
    report(&format!("{name}: 10,000 designs after a knob"), seconds * 1e3, "ms", 2.0)
}

/// Cost and live bytes of every layer of a network on one device: 20 us. Lowering a genome, and all splits on both
/// devices, are shown beside it.
fn layer_by_layer(name: &str, space: &SearchSpace, profile: &Profile, designs: &[Design]) -> Option<String> {
    let designs = &designs[..500];
    let count = designs.len() as f64;
    let lower = |design: &Design| space.lower(&design.genome).expect("designs lower");
    let networks: Vec<_> = designs.iter().map(lower).collect();
    let layers: usize = networks.iter().map(|network| network.layers.len()).sum();
    let lowering = mean(|| designs.iter().map(|design| lower(design).layers.len() as f64).sum()) / count;
    let demands = mean(|| {
        let table = |(network, design): (&Network, &Design)| {
            NetworkCosts::new(network, TransmitConfig::from(design), profile).expect("no device is measured").demands[0]
                .resident
                .one_view
                .cycles
        };
        networks.iter().zip(designs).map(table).sum()
    }) / count;
    println!("{name}: lowering {:.1} us, all demands on both devices {:.1} us", lowering * 1e6, demands * 1e6);
    let seconds = mean(|| {
        let account = |network: &Network| {
            let costs = layer_costs(network, &profile.sensor.device).expect("no device is measured");
            let live = live_bytes(network, profile.sensor.memory_rule);
            costs.iter().zip(live).map(|(cost, live)| cost.compute_cycles + live as f64).sum::<f64>()
        };
        networks.iter().map(account).sum()
    }) / count;
    let what = format!("{name}: network layer by layer, {} layers on average", layers / designs.len());
    report(&what, seconds * 1e6, "us", 20.0)
}

/// Mean CPU seconds of one run, over half a second of runs.
fn mean(mut work: impl FnMut() -> f64) -> f64 {
    black_box(work());
    let (start, mut runs) = (now(), 0);
    loop {
        black_box(work());
        runs += 1;
        let passed = now() - start;
        if passed > 0.5 {
            return passed / f64::from(runs);
        }
    }
}

/// Seconds of CPU time of this thread, or of the clock.
fn now() -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let cpu = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = cpu.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    match nanoseconds {
        Some(nanoseconds) => nanoseconds * 1e-9,
        None => START.get_or_init(Instant::now).elapsed().as_secs_f64(),
    }
}

fn report(what: &str, value: f64, unit: &str, budget: f64) -> Option<String> {
    let line = format!("{what}: {value:.2} {unit} (budget {budget} {unit})");
    println!("{line}");
    (value > 2.0 * budget).then_some(line)
}
