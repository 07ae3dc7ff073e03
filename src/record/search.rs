//! Records of a search: generations, children, predictors.

use serde::{Deserialize, Serialize};

use super::figure;
use crate::search::{Operator, PredictorKind};

/// Figures of one generation of a search. Counts are since the start of the search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GenerationRecord {
    /// Index, 0 for the first.
    pub generation: u32,
    /// Designs evaluated.
    pub evaluations: u64,
    /// Hypervolume of the front as a share of the box between the origin and the worst feasible objectives.
    #[serde(with = "figure")]
    pub hypervolume: f64,
    /// Designs on the front.
    pub front: u32,
    /// Proposals that were known already.
    pub cache_hits: u64,
    /// Measurements the search may make; 0 where it was not recorded.
    #[serde(default, alias = "wanted")]
    pub budget: u64,
    /// Number of times the limits have changed. Hypervolumes compare only between generations that agree in it.
    #[serde(default)]
    pub reassessments: u32,
    /// Tallies of the operators that made designs of this generation.
    #[serde(default)]
    pub operators: Vec<OperatorRecord>,
    /// Seconds since the start of the search.
    #[serde(with = "figure")]
    pub seconds: f64,
    /// Time of each part of this generation.
    #[serde(default)]
    pub parts: GenerationSeconds,
}

/// Seconds of one generation by part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerationSeconds {
    /// Proposing designs: variation, costs, preselection.
    pub propose: f64,
    /// Measuring accuracies in this process.
    pub measure: f64,
    /// Taking results in: archive, predictor.
    pub learn: f64,
    /// Waiting for measurements of workers.
    pub wait: f64,
}

/// Tally of one operator in a generation. Read from an array of three as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRecord {
    /// The operator.
    pub operator: Operator,
    /// Designs it made that were evaluated.
    pub evaluated: u64,
    /// Those of them that joined the front.
    pub successes: u64,
}

/// Accuracy of a measured design and the origin of the design.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChildRecord {
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Number of views it was measured with.
    pub views: u32,
    /// Operator that made it.
    pub operator: Operator,
    /// Parent designs, none to two.
    pub parents: Vec<String>,
    /// Accuracy predicted before the measurement.
    pub predicted: Option<f64>,
    /// Lower end of the prediction's 90 % interval.
    pub predicted_low: Option<f64>,
    /// Upper end of the prediction's 90 % interval.
    pub predicted_high: Option<f64>,
    /// Measured accuracy, 0 to 1.
    pub accuracy: f64,
    /// `true` if it joined the front.
    pub front: bool,
}

/// Quality of a predictor on designs it was not fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictorRecord {
    /// The predictor.
    #[serde(alias = "by")]
    pub predictor: PredictorKind,
    /// Designs compared.
    pub samples: u64,
    /// Root of the mean squared error, as a share; NaN for a score.
    #[serde(with = "figure")]
    pub rmse: f64,
    /// Kendall's rank correlation with the measured accuracies.
    #[serde(with = "figure")]
    pub kendall_tau: f64,
    /// Mean half width of the 90 % intervals, as a share; NaN for a score.
    #[serde(with = "figure", default = "unknown")]
    pub half_width: f64,
    /// Designs measured after their accuracy was predicted with an interval.
    #[serde(default)]
    pub predicted: u64,
    /// Those of them whose accuracy lay within the interval.
    #[serde(default)]
    pub within: u64,
}

impl PredictorRecord {
    /// Returns `true` unless a figure can't be one. "NaN" stands for none: only a score has no error.
    pub(super) fn is_possible(&self) -> bool {
        let is_size = |figure: f64| (0.0..f64::INFINITY).contains(&figure);
        let has_error = is_size(self.rmse) || (self.rmse.is_nan() && self.predictor == PredictorKind::Synflow);
        let is_none_or = |figure: f64, holds: bool| figure.is_nan() || holds;
        has_error
            && is_none_or(self.half_width, is_size(self.half_width))
            && is_none_or(self.kendall_tau, (-1.0..=1.0).contains(&self.kendall_tau))
            && self.within <= self.predicted
    }
}

fn unknown() -> f64 {
    f64::NAN
}

/// Progress of a live search under the present limits.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LiveRecord {
    /// Designs measured of those that could win.
    pub measured: u64,
    /// Designs that could win.
    pub contenders: u64,
    /// Best measured accuracy under the limits; `None` if no feasible design is measured.
    pub best: Option<f64>,
    /// `true` if nothing is left to measure until the limits change.
    pub rests: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_are_read_from_arrays_as_well() {
        let tally: OperatorRecord = serde_json::from_str(r#"["crossover and mutation",8,2]"#).unwrap();
        let expected = OperatorRecord { operator: Operator::CrossoverMutation, evaluated: 8, successes: 2 };
        assert_eq!(tally, expected);
        let text = serde_json::to_string(&expected).unwrap();
        assert_eq!(serde_json::from_str::<OperatorRecord>(&text).unwrap(), expected);
    }
}
