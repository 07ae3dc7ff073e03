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
    let manuals = share.join("man/man1");
    write(&manuals, &format!("{NAME}.1"), &manual(command.clone())?)?;
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        let name = format!("{NAME}-{}", one.get_name());
        // A page is named as the command is called: "splitscope train".
        let page = one.clone().display_name(name.clone()).bin_name(name.replacen('-', " ", 1)).version(version::text());
        write(&manuals, &format!("{name}.1"), &manual(page)?)?;
    }
    Ok(Answer::Yes)
}

fn manual(command: clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let path = folder.join(name);
    files::write(&path, content).with_context(|| format!("{} can't be written", path.display()))
}
