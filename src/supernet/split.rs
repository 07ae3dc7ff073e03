//! The splitting module: reduce on the sensor, the link, recover on the aggregator (SplitNets, section 3).
//!
//! Reduce is a 1x1 convolution from C to `ceil(C / ratio)` channels with batch norm; the link carries it with few bits;
//! recover is a 1x1 convolution back to C with batch norm. Higher ratios use the leading channels. Neither has an
//! activation: on so few channels a rectifier costs accuracy (as MobileNetV2 found for its bottlenecks; measured here
//! too).

use burn::module::Module;

use super::init::{Initialisation, WeightInit};
use super::layer::{ElasticPointwise, ElasticPointwiseConfig};
use super::norm::{ElasticNorm, ElasticNormConfig};
use super::numerics::Numerics;
use super::route::LinkCrossing;
use crate::kernels::{FeatureMap, KernelActivation};
use crate::space::SearchSpace;

/// Reduce and recover at one boundary.
#[derive(Module, Debug)]
pub(crate) struct SplittingModule {
    pub(super) reduce: ElasticPointwise,
    reduce_norm: ElasticNorm,
    pub(super) recover: ElasticPointwise,
    pub(super) recover_norm: ElasticNorm,
}

/// One module per boundary from 1 on where a split is allowed, as wide as the widest choice there and the smallest
/// ratio above 1 need; `None` elsewhere. `channels` are those of the largest choice at each boundary from 1 on.
pub(super) fn modules(
    space: &SearchSpace,
    channels: &[usize],
    initialisation: Initialisation,
    weights: &mut WeightInit,
) -> Vec<Option<SplittingModule>> {
    let Some(ratio) = space.split.ratios.iter().copied().find(|&ratio| ratio > 1) else {
        return channels.iter().map(|_| None).collect();
    };
    let mut modules = Vec::with_capacity(channels.len());
    for (boundary, &wide) in (1..).zip(channels) {
        modules.push(if boundary != space.last() && space.split.at.contains(&boundary) {
            let narrow = wide.div_ceil(usize::from(ratio));
            Some(SplittingModuleConfig { wide, narrow, initialisation }.init(weights))
        } else {
            None
        });
    }
    modules
}

/// Config of a [`SplittingModule`].
#[derive(Debug, Clone, Copy)]
pub(super) struct SplittingModuleConfig {
    /// Channels on both sides of the link, for the largest choice.
    pub wide: usize,
    /// Channels on the link, for the largest choice and the smallest ratio.
    pub narrow: usize,
    /// Rule of the initial variances.
    pub initialisation: Initialisation,
}

impl SplittingModuleConfig {
    /// Makes the module with fresh weights.
    pub(super) fn init(self, weights: &mut WeightInit) -> SplittingModule {
        let Self { wide, narrow, initialisation } = self;
        let pointwise = |inputs, outputs| ElasticPointwiseConfig {
            inputs,
            outputs,
            variance: initialisation.variance(inputs, outputs),
        };
        SplittingModule {
            reduce: pointwise(wide, narrow).init(weights),
            reduce_norm: ElasticNormConfig::new(narrow).init(weights),
            recover: pointwise(narrow, wide).init(weights),
            recover_norm: ElasticNormConfig::new(wide).init(weights),
        }
    }
}

impl SplittingModule {
    /// Reduces `x[objects * views, height, width, channels]`, sends it over the link and recovers its shape.
    pub(super) fn forward(&self, x: FeatureMap, crossing: LinkCrossing, numerics: &mut Numerics) -> FeatureMap {
        let [.., channels] = x.dims();
        let received = self.send(x, crossing, numerics);
        let recovered = self.recover.forward(received, channels, numerics);
        self.recover_norm.forward(recovered, KernelActivation::None, numerics)
    }

    /// Reduces `x[objects * views, height, width, channels]` and sends it over the link.
    pub(super) fn send(&self, x: FeatureMap, crossing: LinkCrossing, numerics: &mut Numerics) -> FeatureMap {
        let [.., channels] = x.dims();
        let narrow = channels.div_ceil(crossing.ratio);
        let reduced = self.reduce.forward(x, narrow, numerics);
        let reduced = self.reduce_norm.normalise(reduced, KernelActivation::None, numerics);
        over_link(reduced, crossing.bits, numerics)
    }
}

/// Tensor that arrives at the other end of the link: as codes of `bits` bits, or as it is without them.
pub(super) fn over_link(x: FeatureMap, bits: Option<u8>, numerics: &mut Numerics) -> FeatureMap {
    match bits {
        Some(bits) => numerics.link(x, bits),
        None => x,
    }
}
