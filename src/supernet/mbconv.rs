//! The inverted residual: 1x1 expansion, depthwise, squeeze-excite where the space has it, 1x1 projection, shortcut.

use burn::module::{Module, Param};
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Tensor, s};

use super::block::{Place, mean_over_positions};
use super::init::Weights;
use super::layer::{ElasticDepthwise, ElasticPointwise};
use super::norm::{ElasticNorm, Norms};
use super::route::Step;
use crate::kernels::{Activation, Maps};
use crate::space::{Shortcut, Stage, make_divisible};

/// 1x1 expansion, depthwise, 1x1 projection, and the input added where shapes agree or a projected shortcut makes them.
#[derive(Module, Debug)]
pub struct InvertedResidual {
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
    /// As wide as the largest choices.
    pub fn new(stage: &Stage, place: &Place, width: usize, weights: &mut Weights) -> Self {
        let expansion = stage.expansions.last().copied().unwrap_or(1);
        let inputs = place.most();
        let hidden = hidden(inputs, expansion as usize);
        let expand = (expansion > 1).then(|| {
            let layer = ElasticPointwise::new(inputs, hidden, 2.0 / inputs as f64, weights);
            (layer, ElasticNorm::new(hidden, 1.0, weights))
        });
        let stride = place.stride as usize;
        // Where something is always added the branch starts at zero, so that a fresh block is its shortcut. Where only some
        // widths allow it, zero would leave the others without a signal.
        let projected = stage.shortcut == Shortcut::Projected;
        let gamma = if projected || place.keeps_shape(stage) { 0.0 } else { 1.0 };
        Self {
            expand,
            depthwise: ElasticDepthwise::new(&stage.kernels, hidden, stride, weights),
            depthwise_norm: ElasticNorm::new(hidden, 1.0, weights),
            excite: stage.squeeze_excite.map(|reduction| SqueezeExcite::new(hidden, reduction as usize, weights)),
            project: ElasticPointwise::new(hidden, width, 2.0 / hidden as f64, weights),
            project_norm: ElasticNorm::new(width, gamma, weights),
            shortcut: projected.then(|| ProjectedShortcut::new(stage, place, width, weights)),
            stride,
        }
    }

    /// `x[batch, height, width, inputs]`
    pub fn forward(&self, x: Maps, step: &Step, norms: &mut Norms) -> Maps {
        let [.., inputs] = x.dims();
        let added = self.shortcut.is_some() || (self.stride == 1 && inputs == step.width);
        let added = added.then(|| x.clone().tensor());
        let mut y = added.clone().map_or(x, Maps::from);
        if let Some((layer, norm)) = self.expand.as_ref().filter(|_| step.expansion > 1) {
            y = norm.forward(layer.forward(y, hidden(inputs, step.expansion)), step.activation, norms);
        }
        y = self.depthwise_norm.forward(self.depthwise.forward(y, step.kernel), step.activation, norms);
        if let Some(excite) = &self.excite {
            y = excite.forward(y.tensor()).into();
        }
        y = self.project_norm.forward(self.project.forward(y, step.width), Activation::None, norms);
        let added = match (&self.shortcut, added) {
            (Some(shortcut), Some(x)) => Some(shortcut.forward(x, step.width, self.stride)),
            (_, added) => added,
        };
        match added {
            Some(added) => (y.tensor() + added).into(),
            None => y,
        }
    }
}

/// Hidden channels of an inverted residual.
fn hidden(inputs: usize, expansion: usize) -> usize {
    if expansion > 1 { make_divisible((inputs * expansion) as u32, 8) as usize } else { inputs }
}

/// Scales each channel by a factor from all channels' means (Hu et al., 2018): 1x1 to fewer channels, rectifier, 1x1 back,
/// hard sigmoid. Leading channels serve smaller expansions, as their own bottleneck.
#[derive(Module, Debug)]
pub struct SqueezeExcite {
    pub(super) reduce: ElasticPointwise,
    /// `[most reduced]`
    reduce_bias: Param<Tensor<1>>,
    pub(super) excite: ElasticPointwise,
    /// `[most channels]`
    pub(super) excite_bias: Param<Tensor<1>>,
    reduction: usize,
}

impl SqueezeExcite {
    fn new(channels: usize, reduction: usize, weights: &mut Weights) -> Self {
        let reduced = reduced(channels, reduction);
        Self {
            reduce: ElasticPointwise::new(channels, reduced, 2.0 / channels as f64, weights),
            reduce_bias: weights.constant([reduced], 0.0),
            excite: ElasticPointwise::new(reduced, channels, 1.0 / reduced as f64, weights),
            excite_bias: weights.constant([channels], 0.0),
            reduction,
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [.., channels] = x.dims();
        let middle = reduced(channels, self.reduction);
        let means = self.reduce.forward(mean_over_positions(x.clone()), middle).tensor();
        let kept = (means + self.reduce_bias.val().slice(s![0..middle]).unsqueeze()).clamp_min(0.0);
        let factors =
            self.excite.forward(kept, channels).tensor() + self.excite_bias.val().slice(s![0..channels]).unsqueeze();
        x * ((factors + 3.0).clamp(0.0, 6.0) / 6.0)
    }
}

fn reduced(channels: usize, reduction: usize) -> usize {
    make_divisible((channels / reduction) as u32, 8) as usize
}

/// A block's input, averaged over windows of the stride, then through a 1x1 convolution where channels differ.
#[derive(Module, Debug)]
pub struct ProjectedShortcut {
    /// Absent where no choice changes the number of channels.
    layer: Option<ElasticPointwise>,
}

impl ProjectedShortcut {
    fn new(stage: &Stage, place: &Place, width: usize, weights: &mut Weights) -> Self {
        let inputs = place.most();
        let layer =
            (!place.keeps_channels(stage)).then(|| ElasticPointwise::new(inputs, width, 1.0 / inputs as f64, weights));
        Self { layer }
    }

    fn forward(&self, x: Tensor<4>, width: usize, stride: usize) -> Tensor<4> {
        let [_, height, columns, inputs] = x.dims();
        let mut x = x;
        if stride > 1 {
            // Odd sides are padded, so that they round up as those of the convolution do.
            let options = AvgPoolOptions::new([stride; 2]).with_padding([height % 2, columns % 2]);
            x = avg_pool2d(x.permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1]);
        }
        match self.layer.as_ref().filter(|_| inputs != width) {
            Some(layer) => layer.forward(x, width).tensor(),
            None => x,
        }
    }
}
