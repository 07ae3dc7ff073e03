//! `network_c_info.json` of ST Edge AI: nodes of the graphs with their durations in milliseconds, where there are some;
//! else the cycles that the compiler of the Neural-ART accelerator estimates for them (`power_estimates`).
//!
//! The tool gives nodes names of its own (`conv2d_0`, `epoch_3`). `original_nodes` has those of an ONNX file; of a
//! TFLite file it has numbers, which are no names of layers.
//!
//! No published file has durations, so that their key is a guess: of a node every key counts whose name speaks of a
//! duration, and the reader tells which one it took.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::operator::ReportedOperator;
use crate::diagnostic::{Diagnostic, Source};
use crate::hardware::json_error::json_error;

/// Names of durations in what else ST's tools write, before others that only resemble them.
const DURATIONS: [&str; 3] = ["c_durations", "duration_ms", "duration"];
/// Word in the names of keys that may be durations.
const DURATION_WORD: &str = "duration";
/// Ends of names that tell the unit, with its seconds; without one it is the millisecond of ST's tools.
const UNITS: [(&str, f64); 4] = [("_ns", 1e-9), ("_us", 1e-6), ("_ms", 1e-3), ("_s", 1.0)];

#[derive(Deserialize)]
struct NetworkInfo {
    #[serde(default)]
    graphs: Vec<GraphInfo>,
    #[serde(default)]
    power_estimates: Vec<NodeEstimate>,
}

#[derive(Deserialize)]
struct GraphInfo {
    #[serde(default)]
    nodes: Vec<NodeInfo>,
}

#[derive(Deserialize)]
struct NodeInfo {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    original_nodes: Vec<Value>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// Estimate of the compiler for a node: the slower of computing and of moving its data.
#[derive(Deserialize)]
struct NodeEstimate {
    node_id: i64,
    max_cycles: f64,
}

/// Time of each node: the mean of those measured, or what the compiler estimates at the clock of the device.
/// With them comes a sentence on what was guessed.
pub(super) fn read(
    source: &Source,
    clock_hz: Option<f64>,
) -> Result<(Vec<ReportedOperator>, Option<String>), Diagnostic> {
    let info: NetworkInfo =
        serde_json::from_str(&source.text).map_err(|error| json_error(source, &error, "a file of ST Edge AI"))?;
    let nodes: Vec<&NodeInfo> = info.graphs.iter().flat_map(|graph| &graph.nodes).collect();
    if nodes.is_empty() {
        return Err(source.error(0..0, "this is no network_c_info.json: it has no nodes below `graphs`"));
    }
    let timed: Vec<(&NodeInfo, NodeDuration<'_>)> =
        nodes.iter().filter_map(|node| Some((*node, node.duration()?))).collect();
    if !timed.is_empty() {
        let keys: BTreeSet<&str> = timed.iter().map(|(_, duration)| duration.key).collect();
        let guess = guess(&keys.into_iter().collect::<Vec<_>>());
        return Ok((timed.iter().map(|(node, duration)| node.operator(duration.seconds)).collect(), Some(guess)));
    }
    let cycles: HashMap<i64, f64> = info.power_estimates.iter().map(|one| (one.node_id, one.max_cycles)).collect();
    let estimated: Vec<(&NodeInfo, f64)> =
        nodes.into_iter().filter_map(|node| Some((node, *cycles.get(&node.id?)?))).collect();
    if estimated.is_empty() {
        return Err(Diagnostic {
            help: Some(
                "run the model on the board: stedgeai validate --mode target --val-json network_c_info.json".into(),
            ),
            ..source.error(0..0, "no node has a time: the network was generated, but not run")
        });
    }
    let clock = clock_hz.ok_or_else(|| Diagnostic {
        help: Some("give the clock, for instance --clock 1GHz".into()),
        ..source.error(0..0, "the compiler's cycles are no time without the clock of the device")
    })?;
    Ok((estimated.into_iter().map(|(node, cycles)| node.operator(cycles.max(0.0) / clock)).collect(), None))
}

/// Sentence on the keys that were taken for durations.
fn guess(keys: &[&str]) -> String {
    let keys = keys.join("`, `");
    format!(
        "times are taken from `{keys}` of the nodes, in milliseconds unless the name ends in another unit; that these \
         are durations is a guess, as no published file of ST Edge AI has any: compare one with what the tool prints"
    )
}

/// Duration of a node, with the key that it has in the file.
struct NodeDuration<'a> {
    key: &'a str,
    seconds: f64,
}

impl NodeInfo {
    /// Mean duration of the node, if it has any.
    fn duration(&self) -> Option<NodeDuration<'_>> {
        let others = self.rest.keys().map(String::as_str).filter(|key| key.to_lowercase().contains(DURATION_WORD));
        DURATIONS.into_iter().chain(others).find_map(|name| {
            let (key, value) = self.rest.get_key_value(name)?;
            let unit = UNITS.iter().find(|(end, _)| key.to_lowercase().ends_with(end)).map_or(1e-3, |(_, unit)| *unit);
            Some(NodeDuration { key, seconds: mean(value)? * unit })
        })
    }

    /// The node with its time, by the name of the first node of the model that it was made of, or else by its own.
    fn operator(&self, seconds: f64) -> ReportedOperator {
        let is_name = |name: &&str| name.parse::<u64>().is_err();
        let original = self.original_nodes.first().and_then(Value::as_str).filter(is_name);
        ReportedOperator::new(original.unwrap_or(&self.name), seconds)
    }
}

/// Mean of the numbers of a value, which a list holds one of for each run.
fn mean(value: &Value) -> Option<f64> {
    let times: Vec<f64> = match value {
        Value::Array(times) => times.iter().filter_map(Value::as_f64).collect(),
        one => vec![one.as_f64()?],
    };
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
}
