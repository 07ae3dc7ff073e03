//! `splitscope`: opens the explorer, or prints a plain report where there is no terminal.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::load::NamedRun;
use super::network::{self, ImportFlags};
use super::output::{note, say};
use super::usage::Usage;
use super::{Answer, bounds, keys, load, train};
use crate::diagnostic::Source;
use crate::explore::{DEFAULT_POOL, DesignCounts, Session, SessionFile, ViewRow};
use crate::hardware::Profile;
use crate::run::{self, Document, Manifest, this_program};
use crate::space::{ImportRules, SearchSpace};
use crate::text::shell_word;
use crate::train::Settings;
use crate::tui::{self, Options, RunChoice, theme::ColourScheme};

/// Arguments of `explore`.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct Arguments {
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    space: Option<String>,
    /// ONNX file instead of a space; give it again for each network to compare
    #[arg(long = "network", value_name = "FILE.onnx", conflicts_with_all = ["space", "run", "replay"])]
    networks: Vec<PathBuf>,
    #[command(flatten)]
    import: ImportFlags,
    /// Layer of the ONNX file behind which the views are fused [default: its output]
    #[arg(long, value_name = "NODE", requires = "networks")]
    fusion: Option<String>,
    /// Compression ratios of hypothetical splitting modules in the ONNX file, for instance 1,4
    #[arg(long, value_name = "RATIOS", requires = "networks", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=64))]
    ratio: Vec<u8>,
    /// Bits on the link of hypothetical splitting modules, for instance 4,8
    #[arg(long, value_name = "BITS", requires = "networks", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=16))]
    bits: Vec<u8>,
    /// Profile: a shipped name or a TOML file [default: glasses, or the run's]
    #[arg(long)]
    profile: Option<String>,
    /// Run to follow; `shipped` is the one that comes with splitscope [default: a run below runs/ with a process at
    /// work, else the shipped one]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Open without a run: costs alone
    #[arg(long, conflicts_with_all = ["run", "replay"])]
    no_run: bool,
    /// Run to replay from its beginning
    #[arg(long, value_name = "RUN", conflicts_with = "run")]
    replay: Option<PathBuf>,
    /// Session file to open, as the explorer wrote it
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Candidates in the pool
    #[arg(long, default_value_t = DEFAULT_POOL, value_parser = bounds::pool())]
    pool: usize,
    /// Seed of the pool
    #[arg(long, default_value_t = 0, value_parser = bounds::seed())]
    seed: u64,
    /// Setting of trainings started from here, for instance `steps=300`
    #[arg(long = "train", value_name = "KEY=VALUE")]
    training: Vec<String>,
    #[command(flatten)]
    look: ScreenFlags,
    /// Print a plain report instead of opening the screen
    #[arg(long)]
    plain: bool,
    /// Print the designs as JSON instead of opening the screen
    #[arg(long)]
    json: bool,
}

/// Flags about the look of the screen and about the mouse.
#[derive(Debug, clap::Args)]
pub(super) struct ScreenFlags {
    /// Leave the mouse to the terminal
    #[arg(long)]
    pub(super) no_mouse: bool,
    /// Draw with plain characters
    #[arg(long)]
    pub(super) ascii: bool,
    /// Colours: okabe-ito, light or mono
    #[arg(long)]
    pub(super) theme: Option<String>,
}

impl ScreenFlags {
    /// Options of a screen that looks so, with the user's file behind these flags.
    pub(super) fn options(&self, template: Manifest) -> Result<Options> {
        let config = keys::of_user()?;
        let scheme = self.theme.as_deref().map(scheme).transpose()?.or(config.scheme);
        Ok(Options {
            run: RunChoice::Usual,
            replay: None,
            tour: false,
            split: None,
            runs_root: PathBuf::from("runs"),
            exe: this_program()?,
            template,
            train_args: Vec::new(),
            search_args: Vec::new(),
            folder: PathBuf::from("."),
            view: ViewRow::default(),
            mouse: !self.no_mouse && config.mouse.unwrap_or(true),
            ascii: self.ascii || config.ascii.unwrap_or(false),
            scheme,
            keys: config.keys,
        })
    }
}

/// The scheme of that name.
pub(super) fn scheme(name: &str) -> Result<ColourScheme> {
    let names = || ColourScheme::ALL.map(ColourScheme::name).join(", ");
    ColourScheme::from_name(name).with_context(|| format!("no theme `{name}` (themes: {})", names())).usage()
}

/// The networks as a space, with a text that no other space has: no run is one of theirs.
fn imported(arguments: &Arguments, profile: &Profile) -> Result<(SearchSpace, Source)> {
    let choices = |list: &[u8], usual: u8| {
        let mut list = if list.is_empty() { vec![usual] } else { list.to_vec() };
        list.sort_unstable();
        list.dedup();
        list
    };
    let usual = ImportRules::default();
    let rules = ImportRules {
        ratios: choices(&arguments.ratio, usual.ratios[0]),
        bits: choices(&arguments.bits, usual.bits[0]),
        fusion: arguments.fusion.clone(),
        ..usual
    };
    let space = network::space(&arguments.networks, &arguments.import, rules, profile)?;
    let text = format!("# imported: {}\n", space.name);
    Ok((space, Source::new("imported networks", text)))
}

pub(super) fn run(arguments: Arguments) -> Result<Answer> {
    let file = arguments.session.as_deref().map(read_session).transpose()?;
    let path = arguments.run.clone().or_else(|| arguments.replay.clone());
    let of_session = match &file {
        Some(file) if path.is_none() && !arguments.no_run => run_of_session(file),
        _ => None,
    };
    let (path, gone) = match of_session {
        Some(Ok(of_session)) => (Some(of_session), None),
        Some(Err(error)) => (None, Some(error)),
        None => (path, None),
    };
    let run = path.as_deref().map(NamedRun::open).transpose()?;
    let named = |flag: &Option<String>, of_session: fn(&SessionFile) -> &str, shipped: &[(&str, &str)]| {
        let of_session = file.as_ref().map(of_session).filter(|name| shipped.iter().any(|(known, _)| known == name));
        let of_session = if run.is_none() { of_session.map(str::to_owned) } else { None };
        flag.clone().or(of_session)
    };
    let (spaces, profiles) = (crate::space::SHIPPED, crate::hardware::SHIPPED);
    if arguments.networks.is_empty() {
        network::needs_network(&arguments.import)?;
    }
    let name = named(&arguments.profile, |file| &file.session.profile, profiles);
    let (profile, profile_source) = match (name, &run) {
        (None, Some(run)) => load::profile_of_run(run.manifest())?,
        (name, _) => load::profile(name.as_deref().unwrap_or(crate::hardware::DEFAULT))?,
    };
    let name = named(&arguments.space, |file| &file.session.space, spaces);
    let (space, space_source) = match (name, &run) {
        _ if !arguments.networks.is_empty() => imported(&arguments, &profile)?,
        (name, run) => load::space_or_of_run(name.as_deref(), run.as_ref())?,
    };
    if let Some(run) = &run {
        load::check_space(run, &space)?;
    }
    crate::cost::check_names(&space, &profile)?;
    let mut instead = false;
    if let Some(error) = gone {
        instead = load::shipped_of(&space)?.is_some();
        let what =
            if instead { "the shipped run is shown instead" } else { "the session opens without its accuracies" };
        note!("warning: {error}; {what}");
    }
    let settings = match &arguments.networks[..] {
        [] => Settings::of_space(&space_source)?,
        _ => Settings::default(),
    };
    let settings = train::with_settings(&Settings { seed: arguments.seed, ..settings }, &arguments.training)?;
    if arguments.plain || arguments.json || !tui::terminal::is_usable() {
        let session = build(file.as_ref(), space, profile, arguments.pool, arguments.seed);
        let mut session = session.with_context(|| of_file(arguments.session.as_deref()))?;
        load::replay_shown(&mut session, run.as_ref(), arguments.no_run)?;
        report(&session, arguments.json)?;
        return Ok(Answer::Yes);
    }
    let template = Manifest::of_settings(
        "run",
        space.data.as_deref(),
        Document::of_space(&space, &space_source),
        Document::of_profile(&profile, &profile_source),
        &settings,
    )?;
    let shown = match &run {
        _ if arguments.no_run => RunChoice::None,
        None if instead => RunChoice::Shipped,
        None => RunChoice::Usual,
        Some(NamedRun::Shipped(_)) => RunChoice::Shipped,
        Some(NamedRun::Directory(run)) => RunChoice::Named(run.path().to_owned()),
    };
    // Kept until the screen is left: what is replayed is read from a folder.
    let replayed = if arguments.replay.is_some() { run } else { None };
    let unpacked = replayed.map(NamedRun::unpacked_for_screen).transpose()?;
    let replay = unpacked.as_ref().map(|run| run.path().to_owned());
    let options = Options { run: shown, replay, ..arguments.look.options(template)? };
    let (pool, seed) = (arguments.pool, arguments.seed);
    std::thread::spawn(run::sweep_temporary_folders);
    // Errors of a session file are told before the screen is taken; a fresh session can't fail.
    if let Some(file) = file {
        let session = Session::open(&file, space, profile).with_context(|| of_file(arguments.session.as_deref()))?;
        let options = Options { view: file.view, ..options };
        return Ok(finish(&tui::run(move || session, options)?));
    }
    Ok(finish(&tui::run(move || Session::new(space, profile, pool, seed), options)?))
}

/// The run that a session was on, or why it can't be opened.
fn run_of_session(file: &SessionFile) -> Option<Result<PathBuf>> {
    let path = PathBuf::from(file.session.run.as_ref()?);
    Some(NamedRun::open(&path).map(|_| path))
}

/// Says what goes on without the screen, and where a session that was cut short is kept.
pub(super) fn finish(exit: &tui::Exit) -> Answer {
    // A terminal that hung up can't be written to.
    if let Some(path) = &exit.at_work {
        let _ = say!(
            "still at work: {0}; come back with: splitscope --run {1}",
            path.display(),
            shell_word(&path.to_string_lossy())
        );
    }
    if exit.signal.is_some()
        && let Some(path) = exit.keep_session()
    {
        let word = shell_word(&path.to_string_lossy()).into_owned();
        let _ = say!("the session is kept; come back with: splitscope --session {word}");
    }
    // A thread may be at work on one, with nobody left who waits for it.
    run::remove_temporary_folders();
    if let Some(signal) = exit.signal {
        std::process::exit(128 + signal);
    }
    Answer::Yes
}

/// Name of a session file before an error about its content.
fn of_file(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| path.display().to_string())
}

fn read_session(path: &Path) -> Result<SessionFile> {
    let source = Source::read(path).map_err(|error| anyhow::anyhow!("{} can't be read: {error}", path.display()))?;
    Ok(SessionFile::from_toml(&source)?)
}

fn build(
    file: Option<&SessionFile>,
    space: crate::space::SearchSpace,
    profile: crate::hardware::Profile,
    pool: usize,
    seed: u64,
) -> Result<Session> {
    Ok(match file {
        Some(file) => {
            load::print_notes(&file.notes());
            Session::open(file, space, profile)?
        }
        None => Session::new(space, profile, pool, seed),
    })
}

fn report(session: &Session, json: bool) -> Result<()> {
    if json {
        return Ok(say!("{}", tui::export::json(session)?)?);
    }
    say!("{} on {}", session.space().name, session.profile().name)?;
    let DesignCounts { designs, feasible, measured } = session.design_counts();
    say!("{} of {} candidates meet the limits", session.feasible_count(), session.catalogue().len())?;
    say!(
        "at their best splits they are {designs} designs; {feasible} meet the limits, {measured} of these are measured"
    )?;
    if let Some(status) = session.status() {
        say!("{}", status.sentence)?;
    }
    Ok(say!("\n{}", tui::export::markdown(session))?)
}
