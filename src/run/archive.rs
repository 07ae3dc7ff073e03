//! A trained run in one compressed file: what is shown, and what is needed to measure and search, but not to train on.
//!
//! ```text
//! run.toml            manifest               events.txt        progress; of training steps every fifth
//! weights.bpk         weights                measurements.csv  accuracies of these weights
//! state.json          state of the training  leaks.jsonl       leaks and
//! SHA256SUMS          digests of the others  pictures.jsonl    pictures of the same
//! ```
//!
//! One archive comes with the program: its records are read in milliseconds, its weights only when it is unpacked.
//! Rows are text, not a database, so that they outlive changes of its tables. Nothing is used before its digest fits.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::RunDir;
use super::error::RunError;
use super::manifest::Manifest;
use super::store::{Changes, Cursor as Position, Sqlite, Stored};
use super::temporary::TemporaryFolder;
use crate::files::Digests;
use crate::record::{Event, EventRecord, PictureRecord};
use crate::train::checkpoint::{STATE, WEIGHTS};
use crate::train::{Checkpoints, WeightFiles};

mod rows;
#[cfg(test)]
mod tests;

/// Word that stands for the run that comes with the program wherever a run is named.
pub(crate) const SHIPPED: &str = "shipped";
/// Returns `true` if a path names the run that comes with the program.
pub(crate) fn is_shipped(path: &Path) -> bool {
    path == Path::new(SHIPPED)
}

/// The run that comes with the program, trained and measured by `just bundle`.
const EMBEDDED: &[u8] = include_bytes!("../../shipped/tabletop.zip");

const MANIFEST: &str = "run.toml";
const EVENTS: &str = "events.txt";
const MEASUREMENTS: &str = "measurements.csv";
const LEAKS: &str = "leaks.jsonl";
const PICTURES: &str = "pictures.jsonl";
/// Bytes of the largest file in an archive.
const LIMIT: u64 = 256 << 20;
/// Of so many training steps one is kept.
const STEP_STRIDE: u64 = 5;

/// Archive of a trained run.
pub(crate) struct RunArchive {
    zip: RefCell<ZipArchive<Cursor<Cow<'static, [u8]>>>>,
    digests: Digests,
    manifest: Manifest,
}

impl RunArchive {
    /// The run that comes with the program.
    ///
    /// # Errors
    /// It is damaged.
    pub(crate) fn shipped() -> Result<Self, RunError> {
        Self::open(Cow::Borrowed(EMBEDDED))
    }

    /// Opens an archive and reads its manifest.
    ///
    /// # Errors
    /// It is none, or damaged.
    pub(crate) fn open(bytes: Cow<'static, [u8]>) -> Result<Self, RunError> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged("it", error))?;
        let digests = Digests::from_text(content(&mut zip, Digests::FILE)?);
        let digests = digests.map_err(|error| damaged(Digests::FILE, error))?;
        let text = verified(&mut zip, &digests, MANIFEST)?;
        let text = String::from_utf8(text).map_err(|error| damaged(MANIFEST, error))?;
        let manifest = toml::from_str(&text).map_err(|error| damaged(MANIFEST, error))?;
        Ok(Self { zip: RefCell::new(zip), digests, manifest })
    }

    /// Manifest of the run.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Everything on record, as if read from the run's database.
    ///
    /// # Errors
    /// The archive is damaged.
    pub(crate) fn records(&self) -> Result<Changes, RunError> {
        let part = |name| self.read(name).map(|content| (name, content));
        Ok(Changes {
            events: read_with(part(EVENTS)?, rows::read_events)?,
            measurements: read_with(part(MEASUREMENTS)?, rows::read_measurements)?,
            leaks: read_with(part(LEAKS)?, rows::read_leaks)?,
            pictures: read_with(part(PICTURES)?, rows::read_pictures)?,
            more: false,
        })
    }

    /// Makes a run of the archive, as it is, in a new temporary folder. The run is gone with the first value.
    ///
    /// # Errors
    /// The archive is damaged, or there is no room for temporary files.
    pub(crate) fn unpack(&self) -> Result<(TemporaryFolder, RunDir), RunError> {
        let folder = TemporaryFolder::new()?;
        let run = self.unpack_as(&folder.path().join(SHIPPED), &self.manifest)?;
        Ok((folder, run))
    }

    /// Makes a run of its own of the archive in a directory that does not exist yet or is empty: made now, with the
    /// directory's name.
    ///
    /// # Errors
    /// The archive is damaged; the directory holds something, or can't be written.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<RunDir, RunError> {
        let Manifest { splitscope, seed, data, space, profile, settings, .. } = self.manifest.clone();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let copy = Manifest::new(&name, seed, &data, space, profile, settings);
        self.unpack_as(path, &Manifest { splitscope, ..copy })
    }

    fn unpack_as(&self, path: &Path, manifest: &Manifest) -> Result<RunDir, RunError> {
        let (weights, state, rows) = (self.read(WEIGHTS)?, self.read(STATE)?, self.records()?);
        let step = rows::step_of_state(&state).map_err(|error| damaged(STATE, error))?;
        RunDir::create_filled(path, manifest, |checkpoints, database| {
            Checkpoints::new(checkpoints).put_weights(&WeightFiles { step, weights, state })?;
            Sqlite::open(database)?.import(&rows)
        })
    }

    /// A file of the archive, verified.
    fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        verified(&mut self.zip.borrow_mut(), &self.digests, name)
    }

    /// Packs the newest weights of a run and what was measured on them.
    ///
    /// # Errors
    /// The run is untrained, its database fails, or nothing was measured on these weights.
    pub(crate) fn pack(run: &RunDir) -> Result<Vec<u8>, RunError> {
        let WeightFiles { step, weights, state } = run.checkpoints().weight_files()?;
        let rows = kept_rows(run, step)?;
        if rows.measurements.is_empty() {
            return Err(RunError::Archive(format!("nothing was measured on the weights of step {step}")));
        }
        let manifest = Manifest { name: SHIPPED.to_owned(), ..run.manifest().clone() };
        let manifest = toml::to_string_pretty(&manifest).map_err(|error| RunError::Unwritable(error.to_string()))?;
        write(&[
            (MANIFEST, manifest.into_bytes()),
            (EVENTS, rows::write_events(&rows.events)),
            (MEASUREMENTS, rows::write_measurements(&rows.measurements)?),
            (LEAKS, rows::write_leaks(&rows.leaks)?),
            (PICTURES, rows::write_pictures(&rows.pictures)?),
            (STATE, state),
            (WEIGHTS, weights),
        ])
    }
}

/// The rows of a run that an archive keeps, in an order that does not depend on who measured first.
fn kept_rows(run: &RunDir, step: u64) -> Result<Changes, RunError> {
    let (store, mut position, mut all) = (run.store()?, Position::default(), Changes::default());
    loop {
        let Changes { events, measurements, leaks, pictures, more } = store.changes(&mut position)?;
        all.events.extend(events.into_iter().filter(|event| is_kept(event, step)));
        all.measurements.extend(measurements.into_iter().filter(|row| row.value.key.step == step));
        all.leaks.extend(leaks.into_iter().filter(|row| row.value.key.step == step));
        // Of the network that costs assume; runs of earlier versions have others besides.
        let shown = |row: &Stored<PictureRecord>| row.value.key.design.step == step && row.value.is_in_int8();
        all.pictures.extend(pictures.into_iter().filter(shown));
        if !more {
            break;
        }
    }
    all.measurements.sort_by_cached_key(|row| {
        let key = &row.value.key;
        (key.design.clone(), key.views, key.lost, key.subset.name(), key.precision.name())
    });
    Ok(all)
}

/// Returns `true` for an event that screens or views of the database show: of training steps every fifth, the first and
/// the last one, and that of the weights, `kept`.
fn is_kept(event: &Stored<EventRecord>, kept: u64) -> bool {
    match &event.value.event {
        Event::Step(step) => {
            let is_end = step.step <= 1 || step.step >= step.steps || step.step == kept;
            is_end || step.step.is_multiple_of(STEP_STRIDE)
        }
        Event::Preparing(_) | Event::Live(_) | Event::Unknown(_) => false,
        // The view `front` of the database is made of them.
        Event::Child(child) => child.front,
        _ => true,
    }
}

fn read_with<T>(
    (name, content): (&str, Vec<u8>),
    read: fn(&[u8]) -> Result<Vec<T>, rows::RowError>,
) -> Result<Vec<T>, RunError> {
    read(&content).map_err(|error| damaged(name, error))
}

/// A file of an archive whose digest fits.
fn verified(
    zip: &mut ZipArchive<Cursor<Cow<'static, [u8]>>>,
    digests: &Digests,
    name: &str,
) -> Result<Vec<u8>, RunError> {
    let content = content(zip, name)?;
    digests.verify(name, &content).map_err(|error| damaged(name, error))?;
    Ok(content)
}

fn content(zip: &mut ZipArchive<Cursor<Cow<'static, [u8]>>>, name: &str) -> Result<Vec<u8>, RunError> {
    let file = zip.by_name(name).map_err(|error| damaged(name, error))?;
    let mut content = Vec::with_capacity(file.size().min(LIMIT) as usize);
    file.take(LIMIT).read_to_end(&mut content).map_err(|error| damaged(name, error))?;
    Ok(content)
}

/// The archive of some files, which depends on nothing but them.
fn write(files: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, RunError> {
    let mut digests = Digests::default();
    for (name, content) in files {
        digests.add(name, content);
    }
    let list = digests.to_string().into_bytes();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let put = |zip: &mut ZipWriter<_>, name: &str, content: &[u8]| {
        zip.start_file(name, options).map_err(|error| damaged(name, error))?;
        zip.write_all(content).map_err(|error| damaged(name, error))
    };
    for (name, content) in files {
        put(&mut zip, name, content)?;
    }
    put(&mut zip, Digests::FILE, &list)?;
    zip.finish().map(Cursor::into_inner).map_err(|error| damaged("it", error))
}

fn damaged(name: &str, error: impl std::fmt::Display) -> RunError {
    RunError::Archive(format!("{name}: {error}"))
}
