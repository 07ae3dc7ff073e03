//! `splitscope report`: one page about a run, to hand on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::cost::knob::set_in as set_knobs;
use super::load::NamedRun;
use super::output::say;
use super::usage::Usage;
use super::{Answer, load};
use crate::diagnostic::Source;
use crate::explore::{DEFAULT_POOL, DesignRow, Session, SessionFile};
use crate::files;
use crate::hardware::Profile;
use crate::report::{Report, RunFacts};
use crate::space::{Design, SearchSpace};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Trained run; `shipped` is the one that comes with splitscope
    run: PathBuf,
    /// File of the page [default: report.html in the run, or here if that is on a server or the shipped one, unless
    /// --markdown is given]
    #[arg(short, long, value_name = "FILE.html")]
    output: Option<PathBuf>,
    /// Write the page as Markdown, with its pictures beside it
    #[arg(long, value_name = "FILE.md")]
    markdown: Option<PathBuf>,
    /// Design that the page is about, as printed [default: the first of the ranking]
    #[arg(long)]
    design: Option<String>,
    /// Design to compare with; give it again for each
    #[arg(long = "pin", value_name = "DESIGN")]
    pins: Vec<String>,
    /// Session file of the explorer, for its knobs, pins and selection
    #[arg(long, value_name = "FILE", conflicts_with_all = ["design", "pins"])]
    session: Option<PathBuf>,
    /// Profile in place of the run's: a shipped name or a TOML file
    #[arg(long)]
    profile: Option<String>,
    /// Sets a knob, for instance `latency=8ms`
    #[arg(long = "knob", value_name = "NAME=VALUE")]
    knobs: Vec<String>,
    /// Number of sensors [default: the profile's]
    #[arg(long)]
    sensors: Option<u32>,
}

pub(super) fn run(arguments: Arguments) -> Result<Answer> {
    let named = NamedRun::open(&arguments.run)?;
    let session = session(&arguments, &named)?;
    let run = named.unpacked()?;
    // A run on a server has no directory, and that of the shipped one is temporary.
    let place = if run.is_on_server() || run.is_temporary() { PathBuf::new() } else { run.path().to_owned() };
    // The address that a run on a server is known by holds no password; a report is handed on.
    let path = if run.is_on_server() { run.path().to_owned() } else { arguments.run.clone() };
    let facts = RunFacts { path, ..RunFacts::read(run.path())? };
    let report = Report::new(&session, Some(&facts));
    let page = match (&arguments.output, &arguments.markdown) {
        (Some(path), _) => Some(path.clone()),
        (None, None) => Some(place.join("report.html")),
        (None, Some(_)) => None,
    };
    if let Some(path) = page {
        write(&path, report.html().as_bytes())?;
        say!("wrote {}", path.display())?;
    }
    if let Some(path) = &arguments.markdown {
        let stem = path.file_stem().map_or_else(|| "report".into(), |stem| stem.to_string_lossy());
        let page = report.markdown(&stem);
        for (name, picture) in &page.pictures {
            write(&path.with_file_name(name), picture.svg.as_bytes())?;
        }
        write(path, page.text.as_bytes())?;
        say!("wrote {} and {} pictures beside it", path.display(), page.pictures.len())?;
    }
    Ok(if session.status().is_some_and(|status| status.feasible) { Answer::Yes } else { Answer::No })
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    files::write(path, content).with_context(|| format!("{} can't be written", path.display()))
}

/// A session without a file, with the named designs selected and pinned.
fn fresh(arguments: &Arguments, seed: u64, space: SearchSpace, profile: Profile) -> Result<Session> {
    let session = Session::new(space.clone(), profile.clone(), DEFAULT_POOL, seed);
    if arguments.design.is_none() && arguments.pins.is_empty() {
        return Ok(session);
    }
    let mut file = session.to_file();
    for text in &arguments.pins {
        file.pins.push(row(&space, text)?);
    }
    if let Some(text) = &arguments.design {
        file.selected = Some(row(&space, text)?);
    }
    Ok(Session::open(&file, space, profile)?)
}

/// A printed design as session files write it.
fn row(space: &SearchSpace, text: &str) -> Result<DesignRow> {
    let Design { genome, split, fusion, ratio, bits } = space.parse_design(&load::spelt(space, text)).usage()?;
    let name = |boundary| space.boundary_name(boundary).to_owned();
    Ok(DesignRow { genome: space.print(&genome), fusion: name(fusion), ratio, bits, split: Some(name(split)) })
}

/// A session on the run, with knobs, pins and selection as asked.
fn session(arguments: &Arguments, run: &NamedRun) -> Result<Session> {
    let (space, _) = load::space_of_run(run.manifest())?;
    let (profile, _) = match &arguments.profile {
        None => load::profile_of_run(run.manifest())?,
        Some(name) => load::profile(name)?,
    };
    crate::cost::check_names(&space, &profile)?;
    let mut session = match &arguments.session {
        Some(path) => {
            let source = Source::read(path).with_context(|| format!("{} can't be read", path.display()))?;
            Session::open(&SessionFile::from_toml(&source)?, space, profile)
                .with_context(|| path.display().to_string())?
        }
        None => fresh(arguments, run.manifest().seed, space, profile)?,
    };
    load::replay_shown(&mut session, Some(run), false)?;
    set_knobs(&mut session, &arguments.knobs, arguments.sensors)?;
    Ok(session)
}
