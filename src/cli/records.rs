//! `splitscope export --optuna, --tensorboard`: records of a run in forms that other programs read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::load::NamedRun;
use super::output::say;
use super::usage::refuse;
use super::{Answer, load};
use crate::files;
use crate::report::{optuna, tensorboard};
use crate::run::RunDir;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    #[command(flatten)]
    records: RecordFlags,
}

/// Forms of records.
#[derive(Debug, clap::Args)]
pub(super) struct RecordFlags {
    /// Write the measured designs as a journal of Optuna, for optuna-dashboard
    #[arg(long, value_name = "FILE")]
    optuna: Option<PathBuf>,
    /// Write the curves of training and search as event files of TensorBoard
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
}

impl RecordFlags {
    /// Returns `true` if a form is asked for.
    pub(super) const fn is_any(&self) -> bool {
        self.optuna.is_some() || self.tensorboard.is_some()
    }

    /// Writes the forms that are asked for.
    pub(super) fn write(&self, run: &RunDir) -> Result<()> {
        if let Some(path) = &self.optuna {
            let journal = optuna::journal(run)?;
            write(path, journal.as_bytes())?;
        }
        if let Some(folder) = &self.tensorboard {
            for (name, content) in tensorboard::event_files(run)? {
                let path = folder.join(name);
                let parent = path.parent().unwrap_or(folder);
                std::fs::create_dir_all(parent).with_context(|| format!("{} can't be made", parent.display()))?;
                write(&path, &content)?;
            }
        }
        Ok(())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if !arguments.records.is_any() {
        refuse!("nothing to write; name --optuna FILE or --tensorboard DIR");
    }
    let run = NamedRun::trained(arguments.run.as_ref())?.unpacked()?;
    load::print_warnings_of(&run)?;
    arguments.records.write(&run)?;
    Ok(Answer::Yes)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    files::write(path, content).with_context(|| format!("{} can't be written", path.display()))?;
    Ok(say!("wrote {}", path.display())?)
}
