//! Values of a model while it is imported: constants, and tensors that layers make.

use std::rc::Rc;

use crate::network::layer::TensorId;
use crate::network::shape::{LARGEST_COUNT, Shape};

use super::error::Defect;

/// Most axes of a tensor.
pub(super) const MOST_AXES: usize = 16;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Constant(Rc<ConstantValue>),
    Made(TensorView),
}

/// A constant; only what shapes and counts may depend on is kept of its elements.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ConstantValue {
    pub(super) dims: Vec<u64>,
    /// Elements as whole numbers, if there are few.
    pub(super) ints: Option<Vec<i64>>,
    /// Elements as floating-point numbers, if there are few.
    pub(super) floats: Option<Vec<f32>>,
    /// Bits of an element that a quantised model gives; 8 where it is not quantised.
    pub(super) bits: u8,
    /// Position among the initialisers, if it is one.
    pub(super) initialiser: Option<usize>,
    /// `true` if an element is infinite or not a number.
    pub(super) is_broken: bool,
}

impl ConstantValue {
    pub(super) fn of_ints(ints: Vec<i64>) -> Self {
        Self { dims: vec![ints.len() as u64], ints: Some(ints), bits: 8, ..Self::default() }
    }

    /// A constant whose elements are not known.
    pub(super) fn of_dims(dims: Vec<u64>) -> Self {
        Self { dims, bits: 8, ..Self::default() }
    }
}

/// Function of a tensor that a later product may make an activation of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Plain,
    Sigmoid,
    HardSigmoid,
}

/// A tensor that a layer makes, or a view of it.
#[derive(Debug, Clone)]
pub(super) struct TensorView {
    pub(super) tensor: TensorId,
    pub(super) dims: Vec<u64>,
    /// Equal for values whose elements stand for equal elements of the tensor.
    pub(super) view: u32,
    pub(super) function: Function,
}

impl TensorView {
    pub(super) fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Returns `true` if it is another function of the same elements.
    pub(super) fn stands_for(&self, other: &Self) -> bool {
        self.tensor == other.tensor && self.view == other.view
    }
}

/// Number of elements.
pub(super) fn elements(dims: &[u64]) -> Result<u64, Defect> {
    let product = dims.iter().try_fold(1_u64, |product, &dim| product.checked_mul(dim));
    product.filter(|&count| count <= LARGEST_COUNT).ok_or_else(|| Defect::new(format!("{} overflows", shown(dims))))
}

/// Shape of a tensor `[1, channels, height, width]` or of fewer axes; more axes are joined. The batch is left out.
pub(super) fn shape(dims: &[u64]) -> Result<Shape, Defect> {
    elements(dims)?;
    let side = |dim: u64| {
        u32::try_from(dim).ok().filter(|&side| side > 0).ok_or_else(|| {
            let remedy = "fix it with --input, for instance --input 1x3x224x224";
            Defect::with(format!("the shape {} has a side of {dim}", shown(dims)), remedy)
        })
    };
    let own = match dims {
        [1, rest @ ..] if !rest.is_empty() => rest,
        dims => dims,
    };
    Ok(match own {
        [] => Shape::new(1, 1, 1),
        [channels] => Shape::new(side(*channels)?, 1, 1),
        [channels, height] => Shape::new(side(*channels)?, side(*height)?, 1),
        [channels, height @ .., width] => Shape::new(side(*channels)?, side(height.iter().product())?, side(*width)?),
    })
}

/// A shape in words: `1x3x224x224`.
pub(super) fn shown(dims: &[u64]) -> String {
    match dims {
        [] => "a single value".to_owned(),
        dims => dims.iter().map(u64::to_string).collect::<Vec<_>>().join("x"),
    }
}

/// Shape of two operands together: axes of length 1 are repeated.
pub(super) fn broadcast(left: &[u64], right: &[u64]) -> Result<Vec<u64>, Defect> {
    let axes = left.len().max(right.len());
    let at = |dims: &[u64], axis: usize| (axis + dims.len()).checked_sub(axes).map_or(1, |axis| dims[axis]);
    (0..axes)
        .map(|axis| match (at(left, axis), at(right, axis)) {
            (one, other) if one == other || other == 1 => Ok(one),
            (1, other) => Ok(other),
            _ => Err(Defect::new(format!("the shapes {} and {} do not match", shown(left), shown(right)))),
        })
        .collect()
}
