//! The inverted residual: 1x1 expansion, depthwise, squeeze-excite where the space has it, 1x1 projection, shortcut.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;

use super::block_config::BlockConfig;
use super::init::WeightInit;
use super::layer::{ElasticDepthwise, ElasticDepthwiseConfig, ElasticPointwise, ElasticPointwiseConfig};
use super::norm::{ElasticNorm, ElasticNormConfig};
use super::numerics::Numerics;
use super::residual::in_memory;
use super::route::RouteStep;
use crate::kernels::{self, BiasCurve, FeatureMap, KernelActivation};
use crate::space::{Shortcut, make_divisible};

/// Inverted residual (Sandler et al., 2018): 1x1 expansion, depthwise, 1x1 projection, and the input added where shapes
/// agree or a projected shortcut makes them agree.
#[derive(Module, Debug)]
pub(crate) struct InvertedResidual {
    /// Absent where every choice of expansion is 1.
    pub(super) expand: Option<(ElasticPointwise, ElasticNorm)>,
    pub(super) depthwise: ElasticDepthwise,
    pub(super) depthwise_norm: ElasticNorm,
    pub(super) excite: Option<SqueezeExcite>,
    pub(super) project: ElasticPointwise,
    project_norm: ElasticNorm,
    shortcut: Option<ProjectedShortcut>,
    stride: usize,
}

impl InvertedResidual {
    /// A block with the sizes of the largest choices.
    pub(super) fn new(config: &BlockConfig, weights: &mut WeightInit) -> Self {
        let (stage, inputs, width, stride) = (config.stage, config.most_inputs(), config.width, config.stride as usize);
        let expansion = stage.expansions.last().copied().unwrap_or(1);
        let hidden = hidden(inputs, expansion as usize);
        let expand = (expansion > 1).then(|| {
            let layer = ElasticPointwiseConfig::by_fan_in(inputs, hidden).init(weights);
            (layer, ElasticNormConfig::new(hidden).init(weights))
        });
        // A branch that always has a shortcut starts at zero, so that a fresh block is its shortcut. If only some
        // widths have one, zero would leave the others without a signal.
        let projected = stage.shortcut == Shortcut::Projected;
        let gamma = if projected || config.keeps_shape() { 0.0 } else { 1.0 };
        Self {
            expand,
            depthwise: ElasticDepthwiseConfig { kernels: &stage.kernels, channels: hidden, stride }.init(weights),
            depthwise_norm: ElasticNormConfig::new(hidden).init(weights),
            excite: stage.squeeze_excite.map(|reduction| SqueezeExcite::new(hidden, reduction as usize, weights)),
            project: ElasticPointwiseConfig::by_fan_in(hidden, width).init(weights),
            project_norm: ElasticNormConfig { channels: width, gamma }.init(weights),
            shortcut: projected.then(|| ProjectedShortcut::new(config, weights)),
            stride,
        }
    }

    /// Runs the part that `step` chose on `x[batch, height, width, inputs]`.
    pub(super) fn forward(&self, x: FeatureMap, step: &RouteStep, numerics: &mut Numerics) -> FeatureMap {
        let [.., inputs] = x.dims();
        let added = self.shortcut.is_some() || (self.stride == 1 && inputs == step.width);
        let mut y = if added { in_memory(x) } else { x };
        let added = added.then(|| y.clone());
        if let Some((layer, norm)) = &self.expand
            && step.expansion > 1
        {
            y = layer.forward(y, hidden(inputs, step.expansion), numerics);
            y = norm.forward(y, step.activation, numerics);
        }
        y = self.depthwise.forward(y, step.kernel, numerics);
        y = self.depthwise_norm.forward(y, step.activation, numerics);
        if let Some(excite) = &self.excite {
            y = excite.forward(y.tensor(), numerics);
        }
        y = self.project.forward(y, step.width, numerics);
        y = self.project_norm.forward(y, KernelActivation::None, numerics);
        let added = match (&self.shortcut, added) {
            (Some(shortcut), Some(x)) => Some(shortcut.forward(x, step.width, self.stride, numerics)),
            (_, added) => added,
        };
        match added {
            Some(added) => numerics.activation(y.plus(added).into()),
            None => y,
        }
    }
}

/// Hidden channels of an inverted residual.
fn hidden(inputs: usize, expansion: usize) -> usize {
    if expansion > 1 { make_divisible((inputs * expansion) as u32, 8) as usize } else { inputs }
}

/// Scales each channel by a factor from all channels' means (Hu et al., 2018): 1x1 to fewer channels, rectifier, 1x1
/// back, hard sigmoid. Smaller expansions use the leading channels and a bottleneck of their own width.
#[derive(Module, Debug)]
pub(crate) struct SqueezeExcite {
    pub(super) reduce: ElasticPointwise,
    /// Full `[most reduced]`, sliced `[reduced]`.
    reduce_bias: Param<Tensor<1>>,
    pub(super) excite: ElasticPointwise,
    /// Full `[most channels]`, sliced `[channels]`.
    pub(super) excite_bias: Param<Tensor<1>>,
    reduction: usize,
}

impl SqueezeExcite {
    fn new(channels: usize, reduction: usize, weights: &mut WeightInit) -> Self {
        let reduced = reduced(channels, reduction);
        Self {
            reduce: ElasticPointwiseConfig::by_fan_in(channels, reduced).init(weights),
            reduce_bias: weights.constant([reduced], 0.0),
            excite: ElasticPointwiseConfig { inputs: reduced, outputs: channels, variance: 1.0 / reduced as f64 }
                .init(weights),
            excite_bias: weights.constant([channels], 0.0),
            reduction,
        }
    }

    /// Scales `x[batch, height, width, channels]`.
    fn forward(&self, x: Tensor<4>, numerics: &mut Numerics) -> FeatureMap {
        let [.., channels] = x.dims();
        let middle = reduced(channels, self.reduction);
        let means = numerics.activation(kernels::mean_over_positions(x.clone()).into());
        let sums = self.reduce.forward(means, middle, numerics);
        let bias = numerics.bias(kernels::leading(self.reduce_bias.val(), [middle]), sums.sum_steps().cloned());
        let hidden = kernels::add_bias(sums.tensor(), bias, BiasCurve::Rectifier);
        let hidden = numerics.activation(hidden.into());
        let sums = self.excite.forward(hidden, channels, numerics);
        let bias = numerics.bias(kernels::leading(self.excite_bias.val(), [channels]), sums.sum_steps().cloned());
        let factors = kernels::add_bias(sums.tensor(), bias, BiasCurve::HardSigmoid);
        let factors = numerics.activation(factors.into());
        numerics.activation(kernels::scale_channels(x, factors.tensor()).into())
    }
}

/// Channels in the middle of a squeeze-excite.
fn reduced(channels: usize, reduction: usize) -> usize {
    make_divisible((channels / reduction) as u32, 8) as usize
}

/// A block's input, averaged over windows of the stride, then through a 1x1 convolution where channels differ.
#[derive(Module, Debug)]
pub(crate) struct ProjectedShortcut {
    /// Absent where no choice changes the number of channels.
    layer: Option<ElasticPointwise>,
}

impl ProjectedShortcut {
    fn new(config: &BlockConfig, weights: &mut WeightInit) -> Self {
        if config.keeps_channels() {
            return Self { layer: None };
        }
        let (inputs, outputs) = (config.most_inputs(), config.width);
        let layer = ElasticPointwiseConfig { inputs, outputs, variance: 1.0 / inputs as f64 }.init(weights);
        Self { layer: Some(layer) }
    }

    /// Maps `x[batch, height, width, inputs]` to the shape of the block's output with `width` channels.
    fn forward(&self, x: FeatureMap, width: usize, stride: usize, numerics: &mut Numerics) -> FeatureMap {
        let [_, height, columns, inputs] = x.dims();
        let mut x = x;
        if stride > 1 {
            // Odd sides are padded, so that they round up as those of the convolution do.
            let options = AvgPoolOptions::new([stride; 2]).with_padding([height % 2, columns % 2]);
            let means = avg_pool2d(x.tensor().permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1]);
            x = numerics.activation(means.into());
        }
        match &self.layer {
            Some(layer) if inputs != width => {
                let y = layer.forward(x, width, numerics);
                numerics.activation(y)
            }
            _ => x,
        }
    }
}
