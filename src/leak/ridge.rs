//! Ridge regression in closed form, its penalty chosen by cross-validation.
//!
//! The answers of a fitted regression are weighted sums of the training targets. The weights do not depend on
//! the targets, so any number of pictures and probes is rebuilt by one solution.

use super::cholesky::Cholesky;
use super::matrix::Matrix;

/// Folds of the cross-validation.
const FOLDS: usize = 5;
/// Most rows of the cross-validation.
const VALIDATION_ROWS: usize = 480;
/// Most columns of the targets that the cross-validation looks at.
const VALIDATION_COLUMNS: usize = 256;
/// Penalties tried, as shares of the mean squared length of a row.
const PENALTIES: [f64; 8] = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0];

/// Ridge regression that is ready for any penalty: with all inputs centred, its weights `[asked, known]` are
/// `asked known' (known known' + penalty)^-1`, solved in whichever of rows and columns is fewer.
pub(super) struct Ridge<'a> {
    known: &'a Matrix,
    /// Products of the rows of `known`, or of its columns if those are fewer.
    gram: Matrix,
    /// Products of the rows asked with the known ones; the rows asked where columns are fewer.
    right: Matrix,
}

impl<'a> Ridge<'a> {
    /// Regression that knows some rows and is asked others.
    pub(super) fn new(known: &'a Matrix, asked: &Matrix) -> Self {
        if known.rows <= known.columns {
            return Self { known, gram: known.times_transposed(known), right: asked.times_transposed(known) };
        }
        let columns = known.transposed();
        Self { known, gram: columns.times_transposed(&columns), right: asked.clone() }
    }

    /// Weights of the targets of the known rows in the answers to the rows asked; `None` if rounding errors leave
    /// nothing to solve.
    pub(super) fn weights(&self, penalty: f64) -> Option<Matrix> {
        let solved = Cholesky::new(&self.gram, penalty)?.solve_rows(self.right.clone());
        let by_rows = self.known.rows <= self.known.columns;
        Some(if by_rows { solved } else { solved.times_transposed(self.known) })
    }
}

/// Answers to the rows that the weights of a [`Ridge`] are for.
pub(super) fn answers(weights: &Matrix, targets: &Matrix) -> Matrix {
    weights.times_transposed(&targets.transposed())
}

/// Penalty for each of several targets of the same centred inputs, by cross-validation; rows of one object must not
/// stand in two folds, so only the first rows, which are all of different objects, take part. `None` if the inputs
/// are all alike.
pub(super) fn choose_penalties(inputs: &Matrix, objects: usize, targets: &[&Matrix]) -> Option<Vec<f64>> {
    let rows: Vec<usize> = (0..inputs.rows.min(objects).min(VALIDATION_ROWS)).collect();
    let inputs = inputs.chosen(&rows);
    let targets: Vec<Matrix> = targets.iter().map(|targets| thinned(&targets.chosen(&rows))).collect();
    let kernel = inputs.times_transposed(&inputs);
    let size = (0..rows.len()).map(|at| kernel.row(at)[at]).sum::<f64>() / rows.len().max(1) as f64;
    if size.is_nan() || size <= 0.0 || rows.len() < FOLDS {
        return None;
    }
    let mut errors = vec![[0.0; PENALTIES.len()]; targets.len()];
    for fold in 0..FOLDS {
        let (asked, known): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&row| row % FOLDS == fold);
        let inner = kernel.chosen(&known).chosen_columns(&known);
        let across = kernel.chosen(&asked).chosen_columns(&known);
        for (place, penalty) in PENALTIES.iter().enumerate() {
            let Some(cholesky) = Cholesky::new(&inner, penalty * size) else {
                for errors in &mut errors {
                    errors[place] = f64::INFINITY;
                }
                continue;
            };
            let weights = cholesky.solve_rows(across.clone());
            for (errors, targets) in errors.iter_mut().zip(&targets) {
                let found = answers(&weights, &targets.chosen(&known));
                errors[place] += squared_distance(&found.values, &targets.chosen(&asked).values);
            }
        }
    }
    let best = |errors: &[f64; PENALTIES.len()]| {
        let place = (0..PENALTIES.len()).min_by(|&a, &b| errors[a].total_cmp(&errors[b])).unwrap_or(0);
        PENALTIES[place] * size
    };
    Some(errors.iter().map(best).collect())
}

/// Sum of the squared differences.
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Evenly spread columns, at most [`VALIDATION_COLUMNS`].
fn thinned(targets: &Matrix) -> Matrix {
    let count = targets.columns.min(VALIDATION_COLUMNS);
    let columns: Vec<usize> = (0..count).map(|at| at * targets.columns / count).collect();
    targets.chosen_columns(&columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: usize, columns: usize, shift: usize) -> Matrix {
        let value = |at: usize| (((at + shift) * 7919 % 1009) as f64) / 504.5 - 1.0;
        Matrix::new(rows, (0..rows * columns).map(value).collect())
    }

    #[test]
    fn a_regression_solved_on_paper() {
        // Inputs 1 and -1 with targets 3 and -3: the slope is 6 / (2 + penalty).
        let (inputs, targets) = (Matrix::new(2, vec![1.0, -1.0]), Matrix::new(2, vec![3.0, -3.0]));
        let weights = Ridge::new(&inputs, &Matrix::new(1, vec![2.0])).weights(1.0).unwrap();
        assert!((answers(&weights, &targets).values[0] - 2.0 * 6.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn both_forms_give_one_answer() {
        let (known, asked) = (sample(30, 12, 0), sample(4, 12, 500));
        let primal = Ridge::new(&known, &asked).weights(0.3).unwrap();
        let kernel = known.times_transposed(&known);
        let dual = Cholesky::new(&kernel, 0.3).unwrap().solve_rows(asked.times_transposed(&known));
        assert!(squared_distance(&primal.values, &dual.values) < 1e-18);
    }

    #[test]
    fn a_linear_map_is_recovered_and_its_penalty_is_the_least() {
        let (known, asked, map) = (sample(60, 6, 0), sample(5, 6, 400), sample(3, 6, 900));
        let targets = known.times_transposed(&map);
        let penalty = choose_penalties(&known, 60, &[&targets]).unwrap()[0];
        let found = answers(&Ridge::new(&known, &asked).weights(penalty).unwrap(), &targets);
        assert!(squared_distance(&found.values, &asked.times_transposed(&map).values) < 1e-9);
    }

    #[test]
    fn noise_wants_a_penalty_and_constant_inputs_have_none() {
        let (inputs, noise) = (sample(60, 50, 0), sample(60, 4, 333));
        assert!(choose_penalties(&inputs, 60, &[&noise]).unwrap()[0] > 0.1);
        assert_eq!(choose_penalties(&Matrix::new(10, vec![0.0; 30]), 10, &[&noise]), None);
    }
}
