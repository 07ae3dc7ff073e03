//! The splits that tracks are found from, with their demands side by side in memory.
//!
//! Of a large pool these are the best rated splits and an even sample of the others. They follow from the ratings, so
//! that they are gathered once for many moves of knobs.

use std::cmp::Reverse;

use super::catalogue::Catalogue;
use crate::cost::{DemandBatch, MeasuredShares};

/// Best rated splits that are all looked at.
const BEST: usize = 4000;
/// Other splits that are looked at, evenly spread.
const OTHERS: usize = 2000;
/// One of so many splits is looked at to judge where the best begin.
const JUDGED_BY: usize = 16;
/// Best rated splits looked at for each number of sensors, and as many others.
const FOR_SENSORS: usize = 1500;

/// Splits that have an accuracy with the present number of sensors, the best rated first.
#[derive(Debug, Clone)]
pub(super) struct RatedSplits {
    splits: SplitSample,
    /// Shares that each is judged by.
    shares: Vec<MeasuredShares>,
    /// Fewer of them, to be looked at with every number of sensors: the best rated with one are among the best rated
    /// with others.
    few: SplitSample,
    /// Ratings of the few with 1, 2, .. sensors, NaN where there is none.
    ratings: Vec<Vec<f64>>,
}

/// Some splits of a catalogue.
#[derive(Debug, Clone)]
pub(super) struct SplitSample {
    /// Their entries in the batch of all splits.
    pub(super) entries: Vec<u32>,
    /// Their demands.
    pub(super) batch: DemandBatch,
}

impl SplitSample {
    fn of(catalogue: &Catalogue, entries: Vec<u32>) -> Self {
        let batch = catalogue.batch().reordered(entries.iter().map(|&entry| entry as usize));
        Self { entries, batch }
    }
}

impl RatedSplits {
    /// The splits of a catalogue that is up to date.
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let entries = looked_at(catalogue);
        let (best, others) = entries.split_at(entries.len().min(FOR_SENSORS));
        let stride = others.len().div_ceil(FOR_SENSORS).max(1);
        let few: Vec<u32> = best.iter().chain(others.iter().step_by(stride)).copied().collect();
        let ratings = catalogue.ratings_by_sensors(&few);
        let share = |&entry: &u32| catalogue.measured(entry as usize..entry as usize + 1).at(0);
        let shares = entries.iter().map(share).collect();
        Self { splits: SplitSample::of(catalogue, entries), shares, few: SplitSample::of(catalogue, few), ratings }
    }

    /// All of them.
    pub(super) const fn splits(&self) -> &SplitSample {
        &self.splits
    }

    /// Shares that the split at a place among them is judged by.
    pub(super) fn shares(&self, place: usize) -> MeasuredShares {
        self.shares[place]
    }

    /// Place before which only splits of a higher rating stand.
    pub(super) fn place_of(&self, rating: f64) -> usize {
        self.shares.partition_point(|shares| shares.accuracy > rating)
    }

    /// Those to look at with other numbers of sensors.
    pub(super) const fn few(&self) -> &SplitSample {
        &self.few
    }

    /// Ratings of the few with a number of sensors, NaN where there is none.
    pub(super) fn ratings_with(&self, sensors: u32) -> &[f64] {
        sensors.checked_sub(1).and_then(|at| self.ratings.get(at as usize)).map_or(&[], Vec::as_slice)
    }
}

/// Entries of the allowed splits that have an accuracy, the best rated first: all of a small pool.
fn looked_at(catalogue: &Catalogue) -> Vec<u32> {
    let key = |entry: usize| {
        let rating = catalogue.rating_at(entry);
        let rated = !rating.is_nan() && catalogue.batch().is_allowed(entry);
        // Bits of numbers that are not negative ascend as the numbers do; of equal ones the first comes first.
        rated.then(|| u64::from((rating.max(0.0) as f32).to_bits()) << 32 | u64::from(u32::MAX - entry as u32))
    };
    let mut keys: Vec<u64> = (0..catalogue.split_count()).filter_map(key).collect();
    if keys.len() > BEST {
        let bound = bound(&keys);
        let mut chosen: Vec<u64> = keys.iter().copied().filter(|&key| key >= bound).collect();
        if chosen.len() < BEST {
            chosen.clone_from(&keys);
        }
        let (_, &mut least, _) = chosen.select_nth_unstable_by_key(BEST - 1, |&key| Reverse(key));
        chosen.truncate(BEST);
        let stride = (keys.len() - BEST).div_ceil(OTHERS).max(1);
        chosen.extend(keys.iter().filter(|&&key| key < least).step_by(stride));
        keys = chosen;
    }
    keys.sort_unstable_by_key(|&key| Reverse(key));
    keys.iter().map(|&key| u32::MAX - key as u32).collect()
}

/// A key that the best are most likely above, judged by a few keys, so that most of the others need not be ordered.
fn bound(keys: &[u64]) -> u64 {
    let mut few: Vec<u64> = keys.iter().copied().step_by(JUDGED_BY).collect();
    let place = BEST / JUDGED_BY * 3 / 2;
    if place < few.len() { *few.select_nth_unstable_by_key(place, |&key| Reverse(key)).1 } else { 0 }
}
