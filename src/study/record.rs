//! Record of a study: a CSV file of rows that several processes add to, and their claims on the points they measure.
//!
//! The folder is locked while rows are added, so that none are lost. A claim is a lock on a file of its own; the system
//! gives both back when a process ends, however it ends. Where a file system has no locks, processes measure some
//! points twice, and the rows of the first one stay.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StudyError;
use super::rows::{self, StudyPoint, StudyRow};
use crate::files::{self, sha256};

/// Rows of a study in a folder.
pub(super) struct StudyRecord {
    folder: PathBuf,
    path: PathBuf,
}

/// Right to measure a point, given back when dropped.
pub(super) struct PointClaim {
    /// Locked as long as it is open.
    _file: File,
    path: PathBuf,
}

impl Drop for PointClaim {
    fn drop(&mut self) {
        // A file that stays does no harm: it is locked by nobody.
        let _ = fs::remove_file(&self.path);
    }
}

impl StudyRecord {
    /// The record of a name in a folder, which is made if it is not there.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, StudyError> {
        fs::create_dir_all(folder).map_err(|error| StudyError::file(folder, error))?;
        Ok(Self { folder: folder.to_owned(), path: folder.join(format!("{name}.csv")) })
    }

    /// Path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Rows of all processes.
    pub(super) fn rows(&self) -> Result<Vec<StudyRow>, StudyError> {
        rows::read(&self.path)
    }

    /// Adds the rows of a point, unless another process has. Returns the rows of all processes.
    pub(super) fn add(&self, point: &StudyPoint, measured: Vec<StudyRow>) -> Result<Vec<StudyRow>, StudyError> {
        let folder = File::open(&self.folder).map_err(|error| StudyError::file(&self.folder, error))?;
        // Without locks two processes that end a point at once may lose one, which the next command measures again.
        let _ = folder.lock();
        let mut all = self.rows()?;
        if !all.iter().any(|row| row.is_of(point)) {
            all.extend(measured);
            rows::write(&self.path, &all)?;
        }
        Ok(all)
    }

    /// Claims a point; `None` if another process measures it.
    pub(super) fn claim(&self, point: &StudyPoint) -> Result<Option<PointClaim>, StudyError> {
        let name = self.path.file_name().unwrap_or_default();
        let key = format!("{}\n{}\n{}\n{}", name.display(), point.setting, point.seed, point.origin);
        let path = self.folder.join(format!(".{}.lock", &sha256(key.as_bytes())[..16]));
        let file = files::append(&path).map_err(|error| StudyError::file(&path, error))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Ok(None);
        }
        Ok(Some(PointClaim { _file: file, path }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_one_claim_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let record = StudyRecord::open(folder.path(), "views").unwrap();
        let (one, other) = (StudyPoint::new("1", 1.0), StudyPoint::new("2", 2.0));
        let claim = record.claim(&one).unwrap().unwrap();
        assert!(record.claim(&one).unwrap().is_none() && record.claim(&other).unwrap().is_some());
        drop(claim);
        assert!(record.claim(&one).unwrap().is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file of a claim stays");
    }

    #[test]
    fn rows_of_processes_that_add_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let add = |seed: u64| {
            let record = StudyRecord::open(folder.path(), "views").unwrap();
            for setting in 0..4 {
                let point = StudyPoint { seed, ..StudyPoint::new(setting.to_string(), 1.0) };
                let rows = vec![point.exact("one", 1.0), point.exact("other", 2.0)];
                record.add(&point, rows.clone()).unwrap();
                // Rows of a point that is on record are another process's.
                record.add(&point, rows).unwrap();
            }
        };
        std::thread::scope(|scope| (0..8).for_each(|seed| _ = scope.spawn(move || add(seed))));
        assert_eq!(StudyRecord::open(folder.path(), "views").unwrap().rows().unwrap().len(), 8 * 4 * 2);
    }
}
