//! Weights of runs on a server: the trainer publishes its checkpoints, other machines fetch what they need of them.
//!
//! The folder on the disk stays what everything reads: a fetched checkpoint is whole or absent there, and its digests
//! are those of the trainer. Runs in a directory have their checkpoints there, and nothing to do here.

use std::fs;
use std::io;
use std::path::Path;

use super::error::RunError;
use super::store::{CheckpointFile, CheckpointRows};
use crate::files::{self, Digests};

/// Bytes of a chunk.
const CHUNK: usize = 4 << 20;
/// Bytes of the largest file that is published: that of the largest checkpoint which can be read.
const LIMIT: u64 = 8 << 30;
/// Checkpoints to continue from or to measure with begin with these; those of a search with the last.
const RECENT: &str = "step-";
const BEST: &str = "best-";
const PINNED: &str = "pinned-";
/// File that only the trainer needs.
const OPTIMISER: &str = "optimiser.bpk";
const SCRATCH: &str = ".checkpoint-";
/// File of the weights.
const WEIGHTS: &str = "weights.bpk";

/// Makes the checkpoints of a training in the database those of a folder.
///
/// # Errors
/// The folder can't be read, or the database fails.
pub(super) fn publish(folder: &Path, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let is_trainers = |name: &String| name.starts_with(RECENT) || name.starts_with(BEST);
    let here: Vec<String> = names(folder)?.into_iter().filter(is_trainers).collect();
    let there: Vec<String> = rows.checkpoint_names()?.into_iter().filter(is_trainers).collect();
    for name in here {
        let local = folder.join(&name);
        let list = content(&local, Digests::FILE)?;
        let known = rows.checkpoint_files(&name)?;
        // The list of digests stands for all files.
        if !known.iter().any(|file| file.name == Digests::FILE && file.digest == files::sha256(&list)) {
            publish_one(&local, &name, rows)?;
        }
    }
    for gone in there.iter().filter(|name| !folder.join(name).exists()) {
        rows.drop_checkpoint(gone)?;
    }
    Ok(())
}

fn publish_one(local: &Path, name: &str, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    loop {
        let mut described = Vec::new();
        for file in names(local)? {
            let content = content(local, &file)?;
            let chunks: Vec<String> = content.chunks(CHUNK).map(files::sha256).collect();
            let missing = rows.missing_chunks(&chunks)?;
            for (hash, chunk) in chunks.iter().zip(content.chunks(CHUNK)).filter(|(hash, _)| missing.contains(hash)) {
                rows.put_chunk(hash, chunk)?;
            }
            described.push(CheckpointFile { digest: files::sha256(&content), name: file, chunks });
        }
        // Chunks without a checkpoint may be dropped by another process in between.
        if rows.put_checkpoint(name, &described)? {
            return Ok(());
        }
    }
}

/// Makes the folder of a trainer what the database has, to continue from there.
///
/// # Errors
/// The folder can't be written, a chunk is damaged, or the database fails.
pub(super) fn fetch_all(folder: &Path, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let there = rows.checkpoint_names()?;
    for name in names(folder)?.iter().filter(|name| !there.contains(name)) {
        remove(&folder.join(name))?;
    }
    there.iter().filter(|name| !name.starts_with(PINNED)).try_for_each(|name| fetch(folder, name, true, rows))
}

/// Fetches the weights of the newest checkpoint, and forgets those that are there no more.
///
/// # Errors
/// As [`fetch_all`].
pub(super) fn fetch_newest(folder: &Path, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let there = rows.checkpoint_names()?;
    if let Some(newest) = newest(&there) {
        fetch(folder, newest, false, rows)?;
    }
    names(folder)?.iter().filter(|name| !there.contains(name)).try_for_each(|name| remove(&folder.join(name)))
}

/// Fetches the weights of the checkpoint of one step.
///
/// # Errors
/// As [`fetch_all`].
pub(super) fn fetch_step(folder: &Path, step: u64, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let there = rows.checkpoint_names()?;
    let of_step = [PINNED, RECENT, BEST].map(|kind| format!("{kind}{step:08}"));
    match of_step.iter().find(|name| there.contains(name)) {
        Some(name) => fetch(folder, name, false, rows),
        None => Ok(()),
    }
}

/// Step of the newest checkpoint in the database.
///
/// # Errors
/// The database fails.
pub(super) fn newest_step(rows: &dyn CheckpointRows) -> Result<Option<u64>, RunError> {
    let there = rows.checkpoint_names()?;
    Ok(newest(&there).and_then(|name| step_of(name)))
}

/// Pins the checkpoint of a step in the database too, in place of others.
///
/// # Errors
/// The database fails.
pub(super) fn pin(step: u64, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let pinned = format!("{PINNED}{step:08}");
    for kind in [RECENT, BEST] {
        let files = rows.checkpoint_files(&format!("{kind}{step:08}"))?;
        if !files.is_empty() && rows.put_checkpoint(&pinned, &files)? {
            break;
        }
    }
    unpin_others(Some(&pinned), rows)
}

/// SHA-256 of the weights of a step that a search has pinned in the database.
///
/// # Errors
/// The database fails.
pub(super) fn pinned_digest(step: u64, rows: &dyn CheckpointRows) -> Result<Option<String>, RunError> {
    let files = rows.checkpoint_files(&format!("{PINNED}{step:08}"))?;
    Ok(files.into_iter().find(|file| file.name == WEIGHTS).map(|file| file.digest))
}

/// Unpins what a search has pinned.
///
/// # Errors
/// The database fails.
pub(super) fn unpin(rows: &dyn CheckpointRows) -> Result<(), RunError> {
    unpin_others(None, rows)
}

fn unpin_others(kept: Option<&str>, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let names = rows.checkpoint_names()?;
    let mut pinned = names.iter().filter(|name| name.starts_with(PINNED) && Some(name.as_str()) != kept);
    pinned.try_for_each(|name| rows.drop_checkpoint(name))
}

/// Fetches one checkpoint, if it is not here as it is there; without the state of the optimiser unless `all`.
fn fetch(folder: &Path, name: &str, all: bool, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let wanted: Vec<CheckpointFile> =
        rows.checkpoint_files(name)?.into_iter().filter(|file| all || file.name != OPTIMISER).collect();
    let Some(list) = wanted.iter().find(|file| file.name == Digests::FILE) else { return Ok(()) };
    let local = folder.join(name);
    let is_same = files::read(&local.join(Digests::FILE), LIMIT).is_ok_and(|here| files::sha256(&here) == list.digest);
    if is_same && wanted.iter().all(|file| local.join(&file.name).is_file()) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| RunError::file("create", folder, error))?;
    let failed = |error| RunError::file("write", folder, error);
    let scratch = files::scratch_folder(folder, SCRATCH).map_err(failed)?;
    for file in &wanted {
        let mut content = Vec::new();
        for hash in &file.chunks {
            // A checkpoint that is dropped meanwhile is none to measure with.
            let Some(chunk) = rows.chunk(hash)? else { return Ok(()) };
            content.extend_from_slice(&chunk);
        }
        if files::sha256(&content) != file.digest {
            let damaged = io::Error::other(format!("{} is damaged in the run's database", file.name));
            return Err(RunError::file("fetch", &local, damaged));
        }
        fs::write(scratch.path().join(&file.name), content).map_err(failed)?;
    }
    if local.exists() {
        remove(&local)?;
    }
    match fs::rename(scratch.path(), &local) {
        // Another process of this machine was first.
        Err(_) if local.exists() => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(()) => {
            let _ = scratch.keep();
            Ok(())
        }
    }
}

/// The newest of some checkpoints; of one step, the recent one.
fn newest(names: &[String]) -> Option<&String> {
    let trained = names.iter().filter(|name| !name.starts_with(PINNED));
    trained.max_by_key(|name| (step_of(name), name.starts_with(RECENT)))
}

fn step_of(name: &str) -> Option<u64> {
    name.rsplit('-').next()?.parse().ok()
}

/// Names in a folder without scratch ones, sorted; none if there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, RunError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| RunError::file("read", folder, error))?,
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    Ok(names)
}

fn content(folder: &Path, name: &str) -> Result<Vec<u8>, RunError> {
    let path = folder.join(name);
    files::read(&path, LIMIT).map_err(|error| RunError::file("read", &path, error))
}

/// Removes a folder. It moves out of sight first, so that no half of it is ever taken for a whole.
fn remove(path: &Path) -> Result<(), RunError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!("{SCRATCH}old-{name}-{}", std::process::id()));
    match fs::rename(path, &aside).and_then(|()| fs::remove_dir_all(&aside)) {
        // Another process of this machine was first.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RunError::file("remove", path, error)),
        _ => Ok(()),
    }
}
