//! Keeping rendered and decoded sets: one file a recipe, versioned, whole or absent, the folder limited in size.
//!
//! A file starts with a magic line, holds the description of the set as JSON and then its samples, and ends with a checksum.
//! A file that is not exactly as it should be counts as absent. Only files with the extension of this cache are ever removed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Dataset;
use super::error::DataError;
use super::fingerprint::Fingerprint;

/// First bytes of a file; the number changes with the layout.
const MAGIC: &[u8; 20] = b"splitscope views 1\n\0";
/// Extension of the files.
const EXTENSION: &str = "views";
/// Most bytes of all files together when nothing else is said (2 GiB).
const DEFAULT_LIMIT: u64 = 2 << 30;
/// Bytes of the numbers before the description and after the samples.
const NUMBER: usize = 8;

/// A folder of rendered sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Where the files are.
    pub folder: PathBuf,
    /// Most bytes of all files together; the longest unused go first.
    pub limit_bytes: u64,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cleaned {
    /// Number of files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Cache {
    /// The user's cache: `$SPLITSCOPE_CACHE`, else `splitscope` in `$XDG_CACHE_HOME` or in `~/.cache`; none when neither
    /// is set.
    pub fn of_user() -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = variable("SPLITSCOPE_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|home| home.join("splitscope")))
            .or_else(|| variable("HOME").map(|home| home.join(".cache").join("splitscope")))?;
        Some(Self { folder, limit_bytes: DEFAULT_LIMIT })
    }

    /// The set kept under `key`, if it is there and whole. Being read counts as use.
    pub fn load(&self, key: Fingerprint) -> Option<Dataset> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let set = decode(bytes)?;
        if let Ok(file) = fs::File::options().append(true).open(&path) {
            // Only the order of removal suffers when the time cannot be set.
            let _ = file.set_modified(SystemTime::now());
        }
        Some(set)
    }

    /// Keeps a set under `key`, removing the longest unused others to stay within the limit. A set larger than the limit is
    /// not kept. A reader sees the old file or the new one, never a part.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn store(&self, key: Fingerprint, set: &Dataset) -> Result<(), DataError> {
        let failed = |source: io::Error| DataError::Write { path: self.folder.clone(), source };
        let description = serde_json::to_vec(set).map_err(|error| failed(error.into()))?;
        let bytes = (MAGIC.len() + 2 * NUMBER + description.len() + set.samples.len()) as u64;
        if bytes > self.limit_bytes {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(failed)?;
        self.make_room(bytes, &self.path(key))?;
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(&self.folder).map_err(failed)?;
        let checksum = Fingerprint::default().with(&description).with(&set.samples).0;
        file.write_all(MAGIC)
            .and_then(|()| file.write_all(&(description.len() as u64).to_le_bytes()))
            .and_then(|()| file.write_all(&description))
            .and_then(|()| file.write_all(&set.samples))
            .and_then(|()| file.write_all(&checksum.to_le_bytes()))
            .map_err(failed)?;
        file.persist(self.path(key)).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Removes every file of the cache.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clean(&self) -> Result<Cleaned, DataError> {
        let mut cleaned = Cleaned::default();
        for (path, _, bytes) in self.files()? {
            fs::remove_file(&path).map_err(|source| DataError::Write { path: path.clone(), source })?;
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
            if total + bytes <= self.limit_bytes {
                break;
            }
            fs::remove_file(&path).map_err(|source| DataError::Write { path: path.clone(), source })?;
            total -= size;
        }
        Ok(())
    }

    /// Files of the cache with the time of last use and their bytes.
    fn files(&self) -> Result<Vec<(PathBuf, SystemTime, u64)>, DataError> {
        let unreadable = |source| DataError::Read { path: self.folder.clone(), source };
        let folder = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder.map_err(unreadable)?,
        };
        let mut files = Vec::new();
        for entry in folder {
            let path = entry.map_err(unreadable)?.path();
            let metadata = fs::metadata(&path);
            if let (Some(EXTENSION), Ok(metadata)) = (path.extension().and_then(|e| e.to_str()), metadata) {
                files.push((path, metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len()));
            }
        }
        Ok(files)
    }
}

/// The set in a file's bytes, if all of it is as it should be.
fn decode(mut bytes: Vec<u8>) -> Option<Dataset> {
    let rest = bytes.strip_prefix(MAGIC.as_slice())?;
    let (length, rest) = rest.split_first_chunk::<NUMBER>()?;
    let (description, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let (samples, checksum) = rest.split_last_chunk::<NUMBER>()?;
    let expected = Fingerprint::default().with(description).with(samples).0;
    let mut set: Dataset = serde_json::from_slice(description).ok()?;
    let whole =
        u64::from_le_bytes(*checksum) == expected && samples.len() == set.objects() * set.views * set.view_bytes();
    if !whole {
        return None;
    }
    let start = MAGIC.len() + NUMBER + description.len();
    bytes.truncate(bytes.len() - NUMBER);
    bytes.drain(..start);
    set.samples = bytes;
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(limit_bytes: u64) -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache { folder: folder.path().join("deep"), limit_bytes };
        (folder, cache)
    }

    fn set(seed: u64) -> Dataset {
        let spec = format!("arrangement-10:objects=20,seed={seed}").parse().expect("valid");
        Dataset::open(&spec, 2, 16, 1).expect("opens")
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let (_folder, cache) = cache(1 << 20);
        assert_eq!(cache.load(Fingerprint(1)), None);
        cache.store(Fingerprint(1), &set(5)).expect("stored");
        assert_eq!(cache.load(Fingerprint(1)), Some(set(5)));
        assert_eq!(cache.load(Fingerprint(2)), None);
    }

    #[test]
    fn damaged_files_count_as_absent() {
        let (_folder, cache) = cache(1 << 20);
        cache.store(Fingerprint(1), &set(5)).expect("stored");
        let path = cache.path(Fingerprint(1));
        let whole = fs::read(&path).expect("a file");
        for at in [0, 18, 20, 27, 40, whole.len() / 2, whole.len() - 1] {
            let mut broken = whole.clone();
            broken[at] ^= 0x40;
            fs::write(&path, broken).expect("written");
            assert_eq!(cache.load(Fingerprint(1)), None, "byte {at}");
        }
        for length in [0, 10, 24, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).expect("written");
            assert_eq!(cache.load(Fingerprint(1)), None, "length {length}");
        }
    }

    #[test]
    fn the_longest_unused_make_room() {
        let (_folder, cache) = cache(3 * 11_500);
        for key in 1..=3 {
            cache.store(Fingerprint(key), &set(key)).expect("stored");
            let file = fs::File::options().append(true).open(cache.path(Fingerprint(key))).expect("a file");
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(key)).expect("a time");
        }
        assert!(cache.load(Fingerprint(1)).is_some());
        cache.store(Fingerprint(4), &set(4)).expect("stored");
        let kept: Vec<u64> = (1..=4).filter(|&key| cache.load(Fingerprint(key)).is_some()).collect();
        assert_eq!(kept, [1, 3, 4]);
    }

    #[test]
    fn cleaning_removes_only_its_own() {
        let (_folder, cache) = cache(1 << 20);
        assert_eq!(cache.clean().expect("nothing there"), Cleaned::default());
        cache.store(Fingerprint(1), &set(5)).expect("stored");
        fs::write(cache.folder.join("mine.txt"), "keep").expect("written");
        let cleaned = cache.clean().expect("cleaned");
        assert_eq!(cleaned.files, 1);
        assert!(cleaned.bytes > 20 * 2 * 256);
        assert!(cache.folder.join("mine.txt").exists());
    }

    #[test]
    fn a_set_beyond_the_limit_is_not_kept() {
        let (_folder, cache) = cache(100);
        cache.store(Fingerprint(1), &set(5)).expect("not an error");
        assert_eq!(cache.load(Fingerprint(1)), None);
    }
}
