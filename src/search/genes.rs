//! Encoding of designs as genes of a search: the genes of the genome, then split, fusion, ratio and bits.

use super::config::SearchGene;
use crate::space::{Design, GeneKind, SearchSpace};

/// Genes of the designs of a space. All but kernels are ordered; the split moves by one boundary.
pub(crate) fn of_space(space: &SearchSpace) -> Vec<SearchGene> {
    let count = |length: usize| u8::try_from(length).expect("a space has at most 255 choices");
    let mut genes: Vec<SearchGene> = space
        .genes()
        .iter()
        .map(|gene| match gene.kind {
            GeneKind::Kernel => SearchGene::categorical(gene.choices),
            _ => SearchGene::ordered(gene.choices),
        })
        .collect();
    genes.push(SearchGene::boundary(count(space.split.at.len())));
    genes.push(SearchGene::ordered(count(space.fusion.at.len())));
    genes.push(SearchGene::ordered(count(space.split.ratios.len())));
    genes.push(SearchGene::ordered(count(space.split.bits.len())));
    genes
}

/// The canonical design that some genes encode.
pub(crate) fn decode(space: &SearchSpace, genes: &[u8]) -> Design {
    let (genome, rest) = genes.split_at(space.genes().len());
    space.canonical_design(Design {
        genome: space.canonical(genome.to_vec()),
        split: pick(&space.split.at, rest[0]),
        fusion: pick(&space.fusion.at, rest[1]),
        ratio: pick(&space.split.ratios, rest[2]),
        bits: pick(&space.split.bits, rest[3]),
    })
}

/// The choice of an index; the last one beyond the list, 1 of an empty one.
fn pick<T: Copy + From<u8>>(list: &[T], index: u8) -> T {
    list.get(usize::from(index)).or(list.last()).copied().unwrap_or(T::from(1))
}

/// Index of a choice; 0 if the list lacks it.
fn index<T: PartialEq>(list: &[T], value: T) -> u8 {
    list.iter().position(|choice| *choice == value).unwrap_or(0) as u8
}

/// Genes of a canonical design. Ratio and bits without a splitting module are those of the first choice.
pub(crate) fn encode(space: &SearchSpace, design: &Design) -> Vec<u8> {
    let mut genes = design.genome.genes().to_vec();
    genes.push(index(&space.split.at, design.split));
    genes.push(index(&space.fusion.at, design.fusion));
    genes.push(index(&space.split.ratios, design.ratio));
    genes.push(index(&space.split.bits, design.bits));
    genes
}

/// Replaces genes by those of the canonical design that they encode.
pub(crate) fn repair(space: &SearchSpace, genes: &mut [u8]) {
    genes.copy_from_slice(&encode(space, &decode(space, genes)));
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn designs_survive_encoding() {
        let space = SearchSpace::shipped("tabletop").unwrap();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..200 {
            let design = space.sample_design(&mut rng);
            let genes = encode(&space, &design);
            assert_eq!(decode(&space, &genes), design);
            let mut repaired = genes.clone();
            repair(&space, &mut repaired);
            assert_eq!(repaired, genes);
        }
    }
}
