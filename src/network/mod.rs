//! A network as a chain of blocks: operators, shapes, multiply-accumulates (MACs), weights, and the boundaries at which it
//! may be cut.
//!
//! Pure. Tensor 0 is the network's input; tensor `i + 1` is the output of layer `i`. Layers stand in the order in which they
//! run and read only earlier tensors. Batch norm and activation are folded into the layer before them. Inside a block
//! several tensors may be alive (a residual); at a boundary exactly one is.

mod build;
pub mod memory;
pub mod patch;
pub mod table;

pub use build::{Builder, ShapeError, Window};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Index of a tensor: 0 is the network's input, `i + 1` the output of layer `i`.
pub type TensorId = usize;

/// Place between two blocks, counted over the deepest network of a space: 0 is the raw input, the last one the logits.
pub type BoundaryId = u8;

/// Shape of one view's tensor, `[channels, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Number of channels.
    pub channels: u32,
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

impl Shape {
    /// A shape from its three sides.
    pub const fn new(channels: u32, height: u32, width: u32) -> Self {
        Self { channels, height, width }
    }

    /// Number of elements.
    pub const fn elements(self) -> u64 {
        self.channels as u64 * self.height as u64 * self.width as u64
    }

    /// Number of positions of one channel.
    pub const fn positions(self) -> u64 {
        self.height as u64 * self.width as u64
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// How a window is reduced to one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Largest value.
    Max,
    /// Mean value.
    Average,
}

/// How V views become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FusionOperator {
    /// Largest value over the views.
    #[default]
    Max,
    /// Mean over the views.
    Mean,
    /// Of each channel a learned share of the largest value, the rest of the mean.
    Mix,
    /// All views' channels side by side through a 1x1 convolution, written as a sum of one per view; then batch norm.
    Concat,
}

impl FusionOperator {
    /// Name as in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Mix => "mix",
            Self::Concat => "concat",
        }
    }
}

/// What a layer computes.
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
        /// Mean or largest.
        pooling: Pooling,
        /// Side of the window.
        kernel: u32,
        /// Step in both directions.
        stride: u32,
        /// Padding on each side.
        padding: u32,
    },
    /// Mean, or largest value, over all positions of each channel; both cost the same.
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
    /// What it computes.
    pub op: Op,
    /// The one or two tensors it reads; the second only for [`Op::Add`] and [`Op::Scale`].
    pub inputs: (TensorId, Option<TensorId>),
    /// Shape of the first input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// Multiply-accumulates of convolution and linear layers; others count none (the rule of fvcore's conv + linear count).
    pub macs: u64,
    /// Number of weights of convolution and linear layers, without biases and batch norm.
    pub weights: u64,
}

impl Layer {
    /// Whether each output channel reads exactly one input channel.
    pub fn is_depthwise(&self) -> bool {
        matches!(self.op, Op::Conv { groups, .. } if groups > 1 && groups == self.input.channels && groups == self.output.channels)
    }
}

/// A place between two blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// Number of the boundary in the space the network was lowered from.
    pub id: BoundaryId,
    /// Name, for instance `input`, `stem`, `S2.1` (after the first block of stage S2), `logits`.
    pub name: String,
    /// Number of layers before it.
    pub layers: usize,
    /// The tensor that crosses it.
    pub tensor: TensorId,
    /// Shape of that tensor for one view.
    pub shape: Shape,
}

/// A network: layers in the order they run, and the boundaries between its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Shape of one view's input.
    pub input: Shape,
    /// Layers in running order.
    pub layers: Vec<Layer>,
    /// Boundaries in order; the first is the raw input, the last the output.
    pub boundaries: Vec<Boundary>,
    /// How views become one; see [`Network::fusion_at`].
    pub fusion: FusionOperator,
}

impl Network {
    /// Shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        if tensor == 0 { self.input } else { self.layers[tensor - 1].output }
    }

    /// Multiply-accumulates of all layers for one view.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }

    /// Weights of all convolution and linear layers.
    pub fn weights(&self) -> u64 {
        self.layers.iter().map(|layer| layer.weights).sum()
    }

    /// How views become one at a position in [`Network::boundaries`]: the logits are always averaged.
    pub fn fusion_at(&self, position: usize) -> FusionOperator {
        if position + 1 < self.boundaries.len() { self.fusion } else { FusionOperator::Mean }
    }

    /// Position in [`Network::boundaries`] of a boundary of the space, if this network has it.
    pub fn position(&self, id: BoundaryId) -> Option<usize> {
        self.boundaries.iter().position(|boundary| boundary.id == id)
    }
}
