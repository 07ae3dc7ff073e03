//! Every verb of the table does something somewhere on every screen it is on.

use std::sync::Arc;

use super::{
    fixture::{session, trained},
    reel,
};
use crate::{
    explore::{Command, Screen, Session},
    tui::{
        UiState,
        dispatch::{self, Deed},
        keymap::{BINDINGS, Group, Verb},
        play,
    },
};

/// States, as keys, of which one at least lets each verb do something. Each begins on any screen.
const STATES: [&str; 22] = [
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
];

/// What a user can see or lose, as text.
fn everything(session: &Session, ui: &UiState) -> String {
    let (training, searching) = (&session.training().state, &session.searching().state);
    format!(
        "{:?} {:?} {:?} {:?} {training:?} {searching:?} {} {} {ui:?}",
        session.setup(),
        session.ui(),
        session.selected(),
        session.saved_setups(),
        session.past().len(),
        session.is_frozen(),
    )
}

/// Whether asking for a verb changes the session or the screen, or asks for something outside.
fn has_effect(session: &Session, ui: &UiState, verb: Verb) -> bool {
    let (mut session, mut ui) = (session.clone(), ui.clone());
    let before = everything(&session, &ui);
    for deed in dispatch::verb(&session, &mut ui, verb) {
        let outside = match deed {
            Deed::Act(action) => !session.apply(action, ui.now_ms).is_empty(),
            _ => true,
        };
        if outside {
            return true;
        }
    }
    everything(&session, &ui) != before
}

#[test]
fn every_verb_has_an_effect_on_each_of_its_screens() {
    let homes: Vec<Session> = [session as fn() -> Session, trained].iter().map(|home| home()).collect();
    let mut idle: Vec<String> = Vec::new();
    for screen in Screen::ALL {
        let mut states: Vec<(Session, UiState)> = Vec::new();
        for home in &homes {
            for keys in STATES {
                let (mut session, mut ui) = (home.clone(), UiState { page: 10, ..UiState::default() });
                // Pins and changes are made on Explore; then again on the screen itself.
                play(&mut session, &mut ui, keys);
                session.apply(Command::Screen(screen), ui.now_ms);
                states.push((session.clone(), ui.clone()));
                play(&mut session, &mut ui, keys);
                states.push((session, ui));
            }
        }
        // The screen that is shown can't be gone to.
        let possible = |verb: Verb| verb != Verb::GoTo(screen);
        for row in BINDINGS.iter().filter(|row| row.screens.has(screen) && possible(row.verb)) {
            let offered = |ui: &UiState| {
                let reel = Some(reel()).filter(|_| row.group == Group::Replay);
                UiState { reel, keys: Arc::clone(&ui.keys), ..ui.clone() }
            };
            let found = states.iter().any(|(session, ui)| has_effect(session, &offered(ui), row.verb));
            idle.extend(Some(format!("{:?} on {}", row.verb, screen.name())).filter(|_| !found));
        }
    }
    assert_eq!(idle, Vec::<String>::new(), "these do nothing");
}
