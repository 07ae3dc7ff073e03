//! Writes a deployment graph as an ONNX model.
//!
//! In single precision each node is its operator, and its activation one behind it. In int8 a tensor of codes is what a
//! `QuantizeLinear` makes; a `DequantizeLinear` reads it for the operators behind it. Weights are int8 with a scale for
//! each output channel, biases int32. Codes are signed: code 0 is -128. The sensor half of integers takes its image in
//! single precision and ends in codes; the aggregator takes codes of all views and ends in logits.

use prost::Message;

use super::build::{AttributeValue, GraphBuilder, value_info};
use crate::deploy::graph::{
    Convolution, ConvolutionWeights, DeploymentGraph, DeploymentNode, GraphActivation, GraphOperator, GraphTensor,
    ViewFusion,
};
use crate::kernels::CodeGrid;
use crate::network::{Pooling, Shape, SlidingWindow};
use crate::onnx::{GraphProto, ModelProto, OperatorSetProto, data_type};

/// Version of the operators.
const OPERATOR_SET: i64 = 15;
/// Version of the format that came with them.
const FORMAT: i64 = 8;
/// Signed code of code 0.
const LOWEST: i32 = -128;

/// Content of the file of a graph.
pub fn write(graph: &DeploymentGraph) -> Vec<u8> {
    let mut writer = OnnxWriter { graph, out: GraphBuilder(GraphProto::default()), quantised: Vec::new() };
    writer.out.0.name.clone_from(&graph.name);
    writer.graph();
    let model = ModelProto {
        ir_version: FORMAT,
        producer_name: format!("splitscope {}", env!("CARGO_PKG_VERSION")),
        graph: Some(writer.out.0),
        opset_import: vec![OperatorSetProto { domain: String::new(), version: OPERATOR_SET }],
    };
    model.encode_to_vec()
}

struct OnnxWriter<'a> {
    graph: &'a DeploymentGraph,
    out: GraphBuilder,
    /// Names of tensors whose values have been read from codes.
    quantised: Vec<String>,
}

impl OnnxWriter<'_> {
    fn graph(&mut self) {
        let graph = self.graph;
        self.out.0.input.push(info(&graph.input));
        for node in &graph.nodes {
            self.node(node);
        }
        let result = graph.output();
        let output = if result.grid.is_none() && graph.name == "aggregator" {
            let shape = [result.images, result.shape.elements() as usize];
            let read = self.values(result);
            self.out.node(
                "Flatten",
                &[&read],
                ("logits", data_type::FLOAT, &shape),
                &[("axis", AttributeValue::Int(1))],
            );
            value_info("logits", data_type::FLOAT, &shape)
        } else {
            if graph.nodes.is_empty() {
                let shape = shape(result);
                self.out.node("Identity", &[&result.name], ("sent", data_type::FLOAT, &shape), &[]);
                self.out.0.value_info.pop();
                self.out.0.output.push(value_info("sent", data_type::FLOAT, &shape));
                return;
            }
            info(result)
        };
        // A result is no value in between.
        self.out.0.value_info.retain(|known| known.name != output.name);
        self.out.0.output.push(output);
    }

    /// Name of the values of a tensor, read from its codes where it has them.
    fn values(&mut self, tensor: &GraphTensor) -> String {
        let Some(grid) = tensor.grid else { return tensor.name.clone() };
        let name = format!("{}.values", tensor.name);
        if !self.quantised.contains(&name) {
            let [scale, zero] = self.grid(&tensor.name, grid);
            let shape = shape(tensor);
            self.out.node("DequantizeLinear", &[&tensor.name, &scale, &zero], (&name, data_type::FLOAT, &shape), &[]);
            self.quantised.push(name.clone());
        }
        name
    }

    /// Names of scale and zero point of a grid.
    fn grid(&mut self, name: &str, grid: CodeGrid) -> [String; 2] {
        let scale = self.out.floats(&format!("{name}.scale"), &[], &[grid.step()]);
        let zero = (i32::from(grid.zero_code()) + LOWEST) as i8;
        [scale, self.out.bytes(&format!("{name}.zero"), &[], &[zero])]
    }

    fn node(&mut self, node: &DeploymentNode) {
        let graph = self.graph;
        let DeploymentNode { operator, inputs, output } = node;
        let from = graph.tensor(inputs[0]);
        let read: Vec<String> = inputs.iter().map(|&input| self.values(graph.tensor(input))).collect();
        // The operator itself makes the tensor if nothing follows it.
        let activation = match operator {
            GraphOperator::Convolution(convolution) => convolution.activation,
            GraphOperator::Add { activation } => *activation,
            _ => None,
        };
        let name = &output.name;
        let computed = match (activation, output.grid) {
            (None, None) => name.clone(),
            _ => format!("{name}.sum"),
        };
        let shape = shape(output);
        let made = (computed.as_str(), data_type::FLOAT, &shape[..]);
        let read: Vec<&str> = read.iter().map(String::as_str).collect();
        match operator {
            GraphOperator::Requantise => {
                match output.grid {
                    Some(grid) => self.quantise(read[0], output, grid),
                    None => self.out.node("Identity", &read, (name, data_type::FLOAT, &shape), &[]),
                }
                return;
            }
            GraphOperator::Convolution(convolution) => self.convolution(convolution, read[0], from, made),
            GraphOperator::Pool { pooling, window } => {
                let mut attributes = attributes(window, 1);
                attributes.retain(|(name, _)| !matches!(*name, "dilations" | "group"));
                let operator = if *pooling == Pooling::Max { "MaxPool" } else { "AveragePool" };
                if *pooling == Pooling::Average {
                    attributes.push(("count_include_pad", AttributeValue::Int(1)));
                }
                self.out.node(operator, &read, made, &attributes);
            }
            GraphOperator::GlobalPool(Pooling::Max) => self.out.node("GlobalMaxPool", &read, made, &[]),
            GraphOperator::GlobalPool(Pooling::Average) => self.out.node("GlobalAveragePool", &read, made, &[]),
            GraphOperator::Add { .. } => self.out.node("Add", &read, made, &[]),
            GraphOperator::Scale => self.out.node("Mul", &read, made, &[]),
            GraphOperator::FuseViews(fusion) => self.fusion(fusion, read[0], made),
        }
        let last = match (activation, output.grid) {
            (Some(activation), None) => self.activation(activation, &computed, name, &shape),
            (Some(activation), Some(_)) => self.activation(activation, &computed, &format!("{name}.active"), &shape),
            (None, _) => computed,
        };
        if let Some(grid) = output.grid {
            self.quantise(&last, output, grid);
        }
    }

    /// Rounds values to the codes of a tensor. Codes of fewer than 8 bits need a bound of their own.
    fn quantise(&mut self, values: &str, output: &GraphTensor, grid: CodeGrid) {
        let (name, shape) = (&output.name, shape(output));
        let [scale, zero] = self.grid(name, grid);
        let mut from = values.to_owned();
        if grid.last_code() < u16::from(u8::MAX) {
            let low = self.out.floats(&format!("{name}.least"), &[], &[grid.value(0)]);
            let high = self.out.floats(&format!("{name}.largest"), &[], &[grid.value(grid.last_code())]);
            from = format!("{name}.bounded");
            self.out.node("Clip", &[values, &low, &high], (&from, data_type::FLOAT, &shape), &[]);
        }
        self.out.node("QuantizeLinear", &[&from, &scale, &zero], (name, data_type::INT8, &shape), &[]);
    }

    fn convolution(&mut self, layer: &Convolution, x: &str, from: &GraphTensor, made: (&str, i32, &[usize])) {
        let Convolution { window, groups, weights, .. } = layer;
        let (name, outputs) = (made.0, made.2[1]);
        let [height, width] = window.kernel.map(|side| side as usize);
        let shape = [outputs, (from.shape.channels / groups) as usize, height, width];
        let [weight, bias] = match weights {
            ConvolutionWeights::Float { weights, bias } => [
                self.out.floats(&format!("{name}.weight"), &shape, weights),
                self.out.floats(&format!("{name}.bias"), &[outputs], bias),
            ],
            ConvolutionWeights::Integer { codes, steps, bias } => {
                let input = from.grid.map_or(1.0, |grid| grid.step());
                let codes = self.out.bytes(&format!("{name}.weight.codes"), &shape, codes);
                let weight = self.dequantised_constant(&codes, &format!("{name}.weight"), &shape, steps);
                let codes = self.out.integers(&format!("{name}.bias.codes"), &[outputs], bias);
                let steps: Vec<f32> = steps.iter().map(|step| step * input).collect();
                [weight, self.dequantised_constant(&codes, &format!("{name}.bias"), &[outputs], &steps)]
            }
        };
        self.out.node("Conv", &[x, &weight, &bias], made, &attributes(window, *groups));
    }

    /// Values of a constant of codes, symmetric, with a step for each position of its first axis.
    fn dequantised_constant(&mut self, codes: &str, name: &str, shape: &[usize], steps: &[f32]) -> String {
        let scale = self.out.floats(&format!("{name}.scale"), &[steps.len()], steps);
        let made = (name, data_type::FLOAT, shape);
        let axis = [("axis", AttributeValue::Int(0))];
        if codes.ends_with("weight.codes") {
            let zero = self.out.bytes(&format!("{name}.zero"), &[steps.len()], &vec![0; steps.len()]);
            self.out.node("DequantizeLinear", &[codes, &scale, &zero], made, &axis);
        } else {
            // A zero point of 32 bits is not allowed to be anything but 0, and may be left out.
            self.out.node("DequantizeLinear", &[codes, &scale], made, &axis);
        }
        name.to_owned()
    }

    /// Adds an activation, and returns the name of its result.
    fn activation(&mut self, activation: GraphActivation, x: &str, name: &str, shape: &[usize]) -> String {
        let made = (name, data_type::FLOAT, shape);
        match activation {
            GraphActivation::Relu => self.out.node("Relu", &[x], made, &[]),
            GraphActivation::Relu6 => {
                let low = self.out.floats("zero", &[], &[0.0]);
                let high = self.out.floats("six", &[], &[6.0]);
                self.out.node("Clip", &[x, &low, &high], made, &[]);
            }
            GraphActivation::HardSwish => self.out.node("HardSwish", &[x], made, &[]),
            GraphActivation::HardSigmoid => {
                let slope = [("alpha", AttributeValue::Float(1.0 / 6.0)), ("beta", AttributeValue::Float(0.5))];
                self.out.node("HardSigmoid", &[x], made, &slope);
            }
            GraphActivation::Swish => {
                let gate = format!("{name}.gate");
                self.out.node("Sigmoid", &[x], (&gate, data_type::FLOAT, shape), &[]);
                self.out.node("Mul", &[x, &gate], made, &[]);
            }
        }
        name.to_owned()
    }

    fn fusion(&mut self, fusion: &ViewFusion, x: &str, made: (&str, i32, &[usize])) {
        let (name, element, shape) = made;
        let over_views = || [("axes", AttributeValue::Ints(vec![0])), ("keepdims", AttributeValue::Int(1))];
        match fusion {
            ViewFusion::Max => self.out.node("ReduceMax", &[x], made, &over_views()),
            ViewFusion::Mean => self.out.node("ReduceMean", &[x], made, &over_views()),
            ViewFusion::Mix(share) => {
                let [largest, mean, apart, part] =
                    ["largest", "mean", "apart", "part"].map(|step| format!("{name}.{step}"));
                let share = self.out.floats(&format!("{name}.share"), &[1, share.len(), 1, 1], share);
                self.out.node("ReduceMax", &[x], (&largest, element, shape), &over_views());
                self.out.node("ReduceMean", &[x], (&mean, element, shape), &over_views());
                self.out.node("Sub", &[&largest, &mean], (&apart, element, shape), &[]);
                self.out.node("Mul", &[&apart, &share], (&part, element, shape), &[]);
                self.out.node("Add", &[&mean, &part], made, &[]);
            }
            ViewFusion::Concat => {
                let lengths: Vec<i64> = shape.iter().map(|&length| length.cast_signed() as i64).collect();
                let lengths = self.out.longs(&format!("{name}.shape"), &lengths);
                self.out.node("Reshape", &[x, &lengths], made, &[]);
            }
        }
    }
}

fn info(tensor: &GraphTensor) -> crate::onnx::ValueInfoProto {
    let element = if tensor.grid.is_some() { data_type::INT8 } else { data_type::FLOAT };
    value_info(&tensor.name, element, &shape(tensor))
}

/// Shape `[images, channels, height, width]`.
fn shape(tensor: &GraphTensor) -> [usize; 4] {
    let Shape { channels, height, width } = tensor.shape;
    [tensor.images, channels as usize, height as usize, width as usize]
}

fn attributes(window: &SlidingWindow, groups: u32) -> Vec<(&'static str, AttributeValue)> {
    let ints = |values: &[u32]| AttributeValue::Ints(values.iter().map(|&value| value.into()).collect());
    vec![
        ("kernel_shape", ints(&window.kernel)),
        ("strides", ints(&window.stride)),
        ("pads", ints(&window.padding)),
        ("dilations", ints(&window.dilation)),
        ("group", AttributeValue::Int(groups.into())),
    ]
}
