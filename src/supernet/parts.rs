//! Parts of one calibrated network: what its layers multiply with, add, and round to.

use burn::tensor::Tensor;

use crate::kernels::CodeGrid;

/// Part of a network, as a recorded pass meets it. A layer with weights leaves these in order: weights, scale of its
/// batch norm, bias, grid of its output; those that it does not have are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum NetworkPart {
    /// Weights of a layer, before batch norm is folded into them.
    Weights(LayerValues),
    /// Factor `[outputs]` of a batch norm.
    Scale(Vec<f32>),
    /// Bias `[outputs]`, that of a folded batch norm too.
    Bias(Vec<f32>),
    /// Grid that a tensor is rounded to, in a network of integers.
    Grid(CodeGrid),
    /// Share of the maximum `[channels]` where views are mixed.
    Share(Vec<f32>),
}

/// Weights of a layer; the last axis of the shape is that of its outputs: `[inputs, outputs]`,
/// `[height, width, inputs, outputs]`, or `[height, width, channels]` if depthwise.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerValues {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// The values, on their grid if they are rounded.
    pub values: Vec<f32>,
    /// Steps `[outputs]` that they were rounded to.
    pub steps: Option<Vec<f32>>,
}

impl LayerValues {
    pub(super) fn of<const D: usize>(weights: &Tensor<D>, steps: Option<&Tensor<1>>) -> Self {
        Self { shape: weights.dims().to_vec(), values: values(weights), steps: steps.map(values) }
    }
}

/// The values of a tensor in order.
pub(super) fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.clone().into_data().try_into_vec::<f32>().expect("parts of networks are f32")
}
