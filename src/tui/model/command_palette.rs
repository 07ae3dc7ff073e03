//! The command palette: commands of a screen that match a search.

use super::state::UiState;
use crate::tui::{command::UserCommand, keymap::KeyRow};

/// Commands of the current screen that hold all words of a search, in the order of the key table.
pub(crate) fn matching<'a>(ui: &'a UiState, search: &str) -> Vec<KeyRow<'a>> {
    ui.rows().filter(|row| row.matches(search)).collect()
}

/// Command of a row of those that match a search.
pub(crate) fn chosen(ui: &UiState, search: &str, row: usize) -> Option<UserCommand> {
    matching(ui, search).get(row).map(|row| row.binding.command.clone())
}
