//! Feature maps whose last batch norm may be deferred to the operation that reads them.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::activation::KernelActivation;
use super::host_op::{HostOp, apply, is_host};
use super::norm::{self, InputTransform};
use super::statistics::ChannelStatistics;
use super::{buffers, stock};

/// Feature maps `[batch, height, width, channels]` with a batch norm and activation that may still be pending.
///
/// The next convolution computes them while it reads, so that normalised maps are never written to memory.
/// [`Self::tensor`] computes them for anything else.
#[derive(Debug, Clone)]
pub struct FeatureMap {
    /// Values before the pending norm.
    pub(super) x: Tensor<4>,
    /// Statistics of `x`, where the operation that made it added them up.
    statistics: Option<Arc<ChannelStatistics>>,
    pub(super) norm: Option<PendingNorm>,
}

/// A batch norm and activation that are still to be computed.
#[derive(Debug, Clone)]
pub(super) struct PendingNorm {
    pub recipe: NormRecipe,
    /// `[channels]`: gamma, or with given statistics the scale.
    pub a: Tensor<1>,
    /// `[channels]`: beta, or with given statistics the shift.
    pub b: Tensor<1>,
}

/// Rule by which a batch norm's parameters become scale and shift.
#[derive(Debug, Clone)]
pub(super) struct NormRecipe {
    /// Statistics of the batch; `None` where scale and shift are given.
    pub statistics: Option<Arc<ChannelStatistics>>,
    pub activation: KernelActivation,
}

impl NormRecipe {
    /// The transform with parameters `a` and `b` `[channels]`, as in [`PendingNorm`].
    pub(super) fn transform(&self, a: &[f32], b: &[f32]) -> InputTransform {
        match &self.statistics {
            Some(statistics) => InputTransform::normalising(statistics, a, b, self.activation),
            None => InputTransform::given(a, b, self.activation),
        }
    }

    /// Statistics of the batch, for the backward pass.
    ///
    /// # Panics
    /// In evaluation, which has no backward pass.
    pub(super) fn of_batch(&self) -> &ChannelStatistics {
        self.statistics.as_ref().expect("evaluation records no gradients")
    }
}

impl From<Tensor<4>> for FeatureMap {
    fn from(x: Tensor<4>) -> Self {
        Self { x, statistics: None, norm: None }
    }
}

impl From<FeatureMap> for Tensor<4> {
    fn from(maps: FeatureMap) -> Self {
        maps.tensor()
    }
}

impl FeatureMap {
    pub(super) fn with_statistics(x: Tensor<4>, statistics: Arc<ChannelStatistics>) -> Self {
        Self { x, statistics: Some(statistics), norm: None }
    }

    /// Shape `[batch, height, width, channels]`.
    pub fn dims(&self) -> [usize; 4] {
        self.x.dims()
    }

    /// The tensor `[batch, height, width, channels]` with the pending norm computed.
    pub fn tensor(self) -> Tensor<4> {
        let Some(PendingNorm { recipe, a, b }) = self.norm else { return self.x };
        let shape = self.x.dims();
        let inputs = [self.x.into_dispatch(), a.into_dispatch(), b.into_dispatch()];
        apply(&recipe, &inputs, shape).expect("only maps in this process's memory wait for a norm").0
    }

    /// Computes a pending norm.
    pub(super) fn computed(self) -> Self {
        if self.norm.is_some() { self.tensor().into() } else { self }
    }

    /// Mean and variance of each channel before the pending norm; `None` on a device that is not this process's memory.
    pub(super) fn statistics(&self) -> Option<Arc<ChannelStatistics>> {
        let [.., channels] = self.dims();
        self.statistics
            .clone()
            .or_else(|| Some(apply(&MeasureStatistics(channels), &[self.x.clone().into_dispatch()], [1])?.1))
    }

    /// Defers batch norm with the statistics of this batch, and the activation.
    pub(super) fn normalised(self, gamma: Tensor<1>, beta: Tensor<1>, activation: KernelActivation) -> Self {
        let maps = self.computed();
        let Some(statistics) = maps.statistics() else {
            return stock::norm_within(maps.x, gamma, beta, activation).into();
        };
        let recipe = NormRecipe { statistics: Some(statistics), activation };
        Self { x: maps.x, statistics: None, norm: Some(PendingNorm { recipe, a: gamma, b: beta }) }
    }

    /// Defers a given scale and shift `[channels]`, and the activation.
    pub(super) fn scaled(self, scale: Tensor<1>, shift: Tensor<1>, activation: KernelActivation) -> Self {
        let x = self.tensor();
        if !is_host(&x.clone().into_dispatch()) {
            return stock::norm_with(x, scale, shift, activation).into();
        }
        let recipe = NormRecipe { statistics: None, activation };
        Self { x, statistics: None, norm: Some(PendingNorm { recipe, a: scale, b: shift }) }
    }
}

/// Computes a norm by itself.
impl HostOp<3> for NormRecipe {
    type Saved = ();

    fn forward(&self, [x, a, b]: [&[f32]; 3]) -> (Vec<f32>, ()) {
        let mut y = buffers::take(x.len());
        self.transform(a, b).apply_all(x, &mut y);
        (y, ())
    }

    fn backward(&self, [x, a, b]: [&[f32]; 3], (): &(), dy: &[f32], _: [bool; 3]) -> [Option<Vec<f32>>; 3] {
        norm::backward(x, dy, self.of_batch(), &self.transform(a, b)).map(Some)
    }
}

/// Adds up statistics of this many channels; the tensor it makes is a placeholder.
#[derive(Debug, Clone)]
struct MeasureStatistics(usize);

impl HostOp<1> for MeasureStatistics {
    type Saved = Arc<ChannelStatistics>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Arc<ChannelStatistics>) {
        (vec![0.0], Arc::new(ChannelStatistics::of(x, self.0)))
    }

    fn backward(&self, _: [&[f32]; 1], _: &Arc<ChannelStatistics>, _: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        [None]
    }
}
