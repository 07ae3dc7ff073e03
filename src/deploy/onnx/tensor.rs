//! Tensors of an ONNX program.

/// Most elements of a tensor.
const MOST_ELEMENTS: usize = 1 << 28;

/// A tensor; integers are held as single-precision numbers, which is exact for codes.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

impl Tensor {
    /// Elements of a tensor of this shape; `None` if there are too many.
    pub(super) fn size(shape: &[usize]) -> Option<usize> {
        let size = shape.iter().try_fold(1_usize, |size, &length| size.checked_mul(length))?;
        (size <= MOST_ELEMENTS).then_some(size)
    }

    /// A tensor of the same shape.
    pub(super) fn map(&self, function: impl Fn(f32) -> f32) -> Self {
        Self { shape: self.shape.clone(), values: self.values.iter().map(|&value| function(value)).collect() }
    }

    /// Lengths of the four axes.
    pub(super) fn four(&self) -> Result<[usize; 4], String> {
        let four: Result<[usize; 4], _> = self.shape.clone().try_into();
        four.map_err(|shape: Vec<usize>| format!("{shape:?} are not four axes"))
    }

    /// The one value.
    pub(super) fn scalar(&self) -> Result<f32, String> {
        match self.values[..] {
            [value] => Ok(value),
            _ => Err(format!("{:?} is not one value", self.shape)),
        }
    }
}
