//! Constants of a model: what is read of their elements, and operators on constants.

use std::rc::Rc;

use super::error::Defect;
use super::node::{Node, axis};
use super::value::{ConstantValue, MOST_AXES, Value, broadcast, elements, shown};
use crate::onnx::{TensorProto, data_type};

/// Most elements of a constant that are kept.
const FEW: u64 = 4096;

/// Reads a constant; `external` is its content where that lies in another file.
pub(super) fn of_tensor(
    tensor: &TensorProto,
    external: Option<&[u8]>,
    initialiser: Option<usize>,
) -> Result<ConstantValue, Defect> {
    if tensor.dims.len() > MOST_AXES {
        return Err(Defect::new(format!("the constant has {} axes; at most {MOST_AXES} are read", tensor.dims.len())));
    }
    let dims = dims(tensor)?;
    let count = elements(&dims)?;
    let raw = external.unwrap_or(&tensor.raw_data);
    let bits = match tensor.data_type {
        data_type::INT4 | data_type::UINT4 => 4,
        data_type::INT16 | data_type::UINT16 => 16,
        _ => 8,
    };
    check_length(tensor, raw, &dims, count)?;
    let (ints, floats) = if count <= FEW { (ints(tensor, raw), floats(tensor, raw)) } else { (None, None) };
    let fits = |length: usize| length as u64 == count;
    let (ints, floats) = (ints.filter(|list| fits(list.len())), floats.filter(|list| fits(list.len())));
    Ok(ConstantValue { dims, ints, floats, bits, initialiser, is_broken: is_broken(tensor, raw) })
}

/// Lengths of the axes of a constant.
pub(super) fn dims(tensor: &TensorProto) -> Result<Vec<u64>, Defect> {
    let dims: Result<Vec<u64>, _> = tensor.dims.iter().map(|&dim| u64::try_from(dim)).collect();
    dims.map_err(|_| Defect::new(format!("the constant has the shape {:?}", tensor.dims)))
}

/// Bytes of so many elements as they lie in memory; `None` for types that are not read.
pub(super) fn raw_bytes(tensor: &TensorProto, count: u64) -> Option<u64> {
    Some(match tensor.data_type {
        data_type::INT4 | data_type::UINT4 => count.div_ceil(2),
        data_type::UINT8 | data_type::INT8 => count,
        data_type::UINT16 | data_type::INT16 | data_type::FLOAT16 | data_type::BFLOAT16 => count.saturating_mul(2),
        data_type::FLOAT | data_type::INT32 => count.saturating_mul(4),
        data_type::INT64 | data_type::DOUBLE => count.saturating_mul(8),
        _ => return None,
    })
}

/// Compares the length of raw data with the shape.
fn check_length(tensor: &TensorProto, raw: &[u8], dims: &[u64], count: u64) -> Result<(), Defect> {
    let length = raw.len() as u64;
    if length > 0 && raw_bytes(tensor, count).is_some_and(|wanted| wanted != length) {
        let problem = format!("the constant `{}` of {} has {length} bytes", tensor.name, shown(dims));
        return Err(Defect::with(problem, "the file is damaged; export it again"));
    }
    Ok(())
}

fn ints(tensor: &TensorProto, raw: &[u8]) -> Option<Vec<i64>> {
    let chunks = |bytes: usize| raw.chunks_exact(bytes);
    Some(match tensor.data_type {
        data_type::INT64 if raw.is_empty() => tensor.int64_data.clone(),
        data_type::INT64 => chunks(8).filter_map(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?))).collect(),
        data_type::INT32 if !raw.is_empty() => {
            chunks(4).filter_map(|bytes| Some(i32::from_le_bytes(bytes.try_into().ok()?).into())).collect()
        }
        data_type::INT8 if !raw.is_empty() => raw.iter().map(|&byte| i64::from(byte.cast_signed())).collect(),
        data_type::UINT8 if !raw.is_empty() => raw.iter().map(|&byte| i64::from(byte)).collect(),
        data_type::INT32 | data_type::INT8 | data_type::UINT8 => {
            tensor.int32_data.iter().map(|&value| i64::from(value)).collect()
        }
        _ => return None,
    })
}

fn floats(tensor: &TensorProto, raw: &[u8]) -> Option<Vec<f32>> {
    match tensor.data_type {
        data_type::FLOAT if raw.is_empty() => Some(tensor.float_data.clone()),
        data_type::FLOAT => {
            Some(raw.chunks_exact(4).filter_map(|bytes| Some(f32::from_le_bytes(bytes.try_into().ok()?))).collect())
        }
        _ => None,
    }
}

/// Returns `true` if an element is infinite or not a number.
fn is_broken(tensor: &TensorProto, raw: &[u8]) -> bool {
    let half = |bytes: &[u8], exponent: u16| u16::from_le_bytes([bytes[0], bytes[1]]) & exponent == exponent;
    match tensor.data_type {
        data_type::FLOAT => {
            let exponent = 0x7f80_0000_u32;
            let broken =
                |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) & exponent == exponent;
            raw.chunks_exact(4).any(broken) || tensor.float_data.iter().any(|value| !value.is_finite())
        }
        data_type::FLOAT16 => raw.chunks_exact(2).any(|bytes| half(bytes, 0x7c00)),
        data_type::BFLOAT16 => raw.chunks_exact(2).any(|bytes| half(bytes, 0x7f80)),
        _ => false,
    }
}

/// Result of an operator all of whose inputs are constants; `None` if it is not known how to compute its shape.
pub(super) fn fold(node: &Node<'_>) -> Result<Option<ConstantValue>, Defect> {
    let mut result = match node.proto.op_type.as_str() {
        "Constant" => return of_attributes(node).map(Some),
        "Identity" | "Dropout" => return Ok(Some(node.constant(0)?.as_ref().clone())),
        "Shape" => ConstantValue::of_ints(node.constant(0)?.dims.iter().map(|&dim| dim.cast_signed()).collect()),
        "Cast" | "CastLike" | "Relu" | "Floor" | "Ceil" | "Round" | "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Erf"
        | "Sin" | "Cos" | "Tanh" | "Sigmoid" | "Softplus" | "Reciprocal" | "Clip" | "Not" => {
            let own = node.constant(0)?;
            let known = || own.ints.clone().or_else(|| whole(own.floats.as_deref()?));
            let ints = if node.proto.op_type.starts_with("Cast") { known() } else { None };
            ConstantValue { ints, floats: None, ..own.as_ref().clone() }
        }
        "QuantizeLinear" | "DequantizeLinear" => quantised(node)?,
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Pow" | "Equal" | "Less" | "Greater" | "LessOrEqual"
        | "GreaterOrEqual" | "And" | "Or" | "Xor" => arithmetic(node)?,
        "Where" => chosen(node)?,
        "Expand" => expanded(node)?,
        "Concat" => concat(node)?,
        "Gather" => gather(node)?,
        "Unsqueeze" | "Squeeze" | "Reshape" | "Flatten" => return super::axes::reshaped_constant(node).map(Some),
        "Slice" => slice(node)?,
        "Range" => range(node)?,
        "ConstantOfShape" => {
            let dims = node.constant(0)?.ints.clone().unwrap_or_default();
            let dims: Vec<u64> = dims.iter().map(|&dim| u64::try_from(dim).unwrap_or(0)).collect();
            let count = elements(&dims)?;
            let value = node.attribute("value").and_then(|value| value.t.as_ref());
            let value =
                value.map_or(Some(0), |value| ints(value, &value.raw_data).and_then(|list| list.first().copied()));
            let ints = if count <= FEW { value.map(|value| vec![value; count as usize]) } else { None };
            ConstantValue { ints, ..ConstantValue::of_dims(dims) }
        }
        "Transpose" => {
            let own = node.constant(0)?;
            let dims = super::axes::transposed(node, &own.dims)?;
            // A vector is its own transpose.
            let (ints, floats) = if dims.len() < 2 { (own.ints.clone(), own.floats.clone()) } else { (None, None) };
            ConstantValue { dims, ints, floats, ..own.as_ref().clone() }
        }
        _ => return Ok(None),
    };
    if result.bits == 0 {
        result.bits = 8;
    }
    Ok(Some(result))
}

/// The value of a node that only holds it.
fn of_attributes(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let attribute = node.proto.attribute.first().ok_or_else(|| Defect::new("it holds no value"))?;
    Ok(match attribute.name.as_str() {
        "value" => of_tensor(attribute.t.as_ref().ok_or_else(|| Defect::new("it holds no value"))?, None, None)?,
        "value_int" => ConstantValue { dims: Vec::new(), ..ConstantValue::of_ints(vec![attribute.i]) },
        "value_ints" => ConstantValue::of_ints(attribute.ints.clone()),
        "value_float" => ConstantValue { floats: Some(vec![attribute.f]), ..ConstantValue::of_dims(Vec::new()) },
        "value_floats" => ConstantValue {
            floats: Some(attribute.floats.clone()),
            ..ConstantValue::of_dims(vec![attribute.floats.len() as u64])
        },
        other => return Err(Defect::new(format!("a constant given as `{other}` is not known"))),
    })
}

/// Floating-point numbers that are whole.
fn whole(list: &[f32]) -> Option<Vec<i64>> {
    list.iter().map(|&value| (value.fract() == 0.0 && value.abs() < 1e9).then_some(value as i64)).collect()
}

/// Bits of the codes that a node makes or reads, by its zero point; those of the value itself if it has none.
pub(super) fn code_bits(node: &Node<'_>) -> Option<u8> {
    match (node.input(2), node.int("output_dtype", 0) as i32) {
        (Some(Value::Constant(zero)), _) => Some(zero.bits),
        (_, data_type::INT4 | data_type::UINT4) => Some(4),
        (_, data_type::INT16 | data_type::UINT16) => Some(16),
        _ => None,
    }
}

fn quantised(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let own = node.constant(0)?;
    let bits = if node.proto.op_type == "QuantizeLinear" { code_bits(node).unwrap_or(8) } else { own.bits };
    Ok(ConstantValue { bits, ints: None, floats: None, ..own.as_ref().clone() })
}

fn arithmetic(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let (left, right) = (node.constant(0)?, node.constant(1)?);
    let value = |one: i64, other: i64| match node.proto.op_type.as_str() {
        "Add" => one.checked_add(other),
        "Sub" => one.checked_sub(other),
        "Mul" => one.checked_mul(other),
        "Div" => one.checked_div(other),
        // Of the sign of the divisor.
        "Mod" if node.int("fmod", 0) == 0 => {
            let rest = one.checked_rem(other)?;
            Some(if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest })
        }
        "Equal" => Some(i64::from(one == other)),
        "Less" => Some(i64::from(one < other)),
        "Greater" => Some(i64::from(one > other)),
        "LessOrEqual" => Some(i64::from(one <= other)),
        "GreaterOrEqual" => Some(i64::from(one >= other)),
        _ => None,
    };
    let dims = broadcast(&left.dims, &right.dims)?;
    let ints = match (few(left, &dims)?, few(right, &dims)?) {
        (Some(one), Some(other)) => one.into_iter().zip(other).map(|(one, other)| value(one, other)).collect(),
        _ => None,
    };
    Ok(ConstantValue { ints, ..ConstantValue::of_dims(dims) })
}

/// Whole numbers of a constant repeated over a shape with one axis or none; `None` if they are many or not known.
fn few(constant: &ConstantValue, dims: &[u64]) -> Result<Option<Vec<i64>>, Defect> {
    let count = elements(dims)?;
    if count > FEW || dims.len() >= 2 {
        return Ok(None);
    }
    let Some(list) = &constant.ints else { return Ok(None) };
    Ok(match list[..] {
        [one] => Some(vec![one; count as usize]),
        _ => Some(list.clone()).filter(|list| list.len() as u64 == count),
    })
}

fn chosen(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let [condition, one, other] = [node.constant(0)?, node.constant(1)?, node.constant(2)?];
    let dims = broadcast(&broadcast(&condition.dims, &one.dims)?, &other.dims)?;
    let ints = match (few(condition, &dims)?, few(one, &dims)?, few(other, &dims)?) {
        (Some(condition), Some(one), Some(other)) => {
            let pairs = condition.into_iter().zip(one.into_iter().zip(other));
            Some(pairs.map(|(condition, (one, other))| if condition == 0 { other } else { one }).collect())
        }
        _ => None,
    };
    Ok(ConstantValue { ints, ..ConstantValue::of_dims(dims) })
}

fn expanded(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let own = node.constant(0)?;
    let wanted = node.numbers(1, "shape")?.ok_or_else(|| Defect::new("the new shape is missing"))?;
    let wanted: Option<Vec<u64>> = wanted.iter().map(|&length| u64::try_from(length).ok()).collect();
    let wanted = wanted.ok_or_else(|| Defect::new("its new shape has a negative length"))?;
    let dims = broadcast(&own.dims, &wanted)?;
    let ints = few(own, &dims)?;
    Ok(ConstantValue { ints, floats: None, dims, ..own.as_ref().clone() })
}

fn concat(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let parts: Result<Vec<&Rc<ConstantValue>>, Defect> =
        (0..node.inputs.len()).map(|index| node.constant(index)).collect();
    let parts = parts?;
    let first = parts.first().ok_or_else(|| Defect::new("it has no input"))?;
    let along = axis(node.int("axis", 0), first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[along] = 0;
    for part in &parts {
        dims[along] += part.dims.get(along).copied().unwrap_or(0);
    }
    let count = elements(&dims)?;
    let ints = match dims.len() {
        1 if count <= FEW => {
            parts.iter().map(|part| part.ints.clone()).collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
        _ => None,
    };
    Ok(ConstantValue { ints, ..ConstantValue::of_dims(dims) })
}

fn gather(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let (data, indices) = (node.constant(0)?, node.constant(1)?);
    let along = axis(node.int("axis", 0), data.dims.len())?;
    let mut dims = data.dims[..along].to_vec();
    dims.extend(&indices.dims);
    dims.extend(&data.dims[along + 1..]);
    let ints = match (&data.ints, &indices.ints, data.dims.len()) {
        (Some(list), Some(indices), 1) => {
            let pick = |&index: &i64| Some(list[axis(index, list.len()).ok()?]);
            indices.iter().map(pick).collect()
        }
        _ => None,
    };
    Ok(ConstantValue { ints, ..ConstantValue::of_dims(dims) })
}

fn slice(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let own = node.constant(0)?;
    let ranges = super::axes::ranges(node, &own.dims)?;
    let dims = ranges.iter().map(super::axes::AxisRange::length).collect();
    let ints = match (&own.ints, &ranges[..]) {
        (Some(list), [range]) => Some(range.indices().filter_map(|index| list.get(index).copied()).collect()),
        _ => None,
    };
    Ok(ConstantValue { ints, ..ConstantValue::of_dims(dims) })
}

fn range(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let number = |index: usize| -> Result<i64, Defect> {
        let first = node.constant(index)?.ints.as_ref().and_then(|list| list.first().copied());
        first.ok_or_else(|| Defect::new("its range is not known"))
    };
    let (start, limit, step) = (number(0)?, number(1)?, number(2)?);
    let count = if step > 0 { limit.saturating_sub(start).max(0) / step } else { 0 };
    if step < 1 || count > FEW.cast_signed() {
        return Err(Defect::new("its range is not one that is read"));
    }
    Ok(ConstantValue::of_ints((start..limit).step_by(step as usize).collect()))
}
