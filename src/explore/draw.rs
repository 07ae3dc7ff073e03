//! Draws candidates from a space: genomes and transmit configurations, listed or sampled.

use std::collections::{HashMap, HashSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::cost::TransmitConfig;
use crate::network::ShapeError;
use crate::space::{Gene, Genome, SearchSpace, SplitRules};

/// Spaces with more genomes than this are sampled, smaller ones may be listed.
const LISTED_GENOMES: u128 = 1 << 16;

/// A drawn candidate.
pub(super) struct Drawn {
    pub(super) genome: Genome,
    pub(super) transmit: TransmitConfig,
    /// Multiply-accumulates of the network for one view.
    pub(super) macs: u64,
}

/// Source of new candidates of a space, all of them with possible shapes.
pub(super) struct Draws<'a> {
    space: &'a SearchSpace,
    listed: Vec<Genome>,
    rng: ChaCha8Rng,
    /// Draws left. Small spaces repeat themselves, so some draws are in vain.
    left: usize,
    seen: HashSet<(Genome, TransmitConfig)>,
    /// Multiply-accumulates by genome; `None` for impossible shapes.
    macs: HashMap<Genome, Option<u64>>,
    /// The first error of a genome with impossible shapes.
    pub(super) error: Option<ShapeError>,
}

impl<'a> Draws<'a> {
    /// Prepares the draws of `count` candidates. Stops after ten times as many draws, which find nearly all of a small
    /// space.
    pub(super) fn new(space: &'a SearchSpace, count: usize, seed: u64) -> Self {
        Self {
            space,
            listed: listed_genomes(space, count),
            rng: ChaCha8Rng::seed_from_u64(seed),
            // The ways to send an imported network are listed, all with the fusion that the user named.
            left: if space.imported().is_empty() { count.saturating_mul(10) } else { 0 },
            seen: HashSet::new(),
            macs: HashMap::new(),
            error: None,
        }
    }

    /// The smallest and the largest network and every genome of a small space, with default transmit configurations; at
    /// most `most`.
    pub(super) fn first(&mut self, most: usize) -> Vec<Drawn> {
        let genomes = [self.space.largest(), self.space.smallest()].into_iter().chain(self.listed.clone());
        let mut ways: Vec<(Genome, TransmitConfig)> = Vec::new();
        for genome in genomes {
            let usual = default_transmit(self.space, &genome);
            let SplitRules { ratios, bits, .. } = &self.space.split;
            let all = ratios.iter().flat_map(|&ratio| bits.iter().map(move |&bits| (ratio, bits)));
            match self.space.imported() {
                [] => ways.push((genome, usual)),
                _ => ways.extend(all.map(|(ratio, bits)| (genome.clone(), TransmitConfig { ratio, bits, ..usual }))),
            }
        }
        ways.into_iter().filter_map(|(genome, transmit)| self.draw(genome, transmit)).take(most).collect()
    }

    /// Genomes and transmit configurations drawn uniformly: `count` of them, or fewer if there are no more.
    pub(super) fn next(&mut self, count: usize) -> Vec<Drawn> {
        let mut drawn = Vec::new();
        while drawn.len() < count && self.left > 0 {
            self.left -= 1;
            let genome = match self.listed.as_slice() {
                [] => self.space.sample(&mut self.rng),
                listed => listed[self.rng.random_range(0..listed.len())].clone(),
            };
            let transmit = sampled_transmit(self.space, &genome, &mut self.rng);
            drawn.extend(self.draw(genome, transmit));
        }
        drawn
    }

    fn draw(&mut self, genome: Genome, transmit: TransmitConfig) -> Option<Drawn> {
        if !self.seen.insert((genome.clone(), transmit)) {
            return None;
        }
        let macs = *self.macs.entry(genome.clone()).or_insert_with(|| match self.space.lower(&genome) {
            Ok(network) => Some(network.macs()),
            Err(shape) => {
                self.error.get_or_insert(shape);
                None
            }
        });
        macs.map(|macs| Drawn { genome, transmit, macs })
    }
}

/// The transmit configuration a network gets if nothing else is known: its views become one as soon as they meet,
/// compressed by the middle ratio of the space, with the most link bits.
pub(crate) fn default_transmit(space: &SearchSpace, genome: &Genome) -> TransmitConfig {
    TransmitConfig {
        fusion: space.early_fusion(genome),
        ratio: space.split.ratios.get(space.split.ratios.len() / 2).copied().unwrap_or(1),
        bits: space.split.bits.last().copied().unwrap_or(8),
    }
}

/// A transmit configuration of a genome drawn uniformly from those the space allows.
fn sampled_transmit(space: &SearchSpace, genome: &Genome, rng: &mut ChaCha8Rng) -> TransmitConfig {
    let usual = default_transmit(space, genome);
    let fusions = space.fusions(genome, 0);
    let fusion = if fusions.is_empty() { usual.fusion } else { fusions[rng.random_range(0..fusions.len())] };
    let mut pick = |list: &[u8], or: u8| if list.is_empty() { or } else { list[rng.random_range(0..list.len())] };
    TransmitConfig { fusion, ratio: pick(&space.split.ratios, usual.ratio), bits: pick(&space.split.bits, usual.bits) }
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
