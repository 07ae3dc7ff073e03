//! Inner products of the rows of two matrices in double precision: the one inner loop of dense linear algebra here
//! (Gram matrices, Cholesky factors, triangular solutions, predictions).
//!
//! Twelve products run at once, which is what the sixteen registers of AVX2 hold; blocks of columns and of the
//! right-hand rows stay in the second-level cache while all left-hand rows pass. Sums are added up in a fixed order,
//! whatever the number of threads.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::simd;

/// Left-hand and right-hand rows that one tile multiplies.
const LEFT: usize = 4;
const RIGHT: usize = 3;
/// Columns of a block.
const BLOCK_COLUMNS: usize = 256;
/// Right-hand rows of a block.
const BLOCK_ROWS: usize = 63;
/// Left-hand rows of a piece of work.
const SLAB_ROWS: usize = 64;

/// Rows of a matrix: row `i` is `values[i * stride..][..width]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MatrixRows<'a> {
    /// All values from the first one of the first row on.
    pub(crate) values: &'a [f64],
    /// Distance from one row to the next.
    pub(crate) stride: usize,
    /// Values of a row that are used.
    pub(crate) width: usize,
    /// Number of rows.
    pub(crate) count: usize,
}

impl<'a> MatrixRows<'a> {
    #[inline(always)]
    fn part(&self, row: usize, from: usize, to: usize) -> &'a [f64] {
        let start = row.min(self.count - 1) * self.stride;
        &self.values[start + from..start + to]
    }

    fn slab(self, first: usize, count: usize) -> Self {
        Self { values: &self.values[first * self.stride..], count, ..self }
    }
}

/// Products `[left rows, right rows]` of each left row with each right row, on the threads of the pool.
pub(crate) fn row_products(left: MatrixRows<'_>, right: MatrixRows<'_>) -> Vec<f64> {
    let mut products = vec![0.0; left.count * right.count];
    if !products.is_empty() {
        products.par_chunks_mut(SLAB_ROWS * right.count).enumerate().for_each(|(slab, out)| {
            add_row_products(left.slab(slab * SLAB_ROWS, out.len() / right.count), right, out);
        });
    }
    products
}

/// Adds the products `[left rows, right rows]` to `out`, on this thread.
pub(crate) fn add_row_products(left: MatrixRows<'_>, right: MatrixRows<'_>, out: &mut [f64]) {
    if left.count > 0 && right.count > 0 {
        simd::run(AddProducts { left, right, out });
    }
}

struct AddProducts<'a> {
    left: MatrixRows<'a>,
    right: MatrixRows<'a>,
    out: &'a mut [f64],
}

impl WithSimd for AddProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { left, right, out } = self;
        for from in (0..left.width).step_by(BLOCK_COLUMNS) {
            let to = (from + BLOCK_COLUMNS).min(left.width);
            for block in (0..right.count).step_by(BLOCK_ROWS) {
                let block_end = (block + BLOCK_ROWS).min(right.count);
                for row in (0..left.count).step_by(LEFT) {
                    let lefts = [
                        left.part(row, from, to),
                        left.part(row + 1, from, to),
                        left.part(row + 2, from, to),
                        left.part(row + 3, from, to),
                    ];
                    for column in (block..block_end).step_by(RIGHT) {
                        let rights = [
                            right.part(column, from, to),
                            right.part(column + 1, from, to),
                            right.part(column + 2, from, to),
                        ];
                        let sums = tile(simd, lefts, rights);
                        let (rows, columns) = (LEFT.min(left.count - row), RIGHT.min(block_end - column));
                        for (at, sums) in sums.iter().enumerate().take(rows) {
                            let start = (row + at) * right.count + column;
                            for (value, sum) in out[start..start + columns].iter_mut().zip(sums) {
                                *value += sum;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Products of rows of the same width. Loops and indices rather than closures: those would be calls, which vectors
/// cross through memory.
#[inline(always)]
fn tile<S: Simd>(simd: S, lefts: [&[f64]; LEFT], rights: [&[f64]; RIGHT]) -> [[f64; RIGHT]; LEFT] {
    let [(a, a_tail), (b, b_tail), (c, c_tail), (d, d_tail)] =
        [S::as_simd_f64s(lefts[0]), S::as_simd_f64s(lefts[1]), S::as_simd_f64s(lefts[2]), S::as_simd_f64s(lefts[3])];
    let [(x, x_tail), (y, y_tail), (z, z_tail)] =
        [S::as_simd_f64s(rights[0]), S::as_simd_f64s(rights[1]), S::as_simd_f64s(rights[2])];
    let count = a.len();
    let (b, c, d, x, y, z) = (&b[..count], &c[..count], &d[..count], &x[..count], &y[..count], &z[..count]);
    let mut sums = [[simd.splat_f64s(0.0); RIGHT]; LEFT];
    for at in 0..count {
        multiply(simd, [a[at], b[at], c[at], d[at]], [x[at], y[at], z[at]], &mut sums);
    }
    if !a_tail.is_empty() {
        let left = [
            simd.partial_load_f64s(a_tail),
            simd.partial_load_f64s(b_tail),
            simd.partial_load_f64s(c_tail),
            simd.partial_load_f64s(d_tail),
        ];
        let right = [simd.partial_load_f64s(x_tail), simd.partial_load_f64s(y_tail), simd.partial_load_f64s(z_tail)];
        multiply(simd, left, right, &mut sums);
    }
    let mut products = [[0.0; RIGHT]; LEFT];
    for row in 0..LEFT {
        for column in 0..RIGHT {
            products[row][column] = simd.reduce_sum_f64s(sums[row][column]);
        }
    }
    products
}

/// Adds the products of each left vector with each right one.
#[inline(always)]
fn multiply<S: Simd>(simd: S, left: [S::f64s; LEFT], right: [S::f64s; RIGHT], sums: &mut [[S::f64s; RIGHT]; LEFT]) {
    for row in 0..LEFT {
        for column in 0..RIGHT {
            sums[row][column] = simd.mul_add_f64s(left[row], right[column], sums[row][column]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_equal_plain_sums_whatever_the_sizes() {
        let value = |at: usize| ((at * 37 % 19) as f64) - 9.0;
        for (left, right, width) in [(1, 1, 1), (3, 5, 7), (4, 4, 8), (66, 67, 259)] {
            let stride = width + 2;
            let a: Vec<f64> = (0..left * stride).map(value).collect();
            let b: Vec<f64> = (0..right * stride).map(|at| value(at + 5)).collect();
            let rows = |values, count| MatrixRows { values, stride, width, count };
            let found = row_products(rows(&a, left), rows(&b, right));
            for i in 0..left {
                for j in 0..right {
                    let expected: f64 = (0..width).map(|k| a[i * stride + k] * b[j * stride + k]).sum();
                    assert!((found[i * right + j] - expected).abs() < 1e-9, "{left}x{right}x{width} at {i}, {j}");
                }
            }
        }
    }
}
