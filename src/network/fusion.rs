//! Operators that fuse the views of an object.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Operator that fuses V views into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FusionOperator {
    /// Maximum over the views.
    #[default]
    Max,
    /// Mean over the views.
    Mean,
    /// Weighted sum of maximum and mean with a learned share per channel.
    Mix,
    /// Concatenated channels of all views through a 1x1 convolution, written as a sum of one per view; then batch norm.
    Concat,
}

impl FusionOperator {
    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Mix => "mix",
            Self::Concat => "concat",
        }
    }
}
