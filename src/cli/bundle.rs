//! `splitscope bundle`: packs a trained and measured run as the one that comes with the program.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::load::{self, NamedRun};
use super::output::say;
use super::usage::refuse;
use super::{Answer, evaluator};
use crate::explore::{DEFAULT_POOL, Session};
use crate::files;
use crate::quantity::number;
use crate::record::{Measurement, MeasurementKey, Precision, Subset};
use crate::run::{EvaluatorOptions, PictureRequest, RunArchive, RunDir, Stored};
use crate::text::shell_word;
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
    load::print_warnings_of(&run)?;
    let bytes = RunArchive::pack(&run)?;
    check_complete(&run, &RunArchive::open(bytes.clone().into())?.records()?.measurements)?;
    let bytes = if add_pictures_of_tour(&run, bytes.clone())? { RunArchive::pack(&run)? } else { bytes };
    let path = &arguments.output;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    files::write(path, &bytes).with_context(|| format!("{} can't be written", path.display()))?;
    describe(path, bytes)
}

/// Refuses a run of which some designs lack accuracies that others have: a measurement was cut short.
fn check_complete(run: &RunDir, rows: &[Stored<Measurement>]) -> Result<()> {
    let found: Vec<&Measurement> = rows.iter().map(|row| &row.value).filter(|one| one.key.lost == 0).collect();
    let missing = missing(&found);
    let Some(first) = missing.first() else { return Ok(()) };
    let (designs, grid) = (distinct(&found, |key| key.design.clone()).len(), AccuracyGrid::of(&found));
    bail!(
        "{} of {} accuracies are missing, the first of {} in {} on {} objects with {} views; what was cut short goes on \
         by: splitscope measure --run {} --on-record --views {} --precision {} --subset {}",
        number::grouped(missing.len() as u64),
        number::grouped((designs * grid.count()) as u64),
        first.design,
        first.precision.name(),
        first.subset.name(),
        first.views,
        shell_word(&run.path().to_string_lossy()),
        list(&grid.views, ToString::to_string),
        list(&grid.precisions, |precision| precision.name().to_owned()),
        list(&grid.subsets, |subset| subset.name().to_owned()),
    )
}

/// Numbers of views, precisions and subsets that designs were measured with: each with each is wanted.
struct AccuracyGrid {
    views: Vec<u32>,
    precisions: Vec<Precision>,
    subsets: Vec<Subset>,
}

impl AccuracyGrid {
    fn of(found: &[&Measurement]) -> Self {
        let holds = |fits: &dyn Fn(&MeasurementKey) -> bool| found.iter().any(|one| fits(&one.key));
        Self {
            views: distinct(found, |key| key.views).into_iter().collect(),
            precisions: Precision::ALL.into_iter().filter(|&one| holds(&|key| key.precision == one)).collect(),
            subsets: Subset::ALL.into_iter().filter(|&one| holds(&|key| key.subset == one)).collect(),
        }
    }

    fn count(&self) -> usize {
        self.views.len() * self.precisions.len() * self.subsets.len()
    }
}

/// Keys of the accuracies that designs lack, or have of fewer objects than others.
fn missing(found: &[&Measurement]) -> Vec<MeasurementKey> {
    let whole = |subset| found.iter().filter(|one| one.key.subset == subset).map(|one| one.samples).max();
    let known: HashSet<&MeasurementKey> =
        found.iter().filter(|one| Some(one.samples) == whole(one.key.subset)).map(|one| &one.key).collect();
    let Some(MeasurementKey { step, .. }) = found.first().map(|one| one.key.clone()) else { return Vec::new() };
    let AccuracyGrid { views, precisions, subsets } = AccuracyGrid::of(found);
    let mut wanted = Vec::new();
    for design in distinct(found, |key| key.design.clone()) {
        for (&views, &precision) in views.iter().flat_map(|views| precisions.iter().map(move |one| (views, one))) {
            let key = |&subset| MeasurementKey { design: design.clone(), views, lost: 0, subset, precision, step };
            wanted.extend(subsets.iter().map(key));
        }
    }
    wanted.retain(|key| !known.contains(key));
    wanted
}

fn distinct<T: Ord>(found: &[&Measurement], part: impl Fn(&MeasurementKey) -> T) -> BTreeSet<T> {
    found.iter().map(|one| part(&one.key)).collect()
}

fn list<T>(values: &[T], name: impl Fn(&T) -> String) -> String {
    values.iter().map(name).collect::<Vec<_>>().join(",")
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
    let evaluator = evaluator::open(run, EvaluatorOptions::default())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_measurement_that_was_cut_short_left_out_is_named() {
        let key = |design: &str, views, precision| MeasurementKey {
            design: design.into(),
            views,
            lost: 0,
            subset: Subset::Test,
            precision,
            step: 9,
        };
        let one = |key, samples| Measurement {
            key,
            accuracy: 0.5,
            samples,
            calibration_batches: 1,
            seconds: 1.0,
            quantisation: None,
        };
        let mut rows = Vec::new();
        for design in ["a", "b"] {
            rows.extend([1, 6].map(|views| one(key(design, views, Precision::Int8), 10)));
            rows.push(one(key(design, 1, Precision::Float), 10));
        }
        let named = |rows: &[Measurement]| missing(&rows.iter().collect::<Vec<_>>());
        rows.push(one(key("a", 6, Precision::Float), 10));
        assert_eq!(named(&rows), [key("b", 6, Precision::Float)]);
        rows.push(one(key("b", 6, Precision::Float), 4));
        assert_eq!(named(&rows), [key("b", 6, Precision::Float)], "a live search ends some early");
        rows.last_mut().unwrap().samples = 10;
        assert!(named(&rows).is_empty() && named(&[]).is_empty());
    }
}
