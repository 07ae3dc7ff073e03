//! Least squares by the normal equations, with a ridge penalty.

/// The columns that are not 0 in one row of the regression, with their values.
pub(super) type Row = Vec<(usize, f64)>;

pub(super) fn dot(row: &Row, weights: &[f64]) -> f64 {
    row.iter().map(|&(column, value)| value * weights[column]).sum()
}

/// The normal equations: X'X (lower triangle, row by row) and X'y.
pub(super) struct Normal {
    width: usize,
    gram: Vec<f64>,
    target: Vec<f64>,
}

impl Normal {
    pub(super) fn new(width: usize) -> Self {
        Self { width, gram: vec![0.0; width * width], target: vec![0.0; width] }
    }

    /// Number of columns.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Adds a sample. Columns of a row rise, so only the lower triangle is touched.
    pub(super) fn add(&mut self, row: &Row, value: f64) {
        for (position, &(column, entry)) in row.iter().enumerate() {
            self.target[column] += entry * value;
            for &(earlier, other) in &row[..=position] {
                self.gram[column * self.width + earlier] += entry * other;
            }
        }
    }

    /// The sum of all parts but one.
    pub(super) fn sum(parts: &[Self], width: usize, without: Option<usize>) -> Self {
        let mut total = Self::new(width);
        for (_, part) in parts.iter().enumerate().filter(|(index, _)| Some(*index) != without) {
            total.gram.iter_mut().zip(&part.gram).for_each(|(sum, value)| *sum += value);
            total.target.iter_mut().zip(&part.target).for_each(|(sum, value)| *sum += value);
        }
        total
    }

    /// Weights for a penalty on all of them but the intercept, by Cholesky decomposition; `None` if it is not positive
    /// definite.
    pub(super) fn solve(&self, penalty: f64) -> Option<Vec<f64>> {
        let width = self.width;
        let mut lower = self.gram.clone();
        for column in 1..width {
            lower[column * width + column] += penalty;
        }
        for row in 0..width {
            for column in 0..=row {
                let (before, after) = lower.split_at(row * width);
                let this = &after[..column];
                let that = if column == row { this } else { &before[column * width..column * width + column] };
                let rest = after[column] - this.iter().zip(that).map(|(a, b)| a * b).sum::<f64>();
                lower[row * width + column] = if column < row {
                    rest / lower[column * width + column]
                } else if rest > 0.0 {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        let mut solution = self.target.clone();
        for row in 0..width {
            let known: f64 = (0..row).map(|column| lower[row * width + column] * solution[column]).sum();
            solution[row] = (solution[row] - known) / lower[row * width + row];
        }
        for row in (0..width).rev() {
            let known: f64 = (row + 1..width).map(|column| lower[column * width + row] * solution[column]).sum();
            solution[row] = (solution[row] - known) / lower[row * width + row];
        }
        Some(solution)
    }
}
