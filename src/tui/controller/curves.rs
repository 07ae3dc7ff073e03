//! Commands of the Train and Search screens: curves, fronts and events.

use crate::{
    explore::{Move, Session},
    tui::{command::UserCommand, model::state::UiState},
};

/// Share of the visible curves that one key press pans.
const PAN: f64 = 0.25;

/// Changes the view. Other commands change nothing.
pub(super) fn perform(session: &Session, ui: &mut UiState, command: &UserCommand) {
    let newest = ui.newest_x(session);
    let curves = ui.curves_mut();
    match *command {
        UserCommand::PanCurves(steps) if curves.crosshair.is_some() => {
            curves.move_crosshair(f64::from(steps), newest);
        }
        UserCommand::PanCurves(steps) => curves.pan(PAN * f64::from(steps), newest),
        UserCommand::ZoomCurves { factor, around } => curves.zoom(factor, newest, around),
        UserCommand::FollowNewest => curves.follow(),
        UserCommand::SetCrosshair(x) => curves.crosshair = Some(x),
        UserCommand::ToggleCrosshair => curves.toggle_crosshair(newest),
        UserCommand::ToggleCurveScale => curves.other_scale = !curves.other_scale,
        UserCommand::ToggleSmoothing => curves.smooth = !curves.smooth,
        UserCommand::EarlierFront => ui.front_generation = earlier(session, ui.earlier_front(session.searching())),
        UserCommand::LaterFront => ui.front_generation = later(session, ui.earlier_front(session.searching())),
        UserCommand::ScrollEvents(to) => {
            // The newest event stands at the bottom.
            ui.events_back = match to {
                Move::By(steps) => ui.events_back.saturating_add_signed(-isize::try_from(steps).unwrap_or(0)),
                Move::Last => 0,
                Move::First | Move::To(_) => usize::from(u16::MAX),
            };
        }
        _ => {}
    }
}

/// The generation before `shown`; before the current one if none is shown.
fn earlier(session: &Session, shown: Option<u32>) -> Option<u32> {
    let mut newest_first = session.searching().generations.iter().map(|one| one.generation).rev();
    match shown {
        None => newest_first.nth(1),
        Some(shown) => newest_first.find(|one| *one < shown).or(Some(shown)),
    }
}

/// The generation after `shown`; `None` if that is the current one.
fn later(session: &Session, shown: Option<u32>) -> Option<u32> {
    let shown = shown?;
    let searching = session.searching();
    let next = searching.generations.iter().map(|one| one.generation).find(|one| *one > shown);
    next.filter(|one| *one < searching.last().generation)
}
