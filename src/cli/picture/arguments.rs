//! Arguments of `picture`.

use std::path::PathBuf;

use anyhow::Result;

use crate::cli::bounds;
use crate::cli::network;
use crate::cli::usage::refuse;

/// Arguments of `picture`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// File to write [default: standard output]
    #[arg(long, short, visible_alias = "svg", value_name = "FILE.svg")]
    pub(super) output: Option<PathBuf>,
    /// Show an object on its way through this design instead of a screen: what each camera sees, what is sent, what can
    /// be rebuilt; a printed design, `largest` and `smallest` stand for a genome
    #[arg(long, value_name = "DESIGN", conflicts_with_all = ["screen", "keys", "scene"])]
    pub(super) design: Option<String>,
    /// Number of the test object
    #[arg(long, default_value_t = 0, requires = "design")]
    pub(super) object: u32,
    /// Number of views [default: 6, or as many as there are]
    #[arg(long, requires = "design")]
    pub(super) views: Option<usize>,
    /// Write the object's pictures as PNG
    #[arg(long, value_name = "FILE.png", requires = "design", conflicts_with = "output")]
    pub(super) png: Option<PathBuf>,
    /// Print the object's pictures as JSON, their values as hexadecimal digits
    #[arg(long, requires = "design", conflicts_with_all = ["output", "png"])]
    pub(super) json: bool,
    /// Draw the object's pictures with ASCII only
    #[arg(long, requires = "design")]
    pub(super) ascii: bool,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0, value_parser = bounds::threads())]
    pub(super) threads: usize,
    /// Answer the requests of an explorer for pictures of this run, until standard input is closed
    #[arg(long, value_name = "RUN", hide = true)]
    pub(super) serve: Option<PathBuf>,
    /// Columns and rows
    #[arg(long, default_value = "120x36", value_name = "COLUMNSxROWS")]
    pub(super) size: String,
    /// Screen: explore, train, search or compare
    #[arg(long, default_value = "explore")]
    pub(super) screen: String,
    /// Run whose measurements are shown; `shipped` is the one that comes with splitscope [default: the shipped one;
    /// with `--design` the latest below runs/]
    #[arg(long)]
    pub(super) run: Option<PathBuf>,
    /// Draw costs alone, without a run
    #[arg(long, conflicts_with_all = ["run", "design", "scene"])]
    pub(super) no_run: bool,
    /// Keys pressed before, for instance `jHH<tab>` (names in angle brackets)
    #[arg(long, default_value = "", value_name = "KEYS")]
    pub(super) keys: String,
    /// Scene of the tour, counted from 1, whose end is drawn instead of a screen
    #[arg(long, conflicts_with_all = ["run", "screen", "keys"])]
    pub(super) scene: Option<usize>,
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    pub(super) space: Option<String>,
    /// ONNX file instead of a space; give it again for each network to compare
    #[arg(long = "network", value_name = "FILE.onnx", conflicts_with_all = ["space", "run", "scene", "design"])]
    pub(super) networks: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) import: network::ImportFlags,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    pub(super) profile: String,
    /// Colours: okabe-ito, light or mono
    #[arg(long, default_value = "okabe-ito")]
    pub(super) theme: String,
}

/// Columns and rows of a text such as `120x36`.
pub(in crate::cli) fn size(text: &str) -> Result<(u16, u16)> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parsed {
        Some((width, height)) if (1..=500).contains(&width) && (1..=200).contains(&height) => Ok((width, height)),
        _ => refuse!("`{text}` is not a size such as 120x36"),
    }
}
