//! Input of a frame.

use crate::{
    explore::Session,
    run::SHIPPED,
    tui::{model::state::UiState, theme::Theme},
};

/// Smallest size of a frame, columns and rows.
pub(crate) const MIN_SIZE: (u16, u16) = (80, 24);
/// Columns from which on panes stand side by side.
pub(crate) const WIDE: u16 = 110;

/// Session, view and theme of a frame.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Session that is shown.
    pub session: &'a Session,
    /// State of the view.
    pub ui: &'a UiState,
    /// Colours and characters.
    pub theme: &'a Theme,
}

impl View<'_> {
    /// Returns `true` if the accuracies shown are those of the run that comes with the program.
    pub(super) fn shows_shipped_run(&self) -> bool {
        self.session.training().run.as_deref() == Some(SHIPPED) && !self.session.catalogue().measurements().is_empty()
    }
}
