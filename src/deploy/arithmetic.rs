//! Operators on planes `[image, channel, row, column]`, written plainly: the reference for all files.

use std::ops::{AddAssign, Mul};

use crate::network::{Pooling, Shape, SlidingWindow};

/// Shapes of a convolution or pooling.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowShapes {
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) window: SlidingWindow,
    pub(super) groups: u32,
}

/// Part of an output row that a kernel column reaches, and the first input column for it.
struct KernelReach {
    start: usize,
    end: usize,
    first: usize,
}

impl WindowShapes {
    /// Outputs along an axis (0 rows, 1 columns) for which offset `at` of the kernel lies within the input.
    fn reach(&self, axis: usize, at: usize) -> KernelReach {
        let [inputs, outputs] = [self.input, self.output].map(|shape| [shape.height, shape.width][axis] as usize);
        let (stride, padding) = (self.window.stride[axis] as usize, self.window.padding[axis] as usize);
        let offset = at * self.window.dilation[axis] as usize;
        let start = padding.saturating_sub(offset).div_ceil(stride);
        let end = (inputs + padding).saturating_sub(offset).div_ceil(stride).min(outputs);
        KernelReach { start, end: end.max(start), first: (start * stride + offset).saturating_sub(padding) }
    }
}

/// Sums of products of each window of one image `[channel, row, column]` with weights
/// `[output, channel of the group, row, column]`.
pub(super) fn convolve<T>(x: &[T], weights: &[T], shapes: &WindowShapes) -> Vec<T>
where
    T: Copy + Default + PartialEq + Mul<Output = T> + AddAssign,
{
    let WindowShapes { input, output, window, groups } = *shapes;
    let inputs = (input.channels / groups) as usize;
    let outputs_of_group = (output.channels / groups) as usize;
    let [height, width] = window.kernel.map(|side| side as usize);
    let (in_plane, out_plane) = (input.positions() as usize, output.positions() as usize);
    let (in_width, out_width) = (input.width as usize, output.width as usize);
    let [down, across] = window.stride.map(|stride| stride as usize);
    let mut sums = vec![T::default(); out_plane * output.channels as usize];
    for (channel, sums) in sums.chunks_exact_mut(out_plane).enumerate() {
        let first = channel / outputs_of_group * inputs;
        for own in 0..inputs {
            let plane = &x[(first + own) * in_plane..][..in_plane];
            for at in 0..height * width {
                let weight = weights[(channel * inputs + own) * height * width + at];
                if weight == T::default() {
                    continue;
                }
                let (rows, columns) = (shapes.reach(0, at / width), shapes.reach(1, at % width));
                for row in rows.start..rows.end {
                    let from = (rows.first + (row - rows.start) * down) * in_width + columns.first;
                    let sums = &mut sums[row * out_width + columns.start..row * out_width + columns.end];
                    let values = plane[from.min(in_plane)..].iter().step_by(across);
                    for (sum, &value) in sums.iter_mut().zip(values) {
                        *sum += weight * value;
                    }
                }
            }
        }
    }
    sums
}

/// Largest or mean value of each window of one image; a mean counts the padding as zeros, a maximum leaves it out.
pub(super) fn pool(x: &[f32], shapes: &WindowShapes, pooling: Pooling) -> Vec<f32> {
    let WindowShapes { input, output, window, .. } = *shapes;
    let (in_plane, out_plane) = (input.positions() as usize, output.positions() as usize);
    let start = if pooling == Pooling::Max { f32::NEG_INFINITY } else { 0.0 };
    let mut y = vec![start; out_plane * output.channels as usize];
    let width = window.kernel[1] as usize;
    let area = window.area() as usize;
    let [down, across] = window.stride.map(|stride| stride as usize);
    for (plane, y) in x.chunks_exact(in_plane).zip(y.chunks_exact_mut(out_plane)) {
        for at in 0..area {
            let (rows, columns) = (shapes.reach(0, at / width), shapes.reach(1, at % width));
            for row in rows.start..rows.end {
                for column in columns.start..columns.end {
                    let from = (rows.first + (row - rows.start) * down) * input.width as usize
                        + columns.first
                        + (column - columns.start) * across;
                    let found = &mut y[row * output.width as usize + column];
                    *found = if pooling == Pooling::Max { found.max(plane[from]) } else { *found + plane[from] };
                }
            }
        }
        if pooling == Pooling::Average {
            for sum in &mut *y {
                *sum /= area as f32;
            }
        }
    }
    y
}

/// Largest or mean value of each run of `count` values.
pub(super) fn reduce_runs(x: &[f32], count: usize, pooling: Pooling) -> Vec<f32> {
    x.chunks_exact(count)
        .map(|run| match pooling {
            Pooling::Max => run.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            Pooling::Average => run.iter().sum::<f32>() / count as f32,
        })
        .collect()
}

/// Largest or mean value over `images` images of equal size.
pub(super) fn reduce_images(x: &[f32], images: usize, pooling: Pooling) -> Vec<f32> {
    let size = x.len() / images;
    let over = |at: usize| (0..images).map(move |image| x[image * size + at]);
    (0..size)
        .map(|at| match pooling {
            Pooling::Max => over(at).fold(f32::NEG_INFINITY, f32::max),
            Pooling::Average => over(at).sum::<f32>() / images as f32,
        })
        .collect()
}
