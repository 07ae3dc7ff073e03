//! A run: a directory with everything one training or search wrote, in which processes that share nothing else meet.
//!
//! ```text
//! run.toml      what the run was started with, whole        manifest
//! run.db        events, measurements, claims, requests      store, claim
//!               controls, owners                            inbox, owner
//! checkpoint/   weights, written by the trainer
//! log.txt       what child processes printed                child
//! ```
//!
//! A trained run in one file is an `archive`; one comes with the program.
//!
//! The trainer (`training`) and the searchers (`searching`, with its `worker` processes, and `live`) write; both are a
//! `task_process`, which obeys controls and records progress. `finetuning` makes a run that trains one design of
//! another run alone. `loading` opens the data and weights of a run and
//! `evaluator` measures designs with them. The explorer follows by row id, and any other program may ask with SQL.
//! Nothing here knows a terminal. Invariants: a directory is a run once it has a `run.toml`, and that is written
//! last; what was committed to `run.db` survives kill -9; at most one living process owns a task.
//!
//! ```
//! use splitscope::record::{Control, Event, Task};
//! use splitscope::run::{Cursor, Document, Inbox, Manifest, RunDir};
//!
//! let root = tempfile::tempdir()?;
//! let space = Document { name: "tabletop".into(), text: "[space]".into(), ..Document::default() };
//! let profile = Document { name: "glasses".into(), text: "[sensor]".into(), ..Document::default() };
//! let manifest = Manifest::new("first", 7, "arrangement-10", space, profile, toml::Table::new());
//!
//! // The trainer's side.
//! let run = RunDir::create(&root.path().join("first"), &manifest)?;
//! let owner = run.own(Task::Train, "splitscope train")?;
//! let mut inbox = Inbox::of(&owner)?;
//! run.store()?.append(Task::Train, &Event::Checkpoint { step: 100, best: true, weights_sha256: None })?;
//!
//! // The explorer's side, in another process.
//! let run = RunDir::open(&root.path().join("first"))?;
//! let (store, mut cursor) = (run.store()?, Cursor::default());
//! assert_eq!(store.changes(&mut cursor)?.events[0].value.event.kind(), "checkpoint");
//! store.send(Task::Train, &Control::Pause)?;
//!
//! assert_eq!(inbox.poll()?, [Control::Pause]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod archive;
mod baselines;
mod child;
mod claim;
mod clock;
mod error;
mod evaluator;
mod finetuning;
mod inbox;
mod live;
mod loading;
mod manifest;
mod owner;
mod owner_record;
mod pictures;
mod process;
mod scoring;
mod searching;
mod split_processes;
mod store;
mod task_process;
mod temporary;
mod training;
pub(crate) mod usage;
mod waits;
mod weights;
mod worker;

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::data::Cache;
use crate::files::{self, Digests};
use crate::record::Task;
use crate::train::Checkpoints;
use address::ServerAddress;
pub use error::RunError;
pub use inbox::Inbox;
pub use manifest::{Document, Manifest, ParentRun, ParentWeights};
pub use owner::Ownership;
pub use owner_record::Owner;
pub use process::Process;
pub use store::{
    Changes, CheckpointFile, CheckpointRows, Cursor, Database, DatabaseState, EventRows, LeakRows, MeasurementRows,
    OwnerRows, PictureRequest, PictureRows, RequestRows, ServerRun, Store, Stored,
};

pub(crate) use archive::{RunArchive, SHIPPED, is_shipped};
pub(crate) use baselines::compare_baselines;
pub(crate) use child::{Child, Ending, this_program};
pub(crate) use evaluator::{EvaluatorOptions, RunEvaluator};
pub(crate) use finetuning::{FinetuningStart, start_finetuning};
pub(crate) use live::LiveRunner;
pub(crate) use pictures::{PictureMaker, serve_pictures};
pub(crate) use scoring::{Scoring, search_by_synflow};
pub(crate) use searching::{RunSearchOptions, SearchRunner};
pub(crate) use split_processes::{SplitProcesses, SplitSettings};
pub(crate) use task_process::{EventSink, TaskProcess};
pub(crate) use temporary::{
    TemporaryFolder, remove_folders_at_signals, remove_temporary_folders, sweep_temporary_folders,
};
pub(crate) use training::{train, train_beside};
pub(crate) use waits::tell_waits;
pub(crate) use worker::serve_requests;

const DATABASE: &str = "run.db";
const CHECKPOINTS: &str = "checkpoint";
/// Folder of weights from a server.
const FETCHED: &str = "fetched";
const LOG: &str = "log.txt";

/// A run's directory and what the run was started with. A run on a server (`postgres://HOST/DATABASE?run=NAME`) has no
/// directory but an address; what a process needs on its disk is kept in the user's cache.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDir {
    path: PathBuf,
    manifest: Manifest,
    server: Option<ServerAddress>,
    /// Folder of checkpoints and log.
    folder: PathBuf,
}

impl RunDir {
    /// Makes a run in a directory that does not exist yet or is empty.
    ///
    /// # Errors
    /// There is a run already, or anything else; the directory can't be written; the disk is full.
    pub fn create(path: &Path, manifest: &Manifest) -> Result<Self, RunError> {
        if let Some(address) = ServerAddress::read(path) {
            Store::create_on_server(&address?, &manifest.text()?)?;
            return Self::open(path);
        }
        Self::create_filled(path, manifest, |_, _| Ok(()))
    }

    /// As [`RunDir::create`]; `fill` is given the paths of the folder of checkpoints and of the database before the
    /// directory becomes a run.
    fn create_filled(
        path: &Path,
        manifest: &Manifest,
        fill: impl FnOnce(&Path, &Path) -> Result<(), RunError>,
    ) -> Result<Self, RunError> {
        fs::create_dir_all(path).map_err(|error| RunError::file("create", path, error))?;
        let _claim = claim(path)?;
        if Manifest::is_in(path) {
            return Err(RunError::AlreadyARun(path.to_owned()));
        }
        if !holds_nothing_but_remains(path).map_err(|error| RunError::file("read", path, error))? {
            return Err(RunError::NotEmpty(path.to_owned()));
        }
        let checkpoints = path.join(CHECKPOINTS);
        fs::create_dir_all(&checkpoints).map_err(|error| RunError::file("create", &checkpoints, error))?;
        let database = path.join(DATABASE);
        drop(Store::create(&database)?);
        fill(&checkpoints, &database)?;
        let digests = path.join(Digests::FILE);
        files::write(&digests, manifest.digests()?.to_string().as_bytes())
            .map_err(|error| RunError::file("write", &digests, error))?;
        manifest.write(path)?;
        Ok(Self::in_directory(path, manifest.clone()))
    }

    /// Opens an existing run.
    ///
    /// # Errors
    /// There is nothing, or no run; `run.toml` is wrong or of a newer splitscope.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        if let Some(address) = ServerAddress::read(path) {
            return Self::on_server(address?);
        }
        if let Err(error) = fs::metadata(path) {
            return Err(match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => RunError::NoSuchRun(path.to_owned()),
                _ => RunError::file("read", path, error),
            });
        }
        // A directory that can't be looked into is no directory without a run.
        match fs::metadata(path.join(manifest::FILE)) {
            Ok(found) if found.is_file() => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(RunError::file("read", path, error));
            }
            _ => return Err(RunError::NotARun { path: path.to_owned(), what: "run.toml" }),
        }
        Ok(Self::in_directory(path, Manifest::read(path)?))
    }

    /// Sentences on what is wrong with the run as a whole: a changed `run.toml`, damaged rows, lost records. Whoever
    /// works on the run records them at the start; whoever reads it tells them once. Readers of weights tell of damaged
    /// checkpoints besides.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn warnings(&self, store: &Store) -> Result<Vec<String>, RunError> {
        let change = if self.server.is_some() { None } else { self.manifest.change_warning(&self.path) };
        let found = [change, store.damage_warning()?, self.loss_warning(store)?];
        Ok(found.into_iter().flatten().collect())
    }

    /// Sentence about records that are lost, which a checkpoint of a later step than the last one on record shows: a
    /// step is recorded before its weights are kept.
    fn loss_warning(&self, store: &Store) -> Result<Option<String>, RunError> {
        // The checkpoint is looked for first: a training at work may record more steps meanwhile.
        let (newest, place) = match store.checkpoints() {
            Some(rows) => (weights::newest_step(rows)?, ""),
            None => (self.checkpoints().newest_step(), ", perhaps with the file run.db-wal"),
        };
        let recorded = store.last_step()?;
        let step = newest.filter(|&step| step > recorded);
        Ok(step.map(|step| {
            format!(
                "the checkpoint is of step {step}, but the last step on record is {recorded}: what was recorded between \
                 them is lost{place}"
            )
        }))
    }

    fn in_directory(path: &Path, manifest: Manifest) -> Self {
        Self { path: path.to_owned(), manifest, server: None, folder: path.to_owned() }
    }

    fn on_server(address: ServerAddress) -> Result<Self, RunError> {
        let path = address.shown.clone();
        let no_run = || RunError::NoSuchRun(path.clone());
        let ServerRun { id, manifest } = Store::open(&path)?.server_run()?.ok_or_else(no_run)?;
        let manifest = Manifest::parse(&manifest, &path)?;
        // By identity: another run of this name has other weights.
        let cache = Cache::of_user().map_or_else(std::env::temp_dir, |cache| cache.folder);
        let folder = cache.join("runs").join(id);
        let checkpoints = folder.join(CHECKPOINTS);
        fs::create_dir_all(&checkpoints).map_err(|error| RunError::file("create", &checkpoints, error))?;
        Ok(Self { path, manifest, server: Some(address), folder })
    }

    /// Returns `true` if there is a run at a path, or if the path is an address at which there may be one.
    ///
    /// # Errors
    /// The server can't be reached.
    pub(crate) fn exists(path: &Path) -> Result<bool, RunError> {
        if !ServerAddress::is_one(path) {
            return Ok(Manifest::is_in(path));
        }
        match Self::open(path) {
            Err(RunError::NoSuchRun(_)) => Ok(false),
            opened => opened.map(|_| true),
        }
    }

    /// Returns `true` if no training step was done on a run in a directory, and nobody works on it.
    pub(crate) fn is_unbegun(&self) -> bool {
        let is_idle = |store: Store| -> Result<bool, RunError> {
            let owned = store.owner(Task::Train)?.is_some() || store.owner(Task::Search)?.is_some();
            Ok(store.last_step()? == 0 && !owned)
        };
        let newest = Checkpoints::new(self.checkpoint_dir()).steps().last().copied().unwrap_or(0);
        self.server.is_none() && newest == 0 && self.store().and_then(is_idle).unwrap_or(false)
    }

    /// Removes the directory of a run that this process has just made, and that nobody works on. What is on a server
    /// stays.
    ///
    /// # Errors
    /// A file can't be removed.
    pub(crate) fn discard(self) -> Result<(), RunError> {
        if self.server.is_some() {
            return Ok(());
        }
        fs::remove_dir_all(&self.path).map_err(|error| RunError::file("remove", &self.path, error))
    }

    /// The directory, or the address without a password.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Manifest of the run.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns `true` if the run is on a server.
    pub(crate) fn is_on_server(&self) -> bool {
        self.server.is_some()
    }

    /// A new connection to the run's database; each thread needs its own.
    ///
    /// # Errors
    /// The database is missing, damaged, of a newer splitscope, or can't be written.
    pub fn store(&self) -> Result<Store, RunError> {
        match &self.server {
            Some(address) => Store::open(&address.shown),
            None => Store::open(&self.path.join(DATABASE)),
        }
    }

    /// Lets a child process that is given the path of this run connect to its server.
    pub(crate) fn admit(&self, command: &mut Command) {
        if let Some(address) = &self.server {
            address.admit(command);
        }
    }

    /// Makes this process the owner of a task on this run, until the value returned is dropped. `command` is the
    /// command line, for others to see.
    ///
    /// # Errors
    /// [`RunError::Owned`] if a living process does this task already; or the database fails.
    pub fn own(&self, task: Task, command: &str) -> Result<Ownership, RunError> {
        Ownership::take(self.store()?, task, command)
    }

    /// Folder of the checkpoints.
    pub fn checkpoint_dir(&self) -> PathBuf {
        self.folder.join(CHECKPOINTS)
    }

    /// The checkpoints to continue from, each held against what is on record of it.
    pub(crate) fn checkpoints(&self) -> Checkpoints {
        self.recorded(self.checkpoint_dir())
    }

    /// The weights to measure with, each held against what is on record of it.
    pub(crate) fn weights(&self) -> Checkpoints {
        self.recorded(self.weights_dir())
    }

    fn recorded(&self, folder: PathBuf) -> Checkpoints {
        let run = self.clone();
        // A database that fails is told of by whoever asks for more than this.
        let digest = move |step| run.store().and_then(|store| store.checkpoint_digest(step)).ok().flatten();
        Checkpoints::new(folder).recorded_by(digest)
    }

    /// Folder of the weights to measure with: that of the checkpoints, or, for a run on a server, one of what was
    /// fetched, as the trainer may be at work on this machine.
    pub(crate) fn weights_dir(&self) -> PathBuf {
        self.folder.join(if self.server.is_some() { FETCHED } else { CHECKPOINTS })
    }

    /// File for the output of child processes.
    pub fn log_path(&self) -> PathBuf {
        self.folder.join(LOG)
    }

    /// The end of the log, at most so many bytes, from the start of a line; empty if there is no log.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn log_tail(&self, bytes: u64) -> Result<String, RunError> {
        let path = self.log_path();
        tail(&path, bytes).map_err(|error| RunError::file("read", &path, error))
    }
}

/// Returns `true` if a process is known to work on the run in a directory. Changes nothing there, whatever version the
/// run is of; one that can't be read is not worked on.
pub(crate) fn is_in_work(directory: &Path) -> bool {
    store::Sqlite::has_living_owner(&directory.join(DATABASE))
}

/// One of the runs in a directory.
#[derive(Debug)]
pub struct Listed {
    /// Directory of the run.
    pub path: PathBuf,
    /// Manifest of the run, or the error in reading it.
    pub manifest: Result<Manifest, RunError>,
}

/// The runs in a directory, the latest first. What can't be read is listed with the reason. No directory means no runs.
///
/// # Errors
/// The directory exists and can't be read.
pub fn list(root: &Path) -> Result<Vec<Listed>, RunError> {
    let failed = |error| RunError::file("read", root, error);
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if Manifest::is_in(&path) {
            let manifest = Manifest::read(&path);
            runs.push(Listed { path, manifest });
        }
    }
    // Unreadable runs have no time and come last; the path decides between runs of the same time.
    let created = |run: &Listed| run.manifest.as_ref().ok().map(|manifest| manifest.created);
    runs.sort_by(|a, b| (created(b), &b.path).cmp(&(created(a), &a.path)));
    Ok(runs)
}

/// The readable run that was made last in a directory.
///
/// # Errors
/// The directory exists and can't be read.
pub fn latest(root: &Path) -> Result<Option<PathBuf>, RunError> {
    Ok(list(root)?.into_iter().find(|run| run.manifest.is_ok()).map(|run| run.path))
}

/// Name of a new run at a path.
pub(crate) fn name_of(path: &Path) -> String {
    if let Some(Ok(address)) = ServerAddress::read(path) {
        return address.run;
    }
    path.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned())
}

/// Calls `make` with the path of a new run in a directory: `run-NNN` with the first number that is free, also where
/// other processes make runs just now.
///
/// # Errors
/// Those of `make`.
pub(crate) fn make_next<T>(root: &Path, make: impl Fn(&Path) -> Result<T, RunError>) -> Result<T, RunError> {
    loop {
        let path = next(root);
        match make(&path) {
            // Another process was faster; the path is no longer free.
            Err(RunError::AlreadyARun(taken)) if taken == path => {}
            made => return made,
        }
    }
}

/// Path of a new run in a directory.
fn next(root: &Path) -> PathBuf {
    let path = |number: u32| root.join(format!("run-{number:03}"));
    path((1..u32::MAX).find(|&number| !path(number).exists()).unwrap_or(u32::MAX))
}

/// Makes sure that no other process makes a run of a directory, until the value returned is dropped or this process
/// ends.
fn claim(path: &Path) -> Result<File, RunError> {
    let folder = File::open(path).map_err(|error| RunError::file("read", path, error))?;
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => Err(RunError::AlreadyARun(path.to_owned())),
        // Some file systems know no locks.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(folder),
    }
}

/// Returns `true` if a directory holds nothing but leftovers of a creation that was cut short.
fn holds_nothing_but_remains(path: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let empty = || Ok::<_, io::Error>(fs::read_dir(entry.path())?.next().is_none());
        if !(name.starts_with(DATABASE)
            || name.starts_with(files::SCRATCH)
            || name == Digests::FILE
            || name == CHECKPOINTS && empty()?)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn tail(path: &Path, bytes: u64) -> io::Result<String> {
    let mut file = match files::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        file => file?,
    };
    let start = file.metadata()?.len().saturating_sub(bytes);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end).into_owned();
    Ok(match text.split_once('\n') {
        Some((_, rest)) if start > 0 => rest.to_owned(),
        _ => text,
    })
}

#[cfg(test)]
mod tests;
