//! One image's block of 16 channels with zeros around it.

use pulp::{Simd, WithSimd};

use super::activation::{Curve, Dispatch};
use super::depthwise::TILE;
use super::norm::Front;
use super::simd::{WIDEST, load, run};
use super::slide::Slide;

/// Cells of 16 channels, rows by columns. Lanes past an image's channels hold anything.
pub(super) struct Sheet {
    cells: Vec<f32>,
    /// Floats before the first cell, which begins a cache line.
    skip: usize,
    rows: usize,
    cols: usize,
    padding: usize,
    height: usize,
    width: usize,
}

impl Sheet {
    /// For an input: all windows lie inside, also those that fill the last register tile of a row.
    pub fn of_input(slide: Slide) -> Self {
        let cols = (slide.out_width().next_multiple_of(TILE) - 1) * slide.stride + slide.kernel;
        let rows = (slide.out_height() - 1) * slide.stride + slide.kernel;
        Self::new([rows, cols], slide.padding(), [slide.height, slide.width])
    }

    /// For an output's gradient, which windows of the turned kernel slide over.
    pub fn of_gradient(slide: Slide) -> Self {
        let (height, width) = (slide.out_height(), slide.out_width());
        let around = 2 * slide.padding();
        Self::new([height + around, width.next_multiple_of(TILE) + around], slide.padding(), [height, width])
    }

    fn new([rows, cols]: [usize; 2], padding: usize, [height, width]: [usize; 2]) -> Self {
        let cells = vec![0.0_f32; (rows * cols + 1) * WIDEST];
        let skip = cells.as_ptr().align_offset(64).min(WIDEST);
        Self { cells, skip, rows, cols, padding, height, width }
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// All cells.
    pub fn cells(&self) -> &[f32] {
        &self.cells[self.skip..][..self.rows * self.cols * WIDEST]
    }

    /// Lays the channels from `block` of an image with `channels`, as `front` shows them.
    pub fn lay(&mut self, x: &[f32], channels: usize, block: usize, front: &Front) {
        front.activation().dispatch(Lay { sheet: self, x, channels, block, front });
    }
}

struct Lay<'a> {
    sheet: &'a mut Sheet,
    x: &'a [f32],
    channels: usize,
    block: usize,
    front: &'a Front,
}

impl Dispatch for Lay<'_> {
    type Output = ();
    fn with<C: Curve>(self) {
        run(With::<C>(self, std::marker::PhantomData));
    }
}

struct With<'a, C>(Lay<'a>, std::marker::PhantomData<C>);

impl<C: Curve> WithSimd for With<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Lay { sheet, x, channels, block, front } = self.0;
        let Sheet { ref mut cells, skip, rows, cols, padding, height, width } = *sheet;
        let cells = S::as_mut_simd_f32s(&mut cells[skip..][..rows * cols * WIDEST]).0;
        let per = WIDEST / S::F32_LANES;
        let (scale, shift) = front.channels();
        for sub in (0..WIDEST.min(channels - block)).step_by(S::F32_LANES) {
            let (scale, shift) = (load(simd, &scale[block + sub..]), load(simd, &shift[block + sub..]));
            for row in 0..height {
                let start = ((row + padding) * cols + padding) * per + sub / S::F32_LANES;
                for (col, cell) in cells[start..].iter_mut().step_by(per).take(width).enumerate() {
                    let x = load(simd, &x[(row * width + col) * channels + block + sub..]);
                    *cell = C::value(simd, simd.mul_add_e_f32s(x, scale, shift));
                }
            }
        }
    }
}
