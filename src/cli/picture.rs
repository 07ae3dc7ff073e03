//! `splitscope picture`: the explorer's screen as SVG, drawn by the same code as in the terminal.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{Answer, explore, load, network};
use crate::explore::{DEFAULT_POOL, Session};
use crate::files;
use crate::space::ImportRules;
use crate::tui::{self, Screen, UiState};

/// Arguments of `picture`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// File to write [default: standard output]
    #[arg(long, short, value_name = "FILE.svg")]
    output: Option<PathBuf>,
    /// Columns and rows
    #[arg(long, default_value = "120x36", value_name = "COLUMNSxROWS")]
    size: String,
    /// Screen: explore, train, search or compare
    #[arg(long, default_value = "explore")]
    screen: String,
    /// Run whose measurements are shown
    #[arg(long)]
    run: Option<PathBuf>,
    /// Keys pressed before, for instance `jHH<tab>` (names in angle brackets)
    #[arg(long, default_value = "", value_name = "KEYS")]
    keys: String,
    /// Scene of the tour, counted from 1, whose end is drawn instead of a screen
    #[arg(long, conflicts_with_all = ["run", "screen", "keys"])]
    scene: Option<usize>,
    /// Space: a shipped name or a TOML file
    #[arg(long, default_value = crate::space::DEFAULT)]
    space: String,
    /// ONNX file instead of a space; give it again for each network to compare
    #[arg(long = "network", value_name = "FILE.onnx", conflicts_with_all = ["space", "run", "scene"])]
    networks: Vec<PathBuf>,
    #[command(flatten)]
    import: network::ImportFlags,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    profile: String,
    /// Colours: okabe-ito, light or mono
    #[arg(long, default_value = "okabe-ito")]
    theme: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let (width, height) = size(&arguments.size)?;
    let scheme = explore::scheme(&arguments.theme)?;
    let Some(screen) = Screen::named(&arguments.screen) else {
        bail!("no screen `{}` ({})", arguments.screen, Screen::ALL.map(Screen::name).join(", "));
    };
    let space = if arguments.networks.is_empty() {
        network::needs_network(&arguments.import)?;
        load::space(&arguments.space)?.0
    } else {
        network::space(&arguments.networks, &arguments.import, ImportRules::default())?
    };
    let (profile, _) = load::profile(&arguments.profile)?;
    let mut session = Session::new(space, profile, DEFAULT_POOL, 0);
    if let Some(path) = &arguments.run {
        tui::replay(&mut session, path)?;
    }
    let mut ui = UiState { screen, ..UiState::default() };
    tui::play(&mut session, &mut ui, &arguments.keys);
    if let Some(scene) = arguments.scene {
        tui::scene(&mut session, &mut ui, scene.saturating_sub(1));
    }
    // What is said for a few seconds has gone by then.
    ui.now_ms += 60_000;
    let text = tui::picture(&session, &ui, (width, height), scheme);
    match &arguments.output {
        Some(path) => {
            files::write(path, text.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
        }
        None => println!("{text}"),
    }
    Ok(Answer::Yes)
}

/// Columns and rows of a text such as `120x36`.
pub(super) fn size(text: &str) -> Result<(u16, u16)> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parsed {
        Some((width, height)) if (1..=500).contains(&width) && (1..=200).contains(&height) => Ok((width, height)),
        _ => bail!("`{text}` is not a size such as 120x36"),
    }
}
