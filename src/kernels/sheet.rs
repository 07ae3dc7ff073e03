//! One image with zeros around it, 16 channels together.

use super::depthwise::TILE;
use super::norm::Front;
use super::simd::WIDEST;
use super::slide::Slide;

/// Blocks of 16 channels by rows by columns by 16. Lanes past an image's channels hold anything.
pub(super) struct Sheet {
    cells: Vec<f32>,
    /// A row on its way.
    line: Vec<f32>,
    /// Floats before the first cell, which begins a cache line.
    skip: usize,
    rows: usize,
    cols: usize,
    channels: usize,
    padding: usize,
    width: usize,
}

impl Sheet {
    /// For an input: all windows lie inside, also those that fill the last register tile of a row.
    pub fn of_input(slide: Slide) -> Self {
        let cols = (slide.out_width().next_multiple_of(TILE) - 1) * slide.stride + slide.kernel;
        let rows = (slide.out_height() - 1) * slide.stride + slide.kernel;
        Self::new([rows, cols], slide, slide.width)
    }

    /// For an output's gradient, which windows of the turned kernel slide over.
    pub fn of_gradient(slide: Slide) -> Self {
        let (height, width) = (slide.out_height(), slide.out_width());
        let around = 2 * slide.padding();
        Self::new([height + around, width.next_multiple_of(TILE) + around], slide, width)
    }

    fn new([rows, cols]: [usize; 2], slide: Slide, width: usize) -> Self {
        let (channels, padding) = (slide.channels, slide.padding());
        let cells = vec![0.0_f32; (channels.div_ceil(WIDEST) * rows * cols + 1) * WIDEST];
        let skip = cells.as_ptr().align_offset(64).min(WIDEST);
        Self { cells, line: Vec::new(), skip, rows, cols, channels, padding, width }
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Cells of a block.
    pub fn cells(&self, block: usize) -> &[f32] {
        let size = self.rows * self.cols * WIDEST;
        &self.cells[self.skip + block * size..][..size]
    }

    /// Lays an image as `front` shows it: a row at a time in the order of memory, then its blocks apart.
    pub fn lay(&mut self, x: &[f32], front: &Front) {
        let pitch = self.width * self.channels;
        for (row, x) in x.chunks(pitch).enumerate() {
            // The last cell of a row may be read past its channels.
            self.line.resize(pitch + WIDEST, 0.0);
            front.apply(x, &mut self.line[..pitch]);
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
