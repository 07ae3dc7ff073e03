//! The splits that tracks are found from, with their demands side by side in memory.
//!
//! These are all rated splits but for most of those that a split rated as high undercuts in every figure: whatever the
//! knobs, the other one fits wherever they do. So a track is exact, of however large a pool. They follow from the
//! ratings, so that they are gathered once for many moves of knobs.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::ops::Range;

use super::catalogue::Catalogue;
use crate::cost::{DemandBatch, Knobs, MeasuredShares, SystemRates};
use crate::quantity::Limit;

/// Best rated splits looked at for other numbers of sensors, and about as many others, evenly spread, beside those that
/// were measured and those that are looked at for the other knobs.
const FOR_SENSORS: usize = 1200;
/// Splits of which the highest rating is known.
const BLOCK: usize = 64;
/// Splits that others are held against, the last that undercut one first.
const UNDERCUTTING: usize = 32;
/// Figures that a knob may limit.
const FIGURES: usize = 6;

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
    /// The splits of a catalogue that is up to date. Of the knobs only what no knob moves counts.
    pub(super) fn new(catalogue: &Catalogue, knobs: &Knobs) -> Self {
        let all = by_rating(catalogue);
        let entries = not_undercut(catalogue, &SystemRates::new(knobs), &all);
        let few = for_sensors(catalogue, &all, &entries);
        let ratings = catalogue.ratings_by_sensors(&few).into_iter().map(SplitRatings::new).collect();
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

    /// Places of those of one rating.
    pub(super) fn places_of(&self, rating: f64) -> Range<usize> {
        self.place_of(rating)..self.shares.partition_point(|shares| shares.accuracy >= rating)
    }

    /// Those to look at with other numbers of sensors.
    pub(super) const fn few(&self) -> &SplitSample {
        &self.few
    }

    /// The highest rated of the few with a number of sensors among those that fit and whose rating meets a floor, with
    /// its rating; of equals the fastest, then the first. `seconds_if_fits` tells the seconds of a frame of one that
    /// fits.
    pub(super) fn best_with(
        &self,
        sensors: u32,
        floor: Option<f64>,
        seconds_if_fits: impl Fn(usize) -> Option<f64>,
    ) -> Option<(usize, f64)> {
        let ratings = self.ratings.get(sensors.checked_sub(1)? as usize)?;
        let mut best: Option<(usize, f64, f32)> = None;
        let meets_floor =
            |rating: f64| !rating.is_nan() && floor.is_none_or(|floor| !Limit::Accuracy.is_broken(rating, floor));
        // No comparison with NaN holds.
        let may_be_best = |rating: f64, best: Option<(usize, f64, f32)>| {
            best.map_or_else(|| meets_floor(rating), |(_, highest, _)| rating >= highest)
        };
        for (block, &highest) in ratings.highest.iter().enumerate() {
            if !may_be_best(highest, best) {
                continue;
            }
            let start = block * BLOCK;
            let end = (start + BLOCK).min(ratings.all.len());
            for (place, &rating) in (start..end).zip(&ratings.all[start..end]) {
                if !may_be_best(rating, best) {
                    continue;
                }
                // Latencies are compared in the digits that the ranking compares.
                let Some(seconds) = seconds_if_fits(place).map(|seconds| seconds as f32) else { continue };
                if best.is_none_or(|(_, highest, least)| rating > highest || seconds < least) {
                    best = Some((place, rating, seconds));
                }
            }
        }
        best.map(|(place, rating, _)| (place, rating))
    }
}

/// Entries of the allowed splits that have an accuracy, the best rated first, of equals the first; of splits that are
/// one design, the first.
fn by_rating(catalogue: &Catalogue) -> Vec<u32> {
    let key = |entry: usize| {
        let rating = catalogue.rating_at(entry);
        let counts = !rating.is_nan()
            && catalogue.batch().is_allowed(entry)
            && catalogue.pool().first_alike(entry) as usize == entry;
        // Bits of numbers that are not negative ascend as the numbers do; of equal ones the first comes first.
        counts.then(|| u64::from((rating.max(0.0) as f32).to_bits()) << 32 | u64::from(u32::MAX - entry as u32))
    };
    let mut keys: Vec<u64> = (0..catalogue.split_count()).filter_map(key).collect();
    keys.sort_unstable_by_key(|&key| Reverse(key));
    let mut entries: Vec<u32> = keys.iter().map(|&key| u32::MAX - key as u32).collect();
    let rating = |entry: u32| catalogue.rating_at(entry as usize);
    // Ratings that the keys do not tell apart.
    for alike in entries.chunk_by_mut(|&one, &next| (rating(one) as f32).total_cmp(&(rating(next) as f32)).is_eq()) {
        if !alike.is_sorted_by(|&one, &next| rating(one) >= rating(next)) {
            alike.sort_by(|&one, &next| rating(next).total_cmp(&rating(one)));
        }
    }
    entries
}

/// Splits in the order of their ratings without those that can never fit, and without those that an earlier one of a
/// few undercuts in every figure.
fn not_undercut(catalogue: &Catalogue, rates: &SystemRates, entries: &[u32]) -> Vec<u32> {
    let mut undercutting: VecDeque<[f64; FIGURES]> = VecDeque::with_capacity(UNDERCUTTING + 1);
    let is_kept = |&entry: &u32| {
        let Some(own) = figures(catalogue, rates, entry as usize) else { return false };
        if let Some(place) = undercutting.iter().position(|other| covers(other, &own)) {
            if let Some(found) = undercutting.remove(place) {
                undercutting.push_front(found);
            }
            return false;
        }
        undercutting.push_front(own);
        undercutting.truncate(UNDERCUTTING);
        true
    };
    entries.iter().copied().filter(is_kept).collect()
}

/// Figures of a split that knobs limit, of which less is never worse; `None` if it breaks a limit that no knob sets. A
/// leak that was not measured breaks no limit.
fn figures(catalogue: &Catalogue, rates: &SystemRates, entry: usize) -> Option<[f64; FIGURES]> {
    let frame = catalogue.batch().frame(entry);
    let fixed = [
        (Limit::SensorWeights, frame.sensor_weight_bytes),
        (Limit::AggregatorWeights, frame.aggregator_weight_bytes),
        (Limit::Operators, frame.unsupported),
    ];
    let fits = fixed.into_iter().all(|(limit, usage)| usage <= rates.bound(limit));
    let leak = catalogue.leak_at(entry).max(0.0);
    fits.then_some([
        frame.sensor_cycles,
        frame.aggregator_cycles,
        frame.work_j,
        frame.link_bytes,
        frame.peak_bytes,
        leak,
    ])
}

/// Returns `true` if no figure of `one` is above that of `other`.
fn covers(one: &[f64; FIGURES], other: &[f64; FIGURES]) -> bool {
    one.iter().zip(other).all(|(one, other)| one <= other)
}

/// Splits to look at with other numbers of sensors: the best with one number are among the best with others, and what
/// was measured with any is never left out.
fn for_sensors(catalogue: &Catalogue, all: &[u32], kept: &[u32]) -> Vec<u32> {
    let first_alike = |entry: usize| catalogue.pool().first_alike(entry);
    let mut measured: Vec<u32> = catalogue.measurements().entries().map(first_alike).collect();
    measured.sort_unstable();
    measured.dedup();
    measured.retain(|&entry| catalogue.batch().is_allowed(entry as usize));
    let mut chosen = [&measured, kept].concat();
    chosen.sort_unstable();
    let stride = all.len().saturating_sub(FOR_SENSORS).div_ceil(FOR_SENSORS).max(1);
    let is_chosen = |(place, entry): &(usize, &u32)| {
        *place < FOR_SENSORS || place % stride == 0 || chosen.binary_search(entry).is_ok()
    };
    let rated = all.iter().enumerate().filter(is_chosen).map(|(_, &entry)| entry);
    let unrated = measured.iter().copied().filter(|&entry| catalogue.rating_at(entry as usize).is_nan());
    rated.chain(unrated).collect()
}
