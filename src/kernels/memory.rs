//! Memory of devices.

use burn::tensor::Device;

#[cfg(feature = "cube")]
use super::cube;
use super::host_op::are_in_memory;

/// Bytes that a device reserved for tensors beside this process's memory; `None` if it has none.
pub(crate) fn reserved_bytes(device: &Device) -> Option<u64> {
    if are_in_memory(device) {
        return None;
    }
    #[cfg(feature = "cube")]
    let bytes = cube::reserved_bytes(device);
    #[cfg(not(feature = "cube"))]
    let bytes = None;
    bytes
}
