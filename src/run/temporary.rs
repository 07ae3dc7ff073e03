//! Temporary folders of this program. One is removed with its value, by a signal that ends the process, and, where that
//! was killed, by the next process that makes one.
//!
//! The owner of a folder holds a lock on a file in it for as long as it lives: the system gives that back however the
//! process ends, and also where processes of several containers share a folder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::error::RunError;
use crate::files;

/// Beginning of the name of a folder.
const PREFIX: &str = "splitscope-run-";
/// File that the owner of a folder has locked.
const OWNER: &str = "owner";
/// Name of that file until it is locked.
const UNLOCKED: &str = ".owner";
/// Attempts to remove a folder that another thread writes to.
const ATTEMPTS: usize = 10;
/// Folders of this process.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary folder, removed with this value.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    path: PathBuf,
    _lock: File,
}

impl TemporaryFolder {
    /// A new one, where the system has temporary files. What killed processes have left there is removed.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub(crate) fn new() -> Result<Self, RunError> {
        let root = std::env::temp_dir();
        sweep(&root);
        Self::new_in(&root).map_err(|error| RunError::file("write into", &root, error))
    }

    fn new_in(root: &Path) -> io::Result<Self> {
        let path = files::scratch_folder(root, PREFIX)?.keep();
        folders(|all| all.push(path.clone()));
        match lock(&path) {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(error) => {
                drop_folder(&path);
                Err(error)
            }
        }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        drop_folder(&self.path);
    }
}

/// Removes the temporary folders of this process, which is about to end. Another thread may still write to one, so that
/// it takes several attempts.
pub(crate) fn remove_temporary_folders() {
    for _ in 0..ATTEMPTS {
        let all = folders(|all| all.clone());
        for path in &all {
            drop_folder(path);
        }
    }
}

/// Removes the temporary folders that killed processes of this user have left.
pub(crate) fn sweep_temporary_folders() {
    sweep(&std::env::temp_dir());
}

/// From now on an interrupt, a hang-up or a request to terminate removes the temporary folders of this process before
/// it ends the process as usual. Signals that the process was started to ignore stay ignored.
///
/// # Errors
/// The system refuses to register the signals.
pub(crate) fn remove_folders_at_signals() -> Result<(), RunError> {
    let ignored = ignored_signals();
    let caught = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut source = Signals::new(caught).map_err(RunError::Signals)?;
    thread::spawn(move || {
        for signal in source.forever() {
            remove_temporary_folders();
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Signals that this process ignores, as bits; none where the system does not tell.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn folders<T>(work: impl FnOnce(&mut Vec<PathBuf>) -> T) -> T {
    work(&mut FOLDERS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Makes the locked file of a new folder. It gets its name once it is locked, so that nobody finds it without its lock.
fn lock(folder: &Path) -> io::Result<File> {
    let unlocked = folder.join(UNLOCKED);
    let file = OpenOptions::new().write(true).create_new(true).open(&unlocked)?;
    file.lock()?;
    fs::rename(&unlocked, folder.join(OWNER))?;
    Ok(file)
}

/// Removes a folder of this process. One that can't be removed stays on the list, for another attempt at the end.
fn drop_folder(path: &Path) {
    match remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {}
        _ => folders(|all| all.retain(|other| other != path)),
    }
}

/// Removes what dead processes of this user have left below `root`. A name alone is no claim: links are not followed,
/// folders of others are left alone, and so is a folder without an owner's file or with a locked one.
fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_named || !entry.metadata().is_ok_and(|found| is_own_folder(&found)) {
            continue;
        }
        let path = entry.path();
        if let Ok(owner) = files::open(&path.join(OWNER))
            && owner.try_lock().is_ok()
        {
            let _ = remove(&path);
        }
    }
}

fn is_own_folder(found: &fs::Metadata) -> bool {
    found.is_dir() && found.uid() == rustix::process::getuid().as_raw()
}

/// Removes a folder, its owner's file last: what is left of it is swept later.
fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == OWNER {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_with_their_value_and_those_of_the_dead_are_swept() {
        let root = tempfile::tempdir().unwrap();
        let owned = TemporaryFolder::new_in(root.path()).unwrap();
        fs::write(owned.path().join("file"), "content").unwrap();
        let named = |name: &str| root.path().join(format!("{PREFIX}{name}"));
        // As a killed process leaves it, as one that is just being made, and a link to what is nobody's business.
        fs::create_dir_all(named("dead/shipped")).unwrap();
        fs::write(named("dead").join(OWNER), "").unwrap();
        fs::create_dir_all(named("new")).unwrap();
        fs::create_dir_all(root.path().join("other")).unwrap();
        fs::write(root.path().join("other").join(OWNER), "").unwrap();
        std::os::unix::fs::symlink(root.path().join("other"), named("link")).unwrap();
        sweep(root.path());
        assert!(!named("dead").exists(), "nobody owns it");
        assert!(owned.path().join("file").exists(), "its owner lives");
        assert!(named("new").exists() && root.path().join("other").join(OWNER).exists());
        let path = owned.path().to_owned();
        drop(owned);
        assert!(!path.exists());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ignored_signals_are_read_from_the_system() {
        // Programs in Rust begin with the signal of a closed pipe ignored.
        let pipe = signal_hook::consts::SIGPIPE;
        assert_eq!(ignored_signals() >> (pipe - 1) & 1, 1);
        assert_eq!(ignored_signals() >> (SIGTERM - 1) & 1, 0);
    }
}
