//! Memory of a device.

use burn::tensor::{Device, Tensor};
use cubecl::MemoryScope;

use super::record::primitive;

/// Bytes that are reserved on a device for tensors and buffers, if it is of CubeCL's backend. Freed memory stays
/// reserved, so that this is about the most that was in use.
pub(crate) fn reserved_bytes(device: &Device) -> Option<u64> {
    let tensor = primitive(&Tensor::<1>::zeros([1], &device.clone().inner()).into_dispatch())?;
    Some(tensor.client.memory_report(MemoryScope::Device).usage().bytes_reserved)
}
