//! ONNX files of deployment graphs: operator set 15, channels first, each node and tensor named and typed.

mod build;
mod operators;
mod program;
mod tensor;
mod write;

pub use program::OnnxProgram;
pub use write::write;
