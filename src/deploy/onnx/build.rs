//! Parts of ONNX models: nodes, constants and types.

use prost::bytes::Bytes;

use crate::onnx::{
    AttributeProto, DimensionProto, GraphProto, NodeProto, ShapeProto, TensorProto, TensorTypeProto, TypeProto,
    ValueInfoProto, data_type,
};

/// Kinds of attributes, as `AttributeProto` numbers them.
const FLOAT: i32 = 1;
const INT: i32 = 2;
const INTS: i32 = 7;

/// Value of an attribute.
pub(super) enum AttributeValue {
    Float(f32),
    Int(i64),
    Ints(Vec<i64>),
}

/// A graph under construction.
pub(super) struct GraphBuilder(pub(super) GraphProto);

impl GraphBuilder {
    /// Adds a node that makes a tensor of this name, type and shape; it is named as what it makes.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: (&str, i32, &[usize]),
        attributes: &[(&str, AttributeValue)],
    ) {
        let (name, element, shape) = output;
        self.0.node.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![name.to_owned()],
            name: format!("{operator}:{name}"),
            op_type: operator.to_owned(),
            attribute: attributes.iter().map(|(name, value)| attribute(name, value)).collect(),
            domain: String::new(),
        });
        self.0.value_info.push(value_info(name, element, shape));
    }

    /// Adds a constant of single-precision numbers, and returns its name.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, data_type::FLOAT, shape, bytes)
    }

    /// Adds a constant of 8-bit integers, and returns its name.
    pub(super) fn bytes(&mut self, name: &str, shape: &[usize], values: &[i8]) -> String {
        self.constant(name, data_type::INT8, shape, values.iter().map(|value| value.cast_unsigned()).collect())
    }

    /// Adds a constant of 32-bit integers, and returns its name.
    pub(super) fn integers(&mut self, name: &str, shape: &[usize], values: &[i32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, data_type::INT32, shape, bytes)
    }

    /// Adds a constant of 64-bit integers, and returns its name.
    pub(super) fn longs(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, data_type::INT64, &[values.len()], bytes)
    }

    fn constant(&mut self, name: &str, element: i32, shape: &[usize], raw: Vec<u8>) -> String {
        if self.0.initializer.iter().all(|known| known.name != name) {
            self.0.initializer.push(TensorProto {
                dims: lengths(shape),
                data_type: element,
                name: name.to_owned(),
                raw_data: Bytes::from(raw),
                ..TensorProto::default()
            });
        }
        name.to_owned()
    }
}

/// Name, type and shape of a value.
pub(super) fn value_info(name: &str, element: i32, shape: &[usize]) -> ValueInfoProto {
    let dim = |length| DimensionProto { dim_value: Some(length), dim_param: None };
    let shape = ShapeProto { dim: lengths(shape).into_iter().map(dim).collect() };
    let tensor = TensorTypeProto { elem_type: element, shape: Some(shape) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}

fn lengths(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&length| length.cast_signed() as i64).collect()
}

fn attribute(name: &str, value: &AttributeValue) -> AttributeProto {
    let plain = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match value {
        AttributeValue::Float(f) => AttributeProto { f: *f, r#type: FLOAT, ..plain },
        AttributeValue::Int(i) => AttributeProto { i: *i, r#type: INT, ..plain },
        AttributeValue::Ints(ints) => AttributeProto { ints: ints.clone(), r#type: INTS, ..plain },
    }
}
