//! The screen without a terminal: keys and mouse to session, session to cells, a run's events to the session.

mod effects;
pub(super) mod fixture;
mod fuzz;
mod keys;
mod pictures;
mod pointer;
mod runs;
mod work;

use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{Event, KeyCode, KeyEvent},
    layout::Rect,
};

use self::fixture::{options, session};
use super::{
    app::App,
    hit::HitMap,
    model::{replay::ReplayPosition, state::UiState},
    picture_theme, play, screen,
    theme::ColourScheme,
};
use crate::explore::Session;

/// A session after some keys.
fn after(keys: &str) -> (Session, UiState) {
    let (mut session, mut ui) = (session(), UiState::default());
    play(&mut session, &mut ui, keys);
    (session, ui)
}

/// A run in the middle of being replayed.
fn replay_position() -> ReplayPosition {
    ReplayPosition { run: "run-001".to_owned(), at: 420, of: 1000, seconds: 95.0, plays: true }
}

/// An app that was drawn once, and where everything is.
fn drawn(width: u16, height: u16, session: Session) -> (App, Terminal<TestBackend>) {
    let mut app = App::new(session, options(), picture_theme(ColourScheme::OkabeIto));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    (app, terminal)
}

/// Regions of the app's screen.
fn hits(app: &App, width: u16, height: u16) -> HitMap {
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, width, height));
    screen::draw(screen::View { session: &app.session, ui: &app.ui, theme: &app.theme }, buffer.area, &mut buffer)
}

fn play_app(app: &mut App, keys: &str) {
    for key in keys.chars() {
        app.events(&[Event::Key(KeyEvent::from(KeyCode::Char(key)))], &|| false);
    }
}
