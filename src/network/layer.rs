//! One layer: its operator, shapes and counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::Shape;

/// Index of a tensor: 0 is the network's input, `i + 1` the output of layer `i`.
pub type TensorId = usize;

/// Reduction of a window to one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Maximum.
    Max,
    /// Mean.
    Average,
}

/// Activation function after a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(x, 0)`.
    #[default]
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x * sigmoid(x)`.
    Swish,
    /// `x * relu6(x + 3) / 6`.
    HardSwish,
}

impl Activation {
    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Relu6 => "relu6",
            Self::Swish => "swish",
            Self::HardSwish => "hard-swish",
        }
    }
}

/// Operator of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Convolution with a square kernel. Depthwise when `groups` equals the channels on both sides.
    Conv {
        /// Side of the kernel.
        kernel: u32,
        /// Step in both directions.
        stride: u32,
        /// Zeros added on each side.
        padding: u32,
        /// Number of groups.
        groups: u32,
    },
    /// Fully connected layer over all elements of its input.
    Linear,
    /// Pooling over a square window.
    Pool {
        /// Reduction of each window.
        pooling: Pooling,
        /// Side of the window.
        kernel: u32,
        /// Step in both directions.
        stride: u32,
        /// Padding on each side.
        padding: u32,
    },
    /// Mean or maximum over all positions of each channel; both cost the same.
    GlobalPool,
    /// Sum of two tensors of one shape (a residual).
    Add,
    /// Product of a tensor with one factor per channel (squeeze-excite).
    Scale,
}

/// One operator with its shapes and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Name, unique in the network, for instance `S2.1.depthwise`.
    pub name: String,
    /// Operator.
    pub op: Op,
    /// Activation of its output, if it has one.
    pub activation: Option<Activation>,
    /// The one or two tensors it reads; a second one only for [`Op::Add`] and [`Op::Scale`].
    pub inputs: (TensorId, Option<TensorId>),
    /// Shape of the first input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// Multiply-accumulates for one view, of convolution and linear layers; others count none, as in fvcore's count.
    pub macs: u64,
    /// Number of weights of convolution and linear layers, without biases and batch norm.
    pub weights: u64,
}

impl Layer {
    /// Returns `true` if each output channel reads exactly one input channel.
    pub fn is_depthwise(&self) -> bool {
        match self.op {
            Op::Conv { groups, .. } => groups > 1 && groups == self.input.channels && groups == self.output.channels,
            _ => false,
        }
    }
}
