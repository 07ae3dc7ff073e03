//! The small factor of a product.

use burn_cubecl::tensor::CubeTensor;

/// The small factor `[inner, columns]`, with its steps in memory.
#[derive(Debug, Clone)]
pub(super) struct Factor {
    pub(super) values: CubeTensor,
    pub(super) inner: usize,
    pub(super) columns: usize,
    pub(super) inner_step: usize,
    pub(super) column_step: usize,
}

impl Factor {
    /// A matrix `[inner, columns]`, which may be a part of a larger one.
    pub(super) fn of(values: &CubeTensor, [inner, columns]: [usize; 2], row_step: usize) -> Self {
        Self { values: values.clone(), inner, columns, inner_step: row_step, column_step: 1 }
    }

    /// The transposed matrix.
    pub(super) fn transposed(&self) -> Self {
        Self {
            values: self.values.clone(),
            inner: self.columns,
            columns: self.inner,
            inner_step: self.column_step,
            column_step: self.inner_step,
        }
    }
}
