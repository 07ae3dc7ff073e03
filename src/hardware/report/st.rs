//! `network_c_info.json` of ST Edge AI, once `validate` on a board has added times: nodes of the graphs with their
//! durations in milliseconds.

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
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// Mean time of each node.
pub(super) fn read(source: &Source) -> Result<Vec<ReportedOperator>, Diagnostic> {
    let info: NetworkInfo =
        serde_json::from_str(&source.text).map_err(|error| json_error(source, &error, "a file of ST Edge AI"))?;
    let nodes: Vec<&NodeInfo> = info.graphs.iter().flat_map(|graph| &graph.nodes).collect();
    if nodes.is_empty() {
        return Err(source.error(0..0, "this is no network_c_info.json: it has no nodes below `graphs`"));
    }
    let timed = |node: &&NodeInfo| Some(ReportedOperator::new(&node.name, milliseconds(node)? * 1e-3));
    let operators: Vec<ReportedOperator> = nodes.iter().filter_map(timed).collect();
    if operators.is_empty() {
        return Err(Diagnostic {
            help: Some(
                "run the model on the board: stedgeai validate --mode target --val-json network_c_info.json".into(),
            ),
            ..source.error(0..0, "no node has a time: the network was generated, but not run")
        });
    }
    Ok(operators)
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
