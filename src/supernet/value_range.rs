//! Ranges of tensors from the values that a calibration has seen.

use crate::kernels::{CodeGrid, FeatureMap};
use crate::record::Clipping;

/// Values of one batch that are kept, at most.
const SAMPLE: usize = 1 << 15;
/// Values of all batches that are kept, at most.
const MOST_VALUES: usize = 1 << 18;
/// Bins of the histogram that errors are added up over.
const BINS: usize = 2048;
/// Share of the values below or above the range of a percentile.
const CLIPPED_SHARE: f64 = 1e-4;
/// Candidates for one end of a range: each is that much closer to 0.
const SHRINK: f32 = 0.04;

/// Rule by which a grid follows from values.
#[derive(Debug, Clone, Copy)]
pub(super) struct RangeRule {
    pub(super) clipping: Clipping,
    pub(super) bits: u8,
}

/// Values of a tensor that a calibration has seen: a sample of each batch.
#[derive(Debug, Default)]
pub(super) struct ObservedValues(Vec<f32>);

impl ObservedValues {
    /// Adds a sample of a batch.
    pub(super) fn add(&mut self, x: &FeatureMap) {
        if self.0.len() < MOST_VALUES {
            self.0.extend(x.sample(SAMPLE).into_iter().filter(|value| value.is_finite()));
        }
    }

    /// The grid of these values.
    pub(super) fn grid(&self, rule: RangeRule) -> CodeGrid {
        let low = self.0.iter().copied().fold(0.0, f32::min);
        let high = self.0.iter().copied().fold(0.0, f32::max);
        if high - low <= f32::MIN_POSITIVE {
            return CodeGrid::covering(low, high, rule.bits);
        }
        let [low, high] = match rule.clipping {
            Clipping::MinMax => [low, high],
            Clipping::Percentile => Histogram::new(&self.0, low, high).percentile(),
            Clipping::Mse => Histogram::new(&self.0, low, high).least_error(rule.bits),
        };
        CodeGrid::covering(low, high, rule.bits)
    }
}

/// Numbers of values in bins of equal width.
struct Histogram {
    counts: Vec<u32>,
    low: f32,
    high: f32,
}

impl Histogram {
    fn new(values: &[f32], low: f32, high: f32) -> Self {
        let mut counts = vec![0; BINS];
        let scale = BINS as f32 / (high - low);
        for value in values {
            counts[(((value - low) * scale) as usize).min(BINS - 1)] += 1;
        }
        Self { counts, low, high }
    }

    /// Value in the middle of a bin.
    fn middle(&self, bin: usize) -> f32 {
        self.low + (bin as f32 + 0.5) * (self.high - self.low) / BINS as f32
    }

    /// Range that leaves out [`CLIPPED_SHARE`] of the values at each end.
    fn percentile(&self) -> [f32; 2] {
        let total: u32 = self.counts.iter().sum();
        let clipped = (f64::from(total) * CLIPPED_SHARE) as u32;
        let first = first_beyond(self.counts.iter().copied(), clipped).unwrap_or(0);
        let last = BINS - 1 - first_beyond(self.counts.iter().rev().copied(), clipped).unwrap_or(0);
        let width = (self.high - self.low) / BINS as f32;
        [self.low + first as f32 * width, self.low + (last + 1) as f32 * width]
    }

    /// Range of the least squared error: one end after the other moves towards 0, twice.
    fn least_error(&self, bits: u8) -> [f32; 2] {
        let mut best = ([self.low, self.high], self.error(CodeGrid::covering(self.low, self.high, bits)));
        for end in [0, 1, 0, 1] {
            let full = [self.low, self.high][end];
            let mut share = 1.0;
            while full != 0.0 && share > SHRINK {
                let mut range = best.0;
                range[end] = full * share;
                let error = self.error(CodeGrid::covering(range[0], range[1], bits));
                if error < best.1 {
                    best = (range, error);
                }
                share -= SHRINK;
            }
        }
        best.0
    }

    /// Sum of the squared errors of rounding to a grid.
    fn error(&self, grid: CodeGrid) -> f64 {
        let mut sum = 0.0;
        for (bin, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let value = self.middle(bin);
            sum += f64::from(count) * f64::from(grid.round(value) - value).powi(2);
        }
        sum
    }
}

/// First position at which the counts so far are more than `clipped`.
fn first_beyond(counts: impl Iterator<Item = u32>, clipped: u32) -> Option<usize> {
    let mut passed = 0;
    for (position, count) in counts.enumerate() {
        passed += count;
        if passed > clipped {
            return Some(position);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(values: &[f32], clipping: Clipping, bits: u8) -> CodeGrid {
        ObservedValues(values.to_vec()).grid(RangeRule { clipping, bits })
    }

    fn squared_error(values: &[f32], grid: CodeGrid) -> f64 {
        values.iter().map(|value| f64::from(grid.round(*value) - value).powi(2)).sum()
    }

    #[test]
    fn an_outlier_is_clipped_where_that_helps() {
        let mut values: Vec<f32> = (0..20_000).map(|n| (n % 2001) as f32 / 1000.0 - 1.0).collect();
        let plain = grid(&values, Clipping::MinMax, 4);
        assert!((plain.step() - 2.0 / 15.0).abs() < 1e-5);
        values.push(30.0);
        let [wide, percentile, least] = Clipping::ALL.map(|rule| grid(&values, rule, 4));
        assert!((wide.step() - 31.0 / 15.0).abs() < 1e-4);
        assert!(percentile.step() < 0.15, "{percentile:?}");
        let error = |grid| squared_error(&values, grid);
        assert!(error(least) <= error(wide) && error(least) <= 1.05 * error(percentile).min(error(plain)));
    }

    #[test]
    fn a_tensor_without_values_has_a_grid() {
        for clipping in Clipping::ALL {
            for values in [&[][..], &[0.0; 9]] {
                assert_eq!(grid(values, clipping, 8).round(0.2).to_bits(), 0.0_f32.to_bits());
            }
        }
    }
}
