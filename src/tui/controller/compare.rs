//! Commands of the Compare screen: the pinned designs and the parallel axes.

use crate::{
    explore::{Command, Move, Pinned, Session},
    tui::{
        command::UserCommand,
        model::{
            brushes::{BRUSHED, Brushes},
            screen::{ComparePane, Screen},
            state::UiState,
        },
        screen::brushed_filter,
    },
};

/// More rows than a comparison has: rows beyond the end are skipped when it is drawn.
const MAX_ROWS: usize = 512;

/// Changes the view, and returns commands to carry out next. Other commands change nothing.
pub(super) fn perform(session: &Session, ui: &mut UiState, command: &UserCommand) -> Vec<UserCommand> {
    match *command {
        UserCommand::FocusCompare(pane) => ui.compare_pane = pane,
        UserCommand::SelectPin(steps) => {
            let pins = session.setup().pins().len();
            ui.pin = Move::By(steps).apply(session.selected_pin().unwrap_or(ui.pin), pins);
            return if ui.pin < pins { vec![Command::SelectPinned(ui.pin).into()] } else { Vec::new() };
        }
        UserCommand::ShowScreen(Screen::Compare) => {
            ui.screen = Screen::Compare;
            return select_as_pinned(session, ui).into_iter().collect();
        }
        UserCommand::MoveSelectedPin(steps) => return move_pin(session, ui, steps),
        UserCommand::ToggleDifferences => (ui.differences_only, ui.compare_first) = (!ui.differences_only, 0),
        UserCommand::ScrollComparison(to) => ui.compare_first = to.apply(ui.compare_first, MAX_ROWS),
        UserCommand::SelectAxis(to) => ui.parallel.selected = to.apply(ui.parallel.selected, BRUSHED.len()),
        UserCommand::MoveBrush(end, steps) => {
            ui.compare_pane = ComparePane::Axes;
            ui.parallel.move_end(session, end, steps);
        }
        UserCommand::Brush { axis, from, to } => {
            (ui.compare_pane, ui.parallel.selected) = (ComparePane::Axes, axis);
            ui.parallel.brush(session, axis, from, to);
        }
        UserCommand::ClearBrushes => ui.parallel.brushes = Brushes::default(),
        UserCommand::FilterByBrushes => {
            let Some(text) = brushed_filter(session, &ui.parallel.brushes) else { return Vec::new() };
            ui.parallel.brushes = Brushes::default();
            let filter = format!("{} {text}", session.setup().filter().text());
            return vec![Command::Filter(filter.trim().to_owned()).into()];
        }
        _ => {}
    }
    Vec::new()
}

/// Selects the first pin of the selected candidate, so that all of the screen is about the design that was pinned;
/// `None` if it is one already, or is not pinned.
fn select_as_pinned(session: &Session, ui: &mut UiState) -> Option<UserCommand> {
    if session.selected_pin().is_some() {
        return None;
    }
    let of_candidate = |pin: &Pinned| Some(pin.candidate) == session.selected();
    let first = session.setup().pins().iter().position(of_candidate)?;
    ui.pin = first;
    Some(Command::SelectPinned(first).into())
}

/// Moves the selected pin so many places to the right, and selects its design, so that it can be seen which one moved.
fn move_pin(session: &Session, ui: &mut UiState, steps: i32) -> Vec<UserCommand> {
    let pins = session.setup().pins();
    let pin = session.selected_pin().unwrap_or(ui.pin).min(pins.len().saturating_sub(1));
    if pins.is_empty() {
        return Vec::new();
    }
    let to = Move::By(steps);
    ui.pin = to.apply(pin, pins.len());
    vec![Command::SelectPinned(pin).into(), Command::MovePin { pin, to }.into()]
}
