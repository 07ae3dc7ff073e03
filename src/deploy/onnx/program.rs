//! ONNX files read back and run: each node as the standard defines it, in single precision, whatever wrote the file.
//!
//! Only the operators that exports use are known. Nothing here knows a deployment graph, so that a file is verified by
//! other means than those that wrote it, but for the sums of a convolution.

use std::collections::HashMap;

use prost::bytes::Bytes;

use super::operators;
use super::tensor::Tensor;
use crate::deploy::error::DeployError;
use crate::onnx::{self, GraphProto, NodeProto, TensorProto, ValueInfoProto, data_type};

/// A model that was read from a file.
#[derive(Debug)]
pub struct OnnxProgram {
    file: String,
    nodes: Vec<NodeProto>,
    constants: HashMap<String, Tensor>,
    input: String,
    shape: Vec<usize>,
    output: String,
}

impl OnnxProgram {
    /// Reads the content of a file; `file` names it in errors.
    ///
    /// # Errors
    /// It is no ONNX model, or not one with one input of known shape and one output.
    pub fn read(file: &str, content: Vec<u8>) -> Result<Self, DeployError> {
        let wrong = |reason: &str| DeployError::File { file: file.to_owned(), reason: reason.to_owned() };
        let model = onnx::read(Bytes::from(content)).map_err(|error| wrong(&error.to_string()))?;
        let GraphProto { node, initializer, input, output, .. } =
            model.graph.ok_or_else(|| wrong("it has no graph"))?;
        let [input] = &input[..] else { return Err(wrong("it does not have one input")) };
        let [output] = &output[..] else { return Err(wrong("it does not have one output")) };
        let shape = shape(input).ok_or_else(|| wrong("its input has no shape"))?;
        let mut constants = HashMap::new();
        for constant in initializer {
            let tensor =
                constant_of(&constant).ok_or_else(|| wrong(&format!("constant {} can't be read", constant.name)))?;
            constants.insert(constant.name, tensor);
        }
        let (input, output) = (input.name.clone(), output.name.clone());
        Ok(Self { file: file.to_owned(), nodes: node, constants, input, shape, output })
    }

    /// Shape of the input.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Values of the output for those of the input; integers stand for themselves.
    ///
    /// # Errors
    /// The input is of another size, or a node can't be run.
    pub fn run(&self, input: Vec<f32>) -> Result<Vec<f32>, DeployError> {
        let wrong = |node: &NodeProto, reason: String| {
            let reason = format!("node {} ({}): {reason}", node.name, node.op_type);
            DeployError::File { file: self.file.clone(), reason }
        };
        let wanted = self.shape.iter().product();
        if input.len() != wanted {
            return Err(DeployError::Input { graph: self.file.clone(), wanted, found: input.len() });
        }
        let mut made: HashMap<&str, Tensor> = HashMap::new();
        made.insert(&self.input, Tensor { shape: self.shape.clone(), values: input });
        for node in &self.nodes {
            let mut read = Vec::new();
            for name in &node.input {
                let found = made.get(name.as_str()).or_else(|| self.constants.get(name));
                read.push(found.ok_or_else(|| wrong(node, format!("{name} is not made before it")))?);
            }
            let tensor = operators::run(node, &read).map_err(|reason| wrong(node, reason))?;
            let name = node.output.first().ok_or_else(|| wrong(node, "it makes nothing".to_owned()))?;
            made.insert(name, tensor);
        }
        let output = made.remove(self.output.as_str());
        output.map(|tensor| tensor.values).ok_or_else(|| DeployError::File {
            file: self.file.clone(),
            reason: format!("no node makes {}", self.output),
        })
    }
}

fn shape(info: &ValueInfoProto) -> Option<Vec<usize>> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let lengths = shape.dim.iter().map(|dim| usize::try_from(dim.dim_value?).ok()).collect::<Option<Vec<_>>>()?;
    Tensor::size(&lengths).map(|_| lengths)
}

fn constant_of(constant: &TensorProto) -> Option<Tensor> {
    let shape = constant.dims.iter().map(|&length| usize::try_from(length).ok()).collect::<Option<Vec<_>>>()?;
    let raw = &constant.raw_data;
    let words = || raw.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]]);
    let values: Vec<f32> = match constant.data_type {
        data_type::FLOAT => words().map(f32::from_le_bytes).collect(),
        data_type::INT32 => words().map(|word| i32::from_le_bytes(word) as f32).collect(),
        data_type::INT8 => raw.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        data_type::INT64 => {
            raw.chunks_exact(8).map(|word| i64::from_le_bytes(word.try_into().expect("eight bytes")) as f32).collect()
        }
        _ => return None,
    };
    (Tensor::size(&shape)? == values.len()).then_some(Tensor { shape, values })
}
