//! Spaces, profiles and runs by shipped name or by path.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::output::note;
use super::usage::refuse;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::explore::Session;
use crate::files;
use crate::hardware::{self, Profile};
use crate::record::Event;
use crate::run::{self, Document, Manifest, RunArchive, RunDir, SHIPPED, TemporaryFolder};
use crate::space::{self, SearchSpace};
use crate::train::Settings;
use crate::tui;

/// Folder of new runs.
const RUNS: &str = "runs";

/// The text of a shipped file or of a file on disk.
pub(super) fn source(name: &str, kind: &str, shipped: &[(&str, &str)]) -> Result<Source> {
    if let Some((name, text)) = shipped.iter().find(|(known, _)| *known == name) {
        return Ok(Source::new(*name, *text));
    }
    let path = Path::new(name);
    if path.exists() {
        return Source::read(path).with_context(|| format!("{name} can't be read"));
    }
    let names: Vec<&str> = shipped.iter().map(|(name, _)| *name).collect();
    let near = nearest(name, names.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    refuse!("no {kind} and no file is named `{name}`{near} (shipped: {})", names.join(", "))
}

/// A space by name or path, with its text.
pub(super) fn space(name: &str) -> Result<(SearchSpace, Source)> {
    let source = source(name, "space", space::SHIPPED)?;
    Ok((SearchSpace::from_toml(&source)?, source))
}

/// A profile by name or path, with its text.
pub(super) fn profile(name: &str) -> Result<(Profile, Source)> {
    let source = source(name, "profile", hardware::SHIPPED)?;
    Ok((parse_profile(&source)?, source))
}

/// Reads the text of a profile, and the tables that it names beside its file. Former names are noted.
pub(super) fn parse_profile(source: &Source) -> Result<Profile, Diagnostic> {
    let folder = Path::new(&source.file).parent().map(Path::to_path_buf).unwrap_or_default();
    let table = |file: &str| files::read_text(&folder.join(file), Source::LARGEST_FILE);
    let profile = Profile::from_toml_with(source, &table)?;
    print_notes(&hardware::renamed_limits(source));
    Ok(profile)
}

/// A genome or a design as [`SearchSpace::print`] spells it, where `largest` or `smallest` stands for the genome.
pub(super) fn spelt(space: &SearchSpace, text: &str) -> String {
    for (name, genome) in [("largest", space.largest()), ("smallest", space.smallest())] {
        if let Some(rest) = text.strip_prefix(name) {
            return format!("{}{rest}", space.print(&genome));
        }
    }
    text.to_owned()
}

/// Prints notes about former names on standard error.
pub(super) fn print_notes(notes: &[String]) {
    for note in notes {
        note!("note: {note}");
    }
}

/// Prints warnings on standard error.
pub(super) fn print_warnings(warnings: &[String]) {
    for warning in warnings {
        note!("warning: {warning}");
    }
}

/// Prints what is wrong with a run as a whole on standard error: for commands that read it or measure on it. Those that
/// work on its tasks record it.
pub(super) fn print_warnings_of(run: &RunDir) -> Result<()> {
    print_warnings(&run.warnings(&run.store()?)?);
    Ok(())
}

/// Manifest of a run on the defaults, which is none yet.
pub(super) fn default_manifest(name: &str) -> Result<Manifest> {
    let (space, space_source) = space(space::DEFAULT)?;
    let (profile, profile_source) = profile(hardware::DEFAULT)?;
    let data = space.data.as_deref();
    let (space_text, profile_text) =
        (Document::of_space(&space, &space_source), Document::of_profile(&profile, &profile_source));
    Ok(Manifest::of_settings(name, data, space_text, profile_text, &Settings::default())?)
}

/// Run that is named on the command line.
pub(super) enum NamedRun {
    /// A directory.
    Directory(RunDir),
    /// The run that comes with the program.
    Shipped(RunArchive),
}

impl NamedRun {
    /// Opens a run by its path, or the shipped one by its word.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if run::is_shipped(path) {
            return Ok(Self::Shipped(RunArchive::shipped()?));
        }
        Ok(Self::Directory(RunDir::open(path)?))
    }

    /// The trained run to read or to measure on: the one given, else the latest below `runs/`.
    pub(super) fn trained(given: Option<&PathBuf>) -> Result<Self> {
        match given {
            Some(path) => Self::open(path),
            None => match run::latest(Path::new(RUNS))? {
                Some(path) => Self::open(&path),
                None => bail!(
                    "there is no run below {RUNS}/; train one first: splitscope train; or name the one that comes with \
                     splitscope: --run {SHIPPED}"
                ),
            },
        }
    }

    /// Manifest of the run.
    pub(super) fn manifest(&self) -> &Manifest {
        match self {
            Self::Directory(run) => run.manifest(),
            Self::Shipped(archive) => archive.manifest(),
        }
    }

    /// The run as a directory to read; the shipped one is unpacked into a temporary folder, which a signal that ends
    /// the program removes.
    pub(super) fn unpacked(self) -> Result<UnpackedRun> {
        if matches!(self, Self::Shipped(_)) {
            // Before there is anything to remove.
            run::remove_folders_at_signals()?;
        }
        self.unpacked_for_screen()
    }

    /// The run as a directory to read, for the explorer, which has signals of its own.
    pub(super) fn unpacked_for_screen(self) -> Result<UnpackedRun> {
        Ok(match self {
            Self::Directory(run) => UnpackedRun { run, folder: None },
            Self::Shipped(archive) => {
                let (folder, run) = archive.unpack()?;
                UnpackedRun { run, folder: Some(folder) }
            }
        })
    }

    /// Returns `true` for the run that comes with the program.
    pub(super) fn is_shipped(&self) -> bool {
        matches!(self, Self::Shipped(_))
    }

    /// Works on the run as a directory to write to, as [`NamedRun::writable`] gives it. A copy on which the work fails
    /// before anything is recorded is removed.
    pub(super) fn write_by<T>(self, work: impl FnOnce(&RunDir) -> Result<T>) -> Result<T> {
        let is_copy = self.is_shipped();
        let run = self.writable()?;
        let events = if is_copy { recorded(&run)? } else { 0 };
        let outcome = work(&run);
        if outcome.is_err() && is_copy && recorded(&run).is_ok_and(|now| now == events) {
            discard(run);
        }
        outcome
    }

    /// The run as a directory to write to; the shipped one is copied below `runs/`, with a note on standard error.
    pub(super) fn writable(self) -> Result<RunDir> {
        match self {
            Self::Directory(run) => Ok(run),
            Self::Shipped(archive) => {
                let run = run::make_next(Path::new(RUNS), |path| archive.copy_to(path))?;
                note!("note: working on {}, a copy of the shipped run", run.path().display());
                Ok(run)
            }
        }
    }
}

/// Number of events on record, of which those of loading tell nothing.
fn recorded(run: &RunDir) -> Result<usize> {
    let events = run.store()?.events_after(0, usize::MAX)?;
    Ok(events.iter().filter(|stored| !matches!(stored.value.event, Event::Preparing(_))).count())
}

/// Removes a run that this command has made in vain, with a note on standard error.
pub(super) fn discard(run: RunDir) {
    let path = run.path().display().to_string();
    match run.discard() {
        Ok(()) => note!("note: {path} is removed again: nothing was done on it"),
        Err(error) => note!("warning: {path} holds nothing: {error}"),
    }
}

/// Run in a directory, which is removed with this value if it is temporary.
pub(super) struct UnpackedRun {
    run: RunDir,
    folder: Option<TemporaryFolder>,
}

impl UnpackedRun {
    /// Returns `true` if what is written to it is lost.
    pub(super) fn is_temporary(&self) -> bool {
        self.folder.is_some()
    }
}

impl std::ops::Deref for UnpackedRun {
    type Target = RunDir;

    fn deref(&self) -> &RunDir {
        &self.run
    }
}

/// The shipped run, if it is of this space.
pub(super) fn shipped_of(space: &SearchSpace) -> Result<Option<NamedRun>> {
    let archive = RunArchive::shipped()?;
    let fits = archive.manifest().search_space()? == *space;
    Ok(fits.then_some(NamedRun::Shipped(archive)))
}

/// Checks that a run was made on this space. Name, description and published accuracies may differ: no measurement
/// depends on them.
pub(super) fn check_space(run: &NamedRun, space: &SearchSpace) -> Result<()> {
    let mut own = run.manifest().search_space()?;
    let (wanted, found) = (std::mem::replace(&mut own.name, space.name.clone()), &space.name);
    own.description.clone_from(&space.description);
    own.literature.clone_from(&space.literature);
    if own == *space {
        return Ok(());
    }
    if wanted == *found {
        refuse!("the run is about another space that is named `{wanted}` too");
    }
    refuse!("the run is about the space `{wanted}`, not `{found}`")
}

/// The space that is named, else the run's, else the default.
pub(super) fn space_or_of_run(name: Option<&str>, run: Option<&NamedRun>) -> Result<(SearchSpace, Source)> {
    match (name, run) {
        (None, Some(run)) => space_of_run(run.manifest()),
        (name, _) => space(name.unwrap_or(space::DEFAULT)),
    }
}

/// Applies to a session what was recorded on the run that is named; where none is, on the shipped one, if it is of the
/// session's space. Predicts the accuracies of other designs from that, which takes a while.
///
/// # Errors
/// The named run is of another space, or can't be read.
pub(super) fn replay_shown(session: &mut Session, named: Option<&NamedRun>, no_run: bool) -> Result<()> {
    if let Some(run) = named {
        check_space(run, session.space())?;
    }
    let shipped = if named.is_some() || no_run { None } else { shipped_of(session.space())? };
    match named.or(shipped.as_ref()) {
        Some(NamedRun::Directory(run)) => {
            print_warnings_of(run)?;
            tui::replay(session, run.path())?;
        }
        Some(NamedRun::Shipped(archive)) => tui::replay_archive(session, archive)?,
        None => {}
    }
    session.predict(0);
    Ok(())
}

/// The space of a run, with its text.
pub(super) fn space_of_run(manifest: &Manifest) -> Result<(SearchSpace, Source)> {
    Ok((manifest.search_space()?, manifest.space.source()))
}

/// The profile of a run, with its text.
pub(super) fn profile_of_run(manifest: &Manifest) -> Result<(Profile, Source)> {
    Ok((manifest.hardware_profile()?, manifest.profile.source()))
}
