//! Samples of a set: in memory, made object by object as they are wanted, or, for big sets, in a file of the cache that
//! is read view by view.
//!
//! Invariant: the bytes are the same wherever they are; only how long a reader waits differs.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::error::DataError;

/// Bytes that are read from a file at a time when all are wanted.
const BLOCK: u64 = 1 << 20;

/// All samples of a set, `[object, view, channel, height, width]`, contiguous.
#[derive(Debug, Clone)]
pub enum Samples {
    /// In memory.
    Memory(Vec<u8>),
    /// Made as they are wanted, and then in memory.
    OnDemand(Arc<SampleMaker>),
    /// In a file, read as they are wanted.
    File(Arc<Extent>),
}

/// Objects of which each is made when it is read first.
pub struct SampleMaker {
    objects: Vec<OnceLock<Box<[u8]>>>,
    object_bytes: usize,
    make: Box<MakeObject>,
}

/// Fills the bytes of an object.
type MakeObject = dyn Fn(usize, &mut [u8]) + Send + Sync;

/// A part of an open file. The file stays readable when it is removed from its folder.
#[derive(Debug)]
pub struct Extent {
    /// The file.
    pub file: File,
    /// Its name, for messages.
    pub path: PathBuf,
    /// Its first byte that counts.
    pub start: u64,
    /// Number of bytes that count.
    pub bytes: u64,
}

impl Samples {
    /// Number of bytes.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::OnDemand(maker) => (maker.objects.len() * maker.object_bytes) as u64,
            Self::File(extent) => extent.bytes,
        }
    }

    /// `length` bytes from `start` on.
    ///
    /// # Errors
    /// When the file cannot be read.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn read(&self, start: usize, length: usize) -> Result<Cow<'_, [u8]>, DataError> {
        match self {
            Self::Memory(bytes) => Ok(Cow::Borrowed(&bytes[start..start + length])),
            Self::OnDemand(maker) => Ok(maker.read(start, length)),
            Self::File(extent) => {
                assert!((start + length) as u64 <= extent.bytes, "within the samples");
                let mut bytes = vec![0; length];
                extent.read_at(start as u64, &mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

impl SampleMaker {
    /// So many objects of `object_bytes` bytes each, which `make` fills; several threads may call it at once.
    pub fn new(objects: usize, object_bytes: usize, make: impl Fn(usize, &mut [u8]) + Send + Sync + 'static) -> Self {
        Self { objects: vec![OnceLock::new(); objects], object_bytes, make: Box::new(make) }
    }

    fn object(&self, index: usize) -> &[u8] {
        self.objects[index].get_or_init(|| {
            let mut bytes = vec![0; self.object_bytes].into_boxed_slice();
            (self.make)(index, &mut bytes);
            bytes
        })
    }

    fn read(&self, start: usize, length: usize) -> Cow<'_, [u8]> {
        let (first, offset) = (start / self.object_bytes, start % self.object_bytes);
        if offset + length <= self.object_bytes {
            return Cow::Borrowed(&self.object(first)[offset..offset + length]);
        }
        let last = (start + length).div_ceil(self.object_bytes);
        let all: Vec<u8> = (first..last).flat_map(|index| self.object(index)).copied().collect();
        Cow::Owned(all[offset..offset + length].to_vec())
    }
}

impl fmt::Debug for SampleMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self.objects.iter().filter(|object| object.get().is_some()).count();
        write!(f, "SampleMaker({made} of {} objects of {} bytes)", self.objects.len(), self.object_bytes)
    }
}

impl Extent {
    /// Fills `bytes` from the place `start` of this part on.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before.
    pub fn read_at(&self, start: u64, bytes: &mut [u8]) -> Result<(), DataError> {
        let unreadable = |source| DataError::Read { path: self.path.clone(), source };
        self.file.read_exact_at(bytes, self.start + start).map_err(unreadable)
    }
}

impl Default for Samples {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl PartialEq for Samples {
    /// Compares bytes, wherever they are; unreadable samples equal nothing.
    fn eq(&self, other: &Self) -> bool {
        let bytes = self.bytes();
        bytes == other.bytes()
            && (0..bytes.div_ceil(BLOCK)).all(|block| {
                let start = block * BLOCK;
                let read = |samples: &Self| {
                    let part = samples.read(start as usize, BLOCK.min(bytes - start) as usize);
                    part.map(Cow::into_owned).ok()
                };
                read(self).is_some_and(|part| read(other) == Some(part))
            })
    }
}
