//! A network that was read from a file, as a genome of a space.

use crate::network::{BoundaryId, Network};

/// A network that was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedNetwork {
    /// Name, unique in the space.
    pub name: String,
    /// The network; its boundaries are those of the space.
    pub network: Network,
    /// Boundary at which the views become one unless the user moves it.
    pub fusion: BoundaryId,
}

impl ImportedNetwork {
    /// Nearest boundary of the network at or before one of the space.
    pub(super) fn nearest_boundary(&self, id: BoundaryId) -> BoundaryId {
        let boundaries = &self.network.boundaries;
        let behind = boundaries.partition_point(|boundary| boundary.id <= id);
        boundaries[behind.saturating_sub(1)].id
    }
}
