//! Two weight-sharing supernets, sensor and aggregator, stitched at splitting modules (SplitNets, Dong et al., CVPR 2022).
//!
//! The sensor supernet and the aggregator supernet each hold every block of the space with separate weights. A design runs
//! the sensor's blocks up to its split, reduces and quantises the tensor for the link, recovers it, and runs the
//! aggregator's blocks behind it; at its fusion the views become one. Smaller choices use the leading channels and the
//! centre of kernels of the same weights. May use burn, `kernels`, `space`; knows no profile and no screen.
//!
//! Feature maps are channels-last: `[objects * views, height, width, channels]`, the views of an object together.

mod block;
mod init;
mod layer;
mod norm;
mod route;
mod split;

pub use init::Initialisation;
pub use norm::Norms;
pub use route::{Route, Splitting};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::kernels::{self, Maps};
use crate::space::{FusionOperator, SearchSpace};
use block::{ElasticBlock, ElasticStage};
use init::Weights;
use split::SplittingModule;

/// The pair of supernets with the splitting modules between them, one per stage.
#[derive(Module, Debug)]
pub struct Supernet {
    sensor: Vec<ElasticStage>,
    aggregator: Vec<ElasticStage>,
    splits: Vec<SplittingModule>,
}

/// A space that can't become a supernet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SupernetError {
    /// A part without an elastic form.
    #[error("stage {stage} can't be trained: {what} is costed but has no elastic form yet")]
    Untrainable {
        /// The stage.
        stage: String,
        /// The part.
        what: String,
    },
}

/// How many views one forward pass sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Views(pub usize);

impl Supernet {
    /// Fresh weights for a space, a pure function of the seed.
    ///
    /// # Errors
    /// A space with blocks that have no elastic form yet; its costs can be explored, it can't be trained.
    pub fn new(
        space: &SearchSpace,
        initialisation: Initialisation,
        seed: u64,
        device: &Device,
    ) -> Result<Self, SupernetError> {
        let mut weights = Weights::new(ChaCha8Rng::seed_from_u64(seed), device.clone());
        let sensor = block::stages(space, &mut weights)?;
        let aggregator = block::stages(space, &mut weights)?;
        let splits = split::modules(space, initialisation, &mut weights);
        Ok(Self { sensor, aggregator, splits })
    }

    /// Logits `[objects, classes]` of views `[objects * views, height, width, channels]` along a route.
    pub fn forward(&self, x: Tensor<4>, views: Views, route: &Route, norms: &mut Norms) -> Tensor<2> {
        let mut flow = Flow { x: x.into(), views: views.0 };
        flow.pass(route, 0, route.fusion);
        for step in &route.steps {
            let side = if step.boundary <= route.stitch { &self.sensor } else { &self.aggregator };
            let block: &ElasticBlock = &side[step.stage].blocks[step.block];
            flow.x = block.forward(flow.x, step, norms);
            if let Some(crossing) = route.crossing(step.boundary) {
                flow.x = self.splits[step.stage].forward(flow.x, crossing, step.width, norms);
            }
            flow.pass(route, step.boundary, route.fusion);
        }
        let [objects, .., classes] = flow.x.dims();
        flow.x.tensor().reshape([objects, classes])
    }

    /// The same with the sensor's weights set to the aggregator's.
    #[must_use]
    pub fn with_sensor_as_aggregator(self) -> Self {
        let mut values = Values { list: Vec::new(), next: 0 };
        self.aggregator.visit(&mut values);
        Self { sensor: self.sensor.map(&mut values), ..self }
    }
}

/// Copies values from one module to another of the same shape, parameter by parameter, keeping the latter's identities.
struct Values {
    list: Vec<TensorData>,
    next: usize,
}

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.list.push(param.val().into_data());
    }
}

impl ModuleMapper for Values {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let data = self.list[self.next].clone();
        self.next += 1;
        param.map(|tensor| Tensor::from_data(data, &tensor.device()).require_grad())
    }
}

/// The tensor on its way, and how many views of an object it still holds.
struct Flow {
    x: Maps,
    views: usize,
}

impl Flow {
    /// Fuses the views if `boundary` is the route's fusion. Logits are always averaged: late fusion.
    fn pass(&mut self, route: &Route, boundary: u8, fusion: u8) {
        if boundary != fusion || self.views == 1 {
            return;
        }
        let x = self.x.clone();
        self.x = if boundary == route.last || route.operator == FusionOperator::Mean {
            mean_over_views(x.tensor(), self.views)
        } else {
            kernels::fuse_maximum(x, self.views)
        }
        .into();
        self.views = 1;
    }
}

fn mean_over_views(x: Tensor<4>, views: usize) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let x: Tensor<3> = x.reshape([batch / views, views, height * width * channels]);
    x.mean_dim(1).reshape([batch / views, height, width, channels])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::space::SHIPPED;

    fn supernet(name: &str, edit: impl Fn(&str) -> String) -> Result<Supernet, SupernetError> {
        let (_, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name).unwrap();
        let space = SearchSpace::from_toml(&Source::new(name, edit(text))).unwrap();
        Supernet::new(&space, Initialisation::default(), 1, &Device::flex())
    }

    #[test]
    fn a_space_is_refused_for_each_part_that_would_be_trained_as_something_else() {
        let refusal = |name| supernet(name, str::to_owned).unwrap_err().to_string();
        assert!(refusal("attentive-nas").contains("a projected shortcut"), "{}", refusal("attentive-nas"));
        assert!(refusal("ofa-mobilenet-v3").contains("squeeze-excite"), "{}", refusal("ofa-mobilenet-v3"));
        assert!(refusal("resnet-18").contains("block"), "{}", refusal("resnet-18"));
        let projected = supernet("tabletop", |text| {
            text.replacen("block = \"mbconv\"", "block = \"mbconv\"\nshortcut = \"projected\"", 1)
        });
        assert!(projected.unwrap_err().to_string().contains("a projected shortcut"));
    }

    #[test]
    fn the_spaces_with_data_become_supernets() {
        for (name, text) in SHIPPED.iter().filter(|(_, text)| text.contains("\ndata = ")) {
            assert!(supernet(name, str::to_owned).is_ok(), "{name}: {text}");
        }
    }
}
