//! A small predictor of a measured value from genes: ridge regression on one-hot genes and optional numbers.
//!
//! It is fitted in closed form, weighs nothing, and says how wrong it is: the error is always that on samples held out
//! of the fit. A prediction is no measurement; the caller marks it. Invariant: the same samples in the same order give
//! the same fit.

use std::collections::HashMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use super::config::SearchGene;
use normal_equations::{Normal, Row, dot};

mod normal_equations;

/// Samples without which nothing is predicted.
pub(crate) const LEAST_SAMPLES: usize = 12;
/// Parts the samples are divided into; each is held out once.
const FOLDS: usize = 5;
/// Penalties tried; the one with the least held-out error is taken.
const PENALTIES: [f64; 5] = [0.01, 0.1, 1.0, 10.0, 100.0];
const FOLD_SEED: u64 = 0;

/// One measurement to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The genome.
    pub genes: Box<[u8]>,
    /// Numbers beside the genes (logarithm of the MACs, ...); the same number of them in each sample, often none.
    pub features: Box<[f64]>,
    /// Measured value, to be predicted.
    pub value: f64,
}

/// Predictions of samples by fits to others, with the penalty for which they are best.
#[derive(Clone, Debug, PartialEq)]
struct CrossValidation {
    /// Predicted value of each sample.
    predicted: Vec<f64>,
    /// Root of the mean squared error.
    rmse: f64,
    penalty: f64,
}

/// Samples that can not be learned from.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PredictorError {
    /// A sample has another number of genes than the space.
    #[error("sample {sample} has {found} genes, but the space has {expected}")]
    GenomeLength {
        /// Index of the sample.
        sample: usize,
        /// Its number of genes.
        found: usize,
        /// Genes of the space.
        expected: usize,
    },
    /// A gene has a value that is none of its choices.
    #[error("gene {gene} of sample {sample} is beyond its choices")]
    GeneValue {
        /// Index of the sample.
        sample: usize,
        /// Index of the gene.
        gene: usize,
    },
    /// A sample has another number of features than the first.
    #[error("sample {sample} has {found} features, but the first has {expected}")]
    Features {
        /// Index of the sample.
        sample: usize,
        /// Its number of features.
        found: usize,
        /// Features of the first sample.
        expected: usize,
    },
    /// A value or a feature is not finite.
    #[error("sample {sample} has a value or feature that is not finite")]
    NotFinite {
        /// Index of the sample.
        sample: usize,
    },
}

/// A fitted predictor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predictor {
    layout: FeatureLayout,
    weights: Vec<f64>,
    held_out: CrossValidation,
    /// Fold of each sample.
    folds: Vec<usize>,
}

impl Predictor {
    /// Fits to all samples; `None` while there are fewer than [`LEAST_SAMPLES`].
    ///
    /// # Errors
    /// If a sample does not fit the genes, differs from the others in its number of features, or is not finite.
    pub(crate) fn fit(genes: &[SearchGene], samples: &[Sample]) -> Result<Option<Self>, PredictorError> {
        check(genes, samples)?;
        if samples.len() < LEAST_SAMPLES {
            return Ok(None);
        }
        let layout = FeatureLayout::new(genes, samples);
        let rows: Vec<Row> = samples.iter().map(|sample| layout.row(&sample.genes, &sample.features)).collect();
        let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        let folds = folds(samples);
        let parts: Vec<Normal> = (0..FOLDS)
            .map(|fold| {
                let mut part = Normal::new(layout.width);
                let members = (0..rows.len()).filter(|&index| folds[index] == fold);
                members.for_each(|index| part.add(&rows[index], values[index]));
                part
            })
            .collect();
        let all = Normal::sum(&parts, layout.width, None);
        let held_out = PENALTIES
            .iter()
            .filter_map(|&penalty| cross_validate(&parts, &rows, &values, &folds, penalty))
            .min_by(|a, b| a.rmse.total_cmp(&b.rmse));
        Ok(held_out.and_then(|held_out| {
            let weights = all.solve(held_out.penalty)?;
            Some(Self { layout, weights, held_out, folds })
        }))
    }

    /// The predicted value. A gene value beyond the choices it was fitted with, or a missing feature, contributes
    /// nothing.
    pub(crate) fn predict(&self, genes: &[u8], features: &[f64]) -> f64 {
        dot(&self.layout.row(genes, features), &self.weights)
    }

    /// Prediction of each sample by a fit to others, in the order of the samples.
    pub(crate) fn held_out(&self) -> &[f64] {
        &self.held_out.predicted
    }

    /// Fold of each sample, in which it was held out.
    pub(crate) fn folds(&self) -> &[usize] {
        &self.folds
    }

    /// Chosen ridge penalty.
    pub(crate) fn penalty(&self) -> f64 {
        self.held_out.penalty
    }
}

fn check(genes: &[SearchGene], samples: &[Sample]) -> Result<(), PredictorError> {
    let features = samples.first().map_or(0, |sample| sample.features.len());
    for (index, sample) in samples.iter().enumerate() {
        let (found, expected) = (sample.genes.len(), genes.len());
        if found != expected {
            return Err(PredictorError::GenomeLength { sample: index, found, expected });
        }
        if let Some(gene) = sample.genes.iter().zip(genes).position(|(value, gene)| *value >= gene.cardinality) {
            return Err(PredictorError::GeneValue { sample: index, gene });
        }
        if sample.features.len() != features {
            let found = sample.features.len();
            return Err(PredictorError::Features { sample: index, found, expected: features });
        }
        if !sample.value.is_finite() || sample.features.iter().any(|feature| !feature.is_finite()) {
            return Err(PredictorError::NotFinite { sample: index });
        }
    }
    Ok(())
}

/// Meaning of the columns: 0 is the intercept, then one per choice of each gene, then the standardised features.
#[derive(Clone, Debug, PartialEq)]
struct FeatureLayout {
    /// First column and number of choices of each gene.
    genes: Vec<(usize, u8)>,
    /// Column, mean and scale of each feature.
    features: Vec<(usize, f64, f64)>,
    width: usize,
}

impl FeatureLayout {
    fn new(genes: &[SearchGene], samples: &[Sample]) -> Self {
        let mut width = 1;
        let genes = genes
            .iter()
            .map(|gene| {
                let first = width;
                width += usize::from(gene.cardinality);
                (first, gene.cardinality)
            })
            .collect();
        let count = samples.len() as f64;
        let features = (0..samples.first().map_or(0, |sample| sample.features.len()))
            .map(|feature| {
                let values = || samples.iter().map(|sample| sample.features[feature]);
                let mean = values().sum::<f64>() / count;
                let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
                width += 1;
                (width - 1, mean, if deviation > 0.0 { 1.0 / deviation } else { 0.0 })
            })
            .collect();
        Self { genes, features, width }
    }

    fn row(&self, genes: &[u8], features: &[f64]) -> Row {
        let choices = self.genes.iter().zip(genes).filter(|((_, choices), value)| *value < choices);
        let numbers = self.features.iter().zip(features);
        std::iter::once((0, 1.0))
            .chain(choices.map(|(&(first, _), &value)| (first + usize::from(value), 1.0)))
            .chain(numbers.map(|(&(column, mean, scale), value)| (column, (value - mean) * scale)))
            .collect()
    }
}

/// Fold of each sample. Samples of the same genes are held out together: what is to be predicted has no sample.
fn folds(samples: &[Sample]) -> Vec<usize> {
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    let mut groups = Vec::with_capacity(samples.len());
    for sample in samples {
        let next = known.len();
        groups.push(*known.entry(&sample.genes).or_insert(next));
    }
    let mut folds: Vec<usize> = (0..known.len()).map(|index| index % FOLDS).collect();
    folds.shuffle(&mut ChaCha8Rng::seed_from_u64(FOLD_SEED));
    groups.into_iter().map(|group| folds[group]).collect()
}

/// Predicts every sample by the fit to the other folds.
fn cross_validate(
    parts: &[Normal],
    rows: &[Row],
    values: &[f64],
    folds: &[usize],
    penalty: f64,
) -> Option<CrossValidation> {
    let width = parts.first()?.width();
    let weights: Option<Vec<Vec<f64>>> =
        (0..FOLDS).map(|fold| Normal::sum(parts, width, Some(fold)).solve(penalty)).collect();
    let weights = weights?;
    let predicted: Vec<f64> = rows.iter().zip(folds).map(|(row, &fold)| dot(row, &weights[fold])).collect();
    let squares: f64 = predicted.iter().zip(values).map(|(a, b)| (a - b).powi(2)).sum();
    Some(CrossValidation { rmse: (squares / values.len() as f64).sqrt(), predicted, penalty })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::correlation::kendall_tau;
    use crate::search::operators;
    use rand::RngExt;

    /// 23 genes: resolution, depths, widths, kernels, expansions, split, ratio.
    fn genes() -> Vec<SearchGene> {
        let mut genes = vec![SearchGene::ordered(4)];
        for choices in [3, 3, 2, 3] {
            genes.extend([SearchGene::ordered(choices); 5]);
        }
        genes.extend([SearchGene::boundary(21), SearchGene::ordered(4)]);
        genes
    }

    fn samples(count: usize, value: impl Fn(&[u8]) -> f64) -> Vec<Sample> {
        let genes = genes();
        let genomes = operators::stratified(&genes, count, &mut ChaCha8Rng::seed_from_u64(9));
        let sample = |genes: Box<[u8]>| Sample { value: value(&genes), genes, features: Box::new([]) };
        genomes.into_iter().map(sample).collect()
    }

    /// Additive in the genes, so that ridge regression can find it.
    fn additive(genes: &[u8]) -> f64 {
        0.6 + genes
            .iter()
            .enumerate()
            .map(|(index, value)| 0.001 * index as f64 * f64::from(*value).sqrt())
            .sum::<f64>()
    }

    #[test]
    fn nothing_is_predicted_from_too_few_samples() {
        assert_eq!(Predictor::fit(&genes(), &samples(LEAST_SAMPLES - 1, additive)), Ok(None));
        assert!(Predictor::fit(&genes(), &samples(LEAST_SAMPLES, additive)).unwrap().is_some());
    }

    #[test]
    fn an_additive_value_is_found() {
        let predictor = Predictor::fit(&genes(), &samples(400, additive)).unwrap().unwrap();
        assert!(predictor.held_out.rmse < 1e-4, "{}", predictor.held_out.rmse);
        for unseen in operators::stratified(&genes(), 20, &mut ChaCha8Rng::seed_from_u64(10)) {
            assert!((predictor.predict(&unseen, &[]) - additive(&unseen)).abs() < 1e-3);
        }
    }

    #[test]
    fn the_error_is_that_on_unseen_samples() {
        // Pure noise: a fit to 60 samples by 66 columns could repeat them, but not foresee the held-out ones.
        let noise = |genes: &[u8]| {
            let seed = genes.iter().fold(7_u64, |seed, value| seed.wrapping_mul(31).wrapping_add(u64::from(*value)));
            ChaCha8Rng::seed_from_u64(seed).random::<f64>()
        };
        let samples = samples(60, noise);
        let held_out = Predictor::fit(&genes(), &samples).unwrap().unwrap().held_out;
        let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        let kendall_tau = kendall_tau(&held_out.predicted, &values);
        assert!(held_out.rmse > 0.25 && kendall_tau.abs() < 0.35, "{} {kendall_tau}", held_out.rmse);
    }

    #[test]
    fn features_help_where_genes_do_not() {
        let genes = [SearchGene::categorical(2)];
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let samples: Vec<Sample> = (0..50)
            .map(|_| {
                let macs: f64 = rng.random_range(1e6..1e8);
                Sample {
                    genes: Box::new([rng.random_range(0..2)]),
                    features: Box::new([macs, 5.0]),
                    value: 3e-8 * macs - 1.0,
                }
            })
            .collect();
        let predictor = Predictor::fit(&genes, &samples).unwrap().unwrap();
        assert!((predictor.predict(&[1], &[5e7, 5.0]) - 0.5).abs() < 0.01);
    }

    #[test]
    fn bad_samples_are_named() {
        let mut bad = samples(30, additive);
        bad[3].genes[0] = 4;
        let fit = |samples: &[Sample]| Predictor::fit(&genes(), samples).unwrap_err();
        assert_eq!(fit(&bad), PredictorError::GeneValue { sample: 3, gene: 0 });
        bad[2].value = f64::NAN;
        assert_eq!(fit(&bad), PredictorError::NotFinite { sample: 2 });
        bad[1].features = Box::new([1.0]);
        assert_eq!(fit(&bad), PredictorError::Features { sample: 1, found: 1, expected: 0 });
        bad[0].genes = Box::new([]);
        assert_eq!(fit(&bad).to_string(), "sample 0 has 0 genes, but the space has 23");
    }
}
