//! The cost model as a whole: invariants over random designs, and figures worked out by hand.

mod fusion;
mod invariants;
mod legality;
mod measured;
mod memory;
mod paradigms;
mod sensitivity;
mod system;
mod why;

use rand::SeedableRng;

use super::*;
use crate::diagnostic::Source;
use crate::hardware::{self, Profile};
use crate::network::{LinkRange, Network};
use crate::quantity::{Knob, Limit};
use crate::space::{Design, SearchSpace};

fn space(name: &str) -> SearchSpace {
    SearchSpace::shipped(name).unwrap()
}

pub(super) fn profile(index: usize) -> Profile {
    Profile::shipped(hardware::SHIPPED[index % hardware::SHIPPED.len()].0).unwrap()
}

fn design(space: &SearchSpace, seed: u64) -> (Design, Network) {
    let design = space.sample_design(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
    let network = space.lower(&design.genome).unwrap();
    (design, network)
}

fn constant(value: f64) -> hardware::Sourced<f64> {
    hardware::Sourced { value, shown: String::new(), source: None, assumed: true }
}

/// A shipped profile with further lines at its end.
fn with_cameras(index: usize, cameras: &str) -> Profile {
    let (name, text) = hardware::SHIPPED[index];
    Profile::from_toml(&Source::new(name, format!("{text}\n{cameras}"))).unwrap_or_else(|error| panic!("{error}"))
}
