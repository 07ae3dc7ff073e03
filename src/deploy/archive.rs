//! Deployments as safetensors files: numbers as tensors, graphs and the format of the link as JSON in the header.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::deployment::Deployment;
use super::error::DeployError;
use super::graph::{Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphOperator, ViewFusion};

/// Key of the graphs in the header.
const GRAPHS: &str = "splitscope";

/// A tensor on its way into a file.
struct ArchivedTensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Content of the file of a deployment.
///
/// # Errors
/// The file can't be made of its parts.
pub fn write(deployment: &Deployment) -> Result<Vec<u8>, DeployError> {
    let failed = |reason: String| DeployError::File { file: "safetensors".into(), reason };
    let mut parts = Vec::new();
    for graph in [&deployment.sensor, &deployment.aggregator] {
        for node in &graph.nodes {
            add_node(graph, node, &mut parts);
        }
    }
    let json = serde_json::to_string(deployment).map_err(|error| failed(error.to_string()))?;
    let views = parts.iter().map(|ArchivedTensor { name, dtype, shape, bytes }| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.clone(), view))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.to_string()))?;
    let header = HashMap::from([(GRAPHS.to_owned(), json)]);
    safetensors::serialize(views, Some(header)).map_err(|error| failed(error.to_string()))
}

/// Reads the content of such a file; `file` names it in errors.
///
/// # Errors
/// It is no such file, or tensors are missing or of other lengths.
pub fn read(file: &str, content: &[u8]) -> Result<Deployment, DeployError> {
    let failed = |reason: String| DeployError::File { file: file.to_owned(), reason };
    let tensors = SafeTensors::deserialize(content).map_err(|error| failed(error.to_string()))?;
    let (_, header) = SafeTensors::read_metadata(content).map_err(|error| failed(error.to_string()))?;
    let json = header.metadata().as_ref().and_then(|header| header.get(GRAPHS));
    let json = json.ok_or_else(|| failed("it holds no graphs of this program".into()))?;
    let mut deployment: Deployment = serde_json::from_str(json).map_err(|error| failed(error.to_string()))?;
    for graph in [&mut deployment.sensor, &mut deployment.aggregator] {
        graph.check().map_err(&failed)?;
        for at in 0..graph.nodes.len() {
            fill_node(graph, at, &tensors).map_err(&failed)?;
        }
    }
    Ok(deployment)
}

/// Name of a tensor of a node.
fn name(graph: &DeploymentGraph, node: &DeploymentNode, part: &str) -> String {
    format!("{}.{}.{part}", graph.name, node.output.name)
}

fn add_node(graph: &DeploymentGraph, node: &DeploymentNode, parts: &mut Vec<ArchivedTensor>) {
    let mut add = |part: &str, dtype, shape: &[usize], bytes: Vec<u8>| {
        parts.push(ArchivedTensor { name: name(graph, node, part), dtype, shape: shape.to_vec(), bytes });
    };
    let singles = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    match &node.operator {
        GraphOperator::Convolution(convolution) => {
            let shape = convolution.weight_shape(graph, node);
            let outputs = &shape[..1];
            match &convolution.weights {
                ConvolutionWeights::Float { weights, bias } => {
                    add("weight", Dtype::F32, &shape, singles(weights));
                    add("bias", Dtype::F32, outputs, singles(bias));
                }
                ConvolutionWeights::Integer { codes, steps, bias } => {
                    add("weight", Dtype::I8, &shape, codes.iter().map(|code| code.cast_unsigned()).collect());
                    add("weight_scale", Dtype::F32, outputs, singles(steps));
                    add("bias", Dtype::I32, outputs, bias.iter().flat_map(|bias| bias.to_le_bytes()).collect());
                }
            }
        }
        GraphOperator::FuseViews(ViewFusion::Mix(share)) => add("share", Dtype::F32, &[share.len()], singles(share)),
        _ => {}
    }
}

fn fill_node(graph: &mut DeploymentGraph, at: usize, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let node = &graph.nodes[at];
    let bytes = |part: &str, dtype, length: usize| -> Result<Vec<u8>, String> {
        let name = name(graph, node, part);
        let tensor = tensors.tensor(&name).map_err(|error| error.to_string())?;
        if tensor.dtype() != dtype || tensor.shape().iter().product::<usize>() != length {
            return Err(format!("tensor {name} is not as its graph says"));
        }
        Ok(tensor.data().to_vec())
    };
    let word = |word: &[u8]| [word[0], word[1], word[2], word[3]];
    let singles = |part: &str, length: usize| -> Result<Vec<f32>, String> {
        let bytes = bytes(part, Dtype::F32, length)?;
        Ok(bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(word(bytes))).collect())
    };
    let operator = match &node.operator {
        GraphOperator::Convolution(convolution) => {
            let shape = convolution.weight_shape(graph, node);
            let (length, outputs) = (shape.iter().product(), shape[0]);
            let weights = match convolution.weights {
                ConvolutionWeights::Float { .. } => {
                    ConvolutionWeights::Float { weights: singles("weight", length)?, bias: singles("bias", outputs)? }
                }
                ConvolutionWeights::Integer { .. } => {
                    let codes = bytes("weight", Dtype::I8, length)?.iter().map(|byte| byte.cast_signed()).collect();
                    let bias = bytes("bias", Dtype::I32, outputs)?;
                    let bias = bias.chunks_exact(4).map(|bytes| i32::from_le_bytes(word(bytes))).collect();
                    ConvolutionWeights::Integer { codes, steps: singles("weight_scale", outputs)?, bias }
                }
            };
            GraphOperator::Convolution(Convolution { weights, ..convolution.clone() })
        }
        GraphOperator::FuseViews(ViewFusion::Mix(_)) => {
            GraphOperator::FuseViews(ViewFusion::Mix(singles("share", node.output.shape.channels as usize)?))
        }
        other => other.clone(),
    };
    graph.nodes[at].operator = operator;
    Ok(())
}
