//! Products of feature maps with a factor for each channel of each image, as squeeze-excite scales them.

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::pool;
use super::record::{CubeOp, apply};
use super::rounding::narrowed;
use super::tensors::{buffer, count, dense, each, element, empty_maps, sizes};

/// `x[batch, height, width, channels]` times `factors[batch, 1, 1, channels]`, if they are on CubeCL's backend.
pub(crate) fn scale_channels(x: &Tensor<4>, factors: &Tensor<4>) -> Option<Tensor<4>> {
    Some(apply(&ChannelScale, &[x.clone().into_dispatch(), factors.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct ChannelScale;

impl CubeOp<2> for ChannelScale {
    type Saved = ();

    fn forward(&self, [x, factors]: [&CubeTensor; 2]) -> (CubeTensor, ()) {
        (scaled(&dense(x), &dense(factors)), ())
    }

    fn backward(
        &self,
        [x, factors]: [&CubeTensor; 2],
        (): &(),
        dy: &CubeTensor,
        _: [bool; 2],
    ) -> [Option<CubeTensor>; 2] {
        let [batch, height, width, channels] = sizes(x);
        let sums = pool::dot(&dense(x), dy, height * width, channels, &[batch, 1, 1, channels]);
        [Some(scaled(dy, &dense(factors))), Some(sums)]
    }
}

fn scaled(x: &CubeTensor, factors: &CubeTensor) -> CubeTensor {
    let [_, height, width, channels] = sizes(x);
    let y = empty_maps(x, sizes::<4>(x));
    let (cubes, size) = each(&x.client, count(x));
    scale_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(factors),
        buffer(&y),
        count(x),
        height * width,
        channels,
        element(x),
    );
    y
}

#[cube(launch)]
fn scale_kernel<F: Float>(
    x: &[F],
    factors: &[F],
    y: &mut [F],
    values: usize,
    positions: usize,
    channels: usize,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let factor = f32::cast_from(factors[at / channels / positions * channels + at % channels]);
        y[at] = narrowed::<F>(f32::cast_from(x[at]) * factor);
    }
}
