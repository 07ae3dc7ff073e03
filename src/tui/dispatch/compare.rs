//! What verbs do on the Compare screen: to the pinned designs and to the axes below them.

use super::Deed;
use crate::{
    explore::{Command, Move, Session},
    tui::{
        keymap::Verb,
        screen::brushed_filter,
        state::{End, UiState, move_end},
    },
};

/// What a verb does here; `None` if it is none of this screen's own.
pub(super) fn verb(session: &Session, ui: &mut UiState, wish: Verb) -> Option<Vec<Deed>> {
    match wish {
        Verb::NextPane | Verb::PreviousPane => {
            // Two panes, so that the next one is the one before.
            ui.axes.focus = !ui.axes.focus;
        }
        Verb::PinEarlier => return Some(move_pin(session, ui, -1)),
        Verb::PinLater => return Some(move_pin(session, ui, 1)),
        Verb::DifferencesOnly => (ui.differences, ui.compare_first) = (!ui.differences, 0),
        Verb::LowerEndUp => return Some(brush(session, ui, End::Lower, 1.0)),
        Verb::LowerEndDown => return Some(brush(session, ui, End::Lower, -1.0)),
        Verb::UpperEndUp => return Some(brush(session, ui, End::Upper, 1.0)),
        Verb::UpperEndDown => return Some(brush(session, ui, End::Upper, -1.0)),
        Verb::ClearBrushes => return Some(vec![Deed::Act(Command::ClearBrushes)]),
        Verb::KeepBrushed => return Some(keep_brushed(session)),
        _ => return None,
    }
    Some(Vec::new())
}

/// Place of the chosen one among the pins: the one gone to last, or the first that is the selected design.
fn chosen(session: &Session, ui: &UiState) -> usize {
    let pins = session.setup().pins();
    let selected = |at: &usize| pins.get(*at).is_some_and(|pin| Some(pin.candidate) == session.selected());
    Some(ui.compare_at).filter(selected).or_else(|| (0..pins.len()).find(selected)).unwrap_or(ui.compare_at)
}

/// Goes to the pinned design so many places to the right.
pub(super) fn sideways(session: &Session, ui: &mut UiState, steps: i32) -> Vec<Deed> {
    let pins = session.setup().pins();
    ui.compare_at = Move::By(steps).apply(chosen(session, ui), pins.len());
    pins.get(ui.compare_at).map(|pin| Deed::Act(Command::SelectCandidate(pin.candidate))).into_iter().collect()
}

/// Moves the chosen pin so many places to the right.
fn move_pin(session: &Session, ui: &mut UiState, steps: i32) -> Vec<Deed> {
    let pins = session.setup().pins();
    let pin = chosen(session, ui).min(pins.len().saturating_sub(1));
    let Some(pinned) = pins.get(pin) else { return Vec::new() };
    let to = Move::By(steps);
    ui.compare_at = to.apply(pin, pins.len());
    // The design is selected too, so that it can be seen which one moved.
    [Command::SelectCandidate(pinned.candidate), Command::MovePin { pin, to }].map(Deed::Act).to_vec()
}

/// Moves an end of a brush; the axes then have the focus.
fn brush(session: &Session, ui: &mut UiState, end: End, steps: f64) -> Vec<Deed> {
    ui.axes.focus = true;
    move_end(session, ui.axes.at, end, steps).map(Deed::Act).into_iter().collect()
}

/// Makes a filter of the brushes, which are then no longer needed.
fn keep_brushed(session: &Session) -> Vec<Deed> {
    let Some(text) = brushed_filter(session) else { return Vec::new() };
    let filter = format!("{} {text}", session.setup().filter().text());
    [Command::ClearBrushes, Command::Filter(filter.trim().to_owned())].map(Deed::Act).to_vec()
}
