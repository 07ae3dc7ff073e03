//! Commands of a key: of the open text entry, of the open menu, or of the key table.

use ratatui::crossterm::event::KeyCode;

use crate::{
    explore::Move,
    tui::{command::UserCommand, keymap::Key, model::state::UiState},
};

/// Command of a key; `None` if it has none here.
pub(crate) fn command(ui: &UiState, key: Key) -> Option<UserCommand> {
    if key == Key::ctrl('c') {
        let asked = ui.menu.is_some();
        return Some(if asked { UserCommand::QuitNow { keep_frame: false } } else { UserCommand::Quit });
    }
    if ui.entry.is_some() {
        Some(while_typing(key))
    } else if let Some(menu) = &ui.menu {
        Some(in_menu(menu.row, key))
    } else {
        ui.keys.command_of(ui.screen, key).cloned()
    }
}

fn while_typing(key: Key) -> UserCommand {
    match key.code() {
        KeyCode::Esc => UserCommand::CancelEntry,
        KeyCode::Enter => UserCommand::Submit,
        KeyCode::Up => UserCommand::ChoosePaletteRow(Move::By(-1)),
        KeyCode::Down | KeyCode::Tab => UserCommand::ChoosePaletteRow(Move::By(1)),
        _ => UserCommand::Edit(key),
    }
}

fn in_menu(row: usize, key: Key) -> UserCommand {
    let to = match key.code() {
        KeyCode::Up | KeyCode::Char('k') => Move::By(-1),
        KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') => Move::By(1),
        KeyCode::Home | KeyCode::Char('g') => Move::First,
        KeyCode::End | KeyCode::Char('G') => Move::Last,
        KeyCode::Enter | KeyCode::Char(' ' | 'q') => return UserCommand::ActivateRow(row),
        _ => return UserCommand::ClosePopup,
    };
    UserCommand::ChooseMenuRow(to)
}
