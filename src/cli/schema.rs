//! `splitscope schema`: JSON Schemas of the files a user writes, for editors.

use anyhow::Result;
use clap::ValueEnum;

use super::{Answer, output};
use crate::{hardware, space};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Kind of file
    kind: Kind,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Space,
    Profile,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let schema = match arguments.kind {
        Kind::Space => space::schema(),
        Kind::Profile => hardware::schema(),
    };
    output::json(&schema)?;
    Ok(Answer::Yes)
}
