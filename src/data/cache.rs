//! Keeping rendered and decoded sets: one file a recipe, versioned, whole or absent, the folder limited in size.
//!
//! A file starts with a magic line, then come the samples, the description of the set as JSON, its length, and a
//! checksum of all of them. A file that is not exactly as it should be counts as absent. Samples are written and
//! checked block by block, so a set may be larger than memory. Only files with the extensions of this cache are ever
//! removed.

use std::fs;
use std::io::{self, Write};
use std::mem;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::dataset::Dataset;
use super::error::DataError;
use super::fingerprint::Fingerprint;
use super::samples::{Extent, Samples};
use crate::files;

/// First bytes of a file; the number changes with the layout.
const MAGIC: &[u8; 20] = b"splitscope views 3\n\0";
/// Extension of the files.
const EXTENSION: &str = "views";
/// Extension of files that are being written.
const DRAFT_EXTENSION: &str = "views-draft";
/// A draft that has not been written to for so long was left by a process that was killed.
const DRAFT_IS_DEAD_AFTER: Duration = Duration::from_hours(1);
/// Most bytes of all files together when nothing else is said, in GiB.
const DEFAULT_LIMIT_GIB: u64 = 8;
/// Most bytes of a set that is held in memory (512 MiB).
pub(crate) const IN_MEMORY: u64 = 512 << 20;
/// Bytes of the two numbers at the end: length of the description, checksum.
const TAIL: usize = 16;
/// Bytes that are written, read and checked at a time.
const BLOCK: usize = 1 << 20;

/// A folder of rendered sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Folder of the files.
    pub folder: PathBuf,
    /// Most bytes of all files together; the longest unused go first.
    pub limit_bytes: u64,
    /// Sets with more bytes of samples stay in their file and are read from there as they are wanted.
    pub memory_bytes: u64,
}

/// Files and bytes that were removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cleaned {
    /// Number of files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// A file of the cache on its way: invisible to readers until it is finished, gone when it is dropped.
#[derive(Debug)]
pub struct Draft {
    cache: Cache,
    path: PathBuf,
    file: NamedTempFile,
    checksum: Fingerprint,
    /// Samples that do not yet fill a block.
    pending: Vec<u8>,
    bytes: u64,
}

impl Cache {
    /// The user's cache: `$SPLITSCOPE_CACHE`, else `splitscope` in `$XDG_CACHE_HOME` or in `~/.cache`; none when
    /// neither is set. `$SPLITSCOPE_CACHE_GIB` is its limit.
    pub fn of_user() -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = variable("SPLITSCOPE_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|home| home.join("splitscope")))
            .or_else(|| variable("HOME").map(|home| home.join(".cache").join("splitscope")))?;
        let limit = std::env::var("SPLITSCOPE_CACHE_GIB").ok().and_then(|text| text.trim().parse::<u64>().ok());
        let limit_bytes = limit.unwrap_or(DEFAULT_LIMIT_GIB).saturating_mul(1 << 30);
        Some(Self { folder, limit_bytes, memory_bytes: IN_MEMORY })
    }

    /// The set kept under `key`, if it is there and whole. Being read counts as use.
    pub fn load(&self, key: Fingerprint) -> Option<Dataset> {
        let path = self.path(key);
        let set = read(&path, self.memory_bytes)?;
        touch(&path);
        Some(set)
    }

    /// Keeps a set under `key`, removing the longest unused others to stay within the limit. A set larger than the
    /// limit is not kept. A reader sees the old file or the new one, never a part.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn store(&self, key: Fingerprint, set: &Dataset) -> Result<(), DataError> {
        let Samples::Memory(samples) = &set.samples else { return Ok(()) };
        if samples.len() as u64 > self.limit_bytes {
            return Ok(());
        }
        let mut draft = self.draft(key)?;
        draft.push(samples)?;
        draft.finish(set).map(drop)
    }

    /// Starts the file of `key`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn draft(&self, key: Fingerprint) -> Result<Draft, DataError> {
        let failed = |source: io::Error| DataError::Write { path: self.folder.clone(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let suffix = format!(".{DRAFT_EXTENSION}");
        let mut file =
            tempfile::Builder::new().prefix(".").suffix(&suffix).tempfile_in(&self.folder).map_err(failed)?;
        file.write_all(MAGIC).map_err(failed)?;
        Ok(Draft {
            cache: self.clone(),
            path: self.path(key),
            file,
            checksum: Fingerprint::default(),
            pending: Vec::with_capacity(BLOCK),
            bytes: 0,
        })
    }

    /// Removes every file of the cache, but not those that are being written just now.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clean(&self) -> Result<Cleaned, DataError> {
        let mut cleaned = Cleaned::default();
        for (path, _, bytes) in self.files()? {
            remove(&path)?;
            cleaned.files += 1;
            cleaned.bytes += bytes;
        }
        Ok(cleaned)
    }

    fn path(&self, key: Fingerprint) -> PathBuf {
        self.folder.join(format!("{:016x}.{EXTENSION}", key.0))
    }

    /// Removes the longest unused files until `bytes` more fit; `replaced` is going to be overwritten.
    fn make_room(&self, bytes: u64, replaced: &Path) -> Result<(), DataError> {
        let mut files = self.files()?;
        files.retain(|(path, _, _)| path != replaced);
        files.sort_by_key(|(_, used, _)| *used);
        let mut total: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (path, _, size) in files {
            if total.saturating_add(bytes) <= self.limit_bytes {
                break;
            }
            remove(&path)?;
            total -= size;
        }
        Ok(())
    }

    /// Files of the cache with the time of last use and their bytes: finished ones, and drafts of processes that are
    /// gone.
    fn files(&self) -> Result<Vec<(PathBuf, SystemTime, u64)>, DataError> {
        let unreadable = |source| DataError::Read { path: self.folder.clone(), source };
        let folder = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder.map_err(unreadable)?,
        };
        let mut files = Vec::new();
        for entry in folder {
            let path = entry.map_err(unreadable)?.path();
            let Ok(metadata) = fs::metadata(&path) else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let dead = || used.elapsed().is_ok_and(|age| age > DRAFT_IS_DEAD_AFTER);
            match path.extension().and_then(|extension| extension.to_str()) {
                Some(EXTENSION) => files.push((path, used, metadata.len())),
                Some(DRAFT_EXTENSION) if dead() => files.push((path, used, metadata.len())),
                _ => {}
            }
        }
        Ok(files)
    }
}

impl Draft {
    /// Adds samples.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, mut samples: &[u8]) -> Result<(), DataError> {
        self.bytes += samples.len() as u64;
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(BLOCK - self.pending.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == BLOCK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Adds the description, makes room, and puts the file in its place. Gives back the samples, to be read from there.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn finish(mut self, set: &Dataset) -> Result<Samples, DataError> {
        self.flush()?;
        let Self { cache, path, mut file, checksum, bytes, .. } = self;
        let failed = |source: io::Error| DataError::Write { path: path.clone(), source };
        let description = serde_json::to_vec(set).map_err(|error| failed(error.into()))?;
        file.write_all(&description)
            .and_then(|()| file.write_all(&(description.len() as u64).to_le_bytes()))
            .and_then(|()| file.write_all(&checksum.with(&description).0.to_le_bytes()))
            .map_err(failed)?;
        cache.make_room(MAGIC.len() as u64 + bytes + (description.len() + TAIL) as u64, &path)?;
        let file = file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(Samples::File(Arc::new(Extent { file, path, start: MAGIC.len() as u64, bytes })))
    }

    fn flush(&mut self) -> Result<(), DataError> {
        let block = mem::take(&mut self.pending);
        if !block.is_empty() {
            self.checksum = self.checksum.with(&block);
            self.file.write_all(&block).map_err(|source| DataError::Write { path: self.path.clone(), source })?;
        }
        self.pending = block;
        self.pending.clear();
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), DataError> {
    match fs::remove_file(path) {
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| DataError::Write { path: path.to_owned(), source }),
    }
}

/// The set in a file, if all of it is as it should be; its samples in memory if they are no more than `memory_bytes`.
fn read(path: &Path, memory_bytes: u64) -> Option<Dataset> {
    let file = files::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let body = length.checked_sub((MAGIC.len() + TAIL) as u64)?;
    let (mut magic, mut tail) = ([0; MAGIC.len()], [0; TAIL]);
    file.read_exact_at(&mut magic, 0).ok()?;
    file.read_exact_at(&mut tail, length - TAIL as u64).ok()?;
    let (description_bytes, checksum) = tail.split_at(TAIL / 2);
    let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
    let (description_bytes, checksum) = (number(description_bytes)?, number(checksum)?);
    let bytes = body.checked_sub(description_bytes)?;
    if magic != *MAGIC {
        return None;
    }
    let mut description = vec![0; usize::try_from(description_bytes).ok()?];
    let extent = Extent { file, path: path.to_owned(), start: MAGIC.len() as u64, bytes };
    extent.read_at(bytes, &mut description).ok()?;
    let in_memory = bytes <= memory_bytes;
    let mut samples = Vec::with_capacity(if in_memory { usize::try_from(bytes).ok()? } else { 0 });
    let mut found = Fingerprint::default();
    let mut block = vec![0; BLOCK];
    for start in (0..bytes).step_by(BLOCK) {
        let block = &mut block[..BLOCK.min((bytes - start) as usize)];
        extent.read_at(start, block).ok()?;
        found = found.with(block);
        if in_memory {
            samples.extend_from_slice(block);
        }
    }
    if found.with(&description).0 != checksum {
        return None;
    }
    let mut set: Dataset = serde_json::from_slice(&description).ok()?;
    let expected = [set.objects(), set.views, set.channels, set.height, set.width];
    let expected = expected.iter().try_fold(1u64, |product, &factor| product.checked_mul(factor as u64));
    set.samples = if in_memory { Samples::Memory(samples) } else { Samples::File(Arc::new(extent)) };
    (expected == Some(bytes)).then_some(set)
}

/// Sets the time of last use of a file, and makes none: another process may have removed it by now.
fn touch(path: &Path) {
    if let Ok(file) = fs::File::options().append(true).open(path) {
        // Only the order of removal suffers when the time cannot be set.
        let _ = file.set_modified(SystemTime::now());
    }
}

#[cfg(test)]
mod tests;
