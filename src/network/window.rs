//! Windows that slide over a tensor.

use serde::{Deserialize, Serialize};

use super::shape::Shape;

/// Sliding window of a convolution or pooling; heights come before widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SlidingWindow {
    /// Height and width of the window.
    pub kernel: [u32; 2],
    /// Steps down and across.
    pub stride: [u32; 2],
    /// Padding at the top, left, bottom and right.
    pub padding: [u32; 4],
    /// Distance of neighbouring elements of the window.
    pub dilation: [u32; 2],
}

impl SlidingWindow {
    /// Square window with the same padding on each side.
    pub const fn square(kernel: u32, stride: u32, padding: u32) -> Self {
        Self { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 4], dilation: [1; 2] }
    }

    /// Square window whose padding keeps `ceil(size / stride)` outputs: padding `(kernel - 1) / 2`.
    pub const fn same(kernel: u32, stride: u32) -> Self {
        Self::square(kernel, stride, kernel.saturating_sub(1) / 2)
    }

    /// Elements of the window.
    pub const fn area(&self) -> u64 {
        self.kernel[0] as u64 * self.kernel[1] as u64
    }

    /// Returns `true` if each output reads the one position below it.
    pub const fn is_pointwise(&self) -> bool {
        matches!(self, Self { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0], .. })
    }

    /// Returns `true` if it reaches beyond the border.
    pub const fn is_padded(&self) -> bool {
        !matches!(self.padding, [0, 0, 0, 0])
    }

    /// Values that the window spans along an axis (0 height, 1 width).
    pub const fn reach(&self, axis: usize) -> u64 {
        (self.kernel[axis] as u64).saturating_sub(1) * self.dilation[axis] as u64 + 1
    }

    /// Padding at both ends of an axis together.
    pub const fn padded(&self, axis: usize) -> u64 {
        self.padding[axis] as u64 + self.padding[axis + 2] as u64
    }

    /// Shape of what the window makes of an input, with so many channels; `None` if it is larger than its padded input
    /// or does not move.
    pub fn output(&self, input: Shape, channels: u32) -> Option<Shape> {
        let side = |axis: usize, length: u32| {
            let free = (u64::from(length) + self.padded(axis)).checked_sub(self.reach(axis))?;
            u32::try_from(free.checked_div(self.stride[axis].into())? + 1).ok()
        };
        Some(Shape { channels, height: side(0, input.height)?, width: side(1, input.width)? })
    }
}
