//! Runs a deployment graph: in single precision, or with integers as a chip does.
//!
//! Products of codes are summed in 32-bit integers, zeros taken off before; the bias is added, and the sum times the
//! step of its channel is rounded to the grid of the output, ties to even. Other operators compute with the values that
//! codes stand for. This is the meaning that ONNX gives to `QuantizeLinear` and `DequantizeLinear`.

use super::arithmetic::{self, WindowShapes};
use super::error::DeployError;
use super::graph::{
    Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphActivation, GraphOperator, GraphTensor,
    ViewFusion,
};
use super::values::TensorValues;
use crate::kernels::CodeGrid;
use crate::network::Pooling;

impl DeploymentGraph {
    /// Result for one object: its input holds all images of it, as many as the graph's input says; with a fusion
    /// other than by concatenation, fewer will do.
    ///
    /// # Errors
    /// The input is not a whole number of images.
    pub fn run(&self, input: TensorValues) -> Result<TensorValues, DeployError> {
        let tensors = self.run_all(input)?;
        Ok(tensors.into_iter().next_back().expect("the input at least is there"))
    }

    /// As [`Self::run`] with the images of some views, ascending. A concatenation has zeros for the others, which is
    /// what leaving them out of its sums means.
    ///
    /// # Errors
    /// The input does not hold one image for each of the views, or there is no such view.
    pub fn run_views(&self, input: TensorValues, views: &[usize]) -> Result<TensorValues, DeployError> {
        let wanted = views.len() * self.input.shape.elements() as usize;
        let are_there = views.is_sorted() && views.last().is_some_and(|&last| last < self.input.images);
        if input.len() != wanted || !are_there {
            return Err(DeployError::Input { graph: self.name.clone(), wanted, found: input.len() });
        }
        let tensors = self.run_nodes(input, views);
        Ok(tensors.into_iter().next_back().expect("the input at least is there"))
    }

    /// As [`Self::run`], with every tensor from the input on.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub fn run_all(&self, input: TensorValues) -> Result<Vec<TensorValues>, DeployError> {
        let image = self.input.shape.elements() as usize;
        let concatenated =
            self.nodes.iter().any(|node| matches!(node.operator, GraphOperator::FuseViews(ViewFusion::Concat)));
        let images = input.len() / image.max(1);
        let enough = if concatenated { images == self.input.images } else { images > 0 };
        if !input.len().is_multiple_of(image.max(1)) || !enough {
            let (wanted, found) = (image * self.input.images, input.len());
            return Err(DeployError::Input { graph: self.name.clone(), wanted, found });
        }
        Ok(self.run_nodes(input, &(0..images).collect::<Vec<_>>()))
    }

    /// All tensors from an input on that holds images of these views.
    fn run_nodes(&self, input: TensorValues, views: &[usize]) -> Vec<TensorValues> {
        let mut tensors = vec![input];
        for node in &self.nodes {
            let made = self.node(node, &tensors, views);
            tensors.push(made);
        }
        tensors
    }

    fn node(&self, node: &DeploymentNode, tensors: &[TensorValues], views: &[usize]) -> TensorValues {
        let DeploymentNode { operator, inputs, output } = node;
        let from = self.tensor(inputs[0]);
        let x = &tensors[inputs[0]];
        let grid = output.grid;
        let values = |at: usize| tensors[inputs[at]].values(self.tensor(inputs[at]).grid);
        let computed = match operator {
            GraphOperator::Requantise => values(0),
            GraphOperator::Convolution(convolution) => run_convolution(convolution, x, from, output),
            GraphOperator::Pool { pooling, window } => {
                let shapes = WindowShapes { input: from.shape, output: output.shape, window: *window, groups: 1 };
                let image = from.shape.elements() as usize;
                values(0).chunks_exact(image).flat_map(|x| arithmetic::pool(x, &shapes, *pooling)).collect()
            }
            GraphOperator::GlobalPool(pooling) => {
                arithmetic::reduce_runs(&values(0), from.shape.positions() as usize, *pooling)
            }
            GraphOperator::Add { activation } => {
                values(0).iter().zip(values(1)).map(|(a, b)| activated(a + b, *activation)).collect()
            }
            GraphOperator::Scale => {
                let (x, factors) = (values(0), values(1));
                let positions = from.shape.positions() as usize;
                x.iter().enumerate().map(|(at, x)| x * factors[at / positions]).collect()
            }
            GraphOperator::FuseViews(fusion) => fused(fusion, &values(0), from, output, views),
        };
        TensorValues::on_grid(computed, grid)
    }
}

fn activated(x: f32, activation: Option<GraphActivation>) -> f32 {
    activation.map_or(x, |activation| activation.apply(x))
}

/// Values of a convolution's output, before they are rounded.
fn run_convolution(convolution: &Convolution, x: &TensorValues, from: &GraphTensor, output: &GraphTensor) -> Vec<f32> {
    let Convolution { window, groups, weights, activation } = convolution;
    let shapes = WindowShapes { input: from.shape, output: output.shape, window: *window, groups: *groups };
    let (image, plane) = (from.shape.elements() as usize, output.shape.positions() as usize);
    match weights {
        ConvolutionWeights::Integer { codes, steps, bias } => {
            let grid = from.grid.unwrap_or(CodeGrid::covering(0.0, 255.0, 8));
            let zero = i32::from(grid.zero_code());
            let x: Vec<i32> = x.codes(grid).into_iter().map(|code| i32::from(code) - zero).collect();
            let weights: Vec<i32> = codes.iter().map(|&code| code.into()).collect();
            let sums = x.chunks_exact(image).flat_map(|x| arithmetic::convolve(x, &weights, &shapes));
            let value = |(at, sum): (usize, i32)| {
                let channel = at / plane % bias.len();
                activated(sum.saturating_add(bias[channel]) as f32 * (grid.step() * steps[channel]), *activation)
            };
            sums.enumerate().map(value).collect()
        }
        ConvolutionWeights::Float { weights, bias } => {
            let x = x.values(from.grid);
            let sums = x.chunks_exact(image).flat_map(|x| arithmetic::convolve(x, weights, &shapes));
            let value = |(at, sum): (usize, f32)| activated(sum + bias[at / plane % bias.len()], *activation);
            sums.enumerate().map(value).collect()
        }
    }
}

/// Images of some views, each at the place of its view, and zeros for the others.
fn in_place(x: &[f32], from: &GraphTensor, views: &[usize]) -> Vec<f32> {
    let size = from.shape.elements() as usize;
    let mut all = vec![0.0; size * from.images];
    for (image, &view) in x.chunks_exact(size).zip(views) {
        all[view * size..][..size].copy_from_slice(image);
    }
    all
}

/// One tensor of the images of some views.
fn fused(fusion: &ViewFusion, x: &[f32], from: &GraphTensor, output: &GraphTensor, views: &[usize]) -> Vec<f32> {
    let images = views.len();
    match fusion {
        ViewFusion::Max => arithmetic::reduce_images(x, images, Pooling::Max),
        ViewFusion::Mean => arithmetic::reduce_images(x, images, Pooling::Average),
        ViewFusion::Mix(share) => {
            let means = arithmetic::reduce_images(x, images, Pooling::Average);
            let largest = arithmetic::reduce_images(x, images, Pooling::Max);
            let positions = output.shape.positions() as usize;
            let mixed = means.iter().zip(largest).enumerate();
            mixed.map(|(at, (mean, largest))| mean + (largest - mean) * share[at / positions]).collect()
        }
        ViewFusion::Concat => in_place(x, from, views),
    }
}
