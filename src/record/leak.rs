//! Measured leaks: the share of the pictures that attackers rebuild from what crosses the link.

use serde::{Deserialize, Serialize};

use super::measurement::MeasurementKey;
use crate::quantity::Metric;

/// Attacker that rebuilds pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attacker {
    /// Ridge regression from the code of one view to the picture of that view.
    OneView,
    /// Ridge regression from the codes of all views together to the picture of each.
    AllViews,
    /// Trained decoder from the code of one view to the picture of that view.
    Decoder,
}

impl Attacker {
    /// Name in sentences.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OneView => "ridge regression from one view",
            Self::AllViews => "ridge regression from all views",
            Self::Decoder => "a trained decoder",
        }
    }
}

/// Figures of a leak and how they were made. Shares are of the variance of the pictures, on objects that no attacker
/// was fitted on, at the input resolution of the design; 0 is the mean picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeakFigures {
    /// Share that the best attacker rebuilds.
    pub leak: f64,
    /// The best attacker.
    pub attacker: Attacker,
    /// Share that ridge regression rebuilds from the code of one view.
    pub one_view: f64,
    /// Share that ridge regression rebuilds from the codes of all views; `None` with one view.
    pub all_views: Option<f64>,
    /// Share that a trained decoder rebuilds; `None` if none was trained.
    pub decoder: Option<f64>,
    /// Anchor: share that the class label alone rebuilds.
    pub label: f64,
    /// Anchor: share that the raw picture rebuilds, sent with the bits of the link.
    pub raw: f64,
    /// Peak signal-to-noise ratio of the best attacker, in decibels.
    pub psnr_db: f64,
    /// Mean structural similarity of the best attacker's pictures.
    pub ssim: f64,
    /// Share of the azimuth (as sine and cosine) that ridge regression reads from the code of one view; `None` if it
    /// is not known for the data.
    pub azimuth: Option<f64>,
    /// Share of the elevation that ridge regression reads from the code of one view.
    pub elevation: Option<f64>,
    /// Side of the pictures in pixels.
    pub resolution: u32,
    /// Training objects that the attackers were fitted on.
    pub fitted_objects: u64,
    /// Objects that they were scored on.
    pub samples: u64,
    /// Time the measurement took.
    pub seconds: f64,
    /// Time of the attacks alone, without the forward passes.
    pub attack_seconds: f64,
}

/// One measured leak.
#[derive(Debug, Clone, PartialEq)]
pub struct LeakMeasurement {
    /// Measured design and circumstances.
    pub key: MeasurementKey,
    /// Shares rebuilt by each attacker.
    pub figures: LeakFigures,
}

/// Sentence on a leak: an attack bounds it from below, so it never says that pictures are safe.
///
/// ```
/// assert_eq!(splitscope::record::leak_sentence(0.731), "at least 73.1 % of the picture can be rebuilt");
/// ```
pub fn leak_sentence(leak: f64) -> String {
    format!("at least {} of the picture can be rebuilt", Metric::Leak.format(leak))
}
