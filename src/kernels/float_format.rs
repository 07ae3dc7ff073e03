//! Format of feature maps in memory, and of the factors of products.

use std::str::FromStr;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

#[cfg(feature = "cube")]
use super::cube;

/// Format of the feature maps of a training step. Weights, statistics and sums are in single precision whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FloatFormat {
    /// Single precision.
    #[default]
    F32,
    /// bfloat16 in memory, half the bytes of single precision; factors of products are rounded to its 8 significant
    /// bits.
    Bf16,
}

impl FloatFormat {
    /// All formats.
    pub const ALL: [Self; 2] = [Self::F32, Self::Bf16];

    /// Name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }

    /// Refuses a device whose kernels don't compute in this format.
    ///
    /// # Errors
    /// A processor, or a GPU without numbers of this format.
    pub fn check(self, device: &Device) -> Result<(), String> {
        if self == Self::F32 {
            return Ok(());
        }
        let name = self.name();
        #[cfg(feature = "cube")]
        match cube::has_format(device, self) {
            Some(true) => return Ok(()),
            Some(false) => return Err(format!("this GPU computes with no {name}; set float-format to f32")),
            None => {}
        }
        let _ = device;
        Err(format!(
            "float-format {name} needs a GPU: name one by --device. A run keeps its format; a new one may have float-format f32"
        ))
    }
}

impl FromStr for FloatFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| format!("no format `{text}`; valid: {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Feature maps in a format, where they are on a GPU; as they are elsewhere.
pub(crate) fn in_format(x: Tensor<4>, format: FloatFormat) -> Tensor<4> {
    #[cfg(feature = "cube")]
    if let Some(found) = cube::in_format(&x, format) {
        return found;
    }
    let _ = format;
    x
}

/// Values in the format of feature maps, for operations that need one format.
pub(crate) fn in_format_of<const D: usize>(values: Tensor<D>, maps: &Tensor<4>) -> Tensor<D> {
    if values.dtype() == maps.dtype() { values } else { values.cast(maps.dtype()) }
}
