//! ONNX files: their messages, and reading them within bounds.
//!
//! The messages hold only what this program uses; other fields are skipped, sub-graphs of control flow among them. The
//! numbers of the fields are those of the published format (`onnx.proto`). Tensors are slices of the file that was
//! read, so a model takes little more memory than its file.

mod bounds;
mod error;
mod message;

use prost::Message;
pub use prost::bytes::Bytes;

pub use error::OnnxError;
pub use message::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetProto, ShapeProto, StringEntryProto,
    TensorProto, TensorTypeProto, TypeProto, ValueInfoProto, data_type,
};

/// Largest file that is read: 1 GiB.
pub const LARGEST_FILE: u64 = 1 << 30;

/// Reads a model.
///
/// # Errors
/// The bytes are no ONNX model, or beyond the bounds on parts and numbers.
pub fn read(content: Bytes) -> Result<ModelProto, OnnxError> {
    bounds::check(&content)?;
    let model = ModelProto::decode(content).map_err(|error| OnnxError::Content(error.to_string()))?;
    if model.graph.as_ref().is_none_or(|graph| graph.node.is_empty() && graph.output.is_empty()) {
        return Err(OnnxError::NoGraph);
    }
    Ok(model)
}
