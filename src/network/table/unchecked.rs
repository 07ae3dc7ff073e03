//! Checks the sizes of one row together and counts its weights and multiply-accumulates.

use std::ops::Range;

use super::row::{LayerKind, LayerRow};
use crate::diagnostic::{Diagnostic, Source};
use crate::network::shape::{LARGEST_COUNT, Shape};

/// A row that was read, before its sizes are checked together.
pub(super) struct UncheckedRow<'a> {
    pub(super) name: &'a str,
    pub(super) span: Range<usize>,
    pub(super) kind: LayerKind,
    pub(super) input: Shape,
    pub(super) outputs: u32,
    pub(super) kernel: [u32; 2],
    pub(super) stride: [u32; 2],
    /// Top, left, bottom and right.
    pub(super) padding: [u32; 4],
    pub(super) dilation: u32,
    pub(super) groups: u32,
    /// Count windows that reach beyond the input, as SCALE-Sim does.
    pub(super) partial_windows: bool,
}

impl UncheckedRow<'_> {
    /// Checks the sizes and counts weights and multiply-accumulates.
    pub(super) fn check(&self, source: &Source) -> Result<LayerRow, Diagnostic> {
        let refuse = |message: String| source.error(self.span.clone(), message);
        let Self { input, outputs, groups, .. } = *self;
        let output = match self.kind {
            LayerKind::Add | LayerKind::Scale => input,
            LayerKind::Linear => Shape::new(outputs, 1, 1),
            LayerKind::MatMul | LayerKind::Elements => Shape { channels: outputs, ..input },
            LayerKind::Conv | LayerKind::Depthwise | LayerKind::Pool => Shape::new(
                outputs,
                self.side(0, input.height).map_err(refuse)?,
                self.side(1, input.width).map_err(refuse)?,
            ),
        };
        if self.kind == LayerKind::Linear && groups != 1 {
            return Err(refuse(format!("a fully connected layer can't have {groups} groups")));
        }
        if self.kind == LayerKind::Depthwise && groups != input.channels {
            return Err(refuse(format!("a depthwise layer of {} channels can't have {groups} groups", input.channels)));
        }
        if matches!(self.kind, LayerKind::Pool | LayerKind::Add | LayerKind::Scale | LayerKind::Elements)
            && outputs != input.channels
        {
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
        let kernel = if self.kind == LayerKind::Linear { [1, 1] } else { self.kernel };
        let (name, span) = (self.name.to_owned(), self.span.clone());
        Ok(LayerRow { name, kind: self.kind, input, output, kernel, groups, macs, weights, span })
    }

    /// Side of the output along an axis (0 height, 1 width) whose input has `size` values.
    fn side(&self, axis: usize, size: u32) -> Result<u32, String> {
        let stride = u64::from(self.stride[axis]);
        let kernel = u64::from(self.kernel[axis] - 1) * u64::from(self.dilation) + 1;
        let padded = u64::from(size) + u64::from(self.padding[axis]) + u64::from(self.padding[axis + 2]);
        let Some(room) = padded.checked_sub(kernel) else {
            return Err(format!("kernel {kernel} is larger than its input {size} padded by {}", self.padding[axis]));
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
            LayerKind::Add | LayerKind::Scale | LayerKind::Elements => return Some((0, 0)),
            LayerKind::MatMul => {
                let macs = elements(output)?.checked_mul(u64::from(self.input.channels / self.groups))?;
                return (macs <= LARGEST_COUNT).then_some((0, macs));
            }
            LayerKind::Pool => {
                let windows = product([self.kernel[0], self.kernel[1], 1, 1])?.checked_mul(output.elements());
                return windows.filter(|&read| read <= LARGEST_COUNT).map(|_| (0, 0));
            }
            LayerKind::Linear => read.checked_mul(u64::from(self.outputs))?,
            LayerKind::Conv | LayerKind::Depthwise => {
                product([self.kernel[0], self.kernel[1], self.input.channels / self.groups, self.outputs])?
            }
        };
        let macs = weights.checked_mul(output.positions()).filter(|&macs| macs <= LARGEST_COUNT)?;
        Some((weights, macs))
    }
}
