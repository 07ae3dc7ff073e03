//! Blocks and stages of a supernet, each as wide and deep as the space allows.

use burn::module::Module;
use burn::tensor::Tensor;

use super::SupernetError;
use super::init::Weights;
use super::layer::{ElasticConvolution, ElasticDepthwise, ElasticLinear, ElasticPointwise};
use super::norm::{ElasticNorm, Norms};
use super::route::Step;
use crate::kernels::{self, Activation, Maps};
use crate::network::Pooling;
use crate::space::{Block, SearchSpace, Shortcut, Stage, make_divisible};

/// All blocks of a stage.
#[derive(Module, Debug)]
pub struct ElasticStage {
    /// As many as the deepest choice.
    pub blocks: Vec<ElasticBlock>,
}

/// One block.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "there are a dozen of them, in one list")]
pub enum ElasticBlock {
    /// Convolution, batch norm, activation.
    Convolution(ConvolutionBlock),
    /// Inverted residual.
    InvertedResidual(InvertedResidual),
    /// Mean, or largest value, over all positions.
    GlobalPool(GlobalPool),
    /// Fully connected.
    Linear(ElasticLinear),
}

impl ElasticBlock {
    /// Runs the part of the block that `step` chose.
    pub fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        match self {
            Self::Convolution(block) => block.forward(x, step, norms),
            Self::InvertedResidual(block) => block.forward(x, step, norms),
            Self::GlobalPool(block) => block.forward(x.tensor(), step.pooling).into(),
            Self::Linear(block) => block.forward(x.tensor(), step.width).into(),
        }
    }
}

/// All stages of one side.
///
/// # Errors
/// A block that has no elastic form yet.
pub fn stages(space: &SearchSpace, weights: &mut Weights) -> Result<Vec<ElasticStage>, SupernetError> {
    let mut channels = space.input_channels;
    let mut stages = Vec::with_capacity(space.stages.len());
    let mut side = space.resolutions.last().copied().unwrap_or(1);
    for stage in &space.stages {
        let mut blocks = Vec::new();
        for index in 0..stage.max_depth() {
            let stride = if index == 0 { stage.stride } else { 1 };
            blocks.push(block(space, stage, Sizes { index, channels, stride, side }, weights)?);
            side = side.div_ceil(stride);
            channels = stage.widths.last().copied().unwrap_or(channels);
        }
        if stage.block == Block::GlobalPool {
            side = 1;
        }
        stages.push(ElasticStage { blocks });
    }
    Ok(stages)
}

/// Place in the stage, most input channels, stride and input side of a block.
struct Sizes {
    index: u32,
    channels: u32,
    stride: u32,
    side: u32,
}

fn block(
    space: &SearchSpace,
    stage: &Stage,
    sizes: Sizes,
    weights: &mut Weights,
) -> Result<ElasticBlock, SupernetError> {
    let width = stage.widths.last().copied().unwrap_or(space.classes) as usize;
    let largest = |list: &[u32]| list.last().copied().unwrap_or(1);
    if let Some(what) = without_elastic_form(stage) {
        return Err(SupernetError::Untrainable { stage: stage.name.clone(), what });
    }
    Ok(match stage.block {
        Block::Conv => {
            let kernel = largest(&stage.kernels) as usize;
            let inputs = sizes.channels as usize;
            ElasticBlock::Convolution(ConvolutionBlock {
                convolution: ElasticConvolution::new(kernel, inputs, width, sizes.stride as usize, weights),
                norm: ElasticNorm::new(width, 1.0, weights),
            })
        }
        Block::Mbconv => ElasticBlock::InvertedResidual(InvertedResidual::new(stage, &sizes, width, weights)),
        Block::GlobalPool => ElasticBlock::GlobalPool(GlobalPool {}),
        Block::Linear => {
            let inputs = (sizes.channels * sizes.side * sizes.side) as usize;
            ElasticBlock::Linear(ElasticLinear::new(inputs, width, weights))
        }
        Block::Basic | Block::Bottleneck | Block::Expand | Block::MaxPool => unreachable!("refused above"),
    })
}

/// The part of a stage that is costed but can't be trained, if there is one.
fn without_elastic_form(stage: &Stage) -> Option<String> {
    if stage.squeeze_excite.is_some() {
        return Some("squeeze-excite".into());
    }
    match stage.block {
        Block::Mbconv if stage.shortcut == Shortcut::Projected => Some("a projected shortcut".into()),
        Block::Basic | Block::Bottleneck | Block::Expand | Block::MaxPool => Some(format!("block {:?}", stage.block)),
        Block::Conv | Block::Mbconv | Block::GlobalPool | Block::Linear => None,
    }
}

/// Convolution, batch norm, activation.
#[derive(Module, Debug)]
pub struct ConvolutionBlock {
    convolution: ElasticConvolution,
    norm: ElasticNorm,
}

impl ConvolutionBlock {
    fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        self.norm.forward(self.convolution.forward(x, step.kernel, step.width), step.activation, norms)
    }
}

/// 1x1 expansion, depthwise, 1x1 projection, and the input added where shapes agree.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    /// Absent where every choice of expansion is 1.
    expand: Option<(ElasticPointwise, ElasticNorm)>,
    depthwise: ElasticDepthwise,
    depthwise_norm: ElasticNorm,
    project: ElasticPointwise,
    project_norm: ElasticNorm,
    stride: usize,
}

impl InvertedResidual {
    fn new(stage: &Stage, sizes: &Sizes, width: usize, weights: &mut Weights) -> Self {
        let expansion = stage.expansions.last().copied().unwrap_or(1);
        let inputs = sizes.channels as usize;
        let hidden = if expansion > 1 { make_divisible(sizes.channels * expansion, 8) as usize } else { inputs };
        let expand = (expansion > 1).then(|| {
            let layer = ElasticPointwise::new(inputs, hidden, 2.0 / inputs as f64, weights);
            (layer, ElasticNorm::new(hidden, 1.0, weights))
        });
        let stride = sizes.stride as usize;
        // Where the input is always added the branch starts at zero, so that a fresh block is the identity. Where only some
        // widths allow it, zero would leave the others without a signal.
        let gamma = if stride == 1 && (sizes.index > 0 || stage.widths == [sizes.channels]) { 0.0 } else { 1.0 };
        Self {
            expand,
            depthwise: ElasticDepthwise::new(&stage.kernels, hidden, stride, weights),
            depthwise_norm: ElasticNorm::new(hidden, 1.0, weights),
            project: ElasticPointwise::new(hidden, width, 2.0 / hidden as f64, weights),
            project_norm: ElasticNorm::new(width, gamma, weights),
            stride,
        }
    }

    fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        let [.., inputs] = x.dims();
        let added = (self.stride == 1 && inputs == step.width).then(|| x.clone().tensor());
        let mut y = added.clone().map_or(x, Maps::from);
        if let Some((layer, norm)) = self.expand.as_ref().filter(|_| step.expansion > 1) {
            y = norm.forward(layer.forward(y, step.hidden(inputs)), step.activation, norms);
        }
        y = self.depthwise_norm.forward(self.depthwise.forward(y, step.kernel), step.activation, norms);
        y = self.project_norm.forward(self.project.forward(y, step.width), Activation::None, norms);
        match added {
            Some(x) => (y.tensor() + x).into(),
            None => y,
        }
    }
}

/// Mean, or largest value, over all positions.
#[derive(Module, Debug)]
pub struct GlobalPool {}

impl GlobalPool {
    /// `x[batch, height, width, channels]` to `[batch, 1, 1, channels]`.
    #[allow(clippy::unused_self, reason = "called as every other block")]
    fn forward(&self, x: Tensor<4>, pooling: Pooling) -> Tensor<4> {
        let [batch, height, width, channels] = x.dims();
        match pooling {
            Pooling::Average => {
                let x: Tensor<3> = x.reshape([batch, height * width, channels]);
                x.mean_dim(1).reshape([batch, 1, 1, channels])
            }
            // The largest over positions is computed as the largest over views.
            Pooling::Max => kernels::fuse_maximum(x.reshape([batch * height * width, 1, 1, channels]), height * width),
        }
    }
}
