//! A TFLite model before it is serialised: tensors, buffers and operators.

use flatbuffers::{FlatBufferBuilder, Push, WIPOffset};

use super::schema::{FieldValue, OperatorCode, Options, Table, table};

/// Version of the format.
const FORMAT: u32 = 3;
/// Letters by which files are told.
const IDENTIFIER: &str = "TFL3";

/// A tensor.
#[derive(Debug, Clone)]
pub(super) struct ModelTensor {
    pub(super) name: String,
    pub(super) shape: Vec<i32>,
    /// Type of its elements.
    pub(super) element: i8,
    /// Elements of a constant, else empty.
    pub(super) content: Vec<u8>,
    pub(super) quantisation: Option<TensorScales>,
}

/// Scales and zero points of a tensor, one or one for each position of an axis.
#[derive(Debug, Clone)]
pub(super) struct TensorScales {
    pub(super) scales: Vec<f32>,
    pub(super) zero: i64,
    pub(super) axis: i32,
}

/// An operator.
#[derive(Clone)]
pub(super) struct ModelOperator {
    pub(super) code: OperatorCode,
    pub(super) inputs: Vec<i32>,
    pub(super) output: i32,
    pub(super) options: Option<Options>,
}

/// A model of one graph.
#[derive(Clone, Default)]
pub(super) struct TfliteModel {
    pub(super) name: String,
    pub(super) tensors: Vec<ModelTensor>,
    pub(super) operators: Vec<ModelOperator>,
    pub(super) input: i32,
    pub(super) output: i32,
}

impl TfliteModel {
    /// Adds a tensor, and returns its number.
    pub(super) fn add(&mut self, tensor: ModelTensor) -> i32 {
        self.tensors.push(tensor);
        i32::try_from(self.tensors.len() - 1).expect("a network has some hundred tensors")
    }

    /// Content of the file.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let out = &mut builder;
        // Buffer 0 is the empty one of tensors that are no constants.
        let mut buffers = vec![table(out, &[])];
        let mut tensors = Vec::new();
        for tensor in &self.tensors {
            let mut buffer = 0;
            if !tensor.content.is_empty() {
                let data = vector(out, &tensor.content);
                buffer = u32::try_from(buffers.len()).expect("a network has some hundred constants");
                buffers.push(table(out, &[(0, data)]));
            }
            tensors.push(tensor_table(out, tensor, buffer));
        }
        let mut codes: Vec<OperatorCode> = Vec::new();
        let mut operators = Vec::new();
        for operator in &self.operators {
            let known = codes.iter().position(|code| *code == operator.code);
            let index = known.unwrap_or(codes.len());
            if known.is_none() {
                codes.push(operator.code);
            }
            operators.push(operator_table(out, operator, index as u32));
        }
        let codes: Vec<Table> = codes.into_iter().map(|code| code_table(out, code)).collect();
        let graph = [
            (0, tables(out, &tensors)),
            (1, vector(out, &[self.input])),
            (2, vector(out, &[self.output])),
            (3, tables(out, &operators)),
            (4, text(out, &self.name)),
        ];
        let graph = table(out, &graph);
        let model = [
            (0, FieldValue::Uint(FORMAT)),
            (1, tables(out, &codes)),
            (2, tables(out, &[graph])),
            (3, text(out, &format!("splitscope {}", env!("CARGO_PKG_VERSION")))),
            (4, tables(out, &buffers)),
        ];
        let model = table(out, &model);
        builder.finish(model, Some(IDENTIFIER));
        builder.finished_data().to_vec()
    }
}

fn tensor_table(out: &mut FlatBufferBuilder<'_>, tensor: &ModelTensor, buffer: u32) -> Table {
    let mut fields = vec![
        (0, vector(out, &tensor.shape)),
        (1, FieldValue::Byte(tensor.element)),
        (2, FieldValue::Uint(buffer)),
        (3, text(out, &tensor.name)),
    ];
    if let Some(TensorScales { scales, zero, axis }) = &tensor.quantisation {
        let quantisation =
            [(2, vector(out, scales)), (3, vector(out, &vec![*zero; scales.len()])), (6, FieldValue::Int(*axis))];
        let quantisation = table(out, &quantisation);
        fields.push((4, FieldValue::At(quantisation.as_union_value())));
    }
    table(out, &fields)
}

fn operator_table(out: &mut FlatBufferBuilder<'_>, operator: &ModelOperator, code: u32) -> Table {
    let mut fields =
        vec![(0, FieldValue::Uint(code)), (1, vector(out, &operator.inputs)), (2, vector(out, &[operator.output]))];
    if let Some((kind, options)) = &operator.options {
        let options = table(out, options);
        fields.push((3, FieldValue::Ubyte(*kind)));
        fields.push((4, FieldValue::At(options.as_union_value())));
    }
    table(out, &fields)
}

fn code_table(out: &mut FlatBufferBuilder<'_>, code: OperatorCode) -> Table {
    // The first field held all numbers once, and readers still look at it where the number fits.
    let old = i8::try_from(code.number).unwrap_or(i8::MAX);
    let fields = [(0, FieldValue::Byte(old)), (2, FieldValue::Int(code.version)), (3, FieldValue::Int(code.number))];
    table(out, &fields)
}

fn vector<'a, T>(out: &mut FlatBufferBuilder<'a>, values: &[T]) -> FieldValue
where
    T: Push + Copy,
    T::Output: 'a,
{
    FieldValue::At(WIPOffset::new(out.create_vector(values).value()))
}

fn tables(out: &mut FlatBufferBuilder<'_>, values: &[Table]) -> FieldValue {
    FieldValue::At(WIPOffset::new(out.create_vector(values).value()))
}

fn text(out: &mut FlatBufferBuilder<'_>, text: &str) -> FieldValue {
    FieldValue::At(out.create_string(text).as_union_value())
}
