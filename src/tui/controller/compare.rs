//! Commands of the Compare screen: the pinned designs and the parallel axes.

use crate::{
    explore::{Command, Move, Session},
    tui::{
        command::UserCommand,
        model::{brushes::BRUSHED, brushes::Brushes, screen::ComparePane, state::UiState},
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
            let pins = session.setup().pins();
            ui.pin = Move::By(steps).apply(selected_pin(session, ui), pins.len());
            return pins.get(ui.pin).map(|pin| UserCommand::select(pin.candidate)).into_iter().collect();
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

/// Place of the selected pin: the one gone to last if it is the selected design, else the first that is.
fn selected_pin(session: &Session, ui: &UiState) -> usize {
    let pins = session.setup().pins();
    let is_selected = |at: usize| pins.get(at).is_some_and(|pin| Some(pin.candidate) == session.selected());
    if is_selected(ui.pin) { ui.pin } else { (0..pins.len()).find(|&at| is_selected(at)).unwrap_or(ui.pin) }
}

/// Moves the selected pin so many places to the right, and selects its design, so that it can be seen which one moved.
fn move_pin(session: &Session, ui: &mut UiState, steps: i32) -> Vec<UserCommand> {
    let pins = session.setup().pins();
    let pin = selected_pin(session, ui).min(pins.len().saturating_sub(1));
    let Some(pinned) = pins.get(pin) else { return Vec::new() };
    let to = Move::By(steps);
    ui.pin = to.apply(pin, pins.len());
    vec![UserCommand::select(pinned.candidate), Command::MovePin { pin, to }.into()]
}
