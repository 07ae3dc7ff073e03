//! Menus: the questions and offers there are, and the keys while one is open.

use ratatui::crossterm::event::KeyCode;

use super::Deed;
use crate::{
    explore::{Command, Control, Export, Move, Session},
    tui::{
        keymap::{Key, Keymap, Verb},
        state::{Choice, Menu, UiState},
    },
};

/// Ends the program; asks first while somebody is at work.
pub(super) fn quit(session: &Session, ui: &mut UiState) -> Vec<Deed> {
    let quit = Command::Quit { keep_frame: false };
    // What is replayed is at work no more.
    let replayed = ui.reel.is_some();
    let work = match (session.training().state.is_active(), session.searching().state.is_active()) {
        _ if replayed => return vec![Deed::Act(quit)],
        (false, false) => return vec![Deed::Act(quit)],
        (true, _) => "training",
        _ => "search",
    };
    ui.menu = Some(Menu {
        title: "Quit".to_owned(),
        text: format!("The {work} is at work. It does not need this screen."),
        choices: vec![
            Choice { label: format!("quit, and let the {work} go on"), deeds: vec![Deed::Act(quit.clone())] },
            Choice {
                label: format!("stop the {work} (it can be resumed), then quit"),
                deeds: vec![Deed::Act(Command::Control(Control::Stop)), Deed::Act(quit)],
            },
            Choice { label: "stay".to_owned(), deeds: Vec::new() },
        ],
        at: 0,
    });
    Vec::new()
}

/// What can be written to files.
pub(super) fn export() -> Menu {
    let choice =
        |label: &str, export| Choice { label: label.to_owned(), deeds: vec![Deed::Act(Command::Export(export))] };
    Menu {
        title: "Export".to_owned(),
        text: String::new(),
        choices: vec![
            choice("this screen as a picture (SVG)", Export::Svg),
            choice("all designs as CSV", Export::Csv),
            choice("all designs as JSON", Export::Json),
            choice("the pinned designs as a Markdown table", Export::Markdown),
            choice("the session, to open it again as it is (TOML)", Export::Session),
        ],
        at: 0,
    }
}

/// The remembered setups.
pub(super) fn recall(session: &Session, keys: &Keymap) -> Menu {
    let choices: Vec<Choice> = session
        .saved_setups()
        .iter()
        .enumerate()
        .map(|(index, saved)| Choice { label: saved.name.clone(), deeds: vec![Deed::Act(Command::Recall(index))] })
        .collect();
    let text = if choices.is_empty() {
        format!("Nothing is remembered yet; {} remembers the present setup.", keys.key(Verb::Remember))
    } else {
        String::new()
    };
    Menu { title: "Go back to".to_owned(), text, choices, at: 0 }
}

/// A key while a menu is open.
pub(super) fn chosen(ui: &mut UiState, mut menu: Menu, key: Key) -> Vec<Deed> {
    let to = match key.code() {
        KeyCode::Up | KeyCode::Char('k') => Move::By(-1),
        KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') => Move::By(1),
        KeyCode::Home | KeyCode::Char('g') => Move::First,
        KeyCode::End | KeyCode::Char('G') => Move::Last,
        KeyCode::Enter | KeyCode::Char(' ' | 'q') => return choose(&menu, menu.at),
        _ => return Vec::new(),
    };
    menu.at = to.apply(menu.at, menu.choices.len());
    ui.menu = Some(menu);
    Vec::new()
}

/// What a choice does.
pub fn choose(menu: &Menu, at: usize) -> Vec<Deed> {
    menu.choices.get(at).map(|choice| choice.deeds.clone()).unwrap_or_default()
}
