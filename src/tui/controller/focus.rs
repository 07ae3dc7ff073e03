//! Commands whose meaning depends on the screen, the pane or the overlay.

use crate::{
    explore::{Column, Command, DesignPart, Move, Session, WorkControl, progress::State},
    tui::{
        command::{MenuKind, RowMove, UserCommand},
        model::{
            entry::Purpose,
            scatter_window::ScatterExtent,
            screen::{ComparePane, Overlay, Pane, Screen},
            state::UiState,
        },
    },
};

/// Magnification of one key press.
const ZOOM: f64 = 2.0;
/// Share of the visible scatter plot that one key press pans.
const PAN: f64 = 0.25;

/// Returns `true` if the meaning of a command depends on the focus.
pub(super) const fn depends(command: &UserCommand) -> bool {
    matches!(
        command,
        UserCommand::Rows(_)
            | UserCommand::Sideways(_)
            | UserCommand::NextPane
            | UserCommand::PreviousPane
            | UserCommand::Open
            | UserCommand::Back
            | UserCommand::SortByNeighbour(_)
            | UserCommand::ReverseOrder
            | UserCommand::Filter
            | UserCommand::ZoomIn
            | UserCommand::ZoomOut
            | UserCommand::Follow
            | UserCommand::PauseOrResume
            | UserCommand::Quit
    )
}

/// The command meant; `None` if there is nothing to do here.
pub(super) fn resolve(session: &Session, ui: &UiState, command: &UserCommand) -> Option<UserCommand> {
    match command {
        UserCommand::Rows(to) => Some(rows(ui, *to)),
        UserCommand::Sideways(steps) => sideways(session, ui, *steps),
        UserCommand::NextPane => pane(ui, 1),
        UserCommand::PreviousPane => pane(ui, -1),
        UserCommand::Open => Some(open(ui)),
        UserCommand::Back => back(session, ui),
        UserCommand::SortByNeighbour(steps) => {
            Some(Command::Sort(neighbour_column(session.setup().sort().column, *steps)).into())
        }
        UserCommand::ReverseOrder => Some(Command::Sort(session.setup().sort().column).into()),
        UserCommand::Filter if ui.overlay == Some(Overlay::Help) => Some(UserCommand::Type(Purpose::HelpSearch)),
        UserCommand::Filter => Some(UserCommand::Type(Purpose::Filter)),
        UserCommand::ZoomIn => zoom(session, ui, ZOOM),
        UserCommand::ZoomOut => zoom(session, ui, 1.0 / ZOOM),
        UserCommand::Follow if ui.screen == Screen::Explore => Some(UserCommand::FitScatter),
        UserCommand::Follow => Some(UserCommand::FollowNewest),
        UserCommand::PauseOrResume => {
            let paused = [&session.training().state, &session.searching().state].contains(&&State::Paused);
            Some(Command::Control(if paused { WorkControl::Resume } else { WorkControl::Pause }).into())
        }
        UserCommand::Quit => Some(quit(session, ui)),
        _ => None,
    }
}

/// Moves in the list that has the focus.
fn rows(ui: &UiState, to: RowMove) -> UserCommand {
    let on_scatter = ui.screen == Screen::Explore && ui.pane == Pane::Scatter && ui.overlay.is_none();
    let is_zoomed = on_scatter && matches!(ui.extent, ScatterExtent::Window(_));
    match to {
        RowMove::PageUp if is_zoomed => return UserCommand::PanScatter([0.0, PAN]),
        RowMove::PageDown if is_zoomed => return UserCommand::PanScatter([0.0, -PAN]),
        _ => {}
    }
    let half_page = i32::try_from(ui.page / 2).unwrap_or(1).max(1);
    let to = match to {
        RowMove::Up => Move::By(-1),
        RowMove::Down => Move::By(1),
        RowMove::PageUp => Move::By(-half_page),
        RowMove::PageDown => Move::By(half_page),
        RowMove::First => Move::First,
        RowMove::Last => Move::Last,
    };
    match (ui.overlay, ui.screen, ui.pane) {
        (Some(Overlay::Help), ..) => UserCommand::ScrollHelp(to),
        (Some(Overlay::Why | Overlay::History | Overlay::Running), ..) => UserCommand::ChooseOverlayRow(to),
        (_, Screen::Explore, Pane::Knobs) => Command::SelectKnob(to).into(),
        (_, Screen::Explore, Pane::Scatter) if ui.curve => Command::SelectKnob(to).into(),
        (_, Screen::Explore, _) => Command::Select(to).into(),
        (_, Screen::Train | Screen::Search, _) => UserCommand::ScrollEvents(to),
        (_, Screen::Compare, _) if ui.compare_pane == ComparePane::Axes => UserCommand::SelectAxis(to),
        (_, Screen::Compare, _) => UserCommand::ScrollComparison(to),
    }
}

/// Moves to the right in what has the focus, to the left if `steps` is negative.
fn sideways(session: &Session, ui: &UiState, steps: i32) -> Option<UserCommand> {
    match (ui.screen, ui.pane) {
        (Screen::Explore, Pane::Knobs) => Some(Command::MoveKnob(Move::By(steps)).into()),
        (Screen::Explore, Pane::Scatter) if ui.curve => Some(Command::MoveKnob(Move::By(steps)).into()),
        (Screen::Explore, Pane::Network) => Some(Command::Override(DesignPart::Split, Move::By(steps)).into()),
        (Screen::Explore, Pane::Bars) => Some(UserCommand::ChooseBarQuantity(Move::By(steps.signum()))),
        (Screen::Explore, Pane::Table) => {
            Some(Command::Sort(neighbour_column(session.setup().sort().column, steps.signum())).into())
        }
        (Screen::Explore, Pane::Scatter) if steps.abs() > 1 => {
            Some(UserCommand::PanScatter([PAN * f64::from(steps.signum()), 0.0]))
        }
        (Screen::Explore, Pane::Scatter) => Some(UserCommand::SelectAlongFront(steps)),
        (Screen::Explore, Pane::Pictures) => Some(UserCommand::ShowCamera(steps.signum())),
        (Screen::Train | Screen::Search, _) => None,
        (Screen::Compare, _) => Some(UserCommand::SelectPin(steps)),
    }
}

/// Focuses the pane so many places further on.
fn pane(ui: &UiState, steps: i32) -> Option<UserCommand> {
    match ui.screen {
        Screen::Explore => Some(UserCommand::Focus(neighbour(&ui.panes(), ui.pane, steps))),
        Screen::Compare => Some(UserCommand::FocusCompare(neighbour(&ComparePane::ALL, ui.compare_pane, steps))),
        Screen::Train | Screen::Search => None,
    }
}

fn open(ui: &UiState) -> UserCommand {
    match ui.overlay {
        Some(Overlay::Why | Overlay::History | Overlay::Running) => UserCommand::ActivateRow(ui.overlay_row),
        Some(overlay) => UserCommand::ToggleOverlay(overlay),
        None if ui.pane == Pane::Knobs => UserCommand::Type(Purpose::Knob),
        None => UserCommand::ToggleOverlay(Overlay::Inspect),
    }
}

fn back(session: &Session, ui: &UiState) -> Option<UserCommand> {
    if let Some(overlay) = ui.overlay {
        Some(UserCommand::ToggleOverlay(overlay))
    } else if session.toast(ui.now_ms).is_some() {
        Some(Command::Dismiss.into())
    } else if ui.maximised {
        Some(UserCommand::ToggleMaximised)
    } else if !session.setup().filter().is_empty() {
        Some(Command::Filter(String::new()).into())
    } else {
        None
    }
}

fn zoom(session: &Session, ui: &UiState, factor: f64) -> Option<UserCommand> {
    match ui.screen {
        Screen::Explore => Some(UserCommand::ZoomScatter { factor, at: ui.scatter(session).selected_place() }),
        Screen::Train | Screen::Search => Some(UserCommand::ZoomCurves { factor, around: None }),
        Screen::Compare => None,
    }
}

/// Quits, or asks first. A replayed run is over, and needs no question.
fn quit(session: &Session, ui: &UiState) -> UserCommand {
    let active = session.training().state.is_active() || session.searching().state.is_active();
    if active && ui.replay.is_none() {
        UserCommand::OpenMenu(MenuKind::Quit)
    } else {
        UserCommand::QuitNow { keep_frame: false }
    }
}

/// The column so many places further on; the ends meet.
fn neighbour_column(column: Column, steps: i32) -> Column {
    neighbour(&Column::ALL, column, steps)
}

/// The member of a list so many places further on; the ends meet.
fn neighbour<T: Copy + PartialEq>(list: &[T], member: T, steps: i32) -> T {
    let now = list.iter().position(|one| *one == member).unwrap_or(0);
    list[Move::By(steps).wrap(now, list.len())]
}
