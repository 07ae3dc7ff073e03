//! Cholesky factors of symmetric positive definite matrices, in blocks, and solutions by them.

use rayon::prelude::*;

use super::matrix::Matrix;
use crate::kernels::{MatrixRows, add_row_products};

/// Columns that are factored at once.
const BLOCK: usize = 64;
/// Rows of a piece of work.
const SLAB: usize = 32;

/// Lower triangular factor L of a matrix: L times its transpose is the matrix.
pub(super) struct Cholesky {
    lower: Matrix,
    /// Transpose of `lower`.
    upper: Matrix,
}

impl Cholesky {
    /// Factor of a symmetric matrix with `penalty` added to its diagonal; `None` if that is not positive definite.
    pub(super) fn new(matrix: &Matrix, penalty: f64) -> Option<Self> {
        let mut lower = matrix.clone();
        let size = lower.rows;
        for at in 0..size {
            lower.values[at * size + at] += penalty;
        }
        for from in (0..size).step_by(BLOCK) {
            let to = (from + BLOCK).min(size);
            subtract_known(&mut lower, from, to);
            let (above, below) = lower.values.split_at_mut(to * size);
            let square = &mut above[from * size..];
            factor_square(square, size, from, to)?;
            let square = &*square;
            below.par_chunks_mut(size).for_each(|row| divide(row, square, size, from, to));
        }
        for row in 0..size {
            lower.values[row * size + row + 1..(row + 1) * size].fill(0.0);
        }
        let upper = lower.transposed();
        Some(Self { lower, upper })
    }

    /// Solution x of `x A = b` for each row b of `right`, where A is the factored matrix.
    pub(super) fn solve_rows(&self, mut right: Matrix) -> Matrix {
        let size = self.lower.rows;
        right.values.par_chunks_mut(SLAB * size).for_each(|slab| {
            for from in (0..size).step_by(BLOCK) {
                let to = (from + BLOCK).min(size);
                let known = MatrixRows {
                    values: &self.lower.values[from * size..],
                    stride: size,
                    width: from,
                    count: to - from,
                };
                subtract(slab, size, 0, from, known);
                for row in slab.chunks_exact_mut(size) {
                    divide(row, &self.lower.values[from * size..], size, from, to);
                }
            }
            for from in (0..size).step_by(BLOCK).rev() {
                let to = (from + BLOCK).min(size);
                if to < size {
                    let values = &self.upper.values[from * size + to..];
                    subtract(
                        slab,
                        size,
                        to,
                        from,
                        MatrixRows { values, stride: size, width: size - to, count: to - from },
                    );
                }
                for row in slab.chunks_exact_mut(size) {
                    for at in (from..to).rev() {
                        let factor = self.upper.row(at);
                        let known: f64 = factor[at + 1..to].iter().zip(&row[at + 1..to]).map(|(a, b)| a * b).sum();
                        row[at] = (row[at] - known) / factor[at];
                    }
                }
            }
        });
        right
    }
}

/// Subtracts from columns `from..to` of the rows from `from` on what earlier columns explain.
fn subtract_known(lower: &mut Matrix, from: usize, to: usize) {
    let size = lower.rows;
    let block: Vec<f64> = (from..to).flat_map(|row| &lower.values[row * size..row * size + from]).copied().collect();
    let known = MatrixRows { values: &block, stride: from, width: from, count: to - from };
    lower.values[from * size..].par_chunks_mut(SLAB * size).for_each(|slab| subtract(slab, size, 0, from, known));
}

/// Subtracts the products of columns `first..first + known.width` of the rows of a slab with the rows of `known` from
/// its columns `into..into + known.count`.
fn subtract(slab: &mut [f64], size: usize, first: usize, into: usize, known: MatrixRows<'_>) {
    if known.width == 0 {
        return;
    }
    let count = slab.len() / size;
    let mut products = vec![0.0; count * known.count];
    add_row_products(
        MatrixRows { values: &slab[first..], stride: size, width: known.width, count },
        known,
        &mut products,
    );
    for (row, products) in slab.chunks_exact_mut(size).zip(products.chunks_exact(known.count)) {
        for (value, product) in row[into..into + known.count].iter_mut().zip(products) {
            *value -= product;
        }
    }
}

/// Factors the square of columns `from..to` in the rows of `square`, whose first is row `from`.
fn factor_square(square: &mut [f64], size: usize, from: usize, to: usize) -> Option<()> {
    for row in 0..to - from {
        let (before, after) = square.split_at_mut(row * size);
        let this = &mut after[from..to];
        for column in 0..row {
            let that = &before[column * size + from..column * size + to];
            let known: f64 = this[..column].iter().zip(that).map(|(a, b)| a * b).sum();
            this[column] = (this[column] - known) / that[column];
        }
        let rest = this[row] - this[..row].iter().map(|value| value * value).sum::<f64>();
        if rest.is_nan() || rest <= 0.0 {
            return None;
        }
        this[row] = rest.sqrt();
    }
    Some(())
}

/// Divides columns `from..to` of a row by the factored square.
fn divide(row: &mut [f64], square: &[f64], size: usize, from: usize, to: usize) {
    let this = &mut row[from..to];
    for column in 0..this.len() {
        let that = &square[column * size + from..column * size + to];
        let known: f64 = this[..column].iter().zip(that).map(|(a, b)| a * b).sum();
        this[column] = (this[column] - known) / that[column];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_solved_on_paper() {
        // [[4, 2], [2, 5]] has the factor [[2, 0], [1, 2]]; [8, 10] is solved by [1.25, 1.5].
        let matrix = Matrix::new(2, vec![4.0, 2.0, 2.0, 5.0]);
        let cholesky = Cholesky::new(&matrix, 0.0).unwrap();
        assert_eq!(cholesky.lower.values, [2.0, 0.0, 1.0, 2.0]);
        assert_eq!(cholesky.solve_rows(Matrix::new(1, vec![8.0, 10.0])).values, [1.25, 1.5]);
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        let matrix = Matrix::new(2, vec![1.0, 2.0, 2.0, 1.0]);
        assert!(Cholesky::new(&matrix, 0.0).is_none() && Cholesky::new(&matrix, 1.5).is_some());
        assert!(Cholesky::new(&Matrix::new(1, vec![f64::NAN]), 1.0).is_none());
    }

    #[test]
    fn blocks_solve_what_they_factored() {
        let size = 2 * BLOCK + 5;
        let values =
            Matrix::new(size, (0..size * (size + 3)).map(|at| ((at * 31 % 101) as f64) / 50.0 - 1.0).collect());
        let mut gram = values.times_transposed(&values);
        (0..size).for_each(|at| gram.values[at * size + at] += 0.5);
        let right = Matrix::new(3, (0..3 * size).map(|at| (at % 7) as f64).collect());
        let solution = Cholesky::new(&gram, 0.0).unwrap().solve_rows(right.clone());
        let back = solution.times_transposed(&gram);
        let error = back.values.iter().zip(&right.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-8, "{error}");
    }
}
