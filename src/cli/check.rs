//! `splitscope check FILE...`: validates spaces and profiles.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Answer;
use crate::diagnostic::{Diagnostic, Source};
use crate::hardware::Profile;
use crate::space::SearchSpace;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files to check; what a file is, is told by its first table
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let mut answer = Answer::Yes;
    for path in &arguments.files {
        let source = Source::read(path).with_context(|| format!("{} can't be read", path.display()))?;
        match check(&source, path) {
            Ok(found) => println!("{}: {found}", path.display()),
            Err(diagnostic) => {
                eprintln!("{diagnostic}");
                answer = Answer::No;
            }
        }
    }
    Ok(answer)
}

/// What a valid file holds.
fn check(source: &Source, path: &std::path::Path) -> Result<String, Diagnostic> {
    let document: toml::Table = source.parse()?;
    if document.contains_key("space") || document.contains_key("stage") {
        let space = SearchSpace::from_toml(source)?;
        let (splits, boundaries) = (space.split.at.len(), space.slots().len());
        return Ok(format!(
            "space {}: {} networks, {splits} of {boundaries} boundaries may be split",
            space.name,
            space.count()
        ));
    }
    if document.contains_key("profile") || document.contains_key("sensor") {
        let folder = path.parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        let profile = Profile::from_toml_with(source, &|file| std::fs::read_to_string(folder.join(file)))?;
        let constants = profile.constants();
        let assumed = constants.iter().filter(|constant| constant.assumed).count();
        return Ok(format!("profile {}: {} constants, {assumed} of them assumed", profile.name, constants.len()));
    }
    Err(Diagnostic {
        help: Some("a space begins with [space], a profile with [profile]".into()),
        ..source.error(0..source.text.lines().next().map_or(0, str::len), "this is neither a space nor a profile")
    })
}
