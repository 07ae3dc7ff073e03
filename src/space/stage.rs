//! Stages of a space: runs of blocks of one kind, with the choices of their sizes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::network::{Activation, Pooling};

/// Kind of the blocks of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// Convolution, batch norm, activation.
    Conv,
    /// Inverted residual: 1x1 expansion (absent at expansion 1), depthwise, optional squeeze-excite, 1x1 projection.
    Mbconv,
    /// Basic residual: two convolutions and a shortcut.
    Basic,
    /// Bottleneck residual: 1x1 to the width divided by the expansion, convolution, 1x1 to the width, and a shortcut.
    Bottleneck,
    /// 1x1 convolution to `expansions` times its input channels (the last convolution of `MobileNetV3`'s head).
    Expand,
    /// Max pooling over a square window.
    MaxPool,
    /// Mean or maximum over all positions.
    GlobalPool,
    /// Fully connected layer; without widths it is the classifier.
    Linear,
}

/// Scope of the choice of kernel and expansion: once a stage or for every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChoiceScope {
    /// One kernel and one expansion for the whole stage.
    #[default]
    Stage,
    /// Each block has its own.
    Block,
}

/// Tensor that is added to the output of an inverted residual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shortcut {
    /// The block's input where it has the shape of the output, nothing elsewhere.
    #[default]
    Identity,
    /// Always the block's input: averaged over windows of the stride, then through a 1x1 convolution where channels
    /// differ.
    Projected,
}

/// A run of blocks of one kind with their choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Name, unique in the space.
    pub name: String,
    /// Kind of block.
    pub block: BlockKind,
    /// Output channels to choose from; empty where the block keeps its channels or is the classifier.
    pub widths: Vec<u32>,
    /// Numbers of blocks to choose from.
    pub depths: Vec<u32>,
    /// Kernel sides to choose from; empty where the block has none.
    pub kernels: Vec<u32>,
    /// Expansion factors to choose from; empty where the block has none.
    pub expansions: Vec<u32>,
    /// Stride of the first block; the others have 1.
    pub stride: u32,
    /// Activation behind each hidden layer.
    pub activation: Activation,
    /// Divisor of the squeeze-excite bottleneck, if there is one.
    pub squeeze_excite: Option<u32>,
    /// Shortcut of an inverted residual.
    pub shortcut: Shortcut,
    /// Scope of the kernel and expansion genes.
    pub choice: ChoiceScope,
    /// Reduction of a global pool.
    pub pooling: Pooling,
}

impl Stage {
    /// Largest number of blocks.
    pub fn max_depth(&self) -> u32 {
        self.depths.last().copied().unwrap_or(1)
    }
}
