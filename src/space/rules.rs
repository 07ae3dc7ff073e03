//! Boundaries of a space, and the rules of splits and fusions at them.

use crate::network::{BoundaryId, FusionOperator, LinkRange};

/// Boundaries at which a network may be split, and the compressions of the tensor there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitRules {
    /// Boundaries at which a split is allowed, ascending.
    pub at: Vec<BoundaryId>,
    /// Compression ratios: a tensor of C channels is sent as `ceil(C / ratio)`. Ascending.
    pub ratios: Vec<u8>,
    /// Bits per element on the link. Ascending.
    pub bits: Vec<u8>,
    /// Range of the link's codes.
    pub link_range: LinkRange,
}

/// Boundaries at which views may be fused, and the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FusionRules {
    /// Boundaries at which fusion is allowed, ascending; the last boundary is always among them.
    pub at: Vec<BoundaryId>,
    /// Fusion operator.
    pub operator: FusionOperator,
}

/// A boundary of the deepest network of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// `input`, a stage's name (`stem`), or stage and block (`S2.1`); the last is `logits`.
    pub name: String,
    /// Stage and block index before it; `None` for the raw input.
    pub after: Option<(usize, u32)>,
}
