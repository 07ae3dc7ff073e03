//! Rows of a study: their file, and their means over seeds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::StudyError;
use crate::explore::Accuracy;
use crate::files;
use crate::quantity::number;
use crate::record::Precision;
use crate::text;

/// Quantile of the normal distribution for two-sided 95 % intervals.
const Z95: f64 = 1.959_963_985;

/// A point of a study.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StudyPoint {
    /// Setting in words, by which it is found again.
    pub setting: String,
    /// Place on the axis.
    pub x: f64,
    /// Seed.
    pub seed: u64,
    /// Space, profile and training that it is measured on, in short.
    pub origin: String,
}

impl StudyPoint {
    /// A point of whatever seed and origin.
    pub(super) fn new(setting: impl AsRef<str>, x: f64) -> Self {
        Self { setting: text::in_line(setting.as_ref()).into_owned(), x, seed: 0, origin: String::new() }
    }

    /// An exact row of this point.
    pub(super) fn exact(&self, series: impl Into<String>, value: f64) -> StudyRow {
        StudyRow {
            series: series.into(),
            setting: self.setting.clone(),
            x: self.x,
            seed: self.seed,
            value,
            low: None,
            high: None,
            samples: 0,
            note: String::new(),
            origin: self.origin.clone(),
        }
    }

    /// A row of a share of samples in percent, with its 95 % interval.
    pub(super) fn share(&self, series: impl Into<String>, share: f64, samples: u64) -> StudyRow {
        let (low, high) =
            Accuracy { accuracy: share, samples, step: 0, precision: Precision::default(), quantisation: None }
                .interval(Z95);
        let row = self.exact(series, share * 100.0);
        StudyRow { low: Some(low * 100.0), high: Some(high * 100.0), samples, ..row }
    }
}

/// A figure of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StudyRow {
    /// Series: a line of the chart.
    pub series: String,
    /// Setting of its point.
    pub setting: String,
    /// Place on the axis.
    pub x: f64,
    /// Seed of its point.
    pub seed: u64,
    /// Figure.
    pub value: f64,
    /// Lower end of its 95 % interval; `None` if it is exact.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Objects that it was measured on; 0 if on none.
    pub samples: u64,
    /// Anything else worth knowing.
    pub note: String,
    /// Origin of its point.
    #[serde(default)]
    pub origin: String,
}

impl StudyRow {
    /// Returns `true` if it is of that point.
    pub(super) fn is_of(&self, point: &StudyPoint) -> bool {
        self.setting == point.setting && self.seed == point.seed && self.origin == point.origin
    }

    /// Ends of its interval; `None` if it is exact.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }
}

/// Rows on record; none if there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<StudyRow>, StudyError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let failed = |source| StudyError::Rows { path: path.to_owned(), source };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    reader.deserialize().collect::<Result<_, _>>().map_err(failed)
}

/// Writes the record, whole.
pub(super) fn write(path: &Path, rows: &[StudyRow]) -> Result<(), StudyError> {
    let failed = |source| StudyError::Rows { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row)).map_err(failed)?;
    let written = writer.into_inner().map_err(|error| StudyError::file(path, error.into_error()))?;
    let shown = text::visible(&String::from_utf8_lossy(&written)).into_owned();
    files::write(path, shown.as_bytes()).map_err(|error| StudyError::file(path, error))
}

/// A figure of a table.
pub(super) fn figure(value: f64) -> String {
    if value.is_finite() { number::figure(value) } else { "-".to_owned() }
}

/// Means over the seeds by series and place, both in the order of their first row. An interval of a mean is by the
/// spread of the seeds where there are three or more, which holds the chance of the samples too; of two there is none.
/// The values of several seeds are shares in percent, so that their interval ends at 0 and 100.
pub(super) fn means(rows: &[StudyRow]) -> Vec<(String, Vec<StudyRow>)> {
    let mut all: Vec<(String, Vec<StudyRow>)> = Vec::new();
    for row in rows {
        let index = all.iter().position(|(name, _)| *name == row.series).unwrap_or_else(|| {
            all.push((row.series.clone(), Vec::new()));
            all.len() - 1
        });
        let list = &mut all[index].1;
        if list.iter().any(|mean| mean.setting == row.setting) {
            continue;
        }
        let same = |other: &&StudyRow| other.series == row.series && other.setting == row.setting;
        let values: Vec<f64> = rows.iter().filter(same).map(|one| one.value).collect();
        let mean = mean(&values);
        let share = |end: f64| end.clamp(0.0, 100.0);
        let interval = match values.len() {
            1 => row.interval(),
            // Student's t of two values is so wide that it tells nothing.
            2 => None,
            _ => interval(&values).map(|(low, high)| (share(low), share(high))),
        };
        let (low, high) = (interval.map(|(low, _)| low), interval.map(|(_, high)| high));
        list.push(StudyRow { value: mean, low, high, ..row.clone() });
    }
    for (_, list) in &mut all {
        list.sort_by(|one, other| one.x.total_cmp(&other.x));
    }
    all
}

/// Mean of some values; NaN of none.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// 95 % interval of the mean of at least two values, by Student's t.
pub(super) fn interval(values: &[f64]) -> Option<(f64, f64)> {
    // Quantiles of Student's t at 97.5 % for 1 to 10 degrees of freedom; beyond, that of 10 is a little too wide.
    const T: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    let freedom = values.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
    let mean = mean(values);
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / freedom as f64;
    let half = T[freedom.min(T.len()) - 1] * (variance / values.len() as f64).sqrt();
    Some((mean - half, mean + half))
}

/// Differences between two settings that were measured in pairs: with the same seed, at the same place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PairedGain {
    mean: f64,
    interval: Option<(f64, f64)>,
}

impl PairedGain {
    /// Gain of some pairs; `None` of none.
    pub(super) fn new(gains: &[f64]) -> Option<Self> {
        (!gains.is_empty()).then(|| Self { mean: mean(gains), interval: interval(gains) })
    }

    /// The gain in points with its interval: `+1.2 points (+0.3 to +2.1)`.
    pub(super) fn words(&self) -> String {
        let ends = self.interval.map_or_else(String::new, |(low, high)| format!(" ({low:+.1} to {high:+.1})"));
        format!("{:+.1} points{ends}", self.mean)
    }

    /// Returns `true` if it is below zero beyond chance.
    pub(super) fn is_loss(&self) -> bool {
        self.interval.is_some_and(|(_, high)| high < 0.0)
    }

    /// Returns `true` if it is above or below zero beyond chance.
    pub(super) fn is_told(&self) -> bool {
        self.is_loss() || self.interval.is_some_and(|(low, _)| low > 0.0)
    }

    /// Agreement with a claim that every gain is above zero. What its interval leaves open can't be told.
    pub(super) fn agreement(all: &[Self]) -> &'static str {
        let ahead = all.iter().filter(|gain| gain.interval.is_some_and(|(low, _)| low > 0.0)).count();
        let behind = all.iter().filter(|gain| gain.is_loss()).count();
        match (ahead, behind) {
            (0, 0) => "Can't be told",
            (0, _) => "Does not agree with the paper",
            (some, _) if some == all.len() => "Agrees with the paper",
            _ => "Agrees in part with the paper",
        }
    }
}
