//! Import of ONNX models into a `Network`: shapes are inferred, constants folded, batch norm and activations join the
//! layer before them.
//!
//! Activations, batch norm, operations with constants, and everything that only renames elements (reshape, flatten,
//! split, slice, transpose, dropout) make no tensor of their own: their result stands for the tensor that they read.
//! What the outputs do not need is left out. Layers keep the order of the file.

mod arithmetic;
mod axes;
mod constant;
mod convolution;
mod cuts;
mod error;
mod external;
mod importer;
mod names;
mod node;
mod operators;
mod rearrange;
mod resample;
mod value;

pub use cuts::Cuts;
pub use error::ImportError;
pub use external::ReadBeside;
pub use importer::{ImportOptions, import};
