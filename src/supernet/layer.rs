//! Elastic layers: full weights of which smaller choices use a part.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, s};

use super::init::Weights;
use crate::kernels::{self, Maps};

/// 1x1 convolution whose leading inputs and outputs serve smaller widths.
#[derive(Module, Debug)]
pub struct ElasticPointwise {
    /// `[most inputs, most outputs]`
    pub(super) weight: Param<Tensor<2>>,
}

impl ElasticPointwise {
    /// Weights of the given variance.
    pub fn new(inputs: usize, outputs: usize, variance: f64, weights: &mut Weights) -> Self {
        Self { weight: weights.normal([inputs, outputs], variance) }
    }

    /// `x[batch, height, width, inputs]` to `outputs` channels, with the weight's leading `[inputs, outputs]`.
    pub fn forward(&self, x: impl Into<Maps>, outputs: usize) -> Maps {
        let x = x.into();
        let [.., inputs] = x.dims();
        kernels::pointwise(x, self.weight.val().slice(s![0..inputs, 0..outputs]))
    }
}

/// Smaller kernels out of a larger one: its centre, passed through a learned transform that all channels share and that
/// starts as the identity (Once-for-all, Cai et al., 2020).
#[derive(Module, Debug)]
struct ElasticKernel {
    /// For each smaller kernel k, largest first: `[k * k, k * k]`
    transforms: Vec<Param<Tensor<2>>>,
    smaller: Vec<usize>,
    largest: usize,
}

impl ElasticKernel {
    /// Kernels ascend.
    fn new(kernels: &[u32], weights: &Weights) -> Self {
        let mut smaller: Vec<usize> = kernels.iter().rev().map(|&side| side as usize).collect();
        let largest = smaller.remove(0);
        Self { transforms: smaller.iter().map(|side| weights.identity(side * side)).collect(), smaller, largest }
    }

    /// `weight[largest, largest, n]` to `[side, side, n]`
    fn shrink(&self, mut weight: Tensor<3>, side: usize) -> Tensor<3> {
        let [.., columns] = weight.dims();
        let mut current = self.largest;
        for (&smaller, transform) in self.smaller.iter().zip(&self.transforms) {
            if current == side {
                break;
            }
            let margin = (current - smaller) / 2;
            let centre = weight.slice(s![margin..margin + smaller, margin..margin + smaller, ..]);
            let flat = centre.reshape([smaller * smaller, columns]);
            weight = transform.val().matmul(flat).reshape([smaller, smaller, columns]);
            current = smaller;
        }
        weight
    }
}

/// Depthwise convolution with elastic kernel and channels.
#[derive(Module, Debug)]
pub struct ElasticDepthwise {
    /// `[largest kernel, largest kernel, most channels]`
    pub(super) weight: Param<Tensor<3>>,
    kernel: ElasticKernel,
    stride: usize,
}

impl ElasticDepthwise {
    /// Kernels ascend.
    pub fn new(kernels: &[u32], channels: usize, stride: usize, weights: &mut Weights) -> Self {
        let kernel = ElasticKernel::new(kernels, weights);
        let largest = kernel.largest;
        let weight = weights.normal([largest, largest, channels], 2.0 / (largest * largest) as f64);
        Self { weight, kernel, stride }
    }

    /// Filters `x[batch, height, width, channels]` with a kernel of the given side.
    pub fn forward(&self, x: Maps, side: usize) -> Maps {
        let [.., channels] = x.dims();
        let weight = self.weight.val().slice(s![.., .., 0..channels]);
        kernels::depthwise(x, self.kernel.shrink(weight, side), self.stride)
    }
}

/// Dense convolution with elastic kernel, inputs and outputs.
#[derive(Module, Debug)]
pub struct ElasticConvolution {
    /// `[largest kernel, largest kernel, most inputs, most outputs]`
    weight: Param<Tensor<4>>,
    kernel: ElasticKernel,
    stride: usize,
}

impl ElasticConvolution {
    /// Weights by fan-in. Kernels ascend.
    pub fn new(kernels: &[u32], inputs: usize, outputs: usize, stride: usize, weights: &mut Weights) -> Self {
        let kernel = ElasticKernel::new(kernels, weights);
        let largest = kernel.largest;
        let variance = 2.0 / (largest * largest * inputs) as f64;
        Self { weight: weights.normal([largest, largest, inputs, outputs], variance), kernel, stride }
    }

    /// `x[batch, height, width, inputs]` to `outputs` channels.
    pub fn forward(&self, x: Maps, side: usize, outputs: usize) -> Maps {
        let ([.., inputs], largest) = (x.dims(), self.kernel.largest);
        let weight = self.weight.val().slice(s![.., .., 0..inputs, 0..outputs]);
        let flat = weight.reshape([largest, largest, inputs * outputs]);
        kernels::convolution(x, self.kernel.shrink(flat, side).reshape([side, side, inputs, outputs]), self.stride)
    }
}

/// Fully connected layer on `[objects, 1, 1, inputs]`.
#[derive(Module, Debug)]
pub struct ElasticLinear {
    /// `[most inputs, most outputs]`
    weight: Param<Tensor<2>>,
    /// `[most outputs]`
    bias: Param<Tensor<1>>,
}

impl ElasticLinear {
    /// Weights by fan-in with gain 1, bias 0.
    pub fn new(inputs: usize, outputs: usize, weights: &mut Weights) -> Self {
        Self { weight: weights.normal([inputs, outputs], 1.0 / inputs as f64), bias: weights.constant([outputs], 0.0) }
    }

    /// All values of an image are inputs.
    pub fn forward(&self, x: Tensor<4>, outputs: usize) -> Tensor<4> {
        let [batch, height, width, channels] = x.dims();
        let inputs = height * width * channels;
        let weight = self.weight.val().slice(s![0..inputs, 0..outputs]);
        let bias = self.bias.val().slice(s![0..outputs]);
        let y = x.reshape([batch, inputs]).matmul(weight) + bias.unsqueeze();
        y.reshape([batch, 1, 1, outputs])
    }
}
