//! One image with zeros around it, 16 channels together.

use super::geometry::ConvGeometry;
use super::norm::InputTransform;
use super::simd::WIDEST;

/// Neighbouring outputs of a register tile.
pub(super) const TILE: usize = 8;

/// One image with a border of zeros: `[blocks of 16 channels, rows, columns, 16]`. Lanes past the image's channels hold
/// arbitrary values.
pub(super) struct PaddedTile {
    cells: Vec<f32>,
    /// A row of the image after its transform.
    line: Vec<f32>,
    /// Floats before the first cell, which begins a cache line.
    skip: usize,
    rows: usize,
    cols: usize,
    channels: usize,
    padding: usize,
    width: usize,
}

impl PaddedTile {
    /// A tile for a convolution's input. All windows lie inside it, also those that fill up the last register tile of a
    /// row.
    pub(super) fn of_input(geometry: ConvGeometry) -> Self {
        let ConvGeometry { height, width, kernel, stride, .. } = geometry;
        let cols = (geometry.out_width().next_multiple_of(TILE) - 1) * stride + kernel;
        let rows = (geometry.out_height() - 1) * stride + kernel;
        // A stride that is larger than half the kernel leaves the last rows and columns to no window; they are stored
        // all the same.
        let padding = geometry.padding();
        Self::new([rows.max(height + padding), cols.max(width + padding)], geometry, width)
    }

    /// A tile for the gradient of a convolution's output, which the flipped kernel slides over.
    pub(super) fn of_gradient(geometry: ConvGeometry) -> Self {
        let (height, width) = (geometry.out_height(), geometry.out_width());
        let around = 2 * geometry.padding();
        Self::new([height + around, width.next_multiple_of(TILE) + around], geometry, width)
    }

    fn new([rows, cols]: [usize; 2], geometry: ConvGeometry, width: usize) -> Self {
        let (channels, padding) = (geometry.channels, geometry.padding());
        let cells = vec![0.0_f32; (channels.div_ceil(WIDEST) * rows * cols + 1) * WIDEST];
        let skip = cells.as_ptr().align_offset(64).min(WIDEST);
        Self { cells, line: Vec::new(), skip, rows, cols, channels, padding, width }
    }

    /// Number of columns, borders included.
    pub(super) fn cols(&self) -> usize {
        self.cols
    }

    /// Cells of block `block` of channels: `[rows, columns, 16]`.
    pub(super) fn cells(&self, block: usize) -> &[f32] {
        let size = self.rows * self.cols * WIDEST;
        &self.cells[self.skip + block * size..][..size]
    }

    /// Copies the image `x[height, width, channels]` through `transform` into the tile, row by row in the order of
    /// memory.
    pub(super) fn lay(&mut self, x: &[f32], transform: &InputTransform) {
        let pitch = self.width * self.channels;
        for (row, x) in x.chunks(pitch).enumerate() {
            // The last cell of a row may be read past its channels.
            self.line.resize(pitch + WIDEST, 0.0);
            transform.apply(x, &mut self.line[..pitch]);
            for (block, at) in (0..self.channels).step_by(WIDEST).enumerate() {
                let first = (block * self.rows + row + self.padding) * self.cols + self.padding;
                let cells = self.cells[self.skip + first * WIDEST..].as_chunks_mut::<WIDEST>().0;
                for (col, cell) in cells[..self.width].iter_mut().enumerate() {
                    cell.copy_from_slice(&self.line[col * self.channels + at..][..WIDEST]);
                }
            }
        }
    }
}
