//! Where the candidates of a pool come from: genomes and ways to send, listed or drawn.

use std::collections::{HashMap, HashSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::cost::Sending;
use crate::network::ShapeError;
use crate::space::{Gene, Genome, SearchSpace};

/// Spaces with more genomes than this are sampled, smaller ones may be listed.
const LISTED_GENOMES: u128 = 1 << 16;

/// What is to become a candidate.
pub(super) struct Drawn {
    pub(super) genome: Genome,
    pub(super) sending: Sending,
    /// Multiply-accumulates of the network for one view.
    pub(super) macs: u64,
}

/// What was drawn so far.
struct Draws<'a> {
    space: &'a SearchSpace,
    drawn: Vec<Drawn>,
    seen: HashSet<(Genome, Sending)>,
    /// Multiply-accumulates by genome, of those whose shapes can exist.
    macs: HashMap<Genome, Option<u64>>,
    error: Option<ShapeError>,
}

impl Draws<'_> {
    /// Adds what is new and can exist.
    fn add(&mut self, genome: Genome, sending: Sending) {
        let Self { space, drawn, seen, macs, error } = self;
        if !seen.insert((genome.clone(), sending)) {
            return;
        }
        let macs = macs.entry(genome.clone()).or_insert_with(|| match space.lower(&genome) {
            Ok(network) => Some(network.macs()),
            Err(shape) => {
                error.get_or_insert(shape);
                None
            }
        });
        drawn.extend(macs.map(|macs| Drawn { genome, sending, macs }));
    }
}

/// At most `count` different ones, in the order in which `Pool::sample` names them, and the first error among what was left
/// out.
pub(super) fn draw(space: &SearchSpace, count: usize, seed: u64) -> (Vec<Drawn>, Option<ShapeError>) {
    let mut draws = Draws { space, drawn: Vec::new(), seen: HashSet::new(), macs: HashMap::new(), error: None };
    let listed = listed_genomes(space, count);
    for genome in [space.largest(), space.smallest()].into_iter().chain(listed.clone()) {
        if draws.drawn.len() < count {
            let sending = usual_sending(space, &genome);
            draws.add(genome, sending);
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Small pools repeat themselves: give up after as many draws as would find nearly all of what there is.
    for _ in 0..count.saturating_mul(10) {
        if draws.drawn.len() >= count {
            break;
        }
        let genome = match listed.as_slice() {
            [] => space.sample(&mut rng),
            listed => listed[rng.random_range(0..listed.len())].clone(),
        };
        let sending = sampled_sending(space, &genome, &mut rng);
        draws.add(genome, sending);
    }
    (draws.drawn, draws.error)
}

/// The sending a network gets if nothing else is known: its views become one as soon as they meet, compressed by the
/// middle ratio of the space, with the most link bits.
pub fn usual_sending(space: &SearchSpace, genome: &Genome) -> Sending {
    Sending {
        fusion: space.fusions(genome, 0).first().copied().unwrap_or_else(|| space.last()),
        ratio: space.split.ratios.get(space.split.ratios.len() / 2).copied().unwrap_or(1),
        bits: space.split.bits.last().copied().unwrap_or(8),
    }
}

/// A sending of a genome drawn uniformly from those the space allows.
fn sampled_sending(space: &SearchSpace, genome: &Genome, rng: &mut ChaCha8Rng) -> Sending {
    let usual = usual_sending(space, genome);
    let mut pick = |list: &[u8], or: u8| if list.is_empty() { or } else { list[rng.random_range(0..list.len())] };
    Sending {
        fusion: pick(&space.fusions(genome, 0), usual.fusion),
        ratio: pick(&space.split.ratios, usual.ratio),
        bits: pick(&space.split.bits, usual.bits),
    }
}

/// Every genome of a space with at most `most` of them, else none.
fn listed_genomes(space: &SearchSpace, most: usize) -> Vec<Genome> {
    let raw = space.genes().iter().fold(1_u128, |product, gene| product.saturating_mul(u128::from(gene.choices)));
    if space.count() > most as u128 || raw > LISTED_GENOMES {
        return Vec::new();
    }
    let genomes = (0..raw).map(|mut number| {
        let digit = |gene: &Gene| {
            let digit = number % u128::from(gene.choices);
            number /= u128::from(gene.choices);
            digit as u8
        };
        space.canonical(space.genes().iter().map(digit).collect())
    });
    let mut seen = HashSet::new();
    genomes.filter(|genome| seen.insert(genome.clone())).collect()
}
