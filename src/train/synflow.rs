//! Synflow: a score of a design's weights that needs neither training nor data, as a stand-in where nothing is measured
//! yet.
//!
//! With every weight replaced by its absolute value, no normalisation and an input of ones, the score is the sum over
//! all weights of the weight times the gradient of the sum of the outputs: how much flows through the design (Tanaka et
//! al. 2020, "Pruning neural networks without any data by iteratively conserving synaptic flow"; as a ranking,
//! Abdelfattah et al. 2021, "Zero-cost proxies for lightweight NAS"). It grows with depth and width, and with each
//! splitting module; whether it ranks as accuracies do is a question for a rank correlation, every time. It is no
//! accuracy.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use crate::kernels;
use crate::supernet::{Numerics, Route, Supernet, ViewSet};

/// A supernet made ready to be scored.
#[derive(Debug)]
pub struct Synflow {
    supernet: Supernet,
    device: Device,
    channels: usize,
}

impl Synflow {
    /// Takes the weights as they are, trained or not. `channels` are those of one view's input.
    pub fn new(supernet: &Supernet, channels: u32, device: &Device) -> Self {
        let device = device.clone().autodiff();
        let supernet = supernet.clone().map(&mut Absolute { device: device.clone() });
        Self { supernet, device, channels: channels as usize }
    }

    /// Natural logarithm of the score of one view along a route; `None` if nothing flows, or more than can be counted.
    pub fn score(&self, route: &Route) -> Option<f64> {
        let ones = Tensor::ones([1, route.resolution, route.resolution, self.channels], &self.device);
        let flow = self.supernet.forward(ones, &ViewSet::first(1), route, &mut Numerics::Off).sum();
        let gradients = GradientsParams::from_grads(flow.backward(), &self.supernet);
        let mut products = Products { gradients: &gradients, sum: 0.0 };
        self.supernet.visit(&mut products);
        Some(products.sum.ln()).filter(|score| score.is_finite())
    }
}

/// Moves absolute values to a device that takes gradients.
struct Absolute {
    device: Device,
}

impl ModuleMapper for Absolute {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| Tensor::from_data(tensor.abs().into_data(), &self.device).require_grad())
    }
}

/// Sum of weights times gradients.
struct Products<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for Products<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        // The gradient of what was used alone may be that of a leading part.
        let product = kernels::leading(param.val().inner(), gradient.dims()) * gradient;
        let values = product.into_data().try_into_vec::<f32>().unwrap_or_default();
        self.sum += values.iter().map(|&value| f64::from(value)).sum::<f64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Design, SearchSpace};
    use crate::supernet::Initialisation;

    fn tabletop() -> SearchSpace {
        SearchSpace::shipped("tabletop").unwrap()
    }

    fn whole(space: &SearchSpace, largest: bool) -> Route {
        let genome = if largest { space.largest() } else { space.smallest() };
        let design = Design { genome, split: 0, fusion: space.last(), ratio: 1, bits: 8 };
        Route::of_design(space, &space.canonical_design(design))
    }

    #[test]
    fn more_flows_through_the_larger_design_and_each_score_is_repeatable() {
        let space = tabletop();
        let device = Device::flex();
        let supernet = Supernet::new(&space, Initialisation::default(), 3, &device);
        let synflow = Synflow::new(&supernet, space.input_channels, &device);
        let [large, small] = [true, false].map(|largest| synflow.score(&whole(&space, largest)).unwrap());
        assert!(large > small, "{large} against {small}");
        let again = Synflow::new(&supernet, space.input_channels, &device);
        assert!((again.score(&whole(&space, false)).unwrap() - small).abs() < 1e-6);
    }

    /// In a chain of layers without biases every layer's share of the score is the output itself (Euler's theorem), so
    /// the score of the smallest design is its output times its layers with weights, shortcuts apart.
    #[test]
    fn the_score_of_a_plain_chain_is_its_output_times_its_layers() {
        let space = tabletop();
        let device = Device::flex();
        let supernet = Supernet::new(&space, Initialisation::default(), 3, &device);
        let synflow = Synflow::new(&supernet, space.input_channels, &device);
        let route = whole(&space, false);
        let side = route.resolution;
        let ones = Tensor::ones([1, side, side, 1], &synflow.device);
        let output = synflow.supernet.forward(ones, &ViewSet::first(1), &route, &mut Numerics::Off).sum();
        let output = f64::from(output.into_data().try_into_vec::<f32>().unwrap()[0]);
        // Stem, three inverted residuals of three layers, head, classifier; and the transform of each 5x5 to a 3x3
        // kernel.
        let layers = 1 + 3 * 3 + 1 + 1 + 3;
        let expected = (output * f64::from(layers)).ln();
        let score = synflow.score(&route).unwrap();
        assert!((score - expected).abs() < 1e-3, "{score} against {expected}");
    }
}
