//! Numbers of the public TFLite format (`schema.fbs`), and its tables by field number.

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, UnionWIPOffset, VOffsetT, WIPOffset};

/// Types of elements.
pub(super) mod element {
    pub(in crate::deploy) const FLOAT32: i8 = 0;
    pub(in crate::deploy) const INT32: i8 = 2;
    pub(in crate::deploy) const INT8: i8 = 9;
}

/// An operator with the version that first took 8-bit integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OperatorCode {
    pub(super) number: i32,
    pub(super) version: i32,
}

const fn code(number: i32, version: i32) -> OperatorCode {
    OperatorCode { number, version }
}

pub(super) const ADD: OperatorCode = code(0, 2);
pub(super) const CONV_2D: OperatorCode = code(3, 3);
pub(super) const DEPTHWISE_CONV_2D: OperatorCode = code(4, 3);
pub(super) const DEQUANTIZE: OperatorCode = code(6, 2);
pub(super) const MAX_POOL_2D: OperatorCode = code(17, 2);
pub(super) const MUL: OperatorCode = code(18, 2);
pub(super) const RESHAPE: OperatorCode = code(22, 1);
pub(super) const PAD: OperatorCode = code(34, 2);
pub(super) const TRANSPOSE: OperatorCode = code(39, 2);
pub(super) const MEAN: OperatorCode = code(40, 2);
pub(super) const MINIMUM: OperatorCode = code(57, 2);
pub(super) const PADV2: OperatorCode = code(60, 2);
pub(super) const REDUCE_MAX: OperatorCode = code(82, 2);
pub(super) const QUANTIZE: OperatorCode = code(114, 2);

/// Options of an operator: the number of their table in the union, and its fields.
pub(super) type Options = (u8, Vec<(u16, FieldValue)>);

/// Field of a table.
#[derive(Clone, Copy)]
pub(super) enum FieldValue {
    Byte(i8),
    Ubyte(u8),
    Int(i32),
    Uint(u32),
    Bool(bool),
    At(WIPOffset<UnionWIPOffset>),
}

pub(super) type Table = WIPOffset<TableFinishedWIPOffset>;

/// Adds a table with these fields, by number.
pub(super) fn table(builder: &mut FlatBufferBuilder<'_>, fields: &[(u16, FieldValue)]) -> Table {
    let start = builder.start_table();
    for &(field, value) in fields {
        let slot: VOffsetT = 4 + 2 * field;
        match value {
            FieldValue::Byte(value) => builder.push_slot_always(slot, value),
            FieldValue::Ubyte(value) => builder.push_slot_always(slot, value),
            FieldValue::Int(value) => builder.push_slot_always(slot, value),
            FieldValue::Uint(value) => builder.push_slot_always(slot, value),
            FieldValue::Bool(value) => builder.push_slot_always(slot, value),
            FieldValue::At(value) => builder.push_slot_always(slot, value),
        }
    }
    let end = builder.end_table(start);
    WIPOffset::new(end.value())
}
