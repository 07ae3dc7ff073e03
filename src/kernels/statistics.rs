//! Means and variances of channels, added up a few rows at a time while they lie in cache, so that convolutions add up
//! the statistics of their outputs.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::simd::{WIDEST, in_parts, load, load_full, run, store};

/// Rows that are summed in single precision; sums of such chunks are in double precision.
pub(super) const CHUNK: usize = 512;

/// Two sums per channel, in double precision.
#[derive(Debug, Clone)]
pub(super) struct ChannelSums(pub(super) [Vec<f64>; 2]);

impl ChannelSums {
    /// Zero sums of `channels` channels.
    pub(super) fn zero(channels: usize) -> Self {
        Self([vec![0.0; channels], vec![0.0; channels]])
    }

    /// Sum of the parts, added in their order.
    pub(super) fn total(channels: usize, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut total = Self::zero(channels);
        for part in parts {
            for (total, part) in total.0.iter_mut().zip(part.0) {
                for (total, part) in total.iter_mut().zip(part) {
                    *total += part;
                }
            }
        }
        total
    }

    /// Adds the sums and the sums of squares over `x[rows, channels]`.
    pub(super) fn add_moments(&mut self, x: &[f32]) {
        let channels = self.0[0].len();
        for x in x.chunks(CHUNK * channels) {
            for (range, width) in widened(x.len(), channels) {
                run(Moments { x: &x[range], width, sums: self });
            }
        }
    }

    /// Adds the first `lanes` partial sums of two vectors; lane 0 is channel `channel` modulo the number of channels.
    #[inline(always)]
    pub(super) fn add_lanes<S: Simd>(&mut self, simd: S, values: [S::f32s; 2], lanes: usize, channel: usize) {
        let mut buffer = [0.0_f32; WIDEST];
        for (values, sums) in values.into_iter().zip(&mut self.0) {
            store(simd, &mut buffer, lanes, values);
            let mut channel = channel % sums.len();
            for &value in &buffer[..lanes] {
                sums[channel] += f64::from(value);
                channel = if channel + 1 == sums.len() { 0 } else { channel + 1 };
            }
        }
    }
}

/// Vectors that are summed side by side.
pub(super) const GROUP: usize = 4;

/// Smallest number of rows that make a whole number of groups of the widest vectors.
pub(super) fn rows_in_one(channels: usize) -> usize {
    let group = GROUP * WIDEST;
    group / (1 << channels.trailing_zeros().min(group.trailing_zeros()))
}

/// Splits `len` values of rows into a range of long rows (see [`rows_in_one`]) and the rows left over, each with the
/// width of its rows.
pub(super) fn widened(len: usize, channels: usize) -> [(Range<usize>, usize); 2] {
    let wide = channels * rows_in_one(channels);
    let body = len - len % wide;
    [(0..body, wide), (body..len, channels)]
}

/// Mean and variance of each channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChannelStatistics {
    /// Mean `[channels]`.
    pub mean: Vec<f32>,
    /// Biased variance `[channels]`.
    pub variance: Vec<f32>,
}

impl ChannelStatistics {
    /// Statistics from the sums and sums of squares over `rows` rows.
    pub(super) fn new(sums: &ChannelSums, rows: usize) -> Self {
        let count = rows as f64;
        let variance = |(sum, square): (&f64, &f64)| (square / count - (sum / count).powi(2)).max(0.0) as f32;
        Self {
            variance: sums.0[0].iter().zip(&sums.0[1]).map(variance).collect(),
            mean: sums.0[0].iter().map(|sum| (sum / count) as f32).collect(),
        }
    }

    /// Statistics of `x[rows, channels]`.
    pub(super) fn of(x: &[f32], channels: usize) -> Self {
        let rows = x.len() / channels;
        // No values are written: the parts only carry their ranges.
        let parts = in_parts(&mut [], rows, 2 * x.len(), |range, _| {
            let mut sums = ChannelSums::zero(channels);
            sums.add_moments(&x[range.start * channels..range.end * channels]);
            sums
        });
        Self::new(&ChannelSums::total(channels, parts), rows)
    }
}

/// Adds sums and sums of squares over rows.
struct Moments<'a> {
    x: &'a [f32],
    width: usize,
    sums: &'a mut ChannelSums,
}

impl WithSimd for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut block = 0;
        while block < self.width {
            if self.width - block >= GROUP * S::F32_LANES {
                self.add::<S, GROUP>(simd, block);
                block += GROUP * S::F32_LANES;
            } else {
                self.add::<S, 1>(simd, block);
                block += S::F32_LANES;
            }
        }
    }
}

impl Moments<'_> {
    /// Adds `N` vectors of columns.
    #[inline(always)]
    fn add<S: Simd, const N: usize>(&mut self, simd: S, block: usize) {
        let (mut sums, mut squares) = ([simd.splat_f32s(0.0); N], [simd.splat_f32s(0.0); N]);
        for row in self.x.chunks_exact(self.width) {
            for (n, (sum, square)) in sums.iter_mut().zip(&mut squares).enumerate() {
                let x = &row[block + n * S::F32_LANES..];
                let x = if N == GROUP { load_full::<S>(x) } else { load(simd, x) };
                (*sum, *square) = (simd.add_f32s(*sum, x), simd.mul_add_e_f32s(x, x, *square));
            }
        }
        for (n, (sum, square)) in sums.into_iter().zip(squares).enumerate() {
            let at = block + n * S::F32_LANES;
            self.sums.add_lanes(simd, [sum, square], S::F32_LANES.min(self.width - at), at);
        }
    }
}
