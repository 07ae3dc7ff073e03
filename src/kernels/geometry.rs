//! Geometry of a convolution over channels-last images.

/// Sizes of a convolution with a square odd kernel and zero padding `kernel / 2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConvGeometry {
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Side of the window, odd.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
}

impl ConvGeometry {
    /// Zeros on each side.
    pub(super) const fn padding(self) -> usize {
        self.kernel / 2
    }

    /// Rows of the output.
    pub(super) const fn out_height(self) -> usize {
        (self.height - 1) / self.stride + 1
    }

    /// Columns of the output.
    pub(super) const fn out_width(self) -> usize {
        (self.width - 1) / self.stride + 1
    }

    /// Values of one input image.
    pub(super) const fn image(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Values of one output image where each channel is filtered on its own.
    pub(super) const fn out_image(self) -> usize {
        self.out_height() * self.out_width() * self.channels
    }
}
