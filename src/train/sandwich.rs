//! Which nets one step trains: the split-aware sandwich (SplitNets; its patent US 2023/0153576 A1 names the set).
//!
//! The largest net without any splitting module is the teacher; the largest with all modules in series, the smallest with
//! one split and random designs with one split learn from it; series and smallest take turns. Where two sides are stitched
//! without a module the place is drawn too, so that both supernets are trained everywhere; half of the time everything runs
//! on the aggregator. The first steps train the teacher alone, all on the aggregator; the sensor supernet then starts as a
//! copy of it.

use std::fmt;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::{Sampling, Settings};
use crate::network::BoundaryId;
use crate::space::{Genome, SearchSpace};
use crate::supernet::{Route, Splitting};

/// A net's part in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Largest net without a splitting module: the teacher.
    Largest,
    /// Largest net with all splitting modules in series.
    Series,
    /// Smallest net with one split.
    Smallest,
    /// Random design with one split.
    Random,
}

impl Role {
    /// Name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Largest => "largest",
            Self::Series => "series",
            Self::Smallest => "smallest",
            Self::Random => "random",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One net of a step.
#[derive(Debug, Clone)]
pub struct Net {
    /// Its part.
    pub role: Role,
    /// Its way through the supernets.
    pub route: Route,
}

/// The nets of a step, the teacher first.
pub(super) fn nets(space: &SearchSpace, settings: &Settings, step: u64, rng: &mut impl Rng) -> Vec<Net> {
    let mut nets = Vec::new();
    if step < settings.teacher_steps() {
        return vec![teacher(space, 0, rng)];
    }
    match settings.sampling {
        Sampling::SplitAware => {
            let stitch = stitch(space, rng);
            nets.push(teacher(space, stitch, rng));
            if step.is_multiple_of(2) {
                let ratio = space.split.ratios[rng.random_range(0..space.split.ratios.len())];
                let route = teacher(space, stitch, rng).route;
                nets.push(Net { role: Role::Series, route: route.with(Splitting::Series { ratio }) });
            } else {
                nets.push(split(space, Role::Smallest, space.smallest(), rng));
            }
        }
        Sampling::Sandwich => {
            nets.push(split(space, Role::Largest, space.largest(), rng));
            nets.push(split(space, Role::Smallest, space.smallest(), rng));
        }
        Sampling::Uniform => {}
    }
    for _ in 0..settings.random_nets.max(usize::from(nets.is_empty())) {
        nets.push(split(space, Role::Random, space.sample(rng), rng));
    }
    nets
}

/// Where the largest net changes from sensor to aggregator.
fn stitch(space: &SearchSpace, rng: &mut impl Rng) -> BoundaryId {
    let splits = space.splits(&space.largest());
    if rng.random_bool(0.5) { splits[0] } else { splits[rng.random_range(0..splits.len())] }
}

/// The largest net without a splitting module, fused at a place drawn.
fn teacher(space: &SearchSpace, stitch: BoundaryId, rng: &mut impl Rng) -> Net {
    let genome = space.largest();
    let fusions = space.fusions(&genome, stitch);
    // The last fusion but the logits sees whole features: the best teacher, so it comes up half of the time.
    let late = fusions.len().saturating_sub(2);
    let fusion = if rng.random_bool(0.5) { fusions[late] } else { fusions[rng.random_range(0..fusions.len())] };
    Net { role: Role::Largest, route: Route::new(space, &genome, stitch, fusion, Splitting::None) }
}

/// A net as a design with one split drawn.
fn split(space: &SearchSpace, role: Role, genome: Genome, rng: &mut impl Rng) -> Net {
    let design = space.sample_split(genome, rng);
    Net { role, route: Route::of_design(space, &design) }
}
