//! Principal components of the channels of a tensor, by descending variance. Networks for large pictures have 2,000
//! channels before their classifier, so that sums of products and eigenvectors are computed by all threads; results are
//! the same bits whatever their number.

use burn::tensor::Tensor;
use rayon::prelude::*;

/// QL steps for an eigenvalue, of which two or three suffice: values that overflow never vanish.
const MOST_STEPS: usize = 60;
/// Positions whose products are added while they are in cache.
const BLOCK: usize = 64;
/// Multiply-adds that are worth a thread.
const LEAST_WORK: usize = 1 << 16;
/// Coordinates of eigenvectors that a thread turns together.
const LANES: usize = 8;

/// Least number of pieces for a thread, of so much work each.
fn least_pieces(work: usize) -> usize {
    LEAST_WORK.div_ceil(work.max(1))
}

/// Accumulated mean and covariance of the channels at a boundary.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChannelCovariance {
    /// Positions seen.
    count: f64,
    /// Sums `[channels]`.
    sums: Vec<f64>,
    /// Sums of products `[channels, channels]`.
    products: Vec<f64>,
}

/// Principal components, by descending variance.
pub(crate) struct PrincipalComponents {
    /// Mean of each channel, `[channels]`.
    pub mean: Vec<f64>,
    /// Variance along each direction, `[channels]`.
    pub variances: Vec<f64>,
    /// Unit vectors `[direction][channel]`.
    pub directions: Vec<Vec<f64>>,
}

impl ChannelCovariance {
    /// Adds all positions of `x[batch, height, width, channels]`.
    pub(super) fn add(&mut self, x: Tensor<4>) {
        let [.., channels] = x.dims();
        self.sums.resize(channels, 0.0);
        self.products.resize(channels * channels, 0.0);
        let values: Vec<f32> = x.into_data().try_into_vec::<f32>().expect("tensors of this crate are f32");
        self.count += (values.len() / channels) as f64;
        for position in values.chunks_exact(channels) {
            self.sums.iter_mut().zip(position).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        for block in values.chunks(BLOCK * channels) {
            let rows = self.products.par_chunks_mut(channels).with_min_len(least_pieces(block.len()));
            rows.enumerate().for_each(|(channel, row)| {
                for position in block.chunks_exact(channels) {
                    let value = f64::from(position[channel]);
                    row.iter_mut().zip(position).for_each(|(product, &other)| *product += value * f64::from(other));
                }
            });
        }
    }

    /// Principal components; `None` before the first position, or if values are not finite.
    pub(super) fn components(&self) -> Option<PrincipalComponents> {
        if self.count == 0.0 {
            return None;
        }
        let channels = self.sums.len();
        let mean: Vec<f64> = self.sums.iter().map(|sum| sum / self.count).collect();
        let covariance: Vec<f64> = (0..channels * channels)
            .map(|at| self.products[at] / self.count - mean[at / channels] * mean[at % channels])
            .collect();
        if !covariance.iter().all(|value| value.is_finite()) {
            return None;
        }
        let (variances, directions) = eigen(covariance, channels);
        Some(PrincipalComponents { mean, variances, directions })
    }
}

/// Eigenvalues, descending, and eigenvectors of a symmetric matrix: Householder's reflections make it tridiagonal,
/// implicit QL steps diagonal (Golub and Van Loan, 8.3).
fn eigen(matrix: Vec<f64>, size: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut tridiagonal = Tridiagonal::of(matrix, size);
    tridiagonal.diagonalise();
    let Tridiagonal { diagonal, basis, .. } = tridiagonal;
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| diagonal[b].total_cmp(&diagonal[a]));
    let values = order.iter().map(|&at| diagonal[at].max(0.0)).collect();
    let vector = |at: usize| (0..size).map(|k| basis[k / LANES][at][k % LANES]).collect();
    (values, order.into_iter().map(vector).collect())
}

/// A symmetric tridiagonal matrix in a basis of its own.
struct Tridiagonal {
    diagonal: Vec<f64>,
    /// Elements beside the diagonal; the last is 0.
    beside: Vec<f64>,
    /// Coordinates of the basis vectors, some of all vectors together:
    /// `[coordinate / LANES][vector][coordinate % LANES]`.
    basis: Vec<Vec<[f64; LANES]>>,
}

/// Turn of vectors `first` and `first + 1` of a basis.
struct Turn {
    first: usize,
    cosine: f64,
    sine: f64,
}

impl Tridiagonal {
    fn of(mut matrix: Vec<f64>, size: usize) -> Self {
        let (mut diagonal, mut beside) = (vec![0.0; size], vec![0.0; size]);
        let mut reflections = Vec::new();
        for at in 0..size {
            let (upper, lower) = matrix.split_at_mut((at + 1) * size);
            let row = &upper[at * size..];
            diagonal[at] = row[at];
            let mut normal = row[at + 1..].to_vec();
            let length = dot(&normal, &normal).sqrt();
            let Some(first) = normal.first_mut() else { break };
            let kept = if *first > 0.0 { -length } else { length };
            beside[at] = kept;
            *first -= kept;
            let square = dot(&normal, &normal);
            if square > 0.0 {
                let factor = 2.0 / square;
                reflect_both_sides(lower, size, &normal, factor);
                reflections.push((normal, factor));
            }
        }
        let mut basis = vec![0.0; size * size];
        basis.iter_mut().step_by(size + 1).for_each(|value| *value = 1.0);
        for (normal, factor) in reflections.into_iter().rev() {
            reflect_rows(&mut basis, size, &normal, factor);
        }
        let lanes = |block: usize| {
            let value = |at: usize, lane: usize| basis.get((block * LANES + lane) * size + at).copied().unwrap_or(0.0);
            (0..size).map(|at| std::array::from_fn(|lane| value(at, lane))).collect()
        };
        let basis = (0..size.div_ceil(LANES)).map(lanes).collect();
        Self { diagonal, beside, basis }
    }

    /// Makes the elements beside the diagonal vanish, one after the other.
    fn diagonalise(&mut self) {
        let Self { diagonal, beside, basis } = self;
        let parts = diagonal.iter().chain(&*beside);
        let least = f64::EPSILON * parts.fold(0.0_f64, |size, value| size.max(value.abs()));
        for first in 0..diagonal.len() {
            for _ in 0..MOST_STEPS {
                let end = (first..diagonal.len()).find(|&at| beside[at].abs() <= least).unwrap_or(first);
                if end == first {
                    break;
                }
                let turns = step(diagonal, beside, first, end);
                let pieces = least_pieces(turns.len() * LANES * 4);
                basis
                    .par_iter_mut()
                    .with_min_len(pieces)
                    .for_each(|block| turns.iter().for_each(|turn| turn.apply(block)));
            }
        }
    }
}

/// One implicit QL step on the rows `first` to `end`, which no other row is coupled with.
fn step(diagonal: &mut [f64], beside: &mut [f64], first: usize, end: usize) -> Vec<Turn> {
    let half = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
    let shifted = diagonal[end] - diagonal[first] + beside[first] / (half + half.hypot(1.0).copysign(half));
    let (mut sine, mut cosine, mut moved, mut bulge) = (1.0, 1.0, 0.0, shifted);
    let mut turns = Vec::with_capacity(end - first);
    for at in (first..end).rev() {
        let (far, near) = (sine * beside[at], cosine * beside[at]);
        let length = far.hypot(bulge);
        beside[at + 1] = length;
        if length == 0.0 {
            diagonal[at + 1] -= moved;
            beside[end] = 0.0;
            return turns;
        }
        (sine, cosine) = (far / length, bulge / length);
        let value = diagonal[at + 1] - moved;
        let change = (diagonal[at] - value) * sine + 2.0 * cosine * near;
        moved = sine * change;
        diagonal[at + 1] = value + moved;
        bulge = cosine * change - near;
        turns.push(Turn { first: at, cosine, sine });
    }
    diagonal[first] -= moved;
    beside[first] = bulge;
    beside[end] = 0.0;
    turns
}

impl Turn {
    fn apply(&self, vectors: &mut [[f64; LANES]]) {
        let [a, b] = &mut vectors[self.first..self.first + 2] else { unreachable!("two vectors") };
        for (a, b) in a.iter_mut().zip(b) {
            (*a, *b) = (self.cosine * *a - self.sine * *b, self.sine * *a + self.cosine * *b);
        }
    }
}

/// Reflects the last rows and columns of a symmetric matrix: `rows` are those rows, as many as `normal` has elements.
fn reflect_both_sides(rows: &mut [f64], size: usize, normal: &[f64], factor: f64) {
    let start = size - normal.len();
    let pieces = least_pieces(normal.len());
    let image = rows.par_chunks_exact(size).with_min_len(pieces).map(|row| factor * dot(&row[start..], normal));
    let image: Vec<f64> = image.collect();
    let along = factor / 2.0 * dot(&image, normal);
    let other: Vec<f64> = image.iter().zip(normal).map(|(image, normal)| image - along * normal).collect();
    rows.par_chunks_exact_mut(size).with_min_len(pieces).zip(normal.par_iter().zip(&other)).for_each(
        |(row, (&own, &own_other))| {
            for ((value, normal), other) in row[start..].iter_mut().zip(normal).zip(&other) {
                *value -= own * other + own_other * normal;
            }
        },
    );
}

/// Reflects the columns of a matrix, of which only the last rows and columns differ from those of the unit matrix.
fn reflect_rows(matrix: &mut [f64], size: usize, normal: &[f64], factor: f64) {
    let start = size - normal.len();
    let rows = &mut matrix[start * size..];
    let mut image = vec![0.0; normal.len()];
    for (row, normal) in rows.chunks_exact(size).zip(normal) {
        image.iter_mut().zip(&row[start..]).for_each(|(image, value)| *image += factor * normal * value);
    }
    rows.par_chunks_exact_mut(size).with_min_len(least_pieces(normal.len())).zip(normal).for_each(|(row, normal)| {
        row[start..].iter_mut().zip(&image).for_each(|(value, image)| *value -= normal * image);
    });
}

/// Inner product, in the same order whatever the processor.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eigenvectors_rebuild_the_matrix(values in prop::collection::vec(-3.0..3.0_f64, 36)) {
            let size = 6;
            let matrix: Vec<f64> =
                (0..36).map(|at| (0..size).map(|k| values[at / size * size + k] * values[at % size * size + k]).sum()).collect();
            let (found, vectors) = eigen(matrix.clone(), size);
            prop_assert!(found.is_sorted_by(|a, b| a >= b));
            for at in 0..36 {
                let rebuilt: f64 =
                    (0..size).map(|k| found[k] * vectors[k][at / size] * vectors[k][at % size]).sum();
                prop_assert!((rebuilt - matrix[at]).abs() < 1e-8, "{rebuilt} {}", matrix[at]);
            }
        }
    }

    /// Fewer positions than channels: most variances are 0, and their directions any.
    #[test]
    fn values_beyond_all_numbers_have_no_components() {
        for value in [f32::NAN, f32::INFINITY] {
            let mut covariance = ChannelCovariance::default();
            let position = Tensor::<1>::from_floats([1.0, value, 3.0], &burn::tensor::Device::flex());
            covariance.add(position.reshape([1, 1, 1, 3]));
            assert!(covariance.components().is_none());
        }
        let (values, _) = eigen(vec![1e200, 1e200, 0.0, 1e200, 1e200, 1e200, 0.0, 1e200, 1e200], 3);
        assert_eq!(values.len(), 3, "it ends");
    }

    #[test]
    fn directions_of_few_positions_are_at_right_angles() {
        let (channels, positions) = (90, 20);
        let device = burn::tensor::Device::flex();
        let values: Vec<f32> = (0..channels * positions).map(|at| ((at * at) as f32 * 0.37).sin()).collect();
        let mut covariance = ChannelCovariance::default();
        covariance.add(Tensor::<1>::from_floats(&values[..], &device).reshape([positions, 1, 1, channels]));
        let found = covariance.components().unwrap();
        for (at, one) in found.directions.iter().enumerate() {
            for (other, two) in found.directions.iter().enumerate() {
                assert!((dot(one, two) - f64::from(u8::from(at == other))).abs() < 1e-10, "{at} and {other}");
            }
        }
        assert!(found.variances[18] > 1e-6 && found.variances[19] < 1e-12, "as many variances as positions, less one");
        // The variance along a direction is that of the positions' projections.
        let means = &found.mean;
        for (direction, variance) in found.directions.iter().zip(&found.variances) {
            let projected = |position: &[f32]| -> f64 {
                direction.iter().zip(position).zip(means).map(|((d, &x), mean)| d * (f64::from(x) - mean)).sum()
            };
            let seen: f64 = values.chunks_exact(channels).map(|position| projected(position).powi(2)).sum();
            assert!((seen / positions as f64 - variance).abs() < 1e-9);
        }
    }
}
