//! The pair of supernets and its forward pass.

use burn::module::Module;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::block::{self, ElasticBlock, ElasticStage};
use super::fusion::{self, FusionModule};
use super::init::{Initialisation, WeightInit};
use super::numerics::Numerics;
use super::parts::NetworkPart;
use super::route::Route;
use super::split::{self, SplittingModule};
use super::views::ViewSet;
use crate::kernels::FeatureMap;
use crate::network::BoundaryId;
use crate::space::{PLAIN_BITS, SearchSpace};

/// Sensor and aggregator supernets with the splitting and fusion modules between them.
#[derive(Module, Debug)]
pub struct Supernet {
    pub(super) sensor: Vec<ElasticStage>,
    pub(super) aggregator: Vec<ElasticStage>,
    /// Splitting modules by boundary from 1 on.
    pub(super) splits: Vec<Option<SplittingModule>>,
    /// Fusion modules by boundary from 1 on.
    pub(super) fusions: Vec<Option<FusionModule>>,
}

impl Supernet {
    /// Supernet of a space with fresh weights, a pure function of the seed.
    pub fn new(space: &SearchSpace, initialisation: Initialisation, seed: u64, device: &Device) -> Self {
        let mut weights = WeightInit::new(ChaCha8Rng::seed_from_u64(seed), device.clone());
        let channels = block::most_channels(space);
        Self {
            sensor: block::stages(space, &mut weights),
            aggregator: block::stages(space, &mut weights),
            splits: split::modules(space, &channels, initialisation, &mut weights),
            fusions: fusion::modules(space, &channels, &mut weights),
        }
    }

    /// Logits `[objects, classes]` of `x[objects * views, height, width, channels]` along a route.
    pub fn forward(&self, x: Tensor<4>, views: &ViewSet, route: &Route, numerics: &mut Numerics) -> Tensor<2> {
        self.forward_watched(x, views, route, numerics, &mut |_, _| {})
    }

    /// Codes `[objects * views, height, width, channels]` as they arrive over the link of a design's route: raw pixels,
    /// features or logits, with the bits of the link.
    pub fn link_codes(&self, x: Tensor<4>, route: &Route, numerics: &mut Numerics) -> Tensor<4> {
        let mut x = numerics.input(resized(x, route.resolution).into());
        for step in route.steps.iter().filter(|step| step.boundary <= route.stitch) {
            x = self.sensor[step.stage].blocks[step.block].forward(x, step, numerics);
        }
        let module = usize::from(route.stitch).checked_sub(1).and_then(|between| self.splits[between].as_ref());
        let codes = match (route.crossing(route.stitch), module) {
            (Some(crossing), Some(module)) if crossing.ratio > 1 => module.send(x, crossing, numerics),
            (Some(crossing), _) => split::over_link(x, crossing.bits, numerics),
            (None, _) => numerics.plain_codes(x),
        };
        codes.tensor()
    }

    /// Parts of a calibrated network along a route, in the order in which its layers use them; the input has this
    /// many channels.
    pub fn parts(&self, channels: usize, views: &ViewSet, route: &Route, numerics: &mut Numerics) -> Vec<NetworkPart> {
        let shape = [views.count(), route.resolution, route.resolution, channels];
        numerics.rewind();
        numerics.record_parts();
        self.forward(Tensor::zeros(shape, &self.devices()[0]), views, route, numerics);
        numerics.take_parts()
    }

    /// As [`Self::forward`], calling `watch` with the tensor at each boundary.
    pub(super) fn forward_watched(
        &self,
        x: Tensor<4>,
        views: &ViewSet,
        route: &Route,
        numerics: &mut Numerics,
        watch: &mut dyn FnMut(BoundaryId, &FeatureMap),
    ) -> Tensor<2> {
        let mut x = numerics.input(resized(x, route.resolution).into());
        if route.stitch == 0 {
            x = numerics.send(x, PLAIN_BITS);
        }
        for step in &route.steps {
            let side = if step.boundary <= route.stitch { &self.sensor } else { &self.aggregator };
            let block: &ElasticBlock = &side[step.stage].blocks[step.block];
            x = block.forward(x, step, numerics);
            watch(step.boundary, &x);
            let between = usize::from(step.boundary) - 1;
            if let Some(crossing) = route.crossing(step.boundary) {
                x = match &self.splits[between] {
                    Some(module) if crossing.ratio > 1 => module.forward(x, crossing, numerics),
                    _ => split::over_link(x, crossing.bits, numerics),
                };
            } else if step.boundary == route.stitch {
                x = numerics.send(x, PLAIN_BITS);
            }
            if step.boundary == route.fusion && views.count() > 1 {
                x = if step.boundary == route.last {
                    fusion::mean_logits(x, views)
                } else {
                    fusion::fuse(x, views, route.operator, self.fusions[between].as_ref(), numerics)
                };
            }
        }
        let [objects, .., classes] = x.dims();
        x.tensor().reshape([objects, classes])
    }
}

/// Resizes `x[batch, height, width, channels]` to `[batch, side, side, channels]`, each pixel the mean of those it
/// covers.
pub(crate) fn resized(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [_, height, width, _] = x.dims();
    if height == side && width == side {
        return x;
    }
    adaptive_avg_pool2d(x.permute([0, 3, 1, 2]), [side; 2]).permute([0, 2, 3, 1])
}
