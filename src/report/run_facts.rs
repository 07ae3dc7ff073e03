//! Facts that a run has on disk besides the progress that a session follows.

use std::path::{Path, PathBuf};

use crate::files::Digests;
use crate::record::{Event, Measurement, Precision, Subset};
use crate::run::{Manifest, RunArchive, RunDir, RunError, is_shipped};

/// Facts of a run for a report.
pub(crate) struct RunFacts {
    /// Directory as the user names it.
    pub path: PathBuf,
    /// Everything that it was started with.
    pub manifest: Manifest,
    /// Command lines of the processes that worked on it, in order.
    pub commands: Vec<String>,
    /// All measurements, on validation and test objects.
    pub measurements: Vec<Measurement>,
    /// Checkpoints by name, with the digests of their files.
    pub checkpoints: Vec<(String, Digests)>,
}

impl RunFacts {
    /// Reads a run by its path; the one that comes with the program, by its name, is unpacked as long as that takes.
    ///
    /// # Errors
    /// There is no run, or its database fails.
    pub(crate) fn read(path: &Path) -> Result<Self, RunError> {
        if is_shipped(path) {
            let (_folder, run) = RunArchive::shipped()?.unpack()?;
            return Ok(Self { path: path.to_owned(), ..Self::of(&run)? });
        }
        Ok(Self { path: path.to_owned(), ..Self::of(&RunDir::open(path)?)? })
    }

    fn of(run: &RunDir) -> Result<Self, RunError> {
        let store = run.store()?;
        let started = |event: Event| if let Event::Started { command, .. } = event { Some(command) } else { None };
        let events = store.events_after(0, usize::MAX)?;
        Ok(Self {
            path: run.path().to_owned(),
            manifest: run.manifest().clone(),
            commands: events.into_iter().filter_map(|stored| started(stored.value.event)).collect(),
            measurements: store.measurements_after(0, usize::MAX)?.into_iter().map(|stored| stored.value).collect(),
            checkpoints: checkpoints(&run.checkpoint_dir()),
        })
    }

    /// The newest measurement of a design, without a lost camera.
    pub(crate) fn newest(
        &self,
        design: &str,
        views: u32,
        subset: Subset,
        precision: Precision,
    ) -> Option<&Measurement> {
        let fits = |one: &&Measurement| {
            let key = &one.key;
            key.design == design
                && key.views == views
                && key.lost == 0
                && key.subset == subset
                && key.precision == precision
        };
        self.measurements.iter().filter(fits).max_by_key(|one| one.key.step)
    }
}

/// Checkpoints whose list of digests can be read.
fn checkpoints(folder: &Path) -> Vec<(String, Digests)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let digests = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        Some((name, Digests::read(&entry.path()).ok()?))
    };
    let mut found: Vec<(String, Digests)> = entries.flatten().filter_map(digests).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}
