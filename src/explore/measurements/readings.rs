//! Readings of one design, and the accuracy to show of them.

use serde::Serialize;

use crate::quantity::{Metric, number};
use crate::record::{Precision, Quantisation};
use crate::space::Design;

/// One measurement of a design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Share of samples classified correctly, 0 to 1.
    pub accuracy: f64,
    /// Number of samples.
    pub samples: u64,
    /// Training step of the weights.
    pub step: u64,
    /// Numbers that the network was evaluated with.
    pub precision: Precision,
    /// Quantisation of the network; `None` in single precision, and for leaks.
    pub quantisation: Option<Quantisation>,
}

impl Accuracy {
    /// Standard error of the share: `sqrt(p (1 - p) / n)`.
    pub fn standard_error(&self) -> f64 {
        (self.accuracy * (1.0 - self.accuracy) / self.samples.max(1) as f64).max(0.0).sqrt()
    }
}

/// Source of an accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccuracyKind {
    /// The design was evaluated on objects.
    Measured,
    /// A model of the measured designs says so.
    Predicted,
    /// Published networks of this size have it, unsplit.
    Literature,
}

impl AccuracyKind {
    /// Name in files and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Predicted => "predicted",
            Self::Literature => "literature",
        }
    }

    /// Sentence on what accuracies of this kind leave out, if they do.
    pub const fn caveat(self) -> Option<&'static str> {
        match self {
            Self::Measured | Self::Predicted => None,
            Self::Literature => Some(
                "accuracies of the literature are those of networks that are not split; what a splitting module loses \
                 is not in them",
            ),
        }
    }
}

/// An accuracy with its 90 % interval, as files and JSON write it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AccuracyFigure {
    /// Measured or predicted.
    pub kind: AccuracyKind,
    /// Share of samples classified correctly, 0 to 1.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Numbers that the network computes with.
    pub precision: Precision,
    /// Number of samples that it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
}

impl AccuracyFigure {
    /// Half of the interval.
    pub fn half_interval(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// Precisions of accuracies in words: `int8`, `float`, or both; empty where there are none.
pub fn precisions_in_words(precisions: impl IntoIterator<Item = Precision>) -> String {
    let found: Vec<Precision> = precisions.into_iter().collect();
    let names = Precision::ALL.into_iter().filter(|precision| found.contains(precision)).map(Precision::name);
    names.collect::<Vec<_>>().join(" and ")
}

/// Quantile of the normal distribution for two-sided 90 % intervals.
const Z90: f64 = 1.644_853_627;

impl Accuracy {
    /// The accuracy with its 90 % interval by chance of the samples.
    pub fn figure(&self) -> AccuracyFigure {
        let (low, high) = self.interval(Z90);
        let (kind, precision) = (AccuracyKind::Measured, self.precision);
        AccuracyFigure { kind, value: self.accuracy, low, high, precision, samples: Some(self.samples) }
    }

    /// Ends of the interval by chance of the samples (Wilson, 1927) for a two-sided quantile of the normal
    /// distribution.
    pub fn interval(&self, quantile: f64) -> (f64, f64) {
        number::share_interval(self.accuracy, self.samples, quantile)
    }
}

/// Accuracy of a design as it is shown with the current number of sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShownAccuracy {
    /// Measured with as many views.
    Measured(Accuracy),
    /// Measured with other numbers of views only: the nearest of them. Marked as such, and never ranked by.
    OtherViews {
        /// Views it was measured with.
        views: u32,
        /// The accuracy.
        accuracy: Accuracy,
    },
    /// Not measured with as many views, but known by other means. Never shown like a measurement.
    Estimated(AccuracyFigure),
    /// Not known.
    None,
}

impl ShownAccuracy {
    /// The accuracy with its interval, if it is known with the current number of sensors.
    pub fn figure(&self) -> Option<AccuracyFigure> {
        match self {
            Self::Measured(accuracy) => Some(accuracy.figure()),
            Self::Estimated(figure) => Some(*figure),
            Self::OtherViews { .. } | Self::None => None,
        }
    }

    /// The measured accuracy, with whatever number of views it was measured.
    pub const fn accuracy(&self) -> Option<Accuracy> {
        match self {
            Self::Measured(accuracy) | Self::OtherViews { accuracy, .. } => Some(*accuracy),
            Self::Estimated(_) | Self::None => None,
        }
    }

    /// The accuracy with the current number of sensors, measured or estimated.
    pub fn value(&self) -> Option<f64> {
        self.figure().map(|figure| figure.value)
    }

    /// The accuracy with the current number of sensors in a sentence: `93.8 %`; `≈92.1 %` if it is predicted, `†79.8 %`
    /// if it is from the literature.
    pub fn in_words(&self) -> Option<String> {
        let figure = self.figure()?;
        let mark = match figure.kind {
            AccuracyKind::Measured => "",
            AccuracyKind::Predicted => "≈",
            AccuracyKind::Literature => "†",
        };
        Some(format!("{mark}{}", Metric::Accuracy.format(figure.value)))
    }

    /// The accuracy that the design is ranked, put on the front and held against the limit on accuracy by: the
    /// measurement where there is one, else the lower end of the interval.
    pub fn ranked_by(&self) -> Option<f64> {
        let low = self.figure().map_or(f64::NAN, |figure| figure.low);
        Some(accuracy_to_rank_by(self.measured().unwrap_or(f64::NAN), low)).filter(|accuracy| !accuracy.is_nan())
    }

    /// The accuracy, if it was measured with the current number of sensors.
    pub fn measured(&self) -> Option<f64> {
        match self {
            Self::Measured(accuracy) => Some(accuracy.accuracy),
            Self::OtherViews { .. } | Self::Estimated(_) | Self::None => None,
        }
    }
}

/// The rule for accuracies that are not all measured: a design is ranked, put on the front and held against the limit
/// on accuracy by its measurement where there is one, else by the lower end of its interval, so that it never comes
/// before a measured one on hope alone. NaN where neither is known.
#[inline]
pub(in crate::explore) const fn accuracy_to_rank_by(measured: f64, lower_end: f64) -> f64 {
    if measured.is_nan() { lower_end } else { measured }
}

/// All readings of one design.
#[derive(Debug, Clone)]
pub(super) struct DesignReadings {
    pub(super) design: Design,
    /// Indices of the splits of the pool that are this design.
    pub(super) entries: Vec<usize>,
    /// Readings, steps ascending.
    pub(super) readings: Vec<Reading>,
}

/// One measurement with its number of views and its run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Views of each sample.
    pub views: u32,
    /// The accuracy.
    pub accuracy: Accuracy,
    /// Index of the run among all that were followed.
    pub(super) run: usize,
}

impl DesignReadings {
    pub(super) fn of_run(&self, run: usize) -> impl DoubleEndedIterator<Item = &Reading> {
        self.readings.iter().filter(move |reading| reading.run == run)
    }

    /// The newest accuracy with a number of views: in int8, which costs assume, or in single precision without one.
    pub(super) fn newest(&self, run: usize, views: u32) -> Option<Accuracy> {
        Precision::ALL.into_iter().find_map(|precision| self.newest_in(precision, run, views))
    }

    /// The newest accuracy in a precision with a number of views.
    pub(super) fn newest_in(&self, precision: Precision, run: usize, views: u32) -> Option<Accuracy> {
        let mut newest = self.of_run(run).rev().filter(|reading| reading.views == views);
        newest.find(|reading| reading.accuracy.precision == precision).map(|reading| reading.accuracy)
    }

    pub(super) fn shown(&self, run: usize, views: u32) -> ShownAccuracy {
        if let Some(accuracy) = self.newest(run, views) {
            return ShownAccuracy::Measured(accuracy);
        }
        let nearest = self.of_run(run).map(|reading| reading.views).min_by_key(|with| (with.abs_diff(views), *with));
        let other = nearest.and_then(|views| self.newest(run, views).map(|accuracy| (views, accuracy)));
        other.map_or(ShownAccuracy::None, |(views, accuracy)| ShownAccuracy::OtherViews { views, accuracy })
    }
}
