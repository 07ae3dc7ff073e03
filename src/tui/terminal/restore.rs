//! Restores the terminal, from whatever thread and however the program ends.

use std::{
    io::{self, Write as _},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ratatui::crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture},
    execute,
    style::ResetColor,
    terminal::{EndSynchronizedUpdate, LeaveAlternateScreen, disable_raw_mode},
};

/// The terminal is in our state and must be restored.
pub(super) static ACTIVE: AtomicBool = AtomicBool::new(false);
/// Texts of panics on other threads while the screen is ours.
pub(super) static HELD_PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Texts of panics on other threads since the last call: they are held back while the screen is ours, and printed
/// when it is given back if they were not taken.
pub(crate) fn take_panics() -> Vec<String> {
    std::mem::take(&mut *HELD_PANICS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Restores the terminal if it is in our state. An error does not stop the rest from being restored.
pub(super) fn restore() -> io::Result<()> {
    if !ACTIVE.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = io::stdout();
    let screen = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        ResetColor,
        LeaveAlternateScreen,
        Show
    );
    let mode = disable_raw_mode();
    for text in take_panics() {
        let _ = writeln!(io::stderr(), "{text}");
    }
    screen.and(mode)
}
