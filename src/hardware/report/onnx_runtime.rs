//! Profile of a session of ONNX Runtime: a JSON array of events, one for each operator and run, in microseconds.

use serde::Deserialize;

use super::operator::ReportedOperator;
use crate::diagnostic::{Diagnostic, Source};
use crate::hardware::json_error::json_error;
use crate::quantity::number::median;

/// Category of the events of operators.
const NODE: &str = "Node";
/// End of the names of events that tell the time of an operator's kernel.
const KERNEL: &str = "_kernel_time";

#[derive(Deserialize)]
struct ProfileEvent {
    #[serde(default)]
    cat: String,
    #[serde(default)]
    name: String,
    /// Microseconds.
    #[serde(default)]
    dur: f64,
}

/// Median time of each operator over all runs.
pub(super) fn read(source: &Source) -> Result<Vec<ReportedOperator>, Diagnostic> {
    let events: Vec<ProfileEvent> =
        serde_json::from_str(&source.text).map_err(|error| json_error(source, &error, "a profile of ONNX Runtime"))?;
    let mut runs: Vec<(&str, Vec<f64>)> = Vec::new();
    for event in events.iter().filter(|event| event.cat == NODE && event.dur >= 0.0) {
        let Some(name) = event.name.strip_suffix(KERNEL) else { continue };
        match runs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(event.dur),
            None => runs.push((name, vec![event.dur])),
        }
    }
    Ok(runs.into_iter().map(|(name, times)| ReportedOperator::new(name, median(times) * 1e-6)).collect())
}
