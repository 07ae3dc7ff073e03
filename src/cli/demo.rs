//! `splitscope demo`: the tour on the embedded default, live, as pictures, or as text.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::demo_real::{self, RealFlags};
use super::explore::{self, ScreenFlags};
use super::output::say;
use super::{Answer, load, picture};
use crate::explore::{DEFAULT_POOL, Session};
use crate::files;
use crate::tui::demo::{Demo, Measured};
use crate::tui::{self, Options, UiState, theme::ColourScheme};

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    look: ScreenFlags,
    #[command(flatten)]
    real: RealFlags,
    /// Print the captions, or what runs, instead of opening the screen
    #[arg(long)]
    plain: bool,
    /// Write the end of every scene as an SVG picture into this folder, without a terminal
    #[arg(long, value_name = "FOLDER")]
    frames: Option<PathBuf>,
    /// Columns and rows of the pictures
    #[arg(long, default_value = "120x36", value_name = "COLUMNSxROWS")]
    size: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if arguments.real.real {
        return demo_real::run(&arguments.real, &arguments.look, arguments.plain);
    }
    let (space, _) = load::space(crate::space::DEFAULT)?;
    let (profile, _) = load::profile(crate::hardware::DEFAULT)?;
    if let Some(folder) = &arguments.frames {
        return frames(Session::new(space, profile, DEFAULT_POOL, 0), arguments, folder);
    }
    if arguments.plain || !tui::terminal::is_usable() {
        return captions(Session::new(space, profile, DEFAULT_POOL, 0));
    }
    let options = Options { tour: true, ..arguments.look.options(load::default_manifest("run")?)? };
    Ok(explore::finish(&tui::run(move || Session::new(space, profile, DEFAULT_POOL, 0), options)?))
}

/// Every scene's end as a picture.
fn frames(mut session: Session, arguments: &Arguments, folder: &Path) -> Result<Answer> {
    let size = picture::size(&arguments.size)?;
    let scheme = arguments.look.theme.as_deref().map_or(Ok(ColourScheme::OkabeIto), explore::scheme)?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    for scene in 0..Demo::new(Measured::shipped(session.space())).len() {
        let mut ui = UiState { now_ms: 60_000, ..UiState::default() };
        tui::scene(&mut session, &mut ui, scene);
        let path = folder.join(format!("scene-{}.svg", scene + 1));
        let text = tui::picture(&session, &ui, size, scheme);
        files::write(&path, text.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(Answer::Yes)
}

/// Every scene's caption at its end.
fn captions(mut session: Session) -> Result<Answer> {
    let mut demo = Demo::new(Measured::shipped(session.space()));
    for scene in 0..demo.len() {
        demo.play_out(scene, &mut session, &mut UiState::default());
        let caption = demo.caption(&session);
        say!("{}. {}\n{}\n", caption.scene, caption.title, caption.text)?;
    }
    Ok(Answer::Yes)
}
