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

/// Reduce and recover behind one stage.
#[derive(Module, Debug)]
pub struct SplittingModule {
    reduce: ElasticPointwise,
    reduce_norm: ElasticNorm,
    recover: ElasticPointwise,
    recover_norm: ElasticNorm,
}

/// One module per stage, as wide as the stage's widest choice and the smallest ratio above 1 need.
pub fn modules(space: &SearchSpace, initialisation: Initialisation, weights: &mut Weights) -> Vec<SplittingModule> {
    let smallest = space.split.ratios.iter().copied().find(|&ratio| ratio > 1).unwrap_or(1);
    let mut channels = space.input_channels as usize;
    let module = |stage: &crate::space::Stage| {
        channels = stage.widths.last().map_or(channels, |&width| width as usize);
        SplittingModule::new(channels, channels.div_ceil(usize::from(smallest)), initialisation, weights)
    };
    space.stages.iter().map(module).collect()
}

impl SplittingModule {
    fn new(wide: usize, narrow: usize, initialisation: Initialisation, weights: &mut Weights) -> Self {
        Self {
            reduce: ElasticPointwise::new(wide, narrow, initialisation.variance(wide, narrow), weights),
            reduce_norm: ElasticNorm::new(narrow, 1.0, weights),
            recover: ElasticPointwise::new(narrow, wide, initialisation.variance(narrow, wide), weights),
            recover_norm: ElasticNorm::new(wide, 1.0, weights),
        }
    }

    /// Takes `x[objects * views, height, width, channels]` over the link and back to the same shape.
    pub fn forward(&self, x: Maps, crossing: Crossing, channels: usize, norms: &mut Norms) -> Maps {
        let over_link = |x: Maps| match crossing.bits {
            Some(bits) => kernels::quantise(x, bits).into(),
            None => x,
        };
        if crossing.ratio == 1 {
            return over_link(x);
        }
        let narrow = channels.div_ceil(crossing.ratio);
        let reduced = self.reduce_norm.forward(self.reduce.forward(x, narrow), Activation::None, norms);
        self.recover_norm.forward(self.recover.forward(over_link(reduced), channels), Activation::None, norms)
    }
}
