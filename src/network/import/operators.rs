//! Operators by name, and those that are functions of each element.

use crate::network::layer::{Activation, ElementOp, Op};

use super::constant::code_bits;
use super::error::Defect;
use super::importer::{Importer, NewLayer};
use super::node::Node;
use super::value::{ConstantValue, Function, TensorView, Value, shape};

impl<'a> Importer<'a> {
    /// Makes what an operator makes of its inputs, at least one of which is no constant.
    pub(super) fn operator(&mut self, node: &Node<'a>) -> Result<Vec<Value>, Defect> {
        if !matches!(node.proto.domain.as_str(), "" | "ai.onnx" | "com.microsoft") {
            return self.unknown(node);
        }
        self.check_numbers(node)?;
        match node.proto.op_type.as_str() {
            "Conv" | "ConvInteger" => self.convolution(node, 0, 1),
            "QLinearConv" => self.convolution(node, 0, 3),
            "ConvTranspose" => self.transposed_convolution(node),
            "Gemm" | "MatMul" | "MatMulInteger" => self.product(node, [0, 1]),
            "QLinearMatMul" => self.product(node, [0, 3]),
            "MaxPool" | "AveragePool" | "LpPool" => self.pool(node),
            "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" => self.global_pool(node),
            "ReduceMean" | "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceL2" | "ReduceL1" | "ReduceSumSquare" => {
                self.reduce(node)
            }
            "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Max" | "Min" | "Sum" | "Mean" | "Mod" | "And" | "Or" | "Xor"
            | "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual" | "Where" | "PRelu" => self.combine(node),
            "Concat" => self.concat(node),
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => self.reshape(node),
            "Transpose" => self.transpose(node),
            "Slice" => self.slice(node),
            "Split" => self.split(node),
            "Gather" => self.gather(node),
            "DepthToSpace" | "SpaceToDepth" => self.depth_and_space(node),
            "Resize" | "Upsample" => self.resize(node),
            "Pad" => self.pad(node),
            "Expand" | "Tile" => self.repeat(node),
            "Softmax" | "LogSoftmax" | "Hardmax" => self.same_shape(node, ElementOp::Softmax),
            "LRN"
            | "LayerNormalization"
            | "InstanceNormalization"
            | "GroupNormalization"
            | "LpNormalization"
            | "MeanVarianceNormalization"
            | "RMSNormalization"
            | "SimplifiedLayerNormalization" => self.same_shape(node, ElementOp::Normalise),
            "QuantizeLinear" => self.quantise(node),
            "Relu" | "Clip" | "Sigmoid" | "HardSigmoid" | "HardSwish" | "Swish" | "LeakyRelu" | "Elu" | "Selu"
            | "Celu" | "Gelu" | "QuickGelu" | "FastGelu" | "Tanh" | "Softplus" | "Softsign" | "Mish"
            | "ThresholdedRelu" | "Shrink" | "Erf" | "Exp" | "Log" | "Sqrt" | "Neg" | "Abs" | "Reciprocal"
            | "Floor" | "Ceil" | "Round" | "Sign" | "Sin" | "Cos" | "Not" | "IsNaN" | "Cast" | "CastLike"
            | "Identity" | "Dropout" | "BatchNormalization" | "DequantizeLinear" => self.function(node),
            _ => self.unknown(node),
        }
    }

    /// Refuses weights that are no finite numbers. Other constants, such as the masks of attention, may be infinite.
    fn check_numbers(&self, node: &Node<'_>) -> Result<(), Defect> {
        let operator = node.proto.op_type.as_str();
        if !is_product(operator) && operator != "BatchNormalization" {
            return Ok(());
        }
        for (input, name) in node.inputs.iter().zip(&node.proto.input) {
            let Some(Value::Constant(constant)) = input else { continue };
            if constant.is_broken {
                let name = self.constant_name(constant).unwrap_or(name);
                let problem = format!("its weights `{name}` hold a value that is no finite number");
                return Err(Defect::with(problem, "the training has diverged, or the file is damaged"));
            }
        }
        Ok(())
    }

    /// A function of each element: the result stands for the same tensor.
    fn function(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let mut made = node.made(0)?.clone();
        let (activation, function) = match node.proto.op_type.as_str() {
            "Relu" => (Some(Activation::Relu), Function::Plain),
            "Clip" => clip(node),
            "HardSwish" => (Some(Activation::HardSwish), Function::Plain),
            "Swish" => (Some(Activation::Swish), Function::Plain),
            "Sigmoid" => (None, Function::Sigmoid),
            "HardSigmoid" => (None, Function::HardSigmoid),
            "Identity" | "Dropout" | "Cast" | "DequantizeLinear" | "BatchNormalization" => (None, made.function),
            _ => (None, Function::Plain),
        };
        if let Some(activation) = activation {
            self.activate(made.tensor, activation);
        }
        made.function = function;
        Ok(vec![Value::Made(made)])
    }

    /// Codes of a tensor: its elements have the bits of the zero point.
    fn quantise(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        if let Some(bits) = code_bits(node) {
            self.builder.quantise_tensor(made.tensor, bits);
        }
        Ok(vec![Value::Made(made)])
    }

    /// An operation that keeps the shape of its first input.
    fn same_shape(&mut self, node: &Node<'_>, op: ElementOp) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let dims = made.dims.clone();
        self.elements(node, op, &[&made], dims)
    }

    /// Adds an operation on elements.
    pub(super) fn elements(
        &mut self,
        node: &Node<'_>,
        op: ElementOp,
        inputs: &[&TensorView],
        dims: Vec<u64>,
    ) -> Result<Vec<Value>, Defect> {
        let (input, output) = (shape(&inputs[0].dims)?, shape(&dims)?);
        let new = NewLayer { op: Op::Elements(op), inputs, input, output, macs: 0, weights: 0, constant: None };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    /// An operator that is not known: counted as moving its bytes, if the user asked for that.
    fn unknown(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let (operator, name) = (&node.proto.op_type, &node.proto.name);
        if !self.options.opaque.iter().any(|opaque| opaque == operator || opaque == name) {
            return Err(self.not_known(node, "this operator is not known"));
        }
        let made = node.all_made();
        let inputs: Vec<&TensorView> = made.iter().collect();
        let mut outputs = Vec::new();
        for (index, output) in node.proto.output.iter().enumerate() {
            let told = self.told(output);
            if index > 0 && told.is_none() {
                outputs.push(Value::Constant(ConstantValue::of_dims(Vec::new()).into()));
                continue;
            }
            let dims = told.unwrap_or_else(|| inputs[0].dims.clone());
            outputs.extend(self.elements(node, ElementOp::Opaque, &inputs, dims)?);
        }
        Ok(outputs)
    }

    /// A defect that counting the node as opaque would get around.
    #[allow(clippy::unused_self, reason = "operators call it like their other helpers")]
    pub(super) fn not_known(&self, node: &Node<'_>, problem: &str) -> Defect {
        let operator: String = node.proto.op_type.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        Defect::with(problem, format!("--opaque {operator} counts it as moving its bytes"))
    }
}

/// Returns `true` for convolutions and matrix products.
fn is_product(operator: &str) -> bool {
    operator.contains("Conv") || operator.contains("MatMul") || operator == "Gemm"
}

/// Activation that a clip is, by its bounds.
fn clip(node: &Node<'_>) -> (Option<Activation>, Function) {
    let bound = |index: usize, name: &str| match node.input(index) {
        Some(Value::Constant(constant)) => {
            let whole = constant.ints.as_ref().and_then(|list| Some(*list.first()? as f32));
            constant.floats.as_ref().and_then(|list| list.first().copied()).or(whole)
        }
        Some(Value::Made(_)) => None,
        None => node.attribute(name).map(|attribute| attribute.f),
    };
    let (least, most) = (bound(1, "min"), bound(2, "max"));
    let zero = least.is_some_and(|least| least.abs() < 1e-6);
    let six = most.is_some_and(|most| (most - 6.0).abs() < 1e-6);
    match most {
        _ if zero && six => (Some(Activation::Relu6), Function::HardSigmoid),
        None if zero => (Some(Activation::Relu), Function::Plain),
        _ => (None, Function::HardSigmoid),
    }
}
