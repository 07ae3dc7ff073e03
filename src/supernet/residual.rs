//! Residual blocks of dense convolutions (He et al., 2016): the basic one and the bottleneck.

use burn::module::Module;

use super::block_config::BlockConfig;
use super::init::WeightInit;
use super::layer::{ElasticConv, ElasticConvConfig};
use super::norm::{ElasticNorm, ElasticNormConfig};
use super::numerics::Numerics;
use super::route::RouteStep;
use crate::kernels::{self, FeatureMap, KernelActivation};
use crate::space::make_divisible;

/// A convolution with its batch norm.
#[derive(Module, Debug)]
struct ConvNorm {
    convolution: ElasticConv,
    norm: ElasticNorm,
}

impl ConvNorm {
    /// A convolution and a norm whose gamma starts at `gamma`.
    fn new(config: ElasticConvConfig, gamma: f32, weights: &mut WeightInit) -> Self {
        Self {
            convolution: config.init(weights),
            norm: ElasticNormConfig { channels: config.outputs, gamma }.init(weights),
        }
    }

    /// Convolves `x[batch, height, width, inputs]` to `width` channels, normalises and activates.
    fn forward(
        &self,
        x: FeatureMap,
        side: usize,
        width: usize,
        after: KernelActivation,
        numerics: &mut Numerics,
    ) -> FeatureMap {
        let y = self.convolution.forward(x, side, width, numerics);
        self.norm.forward(y, after, numerics)
    }
}

/// The input, through a strided 1x1 convolution with batch norm where its shape differs from the output's.
#[derive(Module, Debug)]
struct ResidualShortcut {
    /// Absent where no choice changes the shape.
    layer: Option<ConvNorm>,
    stride: usize,
}

impl ResidualShortcut {
    fn new(config: &BlockConfig, weights: &mut WeightInit) -> Self {
        let (inputs, outputs, stride) = (config.most_inputs(), config.width, config.stride as usize);
        let layer = if config.keeps_shape() {
            None
        } else {
            Some(ConvNorm::new(ElasticConvConfig { kernels: &[1], inputs, outputs, stride }, 1.0, weights))
        };
        Self { layer, stride }
    }

    /// Maps `x[batch, height, width, inputs]` to the shape of the block's output with `width` channels.
    fn forward(&self, x: FeatureMap, width: usize, numerics: &mut Numerics) -> FeatureMap {
        let [.., inputs] = x.dims();
        match &self.layer {
            Some(layer) if self.stride > 1 || inputs != width => {
                layer.forward(x, 1, width, KernelActivation::None, numerics)
            }
            _ => x,
        }
    }
}

/// Two convolutions and a shortcut; the activation follows the sum. The last gamma starts at 0, so that a fresh
/// block is its shortcut.
#[derive(Module, Debug)]
pub(crate) struct BasicResidual {
    first: ConvNorm,
    second: ConvNorm,
    shortcut: ResidualShortcut,
}

impl BasicResidual {
    /// A block with the sizes of the largest choices.
    pub(super) fn new(config: &BlockConfig, weights: &mut WeightInit) -> Self {
        let (kernels, width, stride) = (&config.stage.kernels[..], config.width, config.stride as usize);
        let first = ElasticConvConfig { kernels, inputs: config.most_inputs(), outputs: width, stride };
        let second = ElasticConvConfig { kernels, inputs: width, outputs: width, stride: 1 };
        Self {
            first: ConvNorm::new(first, 1.0, weights),
            second: ConvNorm::new(second, 0.0, weights),
            shortcut: ResidualShortcut::new(config, weights),
        }
    }

    /// Runs the part that `step` chose on `x[batch, height, width, inputs]`.
    pub(super) fn forward(&self, x: FeatureMap, step: &RouteStep, numerics: &mut Numerics) -> FeatureMap {
        let x = in_memory(x);
        let y = self.first.forward(x.clone(), step.kernel, step.width, step.activation, numerics);
        let y = self.second.forward(y, step.kernel, step.width, KernelActivation::None, numerics);
        let sum = y.plus(self.shortcut.forward(x, step.width, numerics));
        numerics.activation(kernels::activate(sum, step.activation).into())
    }
}

/// 1x1 to the width divided by the expansion, convolution, 1x1 to the width, and a shortcut. The last gamma starts
/// at 0, so that a fresh block is its shortcut.
#[derive(Module, Debug)]
pub(crate) struct BottleneckResidual {
    first: ConvNorm,
    second: ConvNorm,
    third: ConvNorm,
    shortcut: ResidualShortcut,
}

impl BottleneckResidual {
    /// A block with the sizes of the largest choices; the smallest expansion has the widest middle.
    pub(super) fn new(config: &BlockConfig, weights: &mut WeightInit) -> Self {
        let (stage, width, stride) = (config.stage, config.width, config.stride as usize);
        let inner = inner(width, stage.expansions.first().map_or(1, |&expansion| expansion as usize));
        let first = ElasticConvConfig { kernels: &[1], inputs: config.most_inputs(), outputs: inner, stride: 1 };
        let second = ElasticConvConfig { kernels: &stage.kernels, inputs: inner, outputs: inner, stride };
        let third = ElasticConvConfig { kernels: &[1], inputs: inner, outputs: width, stride: 1 };
        Self {
            first: ConvNorm::new(first, 1.0, weights),
            second: ConvNorm::new(second, 1.0, weights),
            third: ConvNorm::new(third, 0.0, weights),
            shortcut: ResidualShortcut::new(config, weights),
        }
    }

    /// Runs the part that `step` chose on `x[batch, height, width, inputs]`.
    pub(super) fn forward(&self, x: FeatureMap, step: &RouteStep, numerics: &mut Numerics) -> FeatureMap {
        let inner = inner(step.width, step.expansion);
        let x = in_memory(x);
        let y = self.first.forward(x.clone(), 1, inner, step.activation, numerics);
        let y = self.second.forward(y, step.kernel, inner, step.activation, numerics);
        let y = self.third.forward(y, 1, step.width, KernelActivation::None, numerics);
        let sum = y.plus(self.shortcut.forward(x, step.width, numerics));
        numerics.activation(kernels::activate(sum, step.activation).into())
    }
}

/// The maps with a pending norm computed, for several readers.
pub(super) fn in_memory(x: FeatureMap) -> FeatureMap {
    let grid = x.grid();
    FeatureMap::from(x.tensor()).on_grid(grid)
}

/// Channels in the middle of a bottleneck.
fn inner(width: usize, expansion: usize) -> usize {
    make_divisible((width / expansion) as u32, 8) as usize
}
