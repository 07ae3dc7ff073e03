//! What may be built: a search space read from TOML, its genomes and designs, and their lowering to a network.
//!
//! Pure. A space is a list of stages; a stage repeats one kind of block with elastic width, depth, kernel and expansion.
//! Boundaries are numbered over the deepest network of the space, so that a boundary keeps its number when depths change:
//! 0 is the raw input, then one after each block, the last one after the classifier. A genome has only the boundaries of the
//! blocks it keeps; the last block of every stage position below its depth exists.
//!
//! Invariants of a [`SearchSpace`] that was read: choices ascend strictly and are not empty, so index 0 of every gene is the
//! smallest and the last index the largest; the largest and the smallest network lower without error.

mod design;
mod file;
mod genome;
mod layers;
mod lower;
mod rows;

pub use design::{Design, PLAIN_BITS, ParseDesignError};
pub use genome::{Architecture, BlockChoice, Gene, GeneKind, Genome, ParseGenomeError, StageChoice};
pub use lower::make_divisible;
pub use rows::schema;

pub use crate::network::FusionOperator;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::network::{BoundaryId, Pooling};

/// Spaces shipped with the program: name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("tabletop", include_str!("../../spaces/tabletop.toml")),
    ("fashion", include_str!("../../spaces/fashion.toml")),
    ("furniture", include_str!("../../spaces/furniture.toml")),
    ("kicad", include_str!("../../spaces/kicad.toml")),
    ("attentive-nas", include_str!("../../spaces/attentive-nas.toml")),
    ("ofa-mobilenet-v3", include_str!("../../spaces/ofa-mobilenet-v3.toml")),
    ("mobilenet-v2", include_str!("../../spaces/mobilenet-v2.toml")),
    ("resnet-18", include_str!("../../spaces/resnet-18.toml")),
];

/// Name of the space used when none is named.
pub const DEFAULT: &str = "tabletop";

/// What one block of a stage is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
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
    /// Largest value of a square window.
    MaxPool,
    /// Mean, or largest value, over all positions.
    GlobalPool,
    /// Fully connected layer; without widths it is the classifier.
    Linear,
}

/// Activation function behind a convolution.
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

/// Whether kernel and expansion are chosen once a stage or for every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// One kernel and one expansion for the whole stage.
    #[default]
    Stage,
    /// Each block has its own.
    Block,
}

/// What is added to the output of an inverted residual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shortcut {
    /// The block's input where it has the shape of the output, nothing elsewhere.
    #[default]
    Identity,
    /// Always the block's input: averaged over windows of the stride, then through a 1x1 convolution where channels differ.
    Projected,
}

/// A run of blocks of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Name, unique in the space.
    pub name: String,
    /// Kind of block.
    pub block: Block,
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
    /// Activation.
    pub activation: Activation,
    /// Divisor of the squeeze-excite bottleneck, if there is one.
    pub squeeze_excite: Option<u32>,
    /// What an inverted residual adds to its output.
    pub shortcut: Shortcut,
    /// Scope of the kernel and expansion genes.
    pub choice: Choice,
    /// How a global pool reduces each channel.
    pub pooling: Pooling,
}

impl Stage {
    /// Largest number of blocks.
    pub fn max_depth(&self) -> u32 {
        self.depths.last().copied().unwrap_or(1)
    }

    /// Smallest number of blocks.
    pub fn min_depth(&self) -> u32 {
        self.depths.first().copied().unwrap_or(1)
    }
}

/// Where a network may be split, and how the tensor is compressed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitRules {
    /// Boundaries at which a split is allowed, ascending.
    pub at: Vec<BoundaryId>,
    /// Compression ratios: a tensor of C channels is sent as `ceil(C / ratio)`. Ascending.
    pub ratios: Vec<u8>,
    /// Bits per element on the link. Ascending.
    pub bits: Vec<u8>,
}

/// Where and how views become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FusionRules {
    /// Boundaries at which fusion is allowed, ascending; the last boundary is always among them.
    pub at: Vec<BoundaryId>,
    /// The operator.
    pub operator: FusionOperator,
}

/// One place between two blocks of the deepest network of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// `input`, a stage's name (`stem`), or stage and block (`S2.1`); the last is `logits`.
    pub name: String,
    /// Stage and block index before it; `None` for the raw input.
    pub after: Option<(usize, u32)>,
}

/// A space of networks with their splits and fusions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSpace {
    /// Name.
    pub name: String,
    /// One sentence for people.
    pub description: String,
    /// Channels of one view's input.
    pub input_channels: u32,
    /// Input sides to choose from (square inputs).
    pub resolutions: Vec<u32>,
    /// Largest number of views.
    pub views: u32,
    /// Number of classes.
    pub classes: u32,
    /// Data set the space is meant for, if any.
    pub data: Option<String>,
    /// Stages in order; the last one is the classifier.
    pub stages: Vec<Stage>,
    /// Splits.
    pub split: SplitRules,
    /// Fusions.
    pub fusion: FusionRules,
    slots: Vec<Slot>,
    genes: Vec<Gene>,
}

impl SearchSpace {
    /// All boundaries of the deepest network; the index is the [`BoundaryId`].
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// All genes of a genome, in order.
    pub fn genes(&self) -> &[Gene] {
        &self.genes
    }

    /// Number of the last boundary, the logits.
    pub fn last(&self) -> BoundaryId {
        BoundaryId::try_from(self.slots.len() - 1).expect("a space has at most 255 boundaries, checked when it is read")
    }

    /// Name of a boundary.
    pub fn boundary_name(&self, id: BoundaryId) -> &str {
        self.slots.get(usize::from(id)).map_or("?", |slot| &slot.name)
    }

    /// Boundary of that name.
    pub fn boundary_named(&self, name: &str) -> Option<BoundaryId> {
        self.slots.iter().position(|slot| slot.name == name).and_then(|index| BoundaryId::try_from(index).ok())
    }
}
