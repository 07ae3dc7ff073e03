//! Precision of an accuracy, and what a quantised one was measured with.

use serde::{Deserialize, Serialize};

use crate::network::LinkRange;

/// Numbers that a network is evaluated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// As deployed and as costed: weights and activations of 8 bits, the link's codes in the range of the space.
    #[default]
    Int8,
    /// As trained: single precision but for the link's codes, which are in the range of their image.
    Float,
}

impl Precision {
    /// Both precisions.
    pub const ALL: [Self; 2] = [Self::Int8, Self::Float];

    /// Name in the database, on the command line and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Float => "float",
        }
    }

    /// Suffix of a figure, empty for int8: figures without a precision are in int8.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Int8 => "",
            Self::Float => " (float)",
        }
    }

    /// The precision of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|precision| precision.name() == name)
    }

    /// The precision of a network that is quantised or not.
    pub const fn of_quantised(quantised: bool) -> Self {
        if quantised { Self::Int8 } else { Self::Float }
    }

    /// The precision of records from before there were several.
    pub const fn of_old_records() -> Self {
        Self::Float
    }
}

/// Rule by which the range of a tensor follows from the values of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Clipping {
    /// The smallest and the largest value.
    MinMax,
    /// All but one value of ten thousand at each end.
    Percentile,
    /// The range of the smallest mean squared error.
    #[default]
    Mse,
}

impl Clipping {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::MinMax, Self::Percentile, Self::Mse];

    /// Name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min-max",
            Self::Percentile => "percentile",
            Self::Mse => "mse",
        }
    }

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clipping| clipping.name() == name)
    }
}

/// Rules that a network was quantised by, and the entropy of what crossed its link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantisation {
    /// Rule of the static ranges.
    pub clipping: Clipping,
    /// Range of the link's codes.
    pub link_range: LinkRange,
    /// Empirical entropy of the codes sent, in bits per value: what no code of single values goes below.
    pub code_entropy: f64,
}

impl Quantisation {
    /// Bytes below which no code of single values gets `values` of those sent.
    pub fn entropy_bytes(&self, values: u64) -> f64 {
        self.code_entropy * values as f64 / 8.0
    }
}
