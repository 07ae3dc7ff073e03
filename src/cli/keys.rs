//! `splitscope keys`: the keys in use, to be read or to be changed.

use anyhow::{Context, Result};

use super::{Answer, output};
use crate::tui::config::{self, UserConfig};

/// Arguments of `keys`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Toml)]
    format: Format,
    /// Print the default keys and ignore the user's configuration file
    #[arg(long)]
    defaults: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The `[keys]` table of the configuration file, ready to be changed
    Toml,
    /// Tables by chapter
    Markdown,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let keys = if arguments.defaults { UserConfig::default().keys } else { of_user()?.keys };
    let text = match arguments.format {
        Format::Markdown => keys.markdown(),
        Format::Toml => {
            let file = config::path()
                .map_or("the file that SPLITSCOPE_CONFIG names".to_owned(), |path| path.display().to_string());
            format!("# For {file}; a row that is left out keeps its keys.\n\n{}", keys.toml())
        }
    };
    output::print(&text)?;
    Ok(Answer::Yes)
}

/// Configuration of the user's file; the default if there is none.
pub(super) fn of_user() -> Result<UserConfig> {
    let Some(path) = config::path() else { return Ok(UserConfig::default()) };
    let source = UserConfig::read(&path).with_context(|| format!("{} can't be read", path.display()))?;
    Ok(source.map(|source| UserConfig::from_toml(&source)).transpose()?.unwrap_or_default())
}
