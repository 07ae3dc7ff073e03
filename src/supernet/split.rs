//! The splitting module: reduce on the sensor, the link, recover on the aggregator (SplitNets, section 3).
//!
//! Reduce is a 1x1 convolution from C to `ceil(C / ratio)` channels with batch norm; the link carries it with few bits;
//! recover is a 1x1 convolution back to C with batch norm. Higher ratios use the leading channels. Neither has an
//! activation: on so few channels a rectifier costs accuracy (as MobileNetV2 found for its bottlenecks; measured here too).

use burn::module::Module;

use super::init::{Initialisation, Weights};
use super::layer::ElasticPointwise;
use super::norm::{ElasticNorm, Norms};
use super::route::Crossing;
use crate::kernels::{self, Activation, Maps};
use crate::space::SearchSpace;

/// Reduce and recover at one boundary.
#[derive(Module, Debug)]
pub struct SplittingModule {
    pub(super) reduce: ElasticPointwise,
    reduce_norm: ElasticNorm,
    pub(super) recover: ElasticPointwise,
    pub(super) recover_norm: ElasticNorm,
}

/// One module per boundary where a split is allowed, as wide as the widest choice there and the smallest ratio above 1 need;
/// `None` elsewhere. `channels` are the most behind each boundary from 1 on.
pub fn modules(
    space: &SearchSpace,
    channels: &[usize],
    initialisation: Initialisation,
    weights: &mut Weights,
) -> Vec<Option<SplittingModule>> {
    let smallest = space.split.ratios.iter().copied().find(|&ratio| ratio > 1);
    let module = |(boundary, &wide): (u8, &usize)| {
        let ratio = smallest.filter(|_| boundary != space.last() && space.split.at.contains(&boundary))?;
        Some(SplittingModule::new(wide, wide.div_ceil(usize::from(ratio)), initialisation, weights))
    };
    (1..).zip(channels).map(module).collect()
}

impl SplittingModule {
    pub(super) fn new(wide: usize, narrow: usize, initialisation: Initialisation, weights: &mut Weights) -> Self {
        Self {
            reduce: ElasticPointwise::new(wide, narrow, initialisation.variance(wide, narrow), weights),
            reduce_norm: ElasticNorm::new(narrow, 1.0, weights),
            recover: ElasticPointwise::new(narrow, wide, initialisation.variance(narrow, wide), weights),
            recover_norm: ElasticNorm::new(wide, 1.0, weights),
        }
    }

    /// Takes `x[objects * views, height, width, channels]` over the link and back to the same shape.
    pub fn forward(&self, x: Maps, crossing: Crossing, norms: &mut Norms) -> Maps {
        let [.., channels] = x.dims();
        let narrow = channels.div_ceil(crossing.ratio);
        let reduced = self.reduce_norm.forward(self.reduce.forward(x, narrow), Activation::None, norms);
        let received = over_link(reduced, crossing.bits);
        self.recover_norm.forward(self.recover.forward(received, channels), Activation::None, norms)
    }
}

/// What of a tensor arrives at the other end of the link.
pub fn over_link(x: Maps, bits: Option<u8>) -> Maps {
    match bits {
        Some(bits) => kernels::quantise(x, bits).into(),
        None => x,
    }
}
