//! One layer: its operator, shapes and counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::Shape;
use super::window::SlidingWindow;

/// Index of a tensor: 0 is the network's input, `i + 1` the output of layer `i`.
pub type TensorId = usize;

/// Reduction of a window to one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Largest value of the window.
    Max,
    /// Mean value of the window.
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
    /// Convolution. Depthwise when `groups` equals the channels on both sides.
    Conv {
        /// Window that slides over the input.
        window: SlidingWindow,
        /// Number of groups.
        groups: u32,
    },
    /// Fully connected layer over all elements of its input.
    Linear,
    /// Product of matrices that are both made by layers (attention), a pair for each group: every output element sums
    /// over `depth` products.
    MatMul {
        /// Length of the sums.
        depth: u32,
        /// Number of pairs.
        groups: u32,
    },
    /// Pooling over a window.
    Pool {
        /// Reduction of each window.
        pooling: Pooling,
        /// Window that slides over the input.
        window: SlidingWindow,
    },
    /// Mean or maximum over all positions of each channel; both cost the same.
    GlobalPool,
    /// Sum of two tensors of one shape (a residual).
    Add,
    /// Product of a tensor with one factor per channel (squeeze-excite).
    Scale,
    /// Operation on elements without multiply-accumulates.
    Elements(ElementOp),
}

/// Operation of an imported network that moves, compares or combines elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementOp {
    /// Tensors one after another.
    Concat,
    /// Sum, product, largest or smallest values of tensors whose shapes may differ.
    Combine,
    /// Exponentials of values, divided by their sum.
    Softmax,
    /// Change of the height and width.
    Resize,
    /// Mean, sum or maximum over other axes than all positions.
    Reduce,
    /// Normalisation by statistics of the tensor itself.
    Normalise,
    /// Copy into a larger tensor.
    Pad,
    /// Operator that is not known and counted as moving its bytes, as the user asked.
    Opaque,
}

impl ElementOp {
    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concat => "concat",
            Self::Combine => "combine",
            Self::Softmax => "softmax",
            Self::Resize => "resize",
            Self::Reduce => "reduce",
            Self::Normalise => "normalise",
            Self::Pad => "pad",
            Self::Opaque => "opaque",
        }
    }
}

/// One operator with its shapes and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Name, unique in the network, for instance `S2.1.depthwise`.
    pub name: String,
    /// Operator with its sizes.
    pub op: Op,
    /// Activation of its output, if it has one.
    pub activation: Option<Activation>,
    /// Tensors it reads; more than one only for sums, products and concatenations.
    pub inputs: Vec<TensorId>,
    /// Shape of the first input.
    pub input: Shape,
    /// Elements of all inputs that it reads; fewer than they have where it reads a part of one.
    pub read: u64,
    /// Shape of the output.
    pub output: Shape,
    /// Multiply-accumulates for one view, of convolution and linear layers; others count none, as in fvcore's count.
    pub macs: u64,
    /// Number of weights of convolution and linear layers, without biases and batch norm.
    pub weights: u64,
    /// Bits of its weights and of its output.
    pub precision: LayerPrecision,
}

/// Bits of a layer's weights and of its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LayerPrecision {
    /// Bits of a weight.
    pub weights: u8,
    /// Bits of an element of the output.
    pub output: u8,
}

impl Default for LayerPrecision {
    fn default() -> Self {
        Self { weights: 8, output: 8 }
    }
}

impl Layer {
    /// Bytes of its weights.
    pub fn weight_bytes(&self) -> u64 {
        bytes(self.weights, self.precision.weights)
    }

    /// Bytes of its output.
    pub fn output_bytes(&self) -> u64 {
        bytes(self.output.elements(), self.precision.output)
    }

    /// Returns `true` if each output channel reads exactly one input channel.
    pub fn is_depthwise(&self) -> bool {
        match self.op {
            Op::Conv { groups, .. } => groups > 1 && groups == self.input.channels && groups == self.output.channels,
            _ => false,
        }
    }
}

/// Bytes of so many elements of some bits.
pub(crate) const fn bytes(elements: u64, bits: u8) -> u64 {
    if bits == 8 { elements } else { elements.saturating_mul(bits as u64).div_ceil(8) }
}
