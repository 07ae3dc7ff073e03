//! `splitscope check FILE...`: validates spaces and profiles.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::Answer;
use crate::diagnostic::{Diagnostic, Source};
use crate::hardware::{self, Profile};
use crate::space::SearchSpace;
use crate::train::Settings;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files to check; the first table of a file shows whether it is a space or a profile
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let (mut answer, mut unread) = (Answer::Yes, 0);
    for path in &arguments.files {
        let source = match Source::read(path) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("error: {} can't be read: {error}", path.display());
                unread += 1;
                continue;
            }
        };
        match check(&source, path) {
            Ok(found) => println!("{}: {found}", path.display()),
            Err(diagnostic) => {
                eprintln!("{diagnostic}");
                answer = Answer::No;
            }
        }
    }
    match unread {
        0 => Ok(answer),
        1 => bail!("one file was not checked"),
        _ => bail!("{unread} files were not checked"),
    }
}

/// Summary of a valid file, in one line.
fn check(source: &Source, path: &std::path::Path) -> Result<String, Diagnostic> {
    let document: toml::Table = source.parse()?;
    if document.contains_key("space") || document.contains_key("stage") {
        let space = SearchSpace::from_toml(source)?;
        Settings::of_space(source)?;
        let (splits, boundaries) = (space.split.at.len(), space.slots().len());
        let networks = match space.count() {
            u128::MAX => "more than 10^38 networks".to_owned(),
            1 => "one network".to_owned(),
            count => format!("{count} networks"),
        };
        return Ok(format!("space {}: {networks}, {splits} of {boundaries} boundaries may be split", space.name));
    }
    if document.contains_key("profile") || document.contains_key("sensor") {
        let folder = path.parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        let profile = Profile::from_toml_with(source, &|file| std::fs::read_to_string(folder.join(file)))?;
        super::load::print_notes(&hardware::renamed_limits(source));
        let constants = profile.constants();
        let assumed = constants.iter().filter(|constant| constant.assumed).count();
        return Ok(format!("profile {}: {} constants, {assumed} of them assumed", profile.name, constants.len()));
    }
    Err(Diagnostic {
        help: Some("a space begins with [space], a profile with [profile]".into()),
        ..source.error(0..source.text.lines().next().map_or(0, str::len), "this is neither a space nor a profile")
    })
}
