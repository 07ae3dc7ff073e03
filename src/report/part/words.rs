//! Figures in words, as several sections write them.

use crate::explore::{Accuracy, Session, ShownAccuracy};
use crate::quantity::{Dimension, Metric, number};
use crate::record::Precision;

/// Share in percent with a decimal, as accuracies are given.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { "-".to_owned() }
}

/// Both ends of an interval in percent.
pub(super) fn percent_range((low, high): (f64, f64)) -> String {
    format!("{:.1} to {:.1} %", low * 100.0, high * 100.0)
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
