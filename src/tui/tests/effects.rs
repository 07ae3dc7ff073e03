//! Every command of the key table does something somewhere on every screen it is on.

use std::sync::Arc;

use super::{
    fixture::{session, trained},
    replay_position,
};
use crate::{
    explore::Session,
    tui::{
        UiState,
        command::UserCommand,
        controller,
        keymap::{BINDINGS, Group},
        model::{screen::Screen, watched_split::WatchedSplit},
        play,
    },
};

/// States, as keys, of which one at least lets each command do something. Each begins on any screen.
const STATES: [&str; 23] = [
    "",
    "j",
    "ll",
    "llu",
    "l=",
    "<tab>l",
    "<tab>{",
    "<tab>rI",
    "<tab>RRii",
    "<tab><tab>",
    "tjjjj",
    "t jj jj h",
    "p++",
    "x",
    "?jjjj",
    "Nname<enter>",
    "/lat<5<enter>",
    "s",
    "+hi",
    "[[",
    "<tab>[[{]]",
    "z",
    "wJ",
];

/// State that a user can see or lose, as text.
fn everything(session: &Session, ui: &UiState) -> String {
    let (training, searching) = (&session.training().state, &session.searching().state);
    format!(
        "{:?} {:?} {:?} {training:?} {searching:?} {} {} {ui:?}",
        session.setup(),
        session.selected(),
        session.history().saved(),
        session.history().past().len(),
        session.activity().is_frozen(),
    )
}

/// Returns `true` if a command changes the session or the view, or has an effect outside.
fn has_effect(session: &Session, ui: &UiState, command: &UserCommand) -> bool {
    let (mut session, mut ui) = (session.clone(), ui.clone());
    let before = everything(&session, &ui);
    let outside = !controller::perform(&mut session, &mut ui, command.clone()).is_empty();
    session.apply_pending_steps(ui.now_ms);
    outside || everything(&session, &ui) != before
}

#[test]
fn every_command_has_an_effect_on_each_of_its_screens() {
    let homes: Vec<Session> = [session as fn() -> Session, trained].iter().map(|home| home()).collect();
    let mut idle: Vec<String> = Vec::new();
    for screen in Screen::ALL {
        let mut states: Vec<(Session, UiState)> = Vec::new();
        for home in &homes {
            for keys in STATES {
                let (mut session, mut ui) = (home.clone(), UiState { page: 10, ..UiState::default() });
                // Pins and changes are made on Explore; then again on the screen itself.
                play(&mut session, &mut ui, keys);
                ui.screen = screen;
                states.push((session.clone(), ui.clone()));
                play(&mut session, &mut ui, keys);
                states.push((session, ui));
            }
        }
        // The screen that is shown can't be gone to.
        let possible = |command: &UserCommand| *command != UserCommand::ShowScreen(screen);
        for row in BINDINGS.iter().filter(|row| row.screens.has(screen) && possible(&row.command)) {
            let offered = |ui: &UiState| {
                let replay = (row.group == Group::Replay).then(replay_position);
                let running = Some(WatchedSplit::default());
                UiState { replay, running, keys: Arc::clone(&ui.keys), ..ui.clone() }
            };
            if !states.iter().any(|(session, ui)| has_effect(session, &offered(ui), &row.command)) {
                idle.push(format!("{} on {}", row.name, screen.name()));
            }
        }
    }
    assert_eq!(idle, Vec::<String>::new(), "these do nothing");
}
