//! Attributes and inputs of a node.

use std::rc::Rc;

use super::error::Defect;
use super::value::{ConstantValue, TensorView, Value};
use crate::onnx::{AttributeProto, NodeProto};

/// A node with its values; `None` for those that are left out.
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
    pub(super) inputs: Vec<Option<Value>>,
    /// Version of the operators.
    pub(super) opset: i64,
}

impl<'a> Node<'a> {
    pub(super) fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice())
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.attribute(name).and_then(|attribute| std::str::from_utf8(&attribute.s).ok()).unwrap_or("")
    }

    pub(super) fn input(&self, index: usize) -> Option<&Value> {
        self.inputs.get(index).and_then(Option::as_ref)
    }

    /// Tensor at an input.
    pub(super) fn made(&self, index: usize) -> Result<&TensorView, Defect> {
        match self.input(index) {
            Some(Value::Made(made)) => Ok(made),
            Some(Value::Constant(_)) => Err(Defect::new(format!("input {} is a constant", index + 1))),
            None => Err(Defect::new(format!("input {} is missing", index + 1))),
        }
    }

    /// Constant at an input.
    pub(super) fn constant(&self, index: usize) -> Result<&Rc<ConstantValue>, Defect> {
        match self.input(index) {
            Some(Value::Constant(constant)) => Ok(constant),
            Some(Value::Made(_)) => {
                Err(Defect::new(format!("input {} depends on the image; only constants can be read there", index + 1)))
            }
            None => Err(Defect::new(format!("input {} is missing", index + 1))),
        }
    }

    /// Whole numbers at an input, or in an attribute of older operators; `None` if both are left out.
    pub(super) fn numbers(&self, index: usize, attribute: &str) -> Result<Option<Vec<i64>>, Defect> {
        match self.input(index) {
            Some(_) => {
                let constant = self.constant(index)?;
                let unknown = || Defect::new(format!("the numbers of input {} are not known", index + 1));
                constant.ints.clone().map(Some).ok_or_else(unknown)
            }
            None => Ok(self.ints(attribute).map(<[i64]>::to_vec)),
        }
    }

    /// All tensors among the inputs.
    pub(super) fn all_made(&self) -> Vec<TensorView> {
        let made = |value: &Option<Value>| match value {
            Some(Value::Made(made)) => Some(made.clone()),
            _ => None,
        };
        self.inputs.iter().filter_map(made).collect()
    }
}

/// An axis, counted from the end if it is negative.
pub(super) fn axis(axis: i64, axes: usize) -> Result<usize, Defect> {
    let from_start = if axis < 0 { axis.checked_add(signed(axes)) } else { Some(axis) };
    let found = from_start.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < axes);
    found.ok_or_else(|| Defect::new(format!("there is no axis {axis} among {axes}")))
}

/// A number of axes or elements with a sign.
pub(super) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
