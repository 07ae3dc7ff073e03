//! Formats of exported files.

use serde::{Deserialize, Serialize};

use crate::record::Precision;

/// Format of exported files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployFormat {
    /// ONNX in single precision.
    Onnx,
    /// ONNX with quantised tensors.
    OnnxInt8,
    /// TFLite with 8-bit integers.
    Tflite,
    /// Graphs of this program with their numbers, in both precisions.
    Safetensors,
    /// Layer table and SCALE-Sim topology.
    Csv,
}

impl DeployFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Onnx, Self::OnnxInt8, Self::Tflite, Self::Safetensors, Self::Csv];

    /// Name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::OnnxInt8 => "onnx-int8",
            Self::Tflite => "tflite",
            Self::Safetensors => "safetensors",
            Self::Csv => "csv",
        }
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Returns `true` if it holds networks of this precision.
    pub const fn holds(self, precision: Precision) -> bool {
        match self {
            Self::Onnx => matches!(precision, Precision::Float),
            Self::OnnxInt8 | Self::Tflite => matches!(precision, Precision::Int8),
            Self::Safetensors => true,
            Self::Csv => false,
        }
    }
}
