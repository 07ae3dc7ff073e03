//! Moving about in what has the focus: rows, stops of a knob, splits, columns.

use super::{Deed, PAN, compare, explore, neighbour};
use crate::{
    explore::{BRUSHED, Command, DesignPart, Move, Overlay, Pane, Screen, Session},
    tui::{
        keymap::{BINDINGS, Verb},
        screen::plane,
        state::UiState,
    },
};

/// Steps of a long move.
const MANY: i32 = 10;
/// More rows than a comparison has.
const COMPARE_ROWS: usize = 512;

fn vertical(ui: &UiState, wish: Verb) -> Move {
    let half = i32::try_from(ui.page / 2).unwrap_or(1).max(1);
    match wish {
        Verb::Up => Move::By(-1),
        Verb::PageUp => Move::By(-half),
        Verb::PageDown => Move::By(half),
        Verb::First => Move::First,
        Verb::Last => Move::Last,
        _ => Move::By(1),
    }
}

/// Moves in the list that has the focus.
pub(super) fn rows(session: &Session, ui: &mut UiState, wish: Verb) -> Vec<Deed> {
    let to = vertical(ui, wish);
    if session.ui().overlay == Some(Overlay::Help) {
        ui.help_first = to.apply(ui.help_first, BINDINGS.len());
        return Vec::new();
    }
    if matches!(session.ui().overlay, Some(Overlay::Why | Overlay::History)) {
        ui.overlay_at = to.apply(ui.overlay_at, explore::overlay_rows(session));
        return Vec::new();
    }
    match (session.ui().screen, session.ui().pane) {
        (Screen::Explore, Pane::Knobs) => vec![Deed::Act(Command::SelectKnob(to))],
        (Screen::Explore, _) => vec![Deed::Act(Command::Select(to))],
        (Screen::Train | Screen::Search, _) => {
            // The events: the newest stands at the bottom.
            ui.events_back = match to {
                Move::By(steps) => ui.events_back.saturating_add_signed(-isize::try_from(steps).unwrap_or(0)),
                Move::Last => 0,
                Move::First | Move::To(_) => usize::from(u16::MAX),
            };
            Vec::new()
        }
        (Screen::Compare, _) if ui.axes.focus => {
            ui.axes.at = to.apply(ui.axes.at, BRUSHED.len());
            Vec::new()
        }
        (Screen::Compare, _) => {
            // How many rows there are is known when they are drawn, and what is beyond is passed over then.
            ui.compare_first = to.apply(ui.compare_first, COMPARE_ROWS);
            Vec::new()
        }
    }
}

/// Moves to the left or right in what has the focus.
pub(super) fn sideways(session: &Session, ui: &mut UiState, wish: Verb) -> Vec<Deed> {
    let steps = match wish {
        Verb::Left => -1,
        Verb::LeftMany => -MANY,
        Verb::RightMany => MANY,
        _ => 1,
    };
    let action = match session.ui().screen {
        Screen::Explore => match session.ui().pane {
            Pane::Knobs => Command::MoveKnob(Move::By(steps)),
            Pane::Network => Command::Override(DesignPart::Split, Move::By(steps)),
            Pane::Bars => Command::Unit(Move::By(steps.signum())),
            Pane::Table => Command::Sort(neighbour(session.setup().sort().column, steps.signum())),
            Pane::Scatter if steps.abs() > 1 => {
                plane::pan(session, ui, [PAN * f64::from(steps.signum()), 0.0]);
                return Vec::new();
            }
            Pane::Scatter => return explore::along_front(session, steps),
        },
        Screen::Train | Screen::Search => return Vec::new(),
        Screen::Compare => return compare::sideways(session, ui, steps),
    };
    vec![Deed::Act(action)]
}
