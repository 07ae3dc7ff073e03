//! The run that comes with the program, while it is shown.

use crate::run::{RunArchive, TemporaryFolder};

/// The shipped run while it is shown.
pub(super) struct ShippedRun {
    pub(super) archive: RunArchive,
    /// Folder that it is unpacked in, removed with this value.
    pub(super) folder: Option<TemporaryFolder>,
}
