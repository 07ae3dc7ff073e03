//! `splitscope data`: describes a set, draws a sheet of it, says how to get one.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::output::{self, say};
use super::usage::{Usage, refuse};
use super::{Answer, progress};
use crate::data::{Access, Cache, DataError, DataSource, DataSpec, Dataset, contact_sheet, fetch, npz};
use crate::quantity::Dimension;
use crate::record::Subset;
use crate::text;

/// Objects of each class on a contact sheet.
const PER_CLASS: usize = 3;
/// Left-out files that are named; more are counted.
const NAMED: usize = 10;

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A set such as `arrangement-10:level=hard` or `meshes:FOLDER`; or `fetch NAME`; or `clean`
    #[arg(required = true, num_args = 1..=2, value_names = ["SPEC", "NAME"])]
    words: Vec<String>,
    /// Views per object [default: 12, or all there are; 1 for single pictures]
    #[arg(long)]
    views: Option<usize>,
    /// Pixels along an edge
    #[arg(long, default_value_t = crate::data::DEFAULT_SIZE)]
    size: usize,
    /// 1 for grey, 3 for colour [default: 1; 3 for cifar and images]
    #[arg(long)]
    channels: Option<usize>,
    /// Write a contact sheet of a few objects of each class
    #[arg(long, value_name = "FILE.png")]
    sheet: Option<PathBuf>,
    /// Write objects as a NumPy archive of single-precision inputs, normalised as in training
    #[arg(long, value_name = "FILE.npz")]
    export: Option<PathBuf>,
    /// Objects to write: validation or test
    #[arg(long, requires = "export", default_value = "test", value_parser = super::measure::subset)]
    subset: Subset,
    /// Number of objects to write, at most
    #[arg(long, requires = "export", default_value_t = 256)]
    objects: usize,
    /// Average each view down to so many pixels along an edge, the resolution of a design [default: as they are]
    #[arg(long, requires = "export", value_name = "PIXELS")]
    resolution: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<Answer> {
    match arguments.words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["fetch", name] => {
            let spec: DataSpec = name.parse().usage()?;
            match fetch::instructions(spec.source) {
                Some(text) => output::print(text)?,
                None => refuse!("{name} needs no fetching"),
            }
        }
        ["fetch"] => {
            let names = DataSource::ALL.iter().filter(|(_, source)| fetch::instructions(*source).is_some());
            refuse!("fetch what? ({})", names.map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        }
        ["clean"] => {
            let Some(cache) = Cache::of_user() else { bail!("there is no cache folder: HOME is not set") };
            let cleaned = cache.clean()?;
            say!("{} files removed, {}", cleaned.files, Dimension::Bytes.format(cleaned.bytes as f64))?;
        }
        [spec] => describe(&spec.parse().usage()?, &arguments)?,
        words => refuse!("`{}` is not one set", words.join(" ")),
    }
    Ok(Answer::Yes)
}

fn describe(spec: &DataSpec, arguments: &Arguments) -> Result<()> {
    let set = open(spec, arguments)?;
    if let Some(path) = &arguments.sheet {
        contact_sheet::write(&set, PER_CLASS, path)?;
    }
    if let Some(path) = &arguments.export {
        let objects = match arguments.subset {
            Subset::Validation => &set.split.validation,
            Subset::Test => &set.split.test,
        };
        let resolution = arguments.resolution.unwrap_or(set.height.max(set.width));
        if !(1..=set.height.min(set.width)).contains(&resolution) {
            refuse!("views of {} x {} pixels can't be averaged to {resolution}", set.width, set.height);
        }
        npz::write(&set, &objects[..arguments.objects.min(objects.len())], set.views, resolution, path)?;
    }
    if arguments.json {
        output::json(&set.summary())?;
        return Ok(());
    }
    say!("{}: {} objects of {} classes", set.name, set.objects(), set.classes.len())?;
    say!("{} views of {} x {} pixels, {} channel(s)", set.views, set.width, set.height, set.channels)?;
    say!("  {:>7} {:>10} {:>7}", "train", "validation", "test")?;
    let line = |[train, validation, test]: [usize; 3], name: &str| {
        say!("  {train:>7} {validation:>10} {test:>7}  {}", text::in_line(name))
    };
    for (class, counts) in set.classes.iter().zip(set.class_counts()) {
        line(counts, class)?;
    }
    line([set.split.train.len(), set.split.validation.len(), set.split.test.len()], "all classes")?;
    for skipped in set.skipped.iter().take(NAMED) {
        say!("left out: {} ({})", text::in_line(&skipped.file), skipped.reason)?;
    }
    if set.skipped.len() > NAMED {
        say!("left out: {} more", set.skipped.len() - NAMED)?;
    }
    say!("licence: {}", set.licence)?;
    Ok(())
}

/// Opens the set; where no number of views is asked for and there are fewer than usual, all there are.
fn open(spec: &DataSpec, arguments: &Arguments) -> Result<Dataset> {
    let channels = arguments.channels.unwrap_or_else(|| spec.usual_channels());
    let cache = Cache::of_user();
    let open = |views| {
        let bar = progress::ProgressBar::new("rendering");
        let show = |done: usize, total: usize| {
            bar.show(done, total);
            ControlFlow::Continue(())
        };
        let access = Access { cache: cache.as_ref(), progress: &show, ..Access::default() };
        let set = Dataset::open_with(spec, views, arguments.size, channels, access);
        bar.end();
        set
    };
    let set = match open(arguments.views.unwrap_or_else(|| spec.usual_views())) {
        Err(DataError::TooFewViews { available, .. }) if arguments.views.is_none() => open(available),
        set => set,
    };
    match set {
        Err(error) if is_about_request(&error) => Err(error).usage(),
        set => Ok(set?),
    }
}

/// Returns `true` for errors of what is asked for, in contrast to those of files.
fn is_about_request(error: &DataError) -> bool {
    matches!(
        error,
        DataError::UnknownName { .. }
            | DataError::UnknownOption { .. }
            | DataError::UnknownClass { .. }
            | DataError::BadValue { .. }
            | DataError::NoPath { .. }
            | DataError::OutOfRange { .. }
            | DataError::TooLarge { .. }
            | DataError::TooFewViews { .. }
    )
}
