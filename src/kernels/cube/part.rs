//! Part of a tensor: what a smaller network uses of full weights. A leading part is read where it lies, and its
//! gradient stays a part where the whole is a parameter.

use std::ops::Range;

use burn::tensor::{Shape, Tensor};
use burn_cubecl::kernel;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;
use cubecl::zspace::metadata::Metadata;

use super::record::{CubeOp, apply};
use super::tensors::{buffer, count, each, empty};

/// Most dimensions of a parameter.
const RANK: usize = 4;

/// The part of `x` within a range of each dimension, if it is on CubeCL's backend.
pub(crate) fn part<const D: usize>(x: &Tensor<D>, ranges: &[Range<usize>; D]) -> Option<Tensor<D>> {
    Some(apply(&PartOnDevice(ranges.to_vec()), &[x.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct PartOnDevice(Vec<Range<usize>>);

impl PartOnDevice {
    /// Returns `true` if the part begins where the whole does.
    fn leads(&self) -> bool {
        self.0.iter().all(|range| range.start == 0)
    }
}

impl CubeOp<1> for PartOnDevice {
    type Saved = ();

    fn forward(&self, [x]: [&CubeTensor; 1]) -> (CubeTensor, ()) {
        if !self.leads() {
            return (kernel::slice(x.clone(), &self.0), ());
        }
        let mut part = x.clone();
        let sizes: Vec<usize> = self.0.iter().map(Range::len).collect();
        part.meta = Box::new(Metadata::new(Shape::from(sizes), x.meta.strides().clone()));
        (part, ())
    }

    fn backward(&self, [x]: [&CubeTensor; 1], (): &(), gradient: &CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        [Some(embedded(gradient, x, &self.0))]
    }

    fn parameter_gradient(&self, gradient: &CubeTensor) -> Option<CubeTensor> {
        self.leads().then(|| gradient.clone())
    }
}

/// `part` as the part within these ranges of a dense tensor shaped as `full`, the rest zeros.
fn embedded(part: &CubeTensor, full: &CubeTensor, ranges: &[Range<usize>]) -> CubeTensor {
    let shape: Vec<usize> = full.meta.shape().iter().copied().collect();
    let output = empty(part, shape.clone());
    let mut all = [1; RANK];
    all[RANK - shape.len()..].copy_from_slice(&shape);
    let mut within = [const { 0..1 }; RANK];
    within[RANK - shape.len()..].clone_from_slice(ranges);
    let starts = within.each_ref().map(|range| range.start);
    let sizes = within.each_ref().map(Range::len);
    let (cubes, size) = each(&part.client, count(&output));
    embed_kernel::launch(
        &part.client,
        cubes,
        size,
        buffer(part),
        buffer(&output),
        count(&output),
        all[1],
        all[2],
        all[3],
        starts[0],
        starts[1],
        starts[2],
        starts[3],
        sizes[0],
        sizes[1],
        sizes[2],
        sizes[3],
    );
    output
}

#[cube(launch)]
fn embed_kernel(
    part: &[f32],
    output: &mut [f32],
    values: usize,
    f1: usize,
    f2: usize,
    f3: usize,
    s0: usize,
    s1: usize,
    s2: usize,
    s3: usize,
    p0: usize,
    p1: usize,
    p2: usize,
    p3: usize,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let i3 = at % f3;
        let i2 = at / f3 % f2;
        let i1 = at / f3 / f2 % f1;
        let i0 = at / f3 / f2 / f1;
        let mut value = f32::new(0.0);
        if i0 >= s0 && i1 >= s1 && i2 >= s2 && i3 >= s3 && i0 < s0 + p0 && i1 < s1 + p1 && i2 < s2 + p2 && i3 < s3 + p3
        {
            value = part[(((i0 - s0) * p1 + i1 - s1) * p2 + i2 - s2) * p3 + i3 - s3];
        }
        output[at] = value;
    }
}
