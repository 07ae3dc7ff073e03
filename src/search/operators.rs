//! Making of genomes: at random, from two parents, from one parent, by moving a boundary, by counting.
//!
//! All operators keep every gene within its choices and draw only from the generator they are given, so a search
//! replays.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::config::{GeneScale, SearchGene};

/// A genome: one value per gene.
pub type Genome = Box<[u8]>;

pub(super) fn randomise(genes: &[SearchGene], genome: &mut [u8], rng: &mut ChaCha8Rng) {
    for (gene, value) in genes.iter().zip(genome) {
        *value = rng.random_range(0..gene.cardinality);
    }
}

/// `count` genomes in which every choice of every gene occurs equally often, give or take one (a Latin hypercube on
/// choices).
pub(super) fn stratified(genes: &[SearchGene], count: usize, rng: &mut ChaCha8Rng) -> Vec<Genome> {
    let mut genomes = vec![vec![0; genes.len()].into_boxed_slice(); count];
    for (index, gene) in genes.iter().enumerate() {
        let mut choices: Vec<u8> = (0..gene.cardinality).collect();
        choices.shuffle(rng);
        let mut column: Vec<u8> = choices.into_iter().cycle().take(count).collect();
        column.shuffle(rng);
        for (genome, value) in genomes.iter_mut().zip(column) {
            genome[index] = value;
        }
    }
    genomes
}

/// Uniform crossover: every gene of `child` becomes `other`'s with probability one half.
pub(super) fn cross(child: &mut [u8], other: &[u8], rng: &mut ChaCha8Rng) {
    for (values, others) in child.chunks_mut(64).zip(other.chunks(64)) {
        let mut coins: u64 = rng.random();
        for (value, other) in values.iter_mut().zip(others) {
            // Without a branch: a coin can't be predicted.
            *value ^= (*value ^ *other) * (coins & 1) as u8;
            coins >>= 1;
        }
    }
}

/// Changes each gene with probability `rate` (0 to 1); returns how many changed. It draws the (geometric) distance from
/// one mutated gene to the next instead of a number for each gene.
pub(super) fn mutate(genes: &[SearchGene], child: &mut [u8], rate: f64, rng: &mut ChaCha8Rng) -> u8 {
    if rate <= 0.0 {
        return 0;
    }
    let mut mutated: u8 = 0;
    let log_unchanged = (-rate).ln_1p();
    // 1 - random() lies in (0, 1], so the logarithm is finite.
    let distance = |rng: &mut ChaCha8Rng| ((1.0 - rng.random::<f64>()).ln() / log_unchanged) as usize;
    let mut index = distance(rng);
    while index < genes.len() {
        if genes[index].cardinality > 1 {
            child[index] = changed(genes[index], child[index], rng);
            mutated = mutated.saturating_add(1);
        }
        index = index.saturating_add(1).saturating_add(distance(rng));
    }
    mutated
}

/// Changes one gene that can change; returns how many did (0 if all genes are fixed).
pub(super) fn mutate_one(genes: &[SearchGene], child: &mut [u8], rng: &mut ChaCha8Rng) -> u8 {
    let free = |gene: &&SearchGene| gene.cardinality > 1;
    let count = genes.iter().filter(free).count();
    if count == 0 {
        return 0;
    }
    let chosen = rng.random_range(0..count);
    let pairs = genes.iter().zip(child).filter(|(gene, _)| free(gene));
    for (gene, value) in pairs.skip(chosen).take(1) {
        *value = changed(*gene, *value, rng);
    }
    1
}

/// Moves one boundary gene by one; returns which, `None` if there is none that can move.
pub(super) fn move_boundary(genes: &[SearchGene], child: &mut [u8], rng: &mut ChaCha8Rng) -> Option<usize> {
    let movable = |gene: &SearchGene| gene.kind == GeneScale::Boundary && gene.cardinality > 1;
    let count = genes.iter().filter(|gene| movable(gene)).count();
    if count == 0 {
        return None;
    }
    let chosen = rng.random_range(0..count);
    let (index, gene) = genes.iter().enumerate().filter(|(_, gene)| movable(gene)).nth(chosen)?;
    child[index] = stepped(*gene, child[index], rng);
    Some(index)
}

/// Another value of the gene. Two values or more are assumed.
fn changed(gene: SearchGene, value: u8, rng: &mut ChaCha8Rng) -> u8 {
    if gene.kind != GeneScale::Categorical && rng.random_bool(gene.step_probability) {
        return stepped(gene, value, rng);
    }
    let drawn = rng.random_range(0..gene.cardinality - 1);
    drawn + u8::from(drawn >= value)
}

/// The value one up or one down; at an end, the only neighbour. Two values or more are assumed.
fn stepped(gene: SearchGene, value: u8, rng: &mut ChaCha8Rng) -> u8 {
    let last = gene.cardinality - 1;
    if value == 0 || (value < last && rng.random_bool(0.5)) { value + 1 } else { value - 1 }
}

/// The next genome in counting order, with the last gene counting fastest; after the last genome comes the first.
pub(super) fn count_up(genes: &[SearchGene], genome: &mut [u8]) {
    for (gene, value) in genes.iter().zip(genome).rev() {
        if *value + 1 < gene.cardinality {
            *value += 1;
            return;
        }
        *value = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn genes() -> Vec<SearchGene> {
        vec![
            SearchGene::ordered(3),
            SearchGene::categorical(1),
            SearchGene::categorical(4),
            SearchGene::boundary(21),
            SearchGene::ordered(2),
        ]
    }

    fn random(genes: &[SearchGene], rng: &mut ChaCha8Rng) -> Vec<u8> {
        let mut genome = vec![0; genes.len()];
        randomise(genes, &mut genome, rng);
        genome
    }

    fn within(genome: &[u8]) -> bool {
        genome.len() == 5 && genome.iter().zip(genes()).all(|(value, gene)| *value < gene.cardinality)
    }

    #[test]
    fn every_operator_stays_within_the_choices() {
        let genes = genes();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2_000 {
            let parent = random(&genes, &mut rng);
            let mut child = parent.clone();
            cross(&mut child, &random(&genes, &mut rng), &mut rng);
            let before = child.clone();
            let mutated = mutate(&genes, &mut child, 0.3, &mut rng);
            let differing = child.iter().zip(&before).filter(|(a, b)| a != b).count();
            assert_eq!(differing, usize::from(mutated), "a mutated gene always takes another value");
            assert!(within(&child) && child[1] == 0);
        }
    }

    #[test]
    fn single_changes_change_exactly_one_gene() {
        let genes = genes();
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut upwards = 0;
        for _ in 0..500 {
            let parent = random(&genes, &mut rng);
            let mut child = parent.clone();
            assert_eq!(mutate_one(&genes, &mut child, &mut rng), 1);
            assert_eq!(child.iter().zip(&parent).filter(|(a, b)| a != b).count(), 1);
            let mut moved = parent.clone();
            assert_eq!(move_boundary(&genes, &mut moved, &mut rng), Some(3));
            assert_eq!(moved[3].abs_diff(parent[3]), 1);
            upwards += i32::from(moved[3] > parent[3]);
            assert!(within(&child) && within(&moved));
        }
        assert!((200..300).contains(&upwards), "both ways alike: {upwards} of 500");
        let fixed = [SearchGene::ordered(1), SearchGene::boundary(1)];
        assert_eq!(mutate_one(&fixed, &mut [0, 0], &mut rng), 0);
        assert_eq!(move_boundary(&fixed, &mut [0, 0], &mut rng), None);
    }

    #[test]
    fn stratified_genomes_use_every_choice_equally() {
        let genomes = stratified(&genes(), 12, &mut ChaCha8Rng::seed_from_u64(3));
        for (gene, expected) in [(0, 4), (1, 12), (2, 3), (4, 6)] {
            for choice in 0..genes()[gene].cardinality {
                assert_eq!(genomes.iter().filter(|genome| genome[gene] == choice).count(), expected);
            }
        }
    }

    #[test]
    fn counting_visits_every_genome_once() {
        let genes = genes();
        let start: Vec<u8> = vec![2, 0, 1, 20, 1];
        let mut genome = start.clone();
        let mut seen = std::collections::HashSet::new();
        loop {
            assert!(seen.insert(genome.clone()));
            count_up(&genes, &mut genome);
            if genome == start {
                break;
            }
        }
        assert_eq!(seen.len(), 3 * 4 * 21 * 2);
    }
}
