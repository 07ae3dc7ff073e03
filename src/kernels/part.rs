//! Part of a tensor: a range of each dimension, copied in whole runs; on GPUs read where it lies.

use std::ops::Range;

use burn::tensor::{Slice, Tensor};

use super::buffers;
#[cfg(feature = "cube")]
use super::cube;
use super::host_op::{HostOp, apply};

/// The part of `x` within a range of each dimension; `x` itself where the ranges are whole.
pub fn part<const D: usize>(x: Tensor<D>, ranges: [Range<usize>; D]) -> Tensor<D> {
    let shape = ranges.each_ref().map(Range::len);
    if shape == x.dims() {
        return x;
    }
    #[cfg(feature = "cube")]
    if let Some(y) = cube::part(&x, &ranges) {
        return y;
    }
    let op = TensorPart { shape: x.dims().to_vec(), ranges: ranges.to_vec() };
    let found = apply(&op, &[x.clone().into_dispatch()], shape);
    found.map_or_else(|| x.slice(ranges.map(Slice::from)), |(y, ())| y)
}

#[derive(Debug, Clone)]
struct TensorPart {
    /// Shape of the whole.
    shape: Vec<usize>,
    ranges: Vec<Range<usize>>,
}

impl TensorPart {
    /// Ranges of values of the whole, in row-major order, that follow each other in the part.
    fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let (mut starts, mut length) = (vec![0], 1);
        for (&size, range) in self.shape.iter().zip(&self.ranges) {
            if range.len() == size {
                // Elements that are contiguous before this dimension stay so.
                for start in &mut starts {
                    *start *= size;
                }
                length *= size;
            } else {
                let split = |start: usize| (start..start + length).map(|at| at * size + range.start);
                (starts, length) = (starts.into_iter().flat_map(split).collect(), range.len());
            }
        }
        starts.into_iter().map(move |start| start..start + length)
    }
}

impl HostOp<1> for TensorPart {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        let mut y = buffers::take(self.ranges.iter().map(Range::len).product());
        let mut rest = &mut y[..];
        for run in self.runs() {
            let (own, others) = rest.split_at_mut(run.len());
            own.copy_from_slice(&x[run]);
            rest = others;
        }
        (y, ())
    }

    fn backward(&self, [x]: [&[f32]; 1], (): &(), mut dy: &[f32], _: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        let mut dx = buffers::take(x.len());
        dx.fill(0.0);
        for run in self.runs() {
            let (own, others) = dy.split_at(run.len());
            dx[run].copy_from_slice(own);
            dy = others;
        }
        [Some(dx)]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[test]
    fn parts_and_their_gradients_are_those_of_slices() {
        let shape = [4, 5, 3, 6];
        let values = |count: usize| (0..count).map(|at| at as f32).collect::<Vec<f32>>();
        for ranges in [
            [0..4, 0..5, 0..3, 0..6],
            [1..3, 0..5, 0..3, 0..6],
            [0..4, 1..4, 0..3, 0..6],
            [1..4, 1..4, 0..3, 2..6],
            [0..4, 0..5, 1..2, 0..5],
            [2..3, 0..1, 0..3, 5..6],
        ] {
            let result = |part: fn(Tensor<4>, [Range<usize>; 4]) -> Tensor<4>| {
                let device = Device::flex().autodiff();
                let x = Tensor::<4>::from_data(TensorData::new(values(360), shape), &device).require_grad();
                let y = part(x.clone(), ranges.clone());
                let weights = Tensor::from_data(TensorData::new(values(y.shape().num_elements()), y.dims()), &device);
                let gradients = (y.clone() * weights).sum().backward();
                (y.into_data(), x.grad(&gradients).unwrap().into_data())
            };
            assert_eq!(result(part), result(|x, ranges| x.slice(ranges.map(Slice::from))), "{ranges:?}");
        }
    }
}
