//! Figures in words, as several sections write them.

use crate::explore::{Accuracy, AccuracyFigure, Session, ShownAccuracy};
use crate::quantity::{Dimension, Metric, number};

/// Objects of the accuracies of a table.
pub(super) const ACCURACIES: &str = "accuracies on validation objects";

/// Share in percent, as accuracies are given on every screen.
pub(super) fn percent(share: f64) -> String {
    Metric::Accuracy.format(share)
}

/// Both ends of an interval in percent.
pub(super) fn percent_range((low, high): (f64, f64)) -> String {
    Metric::Accuracy.info().dimension.format_range(low, high)
}

/// Accuracy on validation objects with its precision: a measured one with its 95 % interval, another one as what it is,
/// with its 90 % interval.
pub(super) fn accuracy(shown: &ShownAccuracy) -> String {
    match shown {
        ShownAccuracy::Measured(accuracy) => {
            let Accuracy { accuracy: share, samples, precision, .. } = *accuracy;
            let interval = percent_range(crate::report::chosen::interval(share, samples));
            format!("{} {} ({interval})", percent(share), precision.name())
        }
        ShownAccuracy::Estimated(figure) => {
            let AccuracyFigure { kind, low, high, precision, .. } = *figure;
            let (words, interval) = (shown.in_words().unwrap_or_default(), percent_range((low, high)));
            format!("{words} {} ({}, 90 %: {interval})", precision.name(), kind.name())
        }
        ShownAccuracy::OtherViews { .. } | ShownAccuracy::None => "-".to_owned(),
    }
}

pub(super) fn bytes(bytes: u64) -> String {
    Dimension::Bytes.format(bytes as f64)
}

pub(super) fn latency(seconds: f64) -> String {
    Metric::Latency.format(seconds)
}

pub(super) fn energy(joules: f64) -> String {
    Metric::Energy.format(joules)
}

/// Number of sensors in words.
pub(super) fn sensors(session: &Session) -> String {
    number::counted(session.knobs().sensors.into(), "sensor")
}
