//! `network_c_info.json` of ST Edge AI: nodes of the graphs with their durations in milliseconds, where there are some;
//! else the cycles that the compiler of the Neural-ART accelerator estimates for them (`power_estimates`).
//!
//! The tool gives nodes names of its own (`conv2d_0`, `epoch_3`). `original_nodes` has those of an ONNX file; of a
//! TFLite file it has numbers, which are no names of layers.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::operator::ReportedOperator;
use crate::diagnostic::{Diagnostic, Source};
use crate::hardware::json_error::json_error;

/// Names that the duration of a node may have, in milliseconds; a list holds several runs.
const DURATIONS: [&str; 3] = ["c_durations", "duration_ms", "duration"];

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
pub(super) fn read(source: &Source, clock_hz: Option<f64>) -> Result<Vec<ReportedOperator>, Diagnostic> {
    let info: NetworkInfo =
        serde_json::from_str(&source.text).map_err(|error| json_error(source, &error, "a file of ST Edge AI"))?;
    let nodes: Vec<&NodeInfo> = info.graphs.iter().flat_map(|graph| &graph.nodes).collect();
    if nodes.is_empty() {
        return Err(source.error(0..0, "this is no network_c_info.json: it has no nodes below `graphs`"));
    }
    let timed = |node: &&NodeInfo| Some(node.operator(milliseconds(node)? * 1e-3));
    let operators: Vec<ReportedOperator> = nodes.iter().filter_map(timed).collect();
    if !operators.is_empty() {
        return Ok(operators);
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
    Ok(estimated.into_iter().map(|(node, cycles)| node.operator(cycles.max(0.0) / clock)).collect())
}

impl NodeInfo {
    /// The node with its time, by the name of the first node of the model that it was made of, or else by its own.
    fn operator(&self, seconds: f64) -> ReportedOperator {
        let is_name = |name: &&str| name.parse::<u64>().is_err();
        let original = self.original_nodes.first().and_then(Value::as_str).filter(is_name);
        ReportedOperator::new(original.unwrap_or(&self.name), seconds)
    }
}

/// Mean milliseconds of a node, if it has any.
fn milliseconds(node: &NodeInfo) -> Option<f64> {
    let found = DURATIONS.iter().find_map(|name| node.rest.get(*name))?;
    let times: Vec<f64> = match found {
        Value::Array(times) => times.iter().filter_map(Value::as_f64).collect(),
        one => vec![one.as_f64()?],
    };
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
}
