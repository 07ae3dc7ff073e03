//! `splitscope profile`: the constants of a profile and where they come from.

use anyhow::Result;
use clap::Subcommand;

use super::{Answer, load};
use crate::hardware::SHIPPED;

/// Arguments of `profile`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every constant with its unit and source
    Show {
        /// A shipped name or a TOML file
        profile: String,
        /// Print the file itself, to be changed and kept
        #[arg(long)]
        toml: bool,
    },
    /// Print the names of the shipped profiles
    List,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    match &arguments.command {
        Command::Show { profile, toml: true } => print!("{}", load::profile(profile)?.1.text),
        Command::Show { profile, toml: false } => show(profile)?,
        Command::List => {
            for (name, _) in SHIPPED {
                let (profile, _) = load::profile(name)?;
                println!("{name:<12} {}", profile.description);
            }
        }
    }
    Ok(Answer::Yes)
}

fn show(name: &str) -> Result<()> {
    let (profile, _) = load::profile(name)?;
    println!("{}: {}", profile.name, profile.description);
    let constants = profile.constants();
    let width = |pick: fn(&crate::hardware::Constant) -> usize| constants.iter().map(pick).max().unwrap_or(0);
    let (keys, values) = (width(|row| row.key.chars().count()), width(|row| row.shown.chars().count()));
    for row in &constants {
        let mark = if row.assumed { "assumed" } else { "" };
        let source = row.source.as_deref().unwrap_or("no source given");
        println!("  {:<keys$}  {:>values$}  {mark:<7}  {source}", row.key, row.shown);
    }
    Ok(())
}
