//! Where the candidates of a pool come from: genomes and ways to send, listed or drawn.

use std::collections::HashSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::cost::Sending;
use crate::space::{Gene, Genome, SearchSpace};

/// Spaces with more genomes than this are sampled, smaller ones may be listed.
const LISTED_GENOMES: u128 = 1 << 16;

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
pub(super) fn sampled_sending(space: &SearchSpace, genome: &Genome, rng: &mut ChaCha8Rng) -> Sending {
    let usual = usual_sending(space, genome);
    let mut pick = |list: &[u8], or: u8| if list.is_empty() { or } else { list[rng.random_range(0..list.len())] };
    Sending {
        fusion: pick(&space.fusions(genome, 0), usual.fusion),
        ratio: pick(&space.split.ratios, usual.ratio),
        bits: pick(&space.split.bits, usual.bits),
    }
}

/// Every genome of a space with at most `most` of them, else none.
pub(super) fn listed_genomes(space: &SearchSpace, most: usize) -> Vec<Genome> {
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
