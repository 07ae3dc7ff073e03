//! Seeded random projection of long rows: each value is added, with a random sign, to one of fewer values. Inner
//! products, which ridge regression is made of, are kept on average (Charikar et al., "Finding frequent items in data
//! streams", 2002; Weinberger et al., "Feature hashing", 2009).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Most values of a row that an attacker works on.
pub(super) const MAX_VALUES: usize = 2048;

/// Projection of rows of a given length to at most [`MAX_VALUES`]; shorter rows stay as they are.
pub(super) struct Sketch {
    /// Place and sign of each value; empty if rows stay as they are.
    places: Vec<(usize, f32)>,
    /// Length of the rows.
    length: usize,
}

impl Sketch {
    /// Projection for rows of `length` values.
    pub(super) fn new(length: usize, seed: u64) -> Self {
        if length <= MAX_VALUES {
            return Self { places: Vec::new(), length };
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let place = |_| (rng.random_range(0..MAX_VALUES), if rng.random() { 1.0 } else { -1.0 });
        Self { places: (0..length).map(place).collect(), length }
    }

    /// Length of the rows that come out.
    pub(super) fn width(&self) -> usize {
        self.length.min(MAX_VALUES)
    }

    /// Appends the projected row to `out`.
    pub(super) fn append(&self, row: &[f32], out: &mut Vec<f32>) {
        if self.places.is_empty() {
            return out.extend_from_slice(row);
        }
        let start = out.len();
        out.resize(start + MAX_VALUES, 0.0);
        for (value, (place, sign)) in row.iter().zip(&self.places) {
            out[start + place] += value * sign;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_rows_stay_and_long_ones_keep_their_length_on_average() {
        let mut out = Vec::new();
        Sketch::new(3, 1).append(&[1.0, 2.0, 3.0], &mut out);
        assert_eq!(out, [1.0, 2.0, 3.0]);
        let row: Vec<f32> = (0..8192).map(|at| if at % 3 == 0 { 1.0 } else { -0.5 }).collect();
        let (sketch, mut out) = (Sketch::new(row.len(), 1), Vec::new());
        sketch.append(&row, &mut out);
        let squares = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>();
        assert_eq!((out.len(), sketch.width()), (MAX_VALUES, MAX_VALUES));
        assert!((squares(&out) / squares(&row) - 1.0).abs() < 0.2);
    }
}
