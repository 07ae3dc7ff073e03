//! The splits that tracks are found from, with their demands side by side in memory.
//!
//! Of a large pool these are the best rated splits and an even sample of the others, but for most of those that a split
//! rated as high undercuts in every figure: whatever the knobs, the other one fits wherever they do. They follow from
//! the ratings, so that they are gathered once for many moves of knobs.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::catalogue::Catalogue;
use crate::cost::{DemandBatch, MeasuredShares};
use crate::quantity::Limit;

/// Best rated splits that are all looked at.
const BEST: usize = 4000;
/// Other splits that are looked at, evenly spread.
const OTHERS: usize = 2000;
/// One of so many splits is looked at to judge where the best begin.
const JUDGED_BY: usize = 16;
/// Best rated splits looked at for each number of sensors, and as many others.
const FOR_SENSORS: usize = 1500;
/// Splits of which the highest rating is known.
const BLOCK: usize = 64;
/// Splits that others are held against, the last that undercut one first.
const UNDERCUTTING: usize = 16;
/// Figures that a knob may limit: those of a demand, and the leak.
const FIGURES: usize = 9;

/// Splits that have an accuracy with the present number of sensors, the best rated first.
#[derive(Debug, Clone)]
pub(super) struct RatedSplits {
    splits: SplitSample,
    /// Shares that each is judged by.
    shares: Vec<MeasuredShares>,
    /// Fewer of them, to be looked at with every number of sensors: the best rated with one are among the best rated
    /// with others.
    few: SplitSample,
    /// Ratings of the few with 1, 2, .. sensors.
    ratings: Vec<SplitRatings>,
}

/// Ratings of some splits with one number of sensors.
#[derive(Debug, Clone, Default)]
struct SplitRatings {
    /// NaN where there is none.
    all: Vec<f64>,
    /// The highest of each block of splits.
    highest: Vec<f64>,
}

impl SplitRatings {
    fn new(all: Vec<f64>) -> Self {
        let highest = all.chunks(BLOCK).map(|block| block.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect();
        Self { all, highest }
    }
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
        let ratings = catalogue.ratings_by_sensors(&few).into_iter().map(SplitRatings::new).collect();
        let entries = not_undercut(catalogue, &entries);
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

    /// The highest rated of the few with a number of sensors among those that fit and whose rating meets a floor, with
    /// its rating; of equals the first.
    pub(super) fn best_with(
        &self,
        sensors: u32,
        floor: Option<f64>,
        fits: impl Fn(usize) -> bool,
    ) -> Option<(usize, f64)> {
        let ratings = self.ratings.get(sensors.checked_sub(1)? as usize)?;
        let mut best: Option<(usize, f64)> = None;
        let meets_floor =
            |rating: f64| !rating.is_nan() && floor.is_none_or(|floor| !Limit::Accuracy.is_broken(rating, floor));
        // No comparison with NaN holds.
        let is_better = |rating: f64, best: Option<(usize, f64)>| {
            best.map_or_else(|| meets_floor(rating), |(_, highest)| rating > highest)
        };
        for (block, &highest) in ratings.highest.iter().enumerate() {
            if !is_better(highest, best) {
                continue;
            }
            let start = block * BLOCK;
            let end = (start + BLOCK).min(ratings.all.len());
            for (place, &rating) in (start..end).zip(&ratings.all[start..end]) {
                if is_better(rating, best) && fits(place) {
                    best = Some((place, rating));
                }
            }
        }
        best
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

/// Splits in the order of their ratings without those that an earlier one of a few undercuts in every figure.
fn not_undercut(catalogue: &Catalogue, entries: &[u32]) -> Vec<u32> {
    let mut undercutting: VecDeque<[f64; FIGURES]> = VecDeque::with_capacity(UNDERCUTTING + 1);
    let is_kept = |&entry: &u32| {
        let own = figures(catalogue, entry as usize);
        if let Some(place) = undercutting.iter().position(|other| covers(other, &own)) {
            undercutting.swap(0, place);
            return false;
        }
        undercutting.push_front(own);
        undercutting.truncate(UNDERCUTTING);
        true
    };
    entries.iter().copied().filter(is_kept).collect()
}

/// Figures of a split of which less is never worse. A leak that was not measured breaks no limit.
fn figures(catalogue: &Catalogue, entry: usize) -> [f64; FIGURES] {
    let frame = catalogue.batch().frame(entry);
    [
        frame.sensor_cycles,
        frame.aggregator_cycles,
        frame.work_j,
        frame.link_bytes,
        frame.peak_bytes,
        frame.sensor_weight_bytes,
        frame.aggregator_weight_bytes,
        frame.unsupported,
        catalogue.leak_at(entry).max(0.0),
    ]
}

/// Returns `true` if no figure of `one` is above that of `other`.
fn covers(one: &[f64; FIGURES], other: &[f64; FIGURES]) -> bool {
    one.iter().zip(other).all(|(one, other)| one <= other)
}

/// A key that the best are most likely above, judged by a few keys, so that most of the others need not be ordered.
fn bound(keys: &[u64]) -> u64 {
    let mut few: Vec<u64> = keys.iter().copied().step_by(JUDGED_BY).collect();
    let place = BEST / JUDGED_BY * 3 / 2;
    if place < few.len() { *few.select_nth_unstable_by_key(place, |&key| Reverse(key)).1 } else { 0 }
}
