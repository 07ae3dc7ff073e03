//! A number that changes when any of its ingredients changes: to recognise that files or a recipe are still the same.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

/// A hash of 64 bits, eight bytes at a step. Not for secrets: only against mix-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub u64);

/// An odd number with evenly spread bits: 2^64 over the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

impl Default for Fingerprint {
    fn default() -> Self {
        Self(MULTIPLIER)
    }
}

impl Fingerprint {
    /// Adds bytes, and their number so that neighbours cannot run into each other.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        // The shift brings the upper bits, which the product mixes best, down to where the next product starts from.
        let add = |hash: u64, word: u64| {
            let product = (hash ^ word).wrapping_mul(MULTIPLIER);
            product ^ (product >> 32)
        };
        let (words, rest) = bytes.as_chunks::<8>();
        let hash = words.iter().fold(self.0, |hash, word| add(hash, u64::from_le_bytes(*word)));
        let hash = rest.iter().fold(hash, |hash, byte| add(hash, u64::from(*byte)));
        Self(add(hash, bytes.len() as u64))
    }

    /// Adds a file by name, length and time of last change.
    #[must_use]
    pub fn with_file(self, name: &str, file: &Metadata) -> Self {
        let changed = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        self.with(name.as_bytes()).with(&file.len().to_le_bytes()).with(&changed.as_nanos().to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_between_ingredients_matter() {
        let start = Fingerprint::default();
        assert_ne!(start.with(b"ab").with(b"c"), start.with(b"a").with(b"bc"));
        assert_eq!(start.with(b"ab").with(b"c"), start.with(b"ab").with(b"c"));
        assert_ne!(start.with(b""), start);
    }

    #[test]
    fn every_bit_counts() {
        let bytes: Vec<u8> = (0..43).collect();
        let mut seen = std::collections::HashSet::from([Fingerprint::default().with(&bytes)]);
        for bit in 0..43 * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(Fingerprint::default().with(&changed)), "bit {bit}");
        }
    }
}
