//! The command palette: commands that match a search. One that the current screen lacks shows its own screen first.

use super::{screen::Screen, state::UiState};
use crate::tui::{command::UserCommand, keymap::KeyRow};

/// Commands that hold all words of a search, in the order of the key table: those of the current screen before those of
/// other screens.
pub(crate) fn matching<'a>(ui: &'a UiState, search: &str) -> Vec<KeyRow<'a>> {
    let found = ui.rows_anywhere().filter(|row| row.matches(search));
    let (here, elsewhere): (Vec<_>, Vec<_>) = found.partition(|row| other_screen(ui, row).is_none());
    [here, elsewhere].concat()
}

/// Screen of a command that the current screen lacks.
pub(crate) fn other_screen(ui: &UiState, row: &KeyRow<'_>) -> Option<Screen> {
    let screens = row.binding.screens;
    if screens.has(ui.screen) {
        return None;
    }
    Screen::ALL.into_iter().find(|screen| screens.has(*screen))
}

/// Commands that a row of those that match a search stands for; none if there is no such row.
pub(crate) fn chosen(ui: &UiState, search: &str, row: usize) -> Vec<UserCommand> {
    let found = matching(ui, search);
    let Some(row) = found.get(row) else { return Vec::new() };
    let shown = other_screen(ui, row).map(UserCommand::ShowScreen);
    shown.into_iter().chain([row.binding.command.clone()]).collect()
}
