//! Route of a tensor through the two supernets: a design spelt out block by block.

use crate::kernels::KernelActivation;
use crate::network::{BoundaryId, Pooling};
use crate::space::{self, BlockKind, Design, FusionOperator, Genome, SearchSpace, make_divisible};

/// One block of a route, with its choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteStep {
    /// Stage in the space.
    pub stage: usize,
    /// Block in the stage.
    pub block: usize,
    /// Boundary behind the block.
    pub boundary: BoundaryId,
    /// Output channels.
    pub width: usize,
    /// Expansion factor.
    pub expansion: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Activation behind each hidden layer.
    pub activation: KernelActivation,
    /// Reduction of a global pool.
    pub pooling: Pooling,
}

/// Boundaries with a splitting module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitting {
    /// None: the tensor crosses from sensor to aggregator unchanged.
    None,
    /// At the split, with this ratio and these bits on the link.
    At {
        /// Compression ratio; 1 leaves the tensor as it is but for the bits.
        ratio: u8,
        /// Bits per element on the link.
        bits: u8,
    },
    /// Every boundary where a split is allowed, in series: trains all modules at once.
    Series {
        /// Compression ratio of all modules.
        ratio: u8,
    },
}

/// Compression of the tensor at the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkCrossing {
    /// Compression ratio; 1 means no splitting module.
    pub ratio: usize,
    /// Bits per element; `None` does not quantise.
    pub bits: Option<u8>,
}

/// Route through the supernets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Side of the input.
    pub resolution: usize,
    /// Blocks in the order in which they run.
    pub steps: Vec<RouteStep>,
    /// Blocks up to this boundary run on the sensor.
    pub stitch: BoundaryId,
    /// Boundary at which views are fused.
    pub fusion: BoundaryId,
    /// The last boundary.
    pub last: BoundaryId,
    /// Fusion operator.
    pub operator: FusionOperator,
    splitting: Splitting,
    /// Boundaries between two blocks at which a split is allowed, ascending.
    modules: Vec<BoundaryId>,
}

impl Route {
    /// Route of a design, with its splitting module.
    pub fn of_design(space: &SearchSpace, design: &Design) -> Self {
        let splitting = if space.has_splitting_module(design.split) {
            Splitting::At { ratio: design.ratio, bits: design.bits }
        } else {
            Splitting::None
        };
        Self::new(space, &design.genome, design.split, design.fusion, splitting)
    }

    /// Route of a genome, stitched and fused at these boundaries, with any splitting modules.
    pub fn new(
        space: &SearchSpace,
        genome: &Genome,
        stitch: BoundaryId,
        fusion: BoundaryId,
        splitting: Splitting,
    ) -> Self {
        let architecture = space.architecture(genome);
        let mut steps = Vec::new();
        let mut first: BoundaryId = 1;
        let mut channels = space.input_channels;
        for (stage, (spec, choice)) in space.stages.iter().zip(&architecture.stages).enumerate() {
            let classifier = stage + 1 == space.stages.len();
            channels = choice.width.unwrap_or(if classifier { space.classes } else { channels });
            for (boundary, (block, choice)) in (first..).zip(choice.blocks.iter().enumerate()) {
                if spec.block == BlockKind::Expand {
                    channels = make_divisible(channels * choice.expansion, 8);
                }
                steps.push(RouteStep {
                    stage,
                    block,
                    boundary,
                    width: channels as usize,
                    expansion: choice.expansion as usize,
                    kernel: choice.kernel as usize,
                    activation: activation(spec.activation),
                    pooling: spec.pooling,
                });
            }
            first += BoundaryId::try_from(spec.max_depth()).expect("boundaries are counted when a space is read");
        }
        Self {
            resolution: architecture.resolution as usize,
            steps,
            stitch,
            fusion,
            last: space.last(),
            operator: space.fusion.operator,
            splitting,
            modules: space.splits(genome).into_iter().filter(|&split| split != 0 && split != space.last()).collect(),
        }
    }

    /// Compression of the tensor at this boundary, if any.
    pub fn crossing(&self, boundary: BoundaryId) -> Option<LinkCrossing> {
        match self.splitting {
            Splitting::At { ratio, bits } if boundary == self.stitch => {
                Some(LinkCrossing { ratio: usize::from(ratio), bits: Some(bits) })
            }
            Splitting::Series { ratio } if self.modules.contains(&boundary) => {
                Some(LinkCrossing { ratio: usize::from(ratio), bits: None })
            }
            _ => None,
        }
    }
}

/// Activation of the kernels for an activation of a space.
fn activation(activation: space::Activation) -> KernelActivation {
    match activation {
        space::Activation::Relu => KernelActivation::Relu,
        space::Activation::Relu6 => KernelActivation::Relu6,
        space::Activation::Swish => KernelActivation::Swish,
        space::Activation::HardSwish => KernelActivation::HardSwish,
    }
}
