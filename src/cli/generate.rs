//! `splitscope generate`: completions of shells and manual pages, for packages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap_complete::Shell;

use super::{Answer, version};
use crate::files;

const NAME: &str = "splitscope";

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder for the files, as a `share` folder has them: `~/.local/share` installs them for one user
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes the files of the whole program, whose command is given.
pub(super) fn run(arguments: &Arguments, command: clap::Command) -> Result<Answer> {
    let share = &arguments.out;
    let scripts = [
        (Shell::Bash, "bash-completion/completions", NAME.to_owned()),
        (Shell::Zsh, "zsh/site-functions", format!("_{NAME}")),
        (Shell::Fish, "fish/vendor_completions.d", format!("{NAME}.fish")),
    ];
    for (shell, folder, name) in scripts {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), NAME, &mut script);
        write(&share.join(folder), &name, &script)?;
    }
    write_manuals(&share.join("man/man1"), command, NAME)?;
    Ok(Answer::Yes)
}

/// Writes the page of a command and those of all commands below it, to which it refers.
fn write_manuals(folder: &Path, command: clap::Command, called: &str) -> Result<()> {
    let name = called.replace(' ', "-");
    // A page is named as the command is called: "splitscope train".
    let command = command.display_name(name.clone()).bin_name(called).version(version::text());
    // The page of each command is its help.
    let command = command.disable_help_subcommand(true);
    let mut page = Vec::new();
    // Commit and features stand in the section on the version: the foot has no room for them.
    let foot = format!("{NAME} {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(foot).render(&mut page)?;
    write(folder, &format!("{name}.1"), &page)?;
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        write_manuals(folder, one.clone(), &format!("{called} {}", one.get_name()))?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let path = folder.join(name);
    files::write(&path, content).with_context(|| format!("{} can't be written", path.display()))
}
