//! Predictions of accuracies with 90 % intervals, from measured designs of the same weights.
//!
//! Ridge regression on the logit of the accuracy: errors are larger for poor designs than for good ones, and a logit
//! evens that out. Beside the genes one by one it sees what a designer would look at first
//! ([`design_features`]). The interval is split-conformal (Vovk et al., 2005): as wide as nine in ten of the errors on
//! samples held out of the fit, so that it needs no assumption about their distribution.

use serde::{Deserialize, Serialize};

use super::config::SearchGene;
use super::correlation::kendall_tau;
use super::design_features::design_features;
use super::genes;
use super::predictor::{Predictor, PredictorError, Sample};
use crate::space::{Design, SearchSpace};

/// Share of designs whose accuracy lies within the interval.
const COVERAGE: f64 = 0.9;
/// Keeps logits of 0 and 1 finite: about half an object of 250.
const MARGIN: f64 = 0.002;

/// Kind of a substitute for a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PredictorKind {
    /// Ridge regression on measured designs.
    Ridge,
    /// Synflow score of the weights, which is no accuracy.
    Synflow,
}

impl PredictorKind {
    /// Name in JSON and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ridge => "ridge",
            Self::Synflow => "synflow",
        }
    }
}

/// Quality of a predictor on samples it was not fitted to (5-fold cross-validation).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Samples compared.
    pub samples: usize,
    /// Root of the mean squared error, in the unit of the value; NaN for a score.
    pub rmse: f64,
    /// Kendall's tau-b between predicted and measured.
    pub kendall_tau: f64,
    /// Chosen ridge penalty; 0 for a score.
    pub penalty: f64,
    /// Mean half width of the 90 % intervals, in the unit of the value; NaN for a score.
    pub half_width: f64,
    /// Share of the samples that lie within intervals made without them; NaN for a score.
    pub coverage: f64,
}

/// A predicted accuracy with its 90 % interval. Never a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictedAccuracy {
    /// Predicted share, 0 to 1.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl PredictedAccuracy {
    /// Prediction whose interval has a lower end, the odds of which are those of the prediction over `factor`; asked of
    /// many designs at every move of a knob.
    pub fn with_lower_end(low: f64, factor: f64) -> Self {
        let odds = odds(low);
        Self { value: share_of_odds(odds * factor), low, high: share_of_odds(odds * factor * factor) }
    }
}

/// Measured accuracies of designs, to fit an [`AccuracyModel`] to.
#[derive(Clone, Debug, Default)]
pub struct AccuracySamples {
    samples: Vec<Sample>,
}

impl AccuracySamples {
    /// Adds the accuracy of a canonical design with a number of views.
    pub fn add(&mut self, space: &SearchSpace, design: &Design, views: u32, accuracy: f64) {
        let genes = genes::encode(space, design).into();
        self.samples.push(Sample { genes, features: design_features(space, design, views), value: logit(accuracy) });
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Returns `true` if there are none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }
}

/// Model of the accuracies of a space's designs.
#[derive(Clone, Debug, PartialEq)]
pub struct AccuracyModel {
    predictor: Predictor,
    /// Half width of the interval in logits.
    half_width: f64,
    quality: Quality,
}

impl AccuracyModel {
    /// Fits to all samples; `None` while there are too few.
    ///
    /// # Errors
    /// A design that is not of the space, or an accuracy that is not finite.
    pub fn fit(space: &SearchSpace, samples: &AccuracySamples) -> Result<Option<Self>, PredictorError> {
        Self::fit_genes(&genes::of_space(space), samples)
    }

    /// As [`AccuracyModel::fit`], for a space with these genes.
    pub(super) fn fit_genes(genes: &[SearchGene], samples: &AccuracySamples) -> Result<Option<Self>, PredictorError> {
        let Some(predictor) = Predictor::fit(genes, &samples.samples)? else { return Ok(None) };
        let values: Vec<f64> = samples.samples.iter().map(|sample| sample.value).collect();
        let errors: Vec<f64> = predictor.held_out().iter().zip(&values).map(|(a, b)| (a - b).abs()).collect();
        let half_width = conformal_half_width(errors.clone());
        let quality =
            Quality { coverage: coverage(&errors, predictor.folds()), ..quality(&predictor, &values, half_width) };
        Ok(Some(Self { predictor, half_width, quality }))
    }

    /// Half width of the intervals in logits.
    pub(super) const fn half_width(&self) -> f64 {
        self.half_width
    }

    /// Predicted accuracy of a canonical design with a number of views.
    pub fn predict(&self, space: &SearchSpace, design: &Design, views: u32) -> PredictedAccuracy {
        around(self.logit(space, design, views), self.half_width)
    }

    /// Logit of the predicted accuracy.
    pub(super) fn logit(&self, space: &SearchSpace, design: &Design, views: u32) -> f64 {
        self.predictor.predict(&genes::encode(space, design), &design_features(space, design, views))
    }

    /// Its error on designs held out of the fit. Show it with every prediction.
    pub fn quality(&self) -> Quality {
        self.quality
    }
}

/// Half width that covers [`COVERAGE`] of the errors, with the correction for a finite number of them.
fn conformal_half_width(mut errors: Vec<f64>) -> f64 {
    errors.sort_by(f64::total_cmp);
    let rank = (COVERAGE * (errors.len() + 1) as f64).ceil() as usize;
    errors[rank.min(errors.len()) - 1]
}

/// Share of errors within the half width that the errors of the other folds give.
fn coverage(errors: &[f64], folds: &[usize]) -> f64 {
    let last = folds.iter().copied().max().unwrap_or(0);
    let within = |fold: usize| {
        let others = errors.iter().zip(folds).filter(|(_, own)| **own != fold).map(|(error, _)| *error).collect();
        let half_width = conformal_half_width(others);
        errors.iter().zip(folds).filter(|(error, own)| **own == fold && **error <= half_width).count()
    };
    (0..=last).map(within).sum::<usize>() as f64 / errors.len().max(1) as f64
}

fn quality(predictor: &Predictor, values: &[f64], half_width: f64) -> Quality {
    let count = values.len() as f64;
    let held_out = || predictor.held_out().iter().map(|&predicted| around(predicted, half_width));
    let squares: f64 = held_out().zip(values).map(|(found, &value)| (found.value - share(value)).powi(2)).sum();
    Quality {
        samples: values.len(),
        rmse: (squares / count).sqrt(),
        kendall_tau: kendall_tau(predictor.held_out(), values),
        penalty: predictor.penalty(),
        half_width: held_out().map(|found| (found.high - found.low) / 2.0).sum::<f64>() / count,
        coverage: f64::NAN,
    }
}

pub(super) fn around(centre: f64, half_width: f64) -> PredictedAccuracy {
    PredictedAccuracy { value: share(centre), low: share(centre - half_width), high: share(centre + half_width) }
}

/// Logit of a share, finite at 0 and 1.
fn logit(share: f64) -> f64 {
    odds(share).ln()
}

/// Odds of a share, finite and not zero at 0 and 1.
fn odds(share: f64) -> f64 {
    (share + MARGIN) / (1.0 + MARGIN - share)
}

/// Share of a logit.
fn share(logit: f64) -> f64 {
    share_of_odds(logit.clamp(-40.0, 40.0).exp())
}

/// Share of odds.
fn share_of_odds(odds: f64) -> f64 {
    ((odds * (1.0 + MARGIN) - MARGIN) / (1.0 + odds)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Accuracy that depends on depth, on early fusion and on compression at the split, with a little noise.
    fn accuracy(space: &SearchSpace, design: &Design, noise: f64) -> f64 {
        let depth: f64 = design.genome.genes().iter().map(|&gene| f64::from(gene)).sum();
        let early = 1.0 - f64::from(design.fusion) / f64::from(space.last());
        let squeezed = f64::from(design.ratio).log2() * (1.0 - f64::from(design.split) / f64::from(space.last()));
        share(3.0 + 0.1 * depth - 2.0 * early - 0.3 * squeezed + noise)
    }

    fn drawn(space: &SearchSpace, count: usize, seed: u64) -> Vec<(Design, f64)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count)
            .map(|_| {
                let design = space.sample_design(&mut rng);
                let noise = (rng.random::<f64>() + rng.random::<f64>() - 1.0) * 0.4;
                let accuracy = accuracy(space, &design, noise);
                (design, accuracy)
            })
            .collect()
    }

    #[test]
    fn intervals_hold_nine_in_ten_of_unseen_designs() {
        let space = SearchSpace::shipped("tabletop").unwrap();
        let mut samples = AccuracySamples::default();
        for (design, accuracy) in drawn(&space, 200, 1) {
            samples.add(&space, &design, 6, accuracy);
        }
        let model = AccuracyModel::fit(&space, &samples).unwrap().unwrap();
        let unseen = drawn(&space, 1000, 2);
        let within = unseen.iter().filter(|(design, accuracy)| {
            let found = model.predict(&space, design, 6);
            assert!(found.low <= found.value && found.value <= found.high);
            (found.low..=found.high).contains(accuracy)
        });
        let coverage = within.count() as f64 / unseen.len() as f64;
        assert!((0.85..=0.95).contains(&coverage), "{coverage}");
        let quality = model.quality();
        assert!(quality.kendall_tau > 0.7 && quality.rmse < 0.03 && quality.half_width < 0.06, "{quality:?}");
    }

    #[test]
    fn shares_and_logits_are_inverse() {
        for accuracy in [0.0, 0.001, 0.5, 0.97, 1.0] {
            assert!((share(logit(accuracy)) - accuracy).abs() < 1e-9, "{accuracy}");
        }
    }
}
