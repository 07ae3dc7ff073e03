//! Trained designs made ready to leave the program.
//!
//! A [`Deployment`] is a design as two graphs of plain operators, sensor and aggregator, with batch norm folded and the
//! format of the link between them. In int8 its ranges are those that the accuracy was measured with. Its interpreter
//! is the reference that every exported file is verified against.
//!
//! ```text
//! graph        operators and tensors, plain data
//! assemble     network and calibrated parts to the two graphs
//! deployment   both halves of a design
//! link         the tensor between them as bytes
//! values, arithmetic, interpreter
//! onnx         ONNX files, float and with quantised tensors: written, and run again
//! tflite       TFLite files of integers
//! archive      safetensors files: written, and read again
//! export       folders of files with manifest and digests
//! layers       layers as models of one layer each
//! verification files against the supernet
//! wire         sensors and aggregator as processes
//! ```
//!
//! May use burn, `network`, `space`, `onnx`, `supernet`, `train`; knows no profile and no screen.

mod archive;
mod arithmetic;
mod assemble;
mod deployment;
mod error;
mod export;
mod format;
mod graph;
mod interpreter;
mod layers;
mod link;
mod manifest;
mod onnx;
mod tflite;
mod values;
mod verification;
mod wire;

pub use archive::{read as read_archive, write as write_archive};
pub use deployment::Deployment;
pub use error::DeployError;
pub use export::{FileContent, MANIFEST, check_new, files_of, read_file, read_manifest, tables_of, write_folder};
pub use format::DeployFormat;
pub use graph::{
    Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphActivation, GraphOperator, GraphTensor,
    ViewFusion,
};
pub use layers::{LAYER_INDEX, LayerModels, layer_models, write_layers};
pub use link::{LinkCodes, LinkFormat};
pub use manifest::{
    ExportManifest, ExportedFile, ExportedRun, ImageFormat, LinkManifest, PrecisionManifest, TensorManifest,
};
pub use onnx::{OnnxProgram, write as write_onnx};
pub use tflite::write as write_tflite;
pub use values::TensorValues;
pub use verification::{Agreement, HalfPair, OnnxPair, TestVectors, compare, test_vectors};
pub use wire::{
    Aggregator, AggregatorSettings, CameraImages, Pacing, SensorHalf, SensorPreparation, SensorSummary, WireError,
    read_messages,
};
