//! Deployment graphs: one half of a design as plain operators on tensors `[channels, height, width]`.

use serde::{Deserialize, Serialize};

use crate::kernels::CodeGrid;
use crate::network::{Pooling, Shape, SlidingWindow, TensorId};

/// Most elements of one image of a tensor.
const MOST_ELEMENTS: u64 = 1 << 28;

/// One half of a design: operators in running order, as plain data. Tensor 0 is the input, `i + 1` the output of node
/// `i`, and the last one the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentGraph {
    /// Name: `sensor` or `aggregator`.
    pub name: String,
    /// Tensor that is read.
    pub input: GraphTensor,
    /// Nodes in running order; each reads only tensors made before it.
    pub nodes: Vec<DeploymentNode>,
}

/// A tensor of a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphTensor {
    /// Name, unique in the graph.
    pub name: String,
    /// Images that an object has of it: the views before they are fused on the aggregator, else 1.
    pub images: usize,
    /// Shape of one image.
    pub shape: Shape,
    /// Grid of its codes; `None` if it holds single-precision values.
    pub grid: Option<CodeGrid>,
}

/// An operator with the tensors that it reads and the one that it makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentNode {
    /// Operator.
    pub operator: GraphOperator,
    /// Tensors that it reads.
    pub inputs: Vec<TensorId>,
    /// Tensor that it makes.
    pub output: GraphTensor,
}

/// Operator of a deployment graph. On codes it computes with the values that they stand for, and rounds the result to
/// the grid of its output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GraphOperator {
    /// The tensor itself: rounded to the grid of the output, or read as values where that has none.
    Requantise,
    /// Convolution with a folded batch norm; a fully connected layer is one over the whole map.
    Convolution(Convolution),
    /// Pooling over windows. A mean counts the padding as zeros; a maximum leaves it out.
    Pool {
        /// Reduction of a window.
        pooling: Pooling,
        /// The window.
        window: SlidingWindow,
    },
    /// Mean or maximum over all positions.
    GlobalPool(Pooling),
    /// Sum of two tensors.
    Add {
        /// Function of the sum.
        activation: Option<GraphActivation>,
    },
    /// Product of a tensor with one factor for each channel.
    Scale,
    /// One tensor of those of all views.
    FuseViews(ViewFusion),
}

/// Function of the values that a node computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GraphActivation {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x * relu6(x + 3) / 6`.
    HardSwish,
    /// `x * sigmoid(x)`.
    Swish,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
}

/// Rule that fuses the views.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ViewFusion {
    /// Largest value.
    Max,
    /// Mean.
    Mean,
    /// Mean, and this share `[channels]` of the distance from it to the largest value.
    Mix(#[serde(skip)] Vec<f32>),
    /// Channels of all views, one view after the other.
    Concat,
}

/// A convolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convolution {
    /// Window that slides over the input.
    pub window: SlidingWindow,
    /// Groups of channels.
    pub groups: u32,
    /// Weights and biases.
    pub weights: ConvolutionWeights,
    /// Function of the sums.
    pub activation: Option<GraphActivation>,
}

/// Weights `[outputs, inputs / groups, height, width]` and biases `[outputs]` of a convolution. Numbers are not
/// serialised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ConvolutionWeights {
    /// In single precision.
    Float {
        /// Weights.
        #[serde(skip)]
        weights: Vec<f32>,
        /// Biases.
        #[serde(skip)]
        bias: Vec<f32>,
    },
    /// Integers of 8 bits, with biases of 32 in steps of the sum.
    Integer {
        /// Codes of the weights, -127 to 127.
        #[serde(skip)]
        codes: Vec<i8>,
        /// Value of a weight's 1, for each output.
        #[serde(skip)]
        steps: Vec<f32>,
        /// Biases; a 1 is the step of the weights times that of the input.
        #[serde(skip)]
        bias: Vec<i32>,
    },
}

impl DeploymentGraph {
    /// A tensor by its number.
    pub fn tensor(&self, id: TensorId) -> &GraphTensor {
        if id == 0 { &self.input } else { &self.nodes[id - 1].output }
    }

    /// The result.
    pub fn output(&self) -> &GraphTensor {
        self.tensor(self.nodes.len())
    }

    /// Bytes of weights and biases of integers, or of single precision.
    pub fn weight_bytes(&self) -> usize {
        let bytes = |node: &DeploymentNode| match &node.operator {
            GraphOperator::Convolution(Convolution { weights, .. }) => match weights {
                ConvolutionWeights::Float { weights, bias } => 4 * (weights.len() + bias.len()),
                ConvolutionWeights::Integer { codes, bias, .. } => codes.len() + 4 * bias.len(),
            },
            _ => 0,
        };
        self.nodes.iter().map(bytes).sum()
    }
}

impl DeploymentGraph {
    /// Checks that nodes read only what was made before them, and that shapes follow from each other, so that the graph
    /// can be run.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let fits = |shape: Shape| (1..=MOST_ELEMENTS).contains(&shape.elements());
        if !fits(self.input.shape) || self.input.images == 0 {
            return Err(format!("the input of {} is empty or too large", self.name));
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let wrong = || format!("node {} of {} does not fit what it reads", node.output.name, self.name);
            let two = matches!(node.operator, GraphOperator::Add { .. } | GraphOperator::Scale);
            if node.inputs.len() != 1 + usize::from(two) || node.inputs.iter().any(|&input| input > at) {
                return Err(wrong());
            }
            let from = self.tensor(node.inputs[0]);
            let wanted = match &node.operator {
                GraphOperator::Convolution(Convolution { window, groups, .. }) => {
                    let divides = |channels: u32| *groups > 0 && channels.is_multiple_of(*groups);
                    let both = divides(from.shape.channels) && divides(node.output.shape.channels);
                    if both { window.output(from.shape, node.output.shape.channels) } else { None }
                }
                GraphOperator::Pool { window, .. } => window.output(from.shape, from.shape.channels),
                GraphOperator::GlobalPool(_) => Some(Shape::new(from.shape.channels, 1, 1)),
                GraphOperator::FuseViews(ViewFusion::Concat) => {
                    let channels =
                        u32::try_from(from.images).ok().and_then(|views| views.checked_mul(from.shape.channels));
                    channels.map(|channels| Shape { channels, ..from.shape })
                }
                GraphOperator::Requantise
                | GraphOperator::Add { .. }
                | GraphOperator::Scale
                | GraphOperator::FuseViews(_) => Some(from.shape),
            };
            let other = node.inputs.get(1).map(|&other| self.tensor(other).shape);
            let pair = match node.operator {
                GraphOperator::Add { .. } => other == Some(from.shape),
                GraphOperator::Scale => other == Some(Shape::new(from.shape.channels, 1, 1)),
                _ => true,
            };
            let images = if matches!(node.operator, GraphOperator::FuseViews(_)) { 1 } else { from.images };
            if wanted != Some(node.output.shape) || !fits(node.output.shape) || !pair || node.output.images != images {
                return Err(wrong());
            }
        }
        Ok(())
    }
}

impl Convolution {
    /// Shape `[outputs, inputs / groups, height, width]` of the weights, at a node.
    pub fn weight_shape(&self, graph: &DeploymentGraph, node: &DeploymentNode) -> [usize; 4] {
        let inputs = graph.tensor(node.inputs[0]).shape.channels / self.groups.max(1);
        let [height, width] = self.window.kernel;
        [node.output.shape.channels, inputs, height, width].map(|length| length as usize)
    }

    /// Returns `true` if each output channel reads exactly one input channel.
    pub fn is_depthwise(&self, inputs: u32) -> bool {
        self.groups > 1 && self.groups == inputs
    }
}

impl GraphActivation {
    /// The function.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Relu => x.max(0.0),
            Self::Relu6 => x.clamp(0.0, 6.0),
            Self::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Self::Swish => x / (1.0 + (-x).exp()),
            Self::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        }
    }
}
