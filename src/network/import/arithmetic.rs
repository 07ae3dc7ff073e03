//! Sums, products and comparisons of tensors and constants.

use crate::network::layer::{Activation, ElementOp, Op};

use super::error::Defect;
use super::importer::{Importer, NewLayer};
use super::node::Node;
use super::value::{Function, TensorView, Value, broadcast, shape};

impl Importer<'_> {
    /// An operation on each pair of elements. With a constant, or of functions of one tensor, it is a function of each
    /// element; else it is a layer.
    pub(super) fn combine(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.all_made();
        let mut dims = Vec::new();
        for input in node.inputs.iter().flatten() {
            dims = match input {
                Value::Constant(constant) => broadcast(&dims, &constant.dims)?,
                Value::Made(made) => broadcast(&dims, &made.dims)?,
            };
        }
        let first = &made[0];
        if made.iter().all(|other| other.stands_for(first)) {
            return self.function_of_one(node, &made, dims);
        }
        let is_sum = matches!(node.proto.op_type.as_str(), "Add" | "Sub" | "Sum");
        match &made[..] {
            [left, right] if is_sum && left.dims == right.dims => self.pair(node, Op::Add, [left, right], dims),
            [left, right] if node.proto.op_type == "Mul" && is_scale(&left.dims, &right.dims) => {
                self.pair(node, Op::Scale, [left, right], dims)
            }
            [left, right] if node.proto.op_type == "Mul" && is_scale(&right.dims, &left.dims) => {
                self.pair(node, Op::Scale, [right, left], dims)
            }
            all => {
                let inputs: Vec<&TensorView> = all.iter().collect();
                self.elements(node, ElementOp::Combine, &inputs, dims)
            }
        }
    }

    fn pair(
        &mut self,
        node: &Node<'_>,
        op: Op,
        inputs: [&TensorView; 2],
        dims: Vec<u64>,
    ) -> Result<Vec<Value>, Defect> {
        let (input, output) = (shape(&inputs[0].dims)?, shape(&dims)?);
        let new = NewLayer { op, inputs: &inputs, input, output, macs: 0, weights: 0, constant: None };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    /// A function of the elements of one tensor, and of constants.
    fn function_of_one(&mut self, node: &Node<'_>, made: &[TensorView], dims: Vec<u64>) -> Result<Vec<Value>, Defect> {
        let mut own = made[0].clone();
        if dims != own.dims && dims.iter().product::<u64>() != own.elements() {
            return self.elements(node, ElementOp::Combine, &[&own], dims);
        }
        let has = |function: Function| made.iter().any(|one| one.function == function);
        if node.proto.op_type == "Mul" && made.len() == 2 && has(Function::Plain) {
            if has(Function::Sigmoid) {
                self.activate(own.tensor, Activation::Swish);
            } else if has(Function::HardSigmoid) {
                self.activate(own.tensor, Activation::HardSwish);
            }
        }
        // Only factors keep what a hard sigmoid is.
        let keeps = made.len() == 1 && matches!(node.proto.op_type.as_str(), "Mul" | "Div");
        own.function = if keeps { own.function } else { Function::Plain };
        own.dims = dims;
        Ok(vec![Value::Made(own)])
    }

    /// Tensors one after another.
    pub(super) fn concat(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.all_made();
        let axes = made[0].dims.len();
        let along = super::node::axis(node.int("axis", 1), axes)?;
        let mut dims = made[0].dims.clone();
        let mut length = 0_u64;
        for input in node.inputs.iter().flatten() {
            let own = match input {
                Value::Constant(constant) => &constant.dims,
                Value::Made(made) => &made.dims,
            };
            let fits = own.len() == axes && (0..axes).all(|at| at == along || own[at] == dims[at]);
            if !fits {
                return Err(Defect::new(format!(
                    "{} does not fit behind {}",
                    super::value::shown(own),
                    super::value::shown(&made[0].dims)
                )));
            }
            length = length.saturating_add(own[along]);
        }
        dims[along] = length;
        if node.inputs.len() == 1 {
            return Ok(vec![Value::Made(made[0].clone())]);
        }
        let inputs: Vec<&TensorView> = made.iter().collect();
        self.elements(node, ElementOp::Concat, &inputs, dims)
    }

    /// Copies into a larger tensor.
    pub(super) fn repeat(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let numbers = node.numbers(1, "repeats")?.ok_or_else(|| Defect::new("its sizes are missing"))?;
        let numbers: Vec<u64> = numbers.iter().map(|&number| u64::try_from(number).unwrap_or(0)).collect();
        let dims = if node.proto.op_type == "Tile" {
            if numbers.len() != own.dims.len() {
                return Err(Defect::new("it repeats another number of axes"));
            }
            own.dims.iter().zip(&numbers).map(|(&dim, &times)| dim.saturating_mul(times)).collect()
        } else {
            broadcast(&own.dims, &numbers)?
        };
        if dims.iter().product::<u64>() == own.elements() {
            return Ok(vec![Value::Made(self.view(&own, dims)?)]);
        }
        self.elements(node, ElementOp::Pad, &[&own], dims)
    }
}

/// Returns `true` if the factors are one for each channel.
fn is_scale(dims: &[u64], factors: &[u64]) -> bool {
    match (dims, factors) {
        ([_, channels, rest @ ..], [1, factors, ones @ ..]) => {
            channels == factors && rest.len() == ones.len() && ones.iter().all(|&one| one == 1) && !rest.is_empty()
        }
        _ => false,
    }
}
