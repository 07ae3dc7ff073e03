//! Two weight-sharing supernets, sensor and aggregator, stitched at splitting modules (SplitNets, Dong et al., CVPR 2022).
//!
//! The sensor supernet and the aggregator supernet each hold every block of the space with separate weights. A design runs
//! the sensor's blocks up to its split, reduces and quantises the tensor for the link, recovers it, and runs the
//! aggregator's blocks behind it; at its fusion the views become one. Smaller choices use the leading channels and the
//! centre of kernels of the same weights. May use burn, `kernels`, `space`; knows no profile and no screen.
//!
//! Feature maps are channels-last: `[objects * views, height, width, channels]`, the views of an object together.

mod block;
mod fusion;
mod init;
mod layer;
mod mbconv;
mod norm;
mod principal;
mod residual;
mod route;
mod split;
mod start;
#[cfg(test)]
mod tests;

pub use init::Initialisation;
pub use norm::Norms;
pub use route::{Route, Splitting};
pub use start::Spreads;

use burn::module::Module;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::kernels::Maps;
use crate::network::BoundaryId;
use crate::space::{FusionOperator, SearchSpace};
use block::{ElasticBlock, ElasticStage};
use fusion::FusionModule;
use init::Weights;
use split::SplittingModule;

/// The pair of supernets with what stands between them.
#[derive(Module, Debug)]
pub struct Supernet {
    sensor: Vec<ElasticStage>,
    aggregator: Vec<ElasticStage>,
    /// By boundary from 1 on.
    splits: Vec<Option<SplittingModule>>,
    /// By boundary from 1 on.
    fusions: Vec<Option<FusionModule>>,
}

/// Which views of an object one forward pass sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Views(Vec<usize>);

impl From<usize> for Views {
    /// The first so many.
    fn from(count: usize) -> Self {
        Self((0..count).collect())
    }
}

impl Views {
    /// The first so many.
    pub fn first(count: usize) -> Self {
        count.into()
    }

    /// The first `count` but those whose bit is set in `lost`.
    pub fn without(count: usize, lost: u32) -> Self {
        Self((0..count).filter(|view| lost >> view & 1 == 0).collect())
    }

    /// `count` of the first `of`, each as likely.
    pub fn drawn(count: usize, of: usize, rng: &mut impl Rng) -> Self {
        let mut views = rand::seq::index::sample(rng, of, count).into_vec();
        views.sort_unstable();
        Self(views)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Their numbers, ascending.
    pub fn list(&self) -> &[usize] {
        &self.0
    }
}

impl Supernet {
    /// Fresh weights for a space, a pure function of the seed.
    pub fn new(space: &SearchSpace, initialisation: Initialisation, seed: u64, device: &Device) -> Self {
        let mut weights = Weights::new(ChaCha8Rng::seed_from_u64(seed), device.clone());
        let channels = block::most_channels(space);
        Self {
            sensor: block::stages(space, &mut weights),
            aggregator: block::stages(space, &mut weights),
            splits: split::modules(space, &channels, initialisation, &mut weights),
            fusions: fusion::modules(space, &channels, &mut weights),
        }
    }

    /// Logits `[objects, classes]` of views `[objects * views, height, width, channels]` along a route.
    pub fn forward(&self, x: Tensor<4>, views: &Views, route: &Route, norms: &mut Norms) -> Tensor<2> {
        self.forward_watched(x, views, route, norms, &mut |_, _| {})
    }

    /// The same, showing the tensor behind each block to `watch`.
    fn forward_watched(
        &self,
        x: Tensor<4>,
        views: &Views,
        route: &Route,
        norms: &mut Norms,
        watch: &mut dyn FnMut(BoundaryId, &Maps),
    ) -> Tensor<2> {
        let mut x = Maps::from(resized(x, route.resolution));
        for step in &route.steps {
            let side = if step.boundary <= route.stitch { &self.sensor } else { &self.aggregator };
            let block: &ElasticBlock = &side[step.stage].blocks[step.block];
            x = block.forward(x, step, norms);
            watch(step.boundary, &x);
            let between = usize::from(step.boundary) - 1;
            if let Some(crossing) = route.crossing(step.boundary) {
                x = match self.splits[between].as_ref().filter(|_| crossing.ratio > 1) {
                    Some(module) => module.forward(x, crossing, norms),
                    None => split::over_link(x, crossing.bits),
                };
            }
            if step.boundary == route.fusion && views.count() > 1 {
                let late = step.boundary == route.last;
                let operator = if late { FusionOperator::Mean } else { route.operator };
                x = fusion::fuse(x, views, operator, self.fusions[between].as_ref(), norms);
            }
        }
        let [objects, .., classes] = x.dims();
        x.tensor().reshape([objects, classes])
    }
}

/// Square images of another side, each pixel the mean of those it covers.
fn resized(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [_, height, width, _] = x.dims();
    if height == side && width == side {
        return x;
    }
    adaptive_avg_pool2d(x.permute([0, 3, 1, 2]), [side; 2]).permute([0, 2, 3, 1])
}
