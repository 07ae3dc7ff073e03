//! Figures in words, as several sections write them.

use crate::explore::{Accuracy, Session, ShownAccuracy};
use crate::quantity::{Dimension, Metric, number};
use crate::record::Precision;

/// Share in percent, as accuracies are given on every screen.
pub(super) fn percent(share: f64) -> String {
    Metric::Accuracy.format(share)
}

/// Both ends of an interval in percent.
pub(super) fn percent_range((low, high): (f64, f64)) -> String {
    Metric::Accuracy.info().dimension.format_range(low, high)
}

/// Accuracy on validation objects with its 95 % interval; float is named, as costs assume int8.
pub(super) fn accuracy(shown: &ShownAccuracy) -> String {
    let ShownAccuracy::Measured(accuracy) = shown else { return "-".to_owned() };
    let Accuracy { accuracy: share, samples, .. } = *accuracy;
    let float = if accuracy.precision == Precision::Float { " float" } else { "" };
    format!("{}{float} ({})", percent(share), percent_range(crate::report::chosen::interval(share, samples)))
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
