//! Biases with the function behind them, as in a squeeze-excite.

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::*;

use super::super::bias::BiasCurve;
use super::columns;
use super::record::{CubeOp, apply};
use super::rounding::narrowed;
use super::tensors::{buffer, count, dense, each, element, empty_maps, sizes};

/// `curve(x[batch, height, width, channels] + bias[channels])`, if they are on CubeCL's backend.
pub(crate) fn add_bias(x: &Tensor<4>, bias: &Tensor<1>, curve: BiasCurve) -> Option<Tensor<4>> {
    Some(apply(&BiasOnDevice(curve), &[x.clone().into_dispatch(), bias.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct BiasOnDevice(BiasCurve);

impl CubeOp<2> for BiasOnDevice {
    type Saved = ();

    fn forward(&self, [x, bias]: [&CubeTensor; 2]) -> (CubeTensor, ()) {
        (launch(&dense(x), None, &dense(bias), self.0), ())
    }

    fn backward(&self, [x, bias]: [&CubeTensor; 2], (): &(), dy: &CubeTensor, _: [bool; 2]) -> [Option<CubeTensor>; 2] {
        let dx = launch(&dense(x), Some(dy), &dense(bias), self.0);
        let total = columns::total(&dx, &sizes::<1>(bias));
        [Some(dx), Some(total)]
    }
}

/// The function's values, or with the gradient of these that of its argument.
fn launch(x: &CubeTensor, dy: Option<&CubeTensor>, bias: &CubeTensor, curve: BiasCurve) -> CubeTensor {
    let y = empty_maps(x, sizes::<4>(x));
    let (cubes, size) = each(&x.client, count(x));
    bias_kernel::launch(
        &x.client,
        cubes,
        size,
        buffer(x),
        buffer(dy.unwrap_or(x)),
        buffer(bias),
        buffer(&y),
        count(x),
        count(bias),
        curve,
        dy.is_some(),
        element(x),
    );
    y
}

#[cube(launch)]
fn bias_kernel<F: Float>(
    x: &[F],
    dy: &[F],
    bias: &[f32],
    y: &mut [F],
    values: usize,
    channels: usize,
    #[comptime] curve: BiasCurve,
    #[comptime] backward: bool,
    #[define(F)] _format: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < values {
        let z = f32::cast_from(x[at]) + bias[at % channels];
        let zero = f32::new(0.0);
        let six = f32::new(6.0);
        let moved = z + f32::new(3.0);
        let value = if comptime!(backward) {
            let gradient = f32::cast_from(dy[at]);
            if comptime!(curve == BiasCurve::Rectifier) {
                select(z > zero, gradient, zero)
            } else {
                select(moved > zero, select(moved < six, gradient / six, zero), zero)
            }
        } else if comptime!(curve == BiasCurve::Rectifier) {
            max(z, zero)
        } else {
            min(max(moved, zero), six) / six
        };
        y[at] = narrowed::<F>(value);
    }
}
