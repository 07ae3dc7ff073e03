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
use crate::train::checkpoint::{self, CheckpointKind, CheckpointName, OPTIMISER, WEIGHTS};

/// Bytes of a chunk.
const CHUNK: usize = 4 << 20;
/// Bytes of the largest file that is published: that of the largest checkpoint which can be read.
const LIMIT: u64 = 8 << 30;
/// Makes the checkpoints of a training in the database those of a folder.
///
/// # Errors
/// The folder can't be read, or the database fails.
pub(super) fn publish(folder: &Path, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let here: Vec<CheckpointName> = names(folder)?.into_iter().filter(|name| name.is_trainers()).collect();
    for name in &here {
        let local = folder.join(name.to_string());
        let list = content(&local, Digests::FILE)?;
        let known = rows.checkpoint_files(&name.to_string())?;
        // The list of digests stands for all files.
        if !known.iter().any(|file| file.name == Digests::FILE && file.digest == files::sha256(&list)) {
            publish_one(&local, *name, rows)?;
        }
    }
    drop_all(rows, |name| name.is_trainers() && !here.contains(&name))
}

fn publish_one(local: &Path, name: CheckpointName, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    loop {
        let mut described = Vec::new();
        for file in file_names(local)? {
            let content = content(local, &file)?;
            let chunks: Vec<String> = content.chunks(CHUNK).map(files::sha256).collect();
            let missing = rows.missing_chunks(&chunks)?;
            for (hash, chunk) in chunks.iter().zip(content.chunks(CHUNK)).filter(|(hash, _)| missing.contains(hash)) {
                rows.put_chunk(hash, chunk)?;
            }
            described.push(CheckpointFile { digest: files::sha256(&content), name: file, chunks });
        }
        // Chunks without a checkpoint may be dropped by another process in between.
        if rows.put_checkpoint(&name.to_string(), &described)? {
            return Ok(());
        }
    }
}

/// Makes the folder of a trainer what the database has, to continue from there.
///
/// # Errors
/// The folder can't be written, a chunk is damaged, or the database fails.
pub(super) fn fetch_all(folder: &Path, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let there = published(rows)?;
    forget_others(folder, &there)?;
    there.into_iter().filter(|name| name.is_trainers()).try_for_each(|name| fetch(folder, name, true, rows))
}

/// Fetches the weights of the newest checkpoint, and forgets those that are there no more.
///
/// # Errors
/// As [`fetch_all`].
pub(super) fn fetch_newest(folder: &Path, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let there = published(rows)?;
    if let Some(newest) = CheckpointName::newest(&there) {
        fetch(folder, newest, false, rows)?;
    }
    forget_others(folder, &there)
}

/// Fetches the weights of the checkpoint of one step.
///
/// # Errors
/// As [`fetch_all`].
pub(super) fn fetch_step(folder: &Path, step: u64, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let there = published(rows)?;
    let of_step = [CheckpointKind::Pinned, CheckpointKind::Recent, CheckpointKind::Best].map(|kind| kind.of(step));
    match of_step.into_iter().find(|name| there.contains(name)) {
        Some(name) => fetch(folder, name, false, rows),
        None => Ok(()),
    }
}

/// Step of the newest checkpoint in the database.
///
/// # Errors
/// The database fails.
pub(super) fn newest_step(rows: &dyn CheckpointRows) -> Result<Option<u64>, RunError> {
    Ok(CheckpointName::newest(&published(rows)?).map(|name| name.step))
}

/// Pins the checkpoint of a step in the database too, in place of others.
///
/// # Errors
/// The database fails.
pub(super) fn pin(step: u64, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let pinned = CheckpointKind::Pinned.of(step);
    for kind in [CheckpointKind::Recent, CheckpointKind::Best] {
        let files = rows.checkpoint_files(&kind.of(step).to_string())?;
        if !files.is_empty() && rows.put_checkpoint(&pinned.to_string(), &files)? {
            break;
        }
    }
    drop_all(rows, |name| !name.is_trainers() && name != pinned)
}

/// SHA-256 of the weights of a step that a search has pinned in the database.
///
/// # Errors
/// The database fails.
pub(super) fn pinned_digest(step: u64, rows: &dyn CheckpointRows) -> Result<Option<String>, RunError> {
    let files = rows.checkpoint_files(&CheckpointKind::Pinned.of(step).to_string())?;
    Ok(files.into_iter().find(|file| file.name == WEIGHTS).map(|file| file.digest))
}

/// Unpins what a search has pinned.
///
/// # Errors
/// The database fails.
pub(super) fn unpin(rows: &dyn CheckpointRows) -> Result<(), RunError> {
    drop_all(rows, |name| !name.is_trainers())
}

/// The checkpoints in the database.
fn published(rows: &dyn CheckpointRows) -> Result<Vec<CheckpointName>, RunError> {
    Ok(rows.checkpoint_names()?.iter().filter_map(|name| CheckpointName::parse(name)).collect())
}

fn drop_all(rows: &dyn CheckpointRows, is_over: impl Fn(CheckpointName) -> bool) -> Result<(), RunError> {
    let mut over = published(rows)?.into_iter().filter(|name| is_over(*name));
    over.try_for_each(|name| rows.drop_checkpoint(&name.to_string()))
}

/// Removes the checkpoints of a folder that the database does not have.
fn forget_others(folder: &Path, there: &[CheckpointName]) -> Result<(), RunError> {
    names(folder)?.into_iter().filter(|name| !there.contains(name)).try_for_each(|name| {
        let path = folder.join(name.to_string());
        checkpoint::remove(&path).map_err(|error| RunError::file("remove", &path, error))
    })
}

/// Fetches one checkpoint, if it is not here as it is there; without the state of the optimiser unless `all`.
fn fetch(folder: &Path, name: CheckpointName, all: bool, rows: &dyn CheckpointRows) -> Result<(), RunError> {
    let wanted: Vec<CheckpointFile> =
        rows.checkpoint_files(&name.to_string())?.into_iter().filter(|file| all || file.name != OPTIMISER).collect();
    let Some(list) = wanted.iter().find(|file| file.name == Digests::FILE) else { return Ok(()) };
    let local = folder.join(name.to_string());
    let is_same = files::read(&local.join(Digests::FILE), LIMIT).is_ok_and(|here| files::sha256(&here) == list.digest);
    if is_same && wanted.iter().all(|file| local.join(&file.name).is_file()) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| RunError::file("create", folder, error))?;
    let failed = |error| RunError::file("write", folder, error);
    let scratch = checkpoint::scratch(folder).map_err(failed)?;
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
    checkpoint::install(scratch, &local).map_err(failed)
}

fn names(folder: &Path) -> Result<Vec<CheckpointName>, RunError> {
    checkpoint::names(folder).map_err(|error| RunError::file("read", folder, error))
}

/// Names of the files of a checkpoint, sorted.
fn file_names(checkpoint: &Path) -> Result<Vec<String>, RunError> {
    let entries = fs::read_dir(checkpoint).map_err(|error| RunError::file("read", checkpoint, error))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    Ok(names)
}

fn content(folder: &Path, name: &str) -> Result<Vec<u8>, RunError> {
    let path = folder.join(name);
    files::read(&path, LIMIT).map_err(|error| RunError::file("read", &path, error))
}
