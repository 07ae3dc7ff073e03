//! Writes a deployment graph of integers as a TFLite model.
//!
//! Input and output are codes: the image of the sensor half is rounded before. The format pads by rules of its own, and
//! where these put the padding elsewhere than the network does, a `PAD` comes before the layer. A mean over windows is
//! a depthwise convolution, as the format's own pooling keeps the scale of its input. A hard sigmoid is folded into its
//! convolution: a third of its argument's range is its own, and the rest saturates.

use super::model::{ModelOperator, ModelTensor, TensorScales, TfliteModel};
use super::schema::{
    ADD, CONV_2D, DEPTHWISE_CONV_2D, DEQUANTIZE, FieldValue, MAX_POOL_2D, MEAN, MINIMUM, MUL, OperatorCode, Options,
    PAD, PADV2, QUANTIZE, REDUCE_MAX, RESHAPE, TRANSPOSE, element,
};
use crate::deploy::error::DeployError;
use crate::deploy::graph::{
    Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphActivation, GraphOperator, GraphTensor,
    ViewFusion,
};
use crate::kernels::CodeGrid;
use crate::network::{Pooling, Shape, SlidingWindow};

/// Padding by the format's own rule, and none.
const SAME: i8 = 0;
const VALID: i8 = 1;
/// Difference of the signed codes in files from codes.
const SIGNED: i32 = 128;

/// Content of the file of a graph; `None` if nothing is left to run, as where the image itself is sent.
///
/// # Errors
/// The format lacks an operator of the graph, or the graph is one of single precision.
pub fn write(graph: &DeploymentGraph) -> Result<Option<Vec<u8>>, DeployError> {
    let mut writer = TfliteWriter {
        graph,
        model: TfliteModel { name: graph.name.clone(), ..TfliteModel::default() },
        made: Vec::new(),
    };
    writer.graph()?;
    Ok((!writer.model.operators.is_empty()).then(|| writer.model.content()))
}

struct TfliteWriter<'a> {
    graph: &'a DeploymentGraph,
    model: TfliteModel,
    /// Tensor of the model for each tensor of the graph.
    made: Vec<i32>,
}

impl TfliteWriter<'_> {
    fn graph(&mut self) -> Result<(), DeployError> {
        let graph = self.graph;
        let rounds_image = graph.input.grid.is_none();
        if rounds_image {
            // Codes are what the model reads, so its first node is left to whoever calls it.
            self.made.push(-1);
        } else {
            let input = self.tensor(&graph.input);
            self.made.push(input);
            self.model.input = input;
        }
        for (at, node) in graph.nodes.iter().enumerate() {
            let first = rounds_image && at == 0;
            if first {
                let (GraphOperator::Requantise, Some(_)) = (&node.operator, node.output.grid) else {
                    return Err(self.refused(node, "single precision"));
                };
            }
            let made = match (&node.operator, node.output.grid) {
                (GraphOperator::Requantise, Some(_)) if first => {
                    self.model.input = self.tensor(&node.output);
                    self.model.input
                }
                // Logits stay codes; whoever reads them knows their scale.
                (GraphOperator::Requantise, None) => self.made[node.inputs[0]],
                _ => self.node(node)?,
            };
            self.made.push(made);
        }
        self.model.output = *self.made.last().expect("the input at least is there");
        Ok(())
    }

    /// Adds the operators of a node, and returns its tensor.
    fn node(&mut self, node: &DeploymentNode) -> Result<i32, DeployError> {
        let from = self.graph.tensor(node.inputs[0]).clone();
        let inputs: Vec<i32> = node.inputs.iter().map(|&input| self.made[input]).collect();
        let output = &node.output;
        Ok(match &node.operator {
            GraphOperator::Requantise => self.operator(QUANTIZE, inputs, output, None),
            GraphOperator::Convolution(layer) => self.convolution(node, layer, inputs[0], &from)?,
            GraphOperator::Pool { pooling: Pooling::Max, window } => {
                let (x, padding) = self.padded(inputs[0], &from, output.shape, window, PADV2);
                self.operator(MAX_POOL_2D, vec![x], output, Some(pool_options(padding, window)))
            }
            GraphOperator::Pool { pooling: Pooling::Average, window } => {
                let channels = from.shape.channels as usize;
                let codes = vec![1; channels * window.area() as usize];
                let steps = vec![1.0 / window.area() as f32; channels];
                let weights = ConvolutionWeights::Integer { codes, steps, bias: vec![0; channels] };
                let groups = from.shape.channels;
                let layer = Convolution { window: *window, groups, weights, activation: None };
                self.convolution(node, &layer, inputs[0], &from)?
            }
            GraphOperator::GlobalPool(Pooling::Max) => {
                let window =
                    SlidingWindow { kernel: [from.shape.height, from.shape.width], ..SlidingWindow::same(1, 1) };
                self.operator(MAX_POOL_2D, inputs, output, Some(pool_options(VALID, &window)))
            }
            GraphOperator::GlobalPool(Pooling::Average) => {
                let axes = self.axes(&output.name, &[1, 2]);
                self.operator(MEAN, vec![inputs[0], axes], output, Some(reduction()))
            }
            GraphOperator::Add { activation } => {
                let fused = self.fused(node, *activation)?;
                self.operator(ADD, inputs, output, Some((11, vec![(0, fused)])))
            }
            GraphOperator::Scale => self.operator(MUL, inputs, output, Some((21, vec![(0, FieldValue::Byte(0))]))),
            GraphOperator::FuseViews(fusion) => self.fusion(node, fusion, inputs[0], &from)?,
        })
    }

    fn fusion(
        &mut self,
        node: &DeploymentNode,
        fusion: &ViewFusion,
        x: i32,
        from: &GraphTensor,
    ) -> Result<i32, DeployError> {
        let output = &node.output;
        let over_views = |writer: &mut Self| writer.axes(&output.name, &[0]);
        Ok(match fusion {
            ViewFusion::Max => {
                let axes = over_views(self);
                self.operator(REDUCE_MAX, vec![x, axes], output, Some(reduction()))
            }
            ViewFusion::Mean if output.grid.is_some() => {
                let axes = over_views(self);
                self.operator(MEAN, vec![x, axes], output, Some(reduction()))
            }
            ViewFusion::Mean => {
                let values = GraphTensor { name: format!("{}.each", output.name), grid: None, ..from.clone() };
                let values = self.operator(DEQUANTIZE, vec![x], &values, None);
                let axes = over_views(self);
                let code = OperatorCode { version: 1, ..MEAN };
                self.operator(code, vec![values, axes], output, Some(reduction()))
            }
            ViewFusion::Mix(_) => return Err(self.refused(node, "a mix of maximum and mean over views")),
            ViewFusion::Concat => {
                let order = self.integers(&format!("{}.order", output.name), &[1, 2, 0, 3]);
                let Shape { channels, height, width } = from.shape;
                let turned = ModelTensor {
                    name: format!("{}.turned", output.name),
                    shape: [height, width, from.images as u32, channels].map(u32::cast_signed).to_vec(),
                    element: element::INT8,
                    content: Vec::new(),
                    quantisation: quantisation(from.grid),
                };
                let turned = self.model.add(turned);
                self.model.operators.push(ModelOperator {
                    code: TRANSPOSE,
                    inputs: vec![x, order],
                    output: turned,
                    options: None,
                });
                let shape: Vec<i32> = shape(output);
                let shape = self.integers(&format!("{}.shape", output.name), &shape);
                self.operator(RESHAPE, vec![turned, shape], output, None)
            }
        })
    }

    fn convolution(
        &mut self,
        node: &DeploymentNode,
        layer: &Convolution,
        x: i32,
        from: &GraphTensor,
    ) -> Result<i32, DeployError> {
        let ConvolutionWeights::Integer { codes, steps, bias } = &layer.weights else {
            return Err(self.refused(node, "single precision"));
        };
        let (name, window) = (&node.output.name, &layer.window);
        let input = from.grid.map_or(1.0, |grid| grid.step());
        let (mut steps, mut bias) = (steps.clone(), bias.clone());
        let mut activation = layer.activation;
        if activation == Some(GraphActivation::HardSigmoid) {
            for (step, bias) in steps.iter_mut().zip(&mut bias) {
                *bias = bias.saturating_add((3.0 / (f64::from(*step) * f64::from(input))).round() as i32);
                *step /= 6.0;
            }
            activation = Some(GraphActivation::Relu);
        }
        let fused = self.fused(node, activation)?;
        let depthwise = layer.is_depthwise(from.shape.channels);
        if layer.groups > 1 && !depthwise {
            return Err(self.refused(node, "a convolution of several groups"));
        }
        let outputs = node.output.shape.channels as usize;
        let inputs = codes.len() / outputs / window.area() as usize;
        let [height, width] = window.kernel.map(u32::cast_signed);
        let shape = if depthwise {
            vec![1, height, width, length(outputs)]
        } else {
            vec![length(outputs), height, width, length(inputs)]
        };
        let weights = ModelTensor {
            name: format!("{name}/weight"),
            shape,
            element: element::INT8,
            content: channels_last(codes, outputs, inputs, depthwise),
            quantisation: Some(TensorScales { scales: steps.clone(), zero: 0, axis: if depthwise { 3 } else { 0 } }),
        };
        let weights = self.model.add(weights);
        let biases = ModelTensor {
            name: format!("{name}/bias"),
            shape: vec![length(outputs)],
            element: element::INT32,
            content: bias.iter().flat_map(|bias| bias.to_le_bytes()).collect(),
            quantisation: Some(TensorScales {
                scales: steps.iter().map(|step| step * input).collect(),
                zero: 0,
                axis: 0,
            }),
        };
        let biases = self.model.add(biases);
        let (x, padding) = self.padded(x, from, node.output.shape, window, PAD);
        let [down, across] = window.stride.map(u32::cast_signed);
        let [tall, wide] = window.dilation.map(u32::cast_signed);
        let mut fields = vec![(0, FieldValue::Byte(padding)), (1, FieldValue::Int(across)), (2, FieldValue::Int(down))];
        let (code, kind) = if depthwise {
            fields.push((3, FieldValue::Int(1)));
            fields.extend([(4, fused), (5, FieldValue::Int(wide)), (6, FieldValue::Int(tall))]);
            (DEPTHWISE_CONV_2D, 2)
        } else {
            fields.extend([(3, fused), (4, FieldValue::Int(wide)), (5, FieldValue::Int(tall))]);
            (CONV_2D, 1)
        };
        Ok(self.bounded(code, vec![x, weights, biases], &node.output, Some((kind, fields))))
    }

    /// Adds an operator whose codes may have fewer than 8 bits: the format saturates at 8, so that a minimum follows.
    fn bounded(&mut self, code: OperatorCode, inputs: Vec<i32>, output: &GraphTensor, options: Option<Options>) -> i32 {
        let Some(grid) = output.grid.filter(|grid| grid.last_code() < u16::from(u8::MAX)) else {
            return self.operator(code, inputs, output, options);
        };
        let unbounded = GraphTensor { name: format!("{}.unbounded", output.name), ..output.clone() };
        let unbounded = self.operator(code, inputs, &unbounded, options);
        let last = (i32::from(grid.last_code()) - SIGNED) as i8;
        let bound = self.model.add(ModelTensor {
            name: format!("{}.largest", output.name),
            shape: vec![1],
            element: element::INT8,
            content: vec![last.cast_unsigned()],
            quantisation: quantisation(Some(grid)),
        });
        self.operator(MINIMUM, vec![unbounded, bound], output, Some((39, Vec::new())))
    }

    /// Adds an operator that makes a tensor, and returns the tensor.
    fn operator(
        &mut self,
        code: OperatorCode,
        inputs: Vec<i32>,
        output: &GraphTensor,
        options: Option<Options>,
    ) -> i32 {
        let output = self.tensor(output);
        self.model.operators.push(ModelOperator { code, inputs, output, options });
        output
    }

    /// The input of a window's layer with its padding, and the rule of the layer itself.
    fn padded(
        &mut self,
        x: i32,
        from: &GraphTensor,
        output: Shape,
        window: &SlidingWindow,
        pad: OperatorCode,
    ) -> (i32, i8) {
        let sides = [(from.shape.height, output.height), (from.shape.width, output.width)];
        let needed = |axis: usize| {
            let (inputs, outputs) = sides[axis];
            let all = u64::from(outputs.saturating_sub(1)) * u64::from(window.stride[axis]) + window.reach(axis);
            all.saturating_sub(u64::from(inputs)) as u32
        };
        let before = |axis: usize| window.padding[axis];
        let is_same = |axis: usize| {
            let (inputs, outputs) = sides[axis];
            outputs == inputs.div_ceil(window.stride[axis]) && needed(axis) / 2 == before(axis)
        };
        if [0, 1].into_iter().all(|axis| before(axis) == 0 && needed(axis) == 0) {
            return (x, VALID);
        }
        if is_same(0) && is_same(1) {
            return (x, SAME);
        }
        let after = |axis: usize| needed(axis).saturating_sub(before(axis));
        let ends = [0, 0, before(0), after(0), before(1), after(1), 0, 0].map(u32::cast_signed);
        let name = format!("{}.padded{}", from.name, self.model.tensors.len());
        let widths = self.model.add(ModelTensor {
            name: format!("{name}.widths"),
            shape: vec![4, 2],
            element: element::INT32,
            content: ends.iter().flat_map(|end| end.to_le_bytes()).collect(),
            quantisation: None,
        });
        let height = from.shape.height + before(0) + after(0);
        let width = from.shape.width + before(1) + after(1);
        let padded = GraphTensor { name: name.clone(), shape: Shape { height, width, ..from.shape }, ..from.clone() };
        let mut inputs = vec![x, widths];
        if pad == PADV2 {
            // The least code never wins a maximum.
            inputs.push(self.model.add(ModelTensor {
                name: format!("{name}.least"),
                shape: vec![1],
                element: element::INT8,
                content: vec![i8::MIN.cast_unsigned()],
                quantisation: quantisation(from.grid),
            }));
        }
        let options = if pad == PADV2 { 43 } else { 22 };
        (self.operator(pad, inputs, &padded, Some((options, Vec::new()))), VALID)
    }

    /// Number of an activation that a layer computes itself.
    fn fused(&self, node: &DeploymentNode, activation: Option<GraphActivation>) -> Result<FieldValue, DeployError> {
        Ok(FieldValue::Byte(match activation {
            None => 0,
            Some(GraphActivation::Relu) => 1,
            Some(GraphActivation::Relu6) => 3,
            Some(GraphActivation::HardSwish | GraphActivation::Swish | GraphActivation::HardSigmoid) => {
                return Err(self.refused(node, "an activation whose argument has no range of its own"));
            }
        }))
    }

    /// Adds a tensor of the graph.
    fn tensor(&mut self, tensor: &GraphTensor) -> i32 {
        let element = if tensor.grid.is_some() { element::INT8 } else { element::FLOAT32 };
        let (name, shape, quantisation) = (tensor.name.clone(), shape(tensor), quantisation(tensor.grid));
        self.model.add(ModelTensor { name, shape, element, content: Vec::new(), quantisation })
    }

    fn axes(&mut self, name: &str, axes: &[i32]) -> i32 {
        self.integers(&format!("{name}.axes"), axes)
    }

    fn integers(&mut self, name: &str, values: &[i32]) -> i32 {
        self.model.add(ModelTensor {
            name: name.to_owned(),
            shape: vec![length(values.len())],
            element: element::INT32,
            content: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            quantisation: None,
        })
    }

    fn refused(&self, node: &DeploymentNode, what: &str) -> DeployError {
        DeployError::Format {
            format: "TFLite",
            what: what.to_owned(),
            half: self.graph.name.clone(),
            node: node.output.name.clone(),
        }
    }
}

/// Length of a dimension as the format counts it.
fn length(count: usize) -> i32 {
    i32::try_from(count).expect("tensors have fewer than 2^31 elements")
}

fn quantisation(grid: Option<CodeGrid>) -> Option<TensorScales> {
    let grid = grid?;
    Some(TensorScales { scales: vec![grid.step()], zero: i64::from(i32::from(grid.zero_code()) - SIGNED), axis: 0 })
}

/// Shape `[images, height, width, channels]`.
fn shape(tensor: &GraphTensor) -> Vec<i32> {
    let Shape { channels, height, width } = tensor.shape;
    [tensor.images as u32, height, width, channels].map(u32::cast_signed).to_vec()
}

fn pool_options(padding: i8, window: &SlidingWindow) -> Options {
    let [down, across] = window.stride.map(u32::cast_signed);
    let [height, width] = window.kernel.map(u32::cast_signed);
    let fields = vec![
        (0, FieldValue::Byte(padding)),
        (1, FieldValue::Int(across)),
        (2, FieldValue::Int(down)),
        (3, FieldValue::Int(width)),
        (4, FieldValue::Int(height)),
    ];
    (5, fields)
}

/// Options of a reduction that keeps its axes.
fn reduction() -> Options {
    (27, vec![(0, FieldValue::Bool(true))])
}

/// Weights `[output, height, width, input]`, or `[height, width, output]` if depthwise, of
/// `[output, input, height, width]`.
fn channels_last(codes: &[i8], outputs: usize, inputs: usize, depthwise: bool) -> Vec<u8> {
    let positions = codes.len() / outputs / inputs;
    let code =
        |output: usize, input: usize, at: usize| codes[(output * inputs + input) * positions + at].cast_unsigned();
    let mut bytes = Vec::with_capacity(codes.len());
    if depthwise {
        for at in 0..positions {
            bytes.extend((0..outputs).map(|output| code(output, 0, at)));
        }
        return bytes;
    }
    for output in 0..outputs {
        for at in 0..positions {
            bytes.extend((0..inputs).map(|input| code(output, input, at)));
        }
    }
    bytes
}
