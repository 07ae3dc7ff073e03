//! Principal components of the channels of a tensor, by descending variance.

use burn::tensor::Tensor;

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
        for position in values.chunks_exact(channels) {
            self.count += 1.0;
            for ((sum, row), &value) in self.sums.iter_mut().zip(self.products.chunks_exact_mut(channels)).zip(position)
            {
                let value = f64::from(value);
                *sum += value;
                for (product, &other) in row.iter_mut().zip(position) {
                    *product += value * f64::from(other);
                }
            }
        }
    }

    /// Principal components; `None` before the first position.
    pub(super) fn components(&self) -> Option<PrincipalComponents> {
        if self.count == 0.0 {
            return None;
        }
        let channels = self.sums.len();
        let mean: Vec<f64> = self.sums.iter().map(|sum| sum / self.count).collect();
        let covariance = (0..channels * channels)
            .map(|at| self.products[at] / self.count - mean[at / channels] * mean[at % channels])
            .collect();
        let (variances, directions) = eigen(covariance, channels);
        Some(PrincipalComponents { mean, variances, directions })
    }
}

/// Eigenvalues, descending, and eigenvectors of a symmetric matrix, by Jacobi's rotations: each sets the largest part
/// off the diagonal of its pair to zero, and sweeps over all pairs converge quadratically (Golub and Van Loan, 8.5).
fn eigen(mut matrix: Vec<f64>, size: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    let scale: f64 = matrix.iter().map(|value| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    for _ in 0..30 {
        let mut off = 0.0;
        for p in 0..size {
            for q in p + 1..size {
                let apart = matrix[p * size + q];
                if apart.abs() > 1e-12 * scale {
                    off += apart * apart;
                    rotate(&mut matrix, &mut vectors, size, p, q);
                }
            }
        }
        if off.sqrt() <= 1e-9 * scale {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| matrix[b * size + b].total_cmp(&matrix[a * size + a]));
    let values = order.iter().map(|&at| matrix[at * size + at].max(0.0)).collect();
    (values, order.into_iter().map(|at| std::mem::take(&mut vectors[at])).collect())
}

/// Turns rows and columns `p` and `q` so that their common element becomes zero. `vectors` are rows here.
fn rotate(matrix: &mut [f64], vectors: &mut [Vec<f64>], size: usize, p: usize, q: usize) {
    let theta = (matrix[q * size + q] - matrix[p * size + p]) / (2.0 * matrix[p * size + q]);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |a: &mut f64, b: &mut f64| (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    for row in matrix.chunks_exact_mut(size) {
        let (left, right) = row.split_at_mut(q);
        turn(&mut left[p], &mut right[0]);
    }
    let (upper, lower) = matrix.split_at_mut(q * size);
    for (a, b) in upper[p * size..(p + 1) * size].iter_mut().zip(&mut lower[..size]) {
        turn(a, b);
    }
    let (upper, lower) = vectors.split_at_mut(q);
    for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
        turn(a, b);
    }
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
}
