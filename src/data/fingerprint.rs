//! Fingerprints of files and recipes: hashes that change when any of their ingredients changes.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A 64-bit hash (XXH3), seeded for each ingredient with the hash of those before. Against mix-ups, not for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Adds an ingredient.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        Self(xxh3_64_with_seed(bytes, self.0))
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
}
