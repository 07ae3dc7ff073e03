//! The command palette: commands of a screen that match a search.

use super::state::UiState;
use crate::tui::keymap::Row;

/// Commands of the current screen that hold all words of a search, in the order of the key table.
pub fn matching<'a>(ui: &'a UiState, search: &str) -> Vec<Row<'a>> {
    ui.rows().filter(|row| row.matches(search)).collect()
}
