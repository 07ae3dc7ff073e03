//! Arguments of `train`.

use std::path::PathBuf;

use super::flags::SettingFlags;

/// Arguments of `train`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Run directory; created if it does not exist, resumed if it does [default: the next free runs/run-NNN]
    #[arg(long)]
    pub(super) run: Option<PathBuf>,
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    pub(super) space: Option<String>,
    /// Profile recorded in the run [default: glasses, or the run's]
    #[arg(long)]
    pub(super) profile: Option<String>,
    /// Data set [default: the space's, or the run's]
    #[arg(long)]
    pub(super) data: Option<String>,
    #[command(flatten)]
    pub(super) settings: SettingFlags,
    /// Print one JSON object per event
    #[arg(long)]
    pub(super) json: bool,
}
