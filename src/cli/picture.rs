//! `splitscope picture`: the explorer's screen as SVG, drawn by the same code as in the terminal.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Answer, load};
use crate::explore::{Action, DEFAULT_POOL, Screen, Session};
use crate::tui::{self, UiState, screen, svg, theme::Palette};

/// Arguments of `picture`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to write it; standard output if not given
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
    /// Space: a shipped name or a TOML file
    #[arg(long, default_value = crate::space::DEFAULT)]
    space: String,
    /// Profile: a shipped name or a TOML file
    #[arg(long, default_value = crate::hardware::DEFAULT)]
    profile: String,
    /// Colours: okabe-ito, light or mono
    #[arg(long, default_value = "okabe-ito")]
    theme: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let (width, height) = size(&arguments.size)?;
    let palette = Palette::from_name(&arguments.theme).with_context(|| format!("no theme `{}`", arguments.theme))?;
    let Some(screen) = Screen::ALL.into_iter().find(|screen| screen.name().eq_ignore_ascii_case(&arguments.screen))
    else {
        bail!("no screen `{}` ({})", arguments.screen, Screen::ALL.map(Screen::name).join(", "));
    };
    let (space, _) = load::space(&arguments.space)?;
    let (profile, _) = load::profile(&arguments.profile)?;
    let mut session = Session::new(space, profile, DEFAULT_POOL, 0);
    if let Some(path) = &arguments.run {
        tui::replay(&mut session, path)?;
    }
    session.update(Action::Screen(screen), 0);
    let theme = tui::picture_theme(palette);
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let ui = UiState::default();
    screen::draw(screen::View { session: &session, ui: &ui, theme: &theme }, area, &mut buffer);
    let ground = if palette == Palette::Light { svg::Ground::Light } else { svg::Ground::Dark };
    let text = svg::svg(&buffer, "splitscope", ground);
    match &arguments.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))?,
        None => println!("{text}"),
    }
    Ok(Answer::Yes)
}

fn size(text: &str) -> Result<(u16, u16)> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parsed {
        Some((width, height)) if (1..=500).contains(&width) && (1..=200).contains(&height) => Ok((width, height)),
        _ => bail!("`{text}` is not a size such as 120x36"),
    }
}
