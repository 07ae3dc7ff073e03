//! A design spelt out as the way a tensor takes through the two supernets.

use crate::kernels::Activation;
use crate::network::{BoundaryId, Pooling};
use crate::space::{self, Block, Design, FusionOperator, Genome, SearchSpace, make_divisible};

/// One block on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
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
    /// Activation.
    pub activation: Activation,
    /// How a global pool reduces each channel.
    pub pooling: Pooling,
}

/// Where splitting modules stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitting {
    /// Nowhere: the tensor crosses from sensor to aggregator as it is.
    None,
    /// At the split, with this ratio and these bits on the link.
    At {
        /// Compression ratio; 1 leaves the tensor as it is but for the bits.
        ratio: u8,
        /// Bits per element on the link.
        bits: u8,
    },
    /// At every boundary where a split is allowed, in series: exercises all modules at once.
    Series {
        /// Compression ratio of all modules.
        ratio: u8,
    },
}

/// What happens to a tensor where it crosses the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// Compression ratio; 1 means no splitting module.
    pub ratio: usize,
    /// Bits per element; `None` leaves values as they are.
    pub bits: Option<u8>,
}

/// The way through the supernets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Side of the input.
    pub resolution: usize,
    /// Blocks in order.
    pub steps: Vec<Step>,
    /// Blocks up to this boundary run on the sensor.
    pub stitch: BoundaryId,
    /// Boundary at which views become one.
    pub fusion: BoundaryId,
    /// The last boundary.
    pub last: BoundaryId,
    /// How views become one.
    pub operator: FusionOperator,
    splitting: Splitting,
    /// Boundaries between two blocks at which a split is allowed.
    modules: Vec<BoundaryId>,
}

impl Route {
    /// The route of a design, with its splitting module.
    pub fn of_design(space: &SearchSpace, design: &Design) -> Self {
        let splitting = if design.split == 0 || design.split == space.last() {
            Splitting::None
        } else {
            Splitting::At { ratio: design.ratio, bits: design.bits }
        };
        Self::new(space, &design.genome, design.split, design.fusion, splitting)
    }

    /// A route with a free choice of splitting modules.
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
                if spec.block == Block::Expand {
                    channels = make_divisible(channels * choice.expansion, 8);
                }
                steps.push(Step {
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

    /// The same way with other splitting modules.
    #[must_use]
    pub fn with(self, splitting: Splitting) -> Self {
        Self { splitting, ..self }
    }

    /// What the tensor goes through behind this boundary, if anything.
    pub fn crossing(&self, boundary: BoundaryId) -> Option<Crossing> {
        match self.splitting {
            Splitting::At { ratio, bits } if boundary == self.stitch => {
                Some(Crossing { ratio: usize::from(ratio), bits: Some(bits) })
            }
            Splitting::Series { ratio } if self.modules.contains(&boundary) => {
                Some(Crossing { ratio: usize::from(ratio), bits: None })
            }
            _ => None,
        }
    }
}

/// The kernels' word for a space's activation.
fn activation(activation: space::Activation) -> Activation {
    match activation {
        space::Activation::Relu => Activation::Relu,
        space::Activation::Relu6 => Activation::Relu6,
        space::Activation::Swish => Activation::Swish,
        space::Activation::HardSwish => Activation::HardSwish,
    }
}
