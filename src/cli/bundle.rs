//! `splitscope bundle`: packs a trained and measured run as the one that comes with the program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Answer;
use super::load::{self, NamedRun};
use super::output::say;
use super::progress::ProgressBar;
use super::usage::refuse;
use crate::explore::{DEFAULT_POOL, Session};
use crate::files;
use crate::quantity::number;
use crate::run::{PictureRequest, RunArchive, RunDir, RunEvaluator};
use crate::tui::demo::{self, WantedPictures};

/// Arguments of `bundle`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Trained and measured run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Archive to write
    #[arg(long, short, value_name = "FILE.zip")]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let NamedRun::Directory(run) = NamedRun::trained(arguments.run.as_ref())? else {
        refuse!("the shipped run is packed already; name one that you have trained");
    };
    let bytes = RunArchive::pack(&run)?;
    let bytes = if add_pictures_of_tour(&run, bytes.clone())? { RunArchive::pack(&run)? } else { bytes };
    let path = &arguments.output;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    files::write(path, &bytes).with_context(|| format!("{} can't be written", path.display()))?;
    describe(path, bytes)
}

/// Makes the pictures that the tour shows of a run and that its archive lacks. Returns `true` if it made any.
fn add_pictures_of_tour(run: &RunDir, archive: Vec<u8>) -> Result<bool> {
    let (space, _) = load::space(crate::space::DEFAULT)?;
    let (profile, _) = load::profile(crate::hardware::DEFAULT)?;
    let mut session = Session::new(space, profile, DEFAULT_POOL, 0);
    let wanted = demo::pictures_wanted(&RunArchive::open(archive.into())?, &mut session)?;
    if wanted.is_empty() {
        return Ok(false);
    }
    let bar = ProgressBar::new("rendering");
    let evaluator = RunEvaluator::open(run, &|done, total| bar.show(done, total))?;
    bar.end();
    for WantedPictures { design, views, object } in wanted {
        evaluator.pictures(&PictureRequest { design, views, object })?;
    }
    Ok(true)
}

/// Reads the archive back and prints what is in it.
fn describe(path: &Path, bytes: Vec<u8>) -> Result<Answer> {
    let size = number::grouped(bytes.len() as u64);
    let archive = RunArchive::open(bytes.into())?;
    let records = archive.records()?;
    let measured = || records.measurements.iter().map(|row| &row.value.key);
    let designs: BTreeSet<&str> = measured().map(|key| key.design.as_str()).collect();
    let views: BTreeSet<u32> = measured().map(|key| key.views).collect();
    let views: Vec<String> = views.iter().map(ToString::to_string).collect();
    say!(
        "{}: {size} bytes, {} of {}, seed {}, {} measurements of {} designs with {} views, {} pictures",
        path.display(),
        archive.manifest().space.name,
        archive.manifest().created,
        archive.manifest().seed,
        number::grouped(records.measurements.len() as u64),
        number::grouped(designs.len() as u64),
        views.join(", "),
        records.pictures.len(),
    )?;
    Ok(Answer::Yes)
}
