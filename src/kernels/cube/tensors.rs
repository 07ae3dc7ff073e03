//! Tensors of this crate's kernels: contiguous buffers, and the sizes of a launch. Feature maps may be in bfloat16;
//! everything else is in single precision.

use burn::backend::TensorMetadata;
use burn::tensor::{Bytes, DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::client::Client;
use cubecl::ir::{ElemType, FloatKind};
use cubecl::prelude::*;

/// Threads of a cube where the device has as many.
const UNITS: u32 = 256;

/// Threads of a cube on this device, a power of two.
pub(super) fn units(client: &Client) -> usize {
    1 << UNITS.min(client.properties().hardware.max_units_per_cube).max(1).ilog2()
}

/// A tensor of this shape beside `like`, in single precision, its values still to be written.
pub(super) fn empty(like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    empty_in(DType::F32, like, shape)
}

/// Feature maps of this shape in the format of others, their values still to be written.
pub(super) fn empty_maps(like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    empty_in(like.dtype, like, shape)
}

/// A tensor of this type and shape beside `like`, its values still to be written.
pub(super) fn empty_in(dtype: DType, like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    let shape = shape.into();
    let handle = like.client.empty(shape.num_elements() * dtype.size());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, dtype)
}

/// Numbers that a tensor holds, as kernels read them.
pub(super) fn element(tensor: &CubeTensor) -> ElemType {
    ElemType::Float(if tensor.dtype == DType::BF16 { FloatKind::BF16 } else { FloatKind::F32 })
}

/// The tensor with its values in row-major order without gaps.
pub(super) fn dense(tensor: &CubeTensor) -> CubeTensor {
    into_contiguous(tensor.clone())
}

/// A dense tensor in another shape.
pub(super) fn shaped(tensor: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    CubeTensor::new_contiguous(
        tensor.client.clone(),
        tensor.device.clone(),
        shape.into(),
        tensor.handle.clone(),
        tensor.dtype,
    )
}

/// Values between the beginnings of tensors in one buffer are a multiple of this many.
pub(crate) const ALIGNMENT: usize = 64;

/// Tensor of this shape whose values begin at value `start` of a dense one.
pub(super) fn slice(whole: &CubeTensor, start: usize, shape: impl Into<Shape>) -> CubeTensor {
    let shape = shape.into();
    let rest = count(whole) - start - shape.num_elements();
    let [start, rest] = [start, rest].map(|values| (values * size_of::<f32>()) as u64);
    let handle = whole.handle.clone().offset_start(start).offset_end(rest);
    CubeTensor::new_contiguous(whole.client.clone(), whole.device.clone(), shape, handle, DType::F32)
}

/// Numbers beside `like`, for a kernel to look up.
pub(super) fn table(like: &CubeTensor, numbers: &[usize]) -> CubeTensor {
    words_beside(like, numbers.iter().flat_map(|&number| (number as u32).to_ne_bytes()).collect())
}

/// Values beside `like`.
pub(super) fn floats(like: &CubeTensor, values: Vec<f32>) -> CubeTensor {
    uploaded(like, Bytes::from_elems(values), DType::F32)
}

/// Bytes beside `like`, four to a number.
pub(super) fn words_beside(like: &CubeTensor, bytes: Vec<u8>) -> CubeTensor {
    uploaded(like, Bytes::from_bytes_vec(bytes), DType::U32)
}

fn uploaded(like: &CubeTensor, bytes: Bytes, dtype: DType) -> CubeTensor {
    let shape = Shape::new([bytes.len() / dtype.size()]);
    let handle = like.client.create(bytes);
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, dtype)
}

/// Sizes of a tensor.
pub(super) fn sizes<const D: usize>(tensor: &CubeTensor) -> [usize; D] {
    tensor.shape().dims()
}

/// Number of values.
pub(super) fn count(tensor: &CubeTensor) -> usize {
    tensor.shape().num_elements()
}

/// All values behind a tensor's handle, in the order of memory, as an argument of a kernel.
pub(super) fn buffer(tensor: &CubeTensor) -> BufferArg {
    let length = tensor.handle.size_in_used() as usize / tensor.dtype.size();
    shaped(tensor, Shape::new([length])).into_buffer_arg()
}

/// Cubes and their size for one thread per value.
pub(super) fn each(client: &Client, values: usize) -> (CubeCount, CubeDim) {
    let size = CubeDim::new_1d(units(client) as u32);
    // Of one dimension a device takes 65,535 cubes at least, and many take no more.
    (calculate_cube_count_elemwise(client, values, size), size)
}
