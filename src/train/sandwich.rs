//! Nets that one step trains: the split-aware sandwich (SplitNets; its patent US 2023/0153576 A1 names the set).
//!
//! The largest net without any splitting module is the teacher; the largest with all modules in series, the smallest
//! with one split and random designs with one split learn from it. Where two sides are stitched without a module the
//! place is drawn too, so that both supernets are trained everywhere; half of the time everything runs on the
//! aggregator. The first steps train the teacher alone, all on the aggregator; everything else then starts from it.

use rand::{Rng, RngExt};

use super::{Attention, Sampling, Settings};
use crate::network::BoundaryId;
use crate::record::Role;
use crate::space::{Genome, SearchSpace};
use crate::supernet::{Route, Splitting};

/// Designs among which attention chooses one.
const CANDIDATES: usize = 3;
/// Draws after which a candidate of another size is taken.
const RETRIES: usize = 100;
/// Candidates differ in size by at most this share of the space's range: 1/25, as `AttentiveNAS` has bins of 25
/// `MFLOPs` over a range of 0.2 to 1.9 `GFLOPs`, and finer where spaces are small.
const BIN: f64 = 0.04;

/// One net of a step.
#[derive(Debug, Clone)]
pub struct Net {
    /// Its part.
    pub role: Role,
    /// Its way through the supernets, or several to choose from.
    pub routes: Vec<Route>,
}

impl Net {
    /// Net with one route.
    pub(super) fn new(role: Role, route: Route) -> Self {
        Self { role, routes: vec![route] }
    }
}

/// The nets of a step, the teacher first.
pub(super) fn nets(space: &SearchSpace, settings: &Settings, step: u64, rng: &mut impl Rng) -> Vec<Net> {
    if step < settings.teacher_steps() {
        return vec![Net::new(Role::Largest, largest(space, 0, Splitting::None, rng))];
    }
    let mut nets = Vec::new();
    match settings.sampling {
        Sampling::SplitAware => {
            let stitch = stitch(space, rng);
            nets.push(Net::new(Role::Largest, largest(space, stitch, Splitting::None, rng)));
            let ratio = space.split.ratios[rng.random_range(0..space.split.ratios.len())];
            nets.push(Net::new(Role::Series, largest(space, stitch, Splitting::Series { ratio }, rng)));
            nets.push(Net::new(Role::Smallest, split(space, space.smallest(), rng)));
        }
        Sampling::Sandwich => {
            nets.push(Net::new(Role::Largest, split(space, space.largest(), rng)));
            nets.push(Net::new(Role::Smallest, split(space, space.smallest(), rng)));
        }
        Sampling::Uniform => {}
    }
    for _ in 0..settings.random_nets.max(usize::from(nets.is_empty())) {
        let routes = match settings.attention {
            Attention::Off => vec![split(space, space.sample(rng), rng)],
            Attention::BestUp | Attention::WorstUp => candidates(space, rng),
        };
        nets.push(Net { role: Role::Random, routes });
    }
    nets
}

/// Random designs of similar size.
fn candidates(space: &SearchSpace, rng: &mut impl Rng) -> Vec<Route> {
    let macs = |genome: &Genome| space.lower(genome).map_or(0.0, |network| network.macs() as f64);
    let range = macs(&space.largest()) - macs(&space.smallest());
    let first = space.sample(rng);
    let target = macs(&first);
    let mut genomes = vec![first];
    while genomes.len() < CANDIDATES {
        let near = |genome: &Genome| (macs(genome) - target).abs() <= BIN * range / 2.0;
        let drawn = (0..RETRIES).map(|_| space.sample(rng)).find(near);
        genomes.push(drawn.unwrap_or_else(|| space.sample(rng)));
    }
    genomes.into_iter().map(|genome| split(space, genome, rng)).collect()
}

/// Boundary at which the largest network changes from sensor to aggregator.
fn stitch(space: &SearchSpace, rng: &mut impl Rng) -> BoundaryId {
    let splits = space.splits(&space.largest());
    if rng.random_bool(0.5) { splits[0] } else { splits[rng.random_range(0..splits.len())] }
}

/// The largest net, fused at a place drawn.
fn largest(space: &SearchSpace, stitch: BoundaryId, splitting: Splitting, rng: &mut impl Rng) -> Route {
    let genome = space.largest();
    let fusions = space.fusions(&genome, stitch);
    // The last fusion but the logits sees whole features: the best teacher, so it comes up half of the time.
    let late = fusions.len().saturating_sub(2);
    let fusion = if rng.random_bool(0.5) { fusions[late] } else { fusions[rng.random_range(0..fusions.len())] };
    Route::new(space, &genome, stitch, fusion, splitting)
}

/// A net as a design with one split drawn.
fn split(space: &SearchSpace, genome: Genome, rng: &mut impl Rng) -> Route {
    Route::of_design(space, &space.sample_split(genome, rng))
}
