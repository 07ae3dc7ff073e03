//! Sums of several tensors of one shape with the squares of these sums: the gradients of all nets of a parameter in one
//! launch.

use burn::tensor::{Shape, Tensor};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::record::{primitive, untracked};
use super::tensors::{buffer, count, dense, empty, shaped, sizes, units};

/// Most parts of the squares of one sum.
const PARTS: usize = 128;
/// Values that a thread adds up at least, before the values are split into more parts.
const LEAST_VALUES: usize = 8;
/// Parts of squares in one buffer.
const CAPACITY: usize = 1 << 16;

/// Squares of sums, in parts.
#[derive(Debug, Default)]
pub(crate) struct DeviceSquares {
    /// Buffers with the number of their parts; the last one is being filled.
    filled: Vec<(CubeTensor, usize)>,
}

impl DeviceSquares {
    /// Sum of tensors of one shape, whose squares are added to those here, if they are on CubeCL's backend.
    pub(crate) fn total<const D: usize>(&mut self, tensors: &[Tensor<D>]) -> Option<Tensor<D>> {
        let tensors: Option<Vec<CubeTensor>> =
            tensors.iter().map(|tensor| Some(dense(&primitive(&tensor.clone().into_dispatch())?))).collect();
        let tensors = tensors?;
        let like = tensors.first()?;
        let (sum, values, units) = (empty(like, sizes::<D>(like)), count(like), units(&like.client));
        let parts = (values / (units * LEAST_VALUES)).clamp(1, PARTS);
        let (squares, start) = self.room(like, parts);
        total_kernel::launch(
            &like.client,
            CubeCount::Static(parts as u32, 1, 1),
            CubeDim::new_1d(units as u32),
            tensors.iter().map(buffer).collect(),
            buffer(&sum),
            buffer(&squares),
            start,
            values,
            parts,
            units,
        );
        Some(untracked(sum))
    }

    /// A buffer with room for `parts` behind its filled parts, which they count to from now on.
    fn room(&mut self, like: &CubeTensor, parts: usize) -> (CubeTensor, usize) {
        match self.filled.last_mut() {
            Some((squares, filled)) if *filled + parts <= CAPACITY => {
                *filled += parts;
                (squares.clone(), *filled - parts)
            }
            _ => {
                let squares = empty(like, [CAPACITY]);
                self.filled.push((squares.clone(), parts));
                (squares, 0)
            }
        }
    }

    /// All parts.
    pub(crate) fn parts(self) -> Vec<Tensor<1>> {
        self.filled.iter().map(|(squares, filled)| untracked(shaped(squares, Shape::new([*filled])))).collect()
    }
}

#[cube(launch)]
fn total_kernel(
    tensors: &Sequence<Box<[f32]>>,
    sum: &mut [f32],
    squares: &mut [f32],
    start: usize,
    values: usize,
    parts: usize,
    #[comptime] units: usize,
) {
    let unit = UNIT_POS as usize;
    let part = CUBE_POS_X as usize;
    let many = comptime!(tensors.len());
    let mut square = f32::new(0.0);
    let mut at = part * units + unit;
    while at < values {
        let mut value = f32::new(0.0);
        #[unroll]
        for index in 0..many {
            let tensor = &tensors[index];
            value += tensor[at];
        }
        sum[at] = value;
        square += value * value;
        at += parts * units;
    }
    let mut all = Shared::<[f32]>::new_slice(units);
    all[unit] = square;
    sync_cube();
    if unit == 0 {
        let mut total = f32::new(0.0);
        for other in 0..units {
            total += all[other];
        }
        squares[start + part] = total;
    }
}
