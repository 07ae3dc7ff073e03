//! `splitscope data`: describes a set, draws a sheet of it, says how to get one.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Answer, progress};
use crate::data::{Cache, DataSpec, Dataset, Source, fetch, sheet};

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A set such as `arrangement-10:level=hard` or `meshes:FOLDER`; or `fetch NAME`; or `clean`
    #[arg(required = true, num_args = 1..=2, value_names = ["SPEC", "NAME"])]
    words: Vec<String>,
    /// Views per object
    #[arg(long, default_value_t = 12)]
    views: usize,
    /// Pixels along an edge
    #[arg(long, default_value_t = crate::data::DEFAULT_SIZE)]
    size: usize,
    /// 1 for grey, 3 for colour
    #[arg(long, default_value_t = 1)]
    channels: usize,
    /// Write a contact sheet of a few objects of each class
    #[arg(long, value_name = "FILE.png")]
    sheet: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<Answer> {
    match arguments.words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["fetch", name] => {
            let spec: DataSpec = name.parse()?;
            match fetch::instructions(spec.source) {
                Some(text) => print!("{text}"),
                None => bail!("{name} needs no fetching"),
            }
        }
        ["fetch"] => {
            let names = Source::ALL.iter().filter(|(_, source)| fetch::instructions(*source).is_some());
            bail!("fetch what? ({})", names.map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        }
        ["clean"] => {
            let Some(cache) = Cache::of_user() else { bail!("there is no cache folder: HOME is not set") };
            let cleaned = cache.clean()?;
            println!("{} files removed, {} bytes", cleaned.files, cleaned.bytes);
        }
        [spec] => describe(&spec.parse()?, &arguments)?,
        words => bail!("`{}` is not one set", words.join(" ")),
    }
    Ok(Answer::Yes)
}

fn describe(spec: &DataSpec, arguments: &Arguments) -> Result<()> {
    let bar = progress::Bar::new("rendering");
    let set =
        Dataset::open_with_progress(spec, arguments.views, arguments.size, arguments.channels, &|done, total| {
            bar.show(done, total);
        })?;
    bar.end();
    if let Some(path) = &arguments.sheet {
        sheet::write(&set, 3, path)?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&set.summary())?);
        return Ok(());
    }
    println!("{}: {} objects of {} classes", set.name, set.objects(), set.classes.len());
    println!("{} views of {} x {} pixels, {} channel(s)", set.views, set.width, set.height, set.channels);
    let split = &set.split;
    println!("train {}, validation {}, test {} objects", split.train.len(), split.validation.len(), split.test.len());
    for (class, count) in set.classes.iter().zip(set.class_counts()) {
        println!("  {:>6}  {class}", count.iter().sum::<usize>());
    }
    for skipped in set.skipped.iter().take(10) {
        println!("left out: {} ({})", skipped.file, skipped.reason);
    }
    if set.skipped.len() > 10 {
        println!("left out: {} more", set.skipped.len() - 10);
    }
    println!("licence: {}", set.licence);
    Ok(())
}
