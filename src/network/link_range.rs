//! Ranges that the link's quantiser rounds within.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes of the two single-precision ends of a range.
const RANGE_BYTES: u64 = 8;

/// Range between whose ends the link's codes are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkRange {
    /// One range for all images, calibrated beforehand: both ends know it, and only codes are sent.
    #[default]
    Static,
    /// The smallest and the largest value of each image, sent before its codes.
    PerImage,
}

impl LinkRange {
    /// Both rules.
    pub const ALL: [Self; 2] = [Self::Static, Self::PerImage];

    /// Name in files and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::PerImage => "per-image",
        }
    }

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.name() == name)
    }

    /// Bytes that one view takes on the link as `values` codes of `bits` bits: packed without gaps, the last byte
    /// filled up, no header; the range before them where each image has its own.
    pub const fn wire_bytes(self, values: u64, bits: u8) -> u64 {
        let codes = (values * bits as u64).div_ceil(8);
        match self {
            Self::Static => codes,
            Self::PerImage => RANGE_BYTES + codes,
        }
    }
}
