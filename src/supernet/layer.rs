//! Elastic layers: full weights of which smaller choices use a part. Each has a config with the sizes of its largest
//! choice, which makes its weights.
//!
//! Smaller widths use the leading inputs and outputs, smaller kernels the centre.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::init::WeightInit;
use super::numerics::{LayerWeights, Numerics};
use crate::kernels::{self, FeatureMap};

/// Config of an [`ElasticPointwise`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElasticPointwiseConfig {
    /// Input channels of the largest choice.
    pub inputs: usize,
    /// Output channels of the largest choice.
    pub outputs: usize,
    /// Variance of the initial weights.
    pub variance: f64,
}

impl ElasticPointwiseConfig {
    /// Weights by fan-in: variance `2 / inputs`.
    pub(super) fn by_fan_in(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, variance: 2.0 / inputs as f64 }
    }

    /// Makes the layer with fresh weights.
    pub(super) fn init(self, weights: &mut WeightInit) -> ElasticPointwise {
        ElasticPointwise { weight: weights.normal([self.inputs, self.outputs], self.variance) }
    }
}

/// 1x1 convolution with elastic inputs and outputs.
#[derive(Module, Debug)]
pub(crate) struct ElasticPointwise {
    /// Full `[most inputs, most outputs]`, sliced `[inputs, outputs]`.
    pub(super) weight: Param<Tensor<2>>,
}

impl ElasticPointwise {
    /// Convolves `x[batch, height, width, inputs]` to `[batch, height, width, outputs]`.
    pub(super) fn forward(&self, x: FeatureMap, outputs: usize, numerics: &mut Numerics) -> FeatureMap {
        let ([.., inputs], grid) = (x.dims(), x.grid());
        let w = numerics.weights(kernels::leading(self.weight.val(), [inputs, outputs]));
        let steps = w.sum_steps(grid);
        kernels::pointwise(x, w.values).summed_in(steps)
    }
}

/// Elastic kernel: smaller kernels are the centre of the next larger one, passed through a learned transform that all
/// channels share and that starts as the identity (Once-for-all, Cai et al., 2020).
#[derive(Module, Debug)]
struct ElasticKernel {
    /// For each smaller side k, largest first: `[k * k, k * k]`. Never sliced.
    transforms: Vec<Param<Tensor<2>>>,
    /// Sides of the smaller kernels, largest first.
    smaller: Vec<usize>,
    /// Side of the largest kernel.
    largest: usize,
}

impl ElasticKernel {
    /// A kernel of these sides, which ascend.
    fn new(kernels: &[u32], weights: &WeightInit) -> Self {
        let mut sides = kernels.iter().rev().map(|&side| side as usize);
        let largest = sides.next().unwrap_or(1);
        let smaller: Vec<usize> = sides.collect();
        Self { transforms: smaller.iter().map(|side| weights.identity(side * side)).collect(), smaller, largest }
    }

    /// Shrinks `weight[largest, largest, n]` to `[side, side, n]`.
    fn shrink(&self, mut weight: Tensor<3>, side: usize) -> Tensor<3> {
        let [.., columns] = weight.dims();
        let mut current = self.largest;
        for (&smaller, transform) in self.smaller.iter().zip(&self.transforms) {
            if current == side {
                break;
            }
            let margin = (current - smaller) / 2;
            let centre = kernels::part(weight, [margin..margin + smaller, margin..margin + smaller, 0..columns]);
            let flat = centre.reshape([smaller * smaller, columns]);
            weight = kernels::product(transform.val(), flat).reshape([smaller, smaller, columns]);
            current = smaller;
        }
        weight
    }
}

/// Config of an [`ElasticDepthwise`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElasticDepthwiseConfig<'a> {
    /// Kernel sides to choose from, odd, ascending.
    pub kernels: &'a [u32],
    /// Channels of the largest choice.
    pub channels: usize,
    /// Step in both directions.
    pub stride: usize,
}

impl ElasticDepthwiseConfig<'_> {
    /// Makes the layer with fresh weights by fan-in: variance `2 / kernel^2` of the largest kernel.
    pub(super) fn init(self, weights: &mut WeightInit) -> ElasticDepthwise {
        let kernel = ElasticKernel::new(self.kernels, weights);
        let largest = kernel.largest;
        let weight = weights.normal([largest, largest, self.channels], 2.0 / (largest * largest) as f64);
        ElasticDepthwise { weight, kernel, stride: self.stride }
    }
}

/// Depthwise convolution with elastic kernel and channels.
#[derive(Module, Debug)]
pub(crate) struct ElasticDepthwise {
    /// Full `[largest kernel, largest kernel, most channels]`, sliced `[kernel, kernel, channels]`.
    pub(super) weight: Param<Tensor<3>>,
    kernel: ElasticKernel,
    stride: usize,
}

impl ElasticDepthwise {
    /// Filters `x[batch, height, width, channels]` with kernels of side `side`. Output
    /// `[batch, ceil(height / stride), ceil(width / stride), channels]`.
    pub(super) fn forward(&self, x: FeatureMap, side: usize, numerics: &mut Numerics) -> FeatureMap {
        let ([.., channels], grid) = (x.dims(), x.grid());
        let largest = self.kernel.largest;
        let weight = kernels::leading(self.weight.val(), [largest, largest, channels]);
        let w = numerics.weights(self.kernel.shrink(weight, side));
        let steps = w.sum_steps(grid);
        kernels::depthwise(x, w.values, self.stride).summed_in(steps)
    }
}

/// Config of an [`ElasticConv`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElasticConvConfig<'a> {
    /// Kernel sides to choose from, odd, ascending.
    pub kernels: &'a [u32],
    /// Input channels of the largest choice.
    pub inputs: usize,
    /// Output channels of the largest choice.
    pub outputs: usize,
    /// Step in both directions.
    pub stride: usize,
}

impl ElasticConvConfig<'_> {
    /// Makes the layer with fresh weights by fan-in: variance `2 / (kernel^2 * inputs)` of the largest choice.
    pub(super) fn init(self, weights: &mut WeightInit) -> ElasticConv {
        let kernel = ElasticKernel::new(self.kernels, weights);
        let largest = kernel.largest;
        let variance = 2.0 / (largest * largest * self.inputs) as f64;
        let weight = weights.normal([largest, largest, self.inputs, self.outputs], variance);
        ElasticConv { weight, kernel, stride: self.stride }
    }
}

/// Dense convolution with elastic kernel, inputs and outputs.
#[derive(Module, Debug)]
pub(crate) struct ElasticConv {
    /// Full `[largest kernel, largest kernel, most inputs, most outputs]`, sliced `[kernel, kernel, inputs, outputs]`.
    weight: Param<Tensor<4>>,
    kernel: ElasticKernel,
    stride: usize,
}

impl ElasticConv {
    /// Convolves `x[batch, height, width, inputs]` with kernels of side `side`. Output
    /// `[batch, ceil(height / stride), ceil(width / stride), outputs]`.
    pub(super) fn forward(&self, x: FeatureMap, side: usize, outputs: usize, numerics: &mut Numerics) -> FeatureMap {
        let ([.., inputs], grid, largest) = (x.dims(), x.grid(), self.kernel.largest);
        let weight = kernels::leading(self.weight.val(), [largest, largest, inputs, outputs]);
        let flat = weight.reshape([largest, largest, inputs * outputs]);
        let w = numerics.weights(self.kernel.shrink(flat, side).reshape([side, side, inputs, outputs]));
        let steps = w.sum_steps(grid);
        kernels::convolution(x, w.values, self.stride).summed_in(steps)
    }
}

/// Config of an [`ElasticLinear`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElasticLinearConfig {
    /// Inputs of the largest choice: all values of an image.
    pub inputs: usize,
    /// Outputs of the largest choice.
    pub outputs: usize,
}

impl ElasticLinearConfig {
    /// Makes the layer with fresh weights of variance `1 / inputs` and bias 0.
    pub(super) fn init(self, weights: &mut WeightInit) -> ElasticLinear {
        let Self { inputs, outputs } = self;
        ElasticLinear {
            weight: weights.normal([inputs, outputs], 1.0 / inputs as f64),
            bias: weights.constant([outputs], 0.0),
        }
    }
}

/// Fully connected layer with elastic inputs and outputs.
#[derive(Module, Debug)]
pub(crate) struct ElasticLinear {
    /// Full `[most inputs, most outputs]`, sliced `[inputs, outputs]`.
    weight: Param<Tensor<2>>,
    /// Full `[most outputs]`, sliced `[outputs]`.
    bias: Param<Tensor<1>>,
}

impl ElasticLinear {
    /// Maps all values of each image of `x[batch, height, width, channels]` to `[batch, 1, 1, outputs]`.
    pub(super) fn forward(&self, x: FeatureMap, outputs: usize, numerics: &mut Numerics) -> FeatureMap {
        let ([batch, height, width, channels], grid) = (x.dims(), x.grid());
        let inputs = height * width * channels;
        let w: LayerWeights<2> = numerics.weights(kernels::leading(self.weight.val(), [inputs, outputs]));
        let bias = numerics.bias(kernels::leading(self.bias.val(), [outputs]), w.sum_steps(grid));
        let y = kernels::product(x.tensor().reshape([batch, inputs]), w.values) + bias.unsqueeze();
        numerics.activation(y.reshape([batch, 1, 1, outputs]).into())
    }
}
