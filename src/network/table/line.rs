//! Checks the sizes of one line together and counts its weights and multiply-accumulates.

use std::ops::Range;

use super::{Kind, LARGEST_COUNT, Row};
use crate::diagnostic::{Diagnostic, Source};
use crate::network::Shape;

/// A line that was read, before its sizes are checked together.
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
    pub(super) input: Shape,
    pub(super) outputs: u32,
    pub(super) kernel: [u32; 2],
    pub(super) stride: [u32; 2],
    pub(super) padding: u32,
    pub(super) groups: u32,
    /// Whether a window that reaches beyond the input counts (SCALE-Sim rounds up).
    pub(super) partial_windows: bool,
}

impl Line<'_> {
    pub(super) fn row(&self, source: &Source) -> Result<Row, Diagnostic> {
        let refuse = |message: String| source.error(self.span.clone(), message);
        let Self { input, outputs, groups, .. } = *self;
        let output = match self.kind {
            Kind::Add | Kind::Scale => input,
            Kind::Linear => Shape::new(outputs, 1, 1),
            Kind::Conv | Kind::Depthwise | Kind::Pool => Shape::new(
                outputs,
                self.side(0, input.height).map_err(refuse)?,
                self.side(1, input.width).map_err(refuse)?,
            ),
        };
        if self.kind == Kind::Linear && groups != 1 {
            return Err(refuse(format!("a fully connected layer can't have {groups} groups")));
        }
        if self.kind == Kind::Depthwise && groups != input.channels {
            return Err(refuse(format!("a depthwise layer of {} channels can't have {groups} groups", input.channels)));
        }
        if matches!(self.kind, Kind::Pool | Kind::Add | Kind::Scale) && outputs != input.channels {
            return Err(refuse(format!("this layer keeps its {} channels, but cout is {outputs}", input.channels)));
        }
        if !input.channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(refuse(format!(
                "{groups} groups do not divide {} input and {outputs} output channels",
                input.channels
            )));
        }
        let (weights, macs) =
            self.counts(output).ok_or_else(|| refuse("the size of this layer overflows".to_owned()))?;
        let kernel = if self.kind == Kind::Linear { [1, 1] } else { self.kernel };
        let (name, span) = (self.name.to_owned(), self.span.clone());
        Ok(Row { name, kind: self.kind, input, output, kernel, groups, macs, weights, span })
    }

    fn side(&self, axis: usize, size: u32) -> Result<u32, String> {
        let (kernel, stride) = (u64::from(self.kernel[axis]), u64::from(self.stride[axis]));
        let padded = u64::from(size) + 2 * u64::from(self.padding);
        let Some(room) = padded.checked_sub(kernel) else {
            return Err(format!("kernel {kernel} is larger than its input {size} padded by {}", self.padding));
        };
        let steps = if self.partial_windows { room.div_ceil(stride) } else { room / stride };
        u32::try_from(steps + 1).map_err(|_| "the size of this layer overflows".to_owned())
    }

    /// Weights and multiply-accumulates; `None` if anything overflows.
    fn counts(&self, output: Shape) -> Option<(u64, u64)> {
        let product = |factors: [u32; 4]| {
            let product = factors.into_iter().try_fold(1_u64, |product, side| product.checked_mul(u64::from(side)));
            product.filter(|&count| count <= LARGEST_COUNT)
        };
        let elements = |shape: Shape| product([shape.channels, shape.height, shape.width, 1]);
        let (read, _) = (elements(self.input)?, elements(output)?);
        let weights = match self.kind {
            Kind::Add | Kind::Scale => return Some((0, 0)),
            Kind::Pool => {
                let windows = product([self.kernel[0], self.kernel[1], 1, 1])?.checked_mul(output.elements());
                return windows.filter(|&read| read <= LARGEST_COUNT).map(|_| (0, 0));
            }
            Kind::Linear => read.checked_mul(u64::from(self.outputs))?,
            Kind::Conv | Kind::Depthwise => {
                product([self.kernel[0], self.kernel[1], self.input.channels / self.groups, self.outputs])?
            }
        };
        let macs = weights.checked_mul(output.positions()).filter(|&macs| macs <= LARGEST_COUNT)?;
        Some((weights, macs))
    }
}
