//! Feature maps from one format to another. The type of a tensor tells the format.

use burn::tensor::{DType, Device, Tensor};
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::features::TypeUsage;
use cubecl::ir::{ElemType, FloatKind};
use cubecl::prelude::*;

use super::super::float_format::FloatFormat;
use super::record::{CubeOp, apply, primitive};
use super::rounding::narrowed;
use super::tensors::{buffer, count, dense, each, element, empty_in, shaped, sizes};

const fn dtype_of(format: FloatFormat) -> DType {
    match format {
        FloatFormat::F32 => DType::F32,
        FloatFormat::Bf16 => DType::BF16,
    }
}

/// `true` if kernels of a device of CubeCL's backend compute with maps in this format.
pub(crate) fn has_format(device: &Device, format: FloatFormat) -> Option<bool> {
    let tensor = primitive(&Tensor::<1>::zeros([1], &device.clone().inner()).into_dispatch())?;
    let properties = tensor.client.properties();
    // CubeCL's processor runtime adds no numbers of this format, as Burn does where a map has two readers.
    let is_processor = properties.hardware.num_cpu_cores.is_some();
    let usage = properties.type_usage(ElemType::Float(FloatKind::BF16));
    let has_bf16 = !is_processor && usage.is_superset(TypeUsage::Buffer | TypeUsage::Conversion);
    Some(format != FloatFormat::Bf16 || has_bf16)
}

/// Feature maps in a format, if they are on CubeCL's backend.
pub(crate) fn in_format(x: &Tensor<4>, format: FloatFormat) -> Option<Tensor<4>> {
    if x.dtype() == dtype_of(format) {
        return Some(x.clone());
    }
    Some(apply(&Conversion(dtype_of(format)), &[x.clone().into_dispatch()])?.0)
}

#[derive(Debug, Clone)]
struct Conversion(DType);

impl CubeOp<1> for Conversion {
    type Saved = ();

    fn forward(&self, [x]: [&CubeTensor; 1]) -> (CubeTensor, ()) {
        (converted(&dense(x), self.0), ())
    }

    fn backward(&self, [x]: [&CubeTensor; 1], (): &(), dy: &CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        [Some(converted(dy, x.dtype))]
    }
}

fn converted(x: &CubeTensor, dtype: DType) -> CubeTensor {
    let shape = sizes::<4>(x);
    if x.dtype.size() == dtype.size() {
        return CubeTensor { dtype, ..shaped(x, shape) };
    }
    let y = empty_in(dtype, x, shape);
    let (cubes, size) = each(&x.client, count(x));
    convert_kernel::launch(&x.client, cubes, size, buffer(x), buffer(&y), count(x), [element(x), element(&y)]);
    y
}

#[cube(launch)]
fn convert_kernel<F: Float, G: Float>(x: &[F], y: &mut [G], values: usize, #[define(F, G)] _formats: [ElemType; 2]) {
    let at = ABSOLUTE_POS;
    if at < values {
        y[at] = narrowed::<G>(f32::cast_from(x[at]));
    }
}
