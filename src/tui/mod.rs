//! The terminal interface: keys and mouse in, frames out.
//!
//! ```text
//! app         the loop; carries out effects              command     everything a user can ask for
//! input       from a key or mouse event to commands      effect      what must be done outside session and view
//! keymap      the key table                              controller  from a command to session, view and effects
//! model       state of the view                          screen      frames of a session, pure
//! widget      widgets, know nothing of splitscope        theme       colours by meaning
//! followed_run  the run that is followed                 event_reader  its events and measurements as updates
//! export      files written for the user                 svg         a frame as a picture
//! terminal    taking and restoring the terminal          demo        the tour
//! config      the user's file
//! ```
//!
//! Above `explore` and `run`, below `cli`. Invariants: the way from a knob to the frame has no thread, channel or lock;
//! nothing waits for a child process; a frame is a pure function of session, theme and [`UiState`].

pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod effect;
pub(crate) mod export;
pub(crate) mod keymap;
pub(crate) mod model;
pub mod screen;
pub(crate) mod svg;
pub(crate) mod terminal;
pub mod theme;
pub mod widget;

mod app;
mod controller;
mod event_reader;
mod followed_run;
mod hit;
mod input;
mod text;

#[cfg(test)]
mod tests;

use std::{
    env, io,
    path::{Path, PathBuf},
};

use ratatui::{buffer::Buffer, layout::Rect};
use thiserror::Error;

pub(crate) use app::run;
pub use hit::HitMap;
pub use model::state::UiState;

pub(crate) use model::screen::Screen;

use crate::{
    explore::{Command, Session, ViewRow},
    files,
    record::ObjectPictures,
    run::{Manifest, RunArchive, RunError, SplitSettings},
    space::SearchSpace,
};
use keymap::Keymap;
use theme::{ColourDepth, ColourScheme, Environment, Theme};
use widget::{ASCII, UNICODE};

/// Run to show at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunChoice {
    /// The one in this directory.
    Named(PathBuf),
    /// The one that comes with the program.
    Shipped,
    /// One below the runs folder that a process is at work on; else the shipped one, if it is of the space.
    Usual,
    /// None: costs alone.
    None,
}

/// Options of the terminal interface.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The run to show.
    pub(crate) run: RunChoice,
    /// A run to be gone through from its beginning, instead of one to follow.
    pub(crate) replay: Option<PathBuf>,
    /// Shows the tour.
    pub(crate) tour: bool,
    /// A split to run as processes, and to show.
    pub(crate) split: Option<SplitSettings>,
    /// Folder of new runs.
    pub(crate) runs_root: PathBuf,
    /// This program, for starting trainer and searcher.
    pub(crate) exe: PathBuf,
    /// Manifest of a new run; name and time are set when it is made.
    pub(crate) template: Manifest,
    /// Arguments after `train --run DIR`.
    pub(crate) train_args: Vec<String>,
    /// Arguments after `search --run DIR --sensors V --limits JSON`.
    pub(crate) search_args: Vec<String>,
    /// Folder of exported files.
    pub(crate) folder: PathBuf,
    /// The view of a session file.
    pub(crate) view: ViewRow,
    /// Takes the mouse from the terminal.
    pub(crate) mouse: bool,
    /// Draws with ASCII only; if not set, the environment decides.
    pub(crate) ascii: bool,
    /// The scheme, if the user named one.
    pub(crate) scheme: Option<ColourScheme>,
    /// The user's keys.
    pub(crate) keys: Keymap,
}

impl Options {
    /// The theme for this terminal.
    pub(crate) fn theme(&self) -> Theme {
        with_environment(|environment| {
            let glyphs = if self.ascii { &ASCII } else { environment.glyphs() };
            let scheme = self.scheme.unwrap_or_else(|| ColourScheme::detect(environment));
            Theme::new(scheme, environment.depth(), glyphs)
        })
    }

    /// Returns `true` if the screen has a light background.
    pub(crate) fn is_light(&self) -> bool {
        with_environment(|environment| self.scheme.unwrap_or_else(|| ColourScheme::detect(environment)))
            == ColourScheme::Light
    }
}

/// Calls a function with the environment variables that concern colours.
fn with_environment<R>(then: impl FnOnce(&Environment<'_>) -> R) -> R {
    let variable = |name: &str| env::var(name).ok();
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name)).and_then(|name| variable(name));
    let (no_color, term) = (variable("NO_COLOR"), variable("TERM"));
    let (colorterm, colorfgbg) = (variable("COLORTERM"), variable("COLORFGBG"));
    then(&Environment {
        no_color: no_color.as_deref(),
        term: term.as_deref(),
        colorterm: colorterm.as_deref(),
        colorfgbg: colorfgbg.as_deref(),
        locale: locale.as_deref(),
    })
}

/// The theme of pictures made without a terminal: all colours, all characters.
pub fn picture_theme(scheme: ColourScheme) -> Theme {
    Theme::new(scheme, ColourDepth::True, &UNICODE)
}

/// Applies everything that a run wrote to a session, as following it from its beginning would.
///
/// # Errors
/// There is no run, or its database fails.
pub(crate) fn replay(session: &mut Session, run: &Path) -> Result<(), TuiError> {
    let mut work = followed_run::FollowedRun::open(run)?;
    let mut reader = event_reader::EventReader::new(run);
    let mut updates = reader.initial_updates();
    loop {
        let (changes, _) = work.poll()?;
        let more = changes.more;
        updates.extend(reader.read(session.space(), changes));
        if !more {
            break;
        }
    }
    event_reader::keep_last_states(&mut updates);
    session.apply(Command::Update(updates), 0);
    Ok(())
}

/// Applies everything in the archive of the run that comes with the program to a session.
///
/// # Errors
/// The archive is damaged.
pub(crate) fn replay_archive(session: &mut Session, archive: &RunArchive) -> Result<(), TuiError> {
    let updates = event_reader::updates_of(archive, session.space())?;
    session.apply(Command::Update(updates), 0);
    Ok(())
}

/// Applies everything in the archive of the run that comes with the program to a session of its space.
///
/// # Errors
/// The archive is damaged, or of another space.
pub fn replay_shipped(session: &mut Session) -> Result<(), TuiError> {
    replay_archive(session, &RunArchive::shipped()?)
}

/// Number of scenes of the tour in a space.
pub(crate) fn scenes(space: &SearchSpace) -> usize {
    demo::Demo::new(demo::Measured::shipped(space)).len()
}

/// Plays a scene of the tour, counted from 0, to its end, with the caption in `ui`. Beyond the last
/// scene the last one.
pub(crate) fn scene(session: &mut Session, ui: &mut UiState, scene: usize) {
    let mut demo = demo::Demo::new(demo::Measured::shipped(session.space()));
    demo.play_out(scene, session, ui);
    ui.tour = Some(demo.caption(session));
}

/// A screen as an SVG document, drawn without a terminal.
pub(crate) fn picture(session: &Session, ui: &UiState, size: (u16, u16), scheme: ColourScheme) -> String {
    let buffer = still(session, ui, size, &picture_theme(scheme));
    let ground = if scheme == ColourScheme::Light { svg::Ground::Light } else { svg::Ground::Dark };
    svg::svg(&buffer, "splitscope", ground)
}

/// A screen as cells, drawn without a terminal.
pub(crate) fn still(session: &Session, ui: &UiState, (width, height): (u16, u16), theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    screen::draw(screen::View { session, ui, theme }, buffer.area, &mut buffer);
    buffer
}

/// Pictures of an object as an SVG document.
pub(crate) fn object_svg(pictures: &ObjectPictures, caption: &str, size: (u16, u16), scheme: ColourScheme) -> String {
    let buffer = object_frame(pictures, caption, size, &picture_theme(scheme));
    let ground = if scheme == ColourScheme::Light { svg::Ground::Light } else { svg::Ground::Dark };
    svg::svg(&buffer, "splitscope", ground)
}

/// Pictures of an object as lines for a terminal: in the colours that it has if `colour`, else with characters of
/// rising ink.
pub(crate) fn object_text(pictures: &ObjectPictures, size: (u16, u16), colour: bool, ascii: bool) -> String {
    let theme = with_environment(|environment| {
        let glyphs = if ascii { &ASCII } else { environment.glyphs() };
        let depth = if colour { environment.depth() } else { ColourDepth::None };
        Theme::new(ColourScheme::OkabeIto, depth, glyphs)
    });
    terminal::inline(&object_frame(pictures, "", size, &theme), colour)
}

fn object_frame(pictures: &ObjectPictures, caption: &str, (width, height): (u16, u16), theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    screen::object(theme, pictures, caption, buffer.area, &mut buffer);
    buffer
}

/// Presses keys without a terminal, as `jjl<tab>/acc>72<enter>`, a second apart. Keys take the way of [`run`]; effects
/// are left out. For pictures, demonstrations and tests.
pub(crate) fn play(session: &mut Session, ui: &mut UiState, keys: &str) {
    for key in keymap::Key::script(keys) {
        ui.now_ms += 1000;
        if let Some(command) = input::keyboard::command(ui, key) {
            controller::perform(session, ui, command);
        }
        session.apply_pending_steps(ui.now_ms);
    }
}

/// End of the terminal interface.
#[derive(Debug)]
pub(crate) struct Exit {
    /// The session as it was left.
    pub(crate) session: Session,
    /// The view as it was left.
    pub(crate) ui: UiState,
    /// The run that a process is still at work on.
    pub(crate) at_work: Option<PathBuf>,
    /// The signal that ended it, if one did; by custom the exit code is 128 plus that.
    pub(crate) signal: Option<i32>,
}

impl Exit {
    /// Writes the session file that opens session and view again as they were left into the user's folder for such
    /// things, and returns its path; `None` if that can't be written.
    pub(crate) fn keep_session(&self) -> Option<PathBuf> {
        let folder = config::state_folder()?;
        std::fs::create_dir_all(&folder).ok()?;
        let path = folder.join("last-session.toml");
        files::write(&path, self.ui.session_file(&self.session).to_toml().as_bytes()).ok()?;
        Some(path)
    }
}

/// Error of the terminal interface.
#[derive(Debug, Error)]
pub enum TuiError {
    /// The terminal can't be taken, drawn on or read.
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] io::Error),
    /// The run that was followed fails.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Building the session panicked.
    #[error("the session could not be built")]
    NoSession,
}
