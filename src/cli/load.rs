//! Spaces and profiles by shipped name or by path.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::diagnostic::{Source, nearest};
use crate::hardware::{self, Profile};
use crate::run::{self, Document, Manifest};
use crate::space::{self, SearchSpace};
use crate::train::Settings;

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
    bail!("no {kind} and no file is named `{name}`{near} (shipped: {})", names.join(", "))
}

/// A space by name or path, with its text.
pub(super) fn space(name: &str) -> Result<(SearchSpace, Source)> {
    let source = source(name, "space", space::SHIPPED)?;
    Ok((SearchSpace::from_toml(&source)?, source))
}

/// A profile by name or path, with its text.
pub(super) fn profile(name: &str) -> Result<(Profile, Source)> {
    let source = source(name, "profile", hardware::SHIPPED)?;
    let folder = Path::new(&source.file).parent().map(Path::to_path_buf).unwrap_or_default();
    let profile = Profile::from_toml_with(&source, &|file| std::fs::read_to_string(folder.join(file)))?;
    print_notes(&hardware::renamed_limits(&source));
    Ok((profile, source))
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
        eprintln!("note: {note}");
    }
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

/// The path of a trained run: the one given, else the latest below `runs/`.
pub(super) fn run_path(given: Option<&PathBuf>) -> Result<PathBuf> {
    match given {
        Some(path) => Ok(path.clone()),
        None => {
            run::latest(Path::new("runs"))?.context("there is no run below runs/; train one first: splitscope train")
        }
    }
}

/// The space of a run, with its text.
pub(super) fn space_of_run(manifest: &Manifest) -> Result<(SearchSpace, Source)> {
    Ok((manifest.search_space()?, manifest.space.source()))
}

/// The profile of a run, with its text.
pub(super) fn profile_of_run(manifest: &Manifest) -> Result<(Profile, Source)> {
    Ok((manifest.hardware_profile()?, manifest.profile.source()))
}
