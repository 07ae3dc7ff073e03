//! The default space and profile: neither end of the network wins, and the best split follows the bandwidth.

use rand::SeedableRng;
use splitscope::cost::{Knobs, NetworkCosts, TransmitConfig, best_split, sweep};
use splitscope::hardware::{self, Profile};
use splitscope::space::{self, Genome, SearchSpace};

fn pair() -> (SearchSpace, Profile) {
    let space = SearchSpace::shipped(space::DEFAULT).unwrap();
    let profile = Profile::shipped(hardware::DEFAULT).unwrap();
    (space, profile)
}

/// The largest, the smallest, and 20 sampled genomes.
fn genomes(space: &SearchSpace) -> Vec<Genome> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut genomes = vec![space.largest(), space.smallest()];
    genomes.extend((0..20).map(|_| space.sample(&mut rng)));
    genomes
}

fn table(space: &SearchSpace, profile: &Profile, genome: &Genome) -> NetworkCosts {
    let transmit = TransmitConfig { fusion: space.boundary_named("S2.1").unwrap(), ratio: 4, bits: 8 };
    NetworkCosts::new(&space.lower(genome).unwrap(), transmit, profile).unwrap()
}

/// Position of the best split at `factor` times the profile's bandwidth, without a latency limit.
fn best(table: &NetworkCosts, profile: &Profile, factor: f64) -> usize {
    let knobs = Knobs::from_profile(profile);
    let bandwidth_bytes_per_s = knobs.bandwidth_bytes_per_s * factor;
    best_split(table, &Knobs { bandwidth_bytes_per_s, latency_limit_s: None, ..knobs }, |_| true).unwrap()
}

#[test]
fn the_best_split_is_inside_the_network() {
    let (space, profile) = pair();
    let knobs = Knobs::from_profile(&profile);
    for genome in genomes(&space) {
        let table = table(&space, &profile, &genome);
        let best = best_split(&table, &knobs, |_| true).unwrap();
        assert!(best > 0 && best < table.demands.len() - 1, "{}: {best}", space.print(&genome));
        let evaluation = sweep(&table, &knobs).nth(best).unwrap();
        assert!(evaluation.feasible(), "{}: {evaluation:?}", space.print(&genome));
    }
}

#[test]
fn more_bandwidth_moves_the_split_to_the_input_and_less_to_the_logits() {
    let (space, profile) = pair();
    let (mut earlier, mut later) = (0, 0);
    for genome in genomes(&space) {
        let table = table(&space, &profile, &genome);
        let steps: Vec<usize> =
            [0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0].iter().map(|factor| best(&table, &profile, *factor)).collect();
        // A faster link never makes a split win that sends less.
        let bytes: Vec<u64> = steps.iter().map(|&index| table.demands[index].link_bytes).collect();
        assert!(bytes.is_sorted(), "{}: {bytes:?}", space.print(&genome));
        assert!(steps[0] >= steps[3] && steps[3] >= steps[6], "{}: {steps:?}", space.print(&genome));
        later += usize::from(steps[0] > steps[3]);
        earlier += usize::from(steps[6] < steps[3]);
    }
    assert!(later >= 12 && earlier >= 12, "{later} move later, {earlier} move earlier");
}
