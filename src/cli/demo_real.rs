//! `splitscope demo --real`: a design of the shipped run, deployed, and run as one process for each camera and one
//! aggregator.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::aggregator::Printer;
use super::explore::{self, ScreenFlags};
use super::output::note;
use super::{Answer, bounds, load};
use crate::explore::{DEFAULT_POOL, Session};
use crate::record::RunningEvent;
use crate::run::{SHIPPED, SplitProcesses, SplitSettings, TemporaryFolder, remove_folders_at_signals, this_program};
use crate::tui::{self, Options, RunChoice};

/// Flags of a split that runs.
#[derive(Debug, clap::Args)]
pub(super) struct RealFlags {
    /// Run a design as processes in place of the tour: one sensor for each camera and an aggregator, over TCP
    #[arg(long, conflicts_with = "frames")]
    pub(super) real: bool,
    /// Folder that `deploy` wrote [default: a design of the shipped run is deployed first]
    #[arg(long, value_name = "DIR", requires = "real", conflicts_with_all = ["design", "cameras"])]
    halves: Option<PathBuf>,
    /// Design of the shipped run
    #[arg(long, default_value = "largest@S2.1/S3.1:r4b8", requires = "real")]
    design: String,
    /// Number of cameras
    #[arg(long, default_value_t = 4, requires = "real")]
    cameras: usize,
    /// Bandwidth of the link
    #[arg(long, default_value = "2Mbit/s", requires = "real", value_parser = bounds::bandwidth)]
    bandwidth: f64,
    /// Objects to classify, at most [default: all test objects]
    #[arg(long, requires = "real")]
    objects: Option<u32>,
}

/// Runs the split on the screen, or with lines for people where there is none.
pub(super) fn run(flags: &RealFlags, look: &ScreenFlags, plain: bool) -> Result<Answer> {
    let program = this_program()?;
    let mut made = None;
    let folder = match &flags.halves {
        Some(folder) => folder.clone(),
        None => made.insert(deployed(&program, flags)?).path().join("halves"),
    };
    let settings = SplitSettings { folder, bandwidth: Some(flags.bandwidth), objects: flags.objects };
    if plain || !tui::terminal::is_usable() {
        remove_folders_at_signals()?;
        return print(&program, &settings);
    }
    let (space, _) = load::space(crate::space::DEFAULT)?;
    let (profile, _) = load::profile(crate::hardware::DEFAULT)?;
    let usual = look.options(load::default_manifest("run")?)?;
    let options = Options { split: Some(settings), run: RunChoice::Shipped, ..usual };
    Ok(explore::finish(&tui::run(move || Session::new(space, profile, DEFAULT_POOL, 0), options)?))
}

/// Deploys the design into a temporary folder.
fn deployed(program: &Path, flags: &RealFlags) -> Result<TemporaryFolder> {
    let folder = TemporaryFolder::new()?;
    note!("deploying {} of the shipped run", flags.design);
    let mut command = Command::new(program);
    command.args(["deploy", "--run", SHIPPED, "--format", "safetensors", "--design", &flags.design]);
    command.args(["--views", &flags.cameras.to_string()]).arg("--out").arg(folder.path().join("halves"));
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("{} can't be started", program.display()))?;
    if !status.success() {
        bail!("the design could not be deployed");
    }
    Ok(folder)
}

/// Runs the split and prints its events.
fn print(program: &Path, settings: &SplitSettings) -> Result<Answer> {
    let mut processes = SplitProcesses::start(program, settings)?;
    let mut printer = Printer::new(false);
    while let Some(event) = processes.wait()? {
        printer.print(&event);
        if matches!(event, RunningEvent::Ended(_)) {
            return Ok(Answer::Yes);
        }
    }
    bail!("the split ended early: {}", processes.ending())
}
