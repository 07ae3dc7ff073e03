//! Walks through the nodes of a model and makes layers of them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::network::build::NetworkBuilder;
use crate::network::graph::Network;
use crate::network::layer::{Activation, Layer, LayerPrecision, Op, TensorId};
use crate::network::shape::Shape;
use crate::onnx::{GraphProto, ModelProto, NodeProto, ValueInfoProto};

use super::constant::{fold, of_tensor};
use super::cuts::{self, Cuts};
use super::error::{Defect, ImportError};
use super::external::{ExternalData, ReadBeside};
use super::names::Names;
use super::node::{Node, signed};
use super::value::{ConstantValue, Function, MOST_AXES, TensorView, Value, shape, shown};

/// Most nodes of a graph.
const MOST_NODES: usize = 20_000;
/// Most inputs of a node.
const MOST_INPUTS: usize = 1024;
/// Versions of the operators that are read.
const OPSETS: std::ops::RangeInclusive<i64> = 9..=24;
/// Fewest axes of an input whose first is the batch of an image, beyond doubt.
const IMAGE_AXES: usize = 4;

/// Choices of the user about an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Shape of the input, batch included; that of the file unless given.
    pub input: Option<Vec<u64>>,
    /// Operators, or nodes by name, that are counted as moving their bytes if they are not known.
    pub opaque: Vec<String>,
    /// Places where the network may be cut.
    pub cuts: Cuts,
    /// Bits of the layers of a model that is not quantised.
    pub bits: LayerPrecision,
}

/// Imports a model; `beside` reads the weights that lie in files beside it.
///
/// # Errors
/// An operator that is not known, a shape that can't be inferred, contradictions, weights that are no numbers; each
/// with its node.
pub fn import(model: &ModelProto, options: &ImportOptions, beside: &ReadBeside<'_>) -> Result<Network, ImportError> {
    let whole = |problem: String| ImportError::Model { problem, remedy: None };
    let graph = model.graph.as_ref().ok_or_else(|| whole("the model has no graph".to_owned()))?;
    let standard = model.opset_import.iter().find(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    let opset = standard.map_or(1, |set| set.version);
    if !OPSETS.contains(&opset) {
        let (first, last) = (OPSETS.start(), OPSETS.end());
        let problem = format!("its operators are those of version {opset}; {first} to {last} are read");
        let remedy = Some("export it with another opset_version, such as 18".to_owned());
        return Err(ImportError::Model { problem, remedy });
    }
    if graph.node.len() > MOST_NODES {
        return Err(whole(format!("the graph has {} nodes; at most {MOST_NODES} are read", graph.node.len())));
    }
    let needed = needed_nodes(graph)?;
    let input = input_of(graph, &needed)?;
    let dims = input_dims(input, options.input.as_deref())?;
    let first_shape = input_shape(&dims).map_err(|defect| of_model(&defect))?;
    let builder = NetworkBuilder::new(first_shape).map_err(|error| whole(error.to_string()))?;
    let image = TensorView { tensor: 0, dims, view: 0, function: Function::Plain };
    let mut importer = Importer {
        graph,
        options,
        builder,
        names: Names::default(),
        values: HashMap::from([(input.name.as_str(), Value::Made(image))]),
        views: 0,
    };
    importer.constants(&needed, beside)?;
    for &index in &needed {
        let node = &graph.node[index];
        importer.node(node, opset).map_err(|defect| at_node(index, node, defect))?;
    }
    let mut network = importer.finish()?;
    if !is_quantised(graph) {
        network.layers.iter_mut().for_each(|layer| layer.precision = options.bits);
    }
    Ok(network)
}

/// Returns `true` if nodes of a graph give its tensors bits.
fn is_quantised(graph: &GraphProto) -> bool {
    let gives_bits = |operator: &str| {
        ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"].contains(&operator)
            || operator.starts_with("QLinear")
            || operator.ends_with("Integer")
    };
    graph.node.iter().any(|node| gives_bits(&node.op_type))
}

/// Positions of the nodes that the outputs need, in the order of the file.
fn needed_nodes(graph: &GraphProto) -> Result<Vec<usize>, ImportError> {
    let mut makers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in graph.node.iter().enumerate() {
        if node.input.len() > MOST_INPUTS || node.output.len() > MOST_INPUTS {
            return Err(at_node(index, node, Defect::new(format!("it has more than {MOST_INPUTS} inputs or outputs"))));
        }
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            if makers.insert(output, index).is_some() {
                return Err(at_node(
                    index,
                    node,
                    Defect::new(format!("`{output}` is made by an earlier node already")),
                ));
            }
        }
    }
    let mut is_needed = vec![false; graph.node.len()];
    let mut open: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    while let Some(name) = open.pop() {
        let Some(&index) = makers.get(name) else { continue };
        if !std::mem::replace(&mut is_needed[index], true) {
            open.extend(graph.node[index].input.iter().map(String::as_str));
        }
    }
    for (index, node) in graph.node.iter().enumerate().filter(|(index, _)| is_needed[*index]) {
        let late = |name: &&String| makers.get(name.as_str()).is_some_and(|&maker| maker >= index);
        if let Some(name) = node.input.iter().find(late) {
            let maker = &graph.node[makers[name.as_str()]];
            let problem = format!("it reads `{name}`, which `{}` makes later: the graph runs in a circle", maker.name);
            return Err(at_node(index, node, Defect::with(problem, "or its nodes are not in running order")));
        }
    }
    Ok((0..graph.node.len()).filter(|&index| is_needed[index]).collect())
}

/// The one input that is no constant.
fn input_of<'a>(graph: &'a GraphProto, needed: &[usize]) -> Result<&'a ValueInfoProto, ImportError> {
    let constants: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let read: HashSet<&str> = needed.iter().flat_map(|&index| &graph.node[index].input).map(String::as_str).collect();
    // The graphs within such nodes read inputs of the whole network by their names.
    let has_graphs = needed.iter().any(|&index| matches!(&*graph.node[index].op_type, "If" | "Loop" | "Scan"));
    let is_read = |name: &str| has_graphs || read.contains(name);
    let images: Vec<&ValueInfoProto> =
        graph.input.iter().filter(|input| !constants.contains(input.name.as_str()) && is_read(&input.name)).collect();
    match images[..] {
        [image] => Ok(image),
        [] => {
            Err(ImportError::Model { problem: "no node that the output needs reads an input".to_owned(), remedy: None })
        }
        _ => {
            let names: Vec<&str> = images.iter().map(|input| input.name.as_str()).collect();
            Err(ImportError::Model {
                problem: format!("the network has {} inputs ({})", images.len(), names.join(", ")),
                remedy: Some("export it with one image as its input: views are counted by --sensors".to_owned()),
            })
        }
    }
}

/// Shape of the input: the user's, or the file's with a batch of 1.
fn input_dims(input: &ValueInfoProto, wanted: Option<&[u64]>) -> Result<Vec<u64>, ImportError> {
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    let axes = shape.map_or(0, |shape| shape.dim.len());
    let refuse = |problem: String| {
        let remedy = "fix it with --input, for instance --input 1x3x224x224".to_owned();
        Err(ImportError::Model { problem, remedy: Some(remedy) })
    };
    if let Some(wanted) = wanted {
        if axes > 0 && axes != wanted.len() {
            return refuse(format!("the input `{}` has {axes} axes, not those of {}", input.name, shown(wanted)));
        }
        if wanted.is_empty() || wanted.len() > MOST_AXES || wanted.contains(&0) {
            return refuse(format!("the input `{}` can't have that shape", input.name));
        }
        return one_picture(input, wanted.to_vec());
    }
    let unknown = || refuse(format!("the shape of the input `{}` is not known", input.name));
    if !(1..=MOST_AXES).contains(&axes) {
        return unknown();
    }
    let Some(shape) = shape else { return unknown() };
    let mut dims = Vec::with_capacity(axes);
    for (at, dim) in shape.dim.iter().enumerate() {
        match dim.dim_value.and_then(|length| u64::try_from(length).ok()).filter(|&length| length > 0) {
            Some(length) => dims.push(length),
            // The batch: one view at a time.
            None if at == 0 && axes > 1 => dims.push(1),
            None => {
                let name = dim.dim_param.as_deref().unwrap_or("?");
                return refuse(format!("axis {at} of the input `{}` is left open (`{name}`)", input.name));
            }
        }
    }
    one_picture(input, dims)
}

/// Refuses images of a batch: each sensor runs the network on one picture at a time.
fn one_picture(input: &ValueInfoProto, dims: Vec<u64>) -> Result<Vec<u64>, ImportError> {
    match dims[..] {
        [batch, ref rest @ ..] if batch > 1 && dims.len() >= IMAGE_AXES => Err(ImportError::Model {
            problem: format!(
                "the input `{}` of {} is a batch of {batch}; each sensor runs one picture at a time",
                input.name,
                shown(&dims)
            ),
            remedy: Some(format!("fix it with --input 1x{}", shown(rest))),
        }),
        _ => Ok(dims),
    }
}

/// Shape of the input, whose channels may stand last.
fn input_shape(dims: &[u64]) -> Result<Shape, Defect> {
    match *dims {
        [1, height, width, channels @ 1..=4] if height > 4 && width > 4 => shape(&[1, channels, height, width]),
        _ => shape(dims),
    }
}

fn of_model(defect: &Defect) -> ImportError {
    ImportError::Model { problem: format!("the input: {}", defect.problem), remedy: defect.remedy.clone() }
}

fn at_node(index: usize, node: &NodeProto, defect: Defect) -> ImportError {
    let printable = |text: &str| text.chars().filter(|c| !c.is_control()).take(80).collect::<String>();
    let name = if node.name.is_empty() { format!("number {index}") } else { printable(&node.name) };
    let Defect { problem, remedy } = defect;
    ImportError::Node { node: name, operator: printable(&node.op_type), problem: printable_all(&problem), remedy }
}

fn printable_all(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect()
}

/// An import at work.
pub(super) struct Importer<'a> {
    graph: &'a GraphProto,
    pub(super) options: &'a ImportOptions,
    pub(super) builder: NetworkBuilder,
    names: Names,
    values: HashMap<&'a str, Value>,
    views: u32,
}

/// A layer to be added.
pub(super) struct NewLayer<'a> {
    pub(super) op: Op,
    pub(super) inputs: &'a [&'a TensorView],
    /// Shape of the first input as the layer sees it.
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) macs: u64,
    pub(super) weights: u64,
    /// Constant that it multiplies by.
    pub(super) constant: Option<&'a ConstantValue>,
}

impl<'a> Importer<'a> {
    /// Reads the constants that needed nodes read.
    fn constants(&mut self, needed: &[usize], beside: &ReadBeside<'_>) -> Result<(), ImportError> {
        let mut readers: HashMap<&str, usize> = HashMap::new();
        for &index in needed {
            for name in &self.graph.node[index].input {
                readers.entry(name).or_insert(index);
            }
        }
        let mut external = ExternalData::new(beside);
        for (position, tensor) in self.graph.initializer.iter().enumerate() {
            let Some(&reader) = readers.get(tensor.name.as_str()) else { continue };
            let node = &self.graph.node[reader];
            let refuse = |defect| at_node(reader, node, defect);
            let content = external.content(tensor).map_err(refuse)?;
            let constant = of_tensor(tensor, content.as_deref(), Some(position)).map_err(refuse)?;
            self.values.insert(&tensor.name, Value::Constant(Rc::new(constant)));
        }
        Ok(())
    }

    /// Makes what a node makes.
    fn node(&mut self, proto: &'a NodeProto, opset: i64) -> Result<(), Defect> {
        let mut inputs = Vec::with_capacity(proto.input.len());
        for name in &proto.input {
            inputs.push(match name.as_str() {
                "" => None,
                name => {
                    let value = self.values.get(name).cloned();
                    let missing = || Defect::new(format!("it reads `{name}`, which nothing makes"));
                    Some(value.ok_or_else(missing)?)
                }
            });
        }
        let node = Node { proto, inputs, opset };
        let made = self.run(&node)?;
        for (name, value) in proto.output.iter().zip(made) {
            if !name.is_empty() {
                self.values.insert(name, value);
            }
        }
        Ok(())
    }

    fn run(&mut self, node: &Node<'a>) -> Result<Vec<Value>, Defect> {
        if node.all_made().is_empty() {
            let unknown = || {
                let remedy = "export the model with its constants folded";
                Defect::with("it makes a constant in a way that is not known", remedy)
            };
            let constant = fold(node)?.ok_or_else(unknown)?;
            return Ok(vec![Value::Constant(Rc::new(constant))]);
        } else if node.proto.op_type == "Shape" {
            let dims = &node.made(0)?.dims;
            let count = signed(dims.len());
            let end = node.int("end", count).clamp(-count, count);
            let start = node.int("start", 0).clamp(-count, count);
            let place = |at: i64| usize::try_from(if at < 0 { at + count } else { at }).unwrap_or(0);
            let ints = dims.get(place(start)..place(end)).unwrap_or_default();
            let ints = ints.iter().map(|&dim| i64::try_from(dim).unwrap_or(i64::MAX)).collect();
            return Ok(vec![Value::Constant(Rc::new(ConstantValue::of_ints(ints)))]);
        }
        self.operator(node)
    }

    /// A new number for a view.
    pub(super) const fn next_view(&mut self) -> u32 {
        self.views += 1;
        self.views
    }

    /// Adds a layer; its result has the axes `dims`.
    pub(super) fn layer(&mut self, node: &Node<'_>, new: NewLayer<'_>, dims: Vec<u64>) -> Result<TensorView, Defect> {
        let name = self.names.of(node.proto, new.constant.and_then(|constant| self.constant_name(constant)));
        let read = new.inputs.iter().map(|made| made.elements()).sum();
        let mut inputs: Vec<TensorId> = new.inputs.iter().map(|made| made.tensor).collect();
        inputs.dedup();
        let precision = LayerPrecision { weights: new.constant.map_or(8, |constant| constant.bits.max(1)), output: 8 };
        let layer = Layer {
            name,
            op: new.op,
            activation: None,
            inputs,
            input: new.input,
            read,
            output: new.output,
            macs: new.macs,
            weights: new.weights,
            precision,
        };
        let tensor = self.builder.layer(layer)?;
        Ok(TensorView { tensor, dims, view: self.next_view(), function: Function::Plain })
    }

    /// Name of a constant that is an initialiser.
    pub(super) fn constant_name(&self, constant: &ConstantValue) -> Option<&'a str> {
        Some(self.graph.initializer.get(constant.initialiser?)?.name.as_str())
    }

    /// Gives the layer that makes a tensor an activation.
    pub(super) fn activate(&mut self, tensor: TensorId, activation: Activation) {
        self.builder.activate_tensor(tensor, activation);
    }

    /// Axes of a value as the file tells them, where all are known.
    pub(super) fn told(&self, name: &str) -> Option<Vec<u64>> {
        let mut infos = self.graph.value_info.iter().chain(&self.graph.output);
        let info = infos.find(|info| info.name == name)?;
        let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
        let dims: Option<Vec<u64>> =
            shape.dim.iter().map(|dim| dim.dim_value.and_then(|length| u64::try_from(length).ok())).collect();
        dims.filter(|dims| dims.len() <= MOST_AXES && !dims.contains(&0))
    }

    /// The network with its outputs and cuts.
    fn finish(self) -> Result<Network, ImportError> {
        let mut outputs: Vec<TensorId> = Vec::new();
        for output in &self.graph.output {
            if let Some(Value::Made(made)) = self.values.get(output.name.as_str())
                && !outputs.contains(&made.tensor)
            {
                outputs.push(made.tensor);
            }
        }
        let mut network = self.builder.finish();
        let last = network.layers.len();
        if last == 0 {
            let problem = "the network has no layer that computes or moves anything".to_owned();
            return Err(ImportError::Model { problem, remedy: None });
        }
        network.outputs = outputs.into_iter().filter(|&tensor| tensor != last).collect();
        cuts::add(&mut network, self.options.cuts)?;
        Ok(network)
    }
}
