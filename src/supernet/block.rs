//! Stages and blocks of a supernet, each as wide and deep as the space allows.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;

use super::init::Weights;
use super::layer::{ElasticConvolution, ElasticLinear};
use super::mbconv::InvertedResidual;
use super::norm::{ElasticNorm, Norms};
use super::residual::{BasicResidual, BottleneckResidual};
use super::route::Step;
use crate::kernels::{self, Maps};
use crate::network::Pooling;
use crate::space::{Block, SearchSpace, Stage, make_divisible};

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
    /// Two convolutions and a shortcut.
    Basic(BasicResidual),
    /// 1x1, convolution, 1x1 and a shortcut.
    Bottleneck(BottleneckResidual),
    /// Largest value of a square window.
    MaxPool(MaxPool),
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
            Self::Basic(block) => block.forward(x, step, norms),
            Self::Bottleneck(block) => block.forward(x, step, norms),
            Self::MaxPool(block) => block.forward(x.tensor(), step.kernel).into(),
            Self::GlobalPool(block) => block.forward(x.tensor(), step.pooling).into(),
            Self::Linear(block) => block.forward(x.tensor(), step.width).into(),
        }
    }
}

/// Where a block stands: its place in the stage, the choices of input channels, its stride, the largest side of its input.
#[derive(Debug, Clone)]
pub struct Place {
    pub index: u32,
    pub inputs: Vec<u32>,
    pub stride: u32,
    pub side: u32,
}

impl Place {
    /// Most input channels.
    pub fn most(&self) -> usize {
        self.inputs.last().map_or(1, |&channels| channels as usize)
    }

    /// Whether every choice leaves the shape as it is, so that the input can always be added to the output.
    pub fn keeps_shape(&self, stage: &Stage) -> bool {
        self.stride == 1 && self.keeps_channels(stage)
    }

    /// Whether every choice has as many outputs as inputs. Blocks of one stage share its width.
    pub fn keeps_channels(&self, stage: &Stage) -> bool {
        self.index > 0 || (self.inputs.len() == 1 && self.inputs == stage.widths)
    }
}

/// All stages of one side.
pub fn stages(space: &SearchSpace, weights: &mut Weights) -> Vec<ElasticStage> {
    let mut place = Place {
        index: 0,
        inputs: vec![space.input_channels],
        stride: 1,
        side: space.resolutions.last().copied().unwrap_or(1),
    };
    let mut stages = Vec::with_capacity(space.stages.len());
    for stage in &space.stages {
        let mut blocks = Vec::new();
        for index in 0..stage.max_depth() {
            (place.index, place.stride) = (index, if index == 0 { stage.stride } else { 1 });
            blocks.push(block(space, stage, &place, weights));
            place.side = if stage.block == Block::GlobalPool { 1 } else { place.side.div_ceil(place.stride) };
            place.inputs = outputs(stage, &place.inputs);
        }
        stages.push(ElasticStage { blocks });
    }
    stages
}

/// Choices of output channels of a stage's block with these inputs; unchanged for the classifier.
fn outputs(stage: &Stage, inputs: &[u32]) -> Vec<u32> {
    if stage.block == Block::Expand {
        return stage
            .expansions
            .iter()
            .flat_map(|by| inputs.iter().map(move |channels| make_divisible(channels * by, 8)))
            .collect();
    }
    if stage.widths.is_empty() { inputs.to_vec() } else { stage.widths.clone() }
}

/// Most channels behind each block, in the order of boundaries, from boundary 1 on; the last is the classifier's.
pub fn most_channels(space: &SearchSpace) -> Vec<usize> {
    let mut inputs = vec![space.input_channels];
    let mut list = Vec::new();
    for stage in &space.stages {
        for _ in 0..stage.max_depth() {
            inputs = outputs(stage, &inputs);
            list.push(inputs.iter().copied().max().unwrap_or(1) as usize);
        }
    }
    if let Some(last) = list.last_mut() {
        *last = space.classes as usize;
    }
    list
}

fn block(space: &SearchSpace, stage: &Stage, place: &Place, weights: &mut Weights) -> ElasticBlock {
    let width = stage.widths.last().copied().unwrap_or(space.classes) as usize;
    let kernel = stage.kernels.last().copied().unwrap_or(1) as usize;
    match stage.block {
        Block::Conv => ElasticBlock::Convolution(ConvolutionBlock::new(stage, kernel, width, place, weights)),
        Block::Expand => {
            let width = outputs(stage, &place.inputs).into_iter().max().unwrap_or(1) as usize;
            ElasticBlock::Convolution(ConvolutionBlock::new(stage, 1, width, place, weights))
        }
        Block::Mbconv => ElasticBlock::InvertedResidual(InvertedResidual::new(stage, place, width, weights)),
        Block::Basic => ElasticBlock::Basic(BasicResidual::new(stage, place, width, weights)),
        Block::Bottleneck => ElasticBlock::Bottleneck(BottleneckResidual::new(stage, place, width, weights)),
        Block::MaxPool => ElasticBlock::MaxPool(MaxPool { stride: place.stride as usize }),
        Block::GlobalPool => ElasticBlock::GlobalPool(GlobalPool {}),
        Block::Linear => {
            let inputs = place.most() * (place.side * place.side) as usize;
            ElasticBlock::Linear(ElasticLinear::new(inputs, width, weights))
        }
    }
}

/// Convolution, batch norm, activation.
#[derive(Module, Debug)]
pub struct ConvolutionBlock {
    convolution: ElasticConvolution,
    norm: ElasticNorm,
}

impl ConvolutionBlock {
    fn new(stage: &Stage, kernel: usize, width: usize, place: &Place, weights: &mut Weights) -> Self {
        let kernels = if stage.kernels.is_empty() { &[kernel as u32][..] } else { &stage.kernels };
        Self {
            convolution: ElasticConvolution::new(kernels, place.most(), width, place.stride as usize, weights),
            norm: ElasticNorm::new(width, 1.0, weights),
        }
    }

    fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        self.norm.forward(self.convolution.forward(x, step.kernel, step.width), step.activation, norms)
    }
}

/// Largest value of a square window.
#[derive(Module, Debug)]
pub struct MaxPool {
    stride: usize,
}

impl MaxPool {
    /// `x[batch, height, width, channels]`; the border is padded by half a window.
    fn forward(&self, x: Tensor<4>, side: usize) -> Tensor<4> {
        let options = MaxPoolOptions::new([side; 2]).with_stride([self.stride; 2]).with_padding([side / 2; 2]);
        max_pool2d(x.permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1])
    }
}

/// Mean, or largest value, over all positions.
#[derive(Module, Debug)]
pub struct GlobalPool {}

impl GlobalPool {
    /// `x[batch, height, width, channels]` to `[batch, 1, 1, channels]`.
    #[allow(clippy::unused_self, reason = "called as every other block")]
    fn forward(&self, x: Tensor<4>, pooling: Pooling) -> Tensor<4> {
        match pooling {
            Pooling::Average => mean_over_positions(x),
            Pooling::Max => largest_over_positions(x),
        }
    }
}

fn largest_over_positions(x: Tensor<4>) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let positions = height * width;
    if positions <= kernels::MOST_VIEWS {
        // The largest over positions is computed as the largest over views.
        return kernels::fuse_maximum(x.reshape([batch * positions, 1, 1, channels]), positions);
    }
    let x: Tensor<3> = x.reshape([batch, positions, channels]);
    x.max_dim(1).reshape([batch, 1, 1, channels])
}

/// `x[batch, height, width, channels]` to `[batch, 1, 1, channels]`.
pub fn mean_over_positions(x: Tensor<4>) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let x: Tensor<3> = x.reshape([batch, height * width, channels]);
    x.mean_dim(1).reshape([batch, 1, 1, channels])
}
