//! Dense matrices in double precision, row by row.

use crate::kernels::{MatrixRows, row_products};

/// Matrix `[rows, columns]`, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matrix {
    /// Number of rows.
    pub(super) rows: usize,
    /// Number of columns.
    pub(super) columns: usize,
    /// Values, row by row.
    pub(super) values: Vec<f64>,
}

impl Matrix {
    /// Matrix of `rows` rows.
    pub(super) fn new(rows: usize, values: Vec<f64>) -> Self {
        let columns = values.len() / rows.max(1);
        Self { rows, columns, values }
    }

    /// One row.
    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The rows as operands of products.
    pub(super) fn as_rows(&self) -> MatrixRows<'_> {
        MatrixRows { values: &self.values, stride: self.columns, width: self.columns, count: self.rows }
    }

    /// `self` times the transpose of `other`.
    pub(super) fn times_transposed(&self, other: &Self) -> Self {
        Self { rows: self.rows, columns: other.rows, values: row_products(self.as_rows(), other.as_rows()) }
    }

    /// The transpose.
    pub(super) fn transposed(&self) -> Self {
        /// Side of the squares that are turned at once, so that both sides stay in cache.
        const SQUARE: usize = 32;
        let (rows, columns) = (self.rows, self.columns);
        let mut values = vec![0.0; rows * columns];
        for top in (0..rows).step_by(SQUARE) {
            for left in (0..columns).step_by(SQUARE) {
                for row in top..(top + SQUARE).min(rows) {
                    for column in left..(left + SQUARE).min(columns) {
                        values[column * rows + row] = self.values[row * columns + column];
                    }
                }
            }
        }
        Self { rows: columns, columns: rows, values }
    }

    /// The given rows, in this order.
    pub(super) fn chosen(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&row| self.row(row)).copied().collect();
        Self { rows: rows.len(), columns: self.columns, values }
    }

    /// The given columns, in this order.
    pub(super) fn chosen_columns(&self, columns: &[usize]) -> Self {
        let values = (0..self.rows).flat_map(|row| columns.iter().map(move |&column| self.row(row)[column])).collect();
        Self { rows: self.rows, columns: columns.len(), values }
    }
}
