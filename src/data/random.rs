//! Reproducible random numbers for samples: SplitMix64, keyed by a seed and an index.
//!
//! Every object draws from its own stream, so object `i` is the same whatever the number of objects, their order, or
//! the number of threads. SplitMix64 rather than ChaCha8, which the trainer and the search draw from: a stream is
//! opened for every view of every object, and the samples of every run ever made depend on these very numbers.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Increment of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// Stream of random numbers of one item.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// State before the first draw, which identifies the stream.
    key: u64,
    generator: SplitMix64,
}

impl Stream {
    /// Stream of item `index` under `seed`.
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        Self::of_key(mix(mix(seed.wrapping_add(GOLDEN_GAMMA)) ^ index.wrapping_mul(GOLDEN_GAMMA)))
    }

    fn of_key(key: u64) -> Self {
        Self { key, generator: SplitMix64::seed_from_u64(key) }
    }

    /// Stream of part `index` of this item. Neither stream moves the other.
    #[must_use]
    pub(crate) fn fork(&self, index: u64) -> Self {
        Self::new(self.key, index.wrapping_add(1))
    }

    /// The next 64 bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..count (0 when `count` is 0).
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next_u64()) * count as u128) >> 64) as usize
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Shuffles in place (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Output function of SplitMix64: the first output of the generator whose state comes to `z`.
fn mix(z: u64) -> u64 {
    SplitMix64::seed_from_u64(z.wrapping_sub(GOLDEN_GAMMA)).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys as they were mixed before a crate provided the generator.
    const fn plain_mix(mut z: u64) -> u64 {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[test]
    fn numbers_are_those_of_the_first_edition() {
        // First outputs of splitmix64 from state 0, as listed with the reference implementation (Vigna, splitmix64.c).
        let mut stream = Stream::of_key(0);
        assert_eq!(stream.next_u64(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(stream.next_u64(), 0x6E78_9E6A_A1B9_65F4);
        for (seed, index) in [(0, 0), (7, 3), (u64::MAX, 12), (1 << 63, u64::MAX)] {
            let key =
                plain_mix(plain_mix(u64::wrapping_add(seed, GOLDEN_GAMMA)) ^ u64::wrapping_mul(index, GOLDEN_GAMMA));
            assert_eq!(Stream::new(seed, index).key, key);
        }
    }

    #[test]
    fn streams_of_neighbouring_items_and_forks_differ() {
        let first: Vec<u64> = (0..64).map(|i| Stream::new(7, i).next_u64()).collect();
        let forks: Vec<u64> = (0..64).map(|i| Stream::new(7, 0).fork(i).next_u64()).collect();
        let mut all: Vec<u64> = first.into_iter().chain(forks).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 128);
    }

    #[test]
    fn uniform_draws_stay_in_range_and_are_balanced() {
        let mut stream = Stream::new(1, 2);
        let mean = (0..20_000).map(|_| stream.between(-1.0, 3.0)).sum::<f32>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.05, "mean {mean}");
        let mut counts = [0usize; 5];
        for _ in 0..10_000 {
            counts[stream.below(5)] += 1;
        }
        assert!(counts.iter().all(|&c| (1_800..2_200).contains(&c)), "{counts:?}");
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        Stream::new(3, 0).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
