//! Assembles the two halves of a design from its network and the parts of a calibrated pass.
//!
//! The network says which layers there are and what they read; the parts, in the order in which the layers ran, say
//! what they multiply with and round to. Batch norm is folded: its factor into the weights, its shift into the bias.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::error::DeployError;
use super::graph::{
    Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphActivation, GraphOperator, GraphTensor,
    ViewFusion,
};
use super::link::LinkCodes;
use crate::kernels::CodeGrid;
use crate::network::{Activation, Layer, Network, Op, Pooling, Shape, SlidingWindow, TensorId};
use crate::space::{FusionOperator, PLAIN_BITS};
use crate::supernet::{LayerValues, NetworkPart, Route};

/// Largest bias, in steps of the sum: half of what 32 bits hold, so that the sum stays within them too.
const LARGEST_BIAS: f64 = 1_073_741_824.0;

/// Network, route and parts of a design.
pub(super) struct DesignParts<'a> {
    /// Its layers.
    pub network: &'a Network,
    /// Its blocks and boundaries.
    pub route: &'a Route,
    /// Parts of its calibrated pass.
    pub parts: Vec<NetworkPart>,
    /// Numbers of its layers are integers.
    pub integers: bool,
    /// Cameras.
    pub views: usize,
}

/// The two halves and what crosses the link between them.
pub(super) struct Halves {
    pub sensor: DeploymentGraph,
    pub aggregator: DeploymentGraph,
    pub codes: LinkCodes,
}

impl DesignParts<'_> {
    /// Assembles both halves.
    ///
    /// # Errors
    /// The network lacks the split, or its layers don't fit the parts.
    pub(super) fn halves(self) -> Result<Halves, DeployError> {
        let Self { network, route, parts, integers, views } = self;
        let input = GraphTensor { name: "image".into(), images: 1, shape: network.input, grid: None };
        let mut assembler = Assembler {
            network,
            route,
            parts: parts.into_iter().peekable(),
            integers,
            views,
            graph: DeploymentGraph { name: "sensor".into(), input, nodes: Vec::new() },
            made: vec![0],
        };
        assembler.input()?;
        let mut sent = None;
        for (position, boundary) in network.boundaries.iter().enumerate() {
            while assembler.made.len() <= boundary.layers {
                assembler.layer(&network.layers[assembler.made.len() - 1], position)?;
            }
            if boundary.id == route.stitch {
                sent = Some(assembler.cut(boundary.tensor)?);
            }
            if boundary.id == route.fusion && views > 1 && position > 0 {
                assembler.fuse(boundary.tensor)?;
            }
        }
        let (sensor, codes) = sent.ok_or_else(|| DeployError::Split("this design".into()))?;
        assembler.end()?;
        Ok(Halves { sensor, aggregator: assembler.graph, codes })
    }
}

/// Graph under construction.
struct Assembler<'a> {
    network: &'a Network,
    route: &'a Route,
    parts: Peekable<IntoIter<NetworkPart>>,
    integers: bool,
    views: usize,
    graph: DeploymentGraph,
    /// Tensor of the graph for each tensor of the network so far.
    made: Vec<TensorId>,
}

impl Assembler<'_> {
    /// Adds a node that makes a tensor like `like`, with this name, shape and grid.
    fn add(&mut self, operator: GraphOperator, inputs: Vec<TensorId>, output: GraphTensor) -> TensorId {
        self.graph.nodes.push(DeploymentNode { operator, inputs, output });
        self.graph.nodes.len()
    }

    /// A tensor of the same number of images as another.
    fn beside(&self, other: TensorId, name: &str, shape: Shape, grid: Option<CodeGrid>) -> GraphTensor {
        GraphTensor { name: name.to_owned(), images: self.graph.tensor(other).images, shape, grid }
    }

    /// The network's input, rounded in a network of integers.
    fn input(&mut self) -> Result<(), DeployError> {
        if self.integers {
            let grid = self.grid("image")?;
            let output = self.beside(0, "image.codes", self.network.input, Some(grid));
            self.made[0] = self.add(GraphOperator::Requantise, vec![0], output);
        }
        Ok(())
    }

    /// Adds a layer of the network; `position` is that of the boundary behind its block.
    fn layer(&mut self, layer: &Layer, position: usize) -> Result<(), DeployError> {
        let inputs: Vec<TensorId> = layer.inputs.iter().map(|&tensor| self.made[tensor]).collect();
        let from = inputs[0];
        let known = self.graph.tensor(from).grid;
        let name = &layer.name;
        let made = match layer.op {
            Op::Conv { window, groups } => {
                let activation = layer.activation.map(GraphActivation::of).or_else(|| self.excitation(name));
                self.convolution(name, from, layer.output, window, groups, activation)?
            }
            Op::Linear => {
                let Shape { height, width, .. } = layer.input;
                let window = SlidingWindow { kernel: [height, width], ..SlidingWindow::same(1, 1) };
                self.convolution(name, from, layer.output, window, 1, None)?
            }
            Op::Pool { pooling, window } => {
                let grid = self.pooled(pooling, known, name)?;
                let output = self.beside(from, name, layer.output, grid);
                self.add(GraphOperator::Pool { pooling, window }, inputs, output)
            }
            Op::GlobalPool => {
                let pooling = self.pooling(layer, position);
                let grid = self.pooled(pooling, known, name)?;
                let output = self.beside(from, name, layer.output, grid);
                self.add(GraphOperator::GlobalPool(pooling), inputs, output)
            }
            Op::Add => {
                let grid = self.written(name)?;
                let output = self.beside(from, name, layer.output, grid);
                self.add(GraphOperator::Add { activation: layer.activation.map(GraphActivation::of) }, inputs, output)
            }
            Op::Scale => {
                let grid = self.written(name)?;
                let output = self.beside(from, name, layer.output, grid);
                self.add(GraphOperator::Scale, inputs, output)
            }
            Op::MatMul { .. } | Op::Elements(_) => {
                return Err(unexpected(name, "its operator is not one of a supernet"));
            }
        };
        self.made.push(made);
        Ok(())
    }

    /// Activation of the two convolutions of a squeeze-excite, which the network's layers don't name.
    fn excitation(&self, name: &str) -> Option<GraphActivation> {
        let layers = &self.network.layers;
        let reader = |name: &str| {
            let tensor = layers.iter().position(|layer| layer.name == name)? + 1;
            layers.iter().find(|layer| layer.inputs.contains(&tensor))
        };
        let next = reader(name)?;
        if next.op == Op::Scale {
            return Some(GraphActivation::HardSigmoid);
        }
        let scaled = matches!(next.op, Op::Conv { .. }) && reader(&next.name).is_some_and(|last| last.op == Op::Scale);
        scaled.then_some(GraphActivation::Relu)
    }

    /// Reduction of a global pool: that of its block, or the mean of a squeeze-excite.
    fn pooling(&self, layer: &Layer, position: usize) -> Pooling {
        let boundary = &self.network.boundaries[position];
        let last = self.network.layers[boundary.layers - 1].name == layer.name;
        let mut steps = self.route.steps.iter();
        match steps.find(|step| step.boundary == boundary.id) {
            Some(step) if last => step.pooling,
            _ => Pooling::Average,
        }
    }

    /// Grid behind a pooling: a maximum keeps that of its input.
    fn pooled(
        &mut self,
        pooling: Pooling,
        known: Option<CodeGrid>,
        name: &str,
    ) -> Result<Option<CodeGrid>, DeployError> {
        if pooling == Pooling::Max { Ok(known) } else { self.written(name) }
    }

    /// Adds a convolution of the weights that come next.
    #[allow(clippy::too_many_arguments, reason = "each is a size of the layer")]
    fn convolution(
        &mut self,
        name: &str,
        from: TensorId,
        output: Shape,
        window: SlidingWindow,
        groups: u32,
        activation: Option<GraphActivation>,
    ) -> Result<TensorId, DeployError> {
        let input = self.graph.tensor(from).clone();
        let Some(NetworkPart::Weights(layer)) = self.parts.next() else {
            return Err(unexpected(name, "it has no weights"));
        };
        let scale = match self.parts.next_if(|part| matches!(part, NetworkPart::Scale(_))) {
            Some(NetworkPart::Scale(scale)) => scale,
            _ => vec![1.0; output.channels as usize],
        };
        let bias = match self.parts.next_if(|part| matches!(part, NetworkPart::Bias(_))) {
            Some(NetworkPart::Bias(bias)) => bias,
            _ => vec![0.0; output.channels as usize],
        };
        let inputs = input.shape.channels as usize / groups as usize;
        let [height, width] = window.kernel.map(|side| side as usize);
        let outputs = output.channels as usize;
        let wanted = outputs * inputs * height * width;
        if layer.values.len() != wanted || scale.len() != outputs || bias.len() != outputs {
            let found = &layer.shape;
            return Err(unexpected(
                name,
                &format!("weights {found:?} are not [{outputs}, {inputs}, {height}, {width}]"),
            ));
        }
        let weights = match (input.grid, &layer.steps) {
            (Some(grid), Some(steps)) => integers(&layer, inputs, steps, grid, &scale, &bias),
            _ => floats(&layer, inputs, &scale, bias),
        };
        let grid = self.written(name)?;
        let output = self.beside(from, name, output, grid);
        let operator = GraphOperator::Convolution(Convolution { window, groups, weights, activation });
        Ok(self.add(operator, vec![from], output))
    }

    /// Ends the sensor half behind a tensor of the network, and begins the aggregator.
    fn cut(&mut self, tensor: TensorId) -> Result<(DeploymentGraph, LinkCodes), DeployError> {
        let crossing = self.route.crossing(self.route.stitch);
        let mut from = self.made[tensor];
        let wide = self.graph.tensor(from).shape;
        let bits = crossing.and_then(|crossing| crossing.bits).unwrap_or(PLAIN_BITS);
        let ratio = crossing.map_or(1, |crossing| crossing.ratio);
        let point = SlidingWindow::same(1, 1);
        if ratio > 1 {
            let narrow = Shape { channels: wide.channels.div_ceil(ratio as u32), ..wide };
            from = self.convolution("split/reduce", from, narrow, point, 1, None)?;
        } else if crossing.is_some() && self.integers && !self.is_sent_as_it_is(from, bits) {
            let grid = self.grid("split/link")?;
            let output = self.beside(from, "split/link", wide, Some(grid));
            from = self.add(GraphOperator::Requantise, vec![from], output);
        }
        let sent = self.graph.tensor(from).clone();
        let codes = match (sent.grid, crossing) {
            (Some(grid), _) => LinkCodes::Static(grid),
            (None, Some(_)) => LinkCodes::OwnRange,
            (None, None) => LinkCodes::Plain,
        };
        let input = GraphTensor { name: "codes".into(), images: self.views, ..sent };
        let aggregator = DeploymentGraph { name: "aggregator".into(), input, nodes: Vec::new() };
        let sensor = std::mem::replace(&mut self.graph, aggregator);
        self.made.fill(0);
        if ratio > 1 {
            self.made[tensor] = self.convolution("split/recover", 0, wide, point, 1, None)?;
        }
        Ok((sensor, codes))
    }

    /// Returns `true` if the codes of a tensor in memory are those of the link.
    fn is_sent_as_it_is(&self, tensor: TensorId, bits: u8) -> bool {
        let last = self.graph.tensor(tensor).grid.map(|grid| grid.last_code());
        bits == PLAIN_BITS && last == Some(u16::from(u8::MAX))
    }

    /// Fuses the views of a tensor of the network.
    fn fuse(&mut self, tensor: TensorId) -> Result<(), DeployError> {
        let from = self.made[tensor];
        let GraphTensor { shape, grid, .. } = *self.graph.tensor(from);
        let logits = self.route.fusion == self.route.last;
        let operator = if logits { FusionOperator::Mean } else { self.route.operator };
        let (fusion, grid, shape) = match operator {
            FusionOperator::Max => (ViewFusion::Max, grid, shape),
            FusionOperator::Mean if logits => (ViewFusion::Mean, None, shape),
            FusionOperator::Mean => (ViewFusion::Mean, self.written("fusion")?, shape),
            FusionOperator::Mix => {
                let Some(NetworkPart::Share(share)) = self.parts.next() else {
                    return Err(unexpected("fusion", "it has no shares"));
                };
                (ViewFusion::Mix(share), self.written("fusion")?, shape)
            }
            FusionOperator::Concat => {
                let channels = shape.channels * self.views as u32;
                (ViewFusion::Concat, grid, Shape { channels, ..shape })
            }
        };
        let concatenated = fusion == ViewFusion::Concat;
        let name = if concatenated { "views/joined" } else { "views/fused" };
        let output = GraphTensor { name: name.into(), images: 1, shape, grid };
        let mut fused = self.add(GraphOperator::FuseViews(fusion), vec![from], output);
        if concatenated {
            let narrow = Shape { channels: shape.channels / self.views as u32, ..shape };
            fused = self.convolution("views/fused", fused, narrow, SlidingWindow::same(1, 1), 1, None)?;
        }
        self.made[tensor] = fused;
        Ok(())
    }

    /// Ends the aggregator with logits in single precision.
    fn end(&mut self) -> Result<(), DeployError> {
        if self.parts.next().is_some() {
            return Err(unexpected("logits", "parts are left over"));
        }
        let last = self.graph.nodes.len();
        if last == 0 || self.graph.output().grid.is_some() {
            let output = GraphTensor { name: "logits.values".into(), grid: None, ..self.graph.output().clone() };
            self.add(GraphOperator::Requantise, vec![last], output);
        }
        Ok(())
    }

    /// Grid of a tensor that is written to memory; `None` in single precision.
    fn written(&mut self, name: &str) -> Result<Option<CodeGrid>, DeployError> {
        if self.integers { self.grid(name).map(Some) } else { Ok(None) }
    }

    fn grid(&mut self, name: &str) -> Result<CodeGrid, DeployError> {
        match self.parts.next() {
            Some(NetworkPart::Grid(grid)) => Ok(grid),
            _ => Err(unexpected(name, "its output has no range")),
        }
    }
}

/// Weights `[outputs, inputs, height, width]` of a layer, whose own last axis is that of the outputs.
fn transposed(layer: &LayerValues, inputs: usize) -> Vec<f32> {
    let outputs = layer.shape[layer.shape.len() - 1];
    let positions = layer.values.len() / outputs / inputs;
    let mut weights = Vec::with_capacity(layer.values.len());
    for output in 0..outputs {
        for input in 0..inputs {
            weights.extend((0..positions).map(|at| layer.values[(at * inputs + input) * outputs + output]));
        }
    }
    weights
}

fn floats(layer: &LayerValues, inputs: usize, scale: &[f32], bias: Vec<f32>) -> ConvolutionWeights {
    let mut weights = transposed(layer, inputs);
    let filter = weights.len() / scale.len();
    for (filter, scale) in weights.chunks_exact_mut(filter).zip(scale) {
        for weight in filter {
            *weight *= scale;
        }
    }
    ConvolutionWeights::Float { weights, bias }
}

/// Codes of weights on a grid of `steps`, with a batch norm's factor folded into the steps. A channel whose bias would
/// not fit gets a larger step.
fn integers(
    layer: &LayerValues,
    inputs: usize,
    steps: &[f32],
    input: CodeGrid,
    scale: &[f32],
    bias: &[f32],
) -> ConvolutionWeights {
    let weights = transposed(layer, inputs);
    let filter = weights.len() / scale.len();
    let (mut codes, mut folded, mut whole) = (Vec::with_capacity(weights.len()), Vec::new(), Vec::new());
    for (channel, filter) in weights.chunks_exact(filter).enumerate() {
        let own = f64::from(steps[channel]) * f64::from(scale[channel]);
        let least = f64::from(bias[channel].abs()) / (LARGEST_BIAS * f64::from(input.step()));
        let step = own.abs().max(least).max(f64::from(f32::MIN_POSITIVE)) as f32;
        let factor = own / f64::from(step);
        codes.extend(filter.iter().map(|&weight| {
            let code = (weight / steps[channel]).round();
            (f64::from(code) * factor).round() as i8
        }));
        whole.push((f64::from(bias[channel]) / (f64::from(step) * f64::from(input.step()))).round() as i32);
        folded.push(step);
    }
    ConvolutionWeights::Integer { codes, steps: folded, bias: whole }
}

impl GraphActivation {
    /// The activation of a layer of a network.
    pub(super) fn of(activation: Activation) -> Self {
        match activation {
            Activation::Relu => Self::Relu,
            Activation::Relu6 => Self::Relu6,
            Activation::Swish => Self::Swish,
            Activation::HardSwish => Self::HardSwish,
        }
    }
}

fn unexpected(layer: &str, reason: &str) -> DeployError {
    DeployError::Layer { layer: layer.to_owned(), reason: reason.to_owned() }
}
