//! The folder of checkpoints: names, and how a checkpoint comes into its place and goes.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use tempfile::TempDir;

use crate::files;

/// File of the weights.
pub(crate) const WEIGHTS: &str = "weights.bpk";
/// File of the state of the optimiser, which only a trainer needs.
pub(crate) const OPTIMISER: &str = "optimiser.bpk";
/// File of the state of the training.
pub(crate) const STATE: &str = "state.json";
/// Beginning of the names of what is being written or removed.
const SCRATCH: &str = ".checkpoint-";

/// Purpose that a checkpoint is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckpointKind {
    /// One of the ring of the last few.
    Recent,
    /// The best on the validation objects.
    Best,
    /// The one that a search measures with.
    Pinned,
}

impl CheckpointKind {
    pub(crate) const ALL: [Self; 3] = [Self::Recent, Self::Best, Self::Pinned];

    /// Beginning of the names.
    fn prefix(self) -> &'static str {
        match self {
            Self::Recent => "step-",
            Self::Best => "best-",
            Self::Pinned => "pinned-",
        }
    }

    /// Name of the checkpoint of a step.
    pub(crate) fn of(self, step: u64) -> CheckpointName {
        CheckpointName { kind: self, step }
    }
}

/// Name of a checkpoint: that of its folder, for instance `step-00000100`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckpointName {
    pub(crate) kind: CheckpointKind,
    /// Training step of the weights.
    pub(crate) step: u64,
}

impl fmt::Display for CheckpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:08}", self.kind.prefix(), self.step)
    }
}

impl CheckpointName {
    /// Reads a name; `None` if it is another one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name = |kind: CheckpointKind| Some(kind.of(text.strip_prefix(kind.prefix())?.parse().ok()?));
        CheckpointKind::ALL.into_iter().find_map(name).filter(|name| name.to_string() == text)
    }

    /// Returns `true` for the checkpoint of a training, to continue from, in contrast to that of a search.
    pub(crate) fn is_trainers(self) -> bool {
        self.kind != CheckpointKind::Pinned
    }

    /// The newest checkpoint of a training; of one step, that of the ring.
    pub(crate) fn newest(names: &[Self]) -> Option<Self> {
        let trained = names.iter().copied().filter(|name| name.is_trainers());
        trained.max_by_key(|name| (name.step, name.kind == CheckpointKind::Recent))
    }
}

/// Names of the checkpoints in a folder, by step; none if there is no folder.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<CheckpointName>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.flatten().filter_map(|entry| CheckpointName::parse(entry.file_name().to_str()?));
    let mut names: Vec<CheckpointName> = names.collect();
    names.sort_by_key(|name| name.step);
    Ok(names)
}

/// A hidden folder for what is being written, beside its later place.
pub(crate) fn scratch(folder: &Path) -> io::Result<TempDir> {
    files::scratch_folder(folder, SCRATCH)
}

/// Puts what was written into its place; one that is there by that name gives way. Waits until the name is on disk.
pub(crate) fn install(scratch: TempDir, target: &Path) -> io::Result<()> {
    remove(target)?;
    match fs::rename(scratch.path(), target) {
        // Another process was first, with the same.
        Err(_) if target.exists() => return Ok(()),
        renamed => renamed?,
    }
    // The folder has gone by that name, so there is nothing left to clean up.
    let _ = scratch.keep();
    files::sync(folder_of(target))
}

/// Removes a checkpoint, if it is there. It moves out of sight first, so that no half of it is ever taken for a whole,
/// to a place of its own: what a killed process left is not in the way.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    let aside = scratch(folder_of(path))?;
    match fs::rename(path, aside.path().join("old")) {
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        renamed => renamed.and_then(|()| aside.close()),
    }
}

/// Removes what killed processes left half done.
pub(crate) fn tidy(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(SCRATCH)) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
