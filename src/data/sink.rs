//! Destination of samples while a set is made: memory, or a file of the cache.

use super::cache::Draft;
use super::dataset::Dataset;
use super::error::DataError;
use super::samples::Samples;

/// Takes samples object by object, while a set is made.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Into memory.
    Memory(Vec<u8>),
    /// Into a file of the cache.
    File(Draft),
}

impl Sink {
    /// Adds an object.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn push(&mut self, object: &[u8]) -> Result<(), DataError> {
        match self {
            Self::Memory(bytes) => bytes.extend_from_slice(object),
            Self::File(draft) => draft.push(object)?,
        }
        Ok(())
    }

    /// Hands the samples to their set, now that they are all there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(self, mut set: Dataset) -> Result<Dataset, DataError> {
        set.samples = match self {
            Self::Memory(bytes) => Samples::Memory(bytes),
            Self::File(draft) => draft.finish(&set)?,
        };
        Ok(set)
    }
}
