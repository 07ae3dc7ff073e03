//! Files that are no ONNX models.

use thiserror::Error;

/// A file that is no ONNX model, or one beyond the bounds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OnnxError {
    /// A field is cut off, or tells a length beyond the file.
    #[error("this is no ONNX model: at byte {at} a field reaches beyond the end")]
    Truncated {
        /// Place in the file.
        at: usize,
    },
    /// A field of a form that the format does not have.
    #[error("this is no ONNX model: at byte {at} begins a field of no known form")]
    Form {
        /// Place in the file.
        at: usize,
    },
    /// More parts than are read.
    #[error("this model has more than {0} parts; exported networks have some thousands")]
    Parts(usize),
    /// More numbers outside of raw data than are read.
    #[error("this model spells out more than {0} bytes of whole numbers; exported networks keep weights as raw data")]
    Numbers(usize),
    /// Fields whose content is not what the format asks for.
    #[error("this is no ONNX model: {0}")]
    Content(String),
    /// A model without a graph.
    #[error("this is no ONNX model: it has no graph")]
    NoGraph,
}
