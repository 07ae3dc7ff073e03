//! Stages and blocks of a supernet, each as wide and deep as the largest choice of the space.

use burn::module::Module;

use super::block_config::BlockConfig;
use super::init::WeightInit;
use super::layer::{ElasticConv, ElasticConvConfig, ElasticLinear, ElasticLinearConfig};
use super::mbconv::InvertedResidual;
use super::norm::{ElasticNorm, ElasticNormConfig};
use super::numerics::Numerics;
use super::pool::{GlobalPool, MaxPool};
use super::residual::{BasicResidual, BottleneckResidual};
use super::route::RouteStep;
use crate::kernels::FeatureMap;
use crate::space::{BlockKind, SearchSpace, Stage, make_divisible};

/// All blocks of a stage.
#[derive(Module, Debug)]
pub(crate) struct ElasticStage {
    /// Blocks of the deepest choice.
    pub blocks: Vec<ElasticBlock>,
}

/// One block of a stage.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "there are a dozen of them, in one list")]
pub(crate) enum ElasticBlock {
    /// Convolution, batch norm, activation.
    Convolution(ConvBlock),
    /// Inverted residual.
    InvertedResidual(InvertedResidual),
    /// Two convolutions and a shortcut.
    Basic(BasicResidual),
    /// 1x1, convolution, 1x1 and a shortcut.
    Bottleneck(BottleneckResidual),
    /// Max pooling over a square window.
    MaxPool(MaxPool),
    /// Mean or maximum over all positions.
    GlobalPool(GlobalPool),
    /// Fully connected layer.
    Linear(ElasticLinear),
}

impl ElasticBlock {
    /// Runs the part of the block that `step` chose on `x[batch, height, width, inputs]`.
    pub(super) fn forward(&self, x: FeatureMap, step: &RouteStep, numerics: &mut Numerics) -> FeatureMap {
        match self {
            Self::Convolution(block) => block.forward(x, step, numerics),
            Self::InvertedResidual(block) => block.forward(x, step, numerics),
            Self::Basic(block) => block.forward(x, step, numerics),
            Self::Bottleneck(block) => block.forward(x, step, numerics),
            Self::MaxPool(block) => block.forward(x, step.kernel),
            Self::GlobalPool(block) => block.forward(x, step.pooling, numerics),
            Self::Linear(block) => block.forward(x, step.width, numerics),
        }
    }
}

/// All stages of the sensor or of the aggregator, with fresh weights.
pub(super) fn stages(space: &SearchSpace, weights: &mut WeightInit) -> Vec<ElasticStage> {
    let mut inputs = vec![space.input_channels];
    let mut side = space.resolutions.last().copied().unwrap_or(1);
    let mut stages = Vec::with_capacity(space.stages.len());
    for stage in &space.stages {
        let mut blocks = Vec::new();
        let width = stage.widths.last().copied().unwrap_or(space.classes) as usize;
        for index in 0..stage.max_depth() {
            let stride = if index == 0 { stage.stride } else { 1 };
            let outputs = outputs(stage, &inputs);
            blocks.push(block(&BlockConfig { stage, index, inputs, stride, side, width }, weights));
            side = match stage.block {
                BlockKind::GlobalPool => 1,
                BlockKind::MaxPool if stage.kernels == [2] => (side - 2) / stride + 1,
                _ => side.div_ceil(stride),
            };
            inputs = outputs;
        }
        stages.push(ElasticStage { blocks });
    }
    stages
}

/// Output channels to choose from of a stage's block with these input channels; unchanged for the classifier.
fn outputs(stage: &Stage, inputs: &[u32]) -> Vec<u32> {
    if stage.block == BlockKind::Expand {
        return stage
            .expansions
            .iter()
            .flat_map(|by| inputs.iter().map(move |channels| make_divisible(channels * by, 8)))
            .collect();
    }
    if stage.widths.is_empty() { inputs.to_vec() } else { stage.widths.clone() }
}

/// Channels of the largest choice at each boundary from 1 on; the last is the number of classes.
pub(super) fn most_channels(space: &SearchSpace) -> Vec<usize> {
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

fn block(config: &BlockConfig, weights: &mut WeightInit) -> ElasticBlock {
    match config.stage.block {
        BlockKind::Conv => {
            ElasticBlock::Convolution(ConvBlock::new(config, &config.stage.kernels, config.width, weights))
        }
        BlockKind::Expand => {
            let width = outputs(config.stage, &config.inputs).into_iter().max().unwrap_or(1) as usize;
            ElasticBlock::Convolution(ConvBlock::new(config, &[1], width, weights))
        }
        BlockKind::Mbconv => ElasticBlock::InvertedResidual(InvertedResidual::new(config, weights)),
        BlockKind::Basic => ElasticBlock::Basic(BasicResidual::new(config, weights)),
        BlockKind::Bottleneck => ElasticBlock::Bottleneck(BottleneckResidual::new(config, weights)),
        BlockKind::MaxPool => ElasticBlock::MaxPool(MaxPool { stride: config.stride as usize }),
        BlockKind::GlobalPool => ElasticBlock::GlobalPool(GlobalPool {}),
        BlockKind::Linear => {
            let inputs = config.most_inputs() * (config.side * config.side) as usize;
            ElasticBlock::Linear(ElasticLinearConfig { inputs, outputs: config.width }.init(weights))
        }
    }
}

/// Convolution, batch norm, activation.
#[derive(Module, Debug)]
pub(crate) struct ConvBlock {
    convolution: ElasticConv,
    norm: ElasticNorm,
}

impl ConvBlock {
    /// A block with these kernels and `width` output channels.
    fn new(config: &BlockConfig, kernels: &[u32], width: usize, weights: &mut WeightInit) -> Self {
        let (inputs, stride) = (config.most_inputs(), config.stride as usize);
        Self {
            convolution: ElasticConvConfig { kernels, inputs, outputs: width, stride }.init(weights),
            norm: ElasticNormConfig::new(width).init(weights),
        }
    }

    /// Runs the part that `step` chose on `x[batch, height, width, inputs]`.
    fn forward(&self, x: FeatureMap, step: &RouteStep, numerics: &mut Numerics) -> FeatureMap {
        let y = self.convolution.forward(x, step.kernel, step.width, numerics);
        self.norm.forward(y, step.activation, numerics)
    }
}
