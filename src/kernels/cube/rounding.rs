//! Rounding of the factors of products, as tensor cores take them. Where a device has none the factors are rounded all
//! the same, so that every device computes with the same numbers.

use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::client::Client;
use cubecl::ir::features::MmaConfig;
use cubecl::ir::{ElemType, FloatKind};
use cubecl::prelude::*;

use super::tensors::units;

/// Rounding of the factors of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FactorRounding {
    /// None.
    Exact,
    /// To 8 significant bits.
    Bf16,
}

impl FactorRounding {
    /// Rounding of products of feature maps in the format of `x`: the type of tensors tells it.
    pub(super) fn of(x: &CubeTensor) -> Self {
        match x.dtype {
            DType::BF16 => Self::Bf16,
            _ => Self::Exact,
        }
    }

    /// Returns `true` if tensor cores of the device multiply such factors, in fragments of 16 x 16 values, and its
    /// cubes are as they take them.
    pub(super) fn is_of_tensor_cores(self, client: &Client) -> bool {
        let element = ElemType::Float(FloatKind::BF16);
        let properties = client.properties();
        let wanted = MmaConfig {
            a_type: element,
            b_type: element,
            cd_type: ElemType::Float(FloatKind::F32),
            m: 16,
            n: 16,
            k: 16,
        };
        self == Self::Bf16
            && properties.features.matmul.cmma.contains(&wanted)
            && properties.hardware.plane_size_min == 32
            && properties.hardware.plane_size_max == 32
            && units(client) == 256
    }
}

/// A factor as tensor cores see it.
#[cube]
pub(super) fn rounded(value: f32, #[comptime] rounding: FactorRounding) -> f32 {
    if comptime!(rounding == FactorRounding::Bf16) { f32::reinterpret(upper_half(value) << 16) } else { value }
}

/// A value of a feature map in the format of the map. Processors may have no instruction that rounds to bfloat16.
#[cube]
pub(super) fn narrowed<F: Float>(value: f32) -> F {
    let element = elem_type_of::<F>();
    if comptime!(element == ElemType::Float(FloatKind::BF16)) {
        F::reinterpret(u16::cast_from(upper_half(value)))
    } else {
        F::cast_from(value)
    }
}

/// Bits of the nearest bfloat16, the even one of two.
#[cube]
fn upper_half(value: f32) -> u32 {
    let bits = u32::reinterpret(value);
    let nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    // Not a number stays so.
    select((bits & 0x7FFF_FFFF) > 0x7F80_0000, 0x7FC0, nearest)
}
