//! The run that comes with the program, while it is shown.

use tempfile::TempDir;

use crate::run::RunArchive;

/// The shipped run while it is shown.
pub(super) struct ShippedRun {
    pub(super) archive: RunArchive,
    /// Folder that it is unpacked in, removed with this value.
    pub(super) folder: Option<TempDir>,
}
