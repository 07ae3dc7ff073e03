//! Values of a tensor while a graph runs.

use crate::kernels::CodeGrid;

/// Elements of a tensor, `[image, channel, row, column]`.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorValues {
    /// In single precision.
    Float(Vec<f32>),
    /// Codes on the grid of the tensor.
    Codes(Vec<u16>),
}

impl TensorValues {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Codes(codes) => codes.len(),
        }
    }

    /// Returns `true` if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, those that codes of `grid` stand for.
    pub fn values(&self, grid: Option<CodeGrid>) -> Vec<f32> {
        match (self, grid) {
            (Self::Float(values), _) => values.clone(),
            (Self::Codes(codes), Some(grid)) => codes.iter().map(|&code| grid.value(code)).collect(),
            (Self::Codes(codes), None) => codes.iter().map(|&code| f32::from(code)).collect(),
        }
    }

    /// The codes on a grid.
    pub fn codes(&self, grid: CodeGrid) -> Vec<u16> {
        match self {
            Self::Float(values) => values.iter().map(|&value| grid.code(value)).collect(),
            Self::Codes(codes) => codes.clone(),
        }
    }

    /// Values rounded to a grid, or as they are without one.
    pub fn on_grid(values: Vec<f32>, grid: Option<CodeGrid>) -> Self {
        match grid {
            Some(grid) => Self::Codes(values.into_iter().map(|value| grid.code(value)).collect()),
            None => Self::Float(values),
        }
    }

    /// Images one after the other; all are of the kind of the first.
    pub fn joined(images: Vec<Self>) -> Self {
        if images.iter().all(|image| matches!(image, Self::Codes(_))) {
            let codes = images.into_iter().flat_map(|image| match image {
                Self::Codes(codes) => codes,
                Self::Float(_) => Vec::new(),
            });
            return Self::Codes(codes.collect());
        }
        Self::Float(images.into_iter().flat_map(|image| image.values(None)).collect())
    }
}
