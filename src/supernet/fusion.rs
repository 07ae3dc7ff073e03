//! Fusion of V views into one tensor, for any number of views of which any may be missing.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData, activation, s};

use super::init::WeightInit;
use super::norm::{ElasticNorm, ElasticNormConfig};
use super::numerics::{LayerWeights, Numerics};
use super::parts::{NetworkPart, values};
use super::views::ViewSet;
use crate::kernels::{self, FeatureMap, KernelActivation};
use crate::network::BoundaryId;
use crate::space::{FusionOperator, SearchSpace};

/// Fusion with learned weights; maximum and mean have none.
#[derive(Module, Debug)]
pub(crate) enum FusionModule {
    /// A mix of the maximum and the mean.
    Mix(MixFusion),
    /// A 1x1 convolution over the channels of all views.
    Concat(ConcatFusion),
}

/// One module per boundary from 1 on where fusion is allowed, the logits left out; `None` elsewhere. `channels` are
/// those of the largest choice at each boundary from 1 on.
pub(super) fn modules(space: &SearchSpace, channels: &[usize], weights: &mut WeightInit) -> Vec<Option<FusionModule>> {
    let module = |(boundary, &channels): (BoundaryId, &usize)| {
        if boundary == space.last() || !space.fusion.at.contains(&boundary) {
            return None;
        }
        match space.fusion.operator {
            FusionOperator::Max | FusionOperator::Mean => None,
            FusionOperator::Mix => Some(FusionModule::Mix(MixFusion { share: weights.constant([channels], 0.0) })),
            FusionOperator::Concat => {
                Some(FusionModule::Concat(ConcatFusion::new(space.views as usize, channels, weights)))
            }
        }
    };
    (1..).zip(channels).map(module).collect()
}

/// Fuses `x[objects * views, height, width, channels]` to `[objects, height, width, channels]`.
pub(super) fn fuse(
    x: FeatureMap,
    views: &ViewSet,
    operator: FusionOperator,
    module: Option<&FusionModule>,
    numerics: &mut Numerics,
) -> FeatureMap {
    match (module, operator) {
        (Some(FusionModule::Mix(mix)), _) => {
            let mixed = mix.forward(x.tensor(), views.count(), numerics);
            numerics.activation(mixed.into())
        }
        (Some(FusionModule::Concat(concat)), _) => concat.forward(x, views, numerics),
        (None, FusionOperator::Max) => {
            let grid = x.grid();
            FeatureMap::from(kernels::fuse_maximum(x, views.count())).on_grid(grid)
        }
        (None, _) => numerics.activation(mean(x.tensor(), views.count()).into()),
    }
}

/// Mean of the logits of all views: late fusion. The classes are told apart by the sums, so these are not rounded.
pub(super) fn mean_logits(x: FeatureMap, views: &ViewSet) -> FeatureMap {
    mean(x.tensor(), views.count()).into()
}

fn mean(x: Tensor<4>, views: usize) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let x = x.reshape([batch / views, views, 1, height * width * channels]);
    kernels::mean_over_positions(x).reshape([batch / views, height, width, channels])
}

/// Weighted sum of maximum and mean with a learned share per channel; half and half at the start.
#[derive(Module, Debug)]
pub(crate) struct MixFusion {
    /// Share of the maximum before the sigmoid: full `[most channels]`, sliced `[channels]`.
    share: Param<Tensor<1>>,
}

impl MixFusion {
    fn forward(&self, x: Tensor<4>, views: usize, numerics: &mut Numerics) -> Tensor<4> {
        let [.., channels] = x.dims();
        let share = activation::sigmoid(kernels::leading(self.share.val(), [channels]));
        numerics.note(|| NetworkPart::Share(values(&share)));
        let share = kernels::in_format_of(share.unsqueeze(), &x);
        let (largest, mean) = (kernels::fuse_maximum(x.clone(), views), mean(x, views));
        mean.clone() + (largest - mean) * share
    }
}

/// Concatenation and 1x1 convolution, written as a sum over views of a 1x1 convolution of each, so that fewer views use
/// a part of the same weights; batch norm removes the effect of their number. Starts as the normalised mean.
#[derive(Module, Debug)]
pub(crate) struct ConcatFusion {
    /// Full `[most views, most channels, most channels]`, sliced `[views, channels, channels]`.
    weight: Param<Tensor<3>>,
    norm: ElasticNorm,
}

impl ConcatFusion {
    fn new(views: usize, channels: usize, weights: &WeightInit) -> Self {
        Self { weight: weights.identities(views, channels), norm: ElasticNormConfig::new(channels).init(weights) }
    }

    fn forward(&self, x: FeatureMap, views: &ViewSet, numerics: &mut Numerics) -> FeatureMap {
        let ([batch, height, width, channels], grid) = (x.dims(), x.grid());
        let count = views.count();
        let x = x.tensor();
        let indices: Vec<i64> = views.list().iter().map(|view| view.cast_signed() as i64).collect();
        let indices: Tensor<1, Int> = Tensor::from_data(TensorData::new(indices, [count]), &x.device());
        let weight = self.weight.val().slice(s![.., 0..channels, 0..channels]).select(0, indices);
        let x: Tensor<5> = x.reshape([batch / count, count, height, width, channels]);
        let concatenated = x.permute([0, 2, 3, 1, 4]).reshape([batch / count, height, width, count * channels]);
        let w: LayerWeights<2> = numerics.weights(weight.reshape([count * channels, channels]));
        let steps = w.sum_steps(grid);
        let y = kernels::pointwise(concatenated, w.values).summed_in(steps);
        self.norm.forward(y, KernelActivation::None, numerics)
    }
}
