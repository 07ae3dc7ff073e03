//! Start of a run: its directory, its manifest, its data.

use std::path::Path;

use anyhow::{Result, bail};

use super::arguments::Arguments;
use super::flags::SettingFlags;
use crate::cli::load;
use crate::cli::usage::{Usage, refuse};
use crate::data::DataSpec;
use crate::run::{self, Document, Manifest, RunDir};
use crate::train::Settings;

/// A run to train, opened or made.
pub(in crate::cli) struct StartedRun {
    pub(in crate::cli) run: RunDir,
    /// It was made by this command.
    pub(in crate::cli) is_new: bool,
}

/// Opens or makes the run.
pub(super) fn open_run(arguments: &Arguments) -> Result<StartedRun> {
    if let Some(path) = &arguments.run {
        if run::is_shipped(path) {
            refuse!(
                "the shipped run can't be trained further: its optimiser state is not there; leave --run out for a new \
                 run"
            );
        }
        if RunDir::exists(path)? {
            if arguments.space.is_some() || arguments.profile.is_some() || arguments.data.is_some() {
                bail!("{} has its space, profile and data already; start another run for others", path.display());
            }
            return Ok(StartedRun { run: RunDir::open(path)?, is_new: false });
        }
    }
    let manifest = manifest(
        arguments.space.as_deref().unwrap_or(crate::space::DEFAULT),
        arguments.profile.as_deref().unwrap_or(crate::hardware::DEFAULT),
        arguments.data.as_deref(),
        &arguments.settings,
    )?;
    let create = |path: &Path| RunDir::create(path, &manifest.named(run::name_of(path)));
    let run = match &arguments.run {
        Some(path) => create(path),
        None => run::make_next(Path::new("runs"), create),
    }?;
    Ok(StartedRun { run, is_new: true })
}

/// Manifest of a new run on the named files, without a name. The settings are those of the space, overridden by the
/// flags.
fn manifest(space: &str, profile: &str, data: Option<&str>, flags: &SettingFlags) -> Result<Manifest> {
    let (space, space_source) = load::space(space)?;
    let (profile, profile_source) = load::profile(profile)?;
    crate::cost::check_names(&space, &profile)?;
    if data.or(space.data.as_deref()).is_none() {
        refuse!("the space {} names no data set; give one with --data", space.name);
    }
    if let Some(data) = data {
        data.parse::<DataSpec>().usage()?;
    }
    let settings = flags.over(&Settings::of_space(&space_source)?)?;
    let data = data.or(space.data.as_deref());
    let (space, profile) = (Document::of_space(&space, &space_source), Document::of_profile(&profile, &profile_source));
    Ok(Manifest::of_settings("", data, space, profile, &settings)?)
}

/// Sets the number of worker threads of this process, and makes sure of their instructions.
///
/// # Errors
/// The environment asks for instructions that this processor does not have.
pub(in crate::cli) fn use_threads(threads: usize) -> Result<()> {
    crate::kernels::instructions().map_err(anyhow::Error::msg)?;
    // Fails only if a pool exists already, which then is the one to use.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    Ok(())
}

/// As [`use_threads`], for commands whose own thread computes: it is one of the threads, so that nothing is handed over
/// where an operation is too short for several.
pub(in crate::cli) fn join_threads(threads: usize) -> Result<()> {
    let told = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok().filter(|&count| count > 0);
    let here = || std::thread::available_parallelism().map_or(1, usize::from);
    let count = if threads == 0 { told().unwrap_or_else(here) } else { threads };
    if count > 1 {
        // A single thread would leave nobody to serve threads beside this one.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(count).use_current_thread().build_global();
    }
    use_threads(count)
}
