//! Operations on checkpoints that a database keeps for machines that share no disk. Contents are in chunks keyed by
//! their hashes, so that what is there already is not sent again.

use crate::run::error::RunError;

/// File of a checkpoint, as a database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointFile {
    /// Name within the checkpoint's folder.
    pub name: String,
    /// SHA-256 of the content.
    pub digest: String,
    /// SHA-256 of each chunk, in order.
    pub chunks: Vec<String>,
}

/// Operations on checkpoints. A checkpoint is named as its folder, for instance `step-00000100`.
pub trait CheckpointRows {
    /// Names of all checkpoints, sorted.
    ///
    /// # Errors
    /// The database fails.
    fn checkpoint_names(&self) -> Result<Vec<String>, RunError>;

    /// Files of a checkpoint; none if it is gone.
    ///
    /// # Errors
    /// The database fails.
    fn checkpoint_files(&self, checkpoint: &str) -> Result<Vec<CheckpointFile>, RunError>;

    /// Those of some chunks that are not there.
    ///
    /// # Errors
    /// The database fails.
    fn missing_chunks(&self, hashes: &[String]) -> Result<Vec<String>, RunError>;

    /// Keeps a chunk. It goes with the next [`CheckpointRows::drop_checkpoint`] unless a checkpoint has it then.
    ///
    /// # Errors
    /// The database fails.
    fn put_chunk(&self, hash: &str, content: &[u8]) -> Result<(), RunError>;

    /// Content of a chunk; `None` if it is gone.
    ///
    /// # Errors
    /// The database fails.
    fn chunk(&self, hash: &str) -> Result<Option<Vec<u8>>, RunError>;

    /// Keeps a checkpoint in place of the one of this name. Returns `false`, and keeps nothing, if a chunk of it is
    /// missing.
    ///
    /// # Errors
    /// The database fails.
    fn put_checkpoint(&self, checkpoint: &str, files: &[CheckpointFile]) -> Result<bool, RunError>;

    /// Drops a checkpoint, and the chunks that no other has.
    ///
    /// # Errors
    /// The database fails.
    fn drop_checkpoint(&self, checkpoint: &str) -> Result<(), RunError>;
}
