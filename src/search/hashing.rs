//! A quick hash for the search's own tables. Most children are asked for in the table of known genomes and found there, so the
//! standard library's hash, made to withstand hostile keys, would take a tenth of a search's time.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A hash table with [`QuickHasher`]. Never iterated, so its order can not matter.
pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<QuickHasher>>;

/// Multiply and fold, eight bytes at a time.
#[derive(Clone, Copy, Default)]
pub(super) struct QuickHasher(u64);

impl QuickHasher {
    fn fold(&mut self, word: u64) {
        // 2^64 divided by the golden ratio, odd: neighbouring words end up far apart.
        let product = u128::from(self.0.rotate_left(23) ^ word) * 0x9E37_79B9_7F4A_7C15;
        // One is added so that a word of 0 changes the state, whatever it was.
        self.0 = ((product >> 64) as u64 ^ product as u64).wrapping_add(1);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.fold(u64::from_le_bytes(last));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.fold(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.fold(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    #[test]
    fn genomes_spread_over_the_table() {
        let hash = |genome: &[u8]| BuildHasherDefault::<QuickHasher>::default().hash_one(genome);
        // All genomes of ten genes of three choices: small values, most bits 0.
        let genomes = (0..3_u32.pow(10)).map(|code| (0..10).map(|gene| (code / 3_u32.pow(gene) % 3) as u8).collect());
        let hashes: Vec<u64> = genomes.map(|genome: Vec<u8>| hash(&genome)).collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len(), "no two collide in 64 bits");
        // A table uses the low bits for the place and the top seven as a tag. 59,049 balls into 65,536 bins leave
        // exp(-0.9) = 40.6 % of the bins empty if they fall at random.
        let filled = hashes.iter().map(|hash| hash & 0xFFFF).collect::<HashSet<_>>().len();
        assert!((37_500..40_500).contains(&filled), "{filled}");
        let tags = hashes.iter().map(|hash| hash >> 57).collect::<HashSet<_>>().len();
        assert_eq!(tags, 128);
    }
}
